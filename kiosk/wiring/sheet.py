"""Settings → the wiring sheet's content: each terminal with its pins, and what deserves a second look. Pure."""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import dataclass

from kiosk import settings
from kiosk.screen.words import Language
from kiosk.wiring import header
from kiosk.wiring.words import ADVICE, TERMINALS, caution, label


@dataclass(frozen=True, slots=True)
class Terminal:
    """One wire of the header: what it is, where it starts and where it goes."""

    name: str  # its key in [gate]
    bcm: int
    pin: int  # 1 to 40
    ground: int  # the pin that its driver's, or contact's, ground goes to
    is_input: bool
    normally_closed: bool  # inputs only
    title: str
    hint: str


@dataclass(frozen=True, slots=True)
class Sheet:
    """All that the text and the picture show."""

    language: Language
    origin: str  # the settings' file
    facts: tuple[str, ...]  # pulse, mode, polarity: short
    terminals: tuple[Terminal, ...]  # outputs first
    cautions: tuple[str, ...]  # about these very settings
    advice: tuple[str, ...]  # true of every gate
    active_high: bool

    def at(self, pin: int) -> Terminal | None:
        """The terminal on this pin of the header, if one is wired there."""
        return next((terminal for terminal in self.terminals if terminal.pin == pin), None)

    def grounded_at(self, pin: int) -> tuple[Terminal, ...]:
        """The terminals whose ground goes to this pin."""
        return tuple(terminal for terminal in self.terminals if terminal.ground == pin)


def draw_up(gate: settings.Gate, origin: str, language: Language) -> Sheet:
    """The sheet for this wiring; ``origin`` names the settings it was made from."""
    terminals = tuple(_terminals(gate, language))
    cautions = [*_of_the_settings(gate, language)]
    for terminal in terminals:
        cautions += _of_the_pin(terminal, gate, language)
    other_resistor = "resistor_low" if gate.active_high else "resistor"
    advice = tuple(words[language] for key, words in ADVICE.items() if key != other_resistor)
    facts = tuple(_facts(gate, language))
    return Sheet(language, origin, facts, terminals, tuple(cautions), advice, gate.active_high)


def _terminals(gate: settings.Gate, language: Language) -> Iterator[Terminal]:
    wired = {name: bcm for name in (*settings.OUTPUTS, *settings.INPUTS) if (bcm := getattr(gate, name)) is not None}
    grounds = header.share_grounds(header.position(bcm) for bcm in wired.values())
    for name, bcm in wired.items():
        pin = header.position(bcm)
        words = TERMINALS[name][language]
        closed = name in gate.normally_closed
        yield Terminal(name, bcm, pin, grounds[pin], name in settings.INPUTS, closed, words.title, words.hint)


def _facts(gate: settings.Gate, language: Language) -> Iterator[str]:
    values = gate.model_dump()
    yield f"{label('profile', language)} {gate.profile}"
    if gate.profile == "turnstile":
        yield label(gate.mode, language, **values)
    yield label("active_high" if gate.active_high else "active_low", language)
    if any(getattr(gate, name) is not None for name in settings.INPUTS):
        yield label("debounce", language, **values)


def _of_the_settings(gate: settings.Gate, language: Language) -> Iterator[str]:
    pulses = gate.profile == "turnstile" and gate.mode == "pulse"
    relevant = {
        "active_low": not gate.active_high,
        "long_pulse": pulses and gate.pulse_ms > 3000,  # PERCo TTR-04CW manual p.15 (facts: Gates)
        "short_pulse": pulses and gate.pulse_ms < 200,
        "no_passage": gate.passage is None,
        "emergency_open_at_rest": gate.emergency is not None and "emergency" not in gate.normally_closed,
        "tamper_open_at_rest": gate.tamper is not None and "tamper" not in gate.normally_closed,
        "emergency_opens": gate.emergency_opens,
    }
    yield from (caution(key, language, pulse_ms=gate.pulse_ms) for key, applies in relevant.items() if applies)


def _of_the_pin(terminal: Terminal, gate: settings.Gate, language: Language) -> Iterator[str]:
    told = {"title": terminal.title, "bcm": terminal.bcm}
    if terminal.bcm in header.BOOT_HIGH and not terminal.is_input and gate.active_high:
        yield caution("boots_high", language, **told)
    match header.FUNCTIONS.get(terminal.bcm):
        case "UART" if terminal.bcm == 14 and not terminal.is_input:
            what = caution("opens" if terminal.name in ("relay", "exit_relay") else "flickers", language)
            yield caution("serial_console", language, consequence=what, **told)
        case "I2C":
            yield caution("fixed_pull_up", language, **told)
        case "HAT-ID":
            yield caution("hat", language, **told)
        case str(function):
            yield caution("function", language, function=function, **told)
