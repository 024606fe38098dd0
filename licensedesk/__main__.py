"""The command `licensedesk`: the desktop, or `cli.app`; or it says which extra is not installed."""

from __future__ import annotations

import os
import sys

from licensedesk.extras import missing_extra

ENVIRONMENT = 3
COMPLETION = "_LICENSEDESK_COMPLETE"
"""Set by a shell that asks Typer how its line goes on; there are no arguments then."""


def main(argv: list[str] | None = None) -> int:
    """Run the command line; the exit code is as in its contract."""
    try:
        return _run(sys.argv[1:] if argv is None else argv)
    except ImportError as error:
        sentence = missing_extra(error)
        if sentence is None:
            raise
        sys.stderr.write(sentence + "\n")
        return ENVIRONMENT


def _run(argv: list[str]) -> int:
    from licensedesk.cli.desktop import open_with, options_alone

    options = None if COMPLETION in os.environ else options_alone(argv)
    if options is None:
        from licensedesk.cli.app import main as run

        return run(argv)
    try:
        return open_with(options)
    except ImportError:
        raise
    except Exception as error:  # noqa: BLE001 - the one place where a run of the desktop ends
        from licensedesk.cli.faults import report

        return report(error, as_json=False, argv=argv)


if __name__ == "__main__":
    sys.exit(main())
