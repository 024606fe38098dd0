"""The parts of the import dialog: the files, the figures of a result, and the rows that are refused."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from pathlib import Path
from typing import TYPE_CHECKING

from PySide6.QtCore import QCoreApplication, QLocale
from PySide6.QtWidgets import QHBoxLayout, QLabel, QVBoxLayout, QWidget

from licensedesk.core.errors import LicenseDeskError
from licensedesk.ui.figures import NONE, locale, number
from licensedesk.ui.item_models.rows import Column, RowsModel
from licensedesk.ui.tokens import State
from licensedesk.ui.widgets.before_after import BeforeAfter
from licensedesk.ui.widgets.chips import Chip
from licensedesk.ui.widgets.page import label
from licensedesk.ui.widgets.sections import SectionTitle
from licensedesk.ui.widgets.table import TableView
from licensedesk.ui.wording import sentence, told

if TYPE_CHECKING:
    from licensedesk.core.nodes.intake import ImportResult

_FORMATS = {"nmap": "nmap XML", "glpi": "GLPI JSON", "ocs": "OCS XML", "csv": "CSV"}


def _tr(text: str) -> str:
    return QCoreApplication.translate("ImportNodes", text)


@dataclass(frozen=True, slots=True)
class ScannerFile:
    """A chosen file; `format` is empty until it was looked at."""

    path: Path
    size: int = 0
    format: str = ""
    error: LicenseDeskError | None = None


@dataclass(frozen=True, slots=True)
class RefusedLine:
    """A row of a file that is left out."""

    file: str
    row: int
    reason: str


def file_columns() -> tuple[Column[ScannerFile], ...]:
    return (
        Column(
            key="file",
            title=_tr("File"),
            text=lambda one: one.path.name,
            tooltip=lambda one: str(one.path),
            width=200,
        ),
        Column(key="format", title=_tr("Format"), text=_format_word, width=130),
        Column(
            key="size",
            title=_tr("Size"),
            text=lambda one: (
                locale().formattedDataSize(one.size, 1, QLocale.DataSizeFormat.DataSizeIecFormat)
                if one.size
                else NONE
            ),
            sort=lambda one: one.size,
            number=True,
            width=90,
        ),
        Column(
            key="state",
            title=_tr("State"),
            text=lambda one: _state(one).text,
            chip=_state,
            width=104,
        ),
        Column(key="remark", title=_tr("Remark"), text=_remark, tooltip=_remark, width=160, stretch=True),
    )


def _remark(one: ScannerFile) -> str:
    return " ".join(told(one.error)) if one.error is not None else ""


def _format_word(one: ScannerFile) -> str:
    return _FORMATS.get(one.format, NONE)


def _state(one: ScannerFile) -> Chip:
    if one.error is not None:
        return Chip(_tr("Refused"), State.CRITICAL)
    return Chip(_tr("OK"), State.OK) if one.format else Chip(_tr("Reading…"), State.NEUTRAL)


class ImportFigures(QWidget):
    """What a dry run or an import gave: counts in a row, ranges whose figures change, refused rows."""

    def __init__(self) -> None:
        super().__init__()
        self.title = SectionTitle(_tr("What the import will do"))
        self._figures: dict[str, QLabel] = {}
        row = QHBoxLayout()
        row.setSpacing(32)
        for key, words in (
            ("read", _tr("Rows read")),
            ("new", _tr("New nodes")),
            ("updated", _tr("Updated")),
            ("unchanged", _tr("Unchanged")),
            ("managed", _tr("Managed")),
            ("refused", _tr("Refused")),
        ):
            row.addLayout(self._figure(key, words))
        row.addStretch()
        self.repeated = label("", "secondary")
        self.before_after = BeforeAfter()
        self.model: RowsModel[RefusedLine] = RowsModel(
            _refused_columns(), key=lambda one: (one.file, one.row)
        )
        self.refused_title = SectionTitle(_tr("Refused rows"))
        self.table = TableView(self.model, name=_tr("Refused rows"))
        self.table.setMinimumHeight(130)
        layout = QVBoxLayout(self)
        layout.setContentsMargins(0, 0, 0, 0)
        layout.setSpacing(8)
        layout.addWidget(self.title)
        layout.addLayout(row)
        layout.addWidget(self.repeated)
        layout.addWidget(self.before_after)
        layout.addWidget(self.refused_title)
        layout.addWidget(self.table, 1)
        layout.addStretch()

    def _figure(self, key: str, words: str) -> QVBoxLayout:
        figure = self._figures[key] = label(NONE, "figure")
        figure.setAccessibleName(words)
        pair = QVBoxLayout()
        pair.setSpacing(0)
        pair.addWidget(figure)
        pair.addWidget(label(words, "secondary"))
        return pair

    def show_result(self, result: ImportResult, lines: Sequence[RefusedLine]) -> None:
        for key, value in result.figures().items():
            if key in self._figures:
                self._figures[key].setText(number(value))
        repeated = result.repeated
        self.repeated.setText(
            _tr("1 row names a node of an earlier row.")
            if repeated == 1
            else _tr("{0} rows name a node of an earlier row.").format(number(repeated))
        )
        self.repeated.setVisible(repeated > 0)
        self.before_after.show_changes(result.changes.ranges)
        self.before_after.setVisible(self.before_after.model.rowCount() > 0)
        self.model.set_rows(lines)
        for one in (self.refused_title, self.table):
            one.setVisible(bool(lines))
        title = _tr("Refused rows")
        if result.refused_count > len(lines):
            pattern = _tr("Refused rows: the first {0} of {1}")
            title = pattern.format(number(len(lines)), number(result.refused_count))
        self.refused_title.set_title(title)

    def figure(self, key: str) -> str:
        """As shown."""
        return self._figures[key].text()


def _refused_columns() -> tuple[Column[RefusedLine], ...]:
    return (
        Column(key="file", title=_tr("File"), text=lambda one: one.file, width=180),
        Column(
            key="row",
            title=_tr("Row"),
            text=lambda one: number(one.row),
            sort=lambda one: one.row,
            number=True,
            width=80,
        ),
        Column(
            key="reason",
            title=_tr("Reason"),
            text=lambda one: one.reason,
            tooltip=lambda one: one.reason,
            width=300,
            stretch=True,
        ),
    )


def refused_lines(result: ImportResult, files: Sequence[Path]) -> list[RefusedLine]:
    """Rows are numbered over all files."""
    # The import has loaded it.
    from licensedesk.core.nodes.files import place_of

    lines = []
    for refused in result.refused:
        place, row = place_of(refused.row)
        lines.append(RefusedLine(files[place].name, row, sentence(refused.code, refused.figures)))
    return lines
