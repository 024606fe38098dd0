"""The two time stamps: a distribution is due if and only if the upload is more recent than the success."""

from __future__ import annotations

from datetime import datetime, timedelta

import pytest
from hypothesis import given
from hypothesis import strategies as some

from licensedesk.core.distribution.stamps import TICK, Reason, Stamps, success_stamp, upload_stamp
from tests.core.example import AT

HOUR = timedelta(hours=1)


@pytest.mark.parametrize(
    ("uploaded", "distributed", "reason", "due"),
    [
        pytest.param(None, None, Reason.NEVER_UPLOADED, False, id="both absent"),
        pytest.param(None, AT, Reason.NEVER_UPLOADED, False, id="upload absent"),
        pytest.param(AT, None, Reason.NEVER_DISTRIBUTED, True, id="success absent"),
        pytest.param(AT - HOUR, AT, Reason.NOTHING_NEW, False, id="upload older"),
        pytest.param(AT, AT, Reason.NOTHING_NEW, False, id="equal"),
        pytest.param(AT + TICK, AT, Reason.UPLOADED_SINCE, True, id="upload a microsecond newer"),
        pytest.param(AT + HOUR, AT, Reason.UPLOADED_SINCE, True, id="upload newer"),
    ],
)
def test_the_comparison(
    uploaded: datetime | None, distributed: datetime | None, reason: Reason, due: bool
) -> None:
    stamps = Stamps(uploaded, distributed)
    assert (stamps.reason, stamps.due) == (reason, due)


@pytest.mark.parametrize(
    ("uploaded", "distributed", "now", "expected"),
    [
        pytest.param(None, None, AT, AT, id="the first"),
        pytest.param(AT - HOUR, AT - HOUR, AT, AT, id="the clock has gone on"),
        pytest.param(AT, AT, AT, AT + TICK, id="in the same microsecond as upload and success"),
        pytest.param(AT, None, AT, AT + TICK, id="two uploads in one microsecond"),
        pytest.param(AT, AT + HOUR, AT, AT + HOUR + TICK, id="the success lies ahead"),
        pytest.param(AT, AT, AT - HOUR, AT + TICK, id="the clock was set back"),
    ],
)
def test_an_upload_is_later_than_all_before(
    uploaded: datetime | None, distributed: datetime | None, now: datetime, expected: datetime
) -> None:
    stamps = Stamps(uploaded, distributed)
    found = upload_stamp(stamps, at=now)
    assert found == expected
    assert Stamps(found, distributed).due


@pytest.mark.parametrize(
    ("uploaded", "now", "expected"),
    [
        pytest.param(AT, AT + HOUR, AT + HOUR, id="later than the upload"),
        pytest.param(AT, AT, AT, id="in the same microsecond"),
        pytest.param(AT, AT - HOUR, AT, id="the clock was set back"),
        pytest.param(None, AT, AT, id="without an upload"),
    ],
)
def test_a_success_is_not_before_its_upload(
    uploaded: datetime | None, now: datetime, expected: datetime
) -> None:
    found = success_stamp(Stamps(uploaded, None), at=now)
    assert found == expected
    assert not Stamps(uploaded, found).due


def test_an_upload_during_a_distribution_keeps_it_due() -> None:
    """The success that was on its way is of the upload before: it is not written, and the run stays due."""
    first = Stamps(AT, None)
    during = Stamps(upload_stamp(first, at=AT), None)
    # What a console with time stamps alone would do: stamp its success with the clock, after the upload.
    alone = Stamps(during.uploaded_at, success_stamp(during, at=AT + HOUR))
    assert during.due
    assert not alone.due, "this is why a success is written only while the ledger says that it is one"


@given(some.lists(some.tuples(some.booleans(), some.integers(-3, 3)), max_size=30))
def test_whatever_the_clock_does_an_upload_is_never_hidden(steps: list[tuple[bool, int]]) -> None:
    stamps, now = Stamps(AT, None), AT
    for upload, moved in steps:
        now += moved * TICK
        if upload:
            stamps = Stamps(upload_stamp(stamps, at=now), stamps.distributed_at)
        else:
            stamps = Stamps(stamps.uploaded_at, success_stamp(stamps, at=now))
        assert stamps.due is upload
