"""Event keys: Ed25519 of our own, RSA of TiBillet's. Text in, key objects out; parsed once and kept."""

from __future__ import annotations

from functools import lru_cache

from cryptography.exceptions import InvalidSignature, UnsupportedAlgorithm
from cryptography.hazmat.primitives import hashes, serialization
from cryptography.hazmat.primitives.asymmetric import padding
from cryptography.hazmat.primitives.asymmetric.ed25519 import Ed25519PrivateKey, Ed25519PublicKey
from cryptography.hazmat.primitives.asymmetric.rsa import RSAPublicKey

from api.tickets.sentences import SentenceError

PublicKey = Ed25519PublicKey | RSAPublicKey

# TiBillet signs with the longest salt that fits; whatever the length, the hash is SHA-256.
_PSS = padding.PSS(mgf=padding.MGF1(hashes.SHA256()), salt_length=padding.PSS.AUTO)
_SMALLEST_RSA = 2048  # bits


class KeyTextError(SentenceError):
    """The text is no public key that can verify tickets. Says what was found and what is wanted."""


def new_pair() -> tuple[str, str]:
    """A fresh Ed25519 pair: (private PEM, public PEM)."""
    private = Ed25519PrivateKey.generate()
    private_pem = private.private_bytes(
        serialization.Encoding.PEM, serialization.PrivateFormat.PKCS8, serialization.NoEncryption()
    )
    public_pem = private.public_key().public_bytes(
        serialization.Encoding.PEM, serialization.PublicFormat.SubjectPublicKeyInfo
    )
    return private_pem.decode("ascii"), public_pem.decode("ascii")


# Parsing a PEM costs more than verifying with it: each event's keys are parsed once (facts: the scan server).
@lru_cache(maxsize=1024)
def public_key(pem: str) -> PublicKey:
    """The key in this PEM text. Raises KeyTextError unless it is Ed25519, or RSA of at least 2048 bits."""
    try:
        key = serialization.load_pem_public_key(pem.encode("utf-8"))
    except (ValueError, UnsupportedAlgorithm) as error:
        raise KeyTextError(
            'this is no public key: wanted is a PEM text that begins with "-----BEGIN PUBLIC KEY-----"'
        ) from error
    if isinstance(key, RSAPublicKey) and key.key_size < _SMALLEST_RSA:
        raise KeyTextError("this RSA key of {size} bits is too short to be trusted: 2048 are wanted", size=key.key_size)
    if not isinstance(key, Ed25519PublicKey | RSAPublicKey):
        raise KeyTextError("this kind of key signs no tickets: wanted is RSA (TiBillet's) or Ed25519")
    return key


@lru_cache(maxsize=1024)
def private_key(pem: str) -> Ed25519PrivateKey:
    """The private key in this PEM text, as ``new_pair`` wrote it."""
    key = serialization.load_pem_private_key(pem.encode("ascii"), password=None)
    if not isinstance(key, Ed25519PrivateKey):
        raise KeyTextError("tickets are signed with Ed25519 keys only")
    return key


def fits(key: PublicKey, signature: bytes, data: bytes) -> bool:
    """True when this signature over this data was made with the private half of the key."""
    try:
        if isinstance(key, Ed25519PublicKey):
            key.verify(signature, data)
        else:
            key.verify(signature, data, _PSS, hashes.SHA256())
    except InvalidSignature:
        return False
    return True
