"""The decoders in a process of their own, so that a code which crashes one does not stop the gate.

A frame travels through anonymous memory and only its size through the socket, so that writing never blocks on a
decoder that hangs. 1280x960 there and back without decoding: 0.2 ms on x86-64, 1.1 ms through pipes.
"""

from __future__ import annotations

import json
import os
import resource
import select
import signal
import socket
import struct
import subprocess
import sys
import threading
import time
from collections.abc import Callable

import numpy as np

from kiosk.reader import Gray, QrReader, ReaderFault, as_gray

_SIZE = struct.Struct("!II")  # height, width of the frame in the shared memory
_ANSWER = 1 << 18  # bytes: more than MAX_TEXTS texts of 7,089 characters, the longest a QR code holds, as JSON
_START_LIMIT = 30.0  # seconds: numpy and Pillow from a cold SD card
_RESTART_PAUSE = 1.0  # seconds between two starts when the first was never ready
_GOODBYE = 1.0  # seconds given to an idle child to end by itself


class IsolatedReader:
    """Reads as QrReader does, in a child process that is killed and started again when it dies or hangs.

    ``crashes`` counts that, and ``on_crash`` is given a sentence for the log each time, in the thread that reads.
    """

    def __init__(self, on_crash: Callable[[str], None], limit: float = 5.0) -> None:
        """Start the child and wait until it can read; ReaderFault, with what to do, when it can't.

        ``limit``: seconds for one frame, half of the service's WatchdogSec=10.
        """
        self.crashes = 0
        self._on_crash = on_crash
        self._limit = limit
        self._lock = threading.Lock()
        self._child: _Child | None = _Child(limit)
        self._ready = False
        self._start_by = time.monotonic() + _START_LIMIT
        self._restart_at = 0.0
        self._closed = False
        try:
            self._become_ready(_START_LIMIT)
        except (EOFError, TimeoutError) as error:
            raise ReaderFault(f"the decoder process {self._child.end()} at its start; its log says why") from error
        except ReaderFault:
            self._child.end()
            raise

    @property
    def pid(self) -> int | None:
        """The child's process id; None between two of them."""
        return self._child.process.pid if self._child else None

    def read(self, gray: Gray) -> list[str]:
        """As QrReader.read; ``[]`` also when the child died on this frame, or is not up again yet."""
        picture = as_gray(gray)
        if picture is None:
            return []
        with self._lock:
            if self._closed or not self._is_up():
                return []
            child = self._child
            assert child is not None  # noqa: S101 (what _is_up means)
            try:
                child.send(picture)
                return [str(text) for text in child.receive(self._limit)]
            except TimeoutError:
                self._lost(f"gave no answer within {self._limit:g} s", picture)
            except (EOFError, OSError):
                self._lost(child.end(), picture)
            return []

    def close(self) -> None:
        """End the child, after the frame it is at. Reading after this finds nothing."""
        with self._lock:
            self._closed = True
            if self._child:
                self._child.end(_GOODBYE)
                self._child = None

    def _is_up(self) -> bool:
        """Start the child when there is none; wait for it no longer than for a frame."""
        now = time.monotonic()
        if self._child is None:
            if now < self._restart_at:
                return False
            self._child, self._ready, self._start_by = _Child(self._limit), False, now + _START_LIMIT
        if not self._ready:
            try:
                self._become_ready(self._limit)
            except TimeoutError:
                if time.monotonic() > self._start_by:
                    self._lost("did not start", None)
            except (EOFError, OSError, ReaderFault) as error:
                self._lost(str(error) or self._child.end(), None)
        return self._ready

    def _become_ready(self, limit: float) -> None:
        assert self._child is not None  # noqa: S101 (its callers just made it)
        greeting = self._child.receive(limit)
        if isinstance(greeting, str):
            raise ReaderFault(greeting)
        self._ready = True

    def _lost(self, what: str, picture: Gray | None) -> None:
        """Count and tell it; a child that had been ready is replaced at once, so that it is up for the next frame."""
        assert self._child is not None  # noqa: S101 (only a child can be lost)
        self._child.end()
        self._child = None
        self.crashes += 1
        if self._ready:
            self._child, self._start_by = _Child(self._limit), time.monotonic() + _START_LIMIT
        else:
            self._restart_at = time.monotonic() + _RESTART_PAUSE
        self._ready = False
        frame = "" if picture is None else f" on a {picture.shape[1]}x{picture.shape[0]} frame, which stays unread"
        self._on_crash(f"the decoder process {what}{frame}; it is started again")


class _Child:
    """One life of the process: its socket and its frame memory."""

    def __init__(self, limit: float) -> None:
        self._socket, theirs = socket.socketpair(socket.AF_UNIX, socket.SOCK_SEQPACKET)
        self._frame = os.memfd_create("portillon-frame", os.MFD_CLOEXEC)
        with theirs:
            self.process = subprocess.Popen(  # noqa: S603 (our own interpreter and module)
                [sys.executable, "-X", "faulthandler", "-m", "kiosk.reading", str(self._frame), str(limit)],
                stdin=theirs,
                stdout=subprocess.DEVNULL,
                pass_fds=(self._frame,),  # and nothing else: no pin of the gate outlives the daemon in here
                process_group=0,  # ^C on a terminal is for the daemon
            )

    def send(self, picture: Gray) -> None:
        """Hand over a frame. Never blocks: the child has answered the one before."""
        os.pwrite(self._frame, picture.data, 0)
        self._socket.send(_SIZE.pack(*picture.shape), socket.MSG_NOSIGNAL)

    def receive(self, limit: float) -> list[object] | str:
        """The texts, or the child's own word on why it can't read. TimeoutError after ``limit`` s, EOFError: dead."""
        ready, _, _ = select.select([self._socket], [], [], limit)
        if not ready:
            raise TimeoutError
        message = self._socket.recv(_ANSWER)
        if not message:
            raise EOFError
        answer: list[object] | str = json.loads(message)
        return answer

    def end(self, patience: float = 0.0) -> str:
        """End the process, leaving no zombie: by itself within ``patience`` s, else killed. Says how it ended."""
        self._socket.close()
        try:
            status = self.process.wait(patience or 0.1)  # one that died already is there at once
        except subprocess.TimeoutExpired:
            self.process.kill()
            status = self.process.wait()
        if self._frame >= 0:
            os.close(self._frame)
            self._frame = -1
        return f"was ended by {signal.Signals(-status).name}" if status < 0 else f"ended with status {status}"


def _serve(frame: int, limit: float) -> None:
    """Read frames until the daemon closes its end of the socket, or dies.

    SIGINT and SIGTERM go to the daemon's whole service; the child stops with its socket instead. A decode that
    never ends is ended by the kernel, should the daemon no longer be there to do it.
    """
    for number in (signal.SIGINT, signal.SIGTERM):
        signal.signal(number, signal.SIG_IGN)
    signal.signal(signal.SIGALRM, signal.SIG_DFL)
    signal.pthread_sigmask(signal.SIG_UNBLOCK, [signal.SIGALRM])
    resource.setrlimit(resource.RLIMIT_CORE, (0, 0))  # crash after crash must not fill the card
    daemon = socket.socket(fileno=sys.stdin.fileno())
    try:
        reader = QrReader()
    except ReaderFault as fault:
        daemon.send(json.dumps(str(fault)).encode())
        return
    daemon.send(b"[]")
    while request := daemon.recv(_SIZE.size):
        height, width = _SIZE.unpack(request)
        signal.setitimer(signal.ITIMER_REAL, 2 * limit)
        gray = np.frombuffer(os.pread(frame, height * width, 0), np.uint8).reshape(height, width)
        texts = reader.read(gray)
        signal.setitimer(signal.ITIMER_REAL, 0)
        daemon.send(json.dumps(texts).encode())


if __name__ == "__main__":
    _serve(int(sys.argv[1]), float(sys.argv[2]))
