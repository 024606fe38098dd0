"""The two time stamps and their comparison, alone and pure.

BPLICENSE has when the system license was last uploaded; BPCONFIG, under KEY, when a distribution last
succeeded whole. A distribution is due if and only if the first is more recent. The new values are made so
that a clock that is set back, or two events in one microsecond, cannot hide an upload.
Source: 3-protocol.md, When to distribute.
"""

from __future__ import annotations

from dataclasses import dataclass
from datetime import datetime, timedelta
from enum import StrEnum

KEY = "EM/SRLC/LicensedLastModifiedData"
TICK = timedelta(microseconds=1)


class Reason(StrEnum):
    """Why a distribution is due, or not, by the time stamps."""

    NEVER_UPLOADED = "never-uploaded"
    NEVER_DISTRIBUTED = "never-distributed"
    UPLOADED_SINCE = "uploaded-since"
    NOTHING_NEW = "nothing-new"


@dataclass(frozen=True, slots=True)
class Stamps:
    """Both in UTC with microseconds; None where there is no such stamp yet."""

    uploaded_at: datetime | None
    distributed_at: datetime | None

    @property
    def reason(self) -> Reason:
        if self.uploaded_at is None:
            return Reason.NEVER_UPLOADED
        if self.distributed_at is None:
            return Reason.NEVER_DISTRIBUTED
        return Reason.UPLOADED_SINCE if self.uploaded_at > self.distributed_at else Reason.NOTHING_NEW

    @property
    def due(self) -> bool:
        return self.reason in {Reason.NEVER_DISTRIBUTED, Reason.UPLOADED_SINCE}


def upload_stamp(stamps: Stamps, *, at: datetime) -> datetime:
    """The stamp of an upload now: later than every stamp there is."""
    known = [stamp for stamp in (stamps.uploaded_at, stamps.distributed_at) if stamp is not None]
    return max([at, *(stamp + TICK for stamp in known)])


def success_stamp(stamps: Stamps, *, at: datetime) -> datetime:
    """The stamp of a success now: not before the upload that it distributed."""
    return at if stamps.uploaded_at is None else max(at, stamps.uploaded_at)
