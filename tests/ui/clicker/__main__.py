"""One part of the campaign; run by test_clicker.py.

    python -m tests.ui.clicker FOLDER EVENTS SEED [HOST-NAME]

FOLDER/disk is where the site is or will be made, and what is written; FOLDER/files is chosen from. Prints one
JSON value: what was done, what was reached, and what was left of it. Its console shows nothing but that.
"""

from __future__ import annotations

import json
import logging
import sys
from contextlib import ExitStack
from pathlib import Path
from typing import Any
from unittest import mock

from licensedesk.core import audit
from licensedesk.core.nodes.counts import recount
from licensedesk.core.site import open_site
from tests.ui.clicker.clicker import Clicker
from tests.ui.clicker.seen import all_dialogs
from tests.ui.clicker.visits import all_actions

WAITS = {
    "licensedesk.core.store.database.BUSY_SECONDS": 0.1,
    "licensedesk.ui.session.LOOK_EVERY_MS": 100,
    "licensedesk.ui.courier.RETRY_SECONDS": 0.5,
    "licensedesk.ui.courier._PATIENCE_SECONDS": 0.3,
    "licensedesk.ui.courier._QUIET_SECONDS": 2.0,
    "licensedesk.ui.application._RELOAD_AGAIN_AFTER": 0.5,
}
"""Who clicks so much faster than a person sees faults only if what waits for them is faster by as much."""


def left_behind(folder: Path) -> dict[str, Any]:
    """Whether the site is sound."""
    site = open_site(folder)
    try:
        return {
            "counts": len(recount(site.store)),
            "integrity": site.store.rows("PRAGMA integrity_check"),
            "foreign_keys": site.store.rows("PRAGMA foreign_key_check"),
            "audit_intact": audit.verify(site.store).intact,
            "audit_entries": audit.verify(site.store).entries,
        }
    finally:
        site.close()


def told(clicker: Clicker) -> dict[str, Any]:
    seen, faults = clicker.seen, clicker.faults
    return {
        "done": clicker.done,
        "led": clicker.led,
        "faults": faults.seen,
        "own_disk": faults.own_disk,
        "second_console": clicker.console.answers,
        "vanished": clicker.answers.vanished,
        "closed_at_work": clicker.work.hasty,
        "views": seen.views,
        "actions": seen.actions,
        "not_done": sorted(set(all_actions()) - seen.actions.keys()),
        "windows": seen.windows,
        "stray": seen.stray,
        "not_opened": sorted(all_dialogs() - seen.windows.keys()),
        "given_up": clicker.visits.given_up,
        "operations": seen.operations,
        "ended": seen.ended,
        "codes": seen.codes,
        "hung": clicker.hung,
        "longest_pause": round(clicker.longest, 2),
        "alive": clicker.desktop.window.isVisible(),
    }


def main() -> None:
    folder, events, seed = Path(sys.argv[1]), int(sys.argv[2]), int(sys.argv[3])
    logging.basicConfig(filename=folder / "faults.log", level=logging.WARNING)
    site = folder / "disk" / "site"
    (folder / "disk" / "out").mkdir()
    with ExitStack() as patches:
        for name, value in WAITS.items():
            patches.enter_context(mock.patch(name, value))
        host_name = sys.argv[4] if len(sys.argv) > 4 else None
        clicker = Clicker(site, folder / "files", host_name=host_name, events=events, seed=seed)
        for patch in clicker.answers.patches():
            patches.enter_context(patch)
        result: dict[str, Any] = {}

        def settled() -> None:
            result.update(told(clicker))
            clicker.desktop.close()
            clicker.console.end()
            result["left"] = left_behind(site)
            clicker.desktop.app.exit(0)

        clicker.settled = settled
        clicker.begin()
        clicker.desktop.app.exec()
        clicker.seen.close()
    sys.stdout.write(json.dumps(result))


if __name__ == "__main__":
    main()
