from __future__ import annotations

from datetime import date

from licensedesk.core.nodes.filters import NodeFilter
from licensedesk.core.types import NodeState, ServerId


def test_the_audit_keeps_what_is_given_and_nothing_else() -> None:
    assert NodeFilter().as_json() == {}
    whole = NodeFilter(
        sources=(ServerId("b"), ServerId("c")),
        range=ServerId("a"),
        states=(NodeState.DISCOVERED, NodeState.EXCLUDED),
        product="Desk Agent",
        os="linux",
        seen_before=date(2026, 11, 21),
        text="pc",
    )
    assert whole.as_json() == {
        "sources": ["b", "c"],
        "range": "a",
        "states": ["discovered", "excluded"],
        "product": "Desk Agent",
        "os": "linux",
        "seen_before": "2026-11-21",
        "text": "pc",
    }
