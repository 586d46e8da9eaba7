"""What passage asks of the world: small Protocols that the edges implement, and the values they exchange."""

from __future__ import annotations

from dataclasses import dataclass
from enum import StrEnum
from typing import Protocol

from kiosk.attempt import Action, Attempt, Entry
from kiosk.codes import TicketCode
from kiosk.verdict import Verdict


class State(StrEnum):
    """What guests and techs are shown."""

    UNPAIRED = "unpaired"
    PAIRING = "pairing"
    READY = "ready"
    UNLOCKED = "unlocked"  # a paired gate that takes a pairing code, for two minutes
    ASKING = "asking"
    ADMITTED = "admitted"
    REFUSED = "refused"
    UNKNOWN = "unknown"
    FAULT = "fault"
    EMERGENCY = "emergency"  # "go": the copy of the fire panel's contact is active
    ALARM = "alarm"  # tailgating, a forced passage, the housing opened
    STOPPING = "stopping"
    JOINING = "joining"  # a Wi-Fi network, of a card
    TEST_RED = "test_red"  # the test card's steps, and how it ended
    TEST_AMBER = "test_amber"
    TEST_OPEN = "test_open"
    TEST_PASSED = "test_passed"
    TEST_NOT_PASSED = "test_not_passed"
    TEST_DONE = "test_done"  # without a passage sensor: the tech saw it, or not
    TEST_FAILED = "test_failed"


class Contact(StrEnum):
    """The inputs a gate can have."""

    PASSAGE = "passage"
    EXIT_REQUEST = "exit_request"
    EMERGENCY = "emergency"
    UNLOCK = "unlock"
    TAMPER = "tamper"


class Note(StrEnum):
    """What the journal is told that is no step of an attempt."""

    EXIT_REQUEST = "exit_request"  # opened for somebody who goes out
    EMERGENCY_ON = "emergency_on"
    EMERGENCY_OFF = "emergency_off"
    UNLOCKED = "unlocked"  # pairing codes are read for two minutes
    TAMPER_ON = "tamper_on"
    TAMPER_OFF = "tamper_off"
    TAILGATING = "tailgating"  # two went through on one admission
    FORCED = "forced"  # somebody went through on none
    TEST = "test"  # opened by a tech's test
    TECH_PAGE = "tech_page"  # opened, entered, pressed, saved, closed
    FAULT = "fault"
    FAULT_OVER = "fault_over"


class Pulsed(StrEnum):
    """What came of an order to open."""

    GIVEN = "given"  # the line is known to be on
    NOT_GIVEN = "not_given"  # surely not: nothing was begun
    UNSURE = "unsure"  # the order went out and nothing came back


@dataclass(frozen=True, slots=True)
class Question:
    """May this ticket enter, on behalf of this attempt? Put to the scan client."""

    scan_id: str  # made and journaled before the first request
    ticket: TicketCode
    action: Action
    unanswered: bool  # a consuming request of this attempt was sent before and had no answer
    admitted_before: bool  # some earlier attempt with this ticket was admitted at this gate


class Asker(Protocol):
    """Takes questions, never blocks; the answer comes back as ``Passage.answered``."""

    def ask(self, question: Question) -> None:
        """Put the question in the queue of the server thread."""


class Gate(Protocol):
    """The thing that lets people in."""

    def is_ready(self) -> bool:
        """True when a pulse can be given now."""

    def pulse(self, cause: str, exit: bool = False) -> Pulsed:  # noqa: A002  (the word of the field)
        """Begin one pulse for one person, in the way out with ``exit``. ``cause``: what the journal calls it."""

    def shut(self) -> None:
        """Somebody went through, or the time for it is over: nothing is held open any longer."""

    def hold_open(self) -> None:
        """An emergency: open, where the settings say so, and green. Ends by itself when it is not said again."""

    def release(self) -> None:
        """The emergency is over."""


class Journal(Protocol):
    """What was asked, answered and opened, on disk."""

    def is_usable(self) -> bool:
        """True when it is known what was promised to whom."""

    def last(self, ticket: str, action: Action) -> Attempt | None:
        """The latest attempt with this ticket here to do this: looking at it ends no attempt to enter."""

    def owed(self, ticket: str) -> Attempt | None:
        """The admission of this ticket that opens without being asked for again."""

    def was_admitted(self, ticket: str) -> bool:
        """True when any attempt with this ticket was admitted here, and not given back."""

    def is_doubtful(self, ticket: str) -> bool:
        """True when it is not known whether an opening, or an admission, let anybody in on this ticket."""

    def write(self, *entries: Entry) -> None:
        """Make these lines durable; OSError when that can't be done."""

    def note(self, what: Note, /, **details: str) -> None:
        """Make a line durable that is no step of an attempt; OSError when that can't be done."""


class Signs(Protocol):
    """Lamps, buzzer and screen."""

    def show(self, state: State, verdict: Verdict | None = None, trouble: str | None = None) -> None:
        """Show this from now on; ``trouble`` names what keeps an unpaired gate from being paired."""


class Trace(Protocol):
    """Told of everything, decides nothing."""

    def __call__(self, event: str, **fields: object) -> None:
        """One event with its fields."""
