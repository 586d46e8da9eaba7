"""The gate: relay and green lamp in the guardian's process, the other lamps and the buzzer in this one."""

from __future__ import annotations

import contextlib
import logging
import time
from collections.abc import Callable
from pathlib import Path

from gpiozero import Device

from kiosk import settings
from kiosk.gate.lines import Line
from kiosk.gate.orders import Orders
from kiosk.gate.pins import PinFault, open_factory
from kiosk.gate.signals import Player, Signal
from kiosk.gate.warden import GateFault, Warden
from kiosk.trace import Trace

__all__ = ["Gate", "GateFault", "PinFault", "Signal", "force_off", "open_gate"]

GREEN_MS = 5000  # green until passage or 5 s (facts: Gates)
DARK_S = 0.15  # between the greens of two guests: long enough to be seen as two
_GUARDED = ("relay", "green")
_OTHERS = ("red", "amber", "buzzer")
_OFF_WITHIN_S = 3.0  # a guardian whose daemon was killed needs a moment to let go

log = logging.getLogger(__name__)


class Gate:
    """What lets people in. Belongs to the main loop."""

    def __init__(self, wiring: settings.Gate, warden: Warden, player: Player) -> None:
        self._wiring = wiring
        self._warden = warden
        self._player = player
        self._has_green = wiring.green is not None
        self._green_until = time.monotonic()

    def is_ready(self) -> bool:
        """True when a pulse can be given now."""
        return self._warden.is_ready()

    def pulse(self, scan_id: str) -> bool:
        """One pulse for one person: the relay's, or green on a light kiosk. True once the line is known to be on."""
        try:
            if self._wiring.profile == "light":
                return self._light_green() or not self._has_green
            return self._warden.pulse("relay", self._wiring.pulse_ms)
        except GateFault as fault:
            log.error("the opening of %s is not confirmed: %s", scan_id, fault)
            return False

    def show(self, signal: Signal) -> None:
        """Lamps and buzzer from now on. Green stays for 5 s after an admission, or until there is other news."""
        with contextlib.suppress(GateFault):  # the warden tells of it by itself; a lamp stops nothing
            if signal is Signal.ADMITTED and self._wiring.profile == "turnstile":
                self._light_green()
            elif signal is not Signal.ADMITTED and self._has_green:
                self._green_off()
        self._player.play(signal)

    def show_looked_at(self) -> None:
        """Green for a ticket that was only checked: nothing is opened, so nothing was journaled as an opening."""
        with contextlib.suppress(GateFault):
            self._light_green()
        self._player.play(Signal.ADMITTED)

    def off(self) -> None:
        """Relay first, then everything else."""
        with contextlib.suppress(GateFault):  # then it is dead, or ended by close
            self._warden.off()
        self._player.play(Signal.DARK)

    def close(self) -> None:
        """Everything off, and the guardian ended."""
        self._warden.close()
        self._player.close()

    def _green_off(self) -> None:
        self._warden.off("green")
        self._green_until = time.monotonic()

    def _light_green(self) -> bool:
        if not self._has_green:
            return False
        if time.monotonic() < self._green_until:
            self._green_off()
            time.sleep(DARK_S)
        self._green_until = time.monotonic() + GREEN_MS / 1000 + DARK_S
        return self._warden.pulse("green", GREEN_MS)


def open_gate(wiring: settings.Gate, trace: Trace, trace_file: Path | None, news: Callable[[str], None]) -> Gate:
    """Start the guardian and claim every output at off. Raises PinFault or GateFault, with what to do.

    ``news`` is told, from a thread of its own, when the guardian died and was started again.
    """
    guarded = _wired(wiring, _GUARDED)
    orders = Orders(wiring.pins, wiring.active_high, guarded, None if trace_file is None else str(trace_file))
    factory = Device.pin_factory = open_factory(wiring.pins)
    lines = {name: Line(name, pin, wiring.active_high, factory, trace) for name, pin in _wired(wiring, _OTHERS).items()}
    return Gate(wiring, Warden(orders, news), Player(lines))


def force_off(wiring: settings.Gate) -> list[str]:
    """Claim each wired output at off and let go of it; what could not be done, in words. Needs 3 s at the most."""
    trace = Trace(None)
    factory = open_factory(wiring.pins)
    troubles = []
    end = time.monotonic() + _OFF_WITHIN_S
    for name, pin in _wired(wiring, (*_GUARDED, *_OTHERS)).items():
        while True:
            try:
                Line(name, pin, wiring.active_high, factory, trace).close()
            except Exception as error:  # lgpio's own error is a bare Exception; the next line must be tried
                if time.monotonic() < end:
                    time.sleep(0.1)
                    continue
                troubles.append(f"{name} (BCM {pin}): {error}")
            break
    return troubles


def _wired(wiring: settings.Gate, names: tuple[str, ...]) -> dict[str, int]:
    return {name: getattr(wiring, name) for name in names if getattr(wiring, name) is not None}
