"""The hand before the camera: what it holds and how, painted as the camera sees it, ten times a second at most."""

from __future__ import annotations

import threading
from collections.abc import Callable, Mapping
from dataclasses import replace

import numpy as np
from pydantic import BaseModel, ConfigDict, Field

from kiosk.demo.render import Look, render, street
from kiosk.demo.street import FRAMES_PER_S, Street
from kiosk.play.things import Thing

SIZE = (800, 600)  # pixels of a frame: painted in 30 ms, and a dense ticket can still be read
_STEADY_S = 0.3  # a hand that holds still sways a little all the same
_ANGLE, _PLACE = 0.6, 0.004  # standard deviations of that: degrees, and shares of the frame's height


class Pose(BaseModel):
    """What is held, and how; None: nothing. Shares of the frame's height, degrees, pixels; light is a share of 1."""

    model_config = ConfigDict(extra="forbid")

    thing: str | None = None
    x: float = Field(0.0, ge=-1, le=1)
    y: float = Field(0.0, ge=-1, le=1)
    share: float = Field(0.45, ge=0.08, le=1.2)
    yaw: float = Field(0.0, ge=-70, le=70)
    pitch: float = Field(0.0, ge=-70, le=70)
    roll: float = Field(0.0, ge=-180, le=180)
    blur: float = Field(1.0, ge=0.3, le=8)
    smear: float = Field(0.0, ge=0, le=60)
    light: float = Field(0.75, ge=0.02, le=1)
    glare: float = Field(0.0, ge=0, le=3)


class Hand:
    """Holds one thing at a time before this street's camera. ``seen``: called with each new picture, a JPEG."""

    def __init__(self, street: Street, things: Mapping[str, Thing], seen: Callable[[bytes], None]) -> None:
        self._street = street
        self._things = things
        self._seen = seen
        self._pose = Pose()
        self._is_new = threading.Event()
        self._is_over = False
        self._random = np.random.default_rng(1)
        self._thread = threading.Thread(target=self._run, name="hand", daemon=True)
        self._thread.start()

    def hold(self, pose: Pose) -> None:
        """Hold it so from now on. Raises KeyError for a thing that is not there."""
        if pose.thing is not None:
            self._things[pose.thing]  # its KeyError is the answer
        self._pose = pose
        self._is_new.set()

    def close(self) -> None:
        """Nobody paints any more."""
        self._is_over = True
        self._is_new.set()
        self._thread.join()

    def _run(self) -> None:
        pause = threading.Event()  # never set: a hand moves no faster than the camera looks
        while not self._is_over:
            pose = self._pose
            self._is_new.clear()
            picture = self._painted(pose)
            self._street.hold_up([picture])
            self._seen(picture)
            pause.wait(1 / FRAMES_PER_S)
            self._is_new.wait(None if pose.thing is None else _STEADY_S)

    def _painted(self, pose: Pose) -> bytes:
        seed = int(self._random.integers(2**32))
        look = Look(size=SIZE, light=pose.light, blur=pose.blur)
        if pose.thing is None:
            return street(look, seed)
        thing = self._things[pose.thing]
        turn, sway = self._random.normal(0, _ANGLE, 3), self._random.normal(0, _PLACE, 2)
        held = replace(
            look,
            medium=thing.medium,
            level=thing.level,
            share=pose.share,
            yaw=pose.yaw + turn[0],
            pitch=pose.pitch + turn[1],
            roll=pose.roll + turn[2],
            shift=(pose.x + sway[0], pose.y + sway[1]),
            smear=pose.smear,
            glare=pose.glare,
            screen=max(0.05, pose.light),
        )
        return render(thing.content, held, seed)
