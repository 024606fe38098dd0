from __future__ import annotations

from licensedesk.core.distribution.history import Outcome
from licensedesk.core.distribution.run import Progress, Run
from licensedesk.core.types import ServerId

B, C, D, E = map(ServerId, "bcde")


def test_a_server_is_queued_or_waited_for_or_current() -> None:
    run = Run(1, 4, {B, C, D}, current=1)
    assert run.progress({B, E}) == Progress(servers=4, current=1, queued=1, waiting=2)
    assert run.outcome == Outcome.INCOMPLETE
    assert Run(1, 1, set(), current=1).outcome == Outcome.COMPLETE
