"""Frames as a gate's camera gives them, and a camera that shows them."""

from __future__ import annotations

import io
import time
from collections.abc import Callable
from dataclasses import replace
from typing import Any

import numpy as np
import pytest
from PIL import Image

from kiosk.camera import CameraFault, Frame
from kiosk.demo.render import Look, render
from kiosk.demo.sample import TICKET_CODE

GOOD = Look(share=0.55)


@pytest.fixture(scope="session")
def frame() -> Callable[..., Any]:
    """``frame(blur=3, …)``: a ticket held up as ``Look`` says, uint8[H, W]."""

    def draw(**held: Any) -> Any:
        return np.asarray(Image.open(io.BytesIO(render(TICKET_CODE, replace(GOOD, **held), 1))))

    return draw


class Shown:
    """A camera that gives these frames at 20 a second, by its own times, then is gone."""

    def __init__(self, frames: list[Any]) -> None:
        self._frames = list(enumerate(frames))
        self._began = time.monotonic()

    def next_frame(self, timeout: float) -> Frame:
        if not self._frames:
            raise CameraFault("no frame any more: plug it in again")
        number, gray = self._frames.pop(0)
        return Frame(gray, self._began + number / 20)

    def close(self) -> None:
        pass


@pytest.fixture
def shown() -> type[Shown]:
    return Shown
