"""License Holding Option: none, distribution from the primary, or registration, and what each means."""

from __future__ import annotations

from typing import TYPE_CHECKING

from PySide6.QtCore import Qt
from PySide6.QtWidgets import QRadioButton, QSpinBox, QVBoxLayout, QWidget

from licensedesk.core.names import visible
from licensedesk.core.types import Option, Role, ServerId
from licensedesk.ui import operations
from licensedesk.ui.dialogs.previewed import PreviewedDialog
from licensedesk.ui.figures import number
from licensedesk.ui.mnemonics import literal, plain
from licensedesk.ui.session import Session
from licensedesk.ui.vocabulary import holder_word
from licensedesk.ui.widgets.choices import Choices
from licensedesk.ui.widgets.form import Form
from licensedesk.ui.widgets.page import label
from licensedesk.ui.widgets.server_choice import ServerChoice

if TYPE_CHECKING:
    from licensedesk.core.holdings import Holdings

_INDENT = 26
"""From the mark of a radio button to its words."""
_MOST = 999_999_999


def open_holding_option(session: Session, parent: QWidget, server: str = "") -> None:
    HoldingOptionDialog(session, parent, ServerId(server or session.server)).open_reading()


class HoldingOptionDialog(PreviewedDialog):
    """The relay can be chosen in it; the first quantities of Distribution are part of the same step."""

    def __init__(self, session: Session, parent: QWidget, server: ServerId) -> None:
        super().__init__(session, parent, title="", main="")
        self._wanted = server
        self._shown: Holdings | None = None
        self.set_title(self.tr("License Holding Option"))
        self.set_main(self.tr("Set Option"))
        self.relay = ServerChoice(self.tr("Relay"))
        self.relay.chosen.connect(self._on_relay)
        self.quantities: dict[str, QSpinBox] = {}
        self._quantity_form = Form()
        self._quantities = QWidget()
        self._quantities.setLayout(self._quantity_form)
        self._quantities.hide()
        self._options = Choices(self)
        self.options: dict[Option, QRadioButton] = {}
        form = Form()
        form.add(self.tr("&Relay"), self.relay)
        self.body.addLayout(form)
        for option, title, meaning in self._meanings():
            self._add_option(option, title, meaning)
        self.body.addWidget(self.before_after)
        self.body.addStretch()
        self._options.idClicked.connect(lambda _id: self._on_option())
        self.submitted.connect(self._set)
        self.set_width(840)
        self.relay.setFocus()

    def _meanings(self) -> tuple[tuple[Option, str, str], ...]:
        return (
            (
                Option.NONE,
                self.tr("&None"),
                self.tr("It shares the licenses of the nearest server above it that holds some."),
            ),
            (
                Option.DISTRIBUTION,
                self.tr("&Distribution from primary management server"),
                self.tr("The primary distributes a quantity to it; it and the relays below it share that."),
            ),
            (
                Option.REGISTRATION,
                self.tr("License re&gistration"),
                self.tr("License keys are registered on it; it and the relays below it share those."),
            ),
        )

    def _add_option(self, option: Option, title: str, meaning: str) -> None:
        choice = QRadioButton(title)
        choice.setAccessibleName(plain(title))
        choice.setAccessibleDescription(meaning)
        words = label(meaning, "secondary")
        words.setWordWrap(True)
        words.setContentsMargins(_INDENT, 0, 0, 0)
        self._options.addButton(choice)
        self.options[option] = choice
        together = QVBoxLayout()
        together.setSpacing(2)
        together.addWidget(choice)
        together.addWidget(words)
        if option == Option.DISTRIBUTION:
            self._quantity_form.setContentsMargins(_INDENT, 8, 0, 4)
            together.addWidget(self._quantities)
        self.body.addLayout(together)

    @property
    def option(self) -> Option | None:
        """The chosen option; None before the relay is known."""
        return next((option for option, choice in self.options.items() if choice.isChecked()), None)

    def take(self, holdings: Holdings) -> None:
        relays = [server for server in holdings.tree.servers if server.role == Role.RELAY]
        gone = self.relay.offer(relays, current=self._wanted)
        for product in holdings.products:
            if product not in self.quantities:
                self._add_quantity(product)
        if gone:
            self.meanwhile = self.tr("{0} is no longer a relay of this site.").format(gone)
        if not relays:
            self.meanwhile = self.tr("There is no relay yet: add one first.")
        if self._shown is None or gone:
            self._show_relay()
        else:
            self._follow(self._shown, holdings)

    def _follow(self, before: Holdings, holdings: Holdings) -> None:
        """Another console changed something: what was not touched here follows, the rest is told of."""
        server = self.relay.server
        if server is None or server not in before.tree.index:
            return
        self._shown = holdings
        told = []
        was, becomes = before.tree.get(server).option, holdings.tree.get(server).option
        if was != becomes:
            told.append(self._changed(self.tr("option"), _word(was), _word(becomes)))
            if self.option == Option(was):
                self.options[Option(becomes)].setChecked(True)
                self._quantities.setVisible(self.option == Option.DISTRIBUTION)
        for product, box in self.quantities.items():
            had, has = (facts.allocations.get((server, product), 0) for facts in (before, holdings))
            if had != has:
                told.append(self._changed(product, number(had), number(has)))
                self._set_quantity(box, has if box.value() == had else box.value())
        if told:
            begin = self.tr("Another console has changed {0} meanwhile: {1}.")
            self.meanwhile = begin.format(holdings.tree.get(server).host_name, ", ".join(told))

    def _changed(self, what: str, was: str, becomes: str) -> str:
        return self.tr("{0} from {1} to {2}").format(what, was, becomes)

    @staticmethod
    def _set_quantity(box: QSpinBox, quantity: int) -> None:
        box.blockSignals(True)
        box.setValue(quantity)
        box.blockSignals(False)

    def _add_quantity(self, product: str) -> None:
        box = QSpinBox()
        box.setRange(0, _MOST)
        box.setGroupSeparatorShown(True)
        box.setAlignment(Qt.AlignmentFlag.AlignRight)
        box.setMaximumWidth(160)
        box.textChanged.connect(lambda _text: self.judge())
        self.quantities[product] = box
        self._quantity_form.add(literal(visible(product)), box)

    def _on_relay(self) -> None:
        self.meanwhile = ""
        self._show_relay()

    def _show_relay(self) -> None:
        """The relay's own option and quantities, to start from."""
        server, holdings = self.relay.server, self.holdings
        if server is None or holdings is None:
            self.judge()
            return
        self._shown = holdings
        fact = holdings.tree.get(server)
        self.options[Option(fact.option)].setChecked(True)
        for product, box in self.quantities.items():
            self._set_quantity(box, holdings.allocations.get((server, product), 0))
        self._on_option()

    def _on_option(self) -> None:
        self._quantities.setVisible(self.option == Option.DISTRIBUTION)
        self.judge()

    def plan(self, holdings: Holdings) -> Holdings | None:
        from licensedesk.core.options import check_option

        server, option = self.relay.server, self.option
        if server is None or option is None:
            return None
        asked = self._asked(holdings, server)
        if option == holdings.tree.get(server).option and not asked:
            return None
        return check_option(holdings, server=server, option=option, quantities=asked, on=self.session.today())

    def _asked(self, holdings: Holdings, server: ServerId) -> dict[str, int]:
        """Only what differs, so that what was not touched is not judged anew."""
        if self.option != Option.DISTRIBUTION:
            return {}
        return {
            product: box.value()
            for product, box in self.quantities.items()
            if box.value() != holdings.allocations.get((server, product), 0)
        }

    def _set(self) -> None:
        server, option, holdings = self.relay.server, self.option, self.holdings
        if server is None or option is None or holdings is None:
            return
        self.set_busy(self.tr("Saving…"))
        operations.set_option(
            self.session,
            server=server,
            host_name=holdings.tree.get(server).host_name,
            option=option,
            quantities=self._asked(holdings, server),
            owner=self,
            done=self.act_done,
            failed=self.act_failed,
        )


def _word(option: str) -> str:
    return holder_word(option, primary=False)
