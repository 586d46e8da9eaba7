"""A key and a self-signed certificate of this server's own: made when missing, renewed around the same key."""

from __future__ import annotations

import contextlib
import ipaddress
import os
import socket
from collections.abc import Iterable
from datetime import UTC, datetime, timedelta
from pathlib import Path

import ifaddr
from cryptography import x509
from cryptography.hazmat.primitives import hashes
from cryptography.hazmat.primitives.asymmetric import ec
from cryptography.hazmat.primitives.serialization import (
    Encoding,
    NoEncryption,
    PrivateFormat,
    PublicFormat,
    load_pem_private_key,
)
from cryptography.x509.oid import ExtendedKeyUsageOID, NameOID

from api.operations import drafts

KEY_FILE, CERTIFICATE_FILE = "key.pem", "certificate.pem"
# With the day before, 396 days: browsers refuse more than 398 (CA/Browser Forum, ballot SC31).
_VALID_FOR = timedelta(days=395)
_BEGINS_BEFORE = timedelta(days=1)  # a client's clock may be behind
_RENEWED_BEFORE_END = timedelta(days=30)
_NAME_MAX = 64  # characters of a common name (RFC 5280, upper bounds)


class TlsError(RuntimeError):
    """No TLS can be spoken. The text says what happened and what to do."""


def own_names(also: Iterable[str] = ()) -> frozenset[str]:
    """What this machine may be called by: its names, its name on the local network, its addresses now, and ``also``."""
    bare = socket.gethostname().partition(".")[0]
    names = {*also, socket.gethostname(), bare, f"{bare}.local", "localhost", "127.0.0.1", "::1"}
    with contextlib.suppress(OSError):  # a machine without a network has none
        names |= {_address(ip) for adapter in ifaddr.get_adapters() for ip in adapter.ips}
    return frozenset(name for name in names if _general(name) is not None)


def _address(ip: ifaddr.IP) -> str:
    """As text; "" for one that means something on one cable only."""
    if isinstance(ip.ip, str):
        return ip.ip
    address, _, scope = ip.ip
    return "" if scope else address


def kept(folder: Path, names: Iterable[str], now: datetime | None = None) -> tuple[Path, Path]:
    """The certificate's and the key's file in this folder (0700; the key 0600). Makes whatever is missing.

    The certificate is made anew, around the same key, when it ends within 30 days, has not begun, or lacks one of
    ``names``. Several processes may do this at once: the first key stays. Raises TlsError.
    """
    moment = now or datetime.now(UTC)
    certificate, key_file = folder / CERTIFICATE_FILE, folder / KEY_FILE
    try:
        folder.mkdir(mode=0o700, parents=True, exist_ok=True)
        if folder.stat().st_mode & 0o077:
            folder.chmod(0o700)
        key = _key(key_file)
        if not _is_good(certificate, key, frozenset(names), moment):
            _put(certificate, _signed(key, sorted(names), moment).public_bytes(Encoding.PEM), replacing=True)
    except OSError as error:
        raise TlsError(
            f"the certificate's folder {folder} can't be used ({error.strerror or error}): no gate is served by TLS; "
            "see that it belongs to the user who runs the server, or choose another: [tls] folder"
        ) from error
    return certificate, key_file


def _key(file: Path) -> ec.EllipticCurvePrivateKey:
    """The kept key, made when there is none. One that can't be read is never replaced: gates know it."""
    if not file.exists():
        made = ec.generate_private_key(ec.SECP256R1())
        _put(file, made.private_bytes(Encoding.PEM, PrivateFormat.PKCS8, NoEncryption()), replacing=False)
    try:
        key = load_pem_private_key(file.read_bytes(), None)
    except (ValueError, TypeError) as error:
        raise TlsError(
            f"the key {file} is damaged: no gate is served by TLS, and paired gates trust this key alone; restore it "
            "from a backup, or remove it: then a new one is made and every gate must be paired anew"
        ) from error
    if not isinstance(key, ec.EllipticCurvePrivateKey):
        raise TlsError(f"the key {file} is not one that Portillon made; use it with --tls-cert and --tls-key")
    return key


def _is_good(file: Path, key: ec.EllipticCurvePrivateKey, names: frozenset[str], now: datetime) -> bool:
    try:
        certificate = x509.load_pem_x509_certificate(file.read_bytes())
        told = certificate.extensions.get_extension_for_class(x509.SubjectAlternativeName).value
    except (FileNotFoundError, ValueError, x509.ExtensionNotFound):
        return False
    return (
        _spki(certificate.public_key()) == _spki(key.public_key())
        and certificate.not_valid_before_utc <= now <= certificate.not_valid_after_utc - _RENEWED_BEFORE_END
        and names <= {str(general.value) for general in told}
    )


def _spki(key: object) -> bytes:
    if not isinstance(key, ec.EllipticCurvePublicKey):
        return b""
    return key.public_bytes(Encoding.DER, PublicFormat.SubjectPublicKeyInfo)


def _signed(key: ec.EllipticCurvePrivateKey, names: list[str], now: datetime) -> x509.Certificate:
    called = x509.Name([x509.NameAttribute(NameOID.COMMON_NAME, f"Portillon {socket.gethostname()}"[:_NAME_MAX])])
    generals = [general for name in names if (general := _general(name)) is not None]
    return (
        x509.CertificateBuilder()
        .subject_name(called)
        .issuer_name(called)
        .public_key(key.public_key())
        .serial_number(x509.random_serial_number())
        .not_valid_before(now - _BEGINS_BEFORE)
        .not_valid_after(now + _VALID_FOR)
        .add_extension(x509.BasicConstraints(ca=False, path_length=None), critical=True)
        .add_extension(x509.SubjectAlternativeName(generals), critical=False)
        .add_extension(x509.ExtendedKeyUsage([ExtendedKeyUsageOID.SERVER_AUTH]), critical=False)
        .sign(key, hashes.SHA256())
    )


def _general(name: str) -> x509.IPAddress | x509.DNSName | None:
    """An address or a host name as a certificate holds it; None for a host name that can't be written there."""
    try:
        return x509.IPAddress(ipaddress.ip_address(name.partition("%")[0]))
    except ValueError:
        pass
    try:
        return x509.DNSName(name) if name else None
    except ValueError:  # not ASCII
        return None


def _put(file: Path, content: bytes, replacing: bool) -> None:
    """The whole file (0600) or none of it, durably. Not ``replacing``: one that is there already stays."""
    drafts.sweep(file.parent)
    with drafts.file(file) as draft:
        with draft.open("wb") as out:
            out.write(content)
            out.flush()
            os.fsync(out.fileno())
        if replacing:
            draft.rename(file)
        else:
            with contextlib.suppress(FileExistsError):
                file.hardlink_to(draft)
    folder = os.open(file.parent, os.O_RDONLY | os.O_DIRECTORY)
    try:
        os.fsync(folder)
    finally:
        os.close(folder)
