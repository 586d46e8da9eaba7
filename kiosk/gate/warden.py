"""The daemon's side of the guardian: starts it, gives it commands, starts it again when it dies. Never pulses twice."""

from __future__ import annotations

import contextlib
import os
import select
import subprocess
import sys
import threading
import time
from collections.abc import Callable

from kiosk.gate.orders import Orders

START_S = 20.0  # importing gpiozero from a cold SD card
ANSWER_S = 1.0
RESTART_EVERY_S = 1.0
LOOK_EVERY_S = 0.1


class GateFault(OSError):
    """A pulse could not be confirmed. ``began`` is False when it surely was not given."""

    def __init__(self, message: str, began: bool) -> None:
        super().__init__(message)
        self.began = began


class Warden:
    """One guardian process at a time. Commands from any thread; ``news`` is told of each death and each restart."""

    def __init__(self, orders: Orders, news: Callable[[str], None]) -> None:
        self._orders = orders
        self._news = news
        self._lock = threading.Lock()
        self._closed = threading.Event()
        self._waiting = b""
        self._pulses_end = self._proved_at = time.monotonic()
        self._process: subprocess.Popen[bytes] | None = None
        self._is_greeted = False  # it has said ready
        with self._lock:
            self._start()
        self._watch = threading.Thread(target=self._keep_alive, name="guardian", daemon=True)
        self._watch.start()

    @property
    def pid(self) -> int | None:
        """The guardian's process, while there is one that answers."""
        process = self._process
        return None if process is None or process.poll() is not None else process.pid

    def is_ready(self) -> bool:
        """True while a guardian is there that has claimed its lines; one that is being started has not."""
        return self._is_greeted and self.pid is not None

    def pulse(self, name: str, milliseconds: int) -> bool:
        """Energise a line for so long. True once it is on, False when it is on already. Raises GateFault."""
        self._pulses_end = max(self._pulses_end, time.monotonic() + ANSWER_S + milliseconds / 1000)
        answer = self._exchange(f"pulse {name} {milliseconds}", began=False)
        if answer not in (f"on {name}", f"busy {name}"):
            raise GateFault(f"the guardian answered {answer!r} to a pulse of {name}", began=True)
        return answer.startswith("on")

    def off(self, name: str = "") -> None:
        """This line off, or every one. Raises GateFault when the guardian does not confirm it."""
        if (answer := self._exchange(f"off {name}", began=True)) != "off":
            raise GateFault(f"the guardian answered {answer!r} to off", began=True)

    def close(self) -> None:
        """End the guardian; it releases every line as its stdin ends."""
        self._closed.set()
        with self._lock:
            self._end()
        self._watch.join(timeout=2.0)

    def _start(self) -> None:
        command = [sys.executable, "-m", "kiosk.gate.guardian", self._orders.as_argument()]
        # A session of its own: a signal to the daemon's process group, kill -9 included, does not reach it.
        self._process = subprocess.Popen(
            command, stdin=subprocess.PIPE, stdout=subprocess.PIPE, bufsize=0, start_new_session=True
        )
        self._waiting = b""
        try:
            answer = self._hear(START_S)
        except GateFault:
            answer = "nothing"
        if answer != "ready":
            self._end()
            raise GateFault(f"the guardian said {answer!r} instead of ready; its log says why", began=False)
        self._is_greeted = True

    def _exchange(self, command: str, began: bool) -> str:
        """One command and its answer; the main loop never waits for a guardian that is being started."""
        if not self._lock.acquire(timeout=ANSWER_S):
            raise GateFault("the guardian is being started", began=False)
        try:
            self._tell(command, began)
            return self._hear()
        finally:
            self._lock.release()

    def _tell(self, command: str, began: bool) -> None:
        process = self._process
        if process is None or process.stdin is None:
            raise GateFault("the guardian is not running", began=False)
        try:
            process.stdin.write(command.encode() + b"\n")
        except OSError as error:
            raise GateFault(f"the guardian is gone: {error}", began=began) from error

    def _hear(self, within: float = ANSWER_S) -> str:
        """The next answer. A guardian that gives none is ended: what it may still say would answer nothing."""
        process = self._process
        assert process is not None and process.stdout is not None  # noqa: S101  (started, and under the lock)
        end = time.monotonic() + within
        while b"\n" not in self._waiting:
            left = end - time.monotonic()
            ready = left > 0 and select.select([process.stdout], [], [], left)[0]
            heard = os.read(process.stdout.fileno(), 256) if ready else b""
            if not heard:
                self._end()
                raise GateFault("the guardian died or does not answer", began=True)
            self._waiting += heard
        answer, _, self._waiting = self._waiting.partition(b"\n")
        return answer.decode("ascii", "replace")

    def _end(self) -> None:
        self._is_greeted = False
        process, self._process = self._process, None
        if process is None:
            return
        if process.stdin is not None:
            process.stdin.close()
        try:
            process.wait(ANSWER_S)
        except subprocess.TimeoutExpired:
            process.kill()  # stopped or hung; the next one claims the lines at off
            process.wait()
        if process.stdout is not None:
            process.stdout.close()

    def _keep_alive(self) -> None:
        """Look after the guardian: one that died, or is stopped or stuck during a pulse, is replaced."""
        while not self._closed.wait(LOOK_EVERY_S):
            if self.pid is None:
                self._replace()
            elif self._proved_at <= self._pulses_end:
                now = time.monotonic()
                with contextlib.suppress(GateFault):  # it is ended then, and replaced at the next look
                    self._exchange("alive", began=True)
                    self._proved_at = now

    def _replace(self) -> None:
        """A new guardian; the lines are off from its first moment."""
        with self._lock:
            if self._closed.is_set():
                return
            self._end()
            try:
                self._start()
            except OSError as error:
                self._news(f"the guardian can't be started: {error}")
                self._closed.wait(RESTART_EVERY_S)
                return
        self._news("the guardian had died; a new one holds the relay off")
