"""Fixtures of the kiosk's tests: a ticket server made of a real socket and whatever bytes a test wants it to send."""

from __future__ import annotations

import base64
import contextlib
import hashlib
import json
import socket
import ssl
import threading
import uuid
from collections.abc import Callable, Iterator
from dataclasses import dataclass
from datetime import UTC, datetime, timedelta
from pathlib import Path
from typing import Any

import pytest
from cryptography import x509
from cryptography.hazmat.primitives import hashes, serialization
from cryptography.hazmat.primitives.asymmetric import ec
from cryptography.x509.oid import NameOID

Reply = bytes | Callable[[socket.socket], None]


@dataclass(frozen=True)
class Heard:
    """One request as the server heard it."""

    method: str
    path: str
    headers: dict[str, str]  # names in lower case
    content: bytes
    connection: int  # the first connection is 1

    @property
    def json(self) -> Any:
        return json.loads(self.content)


class RawServer:
    """Answers each request with ``script(heard)``: whole bytes, or a function that does as it likes with the socket."""

    def __init__(self, script: Callable[[Heard], Reply], tls: ssl.SSLContext | None = None) -> None:
        self.script = script
        self.heard: list[Heard] = []
        self.connections = 0
        self._tls = tls
        self._listener = socket.create_server(("127.0.0.1", 0))
        self._open: list[socket.socket] = []
        threading.Thread(target=self._accept, daemon=True).start()

    @property
    def port(self) -> int:
        return int(self._listener.getsockname()[1])

    @property
    def url(self) -> str:
        return f"{'https' if self._tls else 'http'}://127.0.0.1:{self.port}"

    @property
    def paths(self) -> list[str]:
        return [heard.path for heard in self.heard]

    def stop_listening(self) -> None:
        """Refuse new connections from now on."""
        with contextlib.suppress(OSError):
            self._listener.shutdown(socket.SHUT_RDWR)  # or a waiting accept() would keep it open
        self._listener.close()

    def close(self) -> None:
        self.stop_listening()
        for sock in self._open:
            sock.close()

    def _accept(self) -> None:
        while True:
            try:
                sock, _ = self._listener.accept()
            except OSError:
                return
            self.connections += 1
            self._open.append(sock)
            threading.Thread(target=self._serve, args=(sock, self.connections), daemon=True).start()

    def _serve(self, sock: socket.socket, number: int) -> None:
        try:
            if self._tls is not None:
                sock = self._tls.wrap_socket(sock, server_side=True)
                self._open.append(sock)
            elif sock.recv(1, socket.MSG_PEEK) == b"\x16":  # TLS on a plain port: what web servers say to it
                sock.sendall(b"HTTP/1.1 400 Bad Request\r\n\r\n")
                return
            with sock.makefile("rb") as stream:
                while (heard := _read(stream, number)) is not None:
                    self.heard.append(heard)
                    reply = self.script(heard)
                    if isinstance(reply, bytes):
                        sock.sendall(reply)
                    else:
                        reply(sock)
                        return
        except OSError:
            return  # the client went away, or the test is over
        finally:
            sock.close()


def _read(stream: Any, connection: int) -> Heard | None:
    first = stream.readline().decode("latin-1").split()
    if len(first) != 3:
        return None
    headers: dict[str, str] = {}
    while (line := stream.readline().decode("latin-1").strip()) != "":
        name, _, value = line.partition(":")
        headers[name.lower()] = value.strip()
    content = stream.read(int(headers.get("content-length", 0)))
    return Heard(first[0], first[1], headers, content, connection)


@pytest.fixture
def raw_server() -> Iterator[Callable[..., RawServer]]:
    """A factory: ``raw_server(script)`` starts a server; all are closed after the test."""
    servers: list[RawServer] = []

    def start(script: Callable[[Heard], Reply], tls: ssl.SSLContext | None = None) -> RawServer:
        servers.append(RawServer(script, tls))
        return servers[-1]

    yield start
    for server in servers:
        server.close()


@pytest.fixture
def respond() -> Callable[..., bytes]:
    """``respond(status, body, **headers)``: the bytes of an HTTP answer; a dict or list becomes JSON."""

    def build(status: int, body: Any = b"", **headers: str) -> bytes:
        content = body if isinstance(body, bytes) else json.dumps(body, ensure_ascii=False).encode()
        kind = "text/html" if isinstance(body, bytes) else "application/json"
        lines = {"Content-Type": kind, "Content-Length": str(len(content))}
        lines |= {name.replace("_", "-"): value for name, value in headers.items()}
        head = "".join(f"{name}: {value}\r\n" for name, value in lines.items())
        return f"HTTP/1.1 {status} Whatever\r\n{head}\r\n".encode() + content

    return build


@pytest.fixture
def certificate(tmp_path: Path) -> Callable[..., ssl.SSLContext]:
    """``certificate(key, ends)``: a TLS context of a server with this key, valid until so many days from now."""

    def make(key: ec.EllipticCurvePrivateKey, ends: int = 100, into: ssl.SSLContext | None = None) -> ssl.SSLContext:
        file = tmp_path / f"{uuid.uuid4()}.pem"
        name = x509.Name([x509.NameAttribute(NameOID.COMMON_NAME, "nobody asks")])
        begins, now = timedelta(days=-300), datetime.now(UTC)
        built = x509.CertificateBuilder().subject_name(name).issuer_name(name).public_key(key.public_key())
        built = built.serial_number(x509.random_serial_number()).not_valid_before(now + begins)
        signed = built.not_valid_after(now + timedelta(days=ends)).sign(key, hashes.SHA256())
        form, plain = serialization.PrivateFormat.PKCS8, serialization.NoEncryption()
        private = key.private_bytes(serialization.Encoding.PEM, form, plain)
        file.write_bytes(private + signed.public_bytes(serialization.Encoding.PEM))
        context = into or ssl.SSLContext(ssl.PROTOCOL_TLS_SERVER)
        context.load_cert_chain(file)
        return context

    return make


@pytest.fixture
def pin_of() -> Callable[[ec.EllipticCurvePrivateKey], str]:
    """``pin_of(key)``: by which a gate knows this key."""

    def make(key: ec.EllipticCurvePrivateKey) -> str:
        der, form = serialization.Encoding.DER, serialization.PublicFormat.SubjectPublicKeyInfo
        digest = hashlib.sha256(key.public_key().public_bytes(der, form)).digest()
        return base64.urlsafe_b64encode(digest).rstrip(b"=").decode()

    return make
