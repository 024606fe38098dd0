"""Every view and dialog in every state: those that are photographed, and those that no picture needs."""

from __future__ import annotations

from collections.abc import Callable, Iterator
from functools import partial
from pathlib import Path
from typing import Any, TypeVar, cast

from PySide6.QtTest import QTest
from PySide6.QtWidgets import QApplication, QDialog, QLineEdit, QWidget

from licensedesk.core.nodes.judging import Act
from licensedesk.core.nodes.states import change_nodes
from licensedesk.core.sample import FILES
from licensedesk.core.servers import suspend_server
from licensedesk.core.types import Actor, NodeId
from licensedesk.ui import commands
from licensedesk.ui.application import Desktop
from licensedesk.ui.dialogs.change_passphrase import ChangePassphraseDialog, open_change_passphrase
from licensedesk.ui.dialogs.distribute_licenses import DistributeLicensesDialog
from licensedesk.ui.dialogs.enrol_agent import EnrolAgentDialog
from licensedesk.ui.dialogs.import_nodes import ImportNodesDialog
from licensedesk.ui.dialogs.node_details import NodeDetailsDialog, open_node_details
from licensedesk.ui.dialogs.register_license import RegisterLicenseDialog
from licensedesk.ui.dialogs.unlock import UnlockDialog
from licensedesk.ui.dialogs.why_waiting import open_why_waiting
from licensedesk.ui.widgets.dialog import Dialog
from script.photography.camera import Scenes, Steps
from script.photography.scenes import SampleScenes, first_start
from tests.ui.office import Office

DialogT = TypeVar("DialogT", bound=QDialog)
SETTLE_MS = 60


class Walk:
    """Goes through the scenes on one office; `look` is called with what each of them shows."""

    def __init__(self, office: Office, scratch: Path) -> None:
        self.office = office
        self.seen: set[type[QWidget]] = set()
        desktop = cast("Desktop", office)
        self._pictured = [*SampleScenes(desktop, scratch).all(), *first_start(desktop)]
        self._more = More(office, scratch)

    def go(self, look: Callable[[QWidget], list[str]]) -> dict[str, list[str]]:
        """What is wrong, by the name of the scene; nothing for those where nothing is."""
        wrong: dict[str, list[str]] = {}
        for name, begin in [*self._pictured, *self._more.all()]:
            for shown in begin():
                self._settle()
                if shown is not None:
                    self.seen.add(type(shown))
                    found = look(shown)
                    if found:
                        wrong[name] = found
            self._close_dialogs()
        return wrong

    def _settle(self) -> None:
        for _ in range(2):
            self.office.until(lambda: not self.office.runner.busy)
            self.office.qtbot.wait(SETTLE_MS)

    def _close_dialogs(self) -> None:
        for widget in QApplication.topLevelWidgets():
            if isinstance(widget, QDialog) and widget.isVisible():
                widget.done(0)
        self._settle()


class More:
    """States that come after something was done, or where something is in the way."""

    def __init__(self, office: Office, scratch: Path) -> None:
        self._office = office
        self._scratch = scratch

    def all(self) -> Scenes:
        return [
            ("register-nothing", partial(self._open, "register-license", RegisterLicenseDialog)),
            ("register-refused", self._register_refused),
            ("register-done", self._registered),
            ("distribute-locked", self._locked),
            ("distribute-editing", self._editing),
            ("import-nothing", partial(self._open, "import-nodes", ImportNodesDialog)),
            ("import-done", self._imported),
            ("enrol-locked-key", self._enrol),
            ("enrol-done", self._enrolled),
            ("resume", self._resume),
            ("remove-leaf", partial(self._open, "remove-server", QDialog, server="app-1")),
            ("passphrase-differs", self._differs),
            ("busy", self._busy),
            ("node-deleted", self._node_deleted),
            ("why-none-remains", partial(self._why, "d")),
            ("why-nobody-managed", partial(self._why, "a")),
            ("settings-changed", self._settings),
            ("arrange-columns", self._arrange),
            ("details-of-primary", partial(self._open, "license-details", QDialog, source="a")),
        ]

    def _open(self, name: str, kind: type[DialogT], **given: Any) -> Iterator[DialogT]:
        servers = {key: self._office.id(value) for key, value in given.items() if isinstance(value, str)}
        commands.start(name, self._office.session, self._office.window, **given | servers)
        yield self._office.dialog(kind)

    def _files(self, *names: str) -> list[Path]:
        return [self._office.session.folder / FILES / name for name in names]

    def _register(self, *files: Path) -> Iterator[RegisterLicenseDialog]:
        commands.start("register-license", self._office.session, self._office.window, files=files)
        dialog = self._office.dialog(RegisterLicenseDialog)
        self._office.until(lambda: all(row.result for row in dialog.model.rows))
        yield dialog

    def _register_refused(self) -> Steps:
        yield from self._register(*self._files("DM-1001.lic"), self._scratch / "gone.lic")

    def _registered(self) -> Steps:
        for dialog in self._register(*self._files("DM-1003.lic")):
            dialog.main_button.click()
            yield None
            yield dialog

    def _distribute(self) -> DistributeLicensesDialog:
        commands.start("distribute-licenses", self._office.session, self._office.window)
        dialog = self._office.dialog(DistributeLicensesDialog)
        self._office.until(lambda: dialog.draft is not None)
        return dialog

    def _locked(self) -> Steps:
        dialog = self._distribute()
        dialog.table.selectRow(0)
        dialog.lock_action.trigger()
        yield dialog

    def _editing(self) -> Steps:
        """With the spin box open in its cell."""
        dialog = self._distribute()
        dialog.table.selectRow(0)
        dialog.edit()
        yield dialog

    def _imported(self) -> Steps:
        scan = self._scratch / "walk.csv"
        scan.write_text("host_name,ip\nnew.example.com,10.9.9.9\n", encoding="utf-8")
        for dialog in self._open("import-nodes", ImportNodesDialog):
            yield None
            dialog.source.choose(self._office.id("b"))
            dialog.add_files([scan])
            yield None
            for _step in ("tried", "imported"):
                dialog.main_button.click()
                yield None
            yield dialog

    def _enrol(self) -> Steps:
        for dialog in self._open("enrol-agent", EnrolAgentDialog, server="b"):
            yield None
            dialog.file.setText(str(self._scratch / "b.enrol"))
            dialog.main_button.click()
            yield None
            yield self._office.dialog(UnlockDialog)

    def _enrolled(self) -> Steps:
        for dialog in self._open("enrol-agent", EnrolAgentDialog, server="b"):
            yield None
            dialog.file.setText(str(self._scratch / "b.enrol"))
            dialog.main_button.click()
            yield None
            unlock = self._office.dialog(UnlockDialog)
            _write(unlock.passphrase, "sample")
            unlock.main_button.click()
            self._office.until((self._scratch / "b.enrol").exists)
            yield None
            yield dialog

    def _resume(self) -> Steps:
        office = self._office
        suspend_server(
            office.site.store,
            server=office.id("app-1"),
            suspended=True,
            by=Actor(name="other"),
            at=office.session.now(),
        )
        yield from self._open("suspend-server", QDialog, server="app-1")

    def _differs(self) -> Steps:
        open_change_passphrase(self._office.session, self._office.window)
        dialog = self._office.dialog(ChangePassphraseDialog)
        for field, text in ((dialog.old, "sample"), (dialog.new, "one"), (dialog.again, "two")):
            _write(field, text)
        yield dialog

    def _busy(self) -> Steps:
        for dialog in self._open("rename-server", Dialog, server="b"):
            dialog.cancel_requested.connect(dialog.set_busy)
            dialog.set_busy("Renaming…")
            yield dialog
            dialog.set_busy()

    def _node(self, source: str) -> NodeId:
        found = self._office.site.store.value(
            "SELECT id FROM node WHERE state = 'discovered' AND source_id = ?", (self._office.id(source),)
        )
        return NodeId(found)

    def _node_deleted(self) -> Steps:
        office, node = self._office, self._node("b")
        open_node_details(office.session, office.window, node)
        dialog = office.dialog(NodeDetailsDialog)
        yield None
        change_nodes(
            office.site.store, [node], act=Act.DELETE, by=Actor(name="other"), at=office.session.now()
        )
        office.until(lambda: "deleted meanwhile" in dialog.notice.text)
        yield dialog

    def _why(self, source: str) -> Steps:
        open_why_waiting(self._office.session, self._office.window, self._node(source))
        yield None
        yield self._office.dialog(QDialog)

    def _arrange(self) -> Steps:
        self._office.window.show_view("servers")
        yield None
        self._office.window.menus.shown("arrange-columns").trigger()
        yield self._office.dialog(QDialog)

    def _settings(self) -> Steps:
        for dialog in self._open("settings", Dialog):
            yield None
            dialog.findChildren(QLineEdit)[0].setText("Other Corp")
            yield dialog


def _write(field: QLineEdit, text: str) -> None:
    field.clear()
    QTest.keyClicks(field, text)
