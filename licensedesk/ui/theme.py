"""How the desk looks: one palette and one style sheet, light or dark, changed while it runs.

Painting code asks `tokens()` each time it paints, so that nothing keeps a colour of the other palette.
"""

from __future__ import annotations

import threading
from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import fields
from enum import StrEnum
from string import Template
from typing import TYPE_CHECKING

from PySide6.QtCore import QObject, Signal
from PySide6.QtGui import QColor, QFont, QFontMetrics, QPalette
from PySide6.QtWidgets import QApplication

from licensedesk.ui.resources import resource_path
from licensedesk.ui.tokens import DARK, LIGHT, Tokens

_BODY_PT = 10.0
_USUAL_LINE = 16
"""Height of a line of it, in pixels."""
_HALF = 128
_TITLE = 1.6
_SECTION = 1.1
_SMALL = 0.85
_BIG = 2.0

if TYPE_CHECKING:
    from PySide6.QtCore import Qt


class Appearance(StrEnum):
    SYSTEM = "system"
    LIGHT = "light"
    DARK = "dark"


class _Current:
    tokens: Tokens = LIGHT


class _Here(threading.local):
    """What one thread paints with instead."""

    tokens: Tokens | None = None


_here = _Here()


def tokens() -> Tokens:
    """The palette in use now."""
    return _here.tokens or _Current.tokens


@contextmanager
def on_paper() -> Iterator[None]:
    """The light palette, in this thread: paper is white whatever the window is."""
    _here.tokens = LIGHT
    try:
        yield
    finally:
        _here.tokens = None


class Theme(QObject):
    """Belongs to the application, which is made with `-style fusion`.

    `changed` is for what paints from cached pictures.
    """

    changed = Signal()

    def __init__(self, app: QApplication, appearance: Appearance = Appearance.SYSTEM) -> None:
        super().__init__(app)
        self._app = app
        self._appearance = appearance
        self._template = Template(resource_path("styles", "desk.qss").read_text(encoding="utf-8"))
        # As Fusion follows the system; asking styleHints would load all of `Qt` before the first picture.
        self._system_dark = app.palette().color(QPalette.ColorRole.Window).lightness() < _HALF
        self._body_pt = max(_BODY_PT, app.font().pointSizeF())
        app.setFont(self._body_font(app.font()))
        app.styleHints().colorSchemeChanged.connect(self._follow_system)
        self._apply(self._wanted())

    @property
    def appearance(self) -> Appearance:
        return self._appearance

    def set_appearance(self, appearance: Appearance) -> None:
        self._appearance = appearance
        self._apply(self._wanted())

    def _wanted(self) -> Tokens:
        if self._appearance is Appearance.SYSTEM:
            return DARK if self._system_dark else LIGHT
        return DARK if self._appearance is Appearance.DARK else LIGHT

    def _follow_system(self, scheme: Qt.ColorScheme) -> None:
        self._system_dark = scheme.name == "Dark"
        if self._appearance is Appearance.SYSTEM and self._wanted() is not tokens():
            self._apply(self._wanted())

    def _apply(self, wanted: Tokens) -> None:
        _Current.tokens = wanted
        self._app.setPalette(palette_for(wanted))
        # Never without a sheet in between, though that is three times as fast: Qt then deletes the style of
        # the application, and what anybody holds of it is gone.
        self._app.setStyleSheet(self._template.substitute(self._names(wanted)))
        self.changed.emit()

    def _names(self, wanted: Tokens) -> dict[str, str]:
        names = {field.name: str(getattr(wanted, field.name)) for field in fields(wanted)}
        return names | {
            "icons": resource_path("icons").as_posix(),
            "title_pt": f"{self._body_pt * _TITLE:.1f}",
            "section_pt": f"{self._body_pt * _SECTION:.1f}",
            "big_pt": f"{self._body_pt * _BIG:.1f}",
        }

    def _body_font(self, system: QFont) -> QFont:
        """Inter where it is installed, else the system's; digits of one width either way."""
        font = QFont(system)
        font.setFamilies(["Inter", *system.families()])
        font.setPointSizeF(self._body_pt)
        font.setFeature(QFont.Tag("tnum"), 1)
        return font


def enlarged(pixels: int, font: QFont) -> int:
    """A width made for text of the usual size, for the text that is: larger letters take more room."""
    return round(pixels * max(1.0, QFontMetrics(font).height() / _USUAL_LINE))


def small_font(base: QFont) -> QFont:
    """Headings of groups, badges and chips."""
    font = QFont(base)
    font.setPointSizeF(base.pointSizeF() * _SMALL)
    return font


def heading_font(base: QFont) -> QFont:
    """Of the groups in the menu area."""
    font = semibold(small_font(base))
    font.setCapitalization(QFont.Capitalization.AllUppercase)
    font.setLetterSpacing(QFont.SpacingType.AbsoluteSpacing, 0.6)
    return font


def semibold(base: QFont) -> QFont:
    font = QFont(base)
    font.setWeight(QFont.Weight.DemiBold)
    return font


def palette_for(wanted: Tokens) -> QPalette:
    """Every role that Fusion paints with; disabled text stays readable."""
    role = QPalette.ColorRole
    palette = QPalette()
    colours = {
        role.Window: wanted.window,
        role.WindowText: wanted.text,
        role.Base: wanted.surface,
        role.AlternateBase: wanted.window,
        role.Text: wanted.text,
        role.PlaceholderText: wanted.secondary,
        role.Button: wanted.surface,
        role.ButtonText: wanted.text,
        role.BrightText: wanted.on_accent,
        role.Highlight: wanted.accent,
        role.HighlightedText: wanted.on_accent,
        role.Accent: wanted.accent,
        role.Link: wanted.accent_text,
        role.LinkVisited: wanted.accent_text,
        role.ToolTipBase: wanted.surface,
        role.ToolTipText: wanted.text,
        role.Light: wanted.surface,
        role.Midlight: wanted.hover,
        role.Mid: wanted.border,
        role.Dark: wanted.field_border,
        role.Shadow: wanted.border,
    }
    for colour_role, colour in colours.items():
        palette.setColor(colour_role, QColor(colour))
    for colour_role in (role.WindowText, role.Text, role.ButtonText):
        palette.setColor(QPalette.ColorGroup.Disabled, colour_role, QColor(wanted.disabled))
    return palette
