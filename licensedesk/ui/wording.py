"""Codes in the words of the window's language: the core passes codes and figures, never sentences."""

from __future__ import annotations

from collections.abc import Iterator, Mapping
from typing import Any

from PySide6.QtCore import QCoreApplication

from licensedesk.core.errors import LicenseDeskError
from licensedesk.core.sentences import SENTENCES, advice_for, sentence_for
from licensedesk.ui.window_advice import WINDOW_ADVICE


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


def sentence(code: str, figures: Mapping[str, Any]) -> str:
    """What a code says, with its figures."""
    return sentence_for(code, figures, table=_TABLE)


def advice(code: str, figures: Mapping[str, Any]) -> str:
    """What to do about it in the window; may be empty."""
    return advice_for(code, figures, table=_TABLE)


def told(error: LicenseDeskError) -> tuple[str, str]:
    """Sentence and advice of a refusal."""
    return sentence(error.code, error.figures), advice(error.code, error.figures)
