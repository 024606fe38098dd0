"""Codes in the words of the window's language: the core passes codes and figures, never sentences."""

from __future__ import annotations

import re
from collections.abc import Iterator, Mapping
from datetime import date
from typing import Any

from PySide6.QtCore import QCoreApplication

from licensedesk.core.errors import LicenseDeskError
from licensedesk.core.sentences import SENTENCES, advice_for, sentence_for
from licensedesk.core.types import parse_stamp
from licensedesk.ui.figures import day, moment
from licensedesk.ui.window_advice import WINDOW_ADVICE

_MOMENT = re.compile(r"\d{4}-\d\d-\d\dT\d\d:\d\d:\d\d\.\d{6}Z")
_DAY = re.compile(r"\d{4}-\d\d-\d\d")


class _Translated(Mapping[str, tuple[str, str]]):
    """The table of sentences, each template translated when it is asked for; advice as for the window."""

    def __getitem__(self, code: str) -> tuple[str, str]:
        sentence, advice = SENTENCES[code]
        return _translated(sentence), _translated(WINDOW_ADVICE.get(code, advice))

    def __iter__(self) -> Iterator[str]:
        return iter(SENTENCES)

    def __len__(self) -> int:
        return len(SENTENCES)


def _translated(template: str) -> str:
    return QCoreApplication.translate("Sentences", template) if template else ""


_TABLE = _Translated()


def _shown(figures: Mapping[str, Any]) -> dict[str, Any]:
    """Days and moments as the system writes them."""
    return {name: _shown_value(value) for name, value in figures.items()}


def _shown_value(value: Any) -> Any:
    if not isinstance(value, str):
        return value
    try:
        if _MOMENT.fullmatch(value):
            return moment(parse_stamp(value))
        return day(date.fromisoformat(value)) if _DAY.fullmatch(value) else value
    except ValueError:
        # Only looks like one: it may be what is wrong.
        return value


def sentence(code: str, figures: Mapping[str, Any]) -> str:
    """What a code says, with its figures."""
    return sentence_for(code, _shown(figures), table=_TABLE)


def pattern(code: str) -> str:
    """What a code says, its figures left open; the bare code where the table does not know it."""
    return _translated(SENTENCES[code][0]) if code in SENTENCES else code


def advice(code: str, figures: Mapping[str, Any]) -> str:
    """What to do about it in the window; may be empty."""
    return advice_for(code, _shown(figures), table=_TABLE)


def told(error: LicenseDeskError) -> tuple[str, str]:
    """Sentence and advice of a refusal."""
    return sentence(error.code, error.figures), advice(error.code, error.figures)
