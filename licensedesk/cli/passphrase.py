"""Where the passphrase of a key comes from: a file or a prompt, never an argument or the environment."""

from __future__ import annotations

import getpass
import os
import sys
from pathlib import Path

from licensedesk.core.errors import SurroundingsError
from licensedesk.core.files import read_bounded

FILE_VARIABLE = "LICENSEDESK_PASSPHRASE_FILE"
_LIMIT = 4096


def passphrase_from_file(given: Path | None) -> bytes | None:
    """The first file named, without the newline at its end; None where none is named.

    Raises LicenseFileError: `unreadable-file`, `too-large`.
    """
    named = given or os.environ.get(FILE_VARIABLE)
    return read_passphrase(Path(named)) if named else None


def read_passphrase(path: Path) -> bytes:
    """An editor or `echo` ends a file with a newline: one is no part of the passphrase."""
    content = read_bounded(path, limit=_LIMIT)
    return content.removesuffix(b"\n").removesuffix(b"\r")


def prompt(question: str) -> bytes | None:
    """What is typed on the terminal, unseen; None where there is no terminal."""
    if not sys.stdin.isatty():
        return None
    try:
        return getpass.getpass(f"{question}: ").encode()
    except EOFError:
        return None


def prompt_twice() -> bytes | None:
    """A new passphrase. Raises SurroundingsError `wrong-passphrase` where the two differ."""
    first = prompt("Passphrase for the site's key")
    if first and prompt("The same again") != first:
        raise SurroundingsError("passphrases-differ")
    return first
