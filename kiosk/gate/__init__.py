"""The gate: what opens is in the guardian's process; red, amber, buzzer and the inputs are in this one."""

from __future__ import annotations

import contextlib
import logging
import time
from collections.abc import Callable
from pathlib import Path

from gpiozero import Device, Factory

from kiosk import settings
from kiosk.edges import Pulsed
from kiosk.gate.inputs import Contact, Inputs, is_active_now
from kiosk.gate.lines import Line
from kiosk.gate.orders import Orders
from kiosk.gate.pins import PinFault, open_factory
from kiosk.gate.signals import Player, Signal
from kiosk.gate.sound import Output, Tone, is_quiet
from kiosk.gate.warden import GateFault, Warden
from kiosk.trace import Trace

__all__ = [
    "Contact",
    "Gate",
    "GateFault",
    "Inputs",
    "PinFault",
    "Signal",
    "active_contacts",
    "force_off",
    "is_emergency",
    "open_gate",
]

GREEN_MS = 5000  # green until passage or 5 s (facts: Gates)
DARK_S = 0.15  # between the greens of two guests: long enough to be seen as two
HOLD_EVERY_S = 0.5  # a hold is a lease of 2 s
_RELAYS = ("relay", "exit_relay")
_GUARDED = (*_RELAYS, "green", "ready")
_OTHERS = ("red", "amber", "buzzer")
_OFF_WITHIN_S = 3.0  # a guardian whose daemon was killed needs a moment to let go

log = logging.getLogger(__name__)


class Gate:
    """What lets people in. Belongs to the main loop, but for ``drop``. Implements ``edges.Gate``."""

    def __init__(self, wiring: settings.Gate, factory: Factory, trace: Trace, warden: Warden, player: Player) -> None:
        self._wiring = wiring
        self._factory = factory
        self._trace = trace
        self._warden = warden
        self._player = player
        self._relays = list(_wired(wiring, _RELAYS))
        self._has_green = wiring.green is not None
        self._green_until = time.monotonic()
        self._is_held = False
        self._hold_again_at = time.monotonic()
        self._ready_told: tuple[int, bool] | None = None  # to which guardian, and what

    def open_inputs(self, tell: Callable[[Contact, bool], None], died: Callable[[str], None]) -> Inputs:
        """The inputs, on the same pins; see ``Inputs``. Close them before the gate."""
        return Inputs(self._wiring, self._factory, self._trace, tell, died)

    def is_ready(self) -> bool:
        """True when a pulse can be given now."""
        return self._warden.is_ready()

    def pulse(self, cause: str, exit: bool = False) -> Pulsed:  # noqa: A002  (the word of the design)
        """One opening for one person: a relay, or green for a guest of a light gate. ``cause`` goes to the log.

        In level mode the relay stays on until ``shut``, ``passage_within_s`` at the most.
        """
        length = self._wiring.passage_within_s * 1000 if self._wiring.mode == "level" else self._wiring.pulse_ms
        try:
            if self._wiring.profile == "light" and not exit:
                is_on = self._light_green() or not self._has_green
            else:
                way = "exit_relay" if exit and "exit_relay" in self._relays else "relay"
                is_on = self._warden.pulse(way, round(length))
        except GateFault as fault:
            log.error("the opening of %s is not confirmed: %s", cause, fault)
            return Pulsed.UNSURE if fault.began else Pulsed.NOT_GIVEN
        return Pulsed.GIVEN if is_on else Pulsed.NOT_GIVEN

    def shut(self) -> None:
        """Somebody went through, or the time for it is over: level mode's relay off, and the guest's green.

        A relay of the way out stays as it is: the sensor does not watch that way.
        """
        held = self._held() if self._is_held else []
        if self._wiring.mode == "level" and "relay" not in held:
            self._off("relay")
        if "green" not in held:
            self._green_off()

    def hold_open(self) -> None:
        """An emergency goes on: green, and every relay where ``emergency_opens``. Ends 2 s after the last call."""
        self._is_held = True
        now = time.monotonic()
        if now < self._hold_again_at or not self._warden.is_ready():
            return
        with contextlib.suppress(GateFault):  # the next call tries again
            for name in self._held():
                self._warden.hold(name)
            self._hold_again_at = now + HOLD_EVERY_S

    def release(self) -> None:
        """The emergency is over."""
        if self._is_held:
            self._is_held = False
            self._hold_again_at = time.monotonic()
            for name in self._held():
                self._off(name)

    def set_ready(self, on: bool) -> None:
        """The ready contact; asked for again when the guardian is another one."""
        told = (self._warden.starts, on)
        if self._wiring.ready is None or told == self._ready_told or not self._warden.is_ready():
            return
        with contextlib.suppress(GateFault):  # the next call tries again
            self._warden.ready(on)
            self._ready_told = told

    def show(self, signal: Signal) -> None:
        """Lamps and buzzer from now on. Green stays for 5 s after an admission, or until there is other news."""
        if signal is not Signal.ADMITTED and not self._is_held:
            self._green_off()
        elif signal is Signal.ADMITTED and self._wiring.profile == "turnstile":
            with contextlib.suppress(GateFault):  # the warden tells of it by itself; a lamp stops nothing
                self._light_green()
        self._player.play(signal)

    def show_looked_at(self) -> None:
        """Green for a ticket that was only checked: nothing is opened, so nothing was journaled as an opening."""
        with contextlib.suppress(GateFault):
            self._light_green()
        self._player.play(Signal.ADMITTED)

    def off(self) -> None:
        """Relay first, then everything else."""
        self._is_held = False
        self._ready_told = None
        self._off("")
        self._player.play(Signal.DARK)

    def drop(self) -> None:
        """What the guardian holds off, now and for good. From any thread, at any moment, waiting for nothing."""
        self._warden.drop()

    def close(self) -> None:
        """Everything off, the guardian ended and the pins let go of, so that this process can open a gate again."""
        self._warden.close()
        self._player.close()
        self._factory.close()

    def _held(self) -> list[str]:
        relays = self._relays if self._wiring.emergency_opens else []
        return [*relays, "green"] if self._has_green else relays

    def _off(self, name: str) -> None:
        with contextlib.suppress(GateFault):  # then it is dead, or ended by close, or the warden asks again
            self._warden.off(name)

    def _green_off(self) -> None:
        if time.monotonic() < self._green_until:
            self._off("green")
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

    ``news`` is told, from threads of their own, when the guardian died and was started again, and of a lamp that
    can't be moved.
    """
    orders = Orders(
        wiring.pins, wiring.active_high, _wired(wiring, _GUARDED), None if trace_file is None else str(trace_file)
    )
    factory = Device.pin_factory = open_factory(wiring.pins)
    lines: dict[str, Output] = {}
    for name, pin in _wired(wiring, _OTHERS).items():
        if name == "buzzer" and wiring.buzzer_kind == "passive":
            lines[name] = Tone(name, pin, wiring.active_high, wiring.buzzer_volume, factory, trace)
        else:
            lines[name] = Line(name, pin, wiring.active_high, factory, trace)
    return Gate(wiring, factory, trace, Warden(orders, news), Player(lines, news, lambda: is_quiet(wiring)))


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


def is_emergency(wiring: settings.Gate) -> bool | None:
    """Whether the emergency contact is active, read where no gate runs; None when the pin can't be read."""
    if wiring.emergency is None:
        return False
    try:
        return is_active_now(wiring, Contact.EMERGENCY, open_factory(wiring.pins))
    except Exception as error:  # lgpio's own error is a bare Exception
        log.warning("the emergency contact can't be read: %s", error)
        return None


def active_contacts(wiring: settings.Gate) -> tuple[str, ...]:
    """The inputs that are active, read where no gate runs. Raises PinFault, and what gpiozero raises."""
    factory = open_factory(wiring.pins)
    return tuple(contact for contact in Contact if is_active_now(wiring, contact, factory))


def _wired(wiring: settings.Gate, names: tuple[str, ...]) -> dict[str, int]:
    return {name: getattr(wiring, name) for name in names if getattr(wiring, name) is not None}
