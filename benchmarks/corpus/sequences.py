"""Sequences of frames: a code comes into view while the camera finds focus and exposure and the hand comes to rest."""

from __future__ import annotations

import math
from collections.abc import Iterator
from dataclasses import dataclass

import numpy as np

from benchmarks.corpus import things
from benchmarks.corpus.camera import SIZES, Frame, View, frame
from benchmarks.corpus.things import Medium

FRAMES = 30
_WHOLE = 3  # the first frame in which the code is whole


@dataclass(frozen=True, slots=True)
class Arrival:
    """One code coming into view: its text and its frames, to be rendered as they are asked for."""

    text: str
    seed: tuple[int, int]

    def frames(self) -> Iterator[Frame]:
        """FRAMES pictures of 640x480."""
        random = np.random.default_rng([*self.seed, 1])
        kind = _kind(self.seed)
        dark = things.dark_modules(self.text, kind, random)
        medium: Medium = ("paper", "phone", "dark phone")[int(random.choice(3, p=[0.4, 0.5, 0.1]))]
        tones = (random.uniform(25, 70), random.uniform(190, 250))
        size = SIZES[0]
        near = random.uniform(0.48, 0.66) * size[1] / len(dark)  # pixels a module, in the end
        far = near * random.uniform(0.6, 0.9)
        thing = things.ticket(dark, medium, max(2, round(near * 1.2)), tones, random)
        tilt, roll = random.uniform(-22, 22, 2), random.uniform(-25, 25)
        focus = random.uniform(0.27, 0.4), random.uniform(0.4, 0.9), random.uniform(4, 11)
        light = random.uniform(0.8, 1.3), random.choice([0.3, 2.6]), random.uniform(3, 8)
        hand = random.uniform(0.0, 0.6), random.uniform(1, 2.5), random.uniform(3, 8)
        noise, side = random.uniform(1.5, 6), random.choice([-1, 1])
        for number in range(FRAMES):
            calm = 1 - math.exp(-number / 9)
            sway = random.normal(0, 0.008, 2)
            come = max(0.0, 1 - number / _WHOLE) * 0.5
            view = View(
                size,
                module=far + (near - far) * calm,
                turn=(tilt[0] * (1.4 - calm), tilt[1] * (1.4 - calm), roll + random.normal(0, 1)),
                at=(side * come + sway[0], 0.2 * come + sway[1]),
                gain=_settled(light, number),
                defocus=_settled(focus, number),
                smear=(_settled(hand, number), random.uniform(-30, 30)),
                noise=noise,
            )
            yield frame(thing, view, random, self.seed[1])


def arrivals(seed: int, count: int) -> Iterator[Arrival]:
    """So many codes, each with a way of its own into view."""
    for number in range(count):
        random = np.random.default_rng([seed, number])
        yield Arrival(things.content(_kind((seed, number)), random), (seed, number))


def _kind(seed: tuple[int, int]) -> things.Kind:
    return things.kind(np.random.default_rng([*seed, 2]))


def _settled(course: tuple[float, float, float], number: int) -> float:
    """(in the end, more than that at first, frames until a third of it is left)."""
    end, more, frames = course
    return end + more * math.exp(-number / frames)
