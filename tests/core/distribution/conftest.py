"""A console on the example's site; with the servers b, c, d and e invited, enrolled or all current."""

from __future__ import annotations

from collections.abc import Iterator

import pytest

from licensedesk.core.distribution.distributor import Distributor
from licensedesk.core.trust import Signer, new_signer
from tests.core.distribution.desk import Desk
from tests.core.example import Example


@pytest.fixture(scope="session")
def site_signer() -> Signer:
    """Instead of the site's own key, which takes time to unlock."""
    return new_signer()


@pytest.fixture
def desk(example: Example, site_signer: Signer) -> Desk:
    """Nobody is invited yet."""
    return Desk(example, site_signer)


@pytest.fixture
def invited(desk: Desk) -> Desk:
    desk.invite("b", "c", "d", "e")
    return desk


@pytest.fixture
def distributor(invited: Desk) -> Iterator[Distributor]:
    made = invited.open()
    yield made
    made.close()


@pytest.fixture
def current(invited: Desk, distributor: Distributor) -> Desk:
    """Everybody is enrolled and has the current License.xml."""
    invited.all_current(distributor)
    invited.broker.messages.clear()
    return invited
