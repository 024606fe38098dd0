"""Each reading method with the values at its bounds, and the reason that it gives."""

from __future__ import annotations

from collections.abc import Callable
from typing import Any

import pytest

from licensedesk.core.documents.fields import LARGEST, Fields
from licensedesk.core.errors import LicenseFileError

Read = Callable[[Fields], Any]


def text(fields: Fields) -> str:
    return fields.text("x", most=3, least=1)


def matching(fields: Fields) -> str:
    return fields.matching("x", r"[a-z]+\d")


def number(fields: Fields) -> int:
    return fields.number("x", most=9)


def truth(fields: Fields) -> bool:
    return fields.truth("x")


def moment(fields: Fields) -> str:
    return fields.moment("x")


def texts(fields: Fields) -> tuple[str, ...]:
    return fields.texts("x", most=2, longest=3)


def members(fields: Fields) -> dict[str, Any] | None:
    return fields.members("x")


def inner(fields: Fields) -> str:
    return fields.inner("x").text("y", most=1)


MOMENT = "2026-11-21T09:14:00.000000Z"


@pytest.mark.parametrize(
    ("read", "value", "expected"),
    [
        (text, "a", "a"),
        (text, "abc", "abc"),
        (matching, "a1", "a1"),
        (number, 0, 0),
        (number, 9, 9),
        (lambda fields: fields.number("x"), LARGEST, 2**63 - 1),
        (truth, True, True),
        (truth, False, False),
        (moment, MOMENT, MOMENT),
        (texts, ["abc"], ("abc",)),
        (texts, ["", "b"], ("", "b")),
        (members, None, None),
        (members, {"y": 1}, {"y": 1}),
        (inner, {"y": "z"}, "z"),
    ],
)
def test_what_is_read(read: Read, value: Any, expected: Any) -> None:
    fields = Fields({"x": value}, file="a.file", kind="thing")
    assert read(fields) == expected
    fields.finish()


@pytest.mark.parametrize(
    ("read", "values", "reason"),
    [
        (text, ["", "abcd", 1, None, [], True], "x is no text of 1 to 3 characters"),
        (matching, ["", "a", "a1\n", "\u00e41", "a\u0661", 1, None], "x does not have its form"),
        (number, [-1, 10, 1.0, "1", True, None], "x is no whole number from 0 to 9"),
        (lambda fields: fields.number("x"), [2**63], f"x is no whole number from 0 to {2**63 - 1}"),
        (truth, [0, 1, "true", None], "x is neither true nor false"),
        (moment, ["2026-11-21", MOMENT[:-1], MOMENT.replace(".000000", ""), 1], "x does not have its form"),
        (moment, ["2026-02-30T09:14:00.000000Z"], "x is no moment that exists"),
        (texts, [[], ["a", "b", "c"], "ab", None, {"a": 1}], "x is no list of 1 to 2 texts"),
        (texts, [["abcd"], [1], [None], ["a", "abcd"]], "x is no list of texts"),
        (members, [[], "", 0, False], "x is no object"),
        (inner, [None, [], "", 0], "x is no object"),
        (inner, [{}], "y is missing"),
    ],
)
def test_what_is_refused(read: Read, values: list[Any], reason: str) -> None:
    for value in values:
        with pytest.raises(LicenseFileError) as refusal:
            read(Fields({"x": value}, file="a.file", kind="thing"))
        assert (refusal.value.code, refusal.value.figures) == (
            "malformed",
            {"file": "a.file", "reason": f"it is no thing: {reason}"},
        )


@pytest.mark.parametrize("read", [text, matching, number, truth, moment, texts, members, inner])
def test_nothing_is_read_that_is_not_there(read: Read) -> None:
    with pytest.raises(LicenseFileError) as refusal:
        read(Fields({"y": 1}, file="a.file", kind="thing"))
    assert refusal.value.figures["reason"] == "it is no thing: x is missing"


def test_what_is_left_over_is_named_and_cut_off() -> None:
    fields = Fields({"x": 1, "b" * 50: 2, "c": 3}, file="a.file", kind="thing")
    fields.number("x")
    with pytest.raises(LicenseFileError) as refusal:
        fields.finish()
    assert refusal.value.figures["reason"] == f"it is no thing: {'b' * 40!r} is not known"
