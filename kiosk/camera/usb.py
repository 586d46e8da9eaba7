"""A USB camera, or any other capture device of Video4Linux2: a laptop's webcam can try the whole gate."""

from __future__ import annotations

import errno
import re
import time
from pathlib import Path

from kiosk.camera import v4l2
from kiosk.camera.frame import CameraFault, Frame
from kiosk.camera.pixels import FORMATS, NoPicture, gray_of

_SIZE = (1280, 960)  # asked for when the settings name none; the camera gives what is nearest
_LATE = 2  # periods: a picture older than this had waited in the driver while the last one was read
_NOT_FOUND = "no USB camera is found, so there are no frames: plug one in, or set [camera] path to its /dev/videoN"
_UNUSABLE = "{} is no camera that Portillon can use ({}), so there are no frames: set [camera] path to one that is"
_BUSY = "{} is in use by another program, so there are no frames: stop that one"
_FORBIDDEN = "{} may not be opened, so there are no frames: add the user to the group video, then log in anew"
_LOST = "{} gives no frames any more ({}): plug it in again, into the Pi itself and not into a hub"
_SILENT = "no frame from {} within {:g} s: plug it in again; a long cable or a hub may give it too little power"


class UsbCamera:
    """One capture device."""

    def __init__(self, path: Path | None, fps: float, size: tuple[int, int] | None = None) -> None:
        """Start to stream; CameraFault when that can't be. ``path``: None for the first USB camera."""
        self._path = path or _first_on_usb()
        try:
            self._device = v4l2.Device(self._path)
        except OSError as error:
            raise self._fault(error) from error
        try:
            self._format = self._best(size or _SIZE, fps)
            self._device.keep_its_rate()
            self._device.start()
        except OSError as error:
            self.close()
            raise self._fault(error) from error
        except CameraFault:
            self.close()
            raise

    def next_frame(self, timeout: float) -> Frame:
        """The newest picture, or the next one when that is old. CameraFault after ``timeout`` seconds without one."""
        until = time.monotonic() + timeout
        oldest = time.monotonic() - _LATE / (self._format.fps or 15)
        while (left := until - time.monotonic()) > 0:
            try:
                taken = self._device.newest(left)
            except OSError as error:
                raise CameraFault(_LOST.format(self._path, error.strerror)) from error
            if taken is None or taken[1] < oldest:
                continue
            try:
                gray = gray_of(taken[0], self._format.fourcc, *self._format.size, self._format.stride)
            except NoPicture:
                continue
            return Frame(gray, taken[1])
        raise CameraFault(_SILENT.format(self._path, timeout))

    def close(self) -> None:
        """Let the device go."""
        self._device.close()

    def _best(self, size: tuple[int, int], fps: float) -> v4l2.Format:
        """The format that comes fast enough, nearest to the size, and cheapest, in this order."""
        offered = [fourcc for fourcc in FORMATS if self._device.captures and fourcc in self._device.formats()]
        if not offered:
            raise CameraFault(_UNUSABLE.format(self._path, self._device.name))

        def fitness(got: v4l2.Format) -> tuple[bool, int, int]:
            off = abs(got.width * got.height - size[0] * size[1])
            return got.fps < 0.9 * fps, off, FORMATS.index(got.fourcc)

        agreed = [self._device.agree(fourcc, *size, fps) for fourcc in offered]
        best = min((got for got in agreed if got.fourcc in FORMATS), key=fitness)
        return self._device.agree(best.fourcc, best.width, best.height, fps)

    def _fault(self, error: OSError) -> CameraFault:
        words = {errno.EBUSY: _BUSY, errno.EACCES: _FORBIDDEN}.get(error.errno or 0, _UNUSABLE)
        return CameraFault(words.format(self._path, error.strerror))


def plugged_in() -> list[tuple[Path, str]]:
    """USB cameras, by their numbers: path and name. Those that other programs use are among them."""
    found: list[tuple[Path, str]] = []
    for path in sorted(Path("/dev").glob("video*"), key=lambda each: int(re.sub(r"\D", "", each.name) or 0)):
        try:
            device = v4l2.Device(path)
        except OSError:  # not ours to open, or a codec that is busy
            continue
        if device.is_usb and device.captures and set(device.formats()) & set(FORMATS):
            found.append((path, device.name))
        device.close()
    return found


def _first_on_usb() -> Path:
    """A Pi has many other video devices, of its codecs and of the Camera Module: only those on USB are looked at."""
    found = plugged_in()
    if not found:
        raise CameraFault(_NOT_FOUND)
    return found[0][0]
