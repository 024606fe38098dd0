"""URLs of transports."""

from __future__ import annotations

import pytest

from licensedesk.core.errors import SurroundingsError
from licensedesk.core.transports.base import TransportSettings
from licensedesk.core.transports.factory import open_agent_transport, open_console_transport, split_url
from licensedesk.core.transports.folder import FolderAgent, FolderConsole


@pytest.mark.parametrize(
    ("url", "parts"),
    [
        ("folder:/srv/share", ("folder", "/srv/share", 0)),
        ("folder:relative/a:b", ("folder", "relative/a:b", 0)),
        ("mqtt:broker.example.com:1883", ("mqtt", "broker.example.com", 1883)),
        ("mqtt:broker.example.com", ("mqtt", "broker.example.com", 8883)),
        ("mqtt:[::1]:1883", ("mqtt", "::1", 1883)),
        ("mqtt:[::1]", ("mqtt", "::1", 8883)),
    ],
)
def test_urls(url: str, parts: tuple[str, str, int]) -> None:
    assert split_url(url) == parts


@pytest.mark.parametrize(
    "url",
    ["", "folder:", "mqtt:", "mqtt::1", "mqtt:host:", "mqtt:host:0", "mqtt:host:65536", "mqtt:h:x", "ftp:x"],
)
def test_no_urls(url: str) -> None:
    with pytest.raises(SurroundingsError) as refusal:
        open_console_transport(TransportSettings(url), deployment="d1")
    assert refusal.value.code == "transport-unavailable"


def test_folders() -> None:
    settings = TransportSettings("folder:/srv/share")
    assert isinstance(open_console_transport(settings, deployment="d1"), FolderConsole)
    agent = open_agent_transport(settings, deployment="d1", server_id="00ff", poll_seconds=2)
    assert isinstance(agent, FolderAgent)
    assert agent.poll_seconds == 2
