"""The commands where an extra was not installed: one sentence that says which, not a traceback."""

from __future__ import annotations

import importlib
import sys

import pytest

from licensedesk.__main__ import main
from licensedesk.extras import EXTRA_OF, missing_extra


def _import_error(name: str, monkeypatch: pytest.MonkeyPatch) -> ImportError:
    monkeypatch.setitem(sys.modules, name, None)
    with pytest.raises(ModuleNotFoundError) as caught:
        importlib.import_module(name)
    return caught.value


@pytest.mark.parametrize(
    ("library", "extra"),
    [
        ("typer", "console"),
        ("peewee", "console"),
        ("platformdirs", "console"),
        ("PySide6.QtWidgets", "desktop"),
    ],
)
def test_a_library_that_is_not_there_names_its_extra(
    library: str, extra: str, monkeypatch: pytest.MonkeyPatch
) -> None:
    name = library.partition(".")[0]
    sentence = missing_extra(_import_error(library, monkeypatch))
    assert sentence == (
        f"licensedesk: {name} is not installed; install it with: pip install 'licensedesk[{extra}]'"
    )


def test_a_library_that_cannot_be_loaded_says_why() -> None:
    error = ImportError("libEGL.so.1: cannot open shared object file", name="PySide6.QtGui")
    assert missing_extra(error) == (
        "licensedesk: PySide6 cannot be loaded (libEGL.so.1: cannot open shared object file);"
        " install the system's library that it needs"
    )


def test_a_module_of_ours_that_is_missing_is_a_bug_and_shown_as_one(monkeypatch: pytest.MonkeyPatch) -> None:
    assert missing_extra(_import_error("licensedesk.cli.app", monkeypatch)) is None
    with pytest.raises(ModuleNotFoundError, match=r"licensedesk\.cli\.app"):
        main(["site", "show"])


def test_every_library_of_the_table_is_of_an_extra() -> None:
    here = set(EXTRA_OF) - (set() if sys.platform == "linux" else {"pysqlite3"})
    for library in here:
        importlib.import_module(library)
