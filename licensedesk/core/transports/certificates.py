"""The broker's certificate and the certificate authority of a site, for who has none of its own."""

from __future__ import annotations

import ipaddress
from datetime import datetime, timedelta
from typing import TYPE_CHECKING, Any, Final

from licensedesk.core.errors import LicenseFileError, SurroundingsError
from licensedesk.core.files import read_bounded, write_atomic

if TYPE_CHECKING:
    from pathlib import Path

_CA_LIFE: Final = timedelta(days=20 * 365)
_LIFE: Final = timedelta(days=825)
_RENEW_BEFORE: Final = timedelta(days=90)
_LIMIT: Final = 64 * 1024


def write_certificates(folder: Path, *, host: str, at: datetime) -> None:
    """ca.crt, server.crt and server.key for `host` in `folder`; those that stand there and serve are kept.

    Raises SurroundingsError: `disk-full`, `unwritable`; LicenseFileError: `not-a-key` for a CA that is none.
    """
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
