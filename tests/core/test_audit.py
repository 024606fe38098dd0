"""The audit chain: every tampering is found, and named by its first broken or missing entry."""

from __future__ import annotations

import hashlib
import json
from typing import Any

import pytest
from hypothesis import given
from hypothesis import strategies as st

from licensedesk.core import audit
from licensedesk.core.allocations import allocate
from licensedesk.core.audit import Verdict, Walk, canonical, entries, verify
from licensedesk.core.errors import SurroundingsError
from licensedesk.core.settings import set_setting
from licensedesk.core.store.database import Store
from licensedesk.core.types import Actor
from tests.core.example import AT, BY, PRODUCT, Example, refused


@pytest.fixture
def chain(store: Store) -> Store:
    """A chain of ten entries: the site's creation and nine settings."""
    for number in range(2, 11):
        set_setting(store, key="name", value=f"Name {number}", by=Actor(name=f"user {number}"), at=AT)
    assert verify(store) == Verdict(10, intact=True, first_bad=None)
    return store


def columns(store: Store, seq: int) -> tuple[Any, ...]:
    [row] = store.rows(
        'SELECT seq, at, "by", action, subject, "before", "after", hash FROM audit WHERE seq = ?', (seq,)
    )
    return row


def insert(store: Store, row: tuple[Any, ...]) -> None:
    store.run("INSERT INTO audit VALUES (?, ?, ?, ?, ?, ?, ?, ?)", row)


def seal_of(store: Store, seq: int) -> str:
    """The hash of an entry as the protocol describes it, worked out here on its own."""
    names = ("seq", "at", "by", "action", "subject", "before", "after")
    before = "" if seq == 1 else columns(store, seq - 1)[-1]
    entry = dict(zip(names, columns(store, seq), strict=False))
    text = json.dumps(entry, sort_keys=True, separators=(",", ":"), ensure_ascii=False)
    return hashlib.sha256((before + text).encode()).hexdigest()


def test_each_entry_is_sealed_with_the_one_before(chain: Store) -> None:
    for seq in range(1, 11):
        assert columns(chain, seq)[-1] == seal_of(chain, seq)
    assert chain.rows("SELECT audit_seq, audit_hash FROM site") == [(10, columns(chain, 10)[-1])]


def test_the_first_entry_is_the_creation_of_the_site(store: Store) -> None:
    [entry] = entries(store, limit=10)
    assert (entry.seq, entry.action, entry.subject, entry.by) == (1, "init", "Example", BY.name)
    assert entry.after == {"primary": "a"}
    assert entry.at == "2026-11-21T09:14:00.000000Z"


@pytest.mark.parametrize("column", ["at", "by", "action", "subject", "before", "after", "hash"])
@pytest.mark.parametrize("seq", [1, 5, 10])
def test_a_changed_entry(chain: Store, column: str, seq: int) -> None:
    chain.run(f'UPDATE audit SET "{column}" = "{column}" || \' \' WHERE seq = ?', (seq,))
    assert verify(chain) == Verdict(10, intact=False, first_bad=seq)


@pytest.mark.parametrize("value", [7, 1.5, b"bytes", "", "\x00"])
def test_a_value_of_another_kind(chain: Store, value: object) -> None:
    chain.run("UPDATE audit SET subject = ? WHERE seq = 4", (value,))
    assert verify(chain) == Verdict(10, intact=False, first_bad=4)


@pytest.mark.parametrize("seq", [1, 5, 10])
def test_a_missing_entry(chain: Store, seq: int) -> None:
    chain.run("DELETE FROM audit WHERE seq = ?", (seq,))
    assert verify(chain) == Verdict(9, intact=False, first_bad=seq)


@pytest.mark.parametrize("kept", [0, 1, 7, 9])
def test_entries_cut_off_at_the_end(chain: Store, kept: int) -> None:
    chain.run("DELETE FROM audit WHERE seq > ?", (kept,))
    assert verify(chain) == Verdict(kept, intact=False, first_bad=kept + 1)


@pytest.mark.parametrize("seq", [-7, 0, 11, 12])
def test_an_inserted_entry(chain: Store, seq: int) -> None:
    insert(chain, (seq, *columns(chain, 5)[1:]))
    assert verify(chain) == Verdict(11, intact=False, first_bad=min(seq, 11))


def test_an_inserted_entry_with_a_true_seal(chain: Store) -> None:
    insert(chain, (11, *columns(chain, 5)[1:]))
    chain.run("UPDATE audit SET hash = ? WHERE seq = 11", (seal_of(chain, 11),))
    assert verify(chain) == Verdict(11, intact=False, first_bad=11)


def test_an_entry_inserted_between_others(chain: Store) -> None:
    chain.run("UPDATE audit SET seq = seq + 100 WHERE seq > 4")
    chain.run("UPDATE audit SET seq = seq - 99 WHERE seq > 100")
    insert(chain, (5, *columns(chain, 3)[1:]))
    assert verify(chain) == Verdict(11, intact=False, first_bad=5)


def test_two_entries_in_another_order(chain: Store) -> None:
    third, fourth = columns(chain, 3), columns(chain, 4)
    chain.run("DELETE FROM audit WHERE seq IN (3, 4)")
    insert(chain, (3, *fourth[1:]))
    insert(chain, (4, *third[1:]))
    assert verify(chain) == Verdict(10, intact=False, first_bad=3)


def test_the_last_entry_made_anew_with_a_true_seal(chain: Store) -> None:
    chain.run("UPDATE audit SET \"by\" = 'somebody else' WHERE seq = 10")
    chain.run("UPDATE audit SET hash = ? WHERE seq = 10", (seal_of(chain, 10),))
    assert verify(chain) == Verdict(10, intact=False, first_bad=10)


def test_all_entries_after_one_made_anew_end_at_another_head(chain: Store) -> None:
    chain.run("UPDATE audit SET \"by\" = 'somebody else' WHERE seq = 4")
    for seq in range(4, 11):
        chain.run("UPDATE audit SET hash = ? WHERE seq = ?", (seal_of(chain, seq), seq))
    assert verify(chain) == Verdict(10, intact=False, first_bad=10)


def test_a_missing_entry_when_all_after_it_and_the_head_are_made_anew(chain: Store) -> None:
    chain.run("DELETE FROM audit WHERE seq = 5")
    previous = columns(chain, 4)[-1]
    for seq in range(6, 11):
        previous = audit._seal(previous, columns(chain, seq)[:-1])
        chain.run("UPDATE audit SET hash = ? WHERE seq = ?", (previous, seq))
    chain.run("UPDATE site SET audit_hash = ?", (previous,))
    assert verify(chain) == Verdict(9, intact=False, first_bad=5)


def test_a_head_of_no_entry_at_all(chain: Store) -> None:
    chain.run("DELETE FROM audit")
    chain.run("UPDATE site SET audit_seq = 0")
    assert verify(chain) == Verdict(0, intact=False, first_bad=1)
    chain.run("DELETE FROM site")
    with pytest.raises(SurroundingsError) as raised:
        verify(chain)
    assert raised.value.figures["reason"] == "the head of the audit chain cannot be read"


def test_a_chain_longer_than_a_page(store: Store) -> None:
    with store.writing():
        for number in range(10_000):
            audit.append(store, by=BY, at=AT, action="x", subject=str(number), before={}, after={})
    assert verify(store) == Verdict(10_001, intact=True, first_bad=None)
    store.run("UPDATE audit SET subject = 'y' WHERE seq = 9001")
    assert verify(store) == Verdict(10_001, intact=False, first_bad=9001)


TEXT = st.text(st.characters(exclude_categories=["Cs"]), max_size=20)


@given(texts=st.lists(TEXT, min_size=6, max_size=6), seq=st.integers(1, 1 << 62), previous=TEXT)
def test_an_entry_is_sealed_as_canonical_json(texts: list[str], seq: int, previous: str) -> None:
    entry = dict(zip(("at", "by", "action", "subject", "before", "after"), texts, strict=True))
    sealed = hashlib.sha256((previous + canonical({"seq": seq, **entry})).encode()).hexdigest()
    assert audit._seal(previous, (seq, *texts)) == sealed


# -- part by part -----------------------------------------------------------------------------------------


@pytest.fixture
def parts(monkeypatch: pytest.MonkeyPatch) -> None:
    """Parts of three entries."""
    monkeypatch.setattr(audit, "_PART", 3)


def walked(store: Store, walk: Walk, most: int = 99) -> Verdict | None:
    """The verdict of at most so many parts."""
    for _ in range(most):
        verdict = walk.go_on(store)
        if verdict is not None:
            return verdict
    return None


@pytest.mark.usefixtures("parts")
@pytest.mark.parametrize("kept", [0, 1, 2, 3, 4, 9, 10])
@pytest.mark.parametrize("changed", [None, 1, 3, 4, 9, 10])
def test_a_walk_finds_what_verifying_at_once_does(chain: Store, kept: int, changed: int | None) -> None:
    chain.run("DELETE FROM audit WHERE seq > ?", (kept,))
    chain.run("UPDATE audit SET subject = 'forged' WHERE seq = ?", (changed,))
    assert walked(chain, Walk()) == verify(chain)


@pytest.mark.usefixtures("parts")
def test_a_walk_does_not_wait_for_the_end_and_takes_what_is_added_meanwhile(chain: Store) -> None:
    walk = Walk()
    assert walked(chain, walk, 2) is None
    assert walk.done == 6
    set_setting(chain, key="name", value="Later", by=BY, at=AT)
    assert walked(chain, walk) == Verdict(11, intact=True, first_bad=None)
    # Nothing is kept of it that a second walk would believe.
    chain.run("UPDATE audit SET subject = 'forged' WHERE seq = 2")
    assert walked(chain, Walk()) == Verdict(11, intact=False, first_bad=2)


@pytest.mark.usefixtures("parts")
def test_a_restore_during_a_walk_is_no_broken_chain(chain: Store) -> None:
    whole = chain.rows('SELECT seq, at, "by", action, subject, "before", "after", hash FROM audit')
    walk = Walk()
    assert walked(chain, walk, 2) is None
    chain.run("DELETE FROM audit WHERE seq > 4")
    chain.run("UPDATE site SET audit_seq = 4, audit_hash = ?", (whole[3][-1],))
    set_setting(chain, key="name", value="Restored", by=BY, at=AT)
    set_setting(chain, key="name", value="Anew", by=BY, at=AT)
    set_setting(chain, key="name", value="Again", by=BY, at=AT)
    assert walked(chain, walk) == Verdict(7, intact=True, first_bad=None)


def test_entries_newest_first_page_by_page(chain: Store) -> None:
    assert [entry.seq for entry in entries(chain, limit=4)] == [10, 9, 8, 7]
    assert [entry.seq for entry in entries(chain, limit=4, before=7)] == [6, 5, 4, 3]
    assert [entry.seq for entry in entries(chain, limit=4, before=3)] == [2, 1]
    assert entries(chain, limit=4, before=1) == []


@pytest.mark.parametrize("text", ["", "{", "nothing", "\ufffd"])
def test_an_entry_that_cannot_be_read_is_damage(chain: Store, text: str) -> None:
    chain.run('UPDATE audit SET "before" = ? WHERE seq = 3', (text,))
    with pytest.raises(SurroundingsError) as raised:
        entries(chain, limit=100)
    assert raised.value.code == "damaged-database"


def test_figures_come_back_as_they_went_in(store: Store) -> None:
    figures = {"b": [1, None, True, 'ü " \\ \n \u2028 \U0001f511'], "a": {"z": 1, "y": -2}, "1": 1.5}
    with store.writing():
        audit.append(store, by=Actor(name="Ünï"), at=AT, action="x", subject="日本", before=figures, after={})
    [entry] = entries(store, limit=1)
    assert entry.before == figures
    assert (entry.by, entry.subject) == ("Ünï", "日本")
    assert verify(store).intact


@pytest.mark.parametrize(
    ("value", "text"),
    [
        ({"b": 1, "a": [True, None]}, '{"a":[true,null],"b":1}'),
        ({"ü": '\x00\n"\\/'}, '{"ü":"\\u0000\\n\\"\\\\/"}'),
        ({"n": 10**18}, '{"n":1000000000000000000}'),
        ([], "[]"),
    ],
)
def test_canonical_json_has_one_form(value: object, text: str) -> None:
    assert canonical(value) == text


@pytest.mark.parametrize("number", [float("nan"), float("inf")])
def test_what_is_no_json_is_a_bug(number: float) -> None:
    with pytest.raises(ValueError, match="not JSON compliant"):
        canonical({"n": number})


def test_previews_and_refusals_write_no_entry(example: Example) -> None:
    last = entries(example.store, limit=1)[0].seq
    quantities = {example.id("d"): 111}
    with refused(
        example.site, "exceeds-undistributed", product=PRODUCT, requested=111, maximum=110, total=150
    ):
        allocate(example.store, product=PRODUCT, quantities=quantities, by=BY, at=AT)
    allocate(example.store, product=PRODUCT, quantities={example.id("d"): 5}, by=BY, at=AT, preview=True)
    assert entries(example.store, limit=1)[0].seq == last
    allocate(example.store, product=PRODUCT, quantities={example.id("d"): 5}, by=BY, at=AT)
    assert entries(example.store, limit=1)[0].seq == last + 1
