"""Certificates of servers that are not who they should be, and one of a server that is."""

from __future__ import annotations

import ssl
from dataclasses import dataclass
from datetime import UTC, datetime, timedelta
from functools import cached_property
from pathlib import Path

from cryptography import x509
from cryptography.hazmat.primitives import hashes, serialization
from cryptography.hazmat.primitives.asymmetric import ec
from cryptography.x509.oid import NameOID

_DAY = timedelta(days=1)

_SIGNS_CERTIFICATES = x509.KeyUsage(
    digital_signature=False,
    content_commitment=False,
    key_encipherment=False,
    data_encipherment=False,
    key_agreement=False,
    key_cert_sign=True,
    crl_sign=True,
    encipher_only=False,
    decipher_only=False,
)
"""Without this and the key identifiers, Python 3.13 and later trusts no certificate."""

GOOD = "trusted"
WRONG = ("of another name", "expired", "not yet valid", "self-signed")


@dataclass(frozen=True)
class Authority:
    """A certificate authority that a client trusts.

    Attributes
    ----------
    folder
        Where its files are written.
    """

    folder: Path

    @cached_property
    def _key(self) -> ec.EllipticCurvePrivateKey:
        return ec.generate_private_key(ec.SECP256R1())

    @cached_property
    def bundle(self) -> Path:
        """Return the file with its own certificate."""
        now = datetime.now(UTC)
        builder = _builder("authority", "authority", self._key, (now - _DAY, now + _DAY))
        builder = builder.add_extension(x509.BasicConstraints(ca=True, path_length=None), critical=True)
        builder = builder.add_extension(_SIGNS_CERTIFICATES, critical=True)
        path = self.folder / "authority.pem"
        path.write_bytes(builder.sign(self._key, hashes.SHA256()).public_bytes(serialization.Encoding.PEM))
        return path

    def context_of(self, kind: str) -> ssl.SSLContext:
        """Return what a server on 127.0.0.1 needs: `GOOD` or one of `WRONG`."""
        now, key = datetime.now(UTC), ec.generate_private_key(ec.SECP256R1())
        days = {"expired": (now - 3 * _DAY, now - _DAY), "not yet valid": (now + _DAY, now + 3 * _DAY)}
        self_signed = kind == "self-signed"
        issuer = "server" if self_signed else "authority"
        builder = _builder("server", issuer, key, days.get(kind, (now - _DAY, now + _DAY)))
        name = "other.example" if kind == "of another name" else "localhost"
        builder = builder.add_extension(x509.SubjectAlternativeName([x509.DNSName(name)]), critical=False)
        signing_key = key if self_signed else self._key
        signer = x509.AuthorityKeyIdentifier.from_issuer_public_key(signing_key.public_key())
        certificate = builder.add_extension(signer, critical=False).sign(signing_key, hashes.SHA256())
        path = self.folder / f"{kind}.pem"
        path.write_bytes(
            certificate.public_bytes(serialization.Encoding.PEM)
            + key.private_bytes(
                serialization.Encoding.PEM, serialization.PrivateFormat.PKCS8, serialization.NoEncryption()
            )
        )
        context = ssl.SSLContext(ssl.PROTOCOL_TLS_SERVER)
        context.load_cert_chain(path)
        return context


def _builder(
    subject: str, issuer: str, key: ec.EllipticCurvePrivateKey, days: tuple[datetime, datetime]
) -> x509.CertificateBuilder:
    subject_name, issuer_name = (
        x509.Name([x509.NameAttribute(NameOID.COMMON_NAME, name)]) for name in (subject, issuer)
    )
    return (
        x509.CertificateBuilder()
        .subject_name(subject_name)
        .issuer_name(issuer_name)
        .public_key(key.public_key())
        .serial_number(x509.random_serial_number())
        .not_valid_before(days[0])
        .not_valid_after(days[1])
        .add_extension(x509.SubjectKeyIdentifier.from_public_key(key.public_key()), critical=False)
    )
