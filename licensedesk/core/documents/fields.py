"""Read the members of a message one by one: right type, right bounds, and none left over."""

from __future__ import annotations

import re
from typing import TYPE_CHECKING, Any, NoReturn

from licensedesk.core.errors import LicenseFileError
from licensedesk.core.types import parse_stamp

if TYPE_CHECKING:
    from collections.abc import Mapping

LARGEST = 2**63 - 1
ID = r"[0-9A-Za-z_-]{1,64}"
"""Of a deployment, a server, a message."""
LONGEST_PEM = 1000
"""Characters of a public key."""
_STAMP = r"\d{4}-\d{2}-\d{2}T\d{2}:\d{2}:\d{2}\.\d{6}Z"


class Fields:
    """The members of one JSON object. Every reading method raises LicenseFileError `malformed`."""

    def __init__(self, members: Mapping[str, Any], *, file: str, kind: str) -> None:
        self._members = dict(members)
        self._file = file
        self._kind = kind

    def refuse(self, reason: str) -> NoReturn:
        raise LicenseFileError("malformed", file=self._file, reason=f"it is no {self._kind}: {reason}")

    def _take(self, name: str) -> Any:
        if name not in self._members:
            self.refuse(f"{name} is missing")
        return self._members.pop(name)

    def text(self, name: str, *, most: int, least: int = 0) -> str:
        value = self._take(name)
        if not isinstance(value, str) or not least <= len(value) <= most:
            self.refuse(f"{name} is no text of {least} to {most} characters")
        return value

    def matching(self, name: str, pattern: str) -> str:
        value = self._take(name)
        if not isinstance(value, str) or not re.fullmatch(pattern, value, re.ASCII):
            self.refuse(f"{name} does not have its form")
        return value

    def number(self, name: str, *, most: int = LARGEST) -> int:
        value = self._take(name)
        if isinstance(value, bool) or not isinstance(value, int) or not 0 <= value <= most:
            self.refuse(f"{name} is no whole number from 0 to {most}")
        return value

    def truth(self, name: str) -> bool:
        value = self._take(name)
        if not isinstance(value, bool):
            self.refuse(f"{name} is neither true nor false")
        return value

    def moment(self, name: str) -> str:
        """A time stamp in the one form of `types.stamp`."""
        value = self.matching(name, _STAMP)
        try:
            parse_stamp(value)
        except ValueError:
            self.refuse(f"{name} is no moment that exists")
        return value

    def texts(self, name: str, *, most: int, longest: int) -> tuple[str, ...]:
        value = self._take(name)
        if not isinstance(value, list) or not 1 <= len(value) <= most:
            self.refuse(f"{name} is no list of 1 to {most} texts")
        if not all(isinstance(item, str) and len(item) <= longest for item in value):
            self.refuse(f"{name} is no list of texts")
        return tuple(value)

    def members(self, name: str) -> dict[str, Any] | None:
        """An object as it stands, or null."""
        value = self._take(name)
        if value is not None and not isinstance(value, dict):
            self.refuse(f"{name} is no object")
        return value

    def inner(self, name: str) -> Fields:
        value = self._take(name)
        if not isinstance(value, dict):
            self.refuse(f"{name} is no object")
        return Fields(value, file=self._file, kind=self._kind)

    def finish(self) -> None:
        """Refuse what no method has read: a member that this version does not know."""
        if self._members:
            self.refuse(f"{min(self._members)[:40]!r} is not known")
