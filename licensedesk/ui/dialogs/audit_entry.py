"""One entry of the audit log in full: who did what, every figure before and after, and how it is sealed."""

from __future__ import annotations

from typing import TYPE_CHECKING

from PySide6.QtGui import QGuiApplication
from PySide6.QtWidgets import QPlainTextEdit, QWidget

from licensedesk.core.errors import LicenseDeskError
from licensedesk.core.names import visible
from licensedesk.core.types import parse_stamp
from licensedesk.ui.audit_words import lines, subject
from licensedesk.ui.figures import NONE, moment, number
from licensedesk.ui.session import Session
from licensedesk.ui.theme import enlarged
from licensedesk.ui.vocabulary import action_word
from licensedesk.ui.widgets.dialog import Dialog
from licensedesk.ui.widgets.page import button
from licensedesk.ui.widgets.sections import FigureList, SectionTitle, Term

if TYPE_CHECKING:
    from licensedesk.core.audit import Entry
    from licensedesk.core.store.database import Store


_WIDTH = 720
_SIDES = 64
"""Of the dialog and of a long text, left and right."""
_MOST_ROWS = 10
"""Of a long text that are seen at once."""


def open_audit_entry(session: Session, parent: QWidget, entry: Entry) -> None:
    AuditEntryDialog(session, parent, entry).open_reading()


class AuditEntryDialog(Dialog):
    """An entry never changes; only the seal of the one before it is read for it."""

    def __init__(self, session: Session, parent: QWidget, entry: Entry) -> None:
        super().__init__("", main="", parent=parent)
        self.set_title(self.tr("Entry {0} of the Audit Log").format(number(entry.seq)))
        self.set_main(self.tr("Close"))
        self.cancel_button.hide()
        self.session = session
        self._entry = entry
        self.facts = FigureList()
        self.before = _long(self.tr("Before"), lines(entry.before))
        self.after = _long(self.tr("After"), lines(entry.after))
        self.seals = FigureList()
        self.copy_button = button(self.tr("Copy"), self.copy, icon="copy")
        self.extra.addWidget(self.copy_button)
        self.body.addWidget(self.facts)
        for title, shown in ((self.tr("Before"), self.before), (self.tr("After"), self.after)):
            self.body.addWidget(SectionTitle(title))
            self.body.addWidget(shown, 1)
        self.body.addWidget(SectionTitle(self.tr("Seal")))
        self.body.addWidget(self.seals)
        self._facts = (
            (self.tr("Number"), number(entry.seq)),
            (self.tr("When"), f"{moment(parse_stamp(entry.at))} ({entry.at})"),
            (self.tr("Who"), entry.by),
            (self.tr("Action"), action_word(entry.action)),
            (self.tr("Subject"), subject(entry)),
        )
        self.facts.set_terms(_terms(self._facts))
        self._seal("")
        self.submitted.connect(self.accept)
        self.set_width(_WIDTH)

    def open_reading(self) -> None:
        entry = self._entry

        def read(store: Store) -> str:
            from licensedesk.core.audit_list import read_previous_hash

            return read_previous_hash(store, entry)

        self.open()
        self.session.read(read, owner=self, done=self._seal, key=(id(self), "previous"), failed=self._refused)

    def _refused(self, error: LicenseDeskError) -> None:
        self.notice.refuse(error)

    def _seal(self, previous: str) -> None:
        """Of the first entry, and while it is read, there is none before."""
        self._seals = (
            (self.tr("Hash"), self._entry.hash),
            (self.tr("Hash of the entry before"), previous),
        )
        self.seals.set_terms(_terms(self._seals))

    def copy(self) -> None:
        """All of it, tab-separated; several figures under each other."""
        long = (
            (self.tr("Before"), self.before.toPlainText()),
            (self.tr("After"), self.after.toPlainText()),
        )
        rows = (*self._facts, *long, *self._seals)
        text = "".join(f"{name}\t{_lines_visible(value)}\n" for name, value in rows)
        QGuiApplication.clipboard().setText(text)


def _terms(rows: tuple[tuple[str, str], ...]) -> list[Term]:
    return [Term(name, "", value or NONE) for name, value in rows]


def _lines_visible(text: str) -> str:
    return "\n".join(visible(line) for line in text.split("\n")) or NONE


def _long(name: str, text: str) -> QPlainTextEdit:
    """As many lines as it takes, wrapped; to be walked through and selected with the keyboard."""
    shown = QPlainTextEdit(text or NONE)
    shown.setReadOnly(True)
    shown.setTabChangesFocus(True)
    shown.setAccessibleName(name)
    metrics = shown.fontMetrics()
    width = enlarged(_WIDTH, shown.font()) - _SIDES
    rows = sum(1 + metrics.horizontalAdvance(line) // width for line in text.split("\n"))
    height = metrics.lineSpacing() * min(_MOST_ROWS, rows) + _SIDES // 2
    shown.setMinimumHeight(height)
    if rows <= _MOST_ROWS:
        shown.setMaximumHeight(height)
    return shown
