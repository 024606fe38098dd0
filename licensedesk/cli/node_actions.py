"""What `node manage`, `exclude`, `discover` and `delete` have in common: which nodes, and the answer."""

from __future__ import annotations

import sys
from collections.abc import Mapping
from typing import TYPE_CHECKING, Any

import typer

from licensedesk.cli.changes import changes_json, show_changes, show_warnings
from licensedesk.cli.context import Desk, ask
from licensedesk.cli.node_filters import FILTERS, node_filter
from licensedesk.cli.output import say
from licensedesk.cli.watching import watching
from licensedesk.core.types import NodeState

if TYPE_CHECKING:
    from licensedesk.core.nodes.filters import NodeFilter
    from licensedesk.core.nodes.states import NodesChanged

_DONE = {"manage": "Managed", "exclude": "Excluded", "discover": "Discovered again", "delete": "Deleted"}


def act(desk: Desk, name: str, given: Mapping[str, Any]) -> None:
    """Do to the nodes that a command's parameters choose what the command is called."""
    from licensedesk.core.nodes.judging import Act
    from licensedesk.core.nodes.states import change_nodes, preview_nodes

    chosen = _chosen(desk, name, given)
    how: dict[str, Any] = {
        "act": Act(name),
        # Where nodes are managed or discovered, it is what they become; else it is among the filters.
        "product": given["product"] if "for_product" in given else None,
        "as_many_as_fit": bool(given.get("as_many_as_fit")),
        "by": desk.actor(),
        "at": desk.at,
    }
    if given["preview"]:
        result = preview_nodes(desk.store, chosen, **how)
    else:
        if name == "delete" and not given["yes"] and not desk.json and sys.stdin.isatty():
            matched = preview_nodes(desk.store, chosen, **how).changed
            if not ask(f"Delete {matched:,} node{'' if matched == 1 else 's'}?"):
                raise typer.Abort
        with watching(f"{name.capitalize()} nodes", quiet=desk.json) as watch:
            result = change_nodes(desk.store, chosen, **how, watch=watch)
    _answer(desk, result, _DONE[name], preview=given["preview"])


def _chosen(desk: Desk, name: str, given: Mapping[str, Any]) -> Any:
    """The ids, or with --all the filter."""
    filters = {key: given.get(key) for key in FILTERS}
    if "for_product" in given:
        filters["product"] = given["for_product"]
    ids, all_of = given["ids"], given["all_of"]
    if bool(ids) == all_of:
        raise typer.BadParameter("give either --id, once or several times, or --all with filters")
    if all_of:
        return _default_state(name, node_filter(desk, filters))
    if any(filters.values()):
        raise typer.BadParameter("filters choose nodes together with --all only")
    return ids


def _default_state(name: str, wanted: NodeFilter) -> NodeFilter:
    from dataclasses import replace

    only = name == "manage" and not wanted.states
    return replace(wanted, states=(NodeState.DISCOVERED,)) if only else wanted


def _answer(desk: Desk, result: NodesChanged, done: str, *, preview: bool) -> None:
    value = {
        "changed": result.changed,
        "left": result.left,
        "matched": result.matched,
        **changes_json(result.changes),
    }
    left = f"; for {result.left:,} no license remains" if result.left else ""
    sentence = f"{done}: {result.changed:,} of {result.matched:,} nodes{left}."

    def people() -> None:
        say(f"Preview, nothing is changed. {sentence}" if preview else sentence)
        show_changes([change.as_json() for change in result.changes.ranges])
        show_warnings(result.changes.warnings)

    desk.answer(value, people)
