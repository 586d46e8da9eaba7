"""Single frames: a ticket in each of 17 troubles, and what is no ticket."""

from __future__ import annotations

from collections.abc import Callable, Iterator
from dataclasses import dataclass, replace

import numpy as np

from benchmarks.corpus import things
from benchmarks.corpus.camera import SIZES, Frame, View, frame
from benchmarks.corpus.things import Medium, Random


@dataclass(frozen=True, slots=True)
class Sample:
    """A frame, what trouble it shows, and the text of the ticket in it; None when there is none."""

    trouble: str
    gray: Frame
    text: str | None


Trouble = Callable[[View, Random], View]


def _mixed(view: View, random: Random) -> View:
    """What a gate sees on a wet evening: two of the others at half strength."""
    for index in random.choice(6, 2, replace=False):
        match index:
            case 0:
                view = replace(view, turn=(random.uniform(-25, 25), random.uniform(-25, 25), view.turn[2]))
            case 1:
                view = replace(view, defocus=random.uniform(0.2, 0.36))
            case 2:
                view = replace(view, noise=random.uniform(4, 12))
            case 3:
                view = replace(view, glare=random.uniform(0.02, 0.06))
            case 4:
                view = replace(view, thumb=random.uniform(0.03, 0.09))
            case _:
                view = replace(view, smear=(random.uniform(0.3, 1.0), random.uniform(0, 180)))
    return view


TROUBLES: dict[str, Trouble] = {
    "clean": lambda v, _: v,
    "phone_dim": lambda v, r: replace(v, noise=r.uniform(1, 3)),
    "phone_inverted": lambda v, _: v,
    "phone_moire": lambda v, r: replace(v, moire=r.uniform(0.06, 0.24)),
    "small_modules": lambda v, r: replace(v, module=r.uniform(1.5, 2.5), defocus=r.uniform(0.2, 0.32)),
    "perspective": lambda v, r: replace(v, turn=(_tilt(r), _tilt(r), v.turn[2])),
    "defocus": lambda v, r: replace(v, defocus=r.uniform(0.38, 0.6)),
    "motion": lambda v, r: replace(
        v, module=r.uniform(4.2, min(7.5, v.module * 2)), smear=(r.uniform(0.9, 2.3), r.uniform(0, 180))
    ),
    "low_light": lambda v, r: replace(v, gain=r.uniform(0.25, 0.8), noise=r.uniform(8, 26)),
    "night_screen": lambda v, r: replace(v, hall=0.1, gain=r.uniform(2.5, 11), noise=r.uniform(1.5, 4)),
    "glare": lambda v, r: replace(v, glare=r.uniform(0.05, 0.14)),
    "shadow": lambda v, r: replace(v, shadow=r.uniform(0.4, 0.75)),
    "finger": lambda v, r: replace(v, thumb=r.uniform(0.09, 0.2)),
    "crumple": lambda v, r: replace(v, crumple=r.uniform(0.2, 1.0)),
    "jpeg": lambda v, r: replace(v, quality=int(r.integers(22, 50))),
    "cracks": lambda v, r: replace(v, cracks=int(r.integers(2, 9))),
    "gate_mix": _mixed,
}
PHONES = {"phone_dim", "phone_inverted", "phone_moire", "night_screen", "cracks"}
EMPTY = ("text", "barcode", "broken", "texture", "street")


def tickets(seed: int, each: int) -> Iterator[Sample]:
    """``each`` frames of every trouble."""
    for trouble, change in TROUBLES.items():
        for number in range(each):
            random = np.random.default_rng([seed, number, *trouble.encode()])
            yield _ticket(trouble, change, random)


def empty(seed: int, each: int) -> Iterator[Sample]:
    """``each`` frames of every kind that holds no ticket."""
    for what in EMPTY:
        for number in range(each):
            random = np.random.default_rng([seed, number, *what.encode()])
            yield Sample(what, _nothing(what, random), None)


def _tilt(random: Random) -> float:
    return float(random.choice([-1, 1]) * random.uniform(15, 45))


def _ticket(trouble: str, change: Trouble, random: Random) -> Sample:
    kind = things.kind(random)
    text = things.content(kind, random)
    dark = things.dark_modules(text, kind, random)
    size = SIZES[int(random.choice(3, p=[0.76, 0.12, 0.12]))]
    module = random.uniform(2.6, 5.5) if len(dark) < 60 else random.uniform(2.6, 4.8)
    turn = (random.uniform(-8, 8), random.uniform(-8, 8), random.uniform(-180, 180))
    view = View(size, module, turn, defocus=random.uniform(0.1, 0.2), noise=random.uniform(0.5, 2))
    view = change(view, random)
    view = replace(view, module=min(view.module, 0.68 * size[1] / len(dark)))  # whole in view, however turned
    room_left = max(0.0, 0.5 - 0.71 * view.module * len(dark) / size[1])
    view = replace(view, at=(random.uniform(-1, 1) * room_left, random.uniform(-1, 1) * room_left))
    medium: Medium = "dark phone" if trouble == "phone_inverted" else "phone" if trouble in PHONES else "paper"
    if trouble in ("finger", "glare", "gate_mix", "motion", "defocus") and random.integers(2):
        medium = "phone"
    white = random.uniform(195, 250)
    tones = (random.uniform(25, 70), white) if trouble != "phone_dim" else (60.0, random.uniform(85, 150))
    thing = things.ticket(dark, medium, max(2, round(view.module * 1.2)), tones, random)
    return Sample(trouble, frame(thing, view, random, int(random.integers(1 << 30))), text)


def _nothing(what: str, random: Random) -> Frame:
    view = View(SIZES[int(random.choice(3, p=[0.8, 0.1, 0.1]))], turn=(0, 0, random.uniform(-180, 180)))
    view = replace(view, module=random.uniform(2.5, 6.0), noise=random.uniform(0.5, 4))
    room = int(random.integers(1 << 30))
    if what == "street":
        return frame(None, view, random, room)
    if what == "texture":
        return frame(_texture(random), replace(view, module=8.0), random, room)
    return frame(things.other(what, random), view, random, room)


def _texture(random: Random) -> things.Thing:
    """Tiles, stripes or noise over more than the whole frame."""
    y, x = np.mgrid[0:900, 0:1200]
    step = int(random.integers(4, 30))
    patterns = (
        (x // step + y // step) % 2,
        (x // step) % 2,
        random.uniform(0, 1, (900, 1200)),
        np.kron(random.uniform(0, 1, (900 // 12, 1200 // 12)), np.ones((12, 12))),
    )
    face = 60 + 150 * patterns[random.integers(4)]
    return things.Thing(face.astype(np.float32), (300, 150, 600), 75)
