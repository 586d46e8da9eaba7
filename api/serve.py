"""The server's life: listen, say so, answer until told to stop, finish what is under way, leave."""

from __future__ import annotations

import logging
import os
import signal
import threading
from collections.abc import Callable
from typing import TYPE_CHECKING

from api.access import Access
from api.lane import Lane, Together
from api.listener import Listener
from api.notify import Notify
from api.settings import Settings
from api.tls.identity import Identity

if TYPE_CHECKING:
    from _typeshed.wsgi import WSGIApplication

_log = logging.getLogger("api.serve")
_STOP = (signal.SIGTERM, signal.SIGINT)
_TICK_S = 1.0
_STUCK_S = 30.0  # no sign of life to systemd after this; a kiosk gives up after 5 s at most
_GRACE_S = 1.0  # beyond stop_within_s, for closing sockets and joining threads


class CannotListenError(OSError):
    """The address is taken, not ours, or no address at all. The text says which."""


def hold_signals() -> None:
    """Keep SIGTERM and SIGINT for ``serve``. Call it before any thread starts: threads inherit the mask."""
    signal.pthread_sigmask(signal.SIG_BLOCK, _STOP)


def serve(
    app: WSGIApplication,
    settings: Settings,
    announce: Callable[[str], None],
    identity: Identity | None = None,
    together: Together | None = None,
) -> int:
    """Serve ``app`` until SIGTERM or SIGINT; ``announce`` gets the URL once it listens. Returns the exit code.

    ``identity``: who the server is by TLS; None: it speaks plain HTTP. ``together``: calls of the application that one
    thread answers, many at once; None: each has a thread, as all others.

    Raises CannotListenError when the address can't be bound, and what ``announce`` raises. ``hold_signals`` must have
    been called.
    """
    access = Access(app, settings.server.trusted_proxies, settings.log.access)
    lane = Lane(access.around(together)) if together is not None else None
    listener = Listener(access, settings.server, identity, lane)
    try:
        listener.prepare()
    except OSError as error:
        raise CannotListenError(f"{settings.server.host}:{settings.server.port}: {error.__cause__ or error}") from error
    notify = Notify()
    thread = threading.Thread(target=listener.serve, name="listener", daemon=True)
    thread.start()
    try:
        announce(listener.url)
        notify.ready(f"listening on {listener.url}")
        reason = _watch(listener, thread, notify, identity)
    except BaseException as error:  # left alone, its threads would keep this process, over a store that is closed
        _leave(listener, notify, type(error).__name__, settings.server.stop_within_s)
        raise
    _leave(listener, notify, reason or "the listener died", settings.server.stop_within_s)
    return 0 if reason else 1


def _leave(listener: Listener, notify: Notify, why: str, within_s: float) -> None:
    """Stop, whatever the reason; where a request does not end in time, the process ends here."""
    notify.stopping()
    _log.info("stopping: %s", why)
    if not _stopped(listener, within_s):
        _log.error("stopped, but a request is still running after %g s", within_s)
        logging.shutdown()
        os._exit(1)  # its thread can't be ended; what it had committed is durable
    _log.info("stopped")


def _watch(listener: Listener, thread: threading.Thread, notify: Notify, identity: Identity | None) -> str:
    """Once a tick, look after clients and certificate, and tell systemd.

    Returns the signal's name, or "" when the listener died.
    """
    tick = min(_TICK_S, notify.watchdog_s / 2) if notify.watchdog_s else _TICK_S
    while thread.is_alive() and not listener.is_maimed():
        if received := signal.sigtimedwait(_STOP, tick):
            return signal.Signals(received.si_signo).name
        listener.cut_slow_clients()
        if identity is not None:
            identity.refresh()
        if notify.watchdog_s and not listener.is_stuck(_STUCK_S):
            notify.alive()
    return ""


def _stopped(listener: Listener, within_s: float) -> bool:
    """Take no new request, finish those under way; False when one is still running after ``within_s``."""
    is_done = threading.Event()  # and not the thread's end, which is one by an error too

    def stop() -> None:
        listener.stop()
        is_done.set()

    threading.Thread(target=stop, name="stopper", daemon=True).start()
    return is_done.wait(within_s + _GRACE_S)
