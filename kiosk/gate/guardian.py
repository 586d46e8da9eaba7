"""The guardian: a process of its own that owns the lines which let people in, and drops them by itself.

It is started by ``warden`` in a session of its own, so that what kills the daemon leaves it alive. Commands come on
stdin, a line each: ``pulse NAME MILLISECONDS``, ``hold NAME``, ``off NAME``, ``off``, ``ready on``, ``ready off`` and
``alive``. Answers go to stdout: ``ready`` once, then ``on NAME`` or ``busy NAME``, ``held NAME``, ``off``, ``ready on``
or ``ready off``, ``alive``. Every line is released at its own deadline, when stdin ends (the daemon is gone, also by
kill -9, or it drops everything), at a signal, and at anything that was not expected. What was still to be read when
stdin ended is not obeyed: nobody is there any more who would know of it.

A pulse ends by itself, within 10 s. A hold is for an emergency: it outlasts that bound, but only as a lease of 2 s that
a living daemon must ask for again and again. The ready contact opens nothing, so it has no deadline; it is dropped with
everything else.

Why a line can't stay on. (1) The main loop sleeps no longer than until the nearest deadline. (2) Should the loop hang,
in a trace on a disk that stalls for instance, a thread that does nothing else switches every line off shortly after
that deadline and ends the process. (3) Should no Python run at all, the kernel's alarm, which has no handler, ends the
process a little later; the warden then starts another, which claims every line at off. Both are set before a line is
energised. Writing to a daemon that does not read never blocks: stdout is set so.
"""

from __future__ import annotations

import json
import os
import select
import signal
import sys
import threading
import time
from pathlib import Path
from types import FrameType

from gpiozero import Device

from kiosk.gate.lines import Line
from kiosk.gate.orders import HOLD_S, Orders
from kiosk.gate.pins import open_factory
from kiosk.trace import Trace

# 100 ms: the shortest pulse turnstiles take; 10 s: the bound of the design (facts: Gates).
SHORTEST_MS, LONGEST_MS = 100, 10_000
READY = "ready"  # the one line without a deadline
LAST_RESORT_S = 0.25  # from a deadline the loop missed to the thread's turn, and from there to the kernel's
_LONGEST_COMMAND = 256  # bytes
_STDIN_ENDED = select.POLLHUP | select.POLLRDHUP | select.POLLERR | select.POLLNVAL
# SIGABRT: systemd's watchdog sends it to the whole unit when the daemon hangs.
_ENDING = (signal.SIGTERM, signal.SIGHUP, signal.SIGQUIT, signal.SIGABRT)


class Guardian:
    """The lines and when each is to be released. Monotonic seconds."""

    def __init__(self, orders: Orders) -> None:
        trace = Trace(None if orders.trace is None else Path(orders.trace))
        factory = Device.pin_factory = open_factory(orders.pins)
        self._lines = {name: Line(name, pin, orders.active_high, factory, trace) for name, pin in orders.lines.items()}
        self._off_at: dict[str, float] = {}
        self._end_at: float | None = None  # when the last resort has its turn
        self._end_moved = threading.Condition()
        threading.Thread(target=self._outlast_the_loop, name="last resort", daemon=True).start()

    def work(self) -> None:
        """Obey until stdin ends or says something that is no command."""
        _say("ready")
        stdin = select.poll()
        stdin.register(0, select.POLLIN | select.POLLRDHUP)
        waiting = b""
        while True:
            until = self._until_deadline()
            for _, event in stdin.poll(None if until is None else until * 1000):
                if event & _STDIN_ENDED:
                    return
                *commands, waiting = (waiting + os.read(0, _LONGEST_COMMAND)).split(b"\n")
                if len(waiting) > _LONGEST_COMMAND or not all(map(self._obey, commands)):
                    return
            self._drop_due()

    def release(self) -> None:
        """Every line off, and only then the trace told."""
        self._switch_off()
        self._off_at.clear()
        for line in self._lines.values():
            line.tell()

    def _switch_off(self) -> None:
        """Every line off, whatever happens with another; then raises what happened with the last that failed."""
        failure: Exception | None = None
        for line in self._lines.values():
            try:
                line.switch(False)
            except Exception as error:  # lgpio's own is a bare Exception; the next line must be tried
                failure = error
        if failure is not None:
            raise failure

    def _obey(self, command: bytes) -> bool:
        self._drop_due()  # a late loop must not refuse, or prolong, because of a pulse that is over
        answer = None
        match command.decode("ascii", "replace").split():
            case ["alive"]:  # the answer proves that every pulse that is over has been dropped
                answer = "alive"
            case ["off"]:
                self.release()
                answer = "off"
            case ["off", name] if name in self._lines:
                self._drop(name)
                answer = "off"
            case ["pulse", name, length] if self._is_timed(name) and _is_length(length):
                answer = f"busy {name}" if name in self._off_at else self._energise(name, int(length) / 1000, "on")
            case ["hold", name] if self._is_timed(name):
                answer = self._energise(name, HOLD_S, "held")
            case ["ready", "on" | "off" as state] if READY in self._lines:
                self._lines[READY].set(state == "on")
                answer = f"ready {state}"
        if answer is not None:
            _say(answer)
        return answer is not None

    def _is_timed(self, name: str) -> bool:
        return name in self._lines and name != READY

    def _energise(self, name: str, seconds: float, word: str) -> str:
        """On, or on for longer; the last resort knows of it first. The answer: what the pin then says."""
        self._off_at[name] = time.monotonic() + seconds
        self._set_last_resort()
        self._lines[name].set(True)
        return f"{word if self._lines[name].is_on() else 'stuck'} {name}"

    def _drop_due(self) -> None:
        now = time.monotonic()
        for name in [name for name, at in self._off_at.items() if at <= now]:
            self._drop(name)
        self._set_last_resort()

    def _drop(self, name: str) -> None:
        self._lines[name].set(False)
        self._off_at.pop(name, None)

    def _until_deadline(self) -> float | None:
        return max(0.0, min(self._off_at.values()) - time.monotonic()) if self._off_at else None

    def _set_last_resort(self) -> None:
        until = self._until_deadline()
        with self._end_moved:
            self._end_at = None if until is None else time.monotonic() + until + LAST_RESORT_S
            self._end_moved.notify()
        signal.setitimer(signal.ITIMER_REAL, 0 if until is None else until + 2 * LAST_RESORT_S)

    def _outlast_the_loop(self) -> None:
        """A thread of its own: pins only, since whatever the loop hangs in would hang this too."""
        with self._end_moved:
            while self._end_at is None or self._end_at > time.monotonic():
                self._end_moved.wait(None if self._end_at is None else self._end_at - time.monotonic())
        try:
            self._switch_off()
        finally:
            os._exit(1)


def _is_length(word: str) -> bool:
    return word.isdecimal() and SHORTEST_MS <= int(word) <= LONGEST_MS


def _say(answer: str) -> None:
    """Tell the daemon; when it is gone or does not read, the next look at stdin decides."""
    try:
        os.write(1, answer.encode() + b"\n")
    except OSError:
        return


def main(argument: str) -> int:
    """Guard until told, or left, otherwise. 0: the daemon went away; 1: a signal, an error, or a loop that hung."""
    signal.signal(signal.SIGALRM, signal.SIG_DFL)  # an ignored signal is inherited
    signal.pthread_sigmask(signal.SIG_UNBLOCK, {signal.SIGALRM, *_ENDING})
    os.set_blocking(1, False)
    signal.signal(signal.SIGINT, signal.SIG_IGN)  # Ctrl-C is for the daemon, whose end is noticed on stdin
    signal.signal(signal.SIGPIPE, signal.SIG_IGN)
    guardian = Guardian(Orders(**json.loads(argument)))

    def drop_and_leave(_signal: int, _frame: FrameType | None) -> None:
        try:
            guardian.release()
        finally:
            os._exit(1)

    for number in _ENDING:
        signal.signal(number, drop_and_leave)
    try:
        guardian.work()
    finally:
        guardian.release()
    return 0


if __name__ == "__main__":
    sys.exit(main(sys.argv[1]))
