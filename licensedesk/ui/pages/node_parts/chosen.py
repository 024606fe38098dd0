"""Which nodes something is done to: some by id, or all that match a filter; made from plain values.

The core's own types are made on the threads that read and write, where their modules are loaded.
"""

from __future__ import annotations

from dataclasses import dataclass
from typing import TYPE_CHECKING

from licensedesk.core.types import NodeId, NodeState
from licensedesk.ui.wanted import NodesWanted

if TYPE_CHECKING:
    from licensedesk.core.nodes.filters import NodeFilter
    from licensedesk.core.nodes.queries import Sort
    from licensedesk.core.nodes.states import Chosen


@dataclass(frozen=True, slots=True, kw_only=True)
class NodeList:
    """What a view shows: nodes of one state that match, in an order. `title` is the sorted column's."""

    state: NodeState
    wanted: NodesWanted
    column: str = "host_name"
    descending: bool = False
    title: str = ""

    def filter(self) -> NodeFilter:
        from licensedesk.core.nodes.filters import NodeFilter

        wanted = self.wanted
        return NodeFilter(
            sources=wanted.sources,
            range=wanted.range_source,
            states=(self.state,),
            product=wanted.product or None,
            os=wanted.os,
            seen_before=wanted.seen_before,
            text=wanted.text,
        )

    def sort(self) -> Sort:
        from licensedesk.core.nodes.queries import Column, Sort

        return Sort(Column(self.column), self.descending)


@dataclass(frozen=True, slots=True, kw_only=True)
class ChosenNodes:
    """`nodes` is None where all of the list are meant; `count` is how many there were when it was chosen."""

    shown: NodeList
    count: int
    nodes: tuple[NodeId, ...] | None = None

    def core(self) -> Chosen:
        return self.shown.filter() if self.nodes is None else self.nodes
