"""The guest screen: what the gate says, as a page on this machine's loopback for a browser in kiosk mode.

One more screen behind ``edges.Signs``, fed from where lamps and terminal are. It cannot disturb the gate: to show
is one lock and one assignment, whoever reads has a thread of their own, and what fails here is told and no more.
"""

from __future__ import annotations

import logging
import threading
import time

from kiosk import settings
from kiosk.edges import State
from kiosk.guest.board import Board
from kiosk.guest.branding import Brand, BrandFault, load_brand
from kiosk.guest.message import message
from kiosk.guest.stand import Stand
from kiosk.tech.invitation import Invitation
from kiosk.verdict import Verdict

__all__ = ["GuestScreen"]

OPEN_AGAIN_S = 5.0

log = logging.getLogger(__name__)


class GuestScreen:
    """Implements ``edges.Signs``. For the main loop; nothing here raises or waits."""

    def __init__(self, chosen: settings.Screen, port: int) -> None:
        """Listen on ``port`` of loopback; when that can't be, ``turned`` says why and tries again."""
        self._languages = chosen.languages
        self._greets_by_name = chosen.first_name
        self._port = port
        self._brand, self._brand_trouble = _brand(chosen)
        look = {"theme": chosen.theme, "camera": chosen.camera_at, "brand": self._brand.as_seen()}
        self._board = Board(look)
        self._stand: Stand | None = None
        self._trouble: str | None = None
        self._open_at = time.monotonic()
        self._open()

    @property
    def url(self) -> str | None:
        """Of the page; None while it is not served."""
        return None if self._stand is None else self._stand.url

    def show(self, state: State, verdict: Verdict | None = None, trouble: str | None = None) -> None:
        """Show this from now on, at every page that is open."""
        self._board.put(message(state, verdict, trouble, self._languages, self._brand.words, self._greets_by_name))

    def invite(self, invitation: Invitation | None) -> None:
        """Where the tech page is and what lets one in, below whatever is shown, until None."""
        self._board.invite(None if invitation is None else invitation.as_seen(self._languages))

    def turned(self, now: float) -> str | None:
        """The main loop turns, so pages may trust what they show. Returns what is wrong with this screen, or None."""
        self._board.turned()
        if self._stand is not None and not self._stand.is_alive():
            self._shut()
            self._trouble = "its thread died: no guest screen until it is opened again, by itself"
        if self._stand is None and now >= self._open_at:
            self._open()
        return self._trouble or self._brand_trouble

    def close(self) -> None:
        """Tell every page that the gate is gone, and stop listening."""
        self._board.close()
        self._shut()
        self._open_at = float("inf")

    def _open(self) -> None:
        self._open_at = time.monotonic() + OPEN_AGAIN_S
        try:
            self._stand = Stand(self._port, self._board, self._brand.logo)
        except OSError as error:
            self._trouble = (
                f"port {self._port} of 127.0.0.1 can't be had ({error.strerror}): no guest screen; "
                "choose another [screen] guest_port, or stop what has it: ss -ltnp"
            )
            return
        except RuntimeError as error:  # no thread can be started: the gate goes on, and it is tried again
            self._trouble = f"no thread for the guest screen ({error})"
            return
        self._trouble = None

    def _shut(self) -> None:
        stand, self._stand = self._stand, None
        if stand is not None:  # its own thread is told to end, and the main loop does not wait for that
            threading.Thread(target=stand.close, name="guest screen ends", daemon=True).start()


def _brand(chosen: settings.Screen) -> tuple[Brand, str | None]:
    """The organiser's look, or ours and why."""
    if chosen.branding is None:
        return Brand(), None
    try:
        return load_brand(chosen.branding), None
    except BrandFault as fault:
        log.warning("the gate shows its own look: %s", fault)
        return Brand(), str(fault)
