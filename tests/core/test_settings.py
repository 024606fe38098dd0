"""Settings: defaults, what may be set, and what may not."""

from __future__ import annotations

from typing import Any

import pytest

from licensedesk.core import audit
from licensedesk.core.errors import SurroundingsError
from licensedesk.core.settings import SETTINGS, read_settings, set_setting
from licensedesk.core.site import Site, site_version
from licensedesk.core.types import Actor
from tests.core.example import AT, BY, OTHER, PRODUCT, Example, refused

DEFAULTS: dict[str, Any] = {
    "name": "Example",
    "default_product": None,
    "distribute_at_start": True,
    "transport": "folder:exchange",
    "message_days": 90,
    "expiry_days": 60,
}


def test_every_setting_has_its_default(site: Site) -> None:
    assert {key: read_settings(site.store)[key] for key in DEFAULTS} == DEFAULTS
    assert read_settings(site.store).keys() == SETTINGS.keys()


@pytest.mark.parametrize(
    ("key", "text", "value"),
    [
        ("name", "Office", "Office"),
        ("name", "Bu\u0308ro", "B\u00fcro"),
        ("distribute_at_start", "false", False),
        ("distribute_at_start", "No", False),
        ("distribute_at_start", "OFF", False),
        ("distribute_at_start", "yes", True),
        ("transport", "folder:/srv/a b", "folder:/srv/a b"),
        ("transport", "mqtt:broker:1883", "mqtt:broker:1883"),
        ("message_days", "1", 1),
        ("message_days", "3650", 3650),
        ("expiry_days", "0", 0),
        ("expiry_days", "007", 7),
    ],
)
def test_what_may_be_set(site: Site, key: str, text: str, value: object) -> None:
    version = site_version(site.store)
    done = set_setting(site.store, key=key, value=text, by=BY, at=AT)
    assert done.settings
    assert read_settings(site.store)[key] == value
    assert site_version(site.store) == version, "no server should hold anything else"
    entry = audit.entries(site.store, limit=1)[0]
    assert (entry.action, entry.subject) == ("setting", key)
    assert (entry.before, entry.after) == ({"value": DEFAULTS[key]}, {"value": value})
    # Set back, it reads as before.
    was = str(DEFAULTS[key]).lower() if isinstance(DEFAULTS[key], bool) else str(DEFAULTS[key])
    set_setting(site.store, key=key, value=was, by=BY, at=AT)
    assert read_settings(site.store)[key] == DEFAULTS[key]


@pytest.mark.parametrize(
    ("key", "text"),
    [
        ("no_such_key", "1"),
        ("", ""),
        ("audit_seq", "0"),
        ("distribute_at_start", ""),
        ("distribute_at_start", "1"),
        ("distribute_at_start", "perhaps"),
        ("transport", ""),
        ("transport", "folder"),
        ("transport", "folder:"),
        ("transport", "http://x"),
        ("transport", "mqtts:broker:8883"),
        ("transport", "mqtt:broker:99999"),
        ("transport", "mqtt:broker:port"),
        ("message_days", "0"),
        ("message_days", "3651"),
        ("message_days", "-1"),
        ("message_days", "1.5"),
        ("message_days", "٣"),
        ("message_days", ""),
        ("message_days", "9" * 5000),
        ("expiry_days", "x"),
        ("expiry_days", " 7"),
    ],
    ids=lambda text: text[:20],
)
def test_what_may_not_be_set(site: Site, key: str, text: str) -> None:
    from licensedesk.core.errors import RefusedError

    before = read_settings(site.store)
    with pytest.raises(RefusedError) as refusal:
        set_setting(site.store, key=key, value=text, by=BY, at=AT)
    assert refusal.value.code == "invalid-setting"
    assert refusal.value.figures["key"] == key
    assert "sys." not in refusal.value.message
    assert read_settings(site.store) == before
    assert audit.entries(site.store, limit=1)[0].action == "init"


@pytest.mark.parametrize("text", ["", "x" * 256, "a\x00", "a\u202e", " a", "a\udcff"], ids=ascii)
def test_names_that_are_none(site: Site, text: str) -> None:
    from licensedesk.core.errors import RefusedError

    with pytest.raises(RefusedError) as refusal:
        set_setting(site.store, key="name", value=text, by=BY, at=AT)
    assert refusal.value.code == "invalid-name"
    assert read_settings(site.store)["name"] == "Example"


def test_the_default_product_is_one_that_is_known(example: Example) -> None:
    assert read_settings(example.store)["default_product"] == PRODUCT
    set_setting(example.store, key="default_product", value=OTHER, by=BY, at=AT)
    assert read_settings(example.store)["default_product"] == OTHER
    for product in ("", "Nothing", "\udcff"):
        with refused(example.site, "unknown-product", product=product):
            set_setting(example.store, key="default_product", value=product, by=BY, at=AT)


def test_only_the_primarys_administrator_sets(example: Example) -> None:
    carl = Actor(name="carl", server=example.id("c"))
    with refused(example.site, "out-of-scope", local="c", subject="message_days"):
        set_setting(example.store, key="message_days", value="7", by=carl, at=AT)


def test_a_stored_value_that_no_setting_has_is_damage(site: Site) -> None:
    site.store.run("INSERT INTO setting (key, value) VALUES ('message_days', 'many')")
    with pytest.raises(SurroundingsError) as raised:
        read_settings(site.store)
    assert raised.value.code == "damaged-database"
