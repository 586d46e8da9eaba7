"""The decoders in a process of their own, so that a code which crashes one does not stop the gate.

A frame travels through anonymous memory and only its size through the socket, so that writing never blocks on a
decoder that hangs. 1280x960 there and back without decoding: 0.2 ms on x86-64, 1.1 ms through pipes.
"""

from __future__ import annotations

import contextlib
import json
import os
import resource
import signal
import socket
import struct
import subprocess
import sys
import threading
import time
from collections.abc import Callable

import numpy as np

from kiosk.reader import Gray, ReaderFault, as_gray
from kiosk.reader.watch import Watch

_SIZE = struct.Struct("!II")  # height, width of the frame in the shared memory
_ANSWER = 1 << 18  # bytes: more than MAX_TEXTS texts of 7,089 characters, the longest a QR code holds, as JSON
_START_LIMIT = 30.0  # seconds: numpy and Pillow from a cold SD card
_RESTART_PAUSE = 1.0  # seconds between two starts when the first was never ready
_GOODBYE = 1.0  # seconds given to an idle child to end by itself


class IsolatedReader:
    """Reads as Watch does, in a child process that is killed and started again when it dies or hangs.

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
        self._restart_at = 0.0
        self._closed = False
        child = _Child(limit)
        self._child: _Child | None = child
        try:
            child.become_ready(_START_LIMIT)
        except ReaderFault:
            child.end()
            raise
        except (EOFError, OSError) as error:
            raise ReaderFault(f"the decoder process {child.end()} at its start; its log says why") from error

    @property
    def pid(self) -> int | None:
        """The child's process id; None between two of them."""
        return self._child.process.pid if self._child else None

    def read(self, gray: Gray) -> list[str]:
        """As Watch.read; ``[]`` also when the child died on this frame, or is not up again yet."""
        picture = as_gray(gray)
        if picture is None:
            return []
        with self._lock:
            child = self._ready_child()
            if child is None:
                return []
            frame = f" on a {picture.shape[1]}x{picture.shape[0]} frame, which stays unread"
            try:
                child.send(picture)
                return child.receive(self._limit)
            except TimeoutError:
                self._lost(child, f"gave no answer within {self._limit:g} s{frame}")
            except (EOFError, OSError):
                self._lost(child, f"{child.end()}{frame}")
            return []

    def close(self) -> None:
        """End the child, after the frame it is at. Reading after this finds nothing."""
        with self._lock:
            self._closed = True
            if self._child:
                self._child.end(_GOODBYE)
                self._child = None

    def _ready_child(self) -> _Child | None:
        """The child; started when there is none, and then waited for no longer than for a frame."""
        now = time.monotonic()
        if self._closed or (self._child is None and now < self._restart_at):
            return None
        try:
            child = self._child = self._child or _Child(self._limit)
        except OSError as error:  # no process, memory or file descriptor left
            self._restart_at = now + _RESTART_PAUSE
            self._on_crash(f"the decoder process can't be started: {error}; nothing is read until it can")
            return None
        try:
            if not child.is_ready:
                child.become_ready(self._limit)
        except TimeoutError:
            if time.monotonic() > child.started_at + _START_LIMIT:
                self._lost(child, f"was not ready within {_START_LIMIT:g} s")
            return None
        except ReaderFault as fault:
            self._lost(child, f"can't read: {fault}")
            return None
        except (EOFError, OSError):
            self._lost(child, f"{child.end()} at its start; its log says why")
            return None
        return child

    def _lost(self, child: _Child, what: str) -> None:
        """Count and tell it. The next frame starts another; one that never became ready leaves a pause first."""
        child.end()
        self._child = None
        self._restart_at = 0.0 if child.is_ready else time.monotonic() + _RESTART_PAUSE
        self.crashes += 1
        self._on_crash(f"the decoder process {what}; it is started again")


class _Child:
    """One life of the process: its socket and its frame memory."""

    def __init__(self, limit: float) -> None:
        self.started_at = time.monotonic()
        self.is_ready = False
        self._memory = os.fdopen(os.memfd_create("portillon-frame"), "r+b", buffering=0)
        self._socket, theirs = socket.socketpair(socket.AF_UNIX, socket.SOCK_SEQPACKET)
        memory = self._memory.fileno()
        try:
            self.process = subprocess.Popen(
                [sys.executable, "-X", "faulthandler", "-m", "kiosk.reading", str(memory), str(limit)],
                stdin=theirs.fileno(),
                stdout=subprocess.DEVNULL,
                pass_fds=[memory],  # and nothing else: no pin of the gate outlives the daemon in here
                process_group=0,  # ^C on a terminal is for the daemon
                env={**os.environ, "OPENBLAS_NUM_THREADS": "1"},  # numpy's threads would spin on matrices this small
            )
        except OSError:
            self._close()
            raise
        finally:
            theirs.close()

    def become_ready(self, limit: float) -> None:
        """Wait for the child's greeting; ReaderFault with its own words when it can't read. Else as ``receive``."""
        greeting = self.receive(limit)
        if greeting:
            raise ReaderFault(greeting[0])
        self.is_ready = True

    def send(self, picture: Gray) -> None:
        """Hand over a frame. Never blocks: the child has answered the one before."""
        self._memory.seek(0)
        self._memory.write(picture.data)
        self._socket.send(_SIZE.pack(*picture.shape), socket.MSG_NOSIGNAL)

    def receive(self, limit: float) -> list[str]:
        """The child's answer; TimeoutError after ``limit`` seconds, EOFError or OSError when it is dead."""
        self._socket.settimeout(limit)
        message = self._socket.recv(_ANSWER)
        if not message:
            raise EOFError
        return [str(text) for text in json.loads(message)]

    def end(self, patience: float = 0.0) -> str:
        """End the process, leaving no zombie: by itself within ``patience`` seconds, else killed. Says how it ended."""
        self._close()
        if patience:
            with contextlib.suppress(subprocess.TimeoutExpired):
                self.process.wait(patience)
        self.process.kill()  # no effect on one that died already: its status stays
        status = self.process.wait()
        return f"was ended by {signal.Signals(-status).name}" if status < 0 else f"ended with status {status}"

    def _close(self) -> None:
        self._socket.close()
        self._memory.close()


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
        watch = Watch()
    except ReaderFault as fault:
        daemon.send(json.dumps([str(fault)]).encode())
        return
    daemon.send(b"[]")
    with contextlib.suppress(ConnectionError):  # a daemon that was killed with an answer unread resets the socket
        while request := daemon.recv(_SIZE.size):
            height, width = _SIZE.unpack(request)
            signal.setitimer(signal.ITIMER_REAL, 2 * limit)
            gray = np.frombuffer(os.pread(frame, height * width, 0), np.uint8).reshape(height, width)
            texts = watch.read(gray)
            signal.setitimer(signal.ITIMER_REAL, 0)
            daemon.send(json.dumps(texts).encode())


if __name__ == "__main__":
    _serve(int(sys.argv[1]), float(sys.argv[2]))
