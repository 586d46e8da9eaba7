"""The pin: by which a gate knows the server's key again, whatever certificate is around it. Pure."""

from __future__ import annotations

import base64
import hashlib

from cryptography import x509
from cryptography.hazmat.primitives.serialization import Encoding, PublicFormat

FRAGMENT = "spki-sha256"  # what a pairing code's fragment calls it


def of_certificate(certificate: x509.Certificate) -> str:
    """SHA-256 of the public key's SubjectPublicKeyInfo in DER, as RFC 7469 takes it; base64url, 43 characters.

    The key alone is hashed: a certificate that is made anew around the same key has the same pin.
    """
    spki = certificate.public_key().public_bytes(Encoding.DER, PublicFormat.SubjectPublicKeyInfo)
    return base64.urlsafe_b64encode(hashlib.sha256(spki).digest()).rstrip(b"=").decode("ascii")


def with_pin(base_url: str, pin: str) -> str:
    """The address that a pairing code is made of: with the pin as its fragment where it is https, else as it was."""
    return f"{base_url}#{FRAGMENT}={pin}" if pin and base_url.startswith("https://") else base_url
