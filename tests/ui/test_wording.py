"""Codes in the window's words: no command lines, and days and moments as the system writes them."""

from __future__ import annotations

import re
from datetime import UTC, date, datetime

import pytest

from licensedesk.core.errors import RefusedError
from licensedesk.core.sentences import SENTENCES
from licensedesk.core.types import stamp
from licensedesk.ui.figures import day, moment
from licensedesk.ui.window_advice import WINDOW_ADVICE
from licensedesk.ui.wording import advice, pattern, sentence, told

TYPED = re.compile(r"`|--[a-z]|licensedesk ")
COMMAND_LINE_ONLY = {"demo-stuck", "no-display", "needs-extra", "no-enrolment"}
"""Said by programs without a window."""


@pytest.mark.parametrize("code", sorted(SENTENCES.keys() - COMMAND_LINE_ONLY))
def test_no_advice_of_the_window_is_to_be_typed(code: str) -> None:
    assert not TYPED.search(advice(code, {}))


def test_only_what_is_known_has_advice_of_its_own() -> None:
    assert WINDOW_ADVICE.keys() <= SENTENCES.keys()


def test_a_pattern_leaves_the_figures_open() -> None:
    assert pattern("never-sent") == "{server} was not sent a License.xml yet."
    assert pattern("said-by-an-agent-of-next-year") == "said-by-an-agent-of-next-year"


def test_figures_stand_in_both() -> None:
    error = RefusedError("product-not-licensed-by-issuer", issuer="Acme", product="Tool")
    assert told(error) == (
        "Acme is not trusted to license Tool.",
        "If it may, add the product to Acme under License, Issuers.",
    )


def test_days_and_moments_follow_the_locale() -> None:
    at = datetime(2026, 11, 21, 9, 14, tzinfo=UTC)
    figures = {"serial": "S", "issuer": "I", "server": "a", "registered_at": stamp(at)}
    assert sentence("duplicate-license", figures).endswith(f"at {moment(at)}.")
    until = date(2027, 3, 31)
    assert sentence("expired", {"serial": "S", "valid_until": until.isoformat()}).endswith(f"{day(until)}.")


@pytest.mark.parametrize("text", ["2026-13-45", "2026-11-21T99:00:00.000000Z", "soon"])
def test_what_only_looks_like_a_day_is_shown_as_it_is(text: str) -> None:
    assert text in sentence("invalid-date", {"date": text, "reason": "x"})


def test_an_unknown_code_is_shown_itself() -> None:
    assert (sentence("no-such-code", {}), advice("no-such-code", {})) == ("no-such-code", "")
