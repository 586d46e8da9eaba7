"""``portillon-kiosk tech``: has the running gate open its tech page, and says where it is and what lets one in."""

from __future__ import annotations

import sys

from kiosk.settings import Settings
from kiosk.tech.asking import ask
from kiosk.tech.invitation import Invitation
from kiosk.tech.words import said


def run(chosen: Settings, closes: bool) -> int:
    """Open it, or close it; 1 with what to do when that can't be. Raises PermissionError."""
    language = chosen.screen.languages[0]
    if chosen.tech.port is None:
        return _refuse(said("is_off", language))
    told = ask(chosen.state_dir, "close" if closes else "open")
    if told is None:
        return _refuse(said("no_gate", language))
    if closes:
        print(said("closed_now" if told.get("closed") else "was_closed", language))
        return 0
    if "code" not in told:
        return _refuse(f"{said('not_open', language)} {told.get('refused', '')}")
    invitation = Invitation(tuple(told["urls"]), told["code"], told["fingerprint"])
    print("\n".join(invitation.lines(language)))
    if sys.stdout.isatty():
        print(invitation.qr())
    return 0


def _refuse(why: str) -> int:
    print(why, file=sys.stderr)
    return 1
