"""The colours of the two palettes, and the contrast between them (WCAG 2.2, relative luminance)."""

from __future__ import annotations

from dataclasses import dataclass
from enum import StrEnum


class State(StrEnum):
    """What a chip, a bar or a notice says; always together with a word."""

    NEUTRAL = "neutral"
    INFO = "info"
    OK = "ok"
    WARNING = "warning"
    CRITICAL = "critical"


@dataclass(frozen=True, slots=True, kw_only=True)
class Tokens:
    """The first ten are the design's; the rest is derived so that text on them reads at 4.5:1."""

    dark: bool
    window: str
    surface: str
    border: str
    text: str
    secondary: str
    accent: str
    ok: str
    warning: str
    critical: str

    disabled: str
    """Text of what cannot be used now; still readable, since it carries information."""
    hover: str
    selection: str
    track: str
    """The empty part of a bar."""
    field_border: str
    """Frame of inputs and outlined buttons, a step firmer than hairlines."""
    mark_border: str
    """Frame of check boxes and radio buttons, which have no other sign of being there: 3:1."""
    scroll: str
    badge: str
    disabled_on_track: str
    on_accent: str
    accent_hover: str
    accent_pressed: str
    on_critical: str
    critical_hover: str

    # Text in a state colour, on any of surface, window, hover, selection and the chip of that state.
    accent_text: str
    ok_text: str
    warning_text: str
    critical_text: str
    neutral_chip: str
    accent_chip: str
    ok_chip: str
    warning_chip: str
    critical_chip: str

    ranges: tuple[str, ...]
    """The eight Okabe-Ito colours; black gives way to a light grey where the ground is dark."""

    def fill(self, state: State) -> str:
        """The colour of a bar or an icon."""
        return {
            State.NEUTRAL: self.secondary,
            State.INFO: self.accent,
            State.OK: self.ok,
            State.WARNING: self.warning,
            State.CRITICAL: self.critical,
        }[state]

    def word(self, state: State) -> str:
        """The colour of the word that says the state."""
        return {
            State.NEUTRAL: self.secondary,
            State.INFO: self.accent_text,
            State.OK: self.ok_text,
            State.WARNING: self.warning_text,
            State.CRITICAL: self.critical_text,
        }[state]

    def chip(self, state: State) -> str:
        """The ground of a chip or a notice."""
        return {
            State.NEUTRAL: self.neutral_chip,
            State.INFO: self.accent_chip,
            State.OK: self.ok_chip,
            State.WARNING: self.warning_chip,
            State.CRITICAL: self.critical_chip,
        }[state]


_OKABE_ITO = ("#0072B2", "#E69F00", "#009E73", "#CC79A7", "#56B4E9", "#D55E00", "#F0E442")

LIGHT = Tokens(
    dark=False,
    window="#F6F7F9",
    surface="#FFFFFF",
    border="#D9DEE5",
    text="#1B2430",
    secondary="#5B6675",
    accent="#1F6FEB",
    ok="#1A7F37",
    warning="#9A6700",
    critical="#CF222E",
    disabled="#66707F",
    hover="#F1F4F8",
    selection="#E3EDFD",
    track="#E4E8EF",
    field_border="#D0D6DF",
    mark_border="#858F9D",
    scroll="#C3CAD4",
    badge="#E4E8EF",
    disabled_on_track="#596473",
    on_accent="#FFFFFF",
    accent_hover="#1A63D6",
    accent_pressed="#1655B8",
    on_critical="#FFFFFF",
    critical_hover="#B31D28",
    accent_text="#1659C5",
    ok_text="#156A2E",
    warning_text="#7E5400",
    critical_text="#B41D28",
    neutral_chip="#EBEEF2",
    accent_chip="#E3EDFD",
    ok_chip="#DFF3E4",
    warning_chip="#FBF0D2",
    critical_chip="#FCE6E7",
    ranges=(*_OKABE_ITO, "#000000"),
)

DARK = Tokens(
    dark=True,
    window="#14181D",
    surface="#1B2027",
    border="#2E3640",
    text="#E6EAF0",
    secondary="#9AA6B4",
    accent="#4C8DFF",
    ok="#3FB950",
    warning="#D29922",
    critical="#F85149",
    disabled="#8792A1",
    hover="#232A33",
    selection="#20304A",
    track="#2E3640",
    field_border="#3A4450",
    mark_border="#6F7B8A",
    scroll="#414C59",
    badge="#2E3640",
    disabled_on_track="#A0ABB9",
    on_accent="#0B1420",
    accent_hover="#6BA1FF",
    accent_pressed="#3F7FEF",
    on_critical="#1A0907",
    critical_hover="#FF7068",
    accent_text="#82B1FF",
    ok_text="#56CC66",
    warning_text="#E2AE45",
    critical_text="#FF857E",
    neutral_chip="#29313B",
    accent_chip="#20304A",
    ok_chip="#173322",
    warning_chip="#362B13",
    critical_chip="#401F22",
    ranges=(*_OKABE_ITO, "#C9D1DB"),
)


def luminance(colour: str) -> float:
    """Relative luminance of `#RRGGBB`, 0 to 1."""
    linear = []
    for at in (1, 3, 5):
        part = int(colour[at : at + 2], 16) / 255
        linear.append(part / 12.92 if part <= 0.04045 else ((part + 0.055) / 1.055) ** 2.4)
    red, green, blue = linear
    return 0.2126 * red + 0.7152 * green + 0.0722 * blue


def contrast(one: str, other: str) -> float:
    """1 (the same) to 21 (black on white)."""
    lighter, darker = sorted((luminance(one), luminance(other)), reverse=True)
    return (lighter + 0.05) / (darker + 0.05)


def text_pairs(tokens: Tokens) -> tuple[tuple[str, str, str], ...]:
    """Every pair of text and ground that is painted: what it is, text colour, ground colour."""
    grounds = {
        "window": tokens.window,
        "surface": tokens.surface,
        "hover": tokens.hover,
        "selection": tokens.selection,
    }
    texts = {"text": tokens.text, "secondary": tokens.secondary}
    words = {f"{state} word": tokens.word(state) for state in State}
    on_grounds = [
        (f"{name} on {ground}", colour, behind)
        for ground, behind in grounds.items()
        for name, colour in (texts | words).items()
    ]
    on_chips = [(f"{state} chip", tokens.word(state), tokens.chip(state)) for state in State]
    notices = [(f"text on {state} notice", tokens.text, tokens.chip(state)) for state in State]
    return (
        *on_grounds,
        *on_chips,
        *notices,
        ("disabled on surface", tokens.disabled, tokens.surface),
        ("disabled on window", tokens.disabled, tokens.window),
        ("disabled button", tokens.disabled_on_track, tokens.track),
        ("badge", tokens.text, tokens.badge),
        ("filled button", tokens.on_accent, tokens.accent),
        ("filled button, hover", tokens.on_accent, tokens.accent_hover),
        ("filled button, pressed", tokens.on_accent, tokens.accent_pressed),
        ("destructive button", tokens.on_critical, tokens.critical),
        ("destructive button, hover", tokens.on_critical, tokens.critical_hover),
    )
