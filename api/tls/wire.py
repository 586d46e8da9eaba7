"""TLS on the listener's connections: handshakes and reading without waiting, so that no client holds a thread."""

from __future__ import annotations

import contextlib
import json
import socket
import ssl
from typing import Any

from cheroot.errors import FatalSSLAlert
from cheroot.makefile import MakeFile
from cheroot.ssl import Adapter

from api.inbox import Inbox
from api.tls.identity import Identity

_SAID = "This port speaks TLS, and was spoken to without: the address begins with https://"
_BODY = json.dumps({"success": False, "error": _SAID, "message": _SAID, "code": "bad_request"}).encode()
_HINT = b"HTTP/1.1 400 Bad Request\r\nContent-Type: application/json\r\nConnection: close\r\nContent-Length: %d\r\n\r\n"
_RECORD_MAX = 16 * 1024  # bytes; one record of TLS, whole: nothing that select() can't see is left in OpenSSL


class Tls(Adapter):
    """What cheroot asks to wrap each new connection."""

    def __init__(self, identity: Identity) -> None:
        self._identity = identity

    def bind(self, sock: socket.socket) -> socket.socket:
        """The listening socket stays as it is."""
        return sock

    def wrap(self, sock: socket.socket) -> tuple[ssl.SSLSocket, dict[str, str]]:
        """The connection before its handshake, which comes as the client's bytes do; and WSGI's words for it."""
        try:
            wrapped = self._identity.context.wrap_socket(sock, server_side=True, do_handshake_on_connect=False)
        except OSError as error:  # the client has gone already
            sock.close()
            raise FatalSSLAlert(str(error)) from error
        return wrapped, self.get_environ()

    def get_environ(self) -> dict[str, str]:
        """What WSGI is told beside the scheme."""
        return {"HTTPS": "on"}

    def makefile(self, sock: socket.socket, mode: str = "r", bufsize: int = -1) -> Any:
        """Cheroot's own file for writing; reading goes through the inbox."""
        return MakeFile(sock, mode, bufsize)


class TlsInbox(Inbox):
    """The reading side of one connection by TLS."""

    def __init__(self, connection: ssl.SSLSocket) -> None:
        super().__init__(connection)
        self._tls = connection
        self._is_greeted = False

    @property
    def awaits_more(self) -> bool:
        """From the first moment on: a handshake is something that a client has to end."""
        return not self._is_greeted or super().awaits_more

    def gather(self) -> bool:
        """Go on with the handshake, or take one record, without waiting; False when there is no going on."""
        patience = self._tls.gettimeout()
        self._tls.settimeout(0)
        try:
            if not self._is_greeted:
                self._tls.do_handshake()
                self._is_greeted = True
            part = self._tls.recv(_RECORD_MAX)
        except ssl.SSLWantReadError:
            return True
        except ssl.SSLError as error:
            if error.reason == "HTTP_REQUEST":
                self._hint()
            return False
        except (OSError, ValueError):  # no TLS, a broken record, a client who takes nothing; ValueError: closed
            return False
        finally:
            with contextlib.suppress(OSError):  # closed meanwhile
                self._tls.settimeout(patience)
        self._bytes += part
        return bool(part)

    def _hint(self) -> None:
        """Tell who forgot the s of https, in words that any browser shows. Past SSLSocket, whose own would encrypt."""
        with contextlib.suppress(OSError):  # gone, or it takes nothing
            socket.socket.recv(self._tls, _RECORD_MAX)  # what is left unread would reset the connection, and the hint
            socket.socket.send(self._tls, _HINT % len(_BODY) + _BODY)

    def say_goodbye(self) -> None:
        """Tell the client that nothing follows, so that it can tell an end from a cut. Waits for nothing."""
        if not self._is_greeted:
            return
        with contextlib.suppress(OSError, ValueError):  # it has gone, or says nothing back; ValueError: no TLS any more
            self._tls.settimeout(0)
            self._tls.unwrap()
