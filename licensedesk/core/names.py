"""Text from outside: which names are accepted, and how foreign text is shown."""

from __future__ import annotations

import re
import unicodedata

from licensedesk.core.errors import RefusedError

MAX_TEXT = 255
"""Characters of a name (issuer, serial, product, site): what a line of a list can still show."""
MAX_HOST_NAME = 255
_MAX_LABEL = 63

_LABEL = re.compile(r"[A-Za-z0-9_]([A-Za-z0-9_-]*[A-Za-z0-9_])?", re.ASCII)
# Control, format (bidi and zero width), surrogate, private use, line and paragraph separator.
_REFUSED_CATEGORIES = frozenset({"Cc", "Cf", "Cs", "Co", "Zl", "Zp"})
# Default_Ignorable_Code_Point of Unicode's DerivedCoreProperties.txt outside these categories: shown as
# nothing, so that two serials that differ would look alike. The last is blank in every font.
_INVISIBLE = frozenset("\u034f\u115f\u1160\u17b4\u17b5\u3164\uffa0\u2800") | frozenset(
    chr(code)
    for first, last in ((0x180B, 0x180F), (0xFE00, 0xFE0F), (0xE0100, 0xE01EF))
    for code in range(first, last + 1)
)


def _is_noncharacter(character: str) -> bool:
    code = ord(character)
    return code & 0xFFFE == 0xFFFE or 0xFDD0 <= code <= 0xFDEF


def _is_hidden(character: str) -> bool:
    return (
        unicodedata.category(character) in _REFUSED_CATEGORIES
        or character in _INVISIBLE
        or _is_noncharacter(character)
    )


def visible(text: str) -> str:
    """`text` for display: what would be invisible or turn the reading direction shows by its number.

    Spaces other than the plain and the ideographic one show too, since they look like the plain one.
    """
    if text.isascii() and text.isprintable():
        return text
    return "".join(
        character.encode("unicode_escape").decode()
        if _is_hidden(character) or (unicodedata.category(character) == "Zs" and character not in " \u3000")
        else character
        for character in text
    )


def _refuse(name: str, reason: str) -> RefusedError:
    shown = visible(name[: MAX_TEXT + 1])
    return RefusedError("invalid-name", name=shown if len(name) <= MAX_TEXT else f"{shown}...", reason=reason)


def clean_text(value: str, *, limit: int = MAX_TEXT) -> str:
    """`value` in NFC; refused as `invalid-name` when it is empty, longer than `limit` characters, begins or
    ends with white space, or holds control, bidi, format or other characters that do not show.
    """
    if not value:
        raise _refuse(value, "it is empty")
    # Before anything that takes time in proportion to what was given.
    if len(value) > limit:
        raise _refuse(value, f"it has {len(value)} characters, of at most {limit}")
    hidden = next((character for character in value if _is_hidden(character)), None)
    if hidden is not None:
        raise _refuse(value, f"it has the character U+{ord(hidden):04X}, which does not show")
    text = unicodedata.normalize("NFC", value)
    if text != text.strip():
        raise _refuse(value, "it begins or ends with a space")
    if len(text) > limit:  # a few characters have no composed form and grow
        raise _refuse(value, f"it has {len(text)} characters, of at most {limit}")
    return text


def host_name(value: str) -> str:
    """`value` if it is a host name as in DNS: labels of letters, digits, hyphens and underscores, joined by
    dots, at most 255 characters. Case is kept; compare by `host_key`. Refused as `invalid-name`.
    """
    text = clean_text(value, limit=MAX_HOST_NAME)
    for label in text.split("."):
        if len(label) > _MAX_LABEL:
            raise _refuse(value, f"a part between dots has {len(label)} characters, of at most {_MAX_LABEL}")
        if not _LABEL.fullmatch(label):
            shown = visible(label)
            raise _refuse(
                value,
                f"the part {shown!r} has other characters than letters, digits and inner hyphens"
                if label
                else "two dots follow each other, or one stands at an end",
            )
    return text


def host_key(name: str) -> str:
    """What two host names that differ in case only have in common, as DNS compares them."""
    return name.lower()


def canonical_host_name(value: str) -> str:
    """A host name as servers are stored and compared: checked, in lower case."""
    return host_key(host_name(value))
