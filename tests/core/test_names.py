"""Which names are accepted, and how foreign text is shown."""

from __future__ import annotations

import unicodedata

import pytest
from hypothesis import given
from hypothesis import strategies as st

from licensedesk.core.errors import RefusedError
from licensedesk.core.names import canonical_host_name, clean_text, host_key, host_name, visible

HIDDEN = {
    "NUL": "\x00",
    "newline": "\n",
    "delete": "\x7f",
    "C1 control": "\x85",
    "bidi override": "\u202e",
    "bidi isolate": "\u2066",
    "arabic letter mark": "\u061c",
    "zero width space": "\u200b",
    "soft hyphen": "\u00ad",
    "byte order mark": "\ufeff",
    "tag": "\U000e0041",
    "line separator": "\u2028",
    "paragraph separator": "\u2029",
    "lone surrogate": "\ud800",
    "private use": "\ue000",
    "noncharacter": "\uffff",
    "noncharacter of another plane": "\U0001fffe",
    "noncharacter in the middle": "\ufdd0",
    "combining grapheme joiner": "\u034f",
    "hangul filler": "\u3164",
    "variation selector": "\ufe0f",
    "supplementary variation selector": "\U000e0100",
    "braille blank": "\u2800",
}


@pytest.mark.parametrize("character", HIDDEN.values(), ids=HIDDEN.keys())
def test_what_does_not_show_is_refused_and_made_visible(character: str) -> None:
    with pytest.raises(RefusedError) as refusal:
        clean_text(f"S-{character}1")
    assert refusal.value.code == "invalid-name"
    assert f"U+{ord(character):04X}" in refusal.value.figures["reason"]
    assert character not in refusal.value.message
    assert visible(character).startswith("\\")
    assert visible(character).isascii()


@pytest.mark.parametrize(
    "name", ["A", "Desktop Manager 2", "統括管理用サーバ", "Müller & Söhne <x>", "a" * 255, "😀"]
)
def test_names_that_show_are_kept(name: str) -> None:
    assert clean_text(name) == name
    assert visible(name) == name


@pytest.mark.parametrize(
    ("name", "reason"),
    [
        ("", "empty"),
        (" a", "space"),
        ("a ", "space"),
        ("a\u00a0", "space"),
        ("a" * 256, "256 characters"),
        ("\ufb2c" * 255, "765 characters"),  # the letter grows to three in NFC
    ],
)
def test_other_names_are_refused_with_the_reason(name: str, reason: str) -> None:
    with pytest.raises(RefusedError) as refusal:
        clean_text(name)
    assert refusal.value.code == "invalid-name"
    assert reason in refusal.value.figures["reason"]
    assert len(refusal.value.figures["name"]) <= 260


def test_a_name_is_composed() -> None:
    assert clean_text("Mu\u0308ller") == "Müller"


def test_a_limit_of_the_caller_holds() -> None:
    assert clean_text("a" * 1024, limit=1024) == "a" * 1024
    with pytest.raises(RefusedError):
        clean_text("a" * 1025, limit=1024)


def test_spaces_that_look_like_the_plain_one_show() -> None:
    assert visible("a\u00a0b\u3000c d\u202ee") == "a\\xa0b\u3000c d\\u202ee"


@pytest.mark.parametrize(
    "name",
    ["a", "hq.example.com", "WIN-01.corp", "host_1", "10.0.0.1", "xn--bcher-kva.example", "a." * 127 + "a"],
)
def test_host_names_are_kept(name: str) -> None:
    assert host_name(name) == name


@pytest.mark.parametrize(
    ("name", "reason"),
    [
        ("", "empty"),
        ("a" * 300, "300 characters"),
        ("a" * 64 + ".com", "64 characters"),
        ("a..b", "dots"),
        (".a", "dots"),
        ("a.", "dots"),
        ("-a.b", "'-a'"),
        ("a-.b", "'a-'"),
        ("a b", "'a b'"),
        ("a/b", "'a/b'"),
        ("bücher.example", "'bücher'"),
        ("hq\u202e.example", "U+202E"),
        ("hq\x00.example", "U+0000"),
        ("hq\n", "U+000A"),
        ("hq.\u0661", "'\u0661'"),
    ],
)
def test_other_host_names_are_refused_with_the_reason(name: str, reason: str) -> None:
    with pytest.raises(RefusedError) as refusal:
        host_name(name)
    assert refusal.value.code == "invalid-name"
    assert reason in refusal.value.figures["reason"]


def test_host_names_are_compared_without_case() -> None:
    assert host_key("HQ.Example.com") == host_key("hq.example.COM") == canonical_host_name("Hq.example.com")


@given(st.text(st.characters()))
def test_whatever_comes_is_clean_or_refused(text: str) -> None:
    try:
        clean = clean_text(text)
    except RefusedError as refusal:
        assert refusal.code == "invalid-name"  # noqa: PT017 - the other outcome is as good
        shown = refusal.message
    else:
        assert clean == unicodedata.normalize("NFC", text) == clean_text(clean)
        shown = visible(clean)
    shown.encode("utf-8")
    assert not any(unicodedata.category(character) in {"Cc", "Cf", "Cs", "Zl", "Zp"} for character in shown)
