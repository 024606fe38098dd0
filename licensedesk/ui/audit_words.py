"""Before and after of an audited action in words, as a person compares them."""

from __future__ import annotations

import re
from collections.abc import Mapping
from datetime import date
from typing import TYPE_CHECKING, Any

from PySide6.QtCore import QCoreApplication

from licensedesk.core.names import visible
from licensedesk.core.types import parse_stamp
from licensedesk.ui.figures import NONE, day, moment, number

if TYPE_CHECKING:
    from licensedesk.core.audit import Entry

_DIGEST = re.compile(r"[0-9a-f]{16,}")
_STAMP = re.compile(r"\d{4}-\d\d-\d\dT\d\d:\d\d:\d\d\.\d+Z")
_DAY = re.compile(r"\d{4}-\d\d-\d\d")
_NODES = "node-"
_ALONE = "value"
"""Of a setting: its name stands in the entry's subject."""


def _tr(text: str) -> str:
    return QCoreApplication.translate("Audit", text)


_WORDS = {
    "as_reported": lambda: _tr("as reported"),
    "children_to": lambda: _tr("servers below go under"),
    "host_name": lambda: _tr("host name"),
    "key_id": lambda: _tr("key"),
    "nodes_to": lambda: _tr("nodes go to"),
    "seen_before": lambda: _tr("last seen before"),
    "token_until": lambda: _tr("valid until"),
    "valid_from": lambda: _tr("valid from"),
    "valid_until": lambda: _tr("valid until"),
    "with_key": lambda: _tr("with key"),
}
"""Each translated when it is asked for: an entry may name 200 relays, and a page of them is painted."""


def subject(entry: Entry) -> str:
    """The names of settings are written as words."""
    return entry.subject.replace("_", " ") if entry.action == "setting" else entry.subject


def before(entry: Entry) -> str:
    """What was, or what was asked for, as far as a column has room for it."""
    return pairs(_counted(entry, entry.before))


def after(entry: Entry) -> str:
    """What has become of it."""
    return pairs(_counted(entry, entry.after))


def _counted(entry: Entry, figures: Mapping[str, Any]) -> Mapping[str, Any]:
    """Of nodes only what there were some of: most counts of an import are 0."""
    if not entry.action.startswith(_NODES):
        return figures
    return {name: value for name, value in figures.items() if value}


def pairs(figures: Mapping[str, Any], *, whole: bool = False) -> str:
    """`name: value` of each figure, but for what is not there and, where it is not `whole`, digests."""
    return ", ".join(
        _pair(name, value, whole=whole)
        for name, value in figures.items()
        if value not in (None, [], "", {}) and (whole or not _is_digest(value))
    )


def lines(figures: Mapping[str, Any]) -> str:
    """Every figure on a line of its own, with what is not there as well: nothing is left out."""
    return "\n".join(visible(_pair(name, value, whole=True)) for name, value in figures.items())


def _pair(name: str, value: Any, *, whole: bool) -> str:
    shown = NONE if value in (None, [], "", {}) else _value(value, whole=whole)
    return shown if name == _ALONE else f"{_named(name)}: {shown}"


def _named(name: str) -> str:
    """Names of figures in words; host names and products, which are names here too, as they are."""
    return _WORDS[name]() if name in _WORDS else name


def _is_digest(value: Any) -> bool:
    return isinstance(value, str) and _DIGEST.fullmatch(value) is not None


def _value(value: Any, *, whole: bool) -> str:
    if isinstance(value, bool):
        return _tr("yes") if value else _tr("no")
    if isinstance(value, list):
        return " ".join(_value(each, whole=whole) for each in value)
    if isinstance(value, dict):
        return f"({pairs(value, whole=whole)})"
    return number(value) if isinstance(value, int) else _text(str(value))


def _text(value: str) -> str:
    """Moments and days as the system writes them."""
    try:
        if _STAMP.fullmatch(value):
            return moment(parse_stamp(value))
        return day(date.fromisoformat(value)) if _DAY.fullmatch(value) else value
    except ValueError:
        # Only looks like one.
        return value
