from __future__ import annotations

import pytest

from licensedesk.ui.tokens import DARK, LIGHT, Tokens, contrast, text_pairs

DESIGN = {
    "window": ("#F6F7F9", "#14181D"),
    "surface": ("#FFFFFF", "#1B2027"),
    "border": ("#D9DEE5", "#2E3640"),
    "text": ("#1B2430", "#E6EAF0"),
    "secondary": ("#5B6675", "#9AA6B4"),
    "accent": ("#1F6FEB", "#4C8DFF"),
    "ok": ("#1A7F37", "#3FB950"),
    "warning": ("#9A6700", "#D29922"),
    "critical": ("#CF222E", "#F85149"),
}


@pytest.mark.parametrize("name", DESIGN)
def test_the_tokens_are_the_designs(name: str) -> None:
    assert (getattr(LIGHT, name), getattr(DARK, name)) == DESIGN[name]


@pytest.mark.parametrize(
    ("one", "other", "expected"),
    [("#000000", "#FFFFFF", 21.0), ("#FFFFFF", "#FFFFFF", 1.0), ("#777777", "#FFFFFF", 4.48)],
)
def test_contrast_as_wcag_defines_it(one: str, other: str, expected: float) -> None:
    assert contrast(one, other) == pytest.approx(expected, abs=0.005)
    assert contrast(other, one) == contrast(one, other)


@pytest.mark.parametrize(
    ("palette", "what", "ink", "ground"),
    [("dark" if tokens.dark else "light", *pair) for tokens in (LIGHT, DARK) for pair in text_pairs(tokens)],
)
def test_every_text_reads(palette: str, what: str, ink: str, ground: str) -> None:
    assert contrast(ink, ground) >= 4.5, f"{what}, {palette}: {ink} on {ground}"


@pytest.mark.parametrize("tokens", [LIGHT, DARK], ids=["light", "dark"])
def test_marks_and_bars_can_be_made_out(tokens: Tokens) -> None:
    """3:1 for what is no text but must be seen (WCAG 2.2, 1.4.11)."""
    marks = (tokens.mark_border, tokens.accent, tokens.ok, tokens.warning, tokens.critical)
    for mark in marks:
        assert contrast(mark, tokens.surface) >= 3.0, mark


@pytest.mark.parametrize("tokens", [LIGHT, DARK], ids=["light", "dark"])
def test_ranges_have_eight_different_colours(tokens: Tokens) -> None:
    assert len(set(tokens.ranges)) == 8
