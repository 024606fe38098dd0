"""A dialog whose action changes figures of ranges: judged by the core while it is filled in.

The facts are read once when it opens, and again when something changes; every judgement after that is a
pure function on them, the same that the action itself uses.
"""

from __future__ import annotations

from typing import TYPE_CHECKING

from PySide6.QtWidgets import QWidget

from licensedesk.core.changes import Changes
from licensedesk.core.errors import LicenseDeskError, RefusedError
from licensedesk.ui.session import Session
from licensedesk.ui.tokens import State
from licensedesk.ui.widgets.before_after import BeforeAfter
from licensedesk.ui.widgets.dialog import Dialog
from licensedesk.ui.wording import told

if TYPE_CHECKING:
    from licensedesk.core.holdings import Holdings


class PreviewedDialog(Dialog):
    """Subclasses fill `body`, call `judge` when an input changes, and say in `plan` what would be.

    A refusal is shown in the dialog's notice and keeps the main button disabled; an action that leaves a
    range short can be confirmed, since before and after are on the screen: the notice says so.

    `subject` is the host name of the server it is about, `meanwhile` what another console has changed of it
    since the dialog was opened: it is shown before everything else that the notice says.
    """

    def __init__(
        self, session: Session, parent: QWidget, *, title: str, main: str, danger: bool = False
    ) -> None:
        super().__init__(title, main=main, danger=danger, parent=parent)
        self.session = session
        self.holdings: Holdings | None = None
        self.subject = ""
        self.meanwhile = ""
        self.before_after = BeforeAfter()
        self.before_after.hide()
        self.set_valid(False)
        session.changed.connect(self._on_changed)

    def open_reading(self) -> None:
        """Show it; its inputs are filled when the facts have been read."""
        self.open()
        self._read()

    # -- for subclasses ----------------------------------------------------------------------------
    def take(self, holdings: Holdings) -> None:
        """Fill the inputs from the facts: at first, and again when somebody has changed them."""
        raise NotImplementedError

    def plan(self, holdings: Holdings) -> Holdings | None:
        """The facts after the action as filled in, or None while something is missing.

        Raises the RefusedError of the core's own check.
        """
        raise NotImplementedError

    def judge(self) -> None:
        """Show what the action would change, or why it cannot be done."""
        if self.holdings is None or self.busy:
            return
        try:
            after = self.plan(self.holdings)
        except RefusedError as error:
            self.before_after.hide()
            self.set_valid(False, told(error)[0])
            self._say(*told(error))
            return
        if after is None:
            self.before_after.hide()
            self.set_valid(False)
            self._say()
            return
        self._show_after(self.holdings, after)

    def _say(self, sentence: str = "", advice: str = "") -> None:
        words = f"{self.meanwhile} {sentence}".strip()
        if words:
            self.notice.say(State.WARNING, words, advice)
        else:
            self.notice.clear()

    # -- working -----------------------------------------------------------------------------------
    def _show_after(self, before: Holdings, after: Holdings) -> None:
        from licensedesk.core.ranges import compare

        changes = compare(before, after, on=self.session.today())
        self.before_after.show_changes(changes)
        # A dialog that changes no figures has no place for it: shown alone it would be a window of its own.
        self.before_after.setVisible(self.before_after.parentWidget() is not None)
        self.set_valid(True)
        short = list(dict.fromkeys(change.host_name for change in changes if change.grows_short))
        if short:
            pattern = self.tr("Short of licenses after this: {0}.")
            self._say(pattern.format(", ".join(short)), self.tr("No node is un-managed by it."))
        else:
            self._say()

    def _read(self) -> None:
        from licensedesk.ui.reads import read_holdings

        self.session.read(read_holdings, owner=self, done=self._take, failed=self._cannot_read)

    def _take(self, holdings: Holdings) -> None:
        self.holdings = holdings
        try:
            self.take(holdings)
        except RefusedError as error:
            # What the dialog is about is gone: another console removed it meanwhile.
            self.set_valid(False)
            self._content_gone(error)
            return
        self.judge()

    def _content_gone(self, error: LicenseDeskError) -> None:
        self.before_after.hide()
        if self.subject:
            pattern = self.tr("{0} is no longer there: another console has removed it.")
            self.notice.say(
                State.CRITICAL, pattern.format(self.subject), self.tr("Nothing was changed here.")
            )
        else:
            self.notice.say(State.CRITICAL, *told(error))

    def _cannot_read(self, error: LicenseDeskError) -> None:
        self.notice.say(State.CRITICAL, *told(error))

    def _on_changed(self, changes: Changes) -> None:
        if not self.busy and (changes.servers or changes.licenses or changes.nodes):
            self._read()

    def act_failed(self, error: LicenseDeskError) -> None:
        """The action was refused after all: somebody was faster. What was filled in stands."""
        self.set_busy()
        self.notice.say(State.CRITICAL, *told(error))

    def act_done(self, _changes: Changes) -> None:
        self.set_busy()
        self.accept()
