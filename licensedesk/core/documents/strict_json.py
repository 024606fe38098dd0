"""JSON from outside, read so that two readers cannot see two things in the same bytes."""

from __future__ import annotations

import json
import re
from typing import Any, NoReturn

from licensedesk.core.errors import LicenseFileError

MAX_DEPTH = 32
"""Levels of nesting; the messages use four."""
_MAX_INTEGER = 2**63 - 1

# A string is one token, so that brackets in it do not count; possessive, and with an optional last quote:
# each character is looked at once, whatever was sent.
_STRING_OR_BRACKET = re.compile(rb'"[^"\\]*+(?:\\.[^"\\]*+)*+"?+|[\[{]|[\]}]', re.DOTALL)


class _MalformedError(ValueError):
    """What was read is JSON to some readers, and not to us; the text is the reason."""


def _check_depth(raw: bytes) -> None:
    if raw.count(b"[") + raw.count(b"{") <= MAX_DEPTH:
        return
    depth = 0
    for token in _STRING_OR_BRACKET.finditer(raw):
        first = raw[token.start()]
        if first in b"[{":
            depth += 1
            if depth > MAX_DEPTH:
                raise _MalformedError(f"it is nested deeper than {MAX_DEPTH} levels")
        elif first in b"]}":
            depth -= 1


def _members(pairs: list[tuple[str, Any]]) -> dict[str, Any]:
    members = dict(pairs)
    if len(members) != len(pairs):
        raise _MalformedError("a member stands twice in the same object")
    return members


def _no_constant(name: str) -> NoReturn:
    raise _MalformedError(f"{name} is no JSON")


def _integer(digits: str) -> int:
    if len(digits) > 20 or abs(number := int(digits)) > _MAX_INTEGER:
        raise _MalformedError("a number is larger than 64 bits")
    return number


def _fraction(digits: str) -> float:
    number = float(digits)
    if number in {float("inf"), float("-inf")}:
        raise _MalformedError("a number is larger than any computer keeps")
    return number


_decoder = json.JSONDecoder(
    object_pairs_hook=_members, parse_constant=_no_constant, parse_int=_integer, parse_float=_fraction
)


def _decoded(raw: bytes) -> dict[str, Any]:
    text = raw.decode("utf-8")
    if text.startswith("\ufeff"):
        raise _MalformedError("it begins with a byte order mark")
    _check_depth(raw)
    value = _decoder.decode(text)
    if not isinstance(value, dict):
        raise _MalformedError("it is no JSON object")
    if "\\u" in text:
        # Half a surrogate pair can only come from an escape; it could be neither stored nor sent on.
        json.dumps(value, ensure_ascii=False).encode("utf-8")
    return value


def strict_json(raw: bytes, *, file: str, limit: int) -> dict[str, Any]:
    """The one JSON object in `raw`: UTF-8 without byte order mark, no member twice in an object, no NaN or
    infinity, integers of 64 bits, at most 32 levels, no lone surrogates.

    Raises LicenseFileError: `too-large`, or `malformed` (figure reason).
    """
    if len(raw) > limit:
        raise LicenseFileError("too-large", file=file, size=len(raw), limit=limit)
    try:
        return _decoded(raw)
    except _MalformedError as error:
        raise LicenseFileError("malformed", file=file, reason=str(error)) from error
    except json.JSONDecodeError as error:
        reason = f"no JSON at line {error.lineno}, column {error.colno}"
        raise LicenseFileError("malformed", file=file, reason=reason) from error
    except UnicodeDecodeError as error:
        reason = f"it is not UTF-8 at byte {error.start}"
        raise LicenseFileError("malformed", file=file, reason=reason) from error
    except UnicodeEncodeError as error:
        reason = "it has half a surrogate pair"
        raise LicenseFileError("malformed", file=file, reason=reason) from error


def canonical(members: dict[str, Any]) -> bytes:
    """The one form in which we write: sorted names, no white space, UTF-8."""
    text = json.dumps(members, sort_keys=True, separators=(",", ":"), ensure_ascii=False, allow_nan=False)
    return text.encode("utf-8")
