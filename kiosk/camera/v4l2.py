"""The few calls of Video4Linux2 that a capture device needs, by ioctl on 64-bit Linux; knows nothing of pictures.

Own code and not linuxpy (the best kept library for it): this is a tenth of it, and one dependency less on the Pi.
Layouts: linux/videodev2.h, compared with the kernel's own headers in tests/kiosk/camera/test_v4l2.py.
"""

from __future__ import annotations

import contextlib
import errno
import fcntl
import mmap
import os
import select
import struct
import time
from dataclasses import dataclass
from pathlib import Path
from typing import Any

CAPABILITY = struct.Struct("=16s32s32s6I")
FORMAT_DESCRIPTION = struct.Struct("=3I32s5I")
FORMAT = struct.Struct("=I4x12I152x")
STREAM_PARAMETERS = struct.Struct("=9I168x")
REQUEST_BUFFERS = struct.Struct("=4IB3x")
BUFFER = struct.Struct("=5I4xqq16xIIQII4x4x")
CONTROL = struct.Struct("=Ii")
_INT = struct.Struct("=i")

_WRITE, _READ = 1, 2


def _code(direction: int, number: int, argument: struct.Struct) -> int:
    """As the macros _IOR, _IOW and _IOWR of asm-generic/ioctl.h make it."""
    return direction << 30 | argument.size << 16 | ord("V") << 8 | number


QUERYCAP = _code(_READ, 0, CAPABILITY)
ENUM_FMT = _code(_READ | _WRITE, 2, FORMAT_DESCRIPTION)
S_FMT = _code(_READ | _WRITE, 5, FORMAT)
REQBUFS = _code(_READ | _WRITE, 8, REQUEST_BUFFERS)
QUERYBUF = _code(_READ | _WRITE, 9, BUFFER)
QBUF = _code(_READ | _WRITE, 15, BUFFER)
DQBUF = _code(_READ | _WRITE, 17, BUFFER)
STREAMON = _code(_WRITE, 18, _INT)
STREAMOFF = _code(_WRITE, 19, _INT)
S_CTRL = _code(_READ | _WRITE, 28, CONTROL)
S_PARM = _code(_READ | _WRITE, 22, STREAM_PARAMETERS)

_CAN_CAPTURE = 0x1 | 0x04000000  # V4L2_CAP_VIDEO_CAPTURE, V4L2_CAP_STREAMING
_CAPTURE, _MMAP, _ANY_FIELD = 1, 1, 0  # V4L2_BUF_TYPE_VIDEO_CAPTURE, V4L2_MEMORY_MMAP, V4L2_FIELD_ANY
_BROKEN, _MONOTONIC = 0x40, 0x2000  # V4L2_BUF_FLAG_ERROR, V4L2_BUF_FLAG_TIMESTAMP_MONOTONIC
_EXPOSURE_AUTO_PRIORITY = 0x9A0903  # V4L2_CID_EXPOSURE_AUTO_PRIORITY, "exposure_dynamic_framerate"
_BUFFERS = 4


@dataclass(frozen=True, slots=True)
class Format:
    """What a device agreed to deliver."""

    fourcc: str  # such as "YUYV"
    width: int
    height: int
    stride: int  # bytes a row; 0 for compressed pictures
    fps: float  # 0: it does not say

    @property
    def size(self) -> tuple[int, int]:
        """Width and height."""
        return self.width, self.height


class Device:
    """One open capture device. Everything here raises OSError, as the kernel says it."""

    def __init__(self, path: Path) -> None:
        """Open it; OSError (ENOTTY, EINVAL) too when it is no capture device."""
        self._file = os.open(path, os.O_RDWR | os.O_NONBLOCK | os.O_CLOEXEC)
        self._memory: list[mmap.mmap] = []
        try:
            _, card, bus, _, everything, this, *_ = self._ask(QUERYCAP, CAPABILITY, b"", b"", b"", *[0] * 6)
        except OSError:
            self.close()
            raise
        self.name = card.split(b"\0")[0].decode("utf-8", "replace")
        self.is_usb = bus.startswith(b"usb-")
        self.captures = (this or everything) & _CAN_CAPTURE == _CAN_CAPTURE

    def formats(self) -> list[str]:
        """The four-letter codes of what it can deliver, in its own order."""
        found: list[str] = []
        while True:
            try:
                told = self._ask(ENUM_FMT, FORMAT_DESCRIPTION, len(found), _CAPTURE, 0, b"", *[0] * 5)
            except OSError:  # EINVAL: there are no more
                return found
            found.append(told[4].to_bytes(4, "little").decode("ascii", "replace"))

    def agree(self, fourcc: str, width: int, height: int, fps: float) -> Format:
        """Ask for this; the device takes what is nearest to it."""
        code = int.from_bytes(fourcc.encode("ascii"), "little")
        _, width, height, code, _, stride, *_ = self._ask(
            S_FMT, FORMAT, _CAPTURE, width, height, code, _ANY_FIELD, *[0] * 8
        )
        try:
            told = self._ask(S_PARM, STREAM_PARAMETERS, _CAPTURE, 0, 0, 1000, round(fps * 1000), *[0] * 4)
            rate = told[4] / told[3] if told[3] else 0.0
        except OSError:  # ENOTTY: it has one rate only
            rate = 0.0
        return Format(code.to_bytes(4, "little").decode("ascii", "replace"), width, height, stride, rate)

    def start(self) -> None:
        """Begin to stream, in the format agreed upon."""
        count, *_ = self._ask(REQBUFS, REQUEST_BUFFERS, _BUFFERS, _CAPTURE, _MMAP, 0, 0)
        for index in range(count):
            told = self._buffer(QUERYBUF, index)
            self._memory.append(mmap.mmap(self._file, told[10], mmap.MAP_SHARED, mmap.PROT_READ, offset=told[9]))
            self._buffer(QBUF, index)
        fcntl.ioctl(self._file, STREAMON, _INT.pack(_CAPTURE))

    def keep_its_rate(self) -> None:
        """No longer shutter, and so fewer frames and more smear, when it is dark; where there is such a choice."""
        with contextlib.suppress(OSError):
            self._ask(S_CTRL, CONTROL, _EXPOSURE_AUTO_PRIORITY, 0)

    def newest(self, timeout: float) -> tuple[bytes, float] | None:
        """The newest finished picture's bytes, and when it was taken in monotonic seconds; older ones are dropped.

        None when none comes within ``timeout`` seconds, and for one that the device itself calls broken.
        """
        if self._file < 0:
            raise OSError(errno.EBADF, "it was closed")
        if not select.select([self._file], [], [], timeout)[0]:
            return None
        newest = self._buffer(DQBUF)
        while True:
            try:
                newer = self._buffer(DQBUF)
            except BlockingIOError:
                break
            self._buffer(QBUF, newest[0])
            newest = newer
        index, _, used, flags, _, seconds, microseconds, *_ = newest
        picture = self._memory[index][:used]
        self._buffer(QBUF, index)
        if flags & _BROKEN:
            return None
        now = time.monotonic()
        return picture, min(seconds + microseconds / 1e6, now) if flags & _MONOTONIC else now

    def close(self) -> None:
        """Stop streaming and let the device go. Twice is fine."""
        if self._file < 0:
            return
        if self._memory:
            with contextlib.suppress(OSError):  # unplugged: nothing streams any more
                fcntl.ioctl(self._file, STREAMOFF, _INT.pack(_CAPTURE))
        for each in self._memory:
            each.close()
        self._memory = []
        os.close(self._file)
        self._file = -1

    def _buffer(self, request: int, index: int = 0) -> tuple[int, ...]:
        return self._ask(request, BUFFER, index, _CAPTURE, 0, 0, 0, 0, 0, 0, _MMAP, 0, 0, 0)

    def _ask(self, request: int, layout: struct.Struct, *values: int | bytes) -> tuple[Any, ...]:
        answer = bytearray(layout.pack(*values))
        fcntl.ioctl(self._file, request, answer)
        return layout.unpack(answer)
