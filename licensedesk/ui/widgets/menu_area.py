"""The menu area in its groups: for the sidebar, and for the window's first picture of it."""

from __future__ import annotations

from collections.abc import Iterator
from typing import NamedTuple

from PySide6.QtCore import QCoreApplication

WIDTH = 216
PADDING = 12
"""Above the first entry."""
SIDE = 8
"""Left and right of an entry's surface."""
ICON_SIZE = 16
ICON_LEFT = 12
"""From the edge of that surface."""
TEXT_LEFT = ICON_LEFT + ICON_SIZE + 10
HEADING_DROP = 8
"""A heading stands nearer to what is below it."""


class Entry(NamedTuple):
    """A view in the menu area; `key` names it towards the window."""

    key: str
    title: str
    icon: str


class Group(NamedTuple):
    """Entries under a heading; no heading for the first."""

    heading: str
    entries: tuple[Entry, ...]


def lines(groups: tuple[Group, ...]) -> Iterator[str | Entry]:
    """From top to bottom; a heading is a text."""
    for group in groups:
        if group.heading:
            yield group.heading
        yield from group.entries


def line_height(line: str | Entry, text_height: int) -> int:
    """Of a heading or an entry, in the body font."""
    return max(36, text_height + 19) if isinstance(line, str) else max(32, text_height + 15)


def settings_groups() -> tuple[Group, ...]:
    """The menu area of the Settings module; the keys are the names of the views."""

    def title(text: str) -> str:
        return QCoreApplication.translate("Sidebar", text)

    return (
        Group("", (Entry("overview", title("Overview"), "overview"),)),
        Group(
            title("Product Licenses"),
            (
                Entry("license-details", title("License Details"), "license"),
                Entry("license-distribution", title("License Distribution"), "distribution"),
            ),
        ),
        Group(
            title("Server Configuration"),
            (Entry("servers", title("Servers"), "servers"), Entry("map", title("Map of Ranges"), "map")),
        ),
        Group(
            title("Discovery"),
            (
                Entry("discovered", title("Discovered Nodes"), "discovered"),
                Entry("managed", title("Managed Nodes"), "managed"),
                Entry("excluded", title("Excluded Nodes"), "excluded"),
            ),
        ),
        Group(
            title("Events"),
            (Entry("events", title("Event List"), "events"), Entry("audit", title("Audit Log"), "audit")),
        ),
    )
