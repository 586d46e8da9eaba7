"""What libcamera's virtual camera needs to be a Camera Module to the real picamera2, on a machine that is no Pi.

Frame buffers without a dma-heap, a made-up raw mode, and a pace; beside this file, stand-ins for two libraries that are
imported and not used. Everything else is the real thing.
"""

from __future__ import annotations

import mmap
import os
import threading
from typing import Any

import libcamera
from picamera2 import picamera2
from picamera2.allocators.allocator import Allocator


class Pace:
    """The virtual camera delivers as fast as it is asked: this lets one frame through every ``period`` seconds.

    ``running``: cleared, no frame comes any more, as from a sensor whose cable came loose.
    """

    def __init__(self, period: float = 1 / 20) -> None:
        self.running = threading.Event()
        self.running.set()
        self._period = period

    def wait(self) -> None:
        threading.Event().wait(self._period)
        self.running.wait()


class Memory(Allocator):
    """Frame buffers in anonymous memory: both planes of an NV12 picture, one behind the other."""

    def __init__(self, pace: Pace) -> None:
        super().__init__()
        self.sync = Mapped
        self.mapped_buffers: dict[Any, mmap.mmap] = {}
        self._pace = pace
        self._buffers: dict[Any, list[Any]] = {}
        self._descriptors: list[int] = []

    def allocate(self, libcamera_config: Any, _use_case: Any) -> None:
        self.close()
        for stream in libcamera_config:
            self._buffers[stream.stream] = [self._buffer(stream) for _ in range(stream.buffer_count)]

    def buffers(self, stream: Any) -> list[Any]:
        return self._buffers[stream]

    def acquire(self, _buffers: Any) -> None:
        """Called once for each frame that libcamera has finished."""
        self._pace.wait()

    def close(self) -> None:
        for descriptor in self._descriptors:
            os.close(descriptor)
        self._descriptors, self._buffers, self.mapped_buffers = [], {}, {}

    def _buffer(self, stream: Any) -> Any:
        grey = stream.stride * stream.size.height
        descriptor = os.memfd_create("frame")
        os.ftruncate(descriptor, stream.frame_size)
        self._descriptors.append(descriptor)
        planes = []
        for offset, length in ((0, grey), (grey, stream.frame_size - grey)):
            plane = libcamera.FrameBuffer.Plane()
            plane.fd, plane.offset, plane.length = descriptor, offset, length
            planes.append(plane)
        buffer = libcamera.FrameBuffer(planes)
        self.mapped_buffers[buffer] = mmap.mmap(descriptor, stream.frame_size)
        return buffer


class Mapped:
    """What picamera2 opens around each look at a buffer."""

    def __init__(self, memory: Memory, buffer: Any, _write: bool) -> None:
        self._mapped = memory.mapped_buffers[buffer]

    def __enter__(self) -> mmap.mmap:
        return self._mapped

    def __exit__(self, *_: object) -> None:
        pass


def install() -> Pace:
    """Change picamera2 where it takes a Pi for granted. What is returned lets its frames through."""
    pace = Pace()
    picamera2.DmaAllocator = lambda: Memory(pace)
    picamera2.Picamera2._get_raw_modes = lambda _: [{"format": "SRGGB10", "size": (1280, 960)}]
    return pace
