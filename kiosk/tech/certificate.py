"""A key and a certificate for one opening of the tech page, in memory alone; known by the fingerprint on the screen."""

from __future__ import annotations

import ipaddress
import os
import ssl
from collections.abc import Iterable
from datetime import UTC, datetime, timedelta

from cryptography import x509
from cryptography.hazmat.primitives import hashes
from cryptography.hazmat.primitives.asymmetric import ec
from cryptography.hazmat.primitives.serialization import Encoding, NoEncryption, PrivateFormat
from cryptography.x509.oid import ExtendedKeyUsageOID, NameOID

_BEGINS_BEFORE = timedelta(days=1)
_VALID_FOR = timedelta(days=395)  # a gate's clock may be months behind; with the day before, less than browsers' 398


def self_made(names: Iterable[str], now: datetime | None = None) -> tuple[ssl.SSLContext, str]:
    """A server's context, and the certificate's SHA-256 fingerprint, "AB:CD:…", as browsers show it.

    ``names``: what the machine is called by, addresses too.
    """
    moment = now or datetime.now(UTC)
    key = ec.generate_private_key(ec.SECP256R1())
    name = x509.Name([x509.NameAttribute(NameOID.COMMON_NAME, "Portillon")])
    built = x509.CertificateBuilder().subject_name(name).issuer_name(name).public_key(key.public_key())
    built = built.serial_number(x509.random_serial_number()).not_valid_before(moment - _BEGINS_BEFORE)
    built = built.not_valid_after(moment + _VALID_FOR)
    built = built.add_extension(x509.SubjectAlternativeName([_general(each) for each in names]), critical=False)
    built = built.add_extension(x509.BasicConstraints(ca=False, path_length=None), critical=True)
    built = built.add_extension(x509.ExtendedKeyUsage([ExtendedKeyUsageOID.SERVER_AUTH]), critical=False)
    certificate = built.sign(key, hashes.SHA256())
    private = key.private_bytes(Encoding.PEM, PrivateFormat.PKCS8, NoEncryption())
    context = _context(private + certificate.public_bytes(Encoding.PEM))
    return context, ":".join(f"{byte:02X}" for byte in certificate.fingerprint(hashes.SHA256()))


def _general(name: str) -> x509.GeneralName:
    try:
        return x509.IPAddress(ipaddress.ip_address(name))
    except ValueError:
        return x509.DNSName(name)


def _context(pem: bytes) -> ssl.SSLContext:
    """OpenSSL wants a file; this one is memory with a name."""
    context = ssl.SSLContext(ssl.PROTOCOL_TLS_SERVER)
    context.minimum_version = ssl.TLSVersion.TLSv1_2
    memory = os.memfd_create("portillon-tech-key")
    try:
        os.write(memory, pem)
        context.load_cert_chain(f"/proc/self/fd/{memory}")
    finally:
        os.close(memory)
    return context
