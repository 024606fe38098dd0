"""What is photographed: the views and dialogs of a site, and how one comes to each of them."""

from __future__ import annotations

from collections.abc import Callable, Iterator
from functools import partial
from pathlib import Path
from typing import Any, TypeVar

from PySide6.QtWidgets import QDialog, QLineEdit, QTabWidget

from licensedesk.core.errors import SurroundingsError
from licensedesk.core.sample import FILES
from licensedesk.core.site import open_site
from licensedesk.core.store.facts import read_tree
from licensedesk.core.types import NodeId, Option
from licensedesk.ui import commands
from licensedesk.ui.actions import described
from licensedesk.ui.application import Desktop
from licensedesk.ui.dialogs.add_server import AddServerDialog
from licensedesk.ui.dialogs.arrange_columns import open_arrange_columns
from licensedesk.ui.dialogs.change_passphrase import open_change_passphrase
from licensedesk.ui.dialogs.distribute_licenses import DistributeLicensesDialog
from licensedesk.ui.dialogs.getting_started import GettingStartedDialog, open_getting_started
from licensedesk.ui.dialogs.holding_option import HoldingOptionDialog
from licensedesk.ui.dialogs.import_nodes import ImportNodesDialog
from licensedesk.ui.dialogs.issuers import IssuersDialog
from licensedesk.ui.dialogs.move_server import MoveServerDialog
from licensedesk.ui.dialogs.rename_server import RenameServerDialog
from licensedesk.ui.dialogs.unlock import UnlockDialog
from licensedesk.ui.faults import report_text
from licensedesk.ui.main_window import VIEWS
from licensedesk.ui.pages.audit_log import AuditLogView
from licensedesk.ui.pages.base import View
from licensedesk.ui.pages.license_details import LicenseDetailsView
from licensedesk.ui.pages.license_distribution import LicenseDistributionView
from licensedesk.ui.pages.nodes import NodesView
from licensedesk.ui.widgets.dialog import Dialog
from licensedesk.ui.widgets.fault_dialog import FaultDialog
from script.photography.camera import Scenes, Steps, shown

ViewT = TypeVar("ViewT", bound=View)

SIZE = (1280, 800)
_ROOT = Path(__file__).parents[2]
_TO_MANAGE = "pc-muc-013"
"""A node of the sample that waits in the range that is short."""
_SCAN = """\
host_name,ip,mac,os
pc-ber-101.example.com,10.2.0.101,02:00:00:00:10:01,Microsoft Windows 11 Pro
pc-ber-102.example.com,10.2.0.102,02:00:00:00:10:02,Microsoft Windows 11 Pro
pc-ber-103.example.com,10.2.0.300,02:00:00:00:10:03,Debian GNU/Linux 12 (bookworm)
nb-ber-034.example.com,10.2.0.43,,Microsoft Windows 11 Enterprise
"""


def every_view(desktop: Desktop, *, suffix: str = "") -> Iterator[tuple[str, Callable[[], Steps]]]:
    """Each view that is to be seen there, as it comes up."""
    for key in VIEWS:
        if described(f"go-{key}").primary and not desktop.session.at_primary:
            continue
        yield f"{key}{suffix}", partial(_view, desktop, key)


def first_start(desktop: Desktop) -> Scenes:
    """What is asked before there is a site."""
    return [
        ("dialog-getting-started", partial(_getting_started, desktop, broker=False)),
        ("dialog-getting-started-broker", partial(_getting_started, desktop, broker=True)),
    ]


class SampleScenes:
    """Of the sample site, opened at its primary. `scratch` is for the files that dialogs are given."""

    def __init__(self, desktop: Desktop, scratch: Path) -> None:
        self._desktop = desktop
        self._session = desktop.session
        self._window = desktop.window
        self._scan = scratch / "scan.csv"
        self._scan.write_text(_SCAN, encoding="utf-8")
        site = open_site(desktop.session.folder)
        try:
            servers = read_tree(site.store).servers
            self._ids = {server.host_name.partition(".")[0]: server.id for server in servers}
            pattern = f"{_TO_MANAGE}%"
            self._node = NodeId(site.store.value("SELECT id FROM node WHERE host_name LIKE ?", (pattern,)))
        finally:
            site.close()

    def all(self) -> Scenes:
        return [
            *every_view(self._desktop),
            *self._parts_of_views(),
            *((f"dialog-{name}", partial(self._command, name)) for name in commands.COMMANDS),
            *self._dialogs_filled_in(),
            *self._node_dialogs(),
            ("dialog-audit-entry", self._audit_entry),
            *self._refusals(),
        ]

    def _now(self, kind: type[ViewT]) -> ViewT:
        """The view that is shown."""
        view = self._window.view
        assert isinstance(view, kind)  # noqa: S101 - narrows the type
        return view

    # -- views -------------------------------------------------------------------------------------
    def _parts_of_views(self) -> Scenes:
        return [
            ("license-details-licenses", partial(self._details_tab, "licenses", 0)),
            ("license-details-servers", partial(self._details_tab, "servers", 0)),
            ("license-details-primary", partial(self._details_tab, "counted", 0)),
            ("license-distribution-history", self._history),
            ("license-distribution-reason", self._reason),
            ("discovered-selected", self._some_selected),
            ("audit-verified", self._verified),
        ]

    def _details_tab(self, tab: str, row: int) -> Steps:
        window = self._window
        yield from _bring(self._desktop, "license-details")
        view = self._now(LicenseDetailsView)
        before = view.table.currentIndex().row()
        view.table.selectRow(row)
        view.tabs.show_tab(tab)
        yield window
        view.tabs.show_tab("counted")
        view.table.selectRow(before)

    def _history(self) -> Steps:
        window = self._window
        yield from _bring(self._desktop, "license-distribution")
        view = self._now(LicenseDistributionView)
        view.findChildren(QTabWidget)[0].setCurrentIndex(1)
        yield window
        view.findChildren(QTabWidget)[0].setCurrentIndex(0)

    def _reason(self) -> Steps:
        window = self._window
        yield from _bring(self._desktop, "license-distribution")
        view = self._now(LicenseDistributionView)
        view.table.select_key(self._ids["app-2"])
        yield window
        view.table.clearSelection()
        self._session.choose_server(self._ids["d"])

    def _some_selected(self) -> Steps:
        window = self._window
        yield from _bring(self._desktop, "discovered")
        view = self._now(NodesView)
        chosen = view.table.SelectionMode.MultiSelection
        mode = view.table.selectionMode()
        view.table.setSelectionMode(chosen)
        for row in (4, 5, 6):
            view.table.selectRow(row)
        yield window
        view.table.clearSelection()
        view.table.setSelectionMode(mode)

    def _verified(self) -> Steps:
        window = self._window
        yield from _bring(self._desktop, "audit")
        view = self._now(AuditLogView)
        view.verify()
        yield window
        view.notice.clear()

    # -- dialogs -----------------------------------------------------------------------------------
    def _command(self, name: str) -> Steps:
        commands.start(name, self._session, self._window, **self._given(name))
        yield None
        yield shown(QDialog)

    def _given(self, name: str) -> dict[str, Any]:
        c, d = self._ids["c"], self._ids["d"]
        given: dict[str, dict[str, Any]] = {
            "holding-option": {"server": c},
            "license-details": {"source": d},
            "deregister-license": {"issuer": "Example Software", "serial": "DM-1001"},
            "distribute-licenses": {"relay": d, "more": 7},
            "register-license": {"files": sorted((self._session.folder / "files").glob("*.lic"))},
            "add-managed": {"under": c},
            "add-relay": {"under": c},
        }
        named = {"rename-server", "move-server", "suspend-server", "remove-server", "enrol-agent"}
        return given.get(name, {"server": c} if name in named else {})

    def _dialogs_filled_in(self) -> Scenes:
        def none(dialog: HoldingOptionDialog) -> None:
            dialog.options[Option.NONE].click()

        def move(dialog: MoveServerDialog) -> None:
            dialog.under.choose(self._ids["c"])

        def scan(dialog: ImportNodesDialog) -> None:
            dialog.source.choose(self._ids["b"])
            dialog.add_files([self._scan])

        def name(dialog: AddServerDialog) -> None:
            _write(dialog.host_name, "app-4.example.com")

        return [
            (
                "dialog-holding-option-changed",
                partial(self._filled, "holding-option", HoldingOptionDialog, [none]),
            ),
            (
                "dialog-move-server-chosen",
                partial(self._filled, "move-server", MoveServerDialog, [move], server=self._ids["d"]),
            ),
            ("dialog-add-managed-named", partial(self._filled, "add-managed", AddServerDialog, [name])),
            (
                "dialog-import-nodes-checked",
                partial(self._filled, "import-nodes", ImportNodesDialog, [scan, _press_main]),
            ),
            ("dialog-change-passphrase", self._passphrase),
            ("dialog-fault", self._fault),
        ]

    def _filled(
        self, name: str, kind: type[Dialog], fill: list[Callable[[Any], object]], **given: Any
    ) -> Steps:
        commands.start(name, self._session, self._window, **self._given(name) | given)
        for one in fill:
            yield None
            one(shown(kind))
        yield None
        yield shown(kind)

    def _passphrase(self) -> Steps:
        open_change_passphrase(self._session, self._window)
        yield None
        yield shown(QDialog)

    def _fault(self) -> Steps:
        try:
            raise RuntimeError("the range of d.example.com has no sharing source")
        except RuntimeError as error:
            text = report_text(error).replace(f"{_ROOT}/", "")
        FaultDialog(text, 0, self._window).open()
        yield None
        yield shown(FaultDialog)

    # -- nodes -------------------------------------------------------------------------------------
    def _node_dialogs(self) -> Scenes:
        def does(act: str) -> Callable[[NodesView], object]:
            return lambda view: view.start(act)

        on = partial(partial, self._on_nodes)
        return [
            ("dialog-node-details", on("discovered", lambda view: view.open_details(self._node))),
            ("dialog-why-waiting", on("discovered", lambda view: view.open_why(self._node))),
            ("dialog-whole-range", on("discovered", lambda view: view.choose_range())),
            ("dialog-node-manage", on("discovered", does("manage"))),
            ("dialog-node-exclude", on("discovered", does("exclude"))),
            ("dialog-node-set-product", on("discovered", does("set-product"))),
            ("dialog-node-delete", on("discovered", does("delete"))),
            ("dialog-arrange-columns", on("managed", self._arrange)),
            ("dialog-node-return", on("managed", does("discover"))),
        ]

    def _arrange(self, view: NodesView) -> None:
        open_arrange_columns(self._window, view.table.columns, self._session.settings)

    def _on_nodes(self, key: str, start: Callable[[NodesView], object]) -> Steps:
        yield from _bring(self._desktop, key)
        start(self._now(NodesView))
        yield None
        yield shown(QDialog)

    def _audit_entry(self) -> Steps:
        yield from _bring(self._desktop, "audit")
        view = self._now(AuditLogView)
        loaded = dict(view.model.loaded_rows())
        view.open_details(max(loaded.values(), key=lambda entry: len(str(entry.before))))
        yield None
        yield shown(QDialog)

    # -- refusals ----------------------------------------------------------------------------------
    def _refusals(self) -> Scenes:
        def wrong(dialog: UnlockDialog) -> None:
            _write(dialog.passphrase, "not the passphrase")

        def taken(dialog: RenameServerDialog) -> None:
            _write(dialog.host_name, "b.example.com")

        def too_many(dialog: DistributeLicensesDialog) -> None:
            dialog.set_quantities({self._ids["d"]: 200})

        def no_key(dialog: IssuersDialog) -> None:
            _write(dialog.name, "Other Software")
            _write(dialog.key_file, str(self._session.folder / FILES / "DM-1003.lic"))
            _write(dialog.products, "Desktop Manager")

        return [
            ("dialog-unlock-refused", partial(self._filled, "unlock", UnlockDialog, [wrong, _press_main])),
            (
                "dialog-rename-server-refused",
                partial(self._filled, "rename-server", RenameServerDialog, [taken]),
            ),
            (
                "dialog-distribute-licenses-too-many",
                partial(self._filled, "distribute-licenses", DistributeLicensesDialog, [too_many]),
            ),
            (
                "dialog-issuers-refused",
                partial(self._filled, "issuers", IssuersDialog, [no_key, _press_main]),
            ),
            ("notice-locked", self._database_locked),
            ("notice-unlock", self._unlock_asked),
        ]

    def _database_locked(self) -> Steps:
        window = self._window
        yield from _bring(self._desktop, "servers")
        self._window.refuse(SurroundingsError("database-locked", seconds=5))
        yield window
        self._window.notice.clear()

    def _unlock_asked(self) -> Steps:
        window = self._window
        yield from _bring(self._desktop, "overview")
        self._window.foot.locked.emit()
        yield window
        self._window.notice.clear()


def _bring(desktop: Desktop, key: str) -> Steps:
    """The view comes up and is filled."""
    desktop.window.resize(*SIZE)
    desktop.window.show_view(key)
    yield None


def _view(desktop: Desktop, key: str) -> Steps:
    yield from _bring(desktop, key)
    yield desktop.window


def _getting_started(desktop: Desktop, *, broker: bool) -> Steps:
    open_getting_started(desktop.session, desktop.window, lambda: None)
    dialog = shown(GettingStartedDialog)
    dialog.primary.setText("a.example.com")
    if broker:
        dialog.broker.click()
        _write(dialog.name, "Example Corp")
        _write(dialog.passphrase, "correct horse")
        _write(dialog.again, "correct house")
    yield dialog
    # Closing it closes the window that has no site, and there is another picture to be taken.
    dialog.setParent(None)


def _write(field: QLineEdit, text: str) -> None:
    """All at once, so that nothing is said of its beginning."""
    field.setText(text)
    field.textEdited.emit(text)


def _press_main(dialog: Dialog) -> None:
    dialog.main_button.click()
