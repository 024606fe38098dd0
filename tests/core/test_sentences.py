"""Every code has its sentence, each sentence its figures, and every code of the contract is in use."""

from __future__ import annotations

import ast
import string
from collections.abc import Iterator
from dataclasses import dataclass
from pathlib import Path
from typing import Any

import pytest

from licensedesk.core.changes import Notice
from licensedesk.core.errors import LicenseDeskError, LicenseFileError, RefusedError, SurroundingsError
from licensedesk.core.sentences import SENTENCES, advice_for, sentence_for

PACKAGE = Path(__file__).parents[2] / "licensedesk"
CLASSES = {"RefusedError", "LicenseFileError", "SurroundingsError", "LicenseDeskError", "Notice"}

CONTRACT_PAGE = """
    unknown-server unknown-license unknown-issuer unknown-product unknown-node name-taken invalid-name
    invalid-quantity invalid-date cycle too-deep too-many-relays path-too-long is-primary not-a-relay
    not-a-management-server has-children has-licenses has-nodes option-conflict needs-confirmation
    exceeds-undistributed no-license-remaining not-authorised-to-register not-a-license-key bad-signature
    untrusted-issuer product-not-licensed-by-issuer duplicate-license conflicting-license expired too-large
    document-too-large bad-encoding doctype-forbidden schema unreadable-file unknown-format truncated-file
    not-enrolled out-of-scope site-exists no-site newer-database damaged-database database-locked disk-full
    transport-unavailable wrong-passphrase unsupported-database
"""
AGENT_PAGE = """
    TOO-LARGE MALFORMED UNTRUSTED WRONG-TYPE WRONG-DEPLOYMENT WRONG-SERVER ROLLBACK EQUIVOCATION EXPIRED
    DIGEST SCHEMA STORE-FAILED APPLY-FAILED
"""
CONTRACT = CONTRACT_PAGE.split()
AGENT = AGENT_PAGE.split()
LATER: set[str] = set()
"""Codes of the contract that nothing raises yet; empty when all of it is built."""


@dataclass(frozen=True)
class Call:
    """A place that raises or makes a literal code; `figures` is None where they are not all literal."""

    where: str
    code: str
    figures: frozenset[str] | None


def calls() -> Iterator[Call]:
    for path in sorted(PACKAGE.rglob("*.py")):
        tree = ast.parse(path.read_text(encoding="utf-8"))
        for node in ast.walk(tree):
            if isinstance(node, ast.Call) and named(node.func) in CLASSES and node.args:
                for code in codes(node.args[0]):
                    where = f"{path.relative_to(PACKAGE.parent)}:{node.lineno}"
                    yield Call(where, code, figures(node))


def named(function: ast.expr) -> str:
    if isinstance(function, ast.Attribute):
        return function.attr
    return function.id if isinstance(function, ast.Name) else ""


def codes(argument: ast.expr) -> list[str]:
    """The literal codes of an argument, both of `"one" if ... else "other"`."""
    if isinstance(argument, ast.IfExp):
        return codes(argument.body) + codes(argument.orelse)
    return [argument.value] if isinstance(argument, ast.Constant) and isinstance(argument.value, str) else []


def figures(call: ast.Call) -> frozenset[str] | None:
    if named(call.func) == "Notice":
        if len(call.args) < 2:
            return frozenset()
        given = call.args[1]
        keys = given.keys if isinstance(given, ast.Dict) else [None]
        literal = [key.value for key in keys if isinstance(key, ast.Constant)]
        return frozenset(map(str, literal)) if len(literal) == len(keys) else None
    names = [keyword.arg for keyword in call.keywords]
    return None if None in names else frozenset(filter(None, names))


def wanted(template: str) -> set[str]:
    return {name for _, name, _, _ in string.Formatter().parse(template) if name}


CALLS = list(calls())


def test_the_walk_finds_the_calls() -> None:
    """Were the classes renamed, the tests below would pass over nothing."""
    assert len(CALLS) > 100
    assert {"cycle", "range-short", "disk-full", "unwritable", "is-suspended"} <= {one.code for one in CALLS}


@pytest.mark.parametrize("code", sorted({one.code for one in CALLS}))
def test_every_code_has_a_sentence_with_its_figures(code: str) -> None:
    assert code in SENTENCES
    sentence, advice = SENTENCES[code]
    for call in CALLS:
        if call.code == code and call.figures is not None:
            missing = (wanted(sentence) | wanted(advice)) - call.figures
            assert not missing, f"{call.where} gives no {missing}"


def test_every_code_of_the_contract_is_in_use() -> None:
    raised = {one.code for one in CALLS}
    assert {code for code in CONTRACT if code not in raised} == LATER
    assert set(CONTRACT) <= SENTENCES.keys()


def test_every_code_of_an_agent_has_a_sentence_at_the_console() -> None:
    assert set(AGENT) <= SENTENCES.keys()


@pytest.mark.parametrize("code", sorted(SENTENCES))
def test_a_sentence_is_one(code: str) -> None:
    sentence, advice = SENTENCES[code]
    assert sentence[0].isupper() or sentence[0] == "{"
    assert sentence.endswith((".", "{detail}"))
    assert not advice or advice[0].isupper()
    assert not advice or advice.endswith((".", "`", "`."))
    for template in (sentence, advice):
        for _, name, spec, conversion in string.Formatter().parse(template):
            assert conversion is None
            assert spec in {None, "", "#"} or spec.count("/") == 1, f"{name}: one/many"


@pytest.mark.parametrize(
    ("value", "shown"),
    [
        (0, "0 licenses"),
        (1, "1 license"),
        (-1, "-1 licenses"),
        (1_234_567, "1,234,567 licenses"),
        ("some", "some licenses"),
        (None, "- licenses"),
        (True, "true licenses"),
        (["b", 2000], "b, 2,000 licenses"),
        (0.5, "0.5 licenses"),
    ],
)
def test_a_figure_with_its_noun(value: Any, shown: str) -> None:
    table = {"x": ("{n:license/licenses}", "{n}")}
    assert sentence_for("x", {"n": value}, table=table) == shown
    assert advice_for("x", {"n": value}, table=table) == shown.rsplit(" ", 1)[0]


@pytest.mark.parametrize(("value", "shown"), [(1_234_567, "1234567"), ("some", "some"), (None, "-")])
def test_a_number_that_names_something_has_no_separators(value: Any, shown: str) -> None:
    assert sentence_for("x", {"n": value}, table={"x": ("{n:#}", "")}) == shown


def test_a_moment_is_told_to_the_second() -> None:
    figures = {"server": "d", "desired_version": 21, "sent_at": "2026-11-14T22:32:17.579015Z"}
    assert sentence_for("no-report", figures) == (
        "d was sent version 21 at 2026-11-14 22:32:17 UTC and has not reported since."
    )


def test_braces_in_a_figure_are_text() -> None:
    error = RefusedError("unknown-server", server="{server} {0} {x!r:>99}")
    assert error.message == "There is no server {server} {0} {x!r:>99}."


def test_a_missing_figure_never_hides_the_refusal() -> None:
    assert RefusedError("unknown-server").message == "There is no server ?."


def test_a_code_without_a_sentence_shows_itself() -> None:
    error = RefusedError("no-such-code", x=1)
    assert (error.message, error.advice, str(error)) == ("no-such-code", "", "no-such-code: no-such-code")


def test_an_error_as_text_is_its_code_and_sentence() -> None:
    error = RefusedError("too-many-relays", parent="a", count=1, limit=100)
    assert str(error) == "too-many-relays: a already has 1 relay, of at most 100."


def test_what_is_refused_and_what_is_in_the_way_are_told_apart() -> None:
    assert issubclass(LicenseFileError, RefusedError)
    assert issubclass(SurroundingsError, LicenseDeskError)
    assert not issubclass(SurroundingsError, RefusedError)
    assert Notice("x").figures == {}
