"""What a change of an input means: passage, exit request, emergency, unlock, tamper. Pure; monotonic seconds."""

from __future__ import annotations

from collections import deque
from collections.abc import Callable
from dataclasses import dataclass, field

from kiosk.edges import Contact, Gate, Journal, Note, State, Trace
from kiosk.shown import Shown
from kiosk.turns import Turns
from kiosk.verdict import Fault

_EDGES = {
    Contact.EMERGENCY: {True: Note.EMERGENCY_ON, False: Note.EMERGENCY_OFF},
    Contact.TAMPER: {True: Note.TAMPER_ON, False: Note.TAMPER_OFF},
}
NOTE_AGAIN_S = 1.0  # while the journal can't be written
_NOTES_WAITING = 1_000  # a contact that chatters for a night on a full disk must not fill the memory too


@dataclass
class Contacts:
    """Told of every edge, paired or not: who wants out must get out also before a server is known."""

    gate: Gate
    turns: Turns
    journal: Journal
    shown: Shown
    trace: Trace
    unlock: Callable[[float], None]
    is_emergency: bool = field(default=False, init=False)
    _to_note: deque[Note] = field(default_factory=lambda: deque(maxlen=_NOTES_WAITING), init=False)
    _note_at: float = field(default=float("-inf"), init=False)

    def changed(self, contact: Contact, active: bool, now: float) -> None:
        """An input became active, or let go."""
        if contact in _EDGES:
            self._to_note.append(_EDGES[contact][active])
            self._note_at = now
        if contact is Contact.EMERGENCY:
            self._emergency(active)
        elif not active:
            return
        elif contact is Contact.PASSAGE and not self.is_emergency:
            self.turns.passed(now)
        elif contact is Contact.EXIT_REQUEST:
            self.turns.exit_requested()
        elif contact is Contact.UNLOCK:
            self.unlock(now)
        elif contact is Contact.TAMPER:
            self.shown.alarm(now)

    def tick(self, now: float) -> None:
        """Let time pass: keep the gate open while there is an emergency, and write what could not be written."""
        if self.is_emergency:
            self.gate.hold_open()
        while self._to_note and now >= self._note_at:
            try:
                self.journal.note(self._to_note[0])
            except OSError as error:  # an emergency opens all the same: people go before lines
                self.trace("fault", fault=Fault.JOURNAL, why=str(error))
                self._note_at = now + NOTE_AGAIN_S
                return
            self._to_note.popleft()

    def _emergency(self, active: bool) -> None:
        if active == self.is_emergency:
            return
        self.is_emergency = active
        self.trace("emergency", active=active)
        if active:
            self.turns.call_off()
            self.shown.hold(State.EMERGENCY)
            self.gate.hold_open()
        else:
            self.gate.release()
            self.turns.go_on()
            self.shown.let_go()
