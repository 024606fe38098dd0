from __future__ import annotations

from typing import Any

import pytest

from licensedesk.core.types import parse_stamp
from licensedesk.ui.audit_words import lines, pairs
from licensedesk.ui.figures import NONE, moment

STAMP = "2026-12-05T19:42:00.123456Z"
DIGEST = "55f65a27dec1026fa71d9d1def1721fb"


@pytest.mark.parametrize(
    ("figures", "shown"),
    [
        ({"value": True}, "yes"),
        ({"value": "New Name"}, "New Name"),
        ({"option": "none", "product": None, "products": []}, "option: none"),
        ({"read": 12_345, "ids": DIGEST}, "read: 12,345"),
        ({"token_until": STAMP}, f"valid until: {moment(parse_stamp(STAMP))}"),
        ({"valid_from": "2025-01-01"}, "valid from: 2025-01-01"),
        ({"valid_from": "2025-99-01"}, "valid from: 2025-99-01"),
        ({"filter": {"text": "prn", "os": "x"}}, "filter: (text: prn, os: x)"),
        ({"products": ["A", "B"]}, "products: A B"),
        # A host name, which is not to be read as words.
        ({"my_host.example.com": 0}, "my_host.example.com: 0"),
    ],
)
def test_figures_in_words(figures: dict[str, Any], shown: str) -> None:
    assert pairs(figures) == shown


def test_the_whole_has_digests_too() -> None:
    assert pairs({"read": 1, "ids": DIGEST}, whole=True) == f"read: 1, ids: {DIGEST}"


def test_in_full_every_figure_has_its_line() -> None:
    figures = {"option": "none", "product": None, "filter": {"ids": DIGEST}, "name": "a\u202eb"}
    assert lines(figures) == f"option: none\nproduct: {NONE}\nfilter: (ids: {DIGEST})\nname: a\\u202eb"
