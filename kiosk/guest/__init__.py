"""The guest screen: what the gate says, as a page on this machine's loopback for a browser in kiosk mode.

One more screen behind ``edges.Signs``, fed from where lamps and terminal are. It cannot disturb the gate: to show
is one lock and one assignment, whoever reads has a thread of their own, and what fails here is told and no more.
"""

from __future__ import annotations

import contextlib
import threading
import time
from typing import Any

from kiosk import settings
from kiosk.edges import State
from kiosk.guest.board import Board
from kiosk.guest.branding import Brand
from kiosk.guest.look import Look
from kiosk.guest.message import message
from kiosk.guest.stand import Stand
from kiosk.tech.invitation import Invitation
from kiosk.verdict import Verdict

__all__ = ["GuestScreen"]

OPEN_AGAIN_S = 5.0
LEFT_S = 45.0  # a browser that systemd starts again is there sooner, on a Pi too
_LEFT = (
    "the browser that showed the guest screen is not there any more, or its page crashed: nobody sees the screen; "
    "sudo systemctl restart portillon-screen"
)


class GuestScreen:
    """Implements ``edges.Signs``. For the main loop; nothing here raises or waits."""

    def __init__(self, chosen: settings.Screen, port: int) -> None:
        """Listen on ``port`` of loopback; when that can't be, ``turned`` says why and tries again."""
        self._languages = chosen.languages
        self._greets_by_name = chosen.first_name
        self._port = port
        self._chosen = chosen
        self._look = Look(chosen.branding)
        self._brand, self._brand_trouble = self._look.now
        self._board = Board(self._dress())
        self._last: tuple[State, Verdict | None, str | None] | None = None
        self._stand: Stand | None = None
        self._trouble: str | None = None
        self._open_at = time.monotonic()
        self._open()
        with contextlib.suppress(RuntimeError):  # no thread: the look stays as it is
            self._look.follow()

    @property
    def url(self) -> str | None:
        """Of the page; None while it is not served."""
        return None if self._stand is None else self._stand.url

    def show(self, state: State, verdict: Verdict | None = None, trouble: str | None = None) -> None:
        """Show this from now on, at every page that is open."""
        self._last = state, verdict, trouble
        self._board.put(message(state, verdict, trouble, self._languages, self._brand.words, self._greets_by_name))

    def invite(self, invitation: Invitation | None) -> None:
        """Where the tech page is and what lets one in, below whatever is shown, until None."""
        self._board.invite(None if invitation is None else invitation.as_seen(self._languages))

    def turned(self, now: float) -> str | None:
        """The main loop turns, so pages may trust what they show. Returns what is wrong with this screen, or None."""
        self._board.turned()
        if self._look.now[0] is not self._brand:
            self._put_on(*self._look.now)
        if self._stand is not None and not self._stand.is_alive():
            self._shut()
            self._trouble = "its thread died: no guest screen until it is opened again, by itself"
        if self._stand is None and now >= self._open_at:
            self._open()
        if self._stand is not None and now - self._board.left_since() > LEFT_S:
            return _LEFT
        return self._trouble or self._brand_trouble

    def close(self) -> None:
        """Tell every page that the gate is gone, and stop listening."""
        self._look.close()
        self._board.close()
        self._shut()
        self._open_at = float("inf")

    def _put_on(self, brand: Brand, trouble: str | None) -> None:
        """The organiser's file has changed. What is shown keeps its words, but for a gate that waits."""
        self._brand, self._brand_trouble = brand, trouble
        if self._stand is not None:
            self._stand.put_logo(brand.logo)
        self._board.dress(self._dress())
        if self._last is not None and self._last[0] is State.READY:
            self.show(*self._last)

    def _dress(self) -> dict[str, Any]:
        return {"theme": self._chosen.theme, "camera": self._chosen.camera_at, "brand": self._brand.as_seen()}

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
