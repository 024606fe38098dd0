"""agent.toml: what the administrator of the server decides there. Local only, never from a message."""

from __future__ import annotations

import tomllib
from dataclasses import dataclass
from typing import TYPE_CHECKING, Any, Final

from licensedesk.core.errors import LicenseFileError, SurroundingsError
from licensedesk.core.files import read_bounded

if TYPE_CHECKING:
    from pathlib import Path

_LIMIT: Final = 64 * 1024
TEMPLATE: Final = """\
# Settings of the LicenseDesk agent on this server. Restart the agent after a change.

[apply]
# Run after a new License.xml was stored: a program and its arguments, without a shell. It finds the path of
# License.xml in the environment variable LICENSE_XML. None: stored counts as applied.
# command = ["/usr/local/bin/reload-licenses"]
# time_limit_seconds = 60

[agent]
# How often License.xml is compared with what was accepted.
# check_seconds = 30
# How often the folder transport looks for a message.
# poll_seconds = 1
"""


@dataclass(frozen=True, slots=True)
class AgentSettings:
    apply_command: tuple[str, ...] = ()
    apply_seconds: float = 60.0
    check_seconds: float = 30.0
    poll_seconds: float = 1.0


_KNOWN: Final = {"apply": {"command", "time_limit_seconds"}, "agent": {"check_seconds", "poll_seconds"}}


def read_settings(path: Path) -> AgentSettings:
    """The defaults where there is no file. Raises SurroundingsError `invalid-agent-settings`."""
    try:
        found = tomllib.loads(read_bounded(path, limit=_LIMIT).decode("utf-8"))
        return _settings(found)
    except LicenseFileError as error:
        if isinstance(error.__cause__, FileNotFoundError):
            return AgentSettings()
        raise SurroundingsError("invalid-agent-settings", path=str(path), reason=error.message) from error
    except (ValueError, RecursionError) as error:
        raise SurroundingsError("invalid-agent-settings", path=str(path), reason=str(error)) from error


def _settings(found: dict[str, Any]) -> AgentSettings:
    """Raises ValueError with the reason."""
    for name, table in found.items():
        if name not in _KNOWN or not isinstance(table, dict):
            raise ValueError(f"{name} is not known")
        if unknown := table.keys() - _KNOWN[name]:
            raise ValueError(f"{name}.{min(unknown)} is not known")
    apply, agent = found.get("apply", {}), found.get("agent", {})
    default = AgentSettings()
    return AgentSettings(
        apply_command=_command(apply.get("command", [])),
        apply_seconds=_seconds(apply, "time_limit_seconds", default.apply_seconds),
        check_seconds=_seconds(agent, "check_seconds", default.check_seconds),
        poll_seconds=_seconds(agent, "poll_seconds", default.poll_seconds),
    )


def _command(value: Any) -> tuple[str, ...]:
    if not isinstance(value, list) or not all(isinstance(part, str) and "\0" not in part for part in value):
        raise ValueError("apply.command is no list of a program and its arguments")
    return tuple(value)


def _seconds(table: dict[str, Any], name: str, default: float) -> float:
    value = table.get(name, default)
    if isinstance(value, bool) or not isinstance(value, int | float) or not 0.01 <= value <= 86_400:
        raise ValueError(f"{name} is no number of seconds up to a day")
    return float(value)
