"""Which extra a library belongs to, so that one that is not installed is a sentence and no traceback."""

from __future__ import annotations

_CONSOLE = "licensedesk[console]"
_DESKTOP = "licensedesk[desktop]"
EXTRA_OF = {
    "PySide6": _DESKTOP,
    "keyring": _CONSOLE,
    "peewee": _CONSOLE,
    "platformdirs": _CONSOLE,
    "playhouse": _CONSOLE,
    "pysqlite3": _CONSOLE,
    "rich": _CONSOLE,
    "typer": _CONSOLE,
}


def missing_extra(error: ImportError) -> str | None:
    """What to install, as one sentence, when the error is a library of an extra; None for any other error."""
    library = (error.name or "").partition(".")[0]
    extra = EXTRA_OF.get(library)
    if extra is None:
        return None
    if isinstance(error, ModuleNotFoundError):
        return f"licensedesk: {library} is not installed; install it with: pip install '{extra}'"
    return f"licensedesk: {library} cannot be loaded ({error}); install the system's library that it needs"
