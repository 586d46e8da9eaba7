"""One life of the tech page's process, seen from the gate: started, spoken to, ended. Nothing here waits for it.

A process, so that TLS, HTTP and whatever strangers on the network send are taken apart where there is no pin, and no
lock that the main loop needs.
"""

from __future__ import annotations

import contextlib
import os
import socket
import subprocess
import sys
import threading
import time
from collections.abc import Callable

from kiosk.tech.channel import Channel, Closed, Failed, Gray, Message, Start, Wanted
from kiosk.tech.door import Over

_GOODBYE_S = 2.0
_REST_S = 0.02  # as fast as the main loop turns: whatever becomes of that process, it floods nobody


class Helper:
    """``tell`` is called in a thread of its own with each message, and last with Closed or Failed."""

    def __init__(self, start: Start, tell: Callable[[Message], None], before: Helper | None = None) -> None:
        """``before``: the life whose process has to be gone first, since a Pi may not have the memory for two.

        Raises OSError or RuntimeError when there is no socket, memory or thread left.
        """
        self._before = before
        self._is_wanted = True
        self._tell = tell
        self._wants_picture = threading.Event()
        self._lock = threading.Lock()  # nothing is written to a descriptor that is somebody else's by now
        self._is_closed = self._has_ended = False
        self._thread = threading.Thread(target=self._work, name="tech page", daemon=True)
        with contextlib.ExitStack() as undone:
            self._memory = os.memfd_create("portillon-tech-frame")
            undone.callback(os.close, self._memory)
            self._ours, self._theirs = socket.socketpair(socket.AF_UNIX, socket.SOCK_SEQPACKET)
            for end in (self._ours, self._theirs):
                undone.callback(end.close)
            self._channel = Channel(self._ours, self._memory)
            self._channel.send(start)
            self._thread.start()
            undone.pop_all()  # that thread puts them away

    @property
    def has_ended(self) -> bool:
        """True as soon as it said so or died: the main loop may be behind, and ``tell`` not heard of it."""
        return self._has_ended

    def send(self, message: Message) -> bool:
        """Without waiting; False when it was not taken."""
        with self._lock:
            return not self._is_closed and self._channel.send(message)

    def show(self, gray: Gray, found: Callable[[], list[str]]) -> None:
        """In the camera thread, for every frame: one memory copy where a picture is wanted, nothing else."""
        if self._wants_picture.is_set():
            self._wants_picture.clear()
            with self._lock, contextlib.suppress(OSError):
                if not self._is_closed:
                    self._channel.show(gray, found())

    def end(self, why: Over) -> None:
        """Tell it to end, and why. ``tell`` hears of it."""
        with self._lock:
            self._is_wanted = False
            if not self._is_closed:
                self._channel.send(Closed(why=why))
                self._channel.close()

    def join(self, seconds: float | None = None) -> None:
        """Wait until it is gone."""
        self._thread.join(seconds)

    def _work(self) -> None:
        last: Message = Closed(why=Over.FAILED)
        try:
            child = self._started()
        except OSError as error:
            last = Failed(why=str(error))
        else:
            last = self._heard(last)
            self._has_ended = True
            self._channel.close()
            with contextlib.suppress(subprocess.TimeoutExpired):
                child.wait(_GOODBYE_S)
            child.kill()
            child.wait()
        with self._lock:
            self._is_closed = True
            for end in (self._ours, self._theirs):
                end.close()
            os.close(self._memory)
        self._tell(last)

    def _started(self) -> subprocess.Popen[bytes]:
        if self._before is not None:
            self._before.join()
            self._before = None
        if not self._is_wanted:
            raise InterruptedError("closed before its turn came")
        command = [sys.executable, "-m", "kiosk.tech", str(self._memory)]
        child = subprocess.Popen(
            command, stdin=self._theirs.fileno(), stdout=subprocess.DEVNULL, pass_fds=[self._memory], process_group=0
        )
        self._theirs.close()  # so that its death is heard
        return child

    def _heard(self, last: Message) -> Message:
        while (message := self._channel.receive()) is not None:
            if isinstance(message, Wanted):
                self._wants_picture.set()
            elif isinstance(message, Closed | Failed):
                return message
            else:
                self._tell(message)
                time.sleep(_REST_S)
        return last
