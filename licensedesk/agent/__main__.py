"""The command `licensedesk-agent`, which a plain install has: no database, no window."""

from __future__ import annotations

import sys

from licensedesk.agent.command import main

__all__ = ["main"]

if __name__ == "__main__":
    sys.exit(main())
