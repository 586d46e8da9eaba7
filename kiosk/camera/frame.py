"""What every camera gives: frames, or a fault. The Protocol that the camera thread asks."""

from __future__ import annotations

from dataclasses import dataclass
from typing import Protocol

import numpy as np
import numpy.typing as npt


@dataclass(frozen=True, slots=True)
class Frame:
    """One grey picture."""

    gray: npt.NDArray[np.uint8]  # [H, W], 0 = black; the receiver's own, never written to again
    taken_at: float  # monotonic seconds, when the light fell in


class CameraFault(RuntimeError):
    """There are no frames; the message says what happened and what to do. Close the camera and open it anew."""


class CameraHangs(CameraFault):
    """It does not even close: no camera can be opened in this process any more."""


class Camera(Protocol):
    """An open camera. One thread asks it for frames."""

    def next_frame(self, timeout: float) -> Frame:
        """The next frame, waited for no longer than ``timeout`` seconds; CameraFault when none comes."""

    def close(self) -> None:
        """Let the device go. Twice is fine. CameraHangs within seconds on one that does not come back."""
