"""Making a site, whole or not at all, and opening one."""

from __future__ import annotations

import os
import shutil
import stat
import subprocess
import sys
import textwrap
from pathlib import Path
from typing import Any
from uuid import UUID

import pytest

from licensedesk.core import audit
from licensedesk.core.errors import LicenseDeskError, SurroundingsError
from licensedesk.core.files import on_crash_point, working_folder
from licensedesk.core.settings import read_settings
from licensedesk.core.site import (
    NewSite,
    Site,
    create_site,
    open_site,
    require_supported,
    site_version,
)
from licensedesk.core.store.facts import read_holdings
from licensedesk.core.trust import signer_from_pem
from tests.core.example import AT, BY, dump, files

PASSPHRASE = b"correct horse"


def create(folder: Path, **given: Any) -> Site:
    new = NewSite(**{"name": "Site", "primary": "Primary.example.com", **given})
    return create_site(folder, new, passphrase=PASSPHRASE, by=BY, at=AT)


def refusal(folder: Path, *, passphrase: bytes = PASSPHRASE, **given: Any) -> LicenseDeskError:
    """What creating a site is refused with; nothing is left of it anywhere."""
    kept = sorted(folder.parent.rglob("*"))
    new = NewSite(**{"name": "Site", "primary": "primary", **given})
    with pytest.raises(LicenseDeskError) as raised:
        create_site(folder, new, passphrase=passphrase, by=BY, at=AT)
    assert sorted(folder.parent.rglob("*")) == kept
    assert "?" not in raised.value.message
    return raised.value


def test_a_new_site_has_its_primary_its_key_and_nothing_else(tmp_path: Path) -> None:
    site = create(tmp_path / "site", transport="folder:/srv/exchange")
    holdings = read_holdings(site.store)
    assert [(one.host_name, one.role, one.parent) for one in holdings.tree.servers] == [
        ("primary.example.com", "primary", None)
    ]
    assert (holdings.products, holdings.licenses, holdings.allocations) == ((), {}, {})
    assert UUID(site.deployment).version == 4
    assert site_version(site.store) >= 1
    assert read_settings(site.store)["name"] == "Site"
    assert read_settings(site.store)["transport"] == "folder:/srv/exchange"
    assert audit.verify(site.store).intact
    signer = signer_from_pem(site.key_file.read_bytes(), passphrase=PASSPHRASE, file="site.key")
    assert signer.key.key_id
    site.close()
    again = open_site(tmp_path / "site")
    assert again.deployment == site.deployment
    again.close()


def test_only_its_owner_reads_a_site(tmp_path: Path) -> None:
    create(tmp_path / "site").close()
    modes = {
        str(path.relative_to(tmp_path)): stat.S_IMODE(path.stat().st_mode)
        for path in (tmp_path / "site", *(tmp_path / "site").rglob("*"))
    }
    assert modes == {
        "site": 0o700,
        "site/backups": 0o700,
        "site/keys": 0o700,
        "site/keys/site.key": 0o600,
        "site/site.db": 0o600,
        "site/site.toml": 0o600,
    }


def test_neither_key_nor_passphrase_stands_anywhere_else(tmp_path: Path) -> None:
    create(tmp_path / "site").close()
    for name, content in files(tmp_path / "site").items():
        assert PASSPHRASE not in content, name
        assert (b"PRIVATE KEY" in content) == (name == "keys/site.key")
    assert b"BEGIN ENCRYPTED PRIVATE KEY" in (tmp_path / "site/keys/site.key").read_bytes()


def test_two_sites_are_two_deployments(tmp_path: Path) -> None:
    first, second = create(tmp_path / "one"), create(tmp_path / "two")
    assert first.deployment != second.deployment
    for site in (first, second):
        site.close()


def test_an_empty_folder_may_become_a_site(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    (tmp_path / "here").mkdir()
    monkeypatch.chdir(tmp_path / "here")
    site = create(Path())
    assert site.folder == tmp_path / "here"
    assert sorted(path.name for path in tmp_path.iterdir()) == ["here"]
    site.close()


def test_folders_above_are_made(tmp_path: Path) -> None:
    create(tmp_path / "a" / "b" / "site").close()
    open_site(tmp_path / "a" / "b" / "site").close()


@pytest.mark.parametrize("what", ["a site", "a file", "a folder with a file"])
def test_what_is_there_is_never_overwritten(tmp_path: Path, new_site_folder: Path, what: str) -> None:
    folder = tmp_path / "site"
    if what == "a site":
        shutil.copytree(new_site_folder, folder)
    elif what == "a file":
        folder.write_text("mine")
    else:
        folder.mkdir()
        (folder / "mine").write_text("mine")
    before = files(tmp_path)
    raised = refusal(folder)
    assert (raised.code, raised.figures) == ("site-exists", {"path": str(folder)})
    assert files(tmp_path) == before


def test_somebody_else_is_faster(tmp_path: Path) -> None:
    folder = tmp_path / "site"

    def take(point: str) -> None:
        if point == "init:built":
            folder.mkdir()
            (folder / "mine").write_text("mine")

    on_crash_point(take)
    try:
        with pytest.raises(LicenseDeskError) as raised:
            create(folder)
    finally:
        on_crash_point(None)
    assert raised.value.code == "site-exists"
    assert [str(path.relative_to(tmp_path)) for path in tmp_path.rglob("*")] == ["site", "site/mine"]


def test_the_password_of_a_database_is_not_repeated(tmp_path: Path) -> None:
    with pytest.raises(SurroundingsError) as caught:
        require_supported("postgresql://me:secret@host/db")
    assert caught.value.figures == {"url": "postgresql://host/db"}


@pytest.mark.parametrize(
    ("given", "code"),
    [
        ({"name": ""}, "invalid-name"),
        ({"name": "x" * 256}, "invalid-name"),
        ({"name": "a\x00b"}, "invalid-name"),
        ({"name": "a\u202eb"}, "invalid-name"),
        ({"primary": ""}, "invalid-name"),
        ({"primary": "a b"}, "invalid-name"),
        ({"primary": "a\udcff"}, "invalid-name"),
        ({"transport": "carrier pigeon"}, "invalid-setting"),
        ({"transport": "folder:"}, "invalid-setting"),
        ({"transport": "folder:/a\x00b"}, "invalid-name"),
        ({"database": "postgresql://host/db"}, "unsupported-database"),
        ({"database": "mysql:x"}, "unsupported-database"),
        ({"database": "sqlite:////elsewhere/site.db"}, "unsupported-database"),
        ({"database": ""}, "unsupported-database"),
        ({"passphrase": b""}, "no-passphrase"),
    ],
    ids=ascii,
)
def test_what_makes_no_site(tmp_path: Path, given: dict[str, Any], code: str) -> None:
    assert refusal(tmp_path / "site", **given).code == code


def test_sqlite_in_the_sites_folder_may_be_named(tmp_path: Path) -> None:
    create(tmp_path / "site", database="sqlite:///site.db").close()


def test_names_with_quotes_survive_the_site_file(tmp_path: Path) -> None:
    name = "Büro \"Nord\" \\ 'Süd' # 日本"
    create(tmp_path / "site", name=name).close()
    site = open_site(tmp_path / "site")
    assert read_settings(site.store)["name"] == name
    site.close()


# -- opening ----------------------------------------------------------------------------------------------


@pytest.fixture
def closed(site: Site) -> Path:
    site.close()
    return site.folder


def names(folder: Path) -> list[str]:
    return sorted(path.name for path in folder.iterdir())


def fault(folder: Path) -> LicenseDeskError:
    kept = files(folder) if folder.is_dir() else {}
    with pytest.raises(LicenseDeskError) as raised:
        open_site(folder).close()
    assert (files(folder) if folder.is_dir() else {}) == kept
    return raised.value


def test_a_folder_without_a_site(tmp_path: Path) -> None:
    assert fault(tmp_path).figures == {"path": str(tmp_path)}
    assert fault(tmp_path).code == "no-site"
    assert fault(tmp_path / "missing").code == "no-site"
    (tmp_path / "file").write_text("x")
    assert fault(tmp_path / "file").code == "no-site"


def test_a_site_without_its_database(closed: Path) -> None:
    (closed / "site.db").unlink()
    assert fault(closed).code == "no-site"


@pytest.mark.parametrize(
    ("content", "code"),
    [
        (b"", None),
        (b"database = 'site.db'\n", None),
        (b"name = \xff\n", "damaged-site-file"),
        (b"this is no TOML", "damaged-site-file"),
        (b"database = 'postgresql://host/db'\n", "unsupported-database"),
        (b"database = 7\n", "unsupported-database"),
        (b"database = '../other/site.db'\n", "unsupported-database"),
    ],
)
def test_the_site_file(closed: Path, content: bytes, code: str | None) -> None:
    (closed / "site.toml").write_bytes(content)
    if code is None:
        open_site(closed).close()
    else:
        assert fault(closed).code == code


def test_the_advice_for_a_damaged_site_file_mends_it(closed: Path) -> None:
    (closed / "site.toml").write_bytes(b"\0\0\0")
    refused = fault(closed)
    assert refused.figures["path"] == str(closed / "site.toml")
    assert "database" not in refused.message
    (closed / "site.toml").write_text(refused.advice.partition("line ")[2].partition(";")[0] + "\n")
    open_site(closed).close()


def test_a_site_file_that_is_a_folder(closed: Path) -> None:
    (closed / "site.toml").unlink()
    (closed / "site.toml").mkdir()
    assert fault(closed).code == "unwritable"


def test_a_database_without_a_site_in_it(site: Site) -> None:
    site.store.run("DELETE FROM site")
    site.close()
    assert fault(site.folder).code == "damaged-database"


# -- killed and failing -------------------------------------------------------------------------------------

POINTS = [
    "init:begun",
    "write:site.key:created",
    "write:site.key:written",
    "write:site.key:replaced",
    "write:site.toml:created",
    "write:site.toml:written",
    "write:site.toml:replaced",
    "init:built",
    "init:renamed",
]

KILLED = """
    import os, signal, sys
    from pathlib import Path
    from datetime import datetime, UTC
    from licensedesk.core.files import on_crash_point, working_folder
    from licensedesk.core.site import NewSite, create_site
    from licensedesk.core.types import Actor

    def kill(point):
        if point == sys.argv[2]:
            os.kill(os.getpid(), signal.SIGKILL)

    on_crash_point(kill)
    create_site(Path(sys.argv[1]), NewSite("Site", "primary"), passphrase=b"x",
                by=Actor(name="root"), at=datetime.now(UTC))
"""


@pytest.mark.parametrize("point", POINTS)
def test_a_killed_init_leaves_a_whole_site_or_none(tmp_path: Path, point: str) -> None:
    folder = tmp_path / "site"
    root = Path(__file__).parents[2]
    killed = subprocess.run(
        [sys.executable, "-c", textwrap.dedent(KILLED), str(folder), point],
        cwd=root,
        env={**os.environ, "PYTHONPATH": str(root)},
        capture_output=True,
        check=False,
    )
    assert killed.returncode == -9, killed.stderr
    if point == "init:renamed":
        open_site(folder).close()
        assert refusal(folder).code == "site-exists"
        create(tmp_path / "other").close()
        assert names(tmp_path) == ["other", "site"]
        return
    assert fault(folder).code == "no-site"
    assert not folder.exists()
    create(folder).close()
    open_site(folder).close()
    assert names(tmp_path) == ["site"]


def test_an_init_leaves_alone_what_is_not_left_behind(tmp_path: Path) -> None:
    """A folder of a process that still works, one without a lock, and a link."""
    (tmp_path / "elsewhere").mkdir()
    (tmp_path / "elsewhere" / "lock").touch()
    (tmp_path / ".licensedesk-link").symlink_to(tmp_path / "elsewhere")
    (tmp_path / ".licensedesk-mine").mkdir()
    with working_folder(tmp_path) as working:
        kept = names(tmp_path)
        create(tmp_path / "site").close()
        assert names(tmp_path) == sorted([*kept, "site"])
        assert working.name in kept
    assert (tmp_path / "elsewhere" / "lock").exists()


@pytest.mark.parametrize("point", POINTS[:-1])
def test_an_init_that_fails_leaves_nothing(tmp_path: Path, point: str) -> None:
    def fail(passed: str) -> None:
        if passed == point:
            raise OSError(28, "No space left on device")

    on_crash_point(fail)
    try:
        with pytest.raises(LicenseDeskError) as raised:
            create(tmp_path / "site")
    finally:
        on_crash_point(None)
    assert raised.value.code == "disk-full"
    assert list(tmp_path.iterdir()) == []


def test_a_disk_that_fills_while_the_database_is_made(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    from licensedesk.core.store import migrate

    whole = migrate.apply

    def on_a_small_disk(opened: Any, *args: Any) -> None:
        opened.execute_sql("PRAGMA max_page_count = 3")
        whole(opened, *args)

    monkeypatch.setattr(migrate, "apply", on_a_small_disk)
    raised = refusal(tmp_path / "site")
    assert raised.code == "disk-full"


def test_a_place_that_is_no_folder(tmp_path: Path) -> None:
    (tmp_path / "file").write_text("x")
    raised = refusal(tmp_path / "file" / "site")
    assert raised.code == "unwritable"


def test_a_site_is_the_same_after_closing(site: Site) -> None:
    before = dump(site.store)
    site.close()
    again = open_site(site.folder)
    assert dump(again.store) == before
    again.close()
