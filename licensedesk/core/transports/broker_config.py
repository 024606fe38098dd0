"""Writes what a Mosquitto broker needs for one site: configuration, password file, access list, TLS.

Each agent reads its own topic and writes its own report; the console reads and writes all of its site; nobody
is anonymous. Run again after a server was enrolled or removed, then have Mosquitto read it (SIGHUP).
"""

from __future__ import annotations

import base64
import hashlib
import ipaddress
import secrets
from dataclasses import dataclass
from datetime import datetime, timedelta
from typing import TYPE_CHECKING, Any, Final

from licensedesk.core.documents.messages import MESSAGE_LIMIT
from licensedesk.core.errors import LicenseFileError, SurroundingsError
from licensedesk.core.files import raise_disk_fault, read_bounded, write_atomic

if TYPE_CHECKING:
    from collections.abc import Mapping
    from pathlib import Path

_ITERATIONS: Final = 101
"""As Mosquitto's own tool. The passwords are 256 random bits: no number of guesses finds one, and a broker
that thousands of agents return to must not spend a second on each."""
_CA_LIFE: Final = timedelta(days=20 * 365)
_LIFE: Final = timedelta(days=825)
_RENEW_BEFORE: Final = timedelta(days=90)
_LIMIT: Final = 64 * 1024


def new_password() -> str:
    """One password for one server, made at enrolment."""
    return secrets.token_urlsafe(32)


def password_hash(password: str, *, salt: bytes | None = None) -> str:
    """As Mosquitto keeps it: PBKDF2 with SHA-512 (`$7$`). This, not the password, belongs in a database."""
    salt = secrets.token_bytes(12) if salt is None else salt
    digest = hashlib.pbkdf2_hmac("sha512", password.encode("utf-8"), salt, _ITERATIONS)
    return f"$7${_ITERATIONS}${_base64(salt)}${_base64(digest)}"


def _base64(content: bytes) -> str:
    return base64.b64encode(content).decode("ascii")


@dataclass(frozen=True, slots=True, kw_only=True)
class BrokerSettings:
    """What the broker is to be. `accounts` and `console` are (user name, password hash)."""

    deployment: str
    host: str
    """The name or address under which agents reach it; the certificate is made for it."""
    port: int
    console: tuple[str, str]
    accounts: Mapping[str, str]
    """Password hash by server id."""
    data_folder: str = "/var/lib/mosquitto"


def write_broker_config(folder: Path, settings: BrokerSettings, *, at: datetime) -> dict[str, Path]:
    """The files by name. Certificates that stand in `folder` (ca.crt, server.crt, server.key) are used
    as long as they serve; else a certificate authority and a certificate are made.

    Raises SurroundingsError: `disk-full`, `unwritable`; LicenseFileError: `not-a-key` for a CA that is none.
    """
    try:
        folder.mkdir(parents=True, exist_ok=True, mode=0o700)
    except OSError as error:
        raise_disk_fault(error, folder)
    _write_certificates(folder, host=settings.host, at=at)
    accounts = {settings.console[0]: settings.console[1], **settings.accounts}
    passwords = "".join(f"{name}:{hashed}\n" for name, hashed in sorted(accounts.items()))
    write_atomic(folder / "passwords", passwords.encode("utf-8"))
    write_atomic(folder / "acl", _access(settings).encode("utf-8"))
    write_atomic(folder / "mosquitto.conf", _configuration(folder, settings).encode("utf-8"), mode=0o644)
    names = ("mosquitto.conf", "passwords", "acl", "ca.crt", "server.crt", "server.key")
    return {name: folder / name for name in names}


def _access(settings: BrokerSettings) -> str:
    site = f"licensedesk/{settings.deployment}"
    return (
        "# %u is the user name, which for an agent is the id of its server.\n"
        f"pattern read {site}/%u/license\n"
        f"pattern write {site}/%u/report\n"
        f"pattern write {site}/%u/presence\n"
        "\n"
        f"user {settings.console[0]}\n"
        f"topic readwrite {site}/#\n"
    )


def _configuration(folder: Path, settings: BrokerSettings) -> str:
    return f"""\
# Mosquitto for the LicenseDesk site {settings.deployment}. Written by `licensedesk broker-config`.
# Started as root, Mosquitto reads these files as the user it changes to: give them to that user.
per_listener_settings false
allow_anonymous false
password_file {folder}/passwords
acl_file {folder}/acl

listener {settings.port}
protocol mqtt
cafile {folder}/ca.crt
certfile {folder}/server.crt
keyfile {folder}/server.key
tls_version tlsv1.2
max_connections -1

# A broker's memory is a convenience: the console sends again until the server's own report. Saved every 30 s
# all the same, so that a restart costs little.
persistence true
persistence_location {settings.data_folder.rstrip("/")}/
autosave_interval 30
autosave_on_changes false

# The reports of all servers arrive at one console at once: none may be dropped for want of a queue.
max_inflight_messages 1000
max_queued_messages 0
max_queued_bytes 268435456
max_packet_size {MESSAGE_LIMIT + 1024}
max_keepalive 600
"""


# -- certificates ------------------------------------------------------------------------------------


def _write_certificates(folder: Path, *, host: str, at: datetime) -> None:
    if _serves(folder, host=host, at=at):
        return
    authority = _authority(folder, at=at)
    key, certificate = _server_certificate(authority, host=host, at=at)
    write_atomic(folder / "server.key", _key_pem(key))
    write_atomic(folder / "server.crt", _certificate_pem(certificate), mode=0o644)


def _serves(folder: Path, *, host: str, at: datetime) -> bool:
    """Whether there is a certificate for `host` with its key and CA, not about to expire."""
    from cryptography import x509

    if not all((folder / name).exists() for name in ("ca.crt", "server.crt", "server.key")):
        return False
    try:
        certificate = x509.load_pem_x509_certificate(read_bounded(folder / "server.crt", limit=_LIMIT))
        names = certificate.extensions.get_extension_for_class(x509.SubjectAlternativeName).value
    except (ValueError, x509.ExtensionNotFound):
        return False
    return _general_name(host) in list(names) and certificate.not_valid_after_utc - at > _RENEW_BEFORE


def _general_name(host: str) -> Any:
    from cryptography import x509

    try:
        return x509.IPAddress(ipaddress.ip_address(host))
    except ValueError:
        return x509.DNSName(host)


def _authority(folder: Path, *, at: datetime) -> tuple[Any, Any]:
    """Key and certificate of the site's own CA; kept, as agents carry its certificate in their enrolment."""
    from cryptography import x509
    from cryptography.hazmat.primitives.serialization import load_pem_private_key

    key_file, certificate_file = folder / "ca.key", folder / "ca.crt"
    if key_file.exists() and certificate_file.exists():
        try:
            key = load_pem_private_key(read_bounded(key_file, limit=_LIMIT), None)
            return key, x509.load_pem_x509_certificate(read_bounded(certificate_file, limit=_LIMIT))
        except (ValueError, TypeError) as error:
            raise LicenseFileError("not-a-key", file="ca.key", kind="certificate authority") from error
    if certificate_file.exists():
        reason = "server.crt does not serve, and there is no ca.key to make another"
        raise SurroundingsError("unwritable", path=str(folder / "server.crt"), reason=reason)
    key, certificate = _new_authority(at=at)
    write_atomic(key_file, _key_pem(key))
    write_atomic(certificate_file, _certificate_pem(certificate), mode=0o644)
    return key, certificate


def _new_authority(*, at: datetime) -> tuple[Any, Any]:
    from cryptography import x509

    key = _new_key()
    name = _name("LicenseDesk broker CA")
    usage = _usage(key_cert_sign=True, crl_sign=True)
    builder = _builder(name, name, key.public_key(), at=at, life=_CA_LIFE)
    builder = builder.add_extension(x509.BasicConstraints(ca=True, path_length=0), critical=True)
    builder = builder.add_extension(usage, critical=True)
    return key, _signed(builder, key, key.public_key(), key.public_key())


def _server_certificate(authority: tuple[Any, Any], *, host: str, at: datetime) -> tuple[Any, Any]:
    from cryptography import x509
    from cryptography.x509.oid import ExtendedKeyUsageOID

    ca_key, ca_certificate = authority
    key = _new_key()
    builder = _builder(_name(host[:64]), ca_certificate.subject, key.public_key(), at=at, life=_LIFE)
    builder = builder.add_extension(x509.SubjectAlternativeName([_general_name(host)]), critical=False)
    builder = builder.add_extension(x509.BasicConstraints(ca=False, path_length=None), critical=True)
    builder = builder.add_extension(_usage(digital_signature=True), critical=True)
    usage = x509.ExtendedKeyUsage([ExtendedKeyUsageOID.SERVER_AUTH])
    builder = builder.add_extension(usage, critical=False)
    return key, _signed(builder, ca_key, key.public_key(), ca_key.public_key())


def _new_key() -> Any:
    from cryptography.hazmat.primitives.asymmetric import ec

    return ec.generate_private_key(ec.SECP256R1())


def _name(common_name: str) -> Any:
    from cryptography import x509
    from cryptography.x509.oid import NameOID

    return x509.Name([x509.NameAttribute(NameOID.COMMON_NAME, common_name)])


def _usage(**allowed: bool) -> Any:
    from cryptography import x509

    every = (
        "digital_signature",
        "content_commitment",
        "key_encipherment",
        "data_encipherment",
        "key_agreement",
        "key_cert_sign",
        "crl_sign",
        "encipher_only",
        "decipher_only",
    )
    return x509.KeyUsage(**{name: allowed.get(name, False) for name in every})


def _builder(subject: Any, issuer: Any, public_key: Any, *, at: datetime, life: timedelta) -> Any:
    from cryptography import x509

    return (
        x509.CertificateBuilder()
        .subject_name(subject)
        .issuer_name(issuer)
        .public_key(public_key)
        .serial_number(x509.random_serial_number())
        # Valid from yesterday: the clocks of agents may be a little behind.
        .not_valid_before(at - timedelta(days=1))
        .not_valid_after(at + life)
    )


def _signed(builder: Any, signing_key: Any, public_key: Any, signing_public_key: Any) -> Any:
    from cryptography import x509
    from cryptography.hazmat.primitives import hashes

    own = x509.SubjectKeyIdentifier.from_public_key(public_key)
    parent = x509.AuthorityKeyIdentifier.from_issuer_public_key(signing_public_key)
    builder = builder.add_extension(own, critical=False).add_extension(parent, critical=False)
    return builder.sign(signing_key, hashes.SHA256())


def _key_pem(key: Any) -> bytes:
    from cryptography.hazmat.primitives.serialization import Encoding, NoEncryption, PrivateFormat

    pem: bytes = key.private_bytes(Encoding.PEM, PrivateFormat.PKCS8, NoEncryption())
    return pem


def _certificate_pem(certificate: Any) -> bytes:
    from cryptography.hazmat.primitives.serialization import Encoding

    pem: bytes = certificate.public_bytes(Encoding.PEM)
    return pem
