"""The command `licensedesk-agent`, which a plain install has: no database, no window."""

from __future__ import annotations

import sys


def main(argv: list[str] | None = None) -> int:
    """Run the agent's command line; the exit code is as in its contract."""
    from licensedesk.agent.command import main as run  # type: ignore[import-not-found, import-untyped, unused-ignore]

    return int(run(argv))


if __name__ == "__main__":
    sys.exit(main())
