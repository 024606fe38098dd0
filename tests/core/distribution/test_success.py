"""A success is judged and written in one transaction: an upload between the two would be hidden by it."""

from __future__ import annotations

from licensedesk.core.distribution.success import record_success
from licensedesk.core.distribution.uploads import read_stamps
from licensedesk.core.types import stamp
from tests.core.distribution.desk import MINUTE, Desk
from tests.core.example import states_read


def test_a_success_is_judged_and_written_at_once(current: Desk) -> None:
    with states_read(current.store) as taken:
        record_success(current.store, at=current.now + MINUTE)
    assert taken == ["BEGIN IMMEDIATE"]
    assert read_stamps(current.store).distributed_at == current.now + MINUTE
    # The names are those of the Enterprise Manager model: other programs read them.
    key = "EM/SRLC/LicensedLastModifiedData"
    assert current.store.value("SELECT value FROM bpconfig WHERE key = ?", (key,)) == stamp(
        current.now + MINUTE
    )
