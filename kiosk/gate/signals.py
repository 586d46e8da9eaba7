"""What lamps and buzzer do for each thing there is to say, and the thread that plays it.

Colour, rhythm and sound all differ: about 8 % of men do not see red from green, and "already used" must neither look
nor sound like success (facts: Gates). Green is not here: it lets people in, so the guardian holds it; it is lit for
those in ``SHOW_GREEN``.
"""

from __future__ import annotations

import contextlib
import threading
from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass
from enum import StrEnum

from kiosk.gate.sound import Output


class Signal(StrEnum):
    """One thing to say to the people at the gate."""

    DARK = "dark"
    UNPAIRED = "unpaired"
    BUSY = "busy"  # a question or a pairing is under way
    ADMITTED = "admitted"
    REFUSED = "refused"
    WAIT = "wait"  # no answer, or ask staff
    FAULT = "fault"
    EMERGENCY = "emergency"  # go
    ALARM = "alarm"  # tailgating, a forced passage, the housing opened


@dataclass(frozen=True, slots=True)
class Pattern:
    """Steps of (lines that are on, seconds); played once, the last one staying, or again and again."""

    steps: tuple[tuple[frozenset[str], float], ...]
    again: bool = False


def _pattern(*steps: tuple[str, float], again: bool = False) -> Pattern:
    return Pattern(tuple((frozenset(on.split()), seconds) for on, seconds in steps), again)


PATTERNS: Mapping[Signal, Pattern] = {
    Signal.DARK: _pattern(("", 0)),
    Signal.UNPAIRED: _pattern(("amber", 0.5), ("", 0.5), again=True),
    Signal.BUSY: _pattern(("amber", 0)),
    Signal.ADMITTED: _pattern(("buzzer", 0.15), ("", 0)),  # one short tone
    Signal.REFUSED: _pattern(("red buzzer", 0.5), ("red", 0.2), ("red buzzer", 0.5), ("red", 0)),  # two long ones
    Signal.WAIT: _pattern(*[("amber buzzer", 0.08), ("", 0.08)] * 3, ("amber", 0)),  # three very short ones
    Signal.FAULT: _pattern(("amber", 0.25), ("red", 0.25), again=True),
    Signal.EMERGENCY: _pattern(("amber buzzer", 0.3), ("", 1.7), again=True),  # slow, as long as it lasts
    Signal.ALARM: _pattern(("red buzzer", 0.12), ("", 0.12), again=True),  # fast, until there is other news
}
# A passive buzzer's pitch for each tone of a pattern, Hz, in turn. High is yes, low and falling is no, and a fourth or
# more between any two signals: ears tell them apart without having learnt them. Small buzzers are loudest above 1 kHz.
PITCHES: Mapping[Signal, tuple[int, ...]] = {
    Signal.ADMITTED: (2093,),
    Signal.REFUSED: (523, 392),
    Signal.WAIT: (1047, 1047, 1047),
    Signal.EMERGENCY: (1568,),
    Signal.ALARM: (3136,),
}
SHOW_GREEN = frozenset({Signal.ADMITTED, Signal.EMERGENCY})


@dataclass(frozen=True, slots=True)
class Step:
    """What is on, for how long, and at which pitch a passive buzzer sounds."""

    on: frozenset[str]
    seconds: float
    hertz: int = 0


_DARK = Step(frozenset(), 0)


def heard(signal: Signal, is_quiet: bool) -> list[Step]:
    """The pattern of this signal with its pitches, or without its tones; an emergency is never without."""
    pitches = iter(PITCHES.get(signal, ()))
    silent = is_quiet and signal is not Signal.EMERGENCY
    return [
        Step(on - {"buzzer"}, seconds) if silent or "buzzer" not in on else Step(on, seconds, next(pitches))
        for on, seconds in PATTERNS[signal].steps
    ]


class Player:
    """Plays one pattern on the lines there are; a new one ends the one before.

    A line that can't be moved stops nothing and no other line; ``news`` is told when it begins, from any thread.
    ``is_quiet`` is asked as a pattern begins; only an emergency sounds whatever it says.
    """

    def __init__(
        self,
        lines: Mapping[str, Output],
        news: Callable[[str], None],
        is_quiet: Callable[[], bool] = lambda: False,
    ) -> None:
        self._lines = lines
        self._news = news
        self._is_quiet = is_quiet
        self._broken: set[str] = set()
        self._changed = threading.Condition()
        self._steps: Sequence[Step] | None = heard(Signal.DARK, False)
        self._goes_on = False
        self._turn = 0  # counts the patterns played
        self._thread = threading.Thread(target=self._play, name="lamps", daemon=True)
        self._thread.start()

    def play(self, signal: Signal) -> None:
        """From now on this; its first step is out when this returns."""
        steps = heard(signal, self._is_quiet())
        with self._changed:
            self._steps, self._goes_on = steps, PATTERNS[signal].again
            self._turn += 1
            self._set(steps[0])
            self._changed.notify()

    def close(self) -> None:
        """Dark, and the thread ended. Once closed, closing does nothing."""
        with self._changed:
            if self._steps is None:
                return
            self._steps = None
            self._turn += 1
            self._set(_DARK)
            self._changed.notify()
        self._thread.join(timeout=2.0)
        for line in self._lines.values():
            with contextlib.suppress(Exception):  # lgpio's own is a bare Exception; it was told of already
                line.close()

    def _play(self) -> None:
        with self._changed:
            while (steps := self._steps) is not None:
                turn = self._turn
                played = 0
                while self._turn == turn:
                    step = steps[played % len(steps)]
                    self._set(step)
                    played += 1
                    last = played == len(steps) and not self._goes_on
                    self._changed.wait(None if last else step.seconds)

    def _set(self, step: Step) -> None:
        for name, line in self._lines.items():
            try:
                line.set(name in step.on, step.hertz)
                self._broken.discard(name)
            except Exception as error:  # lgpio's own is a bare Exception
                if name not in self._broken:
                    self._broken.add(name)
                    self._news(f"{name} can't be moved: {error}")
