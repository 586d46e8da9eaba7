"""HTTPS with a server that is known by its public key: nothing is sent before the key was seen to be the pinned one.

Neither authority, host name nor dates are asked: whoever holds the key is the server that this gate was paired with.
"""

from __future__ import annotations

import base64
import hashlib
import hmac
import ssl
from typing import Any

from cryptography import x509
from cryptography.exceptions import UnsupportedAlgorithm
from cryptography.hazmat.primitives.serialization import Encoding, PublicFormat
from urllib3 import PoolManager
from urllib3.connectionpool import HTTPSConnectionPool

from kiosk.scan_client.connection import TimedAdapter, TimedHttps


class ServerKeyChangedError(ssl.SSLError):
    """The server proved to have another key than the pinned one. Nothing was sent to it."""


class PinnedAdapter(TimedAdapter):
    """Gives a ``requests.Session`` connections to the holder of one key only; ``pin`` as in ``Credentials``.

    For https alone: mounted for anything else it would pin nothing.
    """

    def __init__(self, pin: str, **kwargs: Any) -> None:
        self._pin = pin
        super().__init__(**kwargs)

    def init_poolmanager(self, connections: int, maxsize: int, block: bool = False, **pool_kwargs: Any) -> None:
        """Called by HTTPAdapter's constructor."""
        context = ssl.SSLContext(ssl.PROTOCOL_TLS_CLIENT)
        context.minimum_version = ssl.TLSVersion.TLSv1_2
        context.check_hostname = False
        context.verify_mode = ssl.CERT_NONE  # the pinned key is what is verified, in _PinnedHttps.connect

        class Connection(_PinnedHttps):
            pin = self._pin

        class Pool(HTTPSConnectionPool):
            ConnectionCls = Connection

        self.poolmanager = PoolManager(
            num_pools=connections, maxsize=maxsize, block=block, ssl_context=context, **pool_kwargs
        )
        self.poolmanager.pool_classes_by_scheme = {"https": Pool}

    def send(self, request: Any, *args: Any, **kwargs: Any) -> Any:
        """As HTTPAdapter's, without a look for an authority."""
        return super().send(request, *args, **{**kwargs, "verify": False})


class _PinnedHttps(TimedHttps):
    pin: str

    def connect(self) -> None:
        """Connect, shake hands, and leave at once unless the key is the pinned one."""
        super().connect()
        shown = self.sock.getpeercert(binary_form=True) if isinstance(self.sock, ssl.SSLSocket) else None
        if shown is None or not hmac.compare_digest(pin_of(shown), self.pin):
            self.close()
            raise ServerKeyChangedError("the server has another key than the one that was pinned")
        self.is_verified = True


def pin_of(certificate: bytes) -> str:
    """SHA-256 of the certificate's SubjectPublicKeyInfo, base64url; "" for one that can't be read."""
    try:
        key = x509.load_der_x509_certificate(certificate).public_key()
        spki = key.public_bytes(Encoding.DER, PublicFormat.SubjectPublicKeyInfo)
    except (ValueError, TypeError, x509.InvalidVersion, UnsupportedAlgorithm):
        return ""
    return base64.urlsafe_b64encode(hashlib.sha256(spki).digest()).rstrip(b"=").decode("ascii")
