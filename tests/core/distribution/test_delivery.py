"""How long a distribution is waited for (core/delivery.py)."""

from __future__ import annotations

import time
from datetime import datetime, timedelta

import pytest

from licensedesk.core.delivery import Order, deliver
from licensedesk.core.distribution.distributor import Distributor
from tests.core.distribution.desk import Desk


@pytest.mark.parametrize("jump", [timedelta(hours=-1), timedelta(), timedelta(days=3)])
def test_it_ends_in_time_whatever_is_done_to_the_clock(
    invited: Desk, distributor: Distributor, jump: timedelta
) -> None:
    began = time.monotonic()

    def clock() -> datetime:
        invited.now += jump
        return invited.now

    order = Order(reason="demand", wait=timedelta(seconds=0.5))
    given_up = began + 10
    assert not deliver(
        distributor,
        order,
        clock=clock,
        stopped=lambda: time.monotonic() > given_up,
        progressed=lambda _: None,
    )
    assert 0.4 < time.monotonic() - began < 5
