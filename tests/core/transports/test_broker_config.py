"""What `broker-config` writes: Mosquitto's own hashes, and certificates that are renewed in time."""

from __future__ import annotations

import base64
import shutil
import stat
import subprocess
from datetime import UTC, datetime, timedelta
from pathlib import Path

import pytest
from cryptography import x509
from cryptography.hazmat.primitives.asymmetric.ec import ECDSA
from cryptography.hazmat.primitives.hashes import SHA256

from licensedesk.core.errors import LicenseFileError, SurroundingsError
from licensedesk.core.transports.broker_config import (
    BrokerSettings,
    new_password,
    password_hash,
    write_broker_config,
)

AT = datetime(2026, 11, 21, tzinfo=UTC)
NAMES = ("mosquitto.conf", "passwords", "acl", "ca.crt", "server.crt", "server.key")


def settings(host: str = "broker.example.com", **accounts: str) -> BrokerSettings:
    return BrokerSettings(
        deployment="d1", host=host, port=8883, console=("console", "$7$c"), accounts=accounts
    )


def write(folder: Path, *, host: str = "broker.example.com", at: datetime = AT, **accounts: str) -> None:
    assert write_broker_config(folder, settings(host, **accounts), at=at) == {
        name: folder / name for name in NAMES
    }


def certificate(folder: Path, name: str = "server.crt") -> x509.Certificate:
    return x509.load_pem_x509_certificate((folder / name).read_bytes())


@pytest.mark.mosquitto
def test_hashes_are_those_of_mosquittos_own_tool(tmp_path: Path) -> None:
    tool = shutil.which("mosquitto_passwd")
    if tool is None:
        pytest.skip("mosquitto_passwd is not installed")
    file = tmp_path / "passwords"
    file.write_text("server:secret words\n")
    subprocess.run([tool, "-U", str(file)], check=True, capture_output=True)
    theirs = file.read_text().strip().removeprefix("server:")
    _, _, iterations, salt, _ = theirs.split("$")
    assert password_hash("secret words", salt=base64.b64decode(salt)) == theirs
    assert iterations == "101"


def test_passwords_are_long_and_hashes_salted() -> None:
    assert len(new_password()) == 43
    assert new_password() != new_password()
    assert password_hash("x") != password_hash("x")


def test_the_files_and_who_may_read_them(tmp_path: Path) -> None:
    folder = tmp_path / "made" / "broker"
    write(folder, b="$7$b", a="$7$a")
    assert (folder / "passwords").read_text() == "a:$7$a\nb:$7$b\nconsole:$7$c\n"
    acl = (folder / "acl").read_text()
    assert "pattern read licensedesk/d1/%u/license\n" in acl
    assert "user console\ntopic readwrite licensedesk/d1/#\n" in acl
    assert "allow_anonymous false" in (folder / "mosquitto.conf").read_text()
    modes = {path.name: stat.S_IMODE(path.stat().st_mode) for path in folder.iterdir()}
    public = {"mosquitto.conf", "ca.crt", "server.crt"}
    assert modes == {name: 0o644 if name in public else 0o600 for name in (*NAMES, "ca.key")}
    assert stat.S_IMODE(folder.stat().st_mode) == 0o700


def test_the_certificate_is_for_the_host_and_signed_by_the_authority(tmp_path: Path) -> None:
    write(tmp_path)
    authority, server = certificate(tmp_path, "ca.crt"), certificate(tmp_path)
    names = server.extensions.get_extension_for_class(x509.SubjectAlternativeName).value
    assert list(names) == [x509.DNSName("broker.example.com")]
    server.verify_directly_issued_by(authority)
    authority.verify_directly_issued_by(authority)
    assert isinstance(server.signature_algorithm_parameters, ECDSA)
    assert isinstance(server.signature_hash_algorithm, SHA256)


@pytest.mark.parametrize(
    ("host", "after", "renewed"),
    [
        ("broker.example.com", timedelta(days=0), False),
        ("broker.example.com", timedelta(days=730), False),
        ("broker.example.com", timedelta(days=740), True),
        ("other.example.com", timedelta(days=0), True),
        ("192.0.2.7", timedelta(days=0), True),
    ],
)
def test_written_again_only_what_no_longer_serves_is_new(
    tmp_path: Path, host: str, after: timedelta, *, renewed: bool
) -> None:
    write(tmp_path)
    before = {name: (tmp_path / name).read_bytes() for name in NAMES}
    write(tmp_path, host=host, at=AT + after, a="$7$a")
    changed = {name for name in NAMES if (tmp_path / name).read_bytes() != before[name]}
    assert changed - {"passwords"} == ({"server.crt", "server.key"} if renewed else set())
    certificate(tmp_path).verify_directly_issued_by(certificate(tmp_path, "ca.crt"))


def test_certificates_of_ones_own_are_used(tmp_path: Path) -> None:
    own, folder = tmp_path / "own", tmp_path / "folder"
    write(own)
    folder.mkdir()
    for name in ("ca.crt", "server.crt", "server.key"):
        shutil.copy(own / name, folder / name)
    write(folder)
    assert (folder / "server.crt").read_bytes() == (own / "server.crt").read_bytes()
    assert not (folder / "ca.key").exists()


def test_certificates_of_ones_own_that_do_not_serve_are_not_replaced(tmp_path: Path) -> None:
    write(tmp_path)
    (tmp_path / "ca.key").unlink()
    with pytest.raises(SurroundingsError) as refusal:
        write(tmp_path, host="other.example.com")
    assert refusal.value.code == "unwritable"
    assert "ca.key" in refusal.value.figures["reason"]


@pytest.mark.parametrize("name", ["ca.key", "ca.crt"])
def test_an_authority_that_is_none(tmp_path: Path, name: str) -> None:
    write(tmp_path)
    (tmp_path / name).write_text("no PEM")
    with pytest.raises(LicenseFileError) as refusal:
        write(tmp_path, host="other.example.com")
    assert refusal.value.code == "not-a-key"


def test_a_certificate_that_is_none_is_made_anew(tmp_path: Path) -> None:
    write(tmp_path)
    (tmp_path / "server.crt").write_text("no PEM")
    write(tmp_path)
    certificate(tmp_path).verify_directly_issued_by(certificate(tmp_path, "ca.crt"))


def test_a_folder_that_cannot_be_made(tmp_path: Path) -> None:
    (tmp_path / "file").write_text("")
    with pytest.raises(SurroundingsError) as refusal:
        write(tmp_path / "file" / "folder")
    assert refusal.value.code == "unwritable"
