"""The settings of a site: their names, defaults, and what may be set."""

from __future__ import annotations

import re
from collections.abc import Callable, Mapping
from dataclasses import dataclass
from datetime import datetime
from typing import Any

from licensedesk.core.actions import Plan, perform
from licensedesk.core.changes import Changes
from licensedesk.core.errors import RefusedError, SurroundingsError
from licensedesk.core.holdings import Holdings
from licensedesk.core.names import clean_text
from licensedesk.core.scope import require_primary
from licensedesk.core.store.database import Store
from licensedesk.core.types import Actor

Value = str | int | bool | None


@dataclass(frozen=True, slots=True)
class Setting:
    """A setting's default and the parser of its text, which raises ValueError with the reason."""

    default: Value
    parse: Callable[[str], Value]


def _flag(text: str) -> bool:
    words = {"true": True, "yes": True, "on": True, "false": False, "no": False, "off": False}
    if text.lower() not in words:
        raise ValueError("give true or false")
    return words[text.lower()]


def _between(low: int, high: int) -> Callable[[str], int]:
    def parse(text: str) -> int:
        if not (re.fullmatch("[0-9]{1,9}", text) and low <= int(text) <= high):
            raise ValueError(f"give a whole number from {low} to {high}")
        return int(text)

    return parse


def _transport(text: str) -> str:
    kind, _, rest = text.partition(":")
    if kind not in {"folder", "mqtt"} or not rest:
        raise ValueError("give folder:PATH or mqtt:HOST:PORT")
    return clean_text(text, limit=1024)


SETTINGS: Mapping[str, Setting] = {
    "name": Setting(None, clean_text),
    "default_product": Setting(None, str),
    "distribute_at_start": Setting(True, _flag),
    "transport": Setting("folder:exchange", _transport),
    "message_days": Setting(90, _between(1, 3650)),
    "expiry_days": Setting(60, _between(0, 3650)),
}
"""`message_days`: until a configuration message expires; `expiry_days`: when a key counts as expiring."""


def read_settings(store: Store) -> dict[str, Value]:
    """Every setting with its value, defaults included."""
    stored = dict(store.rows("SELECT key, value FROM setting"))
    with store.sound("the settings"):
        values = {
            key: setting.parse(stored[key]) if key in stored else setting.default
            for key, setting in SETTINGS.items()
        }
    return {**values, "name": store.value("SELECT name FROM site")}


def parse_setting(key: str, value: str) -> Value:
    """The value of a setting's text. Raises RefusedError `invalid-setting`, `invalid-name`."""
    try:
        parsed = SETTINGS[key].parse(value)
    except ValueError as error:
        raise RefusedError("invalid-setting", key=key, value=value, reason=str(error)) from error
    if key == "transport":
        _require_openable(str(parsed))
    return parsed


def _require_openable(url: str) -> None:
    """What no transport could be opened by is refused here, not found out when something is to be sent."""
    from licensedesk.core.transports.factory import split_url

    try:
        split_url(url)
    except SurroundingsError as error:
        reason = str(error.figures["reason"])
        raise RefusedError("invalid-setting", key="transport", value=url, reason=reason) from error


def set_setting(store: Store, *, key: str, value: str, by: Actor, at: datetime) -> Changes:
    """Raises RefusedError: `invalid-setting`, `unknown-product`, `invalid-name`, `out-of-scope`."""
    if key not in SETTINGS:
        reason = "there is no such setting"
        raise RefusedError("invalid-setting", key=key, value=value, reason=reason)

    def judge(before: Holdings) -> Plan:
        require_primary(before.tree, by, subject=key)
        parsed = _parsed(before, key, value)
        return Plan(
            after=before,
            action="setting",
            subject=key,
            was={"value": read_settings(store)[key]},
            becomes={"value": parsed},
            write=lambda: _write(store, key, parsed),
            flags=Changes(settings=True),
        )

    return perform(store, judge, by=by, at=at, confirmed=True)


def _parsed(before: Holdings, key: str, value: str) -> Value:
    if key == "default_product":
        return before.product(value)
    return parse_setting(key, value)


def _write(store: Store, key: str, value: Any) -> None:
    text = str(value).lower() if isinstance(value, bool) else str(value)
    if key == "name":
        store.run("UPDATE site SET name = ?", (text,))
    else:
        store.run(
            "INSERT INTO setting (key, value) VALUES (?, ?)"
            " ON CONFLICT (key) DO UPDATE SET value = excluded.value",
            (key, text),
        )
    if key == "transport":
        # What one broker said of the agents is nothing that another, or a folder, can take back.
        store.run("DELETE FROM presence")
