"""JSON that two readers could read as two things is refused, and nothing else leaves the reader."""

from __future__ import annotations

import json
from typing import Any

import pytest
from hypothesis import given
from hypothesis import strategies as st

from licensedesk.core.documents.strict_json import MAX_DEPTH, canonical, strict_json
from licensedesk.core.errors import LicenseFileError

LIMIT = 4 << 20


def read(raw: bytes) -> dict[str, Any]:
    return strict_json(raw, file="message", limit=LIMIT)


@pytest.mark.parametrize(
    ("raw", "value"),
    [
        (b"{}", {}),
        (b' {"a" : [1, -2, 0.5, true, null, "\\u00e9"]} \n', {"a": [1, -2, 0.5, True, None, "é"]}),
        (b'{"a":"\\ud83d\\ude00"}', {"a": "😀"}),
        (b'{"a":"[[[[{{{{\\"[["}', {"a": '[[[[{{{{"[['}),
        (b'{"a":9223372036854775807}', {"a": 2**63 - 1}),
        (b'{"a":{"b":1},"b":{"b":2}}', {"a": {"b": 1}, "b": {"b": 2}}),
        (b'{"a":"' + b"[" * 1000 + b'","b":"]"}', {"a": "[" * 1000, "b": "]"}),
        (b'{"a":[' + b"[]," * 99 + b"[]]}", {"a": [[]] * 100}),
    ],
)
def test_read(raw: bytes, value: dict[str, Any]) -> None:
    assert read(raw) == value


REFUSED = {
    "nothing": (b"", "line 1"),
    "no object": (b"[1]", "no JSON object"),
    "a text": (b'"a"', "no JSON object"),
    "cut off": (b'{"a":1', "line 1"),
    "two values": (b"{} {}", "column 4"),
    "comment": (b'{"a":1/*x*/}', "line 1"),
    "single quotes": (b"{'a':1}", "line 1"),
    "last comma": (b'{"a":1,}', "line 1"),
    "line break in a text": (b'{"a":"\n"}', "line 1"),
    "member twice": (b'{"a":1,"a":1}', "twice"),
    "member twice by an escape": (b'{"a":1,"\\u0061":1}', "twice"),
    "member twice, inside": (b'{"x":[{"a":1,"a":2}]}', "twice"),
    "NaN": (b'{"a":NaN}', "NaN"),
    "infinity": (b'{"a":Infinity}', "Infinity"),
    "minus infinity": (b'{"a":-Infinity}', "Infinity"),
    "infinity by size": (b'{"a":1e999}', "larger"),
    "minus infinity by size": (b'{"a":-1e999}', "larger"),
    "65 bits": (b'{"a":9223372036854775808}', "64 bits"),
    "65 bits below 0": (b'{"a":-9223372036854775809}', "64 bits"),
    "million digits": (b'{"a":' + b"9" * 1_000_000 + b"}", "64 bits"),
    "high surrogate": (b'{"a":"\\ud800"}', "surrogate"),
    "low surrogate as a name": (b'{"\\uDC00":1}', "surrogate"),
    "surrogates in the wrong order": (b'{"a":["\\ude00\\ud83d"]}', "surrogate"),
    "surrogate in bytes": (b'{"a":"\xed\xa0\x80"}', "UTF-8 at byte 6"),
    "overlong": (b'{"a":"\xc0\xaf"}', "UTF-8"),
    "latin-1": ('{"a":"é"}'.encode("latin-1"), "UTF-8"),
    "byte order mark": (b"\xef\xbb\xbf{}", "byte order mark"),
    "UTF-16": ('{"a":1}'.encode("utf-16"), "UTF-8"),
    "UTF-16 without mark": ('{"a":1}'.encode("utf-16-le"), "line 1"),
    "UTF-32": ('{"a":1}'.encode("utf-32"), "UTF-8"),
    "NUL": (b'{"a":1}\0', "line 1"),
    "100,000 arrays": (b'{"a":' + b"[" * 100_000 + b"]" * 100_000 + b"}", "deeper"),
    "100,000 arrays, not closed": (b"[" * 100_000, "deeper"),
    "100,000 objects": (b'{"a":' * 100_000, "deeper"),
    "a level too many": (b'{"a":' + b"[" * MAX_DEPTH + b"]" * MAX_DEPTH + b"}", "deeper"),
    "a level too many behind shallow ones": (
        b'{"a":[' + b"[]," * 99 + b'[]],"b":' + b"[" * MAX_DEPTH + b"]" * MAX_DEPTH + b"}",
        "deeper",
    ),
    "brackets behind an escaped quote": (b'{"a":"\\"",' + b'"b":' + b"[" * 99 + b"]" * 99 + b"}", "deeper"),
}


@pytest.mark.parametrize(("raw", "reason"), REFUSED.values(), ids=REFUSED.keys())
def test_refused(raw: bytes, reason: str) -> None:
    with pytest.raises(LicenseFileError) as refusal:
        read(raw)
    assert refusal.value.code == "malformed"
    assert refusal.value.figures["file"] == "message"
    assert reason in refusal.value.figures["reason"]


def test_the_deepest_that_is_read() -> None:
    inner = MAX_DEPTH - 1
    assert read(b'{"a":' + b"[" * inner + b"]" * inner + b"}")
    # With more brackets than levels, so that they are counted one by one.
    assert read(b'{"t":"[[[[[[","a":' + b"[" * inner + b"]" * inner + b',"b":[]}')


def test_size_is_judged_before_anything_is_read() -> None:
    with pytest.raises(LicenseFileError) as refusal:
        strict_json(b"\xff" * 11, file="message", limit=10)
    assert (refusal.value.code, refusal.value.figures["size"]) == ("too-large", 11)


@pytest.mark.parametrize(
    "raw", [b'{"a":"' + b'\\"' * (LIMIT // 4), b'"[' * (LIMIT // 4), b"]" * (LIMIT // 2)]
)
def test_the_bound_of_depth_costs_one_pass(raw: bytes) -> None:
    """Quadratic, each of these would take hours."""
    with pytest.raises(LicenseFileError) as refusal:
        read(raw + b"[" * 40)
    assert refusal.value.code == "malformed"


texts = st.text(st.characters(exclude_categories=["Cs"]))
numbers = st.integers(-(2**63) + 1, 2**63 - 1) | st.floats(allow_nan=False, allow_infinity=False)
values = st.recursive(
    st.none() | st.booleans() | numbers | texts,
    lambda inner: st.lists(inner, max_size=4) | st.dictionaries(texts, inner, max_size=4),
    max_leaves=20,
)


@given(st.dictionaries(texts, values, max_size=5), st.booleans())
def test_what_json_writes_is_read(value: dict[str, Any], escaped: bool) -> None:
    assert read(json.dumps(value, ensure_ascii=escaped).encode()) == value


@given(st.binary(max_size=60) | st.text('{}[]",:\\u0aN1e+-. ', max_size=60).map(str.encode))
def test_whatever_comes_is_read_or_refused(raw: bytes) -> None:
    try:
        value = read(raw)
    except LicenseFileError as refusal:
        assert refusal.code == "malformed"  # noqa: PT017 - the other outcome is as good
    else:
        assert json.loads(raw.decode()) == value


def test_what_is_written_has_one_form() -> None:
    assert (
        canonical({"b": "\u00e9\U0001f600", "a": [1, None]})
        == '{"a":[1,null],"b":"\u00e9\U0001f600"}'.encode()
    )
    with pytest.raises(ValueError, match="not JSON compliant"):
        canonical({"a": float("nan")})
