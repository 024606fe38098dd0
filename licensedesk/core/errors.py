"""What goes wrong, as codes and named figures; the English stands in `sentences`, loaded when it is said.

A window translates by code, a program reads the code: nothing stores or passes a finished sentence.
"""

from __future__ import annotations

from typing import Any


class LicenseDeskError(Exception):
    """The user's input or the world's state stands against an action; nothing was changed.

    `code` is one of 6-command-line.md, `figures` its named values (JSON values only).
    """

    def __init__(self, code: str, /, **figures: Any) -> None:
        super().__init__(code)
        self.code = code
        self.figures = figures

    @property
    def message(self) -> str:
        """What is wrong, in one English sentence with the figures."""
        from licensedesk.core.sentences import sentence_for

        return sentence_for(self.code, self.figures)

    @property
    def advice(self) -> str:
        """What to do about it, in English; empty where there is nothing to do."""
        from licensedesk.core.sentences import advice_for

        return advice_for(self.code, self.figures)

    def __str__(self) -> str:
        return f"{self.code}: {self.message}"


class RefusedError(LicenseDeskError):
    """A rule of the domain refuses the action."""


class LicenseFileError(RefusedError):
    """A file or message is not what it should be, or not from whom it should be."""


class SurroundingsError(LicenseDeskError):
    """Database, disk, broker or key store stand in the way."""
