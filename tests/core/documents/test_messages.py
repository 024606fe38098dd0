"""Messages: what is written is read back, and nothing that is no message comes through."""

from __future__ import annotations

import base64
import json
from dataclasses import asdict, replace
from datetime import UTC, datetime
from typing import Any

import pytest
from hypothesis import given
from hypothesis import strategies as st

from licensedesk.core.documents import messages
from licensedesk.core.documents.enrolment import (
    ENROLMENT_TYPE,
    Enrolment,
    enrolment_proof,
    open_enrolment,
    read_enrolment,
)
from licensedesk.core.documents.messages import (
    Configuration,
    Holding,
    Report,
    new_configuration,
    open_first_report,
    open_report,
    read_configuration,
    read_report,
)
from licensedesk.core.errors import LicenseFileError
from licensedesk.core.transports.base import TransportSettings
from licensedesk.core.trust import Signer, new_signer

TOKEN = "t" * 43
SITE = new_signer()
AGENT = new_signer()


def configuration(content: bytes = b"<License/>\n") -> Configuration:
    return new_configuration(
        content,
        deployment="d1",
        server_id="00ff",
        version=31,
        message_id="m-1",
        issued_at="2026-11-21T09:14:00.000000Z",
        expires_at="2027-02-19T09:14:00.000000Z",
        enrolled_key="",
    )


def report(signer: Signer = AGENT) -> Report:
    return Report(
        deployment="d1",
        server_id="00ff",
        message_id="m-1",
        version=31,
        sha256="0" * 64,
        state=Holding.APPLIED,
        code="",
        detail="",
        counter=1_795_252_440_000_000,
        agent_version="0.1.0",
        reported_at="2026-11-21T09:14:01.000000Z",
        public_key=signer.key.pem,
        proof=enrolment_proof(token=TOKEN, deployment="d1", server_id="00ff", public_key=signer.key.pem),
    )


def enrolment(*keys: str) -> Enrolment:
    return Enrolment(
        deployment="d1",
        server_id="00ff",
        host_name="d.example.com",
        trusted_keys=keys or (SITE.key.pem,),
        transport=TransportSettings("mqtt:broker.example.com:8883", "00ff", "secret", "PEM"),
        version_floor=7,
        token=TOKEN,
        issued_at="2026-11-21T09:14:00.000000Z",
        expires_at="2026-12-05T09:14:00.000000Z",
    )


WRONG_VALUES: list[Any] = [None, -1, 1.5, True, [], {}, "x" * 3_000_000]
READERS = [
    (configuration(), read_configuration),
    (report(), read_report),
    (enrolment(), read_enrolment),
]
KINDS = ["configuration", "report", "enrolment"]


@pytest.mark.parametrize(("message", "read"), READERS, ids=KINDS)
def test_what_is_written_is_read_back(message: Any, read: Any) -> None:
    assert read(message.to_payload()) == message


@given(st.text())
def test_any_content_comes_back_byte_by_byte(text: str) -> None:
    try:
        content = text.encode()
    except UnicodeEncodeError:
        return
    assert read_configuration(configuration(content).to_payload()).content == content


@pytest.mark.parametrize(("message", "read"), READERS, ids=KINDS)
def test_the_payload_is_canonical(message: Any, read: Any) -> None:
    payload = message.to_payload()
    members = json.loads(payload)
    canonical = json.dumps(members, sort_keys=True, separators=(",", ":"), ensure_ascii=False)
    assert payload == canonical.encode()


@pytest.mark.parametrize(("message", "read"), READERS, ids=KINDS)
def test_every_member_is_needed_and_no_other_is_known(message: Any, read: Any) -> None:
    members = json.loads(message.to_payload())
    wrong: list[dict[str, Any]] = [{**members, "also": 1}]
    for name in members:
        wrong.append({other: value for other, value in members.items() if other != name})
        wrong += [{**members, name: value} for value in WRONG_VALUES]
    for case in wrong:
        with pytest.raises(LicenseFileError) as refusal:
            read(json.dumps(case).encode())
        assert refusal.value.code in {"malformed", "too-large"}


HOSTILE = {
    "nothing": b"",
    "no JSON": b"License",
    "cut off": b'{"deployment":',
    "a member twice": b'{"version":1,"version":2}',
    "30,000 levels": b'{"a":' + b"[" * 30_000 + b"]" * 30_000 + b"}",
    "NaN": b'{"version":NaN}',
    "half a surrogate pair": b'{"deployment":"\\ud800"}',
    "not UTF-8": b'{"deployment":"\xff"}',
    "a list": b"[]",
    "a huge number": b'{"version":' + b"9" * 5000 + b"}",
}


@pytest.mark.parametrize("payload", HOSTILE.values(), ids=HOSTILE.keys())
@pytest.mark.parametrize("read", [read_configuration, read_report, read_enrolment], ids=KINDS)
def test_malformed_json(payload: bytes, read: Any) -> None:
    with pytest.raises(LicenseFileError) as refusal:
        read(payload)
    assert refusal.value.code == "malformed"


@pytest.mark.parametrize(
    ("message", "read"),
    [
        (replace(configuration(), expires_at="2026-11-21T09:14:00.000000Z"), read_configuration),
        (replace(configuration(), issued_at="2026-02-30T09:14:00.000000Z"), read_configuration),
        (replace(configuration(), server_id="../../etc"), read_configuration),
        (replace(report(), code="rm -rf"), read_report),
        (replace(report(), detail="x" * 1001), read_report),
        (replace(enrolment(), trusted_keys=()), read_enrolment),
    ],
)
def test_values_out_of_bounds(message: Any, read: Any) -> None:
    with pytest.raises(LicenseFileError) as refusal:
        read(message.to_payload())
    assert refusal.value.code == "malformed"


@pytest.mark.parametrize(
    ("message", "read", "inner"),
    [(configuration(), read_configuration, "license"), (enrolment(), read_enrolment, "transport")],
)
def test_no_other_member_is_known_further_in(message: Any, read: Any, inner: str) -> None:
    members = json.loads(message.to_payload())
    members[inner]["also"] = 1
    with pytest.raises(LicenseFileError) as refusal:
        read(json.dumps(members).encode())
    assert refusal.value.code == "malformed"
    assert "'also' is not known" in refusal.value.figures["reason"]


def test_another_file_name_is_not_taken() -> None:
    payload = configuration().to_payload().replace(b"License.xml", b"../evil.xml")
    with pytest.raises(LicenseFileError):
        read_configuration(payload)


# -- reports -----------------------------------------------------------------------------------------


def test_a_state_that_nobody_knows_is_refused_as_a_file() -> None:
    members = json.loads(report().to_payload())
    with pytest.raises(LicenseFileError) as refusal:
        read_report(json.dumps({**members, "state": "happy"}).encode(), file="report.message")
    assert (refusal.value.code, refusal.value.figures) == (
        "malformed",
        {"file": "report.message", "reason": "it is no report: state is not known"},
    )


def test_whatever_a_program_says_fits_into_a_report() -> None:
    given = {
        **asdict(report()),
        "detail": "\x00\u202e" + "x" * 5000,
        "at": datetime(2026, 11, 21, tzinfo=UTC),
    }
    for name in ("reported_at", "public_key", "proof"):
        del given[name]
    made = messages.new_report(**given)
    assert len(made.detail) == 1000
    assert made.detail.startswith("\\x00\\u202exxx")
    assert read_report(made.to_payload()) == made


def signed(message: Report, signer: Signer = AGENT) -> bytes:
    return signer.sign(message.to_payload(), payload_type=messages.REPORT_TYPE)


def first(raw: bytes, *, token: str = TOKEN, server_id: str = "00ff") -> Report:
    return open_first_report(raw, token=token, deployment="d1", server_id=server_id)[0]


def test_a_first_report_proves_its_key() -> None:
    opened, key = open_first_report(signed(report()), token=TOKEN, deployment="d1", server_id="00ff")
    assert (opened, key) == (report(), AGENT.key)
    assert open_report(signed(report()), trusted=key) == report()


@pytest.mark.parametrize(
    ("raw", "code"),
    [
        # Whoever carries the file signs with a key of his own, with the agent's proof or with none.
        (signed(replace(report(), public_key=new_signer().key.pem)), "untrusted-key"),
        (signed(replace(report(), public_key=SITE.key.pem), SITE), "bad-proof"),
        (signed(replace(report(), proof=""), AGENT), "bad-proof"),
        (signed(replace(report(), public_key="")), "not-a-key"),
        (AGENT.sign(report().to_payload(), payload_type=messages.CONFIGURATION_TYPE), "wrong-type"),
        (signed(report()).replace(b'"sig":"', b'"sig":"AAAA'), "bad-signature"),
        (b"{}", "malformed"),
        (b'{"payload":"?"}', "malformed"),
        (b"x" * 70_000, "too-large"),
    ],
)
def test_a_first_report_that_proves_nothing(raw: bytes, code: str) -> None:
    with pytest.raises(LicenseFileError) as refusal:
        first(raw)
    assert refusal.value.code == code


@pytest.mark.parametrize("changed", [{"token": "u" * 43}, {"server_id": "00fe"}])
def test_the_proof_is_bound_to_token_and_server(changed: dict[str, str]) -> None:
    with pytest.raises(LicenseFileError) as refusal:
        first(signed(report()), **changed)
    assert refusal.value.code == "bad-proof"
    assert refusal.value.figures["server"] == changed.get("server_id", "00ff")


def test_a_report_of_another_key_is_not_trusted() -> None:
    with pytest.raises(LicenseFileError) as refusal:
        open_report(signed(report(), SITE), trusted=AGENT.key)
    assert refusal.value.code == "untrusted-key"


# -- enrolment files ---------------------------------------------------------------------------------


def enrolment_file(message: Enrolment, signer: Signer = SITE) -> bytes:
    return signer.sign(message.to_payload(), payload_type=ENROLMENT_TYPE)


def test_an_enrolment_file_is_signed_by_its_first_key() -> None:
    assert open_enrolment(enrolment_file(enrolment())) == enrolment()


@pytest.mark.parametrize(
    ("raw", "code"),
    [
        (enrolment_file(enrolment(), AGENT), "untrusted-key"),
        (enrolment_file(enrolment("no key")), "not-a-key"),
        (enrolment_file(enrolment(SITE.key.pem, "no key")), "not-a-key"),
        (enrolment_file(replace(enrolment(), trusted_keys=())), "malformed"),
        (enrolment_file(replace(enrolment(), transport=TransportSettings(""))), "malformed"),
        (SITE.sign(b'{"trusted_keys":{"a":1}}', payload_type=ENROLMENT_TYPE), "malformed"),
        (b'{"payload":"A"}', "not-an-envelope"),
        (b'{"payload":"\xc3\xa9"}', "not-an-envelope"),
        (b'{"payload":"e30="}', "malformed"),
        (SITE.sign(enrolment().to_payload(), payload_type=messages.REPORT_TYPE), "wrong-type"),
        (b"License", "malformed"),
    ],
)
def test_an_enrolment_file_that_is_none(raw: bytes, code: str) -> None:
    with pytest.raises(LicenseFileError) as refusal:
        open_enrolment(raw, file="d.enrol")
    assert (refusal.value.code, refusal.value.figures["file"]) == (code, "d.enrol")
    assert "?" not in refusal.value.message


def test_secrets_do_not_show() -> None:
    assert "secret" not in repr(enrolment())
    assert base64.b64encode(b"secret").decode() not in repr(enrolment())
