"""A passive buzzer: which tone goes with what is said, how loud, and the hours in which there is none."""

from __future__ import annotations

from datetime import datetime, time
from typing import Protocol

from gpiozero import Factory, PWMOutputDevice

from kiosk import settings
from kiosk.trace import Trace

LOUDEST = 0.5  # a square wave that is on for half of its time is as loud as a buzzer gets


class Output(Protocol):
    """What a pattern switches: a lamp's line, a buzzer that sounds by itself, or one that is given a tone."""

    def set(self, on: bool, hertz: int = 0) -> None:
        """Energise or release; ``hertz``: the pitch, for a buzzer that has none of its own."""

    def close(self) -> None:
        """Release, then let go."""


class Tone:
    """A passive buzzer on a BCM number: it sounds at the pitch that the pin is driven with."""

    def __init__(self, name: str, pin: int, active_high: bool, volume: float, factory: Factory, trace: Trace) -> None:
        """``volume``: 0 to 1, by the share of each period in which the pin is on."""
        self._name = name
        self._share = LOUDEST * volume
        self._trace = trace
        self._output = PWMOutputDevice(pin, active_high=active_high, frequency=1000, pin_factory=factory)
        self._told = 0
        trace("pin", pin=name, value=0)

    def set(self, on: bool, hertz: int = 0) -> None:
        """Sound at ``hertz``, or be silent, and tell the trace."""
        if on:
            self._output.frequency = hertz
            self._output.value = self._share
        else:
            self._output.off()
        heard = hertz if on else 0
        if heard != self._told:
            self._told = heard
            self._trace("pin", pin=self._name, value=int(on), **({"hertz": hertz} if on else {}))

    def close(self) -> None:
        """Silence, then let go."""
        self.set(False)
        self._output.close()


def is_quiet(wiring: settings.Gate) -> bool:
    """True in the quiet hours of the settings, by this machine's clock and time zone."""
    if wiring.quiet_from is None or wiring.quiet_to is None:
        return False
    return is_within(datetime.now().astimezone().time(), wiring.quiet_from, wiring.quiet_to)


def is_within(now: time, begin: time, end: time) -> bool:
    """True from ``begin`` on and before ``end``, which may be the next morning."""
    return begin <= now < end if begin < end else now >= begin or now < end
