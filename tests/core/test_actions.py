"""What every action says has become stale: a view that is not told would go on showing what was."""

from __future__ import annotations

from collections.abc import Callable

import pytest

from licensedesk.core.allocations import allocate
from licensedesk.core.changes import Changes
from licensedesk.core.issuers import add_issuer, remove_issuer
from licensedesk.core.licenses import deregister, register
from licensedesk.core.nodes.judging import Act
from licensedesk.core.nodes.states import change_nodes
from licensedesk.core.options import set_option
from licensedesk.core.removal import remove_server
from licensedesk.core.servers import add_server, move_server, rename_server, suspend_server
from licensedesk.core.settings import set_setting
from licensedesk.core.trust import new_signer
from licensedesk.core.types import NodeId, Option, Role
from tests.core.example import AT, BY, OTHER, PRODUCT, Example


def test_one_license_too_many_distributed_is_said(example: Example) -> None:
    example.register("B-49", 49)
    done = deregister(example.store, issuer="Acme", serial="A-150", by=BY, at=AT, confirmed=True)
    assert [(notice.code, notice.figures) for notice in done.warnings] == [
        ("range-short", {"source": "a", "product": PRODUCT, "shortage": 1}),
        ("over-distributed", {"product": PRODUCT, "count": 1}),
    ]


FLAGS = ("servers", "licenses", "nodes", "trust", "settings", "ledger", "events")


def _allocate(example: Example) -> Changes:
    return allocate(example.store, product=PRODUCT, quantities={example.id("d"): 11}, by=BY, at=AT)


def _option(example: Example) -> Changes:
    server = example.id("b")
    return set_option(example.store, server=server, option=Option.REGISTRATION, quantities={}, by=BY, at=AT)


def _register(example: Example) -> Changes:
    key = example.issuer.key("B-1", 1)
    return register(example.store, key, server=example.id("a"), by=BY, at=AT)


def _deregister(example: Example) -> Changes:
    return deregister(example.store, issuer="Acme", serial="A-150", by=BY, at=AT, confirmed=True)


def _add(example: Example) -> Changes:
    under = example.id("e")
    return add_server(example.store, host_name="m", under=under, role=Role.MANAGED, by=BY, at=AT).changes


def _move(example: Example) -> Changes:
    return move_server(example.store, server=example.id("e"), under=example.id("a"), by=BY, at=AT)


def _rename(example: Example) -> Changes:
    return rename_server(example.store, server=example.id("e"), host_name="f", by=BY, at=AT)


def _suspend(example: Example) -> Changes:
    return suspend_server(example.store, server=example.id("e"), suspended=True, by=BY, at=AT)


def _remove(example: Example) -> Changes:
    return remove_server(example.store, server=example.id("e"), children_to=None, nodes_to=None, by=BY, at=AT)


def _remove_with_nodes(example: Example) -> Changes:
    example.add_nodes("e", discovered=1)
    return remove_server(
        example.store, server=example.id("e"), children_to=None, nodes_to=example.id("b"), by=BY, at=AT
    )


def _trust(example: Example) -> Changes:
    key = new_signer().key
    return add_issuer(example.store, name="Other", key=key, products=[OTHER], by=BY, at=AT)


def _distrust(example: Example) -> Changes:
    _trust(example)
    return remove_issuer(example.store, name="Other", by=BY, at=AT)


def _set(example: Example) -> Changes:
    return set_setting(example.store, key="expiry_days", value="10", by=BY, at=AT)


def _manage(example: Example) -> Changes:
    example.add_nodes("d", discovered=1)
    return change_nodes(example.store, [NodeId(1)], act=Act.MANAGE, by=BY, at=AT).changes


@pytest.mark.parametrize(
    ("act", "stale"),
    [
        (_allocate, {"licenses"}),
        (_option, {"servers", "licenses"}),
        (_register, {"licenses"}),
        (_deregister, {"licenses"}),
        (_add, {"servers"}),
        (_move, {"servers", "licenses"}),
        (_rename, {"servers", "licenses"}),
        (_suspend, {"servers", "ledger"}),
        (_remove, {"servers", "licenses", "ledger"}),
        (_remove_with_nodes, {"servers", "licenses", "nodes", "ledger"}),
        (_trust, {"trust", "licenses"}),
        (_distrust, {"trust"}),
        (_set, {"settings"}),
        (_manage, {"nodes"}),
    ],
)
def test_an_action_names_what_it_makes_stale(
    example: Example, act: Callable[[Example], Changes], stale: set[str]
) -> None:
    done = act(example)
    assert {flag for flag in FLAGS if getattr(done, flag)} == stale
