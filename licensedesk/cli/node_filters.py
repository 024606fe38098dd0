"""What nodes are filtered by, the same for lists and for actions on all that match."""

from __future__ import annotations

from collections.abc import Mapping
from typing import TYPE_CHECKING, Annotated, Any

import typer

from licensedesk.cli import values
from licensedesk.cli.complete import host_names, products
from licensedesk.cli.context import Desk
from licensedesk.core.types import NodeState

if TYPE_CHECKING:
    from licensedesk.core.nodes.filters import NodeFilter

FilterSource = Annotated[
    list[str] | None,
    typer.Option(
        "--source",
        metavar="HOST",
        help="Found by this server; repeat for several.",
        autocompletion=host_names,
    ),
]
FilterRange = Annotated[
    str | None,
    typer.Option(
        "--range", metavar="HOST", help="Found by any server of this range.", autocompletion=host_names
    ),
]
FilterState = Annotated[NodeState | None, typer.Option("--state", help="In this state.", show_default=False)]
FilterProduct = Annotated[
    str | None,
    typer.Option("--product", metavar="P", help="Meant for this product.", autocompletion=products),
]
FilterOs = Annotated[
    str | None, typer.Option("--os", metavar="T", help="Part of the name of its operating system.")
]
FilterSeen = Annotated[
    str | None, typer.Option("--seen-before", metavar="D", help="Last seen before that day (UTC).")
]
FilterText = Annotated[
    str | None, typer.Option("--text", metavar="T", help="Words in its host name, IP address or MACs.")
]


FILTERS = ("source", "range_of", "state", "product", "os", "seen_before", "text")
"""The names of these options as parameters of a command."""


def node_filter(desk: Desk, given: Mapping[str, Any]) -> NodeFilter:
    """The filter of the FILTERS among a command's parameters.

    Raises RefusedError: `unknown-server`, `invalid-date`.
    """
    from licensedesk.core.nodes.filters import NodeFilter

    sources, range_of, state, product, os, seen_before, text = (given.get(name) for name in FILTERS)
    # Without a host name the tree is not read: 0.2 s at 100,000 servers.
    tree = desk.tree() if sources or range_of else None
    return NodeFilter(
        sources=tuple(tree.named(host).id for host in sources or ()) if tree else (),
        range=tree.source_of(tree.named(range_of).id).id if tree and range_of else None,
        states=(state,) if state else (),
        product=product,
        os=os or "",
        seen_before=values.day(seen_before) if seen_before else None,
        text=text or "",
    )
