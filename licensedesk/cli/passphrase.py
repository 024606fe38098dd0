"""Where a passphrase comes from: a file, the system's key store, or a prompt; never an argument."""

from __future__ import annotations

import getpass
import sys
from typing import TYPE_CHECKING

from licensedesk.core.errors import SurroundingsError

if TYPE_CHECKING:
    from licensedesk.cli.context import Desk

FILE_VARIABLE = "LICENSEDESK_PASSPHRASE_FILE"


def site_passphrase(desk: Desk) -> bytes:
    """Of an existing site's key: from a file, else the key store, else asked for.

    Raises SurroundingsError `no-passphrase`, and those of `read_passphrase`.
    """
    from licensedesk.core.site_key import known_passphrase

    found = known_passphrase(desk.site, given=desk.passphrase_file)
    return _required(found or _prompt("Passphrase of the site's key", desk))


def new_passphrase(desk: Desk) -> bytes:
    """For a new key: from a file, else asked for twice.

    Raises SurroundingsError `no-passphrase`, `passphrases-differ`, and those of `read_passphrase`.
    """
    from licensedesk.core.site_key import passphrase_from_file

    found = passphrase_from_file(desk.passphrase_file)
    if found is None:
        found = _required(_prompt("Passphrase for the site's key", desk))
        if _prompt("The same again", desk) != found:
            raise SurroundingsError("passphrases-differ")
    return _required(found)


def prompt(question: str) -> bytes | None:
    """What is typed on the terminal, unseen; None where there is no terminal."""
    if not sys.stdin.isatty():
        return None
    try:
        return getpass.getpass(f"{question}: ").encode()
    except EOFError:
        return None


def _prompt(question: str, desk: Desk) -> bytes | None:
    return None if desk.json else prompt(question)


def _required(found: bytes | None) -> bytes:
    if not found:
        raise SurroundingsError("no-passphrase")
    return found
