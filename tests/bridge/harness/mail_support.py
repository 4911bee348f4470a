"""A mail stand-in for tests, and certificates that nobody else trusts."""

import ssl
from datetime import UTC, datetime, timedelta
from ipaddress import IPv4Address
from pathlib import Path
from typing import Any

from cryptography import x509
from cryptography.hazmat.primitives import hashes, serialization
from cryptography.hazmat.primitives.asymmetric import ec
from cryptography.x509.oid import NameOID

from bridge.harness.ledger import Ledger
from bridge.harness.mail.standin import HOST, MailStandin

NOW = datetime(2026, 11, 23, 14, 5, tzinfo=UTC)
LONG_AGO, FAR_OFF = datetime(2020, 1, 1, tzinfo=UTC), datetime(2100, 1, 1, tzinfo=UTC)


def standin(**given: Any) -> MailStandin:
    """Its clock stands still."""
    return MailStandin(Ledger("mail", lambda: 0.0), now=lambda: NOW, **given)


def certificate(folder: Path, host: str = HOST, *, until: datetime = FAR_OFF) -> tuple[Path, ssl.SSLContext]:
    """A self-signed certificate for an address: its file, and what a server needs to show it."""
    key = ec.generate_private_key(ec.SECP256R1())
    name = x509.Name([x509.NameAttribute(NameOID.COMMON_NAME, "stand-in")])
    made = (
        x509.CertificateBuilder()
        .subject_name(name)
        .issuer_name(name)
        .public_key(key.public_key())
        .serial_number(1)
        .not_valid_before(LONG_AGO)
        .not_valid_after(until)
        .add_extension(x509.SubjectAlternativeName([x509.IPAddress(IPv4Address(host))]), critical=False)
        .add_extension(x509.BasicConstraints(ca=True, path_length=None), critical=True)
        .sign(key, hashes.SHA256())
    )
    shown, both = folder / "certificate.pem", folder / "both.pem"
    pem = made.public_bytes(serialization.Encoding.PEM)
    shown.write_bytes(pem)
    secret = key.private_bytes(
        serialization.Encoding.PEM, serialization.PrivateFormat.PKCS8, serialization.NoEncryption()
    )
    both.write_bytes(pem + secret)
    context = ssl.SSLContext(ssl.PROTOCOL_TLS_SERVER)
    context.load_cert_chain(both)
    return shown, context


EXPIRED = NOW - timedelta(days=2000)
