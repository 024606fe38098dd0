"""The servers of the map, with the figures of one product at a day."""

from __future__ import annotations

from collections import Counter
from functools import cache
from typing import TYPE_CHECKING

from PySide6.QtCore import QCoreApplication

from licensedesk.core.types import Day, Role, ServerId
from licensedesk.ui.vocabulary import holder_word, ledger_chip, ledger_words, role_word
from licensedesk.ui.widgets.map_cards import MapNode

if TYPE_CHECKING:
    from collections.abc import Collection, Mapping

    from licensedesk.core.range_map import RangeMap
    from licensedesk.core.tree import ServerFact


def _tr(text: str) -> str:
    return QCoreApplication.translate("Map", text)


def map_nodes(found: RangeMap, *, on: Day, colours: Mapping[ServerId, int]) -> list[MapNode]:
    """In the order of the tree. Where no product is known there are no figures."""
    from licensedesk.core.details import ranges_shown

    standings = {row.source.id: row for row in ranges_shown(found.facts, on=on)}
    labels = _labels({server.source.id: server.source for server in found.servers}.values())
    # That a managed server is one is seen from its place; its card has no room for two words.
    roles = {role: role_word(role) for role in Role} | {Role.MANAGED: _tr("Managed")}
    # Each once: at every call the translator takes the interpreter away from the window's thread.
    option_word = cache(holder_word)
    chips = {state: ledger_chip(state) for state in ledger_words()}
    nodes = []
    for server in found.servers:
        fact, source, status = server.fact, server.source, server.status
        row = standings.get(fact.id)
        node = MapNode(
            id=fact.id,
            parent=fact.parent,
            label=fact.host_name,
            role=roles[Role(fact.role)],
            option=option_word(fact.option, primary=fact.role == Role.PRIMARY),
            range_label=labels[source.id],
            range_index=colours[source.id],
            is_source=fact.id == source.id,
            held=row.held if row else None,
            used=row.used if row else None,
            remaining=row.remaining if row else None,
            state=chips[status.state.value] if status else None,
        )
        nodes.append(node)
    return nodes


def _labels(sources: Collection[ServerFact]) -> dict[ServerId, str]:
    """A range is called by the first part of its source's host name, by all of it where two share that."""
    first = {source.id: source.host_name.partition(".")[0] for source in sources}
    often = Counter(first.values())
    pattern = _tr("Range {0}")
    return {
        source.id: pattern.format(first[source.id] if often[first[source.id]] == 1 else source.host_name)
        for source in sources
    }
