"""Reading inventory JSON of GLPI agents (https://github.com/glpi-project/inventory_format).

An agent writes one inventory a file; several, one after the other or in an array, are read too.
"""

from __future__ import annotations

import json
import re
from collections.abc import Iterator
from typing import Any, BinaryIO

from licensedesk.core.errors import LicenseFileError
from licensedesk.core.exchange.devices import Row
from licensedesk.core.exchange.inventory import inventory_row, mapping_of, text_of
from licensedesk.core.exchange.source import Utf8Text

INVENTORY_LIMIT = 16 << 20
"""Characters of one inventory; real ones have some hundred thousand."""
_CHUNK = 1 << 18
# Numbers are kept as text: none is needed, and a long one is no work then.
_decoder = json.JSONDecoder(parse_int=str, parse_float=str)
_space = re.compile(r"[ \t\r\n]*+")
# A string is one token, so that brackets in it do not count; each character is looked at once.
_TOKEN = re.compile(r'"[^"\\]*+(?:\\.[^"\\]*+)*+"?+|[{\[]|[}\]]', re.DOTALL)


def read_glpi(file: BinaryIO, *, name: str) -> Iterator[Row]:
    """The devices of an open file called `name`, inventory by inventory.

    Raises LicenseFileError `truncated-file`, `unknown-format`, `bad-encoding`, and `too-large` for one
    inventory, at any of them.
    """
    for row, inventory in enumerate(_inventories(_Text(file, name)), start=1):
        content = inventory.get("content")
        if not isinstance(content, dict) or not content.keys() & {"hardware", "network_device"}:
            raise LicenseFileError("unknown-format", file=name, reason=f"its object {row} is no inventory")
        yield _row(row, inventory, content)


def _row(row: int, inventory: dict[str, Any], content: dict[str, Any]) -> Row:
    networks = content.get("networks")
    if "hardware" in content:
        return inventory_row(
            row,
            inventory_id=text_of(inventory, "deviceid"),
            hardware=mapping_of(content["hardware"]),
            system=mapping_of(content.get("operatingsystem")),
            networks=networks if isinstance(networks, list) else [],
        )
    # A switch or printer asked over SNMP: `deviceid` names the agent that asked, not the device.
    device = mapping_of(content["network_device"])
    interface = {"mac": device.get("mac"), "ipaddress": device.get("ips")}
    return inventory_row(row, inventory_id="", hardware=device, system={}, networks=[interface])


class _Text:
    """The text of a file, of which a bounded part is held."""

    def __init__(self, file: BinaryIO, name: str) -> None:
        self.name = name
        self._source = Utf8Text(file, name)
        self._text = ""
        self._at = 0

    def mark(self) -> str:
        """The next character that is no white space; "" at the end."""
        while True:
            space = _space.match(self._text, self._at)
            self._at = space.end() if space else self._at
            if self._at < len(self._text):
                return self._text[self._at]
            if not self._more():
                return ""

    def skip(self) -> None:
        """Go past the character that `mark` gave."""
        self._at += 1

    def object(self) -> dict[str, Any]:
        """The object that comes next."""
        mark = self.mark()
        if mark != "{":
            code = "unknown-format" if mark else "truncated-file"
            raise LicenseFileError(code, file=self.name, reason="an inventory is missing")
        while True:
            try:
                value, self._at = _decoder.raw_decode(self._text, self._at)
            except (ValueError, RecursionError) as error:
                too_deep = isinstance(error, RecursionError)
                if too_deep or len(self._text) - self._at > INVENTORY_LIMIT or not self._more():
                    raise self._fault(error) from error
            else:
                found: dict[str, Any] = value
                return found

    def _more(self) -> bool:
        """Read on, at least as much as is held, so that trying again costs no more than reading did."""
        held = self._text[self._at :]
        read = self._source.read(max(_CHUNK, len(held)))
        self._text, self._at = held + read, 0
        return bool(read)

    def _fault(self, error: ValueError | RecursionError) -> LicenseFileError:
        if isinstance(error, RecursionError):
            return LicenseFileError("unknown-format", file=self.name, reason="it is nested too deeply")
        if len(self._text) - self._at > INVENTORY_LIMIT:
            size = len(self._text) - self._at
            return LicenseFileError("too-large", file=self.name, size=size, limit=INVENTORY_LIMIT)
        depth = 0
        for token in _TOKEN.finditer(self._text, self._at):
            depth += {"{": 1, "[": 1, "}": -1, "]": -1}.get(token[0], 0)
        if depth > 0:
            return LicenseFileError("truncated-file", file=self.name, reason="it ends within an inventory")
        reason = getattr(error, "msg", str(error))
        return LicenseFileError("unknown-format", file=self.name, reason=f"it is not JSON: {reason}")


def _inventories(text: _Text) -> Iterator[dict[str, Any]]:
    if text.mark() != "[":
        while text.mark():
            yield text.object()
        return
    text.skip()
    mark = text.mark()
    if mark != "]":
        yield text.object()
        while (mark := text.mark()) == ",":
            text.skip()
            yield text.object()
    if not mark:
        raise LicenseFileError("truncated-file", file=text.name, reason="its list has no end")
    text.skip()
    if mark != "]" or text.mark():
        raise LicenseFileError("unknown-format", file=text.name, reason="it is no list of inventories")
