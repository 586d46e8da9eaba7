"""Who the server is by TLS: its own certificate or one it was given, and the context that shows it to clients."""

from __future__ import annotations

import logging
import ssl
import threading
import time
from collections.abc import Callable
from datetime import UTC, date, datetime, timedelta
from pathlib import Path
from urllib.parse import urlsplit

from cryptography import x509

from api.settings import Settings
from api.store import urls
from api.tls import pin, self_made
from api.tls.self_made import TlsError

_log = logging.getLogger("api.tls")
_LOOKED_AT_EVERY_S = 60.0
_ENDS_SOON = timedelta(days=14)  # as a gate's doctor counts it


class Identity:
    """What the server shows to its clients. ``context`` may be read by any thread; it is replaced when files change."""

    def __init__(
        self,
        files: Callable[[], tuple[Path, Path]],
        is_self_made: bool,
        clock: Callable[[], datetime] = lambda: datetime.now(UTC),
    ) -> None:
        """``files`` gives the certificate's and the key's file, made where that is needed. Raises TlsError."""
        self._files = files
        self._is_self_made = is_self_made
        self._clock = clock
        self._dates_told_on: date | None = None
        self._lock = threading.Lock()
        self._looked_at = time.monotonic()
        certificate, key = files()
        self._seen = _versions(certificate, key)
        self.context = _context(certificate, key)
        self.pin = pin.of_certificate(_leaf(certificate)) if is_self_made else ""
        self._tell_dates(certificate)

    def refresh(self, every_s: float = _LOOKED_AT_EVERY_S) -> None:
        """Renew what is due and take over files that changed; connections that are open go on as they are.

        Called often; looks once in ``every_s`` seconds. What can't be used is told in the log, and the old one stays.
        """
        with self._lock:
            if time.monotonic() - self._looked_at < every_s:
                return
            self._looked_at = time.monotonic()
            try:
                certificate, key = self._files()
                versions = _versions(certificate, key)
                if versions != self._seen:
                    self.context, self._seen = self._renewed(certificate, key), versions
                    self._dates_told_on = None
                    _log.info("the certificate was renewed: connections from now on are shown it")
                self._tell_dates(certificate)
            except TlsError as error:
                _log.warning("the certificate stays as it was: %s", error)

    def _renewed(self, certificate: Path, key: Path) -> ssl.SSLContext:
        if self._is_self_made and pin.of_certificate(_leaf(certificate)) != self.pin:
            raise TlsError("it has another key, which no paired gate would trust; restart the server to use it")
        return _context(certificate, key)

    def _tell_dates(self, certificate: Path) -> None:
        """In the log, once a day: that clients refuse the certificate by its dates, or soon will."""
        now = self._clock()
        if self._is_self_made or self._dates_told_on == now.date():  # gates don't ask for the dates of one self-made
            return
        self._dates_told_on = now.date()
        try:
            shown = _leaf(certificate)
        except TlsError:  # OpenSSL took it, and it is served
            return
        begins, ends = shown.not_valid_before_utc, shown.not_valid_after_utc
        if now < begins:
            _log.warning(
                "%s begins on %s: no gate trusts it before; is this machine's clock right?", certificate, begins
            )
        elif now > ends:
            _log.error("%s ended on %s: no gate trusts it any more; put a new one in its place", certificate, ends)
        elif now > ends - _ENDS_SOON:
            _log.warning("%s ends on %s: after that no gate trusts it; put a new one in its place", certificate, ends)


def of_settings(settings: Settings) -> Identity | None:
    """Who this server is; None: it speaks plain HTTP. Raises TlsError."""
    wanted, server = settings.tls, settings.server
    if wanted.self_made:
        folder = folder_of(settings)
        hosts = {server.host, urlsplit(server.public_url).hostname or ""} - {"0.0.0.0", "::"}  # noqa: S104 - compared
        return Identity(lambda: self_made.kept(folder, self_made.own_names(hosts)), is_self_made=True)
    if wanted.certificate is not None and wanted.key is not None:
        given = wanted.certificate, wanted.key
        return Identity(lambda: given, is_self_made=False)
    return None


def folder_of(settings: Settings) -> Path:
    """Where the server keeps the key and certificate that it makes for itself. Raises TlsError."""
    if settings.tls.folder is not None:
        return settings.tls.folder
    place = urls.parse(settings.database)
    if isinstance(place, Path):
        return place.with_name(f"{place.name}.tls")
    raise TlsError(
        "a database on PostgreSQL has no folder for the certificate: say where, "
        '[tls] folder = "/var/lib/portillon/tls"; '
        "several servers of one database must share it, so that gates know them all"
    )


def _versions(*files: Path) -> tuple[tuple[int, int, int], ...]:
    """What changes when a file does. Raises TlsError."""
    try:
        stats = [file.stat() for file in files]
    except OSError as error:
        raise _unusable(files[0], error) from error
    return tuple((stat.st_mtime_ns, stat.st_size, stat.st_ino) for stat in stats)


def _context(certificate: Path, key: Path) -> ssl.SSLContext:
    context = ssl.SSLContext(ssl.PROTOCOL_TLS_SERVER)
    context.minimum_version = ssl.TLSVersion.TLSv1_2
    # A client who is cut for its slowness is still told so; a body that ends early is known by its length.
    context.options |= ssl.OP_IGNORE_UNEXPECTED_EOF
    try:
        context.load_cert_chain(certificate, key, password=_no_password)
    except (OSError, ValueError) as error:
        raise _unusable(certificate, error) from error
    return context


def _no_password() -> str:
    """OpenSSL would ask at the terminal, for ever."""
    raise ValueError("the key is encrypted; store it without a password, readable by the server only")


def _leaf(certificate: Path) -> x509.Certificate:
    try:
        return x509.load_pem_x509_certificate(certificate.read_bytes())
    except (OSError, ValueError) as error:
        raise _unusable(certificate, error) from error


def _unusable(certificate: Path, error: Exception) -> TlsError:
    return TlsError(
        f"the certificate {certificate} and its key can't be used ({error}): no gate is served by TLS; "
        "see that both are PEM, belong together and may be read by the user who runs the server"
    )
