"""Site Settings: name, default product, distribution, transport, and the passphrase of the key."""

from __future__ import annotations

from typing import TYPE_CHECKING

from PySide6.QtWidgets import QCheckBox, QComboBox, QLineEdit, QSpinBox, QWidget

from licensedesk.core.changes import Changes
from licensedesk.core.errors import LicenseDeskError
from licensedesk.ui import operations
from licensedesk.ui.reads import read_products
from licensedesk.ui.session import Session
from licensedesk.ui.tokens import State
from licensedesk.ui.widgets.dialog import Dialog
from licensedesk.ui.widgets.form import Form
from licensedesk.ui.widgets.page import button, label
from licensedesk.ui.widgets.sections import SectionTitle
from licensedesk.ui.wording import told

if TYPE_CHECKING:
    from licensedesk.core.settings import Value
    from licensedesk.core.store.database import Store

_MOST_DAYS = 3650


def open_settings(session: Session, parent: QWidget) -> None:
    SettingsDialog(session, parent).open()


class SettingsDialog(Dialog):
    """Saves only what was changed, one setting after the other; the first refusal stops it."""

    def __init__(self, session: Session, parent: QWidget) -> None:
        super().__init__("", main="", parent=parent)
        self._session = session
        self._was: dict[str, Value] = {}
        self.set_title(self.tr("Site Settings"))
        self.set_main(self.tr("Save"))
        self.name = QLineEdit()
        self.default_product = QComboBox()
        self.distribute_at_start = QCheckBox(self.tr("&Distribute License.xml at the start, where it is due"))
        self.transport = QLineEdit()
        self.message_days = _days(1)
        self.expiry_days = _days(0)
        self._lay_out_body()
        for field in (self.name, self.transport):
            field.textChanged.connect(lambda _text: self._judge())
        for box in (self.message_days, self.expiry_days):
            box.valueChanged.connect(lambda _days: self._judge())
        self.default_product.currentIndexChanged.connect(lambda _at: self._judge())
        self.distribute_at_start.toggled.connect(lambda _on: self._judge())
        self.submitted.connect(self._save)
        self.set_width(620)
        self.set_valid(False)
        session.read(_read, owner=self, done=self._take, failed=self._refused)

    def _lay_out_body(self) -> None:
        form = Form()
        form.addRow(SectionTitle(self.tr("Site")))
        form.add(self.tr("&Name"), self.name)
        form.add(self.tr("Default &product"), self.default_product)
        form.addRow(SectionTitle(self.tr("Distribution and events")))
        form.add(self.tr("&Transport"), self.transport)
        form.addRow("", label(self.tr("folder:PATH, or mqtt:HOST:PORT for a broker"), "secondary"))
        form.add(self.tr("&Messages expire after"), self.message_days)
        form.add(self.tr("Warn of keys that &end within"), self.expiry_days)
        self.body.addLayout(form)
        self.body.addWidget(self.distribute_at_start)
        self.body.addStretch()
        self.passphrase_button = button(self.tr("Change Passphrase…"), self._change_passphrase)
        self.extra.addWidget(self.passphrase_button)

    def _take(self, found: tuple[dict[str, Value], tuple[str, ...]]) -> None:
        self._was, products = found
        self.name.setText(str(self._was["name"] or ""))
        self.default_product.addItems(list(products))
        self.default_product.setCurrentText(str(self._was["default_product"] or ""))
        self.default_product.setEnabled(bool(products))
        self.transport.setText(str(self._was["transport"]))
        self.message_days.setValue(int(self._was["message_days"] or 0))
        self.expiry_days.setValue(int(self._was["expiry_days"] or 0))
        self.distribute_at_start.setChecked(bool(self._was["distribute_at_start"]))
        self._judge()

    def _changed(self) -> list[tuple[str, str]]:
        """Keys and texts of what differs from what was read."""
        given: dict[str, Value] = {
            "name": self.name.text().strip(),
            "default_product": self.default_product.currentText() or None,
            "transport": self.transport.text().strip(),
            "message_days": self.message_days.value(),
            "expiry_days": self.expiry_days.value(),
            "distribute_at_start": self.distribute_at_start.isChecked(),
        }
        return [
            (key, str(value).lower() if isinstance(value, bool) else str(value))
            for key, value in given.items()
            if self._was and value != self._was[key]
        ]

    def _judge(self) -> None:
        self.set_valid(bool(self._changed()), self.tr("Nothing was changed."))

    def _save(self) -> None:
        self.set_busy(self.tr("Saving…"))
        self._save_next(self._changed())

    def _save_next(self, left: list[tuple[str, str]]) -> None:
        if not left:
            self.set_busy()
            self.accept()
            return
        (key, value), *rest = left

        def saved(_changes: Changes) -> None:
            self._was[key] = _typed(self._was[key], value)
            self._save_next(rest)

        operations.set_setting(
            self._session, key=key, value=value, owner=self, done=saved, failed=self.refuse
        )

    def _change_passphrase(self) -> None:
        from licensedesk.ui.dialogs.change_passphrase import open_change_passphrase

        open_change_passphrase(self._session, self)

    def _refused(self, error: LicenseDeskError) -> None:
        self.notice.say(State.CRITICAL, *told(error))


def _typed(was: Value, text: str) -> Value:
    if isinstance(was, bool):
        return text == "true"
    return int(text) if isinstance(was, int) else text


def _days(least: int) -> QSpinBox:
    box = QSpinBox()
    box.setRange(least, _MOST_DAYS)
    box.valueChanged.connect(lambda _days: _show_unit(box))
    _show_unit(box)
    # The style sheet's padding does not reach the field of a spin box.
    box.lineEdit().setTextMargins(10, 0, 0, 0)
    box.setMaximumWidth(160)
    return box


def _show_unit(box: QSpinBox) -> None:
    unit = box.tr("day") if box.value() == 1 else box.tr("days")
    box.setSuffix(f" {unit}")


def _read(store: Store) -> tuple[dict[str, Value], tuple[str, ...]]:
    from licensedesk.core.settings import read_settings

    return read_settings(store), read_products(store)
