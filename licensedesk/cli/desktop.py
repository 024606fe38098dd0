"""The desktop, opened where no command is given: without the libraries of the command line.

They would be two thirds of a bare window's start (benchmarks/ui_start.py).
"""

from __future__ import annotations

import gc
import os
import sys
from collections.abc import Sequence
from pathlib import Path

from licensedesk.core.errors import SurroundingsError

SITE_VARIABLE = "LICENSEDESK_SITE"
_DISPLAYS = ("DISPLAY", "WAYLAND_DISPLAY", "QT_QPA_PLATFORM")
_OPTIONS = ("--site", "--server", "--passphrase-file")


def site_folder(given: Path | None) -> Path:
    """The site's folder: as given, else LICENSEDESK_SITE, else the platform's data directory."""
    named = given or os.environ.get(SITE_VARIABLE)
    if named:
        return Path(named).absolute()
    from platformdirs import user_data_path

    return user_data_path("licensedesk", appauthor=False) / "site"


def options_alone(argv: Sequence[str]) -> dict[str, str] | None:
    """The global options of the desktop, where nothing else stands in the arguments; else None."""
    given = {}
    words = iter(argv)
    for word in words:
        name, equals, value = word.partition("=")
        if not equals:
            value = next(words, "")
        if name not in _OPTIONS or not value:
            return None
        given[name] = value
    return given


def open_with(options: dict[str, str]) -> int:
    """Run the window as its options say. Raises as `open_desktop`."""
    site, key = options.get("--site"), options.get("--passphrase-file")
    return open_desktop(
        site_folder(Path(site) if site else None),
        server=options.get("--server"),
        passphrase_file=Path(key) if key else None,
    )


def open_desktop(folder: Path, *, server: str | None, passphrase_file: Path | None) -> int:
    """Run the window until it is closed. Raises SurroundingsError: `no-display`, `needs-extra`."""
    if sys.platform == "linux" and not any(os.environ.get(name) for name in _DISPLAYS):
        # Qt would end the process at once.
        raise SurroundingsError("no-display")
    # While a window is made nothing becomes garbage; the desktop switches it on again.
    gc.disable()
    try:
        from licensedesk.ui.application import Start
        from licensedesk.ui.application import main as run
    except ModuleNotFoundError as error:
        if (error.name or "").partition(".")[0] != "PySide6":
            raise
        raise SurroundingsError("needs-extra", extra="desktop") from error
    try:
        return run(Start(folder, host_name=server, passphrase_file=passphrase_file))
    finally:
        gc.enable()
