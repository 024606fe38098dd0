"""The checks in their order: each code, and that the earlier check wins."""

from __future__ import annotations

import json
import random
from collections import Counter
from collections.abc import Callable
from dataclasses import replace
from datetime import datetime, timedelta

import pytest

from licensedesk.agent.rules import Mark, RejectedError, Trust, believed_issue, judge, next_counter, opened
from licensedesk.core.documents import messages
from licensedesk.core.documents.messages import MESSAGE_LIMIT, Configuration
from licensedesk.core.files import sha256
from licensedesk.core.trust import new_signer
from licensedesk.core.types import stamp
from tests.fakes.console import DEPLOYMENT, SERVER, START, ConsoleTwin, license_xml

SITE = ConsoleTwin()
STRANGER = ConsoleTwin()
CONTENT = license_xml(10)
OTHER = license_xml(11)
TRUST = Trust(DEPLOYMENT, SERVER, (SITE.signer.key,), version_floor=5)
HELD = Mark(7, sha256(CONTENT))
LATER = START + timedelta(days=1)


def good(version: int = 8, content: bytes = OTHER) -> Configuration:
    return SITE.configuration(version, content)


def changed(**fields: object) -> bytes:
    return SITE.signed(replace(good(), **fields))  # type: ignore[arg-type]


def envelope(**members: object) -> bytes:
    return json.dumps({**json.loads(SITE.message(8, OTHER)), **members}).encode()


def code_of(
    raw: bytes, *, mark: Mark | None = HELD, trust: Trust = TRUST, highest_issued: datetime | None = None
) -> str:
    try:
        accepted = judge(raw, trust=trust, mark=mark, highest_issued=highest_issued, now=LATER)
    except RejectedError as rejection:
        return rejection.code if rejection.detail else "no reason given"
    return "repeated" if accepted.repeated else "accepted"


CASES = {
    "a new version": (SITE.message(8, OTHER), "accepted"),
    "a new version of the same content": (SITE.message(8, CONTENT), "accepted"),
    "the same again": (SITE.message(7, CONTENT), "repeated"),
    "2 MiB and one byte": (b" " * (MESSAGE_LIMIT + 1), "TOO-LARGE"),
    "nothing": (b"", "MALFORMED"),
    "no JSON": (b"<License/>", "MALFORMED"),
    "a member twice": (b'{"payload":"","payload":""}', "MALFORMED"),
    "100,000 levels": (b"[" * 100_000 + b"]" * 100_000, "MALFORMED"),
    "NaN": (b'{"payload":NaN}', "MALFORMED"),
    "half a surrogate pair": (b'{"payload":"\\ud800"}', "MALFORMED"),
    "two signatures": (envelope(signatures=[{}, {}]), "MALFORMED"),
    "no signature": (envelope(signatures=[]), "MALFORMED"),
    "signed by a stranger": (STRANGER.message(8, OTHER), "UNTRUSTED"),
    "changed after it was signed": (envelope(payload="e30="), "UNTRUSTED"),
    "another payload type": (SITE.signed(good(), payload_type=messages.REPORT_TYPE), "WRONG-TYPE"),
    "a payload that is no message": (
        SITE.signer.sign(b"{}", payload_type=messages.CONFIGURATION_TYPE),
        "MALFORMED",
    ),
    "another deployment": (changed(deployment="deployment-2"), "WRONG-DEPLOYMENT"),
    "another server": (changed(server_id="0" * 16), "WRONG-SERVER"),
    "an older version": (SITE.message(6, OTHER), "ROLLBACK"),
    "an older version of the same content": (SITE.message(6, CONTENT), "ROLLBACK"),
    "the same version, other content": (SITE.message(7, OTHER), "EQUIVOCATION"),
    "expired": (SITE.message(8, OTHER, at=START - timedelta(days=91)), "EXPIRED"),
    "another digest": (changed(sha256="0" * 64), "DIGEST"),
    "another length": (changed(length=1), "DIGEST"),
    "no License.xml": (SITE.message(8, b"<License/>"), "SCHEMA"),
    "another deployment's License.xml": (
        SITE.message(8, license_xml(1, deployment="deployment-2")),
        "SCHEMA",
    ),
}


@pytest.mark.parametrize(("raw", "code"), CASES.values(), ids=CASES.keys())
def test_codes(raw: bytes, code: str) -> None:
    assert code_of(raw) == code


FAULTS: list[tuple[str, dict[str, object], str]] = [
    ("another deployment", {"deployment": "deployment-2"}, "WRONG-DEPLOYMENT"),
    ("another server", {"server_id": "0" * 16}, "WRONG-SERVER"),
    ("an older version", {"version": 6}, "ROLLBACK"),
    ("expired", {"issued_at": stamp(START - timedelta(days=9)), "expires_at": stamp(START)}, "EXPIRED"),
    ("another digest", {"sha256": "0" * 64}, "DIGEST"),
    ("no License.xml", {"content": b"", "length": 0, "sha256": sha256(b"")}, "SCHEMA"),
]


@pytest.mark.parametrize("first", range(len(FAULTS)), ids=[name for name, _, _ in FAULTS])
def test_the_first_fault_is_the_one_that_counts(first: int) -> None:
    """A message with every fault from `first` on gets the code of `first`."""
    fields: dict[str, object] = {}
    for _, fault, _ in reversed(FAULTS[first:]):
        fields |= fault
    assert code_of(changed(**fields)) == FAULTS[first][2]
    assert code_of(STRANGER.signed(replace(good(), **fields))) == "UNTRUSTED"  # type: ignore[arg-type]


def test_a_rejection_names_its_message_once_it_is_known_to_be_signed() -> None:
    torn = SITE.message(8, b"<License/>")
    for raw, named in [(SITE.message(6, OTHER), True), (torn, True), (STRANGER.message(6, OTHER), False)]:
        with pytest.raises(RejectedError) as rejection:
            judge(raw, trust=TRUST, mark=HELD, highest_issued=None, now=LATER)
        assert bool(rejection.value.message_id) is named


def test_an_agent_that_holds_nothing_keeps_to_the_floor_of_its_enrolment() -> None:
    assert [code_of(SITE.message(version, OTHER), mark=None) for version in (4, 5, 6)] == [
        "ROLLBACK",
        "accepted",
        "accepted",
    ]


def test_any_of_several_trusted_keys_will_do() -> None:
    both = replace(TRUST, keys=(new_signer().key, SITE.signer.key))
    assert code_of(SITE.message(8, OTHER), trust=both) == "accepted"
    assert code_of(SITE.message(8, OTHER), trust=replace(TRUST, keys=())) == "UNTRUSTED"


def test_no_mutant_of_a_message_is_another_message(campaign: Callable[[int], int]) -> None:
    """Bytes changed, cut off or inserted anywhere: refused with a code, or the same content as was signed."""
    raw = SITE.message(8, OTHER)
    dice = random.Random(8)  # noqa: S311 - the same mutants each time
    signed = opened(raw, trust=TRUST)
    outcomes: Counter[str] = Counter()
    for _ in range(campaign(10_000)):
        mutant = _mutant(raw, dice)
        code = code_of(mutant)
        outcomes[code] += 1
        assert code != "accepted" or opened(mutant, trust=TRUST) == signed
    assert set(outcomes) <= {"MALFORMED", "UNTRUSTED", "accepted"}
    # White space in base64 and between members is free, so a few mutants say the same.
    assert outcomes["accepted"] < outcomes.total() / 50, outcomes
    for length in range(0, len(raw), 7):
        assert code_of(raw[:length]) == "MALFORMED"


def _mutant(raw: bytes, dice: random.Random) -> bytes:
    at = dice.randrange(len(raw))
    changed = (
        raw[:at] + dice.choice([b"", dice.randbytes(1), dice.randbytes(4)]) + raw[at + dice.randrange(3) :]
    )
    return changed if changed != raw else raw[:-1]


# -- time --------------------------------------------------------------------------------------------


def test_expiry_is_judged_at_the_later_of_own_clock_and_signed_time() -> None:
    soon = SITE.message(8, OTHER, days=2)
    assert code_of(soon) == "accepted"
    assert code_of(soon, highest_issued=START + timedelta(days=3)) == "EXPIRED"


@pytest.mark.parametrize(("late", "code"), [(0, "accepted"), (1, "EXPIRED")])
def test_a_message_is_good_until_the_moment_at_which_it_expires(late: int, code: str) -> None:
    expires = LATER - timedelta(microseconds=late)
    assert code_of(changed(expires_at=stamp(expires))) == code


def test_what_was_accepted_does_not_expire() -> None:
    old = SITE.message(7, CONTENT, at=START - timedelta(days=200))
    assert code_of(old) == "repeated"


@pytest.mark.parametrize(
    ("ahead", "believed"),
    [(timedelta(hours=24), True), (timedelta(hours=24, microseconds=1), False), (timedelta(0), True)],
)
def test_a_signed_time_more_than_a_day_ahead_is_not_believed(ahead: timedelta, *, believed: bool) -> None:
    raw = SITE.message(8, OTHER, at=LATER + ahead)
    accepted = judge(raw, trust=TRUST, mark=HELD, highest_issued=START, now=LATER)
    assert accepted.clock_ahead is not believed
    expected = LATER + ahead if believed else START
    assert believed_issue(accepted, highest_issued=START) == expected


def test_the_believed_time_never_falls() -> None:
    accepted = judge(SITE.message(8, OTHER), trust=TRUST, mark=HELD, highest_issued=None, now=LATER)
    assert believed_issue(accepted, highest_issued=LATER) == LATER


def test_counters_rise_also_when_the_clock_is_set_back() -> None:
    first = next_counter(0, now=LATER)
    assert first == int(LATER.timestamp() * 1_000_000)
    assert next_counter(first, now=START) == first + 1
