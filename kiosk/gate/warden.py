"""The daemon's side of the guardian: starts it, gives it commands, starts it again when it dies. Never pulses twice."""

from __future__ import annotations

import contextlib
import os
import select
import socket
import subprocess
import sys
import threading
import time
from collections.abc import Callable, Iterator

from kiosk.gate.orders import HOLD_S, Orders

START_S = 20.0  # importing gpiozero from a cold SD card
ANSWER_S = 1.0
TURN_S = 0.05  # the main loop waits no longer for others who speak with the guardian, or are starting one
CLOSE_S = 0.3  # so long a guardian that is being started may delay the end
RESTART_EVERY_S = 1.0
LOOK_EVERY_S = 0.1


class GateFault(OSError):
    """A command could not be confirmed. ``began`` is False when it surely was not obeyed."""

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
        self._dropped = False
        self._waiting = b""
        self._owed: list[str] = []  # lines that are to be off and could not be told so
        self._pulses_end = self._proved_at = time.monotonic()
        self._process: subprocess.Popen[bytes] | None = None
        self._line: socket.socket | None = None  # a socket and not a pipe: it can be shut at any moment by any thread
        self._is_greeted = False  # it has said ready
        self.starts = 0  # counts the guardians that said ready: each begins with every line off
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
        return self._is_greeted and not self._dropped and self.pid is not None

    def pulse(self, name: str, milliseconds: int) -> bool:
        """Energise a line for so long. True once it is on, False when it is on already. Raises GateFault."""
        if name not in self._orders.lines:
            raise GateFault(f"{name} is not wired", began=False)
        self._on_until(milliseconds / 1000)
        answer = self._exchange(f"pulse {name} {milliseconds}")
        if answer not in (f"on {name}", f"busy {name}"):
            raise GateFault(f"the guardian answered {answer!r} to a pulse of {name}", began=True)
        return answer.startswith("on")

    def hold(self, name: str) -> None:
        """Energise a line, or go on, for ``guardian.HOLD_S``. For an emergency. Raises GateFault."""
        self._on_until(HOLD_S)
        self._exchange(f"hold {name}", f"held {name}")

    def off(self, name: str = "") -> None:
        """This line off, or every one. Raises GateFault when that is not confirmed now; it is asked for again then."""
        self._owed.append(name)
        with self._turn():
            self._settle()

    def ready(self, on: bool) -> None:
        """The ready contact. Raises GateFault."""
        command = f"ready {'on' if on else 'off'}"
        self._exchange(command, command)

    def drop(self) -> None:
        """Every line off, now and for good: nothing is energised any more, no guardian started.

        From any thread, also from a signal's handler, at any moment: it takes no lock and waits for nothing.
        """
        self._dropped = True
        self._hang_up()

    def close(self) -> None:
        """Drop everything and end the guardian, in about 1.5 s at the most."""
        self._closed.set()
        self.drop()
        if not self._lock.acquire(timeout=CLOSE_S):
            if (process := self._process) is not None:
                process.kill()  # it is being started, so nothing is on; or it hangs
            if not self._lock.acquire(timeout=ANSWER_S):
                return  # its stdin has ended: it leaves by itself
        try:
            self._end()
        finally:
            self._lock.release()
        self._watch.join(timeout=ANSWER_S)

    def _on_until(self, seconds: float) -> None:
        self._pulses_end = max(self._pulses_end, time.monotonic() + ANSWER_S + seconds)

    def _start(self) -> None:
        command = [sys.executable, "-m", "kiosk.gate.guardian", self._orders.as_argument()]
        self._line, its = socket.socketpair()
        with its:
            # A session of its own: a signal to the daemon's process group, kill -9 included, does not reach it.
            self._process = subprocess.Popen(
                command, stdin=its.fileno(), stdout=subprocess.PIPE, bufsize=0, start_new_session=True
            )
        if self._dropped:  # while it was being started: drop may have shut the line before this one
            self._process.kill()
        self._waiting = b""
        try:
            answer = self._hear(START_S)
        except GateFault:
            answer = "nothing"
        if answer != "ready":
            self._end()
            raise GateFault(f"the guardian said {answer!r} instead of ready; its log says why", began=False)
        self._owed.clear()
        self.starts += 1
        self._is_greeted = True

    @contextlib.contextmanager
    def _turn(self) -> Iterator[None]:
        """The right to speak with the guardian; the main loop never waits for one that is being started."""
        if not self._lock.acquire(timeout=TURN_S):
            raise GateFault("the guardian is being started, or does not answer", began=False)
        try:
            yield
        finally:
            self._lock.release()

    def _exchange(self, command: str, expected: str | None = None) -> str:
        """One command and its answer, after what is owed. Raises GateFault, also for another answer than expected."""
        with self._turn():
            self._settle()
            return self._ask(command, expected)

    def _settle(self) -> None:
        while self._owed:
            self._ask(f"off {self._owed[0]}", "off")
            del self._owed[0]

    def _ask(self, command: str, expected: str | None = None) -> str:
        line = self._line
        if line is None or not self._is_greeted or self._dropped:
            raise GateFault("the guardian is not running", began=False)
        try:
            line.sendall(command.encode() + b"\n")
        except OSError as error:
            raise GateFault(f"the guardian is gone: {error}", began=False) from error
        answer = self._hear()
        if expected not in (None, answer):
            raise GateFault(f"the guardian answered {answer!r} to {command}", began=True)
        return answer

    def _hear(self, within: float = ANSWER_S) -> str:
        """The next answer. A guardian that gives none is left: what it may still say would answer nothing."""
        process = self._process
        assert process is not None and process.stdout is not None  # noqa: S101  (started, and under the lock)
        end = time.monotonic() + within
        while b"\n" not in self._waiting:
            left = end - time.monotonic()
            ready = left > 0 and select.select([process.stdout], [], [], left)[0]
            heard = os.read(process.stdout.fileno(), 256) if ready else b""
            if not heard:
                self._is_greeted = False
                self._hang_up()  # it drops everything as soon as it notices; the watch ends it and starts another
                raise GateFault("the guardian died or does not answer", began=True)
            self._waiting += heard
        answer, _, self._waiting = self._waiting.partition(b"\n")
        return answer.decode("ascii", "replace")

    def _hang_up(self) -> None:
        """End the guardian's stdin, without closing a descriptor that another thread may be writing to."""
        if (line := self._line) is not None:
            with contextlib.suppress(OSError):  # shut or closed already
                line.shutdown(socket.SHUT_RDWR)

    def _end(self) -> None:
        self._is_greeted = False
        self._hang_up()
        process, self._process = self._process, None
        if process is not None:
            try:
                process.wait(ANSWER_S)
            except subprocess.TimeoutExpired:
                process.kill()  # stopped or hung; the next one claims the lines at off
                process.wait()
            if process.stdout is not None:
                process.stdout.close()
        line, self._line = self._line, None
        if line is not None:
            line.close()

    def _keep_alive(self) -> None:
        """Look after the guardian: one that died, or is stopped or stuck while a line is on, is replaced."""
        while not self._closed.wait(LOOK_EVERY_S) and not self._dropped:
            if not self.is_ready():
                self._replace()
            elif self._owed or self._proved_at <= self._pulses_end:
                now = time.monotonic()
                with contextlib.suppress(GateFault):  # it is replaced at the next look, if it did not answer
                    self._exchange("alive")
                    self._proved_at = now

    def _replace(self) -> None:
        """A new guardian; the lines are off from its first moment."""
        with self._lock:
            if self._dropped:
                return
            self._end()
            try:
                self._start()
            except OSError as error:
                self._news(f"the guardian can't be started: {error}")
                self._closed.wait(RESTART_EVERY_S)
                return
        self._news("the guardian had died; a new one holds the relay off")
