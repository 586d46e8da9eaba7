"""The guests: what each is up to and holds up, what he saw, and the tickets that are still to be presented."""

from __future__ import annotations

import itertools
from collections.abc import Sequence
from dataclasses import dataclass, field
from enum import StrEnum
from pathlib import Path

import segno
from PIL import Image

from kiosk.demo.scenes import Ticket


class Kind(StrEnum):
    """What a guest is up to."""

    HONEST = "honest"
    TWICE = "twice"  # comes again once inside, for a friend
    PAIR = "pair"  # one ticket, two people, two gates, at the same time
    SHEET = "sheet"  # several tickets on one sheet of paper, then each alone
    FORGED = "forged"  # the uuid of a real ticket under a signature that nobody made
    CANCELLED = "cancelled"


@dataclass(eq=False)
class Guest:
    """One person. ``tickets`` are uuids: one, but for a sheet."""

    kind: Kind
    tickets: tuple[str, ...]
    frame: Path
    waited_at: list[int] = field(default_factory=list)  # gates that told "please wait", or nothing; the last one last
    comes_again: int = 0  # times, once inside
    turns_back: bool = False  # once, before an open gate with a passage sensor


@dataclass(frozen=True, slots=True)
class Visit:
    """One presentation as the guest saw it. Monotonic seconds. ``verdict`` None: the gate said nothing."""

    gate: str
    kind: Kind
    tickets: tuple[str, ...]
    since: float
    until: float
    verdict: str | None
    reason: str | None
    about: str | None  # the ticket of that verdict
    opened_for: str | None  # the ticket that the gate opened for
    went_in: str | None  # the same, but for somebody who turned back


class Book:
    """Tickets that nobody has presented yet, and what must become of those that were."""

    def __init__(self, tickets: Sequence[Ticket], cancelled: Sequence[Ticket], folder: Path) -> None:
        folder.mkdir()
        self._folder = folder
        self._numbers = itertools.count()
        self._fresh = list(tickets)
        self.cancelled = cancelled
        self.may_enter: dict[str, bool] = {}

    def take(self, may_enter: bool = True) -> Ticket:
        """A fresh one. Raises IndexError when the organiser made too few."""
        ticket = self._fresh.pop()
        self.may_enter[ticket.uuid] = may_enter
        return ticket

    def picture(self, *codes: str) -> Path:
        """What the camera sees of these codes, in a file: small and sharp, since reading is not what is tried."""
        path = self._folder / f"{next(self._numbers):05d}.png"
        images: list[Image.Image] = []
        for code in codes:
            segno.make_qr(code, error="l", boost_error=False, mask=0).save(str(path), scale=3, border=4)
            with Image.open(path) as drawn:
                images.append(drawn.convert("L"))
        sheet = Image.new("L", (sum(image.width for image in images), images[0].height), 255)
        for number, image in enumerate(images):
            sheet.paste(image, (number * images[0].width, 0))
        sheet.save(path, compress_level=1)
        return path
