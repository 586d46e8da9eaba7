"""The inputs: passage, exit request, emergency, unlock and tamper contacts, each edge told once it is no bounce.

A thread of its own reads every wired line each 5 ms; a change counts once every reading for ``debounce_ms`` has shown
it. So a contact shorter than that is ignored, one longer by two readings is always seen, and nothing can be lost for
good: whatever the line is now is read again 5 ms later. Interrupts would save the reading and cost the certainty:
debouncing in gpiozero drops the edge after a short one (gpiozero issues 550 and 1039), and lgpio brings edges through
a pipe in the working directory and a thread whose end nobody is told of. The price of reading five lines 200 times a
second was 0.5 % of one x86-64 core on mock pins; on a Pi expect a few times that. What a machine so busy that this
thread does not run misses, is a contact that began and ended in between.
"""

from __future__ import annotations

import threading
import time
from collections.abc import Callable, Mapping

from gpiozero import Factory, InputDevice

from kiosk import settings
from kiosk.edges import Contact
from kiosk.trace import Trace

__all__ = ["Contact", "Inputs"]

LOOK_EVERY_S = 0.005
# With readings further apart than this a contact of twice the time may have been missed: two readings must fall into
# it. Contacts of passage close for 0.2 s and more.
BLIND_S = 0.1


class _Wire:
    """One input: a contact between its pin and ground, under the internal pull-up."""

    def __init__(self, pin: int, is_closed_at_rest: bool, factory: Factory) -> None:
        self._device = InputDevice(pin, pull_up=True, pin_factory=factory)
        self._is_closed_at_rest = is_closed_at_rest
        self.is_active = False  # what was told last
        self.differs_since: float | None = None  # monotonic; since when every reading said otherwise

    def read(self) -> bool:
        """True when the contact is not as it is at rest."""
        return bool(self._device.is_active) is not self._is_closed_at_rest

    def press(self, is_active: bool) -> None:
        """Mock pins only: what a hand on the contact does to the pin."""
        is_closed = is_active is not self._is_closed_at_rest
        (self._device.pin.drive_low if is_closed else self._device.pin.drive_high)()

    def close(self) -> None:
        """Let go of the pin."""
        self._device.close()


class Inputs:
    """The wired contacts. ``tell`` and ``died`` are called in a thread of their own.

    ``tell(contact, is_active)``: each edge, and once at the start what is active then; but for a passage sensor, since
    nobody was seen to come. ``died(why)``: the inputs are read no more.
    """

    def __init__(
        self,
        wiring: settings.Gate,
        factory: Factory,
        trace: Trace,
        tell: Callable[[Contact, bool], None],
        died: Callable[[str], None],
    ) -> None:
        self._trace = trace
        self._tell = tell
        self._died = died
        self._debounce_s = wiring.debounce_ms / 1000
        self._pressed_in = wiring.mock_inputs if wiring.pins == "mock" else None
        pins = {contact: getattr(wiring, contact) for contact in Contact}
        self._lines: Mapping[Contact, _Wire] = {
            contact: _Wire(pin, contact in wiring.normally_closed, factory)
            for contact, pin in pins.items()
            if pin is not None
        }
        self._press()
        if (passage := self._lines.get(Contact.PASSAGE)) is not None:
            passage.is_active = passage.read()
        for contact, line in self._lines.items():
            trace("pin", pin=contact, value=int(line.is_active))
        self._read_at = time.monotonic()
        self._blind_at = float("-inf")  # when a reading came too late, the last time
        self._closed = threading.Event()
        self._thread = threading.Thread(target=self._watch, name="inputs", daemon=True)
        if self._lines:
            self._thread.start()

    def active(self, contact: Contact) -> bool:
        """What was told last of this contact; False when it is not wired."""
        return contact in self._lines and self._lines[contact].is_active

    def was_blind(self, since: float, now: float) -> bool:
        """True when a contact may have come and gone unseen since then. Monotonic seconds."""
        return self._blind_at >= since or now - self._read_at > BLIND_S

    def close(self) -> None:
        """Tell no more, and let go of the pins. Once closed, closing does nothing."""
        self._closed.set()
        if self._thread.is_alive():
            self._thread.join(timeout=2.0)
        for line in self._lines.values():
            line.close()

    def _watch(self) -> None:
        try:
            while not self._closed.wait(LOOK_EVERY_S):
                now = time.monotonic()
                if now - self._read_at > BLIND_S:
                    self._blind_at = now
                self._read_at = now
                self._press()
                for contact, line in self._lines.items():
                    self._look(contact, line)
        except Exception as error:  # whatever it was, a gate that is blind to an emergency must end
            self._died(f"{type(error).__name__}: {error}")

    def _look(self, contact: Contact, line: _Wire) -> None:
        now = time.monotonic()
        if line.read() is line.is_active:
            line.differs_since = None
        elif line.differs_since is None:
            line.differs_since = time.monotonic()  # after this reading, and above before the last one: never too early
        elif now - line.differs_since >= self._debounce_s:
            line.differs_since = None
            line.is_active = not line.is_active
            self._trace("pin", pin=contact, value=int(line.is_active))
            self._tell(contact, line.is_active)

    def _press(self) -> None:
        """Mock pins: each file in the folder is a finger on the contact of its name."""
        if self._pressed_in is not None:
            for contact, line in self._lines.items():
                line.press((self._pressed_in / contact).exists())


def is_active_now(wiring: settings.Gate, contact: Contact, factory: Factory) -> bool:
    """One reading of one contact, by a process that has no gate; False when it is not wired.

    Raises what gpiozero raises for a line that another process holds.
    """
    pin = getattr(wiring, contact)
    if pin is None:
        return False
    line = _Wire(pin, contact in wiring.normally_closed, factory)
    try:
        if wiring.pins == "mock" and wiring.mock_inputs is not None:
            line.press((wiring.mock_inputs / contact).exists())
        return line.read()
    finally:
        line.close()
