"""Adding, moving, renaming, suspending: what is refused, and what is left on disk."""

from __future__ import annotations

import pytest

from licensedesk.core import audit
from licensedesk.core.servers import add_server, is_suspended, move_server, rename_server, suspend_server
from licensedesk.core.site import site_version
from licensedesk.core.store.facts import read_tree
from licensedesk.core.types import Actor, Option, Role, ServerId
from tests.core.example import AT, BY, PRODUCT, Example, refused


def add(example: Example, name: str, *, under: str = "a", role: Role = Role.RELAY) -> ServerId:
    found = add_server(example.store, host_name=name, under=example.id(under), role=role, by=BY, at=AT)
    return found.server


def newest(example: Example) -> audit.Entry:
    return audit.entries(example.store, limit=1)[0]


def test_a_server_is_added(example: Example) -> None:
    version = site_version(example.store)
    done = add_server(
        example.store, host_name="F.Example.com", under=example.id("d"), role=Role.MANAGED, by=BY, at=AT
    )
    tree = read_tree(example.store)
    fact = tree.named("f.example.COM")
    assert (fact.id, fact.host_name, fact.role, fact.option) == (
        done.server,
        "f.example.com",
        Role.MANAGED,
        Option.NONE,
    )
    assert tree.source_of(fact.id).host_name == "d"
    assert example.store.rows("SELECT suspended, added_at FROM server WHERE id = ?", (fact.id,)) == [
        (0, "2026-11-21T09:14:00.000000Z")
    ]
    assert done.changes.servers
    assert done.changes.version == version + 1 == site_version(example.store)
    entry = newest(example)
    assert (entry.action, entry.subject, entry.by) == ("server-add", "f.example.com", BY.name)
    assert entry.after == {"under": "d", "role": "managed", "id": done.server}


def test_ids_are_random_and_never_names(example: Example) -> None:
    ids = {add(example, f"f{number}") for number in range(20)}
    assert len(ids) == 20
    assert all(len(one) == 16 and set(one) <= set("0123456789abcdef") for one in ids)


@pytest.mark.parametrize(
    ("name", "reason"),
    [
        ("", "it is empty"),
        ("x" * 256, "it has 256 characters, of at most 255"),
        ("x" * 300, "it has 300 characters, of at most 255"),
        ("x" * 64, "a part between dots has 64 characters, of at most 63"),
        ("a\x00b", "it has the character U+0000, which does not show"),
        ("a\nb", "it has the character U+000A, which does not show"),
        ("a\x1b[31m", "it has the character U+001B, which does not show"),
        ("a\u202eb", "it has the character U+202E, which does not show"),
        ("a\u200bb", "it has the character U+200B, which does not show"),
        ("a\udcffb", "it has the character U+DCFF, which does not show"),
        (" a", "it begins or ends with a space"),
        ("a..b", "two dots follow each other, or one stands at an end"),
        ("a b", "the part 'a b' has other characters than letters, digits and inner hyphens"),
        ("-a", "the part '-a' has other characters than letters, digits and inner hyphens"),
        ("a/b", "the part 'a/b' has other characters than letters, digits and inner hyphens"),
        ("bücher", "the part 'bücher' has other characters than letters, digits and inner hyphens"),
    ],
    ids=repr,
)
def test_names_that_no_host_has(example: Example, name: str, reason: str) -> None:
    from licensedesk.core.names import visible

    shown = visible(name) if len(name) <= 255 else visible(name[:256]) + "..."
    with refused(example.site, "invalid-name", name=shown, reason=reason):
        add(example, name)
    with refused(example.site, "invalid-name", name=shown, reason=reason):
        rename_server(example.store, server=example.id("d"), host_name=name, by=BY, at=AT)


@pytest.mark.parametrize("name", ["a", "d", "D"])
def test_a_name_is_taken_in_any_case(example: Example, name: str) -> None:
    with refused(example.site, "name-taken", name=name.lower()):
        add(example, name)
    with refused(example.site, "name-taken", name=name.lower()):
        rename_server(example.store, server=example.id("b"), host_name=name, by=BY, at=AT)


def test_a_freed_name_may_be_taken_by_another_server(example: Example) -> None:
    old = example.id("e")
    rename_server(example.store, server=old, host_name="x", by=BY, at=AT)
    assert add(example, "e") != old


def test_there_is_one_primary(example: Example) -> None:
    with refused(example.site, "is-primary", server="f"):
        add(example, "f", role=Role.PRIMARY)


def test_a_server_needs_a_management_server_above(example: Example) -> None:
    add(example, "m", role=Role.MANAGED)
    with refused(example.site, "not-a-management-server", server="m"):
        add(example, "f", under="m")
    with refused(example.site, "unknown-server", server="0" * 16):
        add_server(example.store, host_name="f", under=ServerId("0" * 16), role=Role.RELAY, by=BY, at=AT)


def test_the_limits_hold_on_every_path(example: Example) -> None:
    # a, b, d are three levels; four more are the seven.
    for name, under in zip("fghi", "dfgh", strict=True):
        add(example, name, under=under)
    with refused(example.site, "too-deep", server="j", level=8, limit=7):
        add(example, "j", under="i")
    with refused(example.site, "too-deep", server="e", level=8, limit=7):
        move_server(example.store, server=example.id("c"), under=example.id("h"), by=BY, at=AT)
    # b/d/f/g/h/i: 2 bytes above d, 2 more for each server below it.
    long = ".".join(["n" * 63] * 3 + ["n" * 55])
    with refused(example.site, "path-too-long", server="i", length=2 + 247 + 8, limit=255):
        rename_server(example.store, server=example.id("d"), host_name=long, by=BY, at=AT)
    rename_server(example.store, server=example.id("d"), host_name=long[2:], by=BY, at=AT)


def test_a_move_within_the_same_parent_is_no_change_of_what_servers_should_hold(example: Example) -> None:
    version = site_version(example.store)
    done = move_server(example.store, server=example.id("d"), under=example.id("b"), by=BY, at=AT)
    assert (done.version, done.ranges) == (None, ())
    assert site_version(example.store) == version


def test_a_move_is_numbered_and_audited(example: Example) -> None:
    version = site_version(example.store)
    done = move_server(example.store, server=example.id("e"), under=example.id("d"), by=BY, at=AT)
    assert done.version == version + 1
    entry = newest(example)
    assert (entry.action, entry.subject) == ("server-move", "e")
    assert (entry.before, entry.after) == ({"under": "c"}, {"under": "d"})


def test_a_move_that_leaves_a_range_shorter_needs_a_confirmation(example: Example) -> None:
    example.add_nodes("e", managed=12)
    with refused(
        example.site,
        "needs-confirmation",
        count=1,
        ranges=["d"],
        changes=[
            {
                "source": "c",
                "product": PRODUCT,
                "before": {"servers": 2, "held": 40, "used": 12, "remaining": 28, "shortage": 0},
                "after": {"servers": 1, "held": 40, "used": 0, "remaining": 40, "shortage": 0},
            },
            {
                "source": "c",
                "product": "Patch Agent",
                "before": {"servers": 2, "held": 0, "used": 0, "remaining": 0, "shortage": 0},
                "after": {"servers": 1, "held": 0, "used": 0, "remaining": 0, "shortage": 0},
            },
            {
                "source": "d",
                "product": PRODUCT,
                "before": {"servers": 1, "held": 10, "used": 0, "remaining": 10, "shortage": 0},
                "after": {"servers": 2, "held": 10, "used": 12, "remaining": -2, "shortage": 2},
            },
            {
                "source": "d",
                "product": "Patch Agent",
                "before": {"servers": 1, "held": 0, "used": 0, "remaining": 0, "shortage": 0},
                "after": {"servers": 2, "held": 0, "used": 0, "remaining": 0, "shortage": 0},
            },
        ],
    ):
        move_server(example.store, server=example.id("e"), under=example.id("d"), by=BY, at=AT)
    done = move_server(
        example.store, server=example.id("e"), under=example.id("d"), by=BY, at=AT, confirmed=True
    )
    assert example.remaining() == {"ab": 100, "de": -2, "c": 40}
    assert [notice.code for notice in done.warnings] == ["range-short"]
    assert example.store.value("SELECT count(*) FROM node WHERE state = 'managed'") == 12


def test_a_range_that_was_short_and_gets_no_shorter_needs_none(example: Example) -> None:
    example.add_nodes("d", managed=15)
    example.add_nodes("e", managed=3)
    # d stays short by 5; only c and a are touched.
    move_server(example.store, server=example.id("e"), under=example.id("a"), by=BY, at=AT)
    assert example.remaining() == {"abe": 97, "d": -5, "c": 40}


def test_the_primary_can_be_renamed_and_nothing_else(example: Example) -> None:
    primary = example.id("a")
    with refused(example.site, "is-primary", server="a"):
        move_server(example.store, server=primary, under=example.id("b"), by=BY, at=AT)
    with refused(example.site, "is-primary", server="a"):
        suspend_server(example.store, server=primary, suspended=True, by=BY, at=AT)
    # However long its name is, it is no part of the paths below it.
    long = ".".join(["p" * 63] * 4)
    rename_server(example.store, server=primary, host_name=long, by=BY, at=AT)
    assert example.id(long) == primary


def test_a_renamed_holder_changes_what_its_range_should_hold(example: Example) -> None:
    version = site_version(example.store)
    # License.xml names the sharing source; other members are not in it.
    assert rename_server(example.store, server=example.id("b"), host_name="x", by=BY, at=AT).version is None
    done = rename_server(example.store, server=example.id("c"), host_name="y", by=BY, at=AT)
    assert done.version == version + 1
    assert rename_server(example.store, server=example.id("y"), host_name="Y", by=BY, at=AT).version is None
    assert (newest(example).before, newest(example).after) == ({"host_name": "y"}, {"host_name": "y"})


def test_suspending_and_resuming(example: Example) -> None:
    server = example.id("d")
    assert not is_suspended(example.store, server)
    with refused(example.site, "not-suspended", server="d"):
        suspend_server(example.store, server=server, suspended=False, by=BY, at=AT)
    suspend_server(example.store, server=server, suspended=True, by=BY, at=AT)
    assert is_suspended(example.store, server)
    assert newest(example).action == "server-suspend"
    with refused(example.site, "is-suspended", server="d"):
        suspend_server(example.store, server=server, suspended=True, by=BY, at=AT)
    suspend_server(example.store, server=server, suspended=False, by=BY, at=AT)
    assert not is_suspended(example.store, server)
    assert newest(example).action == "server-resume"


def test_only_the_primarys_administrator_changes_the_tree(example: Example) -> None:
    holder = Actor(name="carl", server=example.id("c"))
    store = example.store
    with refused(example.site, "out-of-scope", local="c", subject="f"):
        add_server(store, host_name="f", under=example.id("c"), role=Role.RELAY, by=holder, at=AT)
    with refused(example.site, "out-of-scope", local="c", subject="e"):
        move_server(store, server=example.id("e"), under=example.id("a"), by=holder, at=AT)
    with refused(example.site, "out-of-scope", local="c", subject="e"):
        rename_server(store, server=example.id("e"), host_name="x", by=holder, at=AT)
    with refused(example.site, "out-of-scope", local="c", subject="e"):
        suspend_server(store, server=example.id("e"), suspended=True, by=holder, at=AT)


@pytest.mark.parametrize("preview", [True, False])
def test_an_unknown_server_is_refused_everywhere(example: Example, preview: bool) -> None:
    gone = ServerId("f" * 16)
    with refused(example.site, "unknown-server", server=gone):
        move_server(example.store, server=gone, under=example.id("a"), by=BY, at=AT, preview=preview)
    with refused(example.site, "unknown-server", server=gone):
        move_server(example.store, server=example.id("b"), under=gone, by=BY, at=AT, preview=preview)
    with refused(example.site, "unknown-server", server=gone):
        rename_server(example.store, server=gone, host_name="x", by=BY, at=AT, preview=preview)
    with refused(example.site, "unknown-server", server=gone):
        suspend_server(example.store, server=gone, suspended=True, by=BY, at=AT)
