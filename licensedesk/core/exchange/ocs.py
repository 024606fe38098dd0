"""Reading the inventory XML of OCS Inventory and FusionInventory agents: one device a file."""

from __future__ import annotations

from collections.abc import Iterator
from typing import TYPE_CHECKING, BinaryIO

from licensedesk.core.documents.xml import iter_import
from licensedesk.core.errors import LicenseFileError
from licensedesk.core.exchange.devices import Row, shown
from licensedesk.core.exchange.inventory import INTERFACES, inventory_row
from licensedesk.core.exchange.source import Metered

if TYPE_CHECKING:
    from lxml import etree

# Sections elsewhere have elements of the same names (a controller has a DEVICEID too): the parent decides.
_PARENTS = {
    "QUERY": "REQUEST",
    "DEVICEID": "REQUEST",
    "HARDWARE": "CONTENT",
    "OPERATINGSYSTEM": "CONTENT",
    "NETWORKS": "CONTENT",
}


def read_ocs(file: BinaryIO, *, name: str) -> Iterator[Row]:
    """The device of an open file called `name`. Raises LicenseFileError as `iter_import` does, and
    `unknown-format` for other messages of these agents.
    """
    texts = {"QUERY": "", "DEVICEID": ""}
    parts: dict[str, dict[str, str]] = {"HARDWARE": {}, "OPERATINGSYSTEM": {}}
    networks: list[dict[str, str]] = []
    # One inventory is bounded as a whole: its parts are small, and what is between them is not wanted.
    source = Metered(file, name).as_file()
    for element in iter_import(source, file=name, tags=tuple(_PARENTS)):
        tag, parent = element.tag, element.getparent()
        if parent is None or parent.tag != _PARENTS[tag]:
            continue
        if tag in texts:
            texts[tag] = (element.text or "").strip()
        elif tag in parts:
            parts[tag] = _fields(element)
        elif len(networks) < INTERFACES:
            networks.append(_fields(element))
    query = texts["QUERY"] or "INVENTORY"
    if query != "INVENTORY" or not parts["HARDWARE"]:
        reason = f"it is no inventory (QUERY {shown(query)})"
        raise LicenseFileError("unknown-format", file=name, reason=reason)
    yield inventory_row(
        1,
        inventory_id=texts["DEVICEID"],
        hardware=parts["HARDWARE"],
        system=parts["OPERATINGSYSTEM"],
        networks=networks,
    )


def _fields(element: etree._Element) -> dict[str, str]:
    """The texts of an element's children, by their names in lower case."""
    return {child.tag.lower(): child.text or "" for child in element.iterchildren("*")}
