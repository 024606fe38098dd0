"""Open the transport that a URL names: `folder:PATH` or `mqtt:HOST:PORT`."""

from __future__ import annotations

from pathlib import Path
from typing import TYPE_CHECKING

from licensedesk.core.errors import SurroundingsError
from licensedesk.core.transports.folder import FolderAgent, FolderConsole

if TYPE_CHECKING:
    from licensedesk.core.transports.base import AgentTransport, ConsoleTransport, TransportSettings

DEFAULT_PORT = 8883
"""MQTT over TLS."""


def split_url(url: str) -> tuple[str, str, int]:
    """Kind (`folder` or `mqtt`), path or host, and port (0 for a folder).

    Raises SurroundingsError `transport-unavailable`.
    """
    kind, _, place = url.partition(":")
    if kind == "folder" and place:
        return kind, place, 0
    if kind == "mqtt" and place:
        host, colon, port = place.rpartition(":") if not place.endswith("]") else (place, "", "")
        if not colon:
            return kind, place.strip("[]"), DEFAULT_PORT
        if host and port.isascii() and port.isdigit() and 0 < int(port) < 65536:
            return kind, host.strip("[]"), int(port)
    reason = "a transport is folder:PATH or mqtt:HOST:PORT"
    raise SurroundingsError("transport-unavailable", transport=url, reason=reason)


def open_console_transport(settings: TransportSettings, *, deployment: str) -> ConsoleTransport:
    """Not started yet. Raises SurroundingsError `transport-unavailable` for a bad URL or certificate."""
    kind, place, port = split_url(settings.url)
    if kind == "folder":
        return FolderConsole(Path(place))
    from licensedesk.core.transports.mqtt import MqttConsole

    return MqttConsole(settings, host=place, port=port, deployment=deployment)


def open_agent_transport(
    settings: TransportSettings, *, deployment: str, server_id: str, poll_seconds: float
) -> AgentTransport:
    """Not started yet. `poll_seconds` is how often a folder is looked at. Raises as for the console."""
    kind, place, port = split_url(settings.url)
    if kind == "folder":
        return FolderAgent(Path(place), server_id, poll_seconds=poll_seconds)
    from licensedesk.core.transports.mqtt import MqttAgent

    return MqttAgent(settings, host=place, port=port, deployment=deployment, server_id=server_id)
