"""The scenes of the demo: what is held up where, how it looks, and what must follow. Values only."""

from __future__ import annotations

import base64
from dataclasses import dataclass, replace
from typing import Literal

import numpy as np

from kiosk.demo.evidence import Expected
from kiosk.demo.render import Look

GateName = Literal["front", "side"]
ServerMove = Literal["stop", "start"]
LARGEST = 2953  # bytes in the largest QR code there is: version 40, level L (ISO/IEC 18004, table 7)


@dataclass(frozen=True, slots=True)
class Ticket:
    """One ticket as the organiser's shell tells it."""

    uuid: str
    code: str


@dataclass(frozen=True, slots=True)
class Cast:
    """What the organiser made before the doors open. The front gate is bound to the concert, the side gate is not."""

    front_pairing: str
    side_pairing: str
    guest: Ticket
    patient: Ticket  # comes while the server is down
    cancelled: Ticket
    elsewhere: Ticket  # of another event
    tibillet: Ticket


@dataclass(frozen=True, slots=True)
class Scene:
    """One thing held up at one gate."""

    title: str
    gate: GateName
    content: str | bytes
    look: Look
    expected: Expected
    server: ServerMove | None = None  # what happens to the ticket server before
    rested: bool = False  # only once the gate has done with whoever was there before (facts: suppress a repeat)


def scenes(cast: Cast) -> list[Scene]:
    """All scenes in the order they are played."""
    return [*_pairings(cast), *_tickets(cast), *_rubbish(), *_outage(cast)]


def _pairings(cast: Cast) -> list[Scene]:
    screen = Look("phone", share=0.5, yaw=-12, pitch=8, roll=4)
    sheet = Look("paper", share=0.46, yaw=10, pitch=-6, roll=-8, blur=1.4, noise=5, hall=2)
    return [
        Scene("its pairing code, on a phone", "front", cast.front_pairing, screen, Expected("ready")),
        Scene("its pairing code, printed", "side", cast.side_pairing, sheet, Expected("ready")),
    ]


def _tickets(cast: Cast) -> list[Scene]:
    guest, phone = cast.guest, Look("phone", share=0.38, yaw=14, pitch=-10, roll=-7, glare=0.5)
    again = Look("phone", share=0.44, yaw=-9, pitch=6, roll=11, blur=1.3)
    copy = Look("paper", share=0.36, yaw=-18, pitch=12, roll=9, blur=1.4, noise=5, hall=2)
    dark = Look("phone_dark", share=0.38, yaw=9, pitch=-14, roll=5, light=0.15, noise=6)
    forged = Look("paper", share=0.42, yaw=16, pitch=9, roll=-14, blur=1.4, noise=5)
    inverted = Look("phone_inverted", share=0.42, yaw=-8, pitch=6, roll=-4, light=0.2, noise=5)
    tibillet = Look("paper", "l", share=0.52, yaw=10, pitch=-8, roll=-5, blur=1.2, hall=2)
    return [
        _ticket("a ticket, on a phone", "front", guest, phone, _yes()),
        replace(_ticket("the same ticket again", "front", guest, again, _no("already_scanned")), rested=True),
        _ticket("its copy on paper, at the side gate", "side", guest, copy, _no("already_scanned")),
        _ticket("a cancelled ticket, dark mode", "front", cast.cancelled, dark, _no("cancelled")),
        _ticket("a forged ticket, on paper", "front", forge(cast.patient), forged, _no("invalid_signature")),
        _ticket("another event's ticket, inverted", "front", cast.elsewhere, inverted, _no("wrong_event")),
        _ticket("a TiBillet ticket, printed", "side", cast.tibillet, tibillet, _yes()),
    ]


def _rubbish() -> list[Scene]:
    url = Look("poster", "l", share=0.4, yaw=20, pitch=6, roll=3)
    card = Look("paper", share=0.3, yaw=25, pitch=-15, roll=20)
    # A square as large as a Global Shutter camera's centre (facts: Reading QR codes): 177 modules need the pixels.
    wall = Look("poster", "l", size=(1088, 1088), share=0.84, yaw=1.5, pitch=-1, roll=0.8, blur=0.8)
    address = "https://example.org/win?ticket=free#<script>"
    person = "BEGIN:VCARD\nVERSION:3.0\nN:Martin;Camille\nTEL:+33123456789\nEMAIL:camille@example.org\nEND:VCARD"
    return [
        Scene("a web address, on a poster", "front", address, url, _no("not_a_ticket"), rested=True),
        Scene("a business card", "front", person, card, _no("not_a_ticket")),
        Scene("3 KB of rubbish", "front", np.random.default_rng(1).bytes(LARGEST), wall, _no("not_a_ticket")),
    ]


def _outage(cast: Cast) -> list[Scene]:
    dim = Look("phone", share=0.4, yaw=6, pitch=-8, roll=12, screen=0.3, light=0.2, noise=6)
    waits = Expected("unknown", "no_network", lamp="amber")
    down = _ticket("a ticket while the server is down", "front", cast.patient, dim, waits)
    back = _ticket("the same ticket, the server is back", "front", cast.patient, dim, replace(_yes(), goes_on=True))
    return [replace(down, server="stop"), replace(back, server="start", rested=True)]


def forge(ticket: Ticket) -> Ticket:
    """The same data under a signature that nobody made: 64 bytes, as Ed25519 gives."""
    signature = base64.urlsafe_b64encode(np.random.default_rng(2).bytes(64)).decode()
    return Ticket(ticket.uuid, f"{ticket.code.partition(':')[0]}:{signature}")


def _yes() -> Expected:
    return Expected("admitted", lamp="green", pulses=1)


def _no(reason: str) -> Expected:
    return Expected("refused", reason, lamp="red")


def _ticket(title: str, gate: GateName, ticket: Ticket, look: Look, expected: Expected) -> Scene:
    return Scene(title, gate, ticket.code, look, replace(expected, ticket=ticket.uuid))
