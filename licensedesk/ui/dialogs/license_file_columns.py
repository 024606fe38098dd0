"""The table of license key files: what is known of each, and what came of it."""

from __future__ import annotations

from dataclasses import dataclass
from pathlib import Path
from typing import TYPE_CHECKING

from PySide6.QtCore import QCoreApplication

from licensedesk.ui.figures import day, number
from licensedesk.ui.item_models.rows import Column
from licensedesk.ui.tokens import State
from licensedesk.ui.vocabulary import kind_word
from licensedesk.ui.widgets.chips import Chip
from licensedesk.ui.wording import sentence, told

if TYPE_CHECKING:
    from licensedesk.core.licenses import FileResult


@dataclass(frozen=True, slots=True)
class FileRow:
    """One file with what is known of it: None while it is being verified, or where nothing can be."""

    path: Path
    result: FileResult | None
    verifying: bool = True


def _tr(text: str) -> str:
    return QCoreApplication.translate("RegisterLicense", text)


def file_columns() -> tuple[Column[FileRow], ...]:
    return (
        Column(key="file", title=_tr("File"), text=lambda row: row.path.name, width=150),
        Column(key="state", title=_tr("State"), text=lambda row: _state(row).text, chip=_state, width=104),
        Column(key="product", title=_tr("Product"), text=_product, width=140),
        Column(key="quantity", title=_tr("Quantity"), text=_quantity, number=True, width=76),
        Column(key="validity", title=_tr("Valid"), text=_validity, width=204),
        Column(key="issuer", title=_tr("Issuer"), text=_issuer, width=136),
        Column(
            key="remark", title=_tr("Remark"), text=_short_remark, tooltip=_remark, width=150, stretch=True
        ),
    )


def _product(row: FileRow) -> str:
    return row.result.key.license.product if row.result and row.result.key else ""


def _issuer(row: FileRow) -> str:
    return row.result.key.license.issuer if row.result and row.result.key else ""


def _quantity(row: FileRow) -> str:
    return number(row.result.key.license.quantity) if row.result and row.result.key else ""


def _validity(row: FileRow) -> str:
    if row.result is None or row.result.key is None:
        return ""
    given = row.result.key.license
    if given.valid_until is None:
        return kind_word(given.kind)
    return _tr("{0} to {1}").format(day(given.valid_from), day(given.valid_until))


def _state(row: FileRow) -> Chip:
    if row.result is None:
        return Chip(_tr("Verifying…") if row.verifying else _tr("Not verified"), State.NEUTRAL)
    words = {"ok": _tr("OK"), "registered": _tr("Registered"), "refused": _tr("Refused")}
    return Chip(words[row.result.status], State.CRITICAL if row.result.error else State.OK)


def _short_remark(row: FileRow) -> str:
    """Without the name of the license, which stands in the row."""
    text = _remark(row)
    if row.result is None or row.result.key is None:
        return text
    given = row.result.key.license
    for begin in (f"License {given.serial} of {given.issuer} ", f"License {given.serial} "):
        if text.startswith(begin):
            rest = text.removeprefix(begin)
            return rest[:1].upper() + rest[1:]
    return text


def _remark(row: FileRow) -> str:
    """The refusal's sentence, or what is to be known of a good one."""
    result = row.result
    if result is None:
        return ""
    if result.error is not None:
        return told(result.error)[0]
    warnings = result.changes.warnings if result.changes else ()
    return " ".join(sentence(warning.code, warning.figures) for warning in warnings)
