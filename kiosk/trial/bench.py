"""The gate on the bench: opened with the settings that are tried now; every opening is journaled before it is given."""

from __future__ import annotations

import queue
import time
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from typing import Any

from kiosk import settings
from kiosk.edges import Contact, Pulsed
from kiosk.gate import Gate, GateFault, Inputs, Signal, open_gate
from kiosk.trace import Trace
from kiosk.trial.walk import Edge

SETTLE_S = 1.0  # longer than any debounce: then it is known what every input is at rest


class InputsDied(OSError):
    """The inputs are read no more."""


class Contacts:
    """The inputs while somebody watches them."""

    def __init__(self) -> None:
        self._news: queue.SimpleQueue[tuple[Contact | None, Edge | str]] = queue.SimpleQueue()
        self.inputs: Inputs | None = None

    def tell(self, contact: Contact, is_active: bool) -> None:
        """In the inputs' thread."""
        self._news.put((contact, Edge(time.monotonic(), is_active)))

    def died(self, why: str) -> None:
        """In the inputs' thread."""
        self._news.put((None, why))

    def is_active_at_rest(self, contact: Contact) -> bool:
        """What the contact is once it has settled; edges up to now are forgotten. Raises InputsDied."""
        end = time.monotonic() + SETTLE_S
        while self.next(contact, end) is not None:
            pass
        return self.inputs is not None and self.inputs.active(contact)

    def next(self, contact: Contact, end: float) -> Edge | None:
        """The next edge of this contact, or None at the monotonic second ``end``. Raises InputsDied."""
        while (left := end - time.monotonic()) > 0:
            try:
                told, what = self._news.get(timeout=left)
            except queue.Empty:
                break
            if not isinstance(what, Edge):
                raise InputsDied(f"the inputs can't be read: {what}")
            if told is contact:
                return what
        return None


class Bench:
    """One gate, opened anew for each setting that is tried. Everything is off whenever it is closed."""

    def __init__(self, chosen: settings.Settings, note: Callable[[str], None], news: Callable[[str], None]) -> None:
        """``note`` journals what is about to be opened, and raises OSError when it can't. Raises OSError."""
        self.wiring = chosen.gate
        self._trace_file = chosen.trace.file
        self._trace = Trace(chosen.trace.file)
        self._note = note
        self._news = news
        self._rested_at = time.monotonic()
        self._gate = self._open()

    def try_with(self, **changes: Any) -> None:
        """From now on with these settings of [gate] changed. Raises OSError; the gate is closed then."""
        self._gate.close()
        if "active_high" in changes:  # turning the polarity round moves every output, should it be the wrong way
            self._note(f"active_high = {changes['active_high']}")
        self.wiring = self.wiring.model_copy(update=changes)
        self._gate = self._open()

    def open(self, name: str) -> Pulsed:
        """Rest, journal, then one opening by the relay of this name. Raises OSError without a line in the journal."""
        self._gate.shut()
        time.sleep(max(0.0, self._rested_at - time.monotonic()))
        self._note(f"{name}, {self.longest_s * 1000:.0f} ms")
        pulsed = self._gate.pulse("test", exit=name == "exit_relay")
        self._rested_at = time.monotonic() + self.longest_s + self.wiring.pulse_gap_ms / 1000
        return pulsed

    def shut(self) -> None:
        """Level mode: the relay off. A pulse ends by itself."""
        self._gate.shut()
        if self.wiring.mode == "level":
            self._rested_at = time.monotonic() + self.wiring.pulse_gap_ms / 1000

    @property
    def longest_s(self) -> float:
        """How long the relay is on, seconds."""
        return self.wiring.passage_within_s if self.wiring.mode == "level" else self.wiring.pulse_ms / 1000

    def light_green(self) -> None:
        """Green for 5 s; on a light gate it lets people in, so it is journaled. Raises OSError."""
        if self.wiring.profile == "light":
            self._note("green")
            self._gate.show_looked_at()
        else:
            self._gate.show(Signal.ADMITTED)

    def show(self, signal: Signal) -> None:
        """Lamps and buzzer."""
        self._gate.show(signal)

    def set_ready(self, on: bool) -> None:
        """The ready contact."""
        self._gate.set_ready(on)

    @contextmanager
    def contacts(self) -> Iterator[Contacts]:
        """The inputs, watched for as long as the context lasts. Raises OSError when they can't be had."""
        watched = Contacts()
        with _pins_are_had():
            watched.inputs = inputs = self._gate.open_inputs(watched.tell, watched.died)
        try:
            yield watched
        finally:
            inputs.close()

    def close(self) -> None:
        """Everything off. Once closed, closing does nothing."""
        self._gate.close()
        self._trace.close()

    def _open(self) -> Gate:
        with _pins_are_had():
            heard = self.wiring.model_copy(update={"quiet_from": None, "quiet_to": None})  # a tech wants to hear it
            return open_gate(heard, self._trace, self._trace_file, self._news)


@contextmanager
def _pins_are_had() -> Iterator[None]:
    """Whatever lgpio makes of a line that another process holds, as an OSError."""
    try:
        yield
    except OSError:
        raise
    except Exception as error:  # lgpio's own is a bare Exception class
        raise GateFault(f"a pin can't be had ({error})", began=False) from error
