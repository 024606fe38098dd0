"""Back up the site, and restore it: each says what is in the file and what happens."""

from __future__ import annotations

from pathlib import Path

from PySide6.QtWidgets import QCheckBox, QFileDialog, QHBoxLayout, QLineEdit, QWidget

from licensedesk.core.names import visible
from licensedesk.ui import operations
from licensedesk.ui.session import Session
from licensedesk.ui.tokens import State
from licensedesk.ui.widgets.dialog import Dialog
from licensedesk.ui.widgets.form import Form
from licensedesk.ui.widgets.page import button, label

_PATTERN = "*.backup"


def open_back_up(session: Session, parent: QWidget) -> None:
    BackUpDialog(session, parent).open()


def open_restore(session: Session, parent: QWidget) -> None:
    RestoreDialog(session, parent).open()


class _FileDialog(Dialog):
    """One file, typed or chosen, under a paragraph that says what it is for."""

    def __init__(self, parent: QWidget, *, danger: bool = False) -> None:
        super().__init__("", main="", danger=danger, parent=parent)
        self.words = label("", "secondary")
        self.words.setWordWrap(True)
        self.file = QLineEdit()
        self.file.textChanged.connect(lambda text: self.set_valid(bool(text.strip())))
        place = QWidget()
        row = QHBoxLayout(place)
        row.setContentsMargins(0, 0, 0, 0)
        row.setSpacing(8)
        row.addWidget(self.file, 1)
        row.addWidget(button(self.tr("Choose…"), self.choose))
        form = Form()
        form.add(self.tr("&File"), place)
        self.file.setAccessibleName(self.tr("File"))
        self.body.addWidget(self.words)
        self.body.addLayout(form)
        self.set_width(640)
        self.set_valid(False)

    def choose(self) -> None:
        raise NotImplementedError

    @property
    def path(self) -> Path:
        return Path(self.file.text().strip())


class BackUpDialog(_FileDialog):
    def __init__(self, session: Session, parent: QWidget) -> None:
        super().__init__(parent)
        self._session = session
        self.set_title(self.tr("Back Up Site"))
        self.set_main(self.tr("Back Up"))
        self.words.setText(
            self.tr(
                "The file holds the database, the settings, and the site's key, which stays encrypted by its"
                " passphrase. Keep it away from this machine."
            )
        )
        self.key = QCheckBox(self.tr("Include the site's &key"))
        self.key.setChecked(True)
        self.key.toggled.connect(self._say_cost)
        self.body.addWidget(self.key)
        self.body.addStretch()
        # A file of its own each second; a site may be named with what no file may be.
        at = session.now().strftime("%Y-%m-%d-%H%M%S")
        name = "".join(sign if sign.isalnum() else "-" for sign in session.site_name)
        self.file.setText(str(session.folder / "backups" / f"{name}-{at}.backup"))
        self.submitted.connect(self._back_up)

    def choose(self) -> None:
        wanted, _ = QFileDialog.getSaveFileName(
            self,
            self.tr("Back Up Site"),
            self.file.text(),
            self.tr("Backups ({0})").format(_PATTERN),
            options=QFileDialog.Option.DontConfirmOverwrite,
        )
        if wanted:
            self.file.setText(wanted)

    def _say_cost(self, with_key: bool) -> None:
        if with_key:
            self.notice.clear()
        else:
            self.notice.say(
                State.WARNING,
                self.tr("After a restore without the key every server has to be enrolled again."),
            )

    def _back_up(self) -> None:
        self.set_busy(self.tr("Backing up…"))
        operations.back_up(
            self._session,
            file=self.path,
            with_key=self.key.isChecked(),
            owner=self,
            done=self._done,
            failed=self.refuse,
        )

    def _done(self, _saved: Path) -> None:
        self.set_busy()
        self.accept()


class RestoreDialog(_FileDialog):
    def __init__(self, session: Session, parent: QWidget) -> None:
        super().__init__(parent, danger=True)
        self._session = session
        self.set_title(self.tr("Restore Site"))
        self.set_main(self.tr("Replace {0}").format(visible(session.site_name)))
        self.words.setText(
            self.tr(
                "The backup is verified first. Then it replaces this site: what was changed since it was made"
                " is lost here. The present database is kept in the folder backups, and every server is sent"
                " its License.xml again."
            )
        )
        self.body.addStretch()
        self.submitted.connect(self._restore)

    def choose(self) -> None:
        chosen, _ = QFileDialog.getOpenFileName(
            self,
            self.tr("Restore Site"),
            str(self._session.folder / "backups"),
            self.tr("Backups ({0})").format(_PATTERN),
        )
        if chosen:
            self.file.setText(chosen)

    def _restore(self) -> None:
        self.set_busy(self.tr("Restoring…"))
        operations.restore(self._session, file=self.path, owner=self, done=self._done, failed=self.refuse)

    def _done(self) -> None:
        self.set_busy()
        self.accept()
