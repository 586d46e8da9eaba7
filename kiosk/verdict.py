"""What a presentation ends with: admitted, refused with a reason, or unknown with a fault. Values only."""

from __future__ import annotations

from dataclasses import dataclass, field, replace
from enum import StrEnum


class Outcome(StrEnum):
    """``unknown`` is not final; the other two are."""

    ADMITTED = "admitted"
    REFUSED = "refused"
    UNKNOWN = "unknown"


class Reason(StrEnum):
    """Why a ticket is refused. The first block is the scan API's ``code``; the second is known here alone."""

    MALFORMED_CODE = "malformed_code"
    INVALID_SIGNATURE = "invalid_signature"
    UNKNOWN_TICKET = "unknown_ticket"
    WRONG_EVENT = "wrong_event"
    CANCELLED = "cancelled"
    NOT_ACTIVE = "not_active"
    ALREADY_SCANNED = "already_scanned"
    TOO_EARLY = "too_early"
    TOO_LATE = "too_late"
    ANNULLED = "annulled"
    WRONG_GATE = "wrong_gate"
    NOT_INSIDE = "not_inside"

    NOT_A_TICKET = "not_a_ticket"  # a URL, a vCard, rubbish: never sent to the server
    ASK_STAFF = "ask_staff"  # died between opening and opened: it can't be known whether the pulse went out


class Fault(StrEnum):
    """Why no answer could be had. Each has a lamp pattern, a screen text, a journal entry and a line in doctor."""

    NO_NETWORK = "no_network"  # no connection, no name, no route
    TIMEOUT = "timeout"  # connected, but no answer within the budget
    TLS = "tls"  # certificate refused, or not TLS at all
    CLOCK = "clock"  # a certificate refused by its dates, while the gate's own clock is not known to be good
    SERVER_KEY_CHANGED = "server_key_changed"  # TLS, but not with the key that was pinned at pairing
    KEY_REFUSED = "key_refused"  # the server is up and does not know this gate's key, or archived it
    SERVER_TROUBLE = "server_trouble"  # 5xx, rate limit
    ODD_ANSWER = "odd_answer"  # HTML, a redirect, truncated, or 200 with nonsense: perhaps a captive portal
    EVENT_UNKNOWN = "event_unknown"  # the server wants event_uuid, and no event's key verifies this ticket
    SCAN_ID_REUSED = "scan_id_reused"  # 409: our own mistake; never seen but after a damaged journal
    GATE = "gate"  # the guardian or a pin does not answer
    JOURNAL = "journal"  # not writable: no admission without a journal line
    CAMERA = "camera"
    PASSAGE_SENSOR = "passage_sensor"  # one opening after another, and nobody seen to go through
    SCREEN = "screen"  # the guest screen can't be served, or not with the organiser's look


@dataclass(frozen=True, slots=True)
class Verdict:
    """One answer. ``used_at`` and ``used_by`` come with ``already_scanned`` where the server tells them.

    ``guest_message``: the server's words for the guest of a refusal, in the guest's language. ``first_name``: for a
    greeting on a screen, where the settings want one; it makes no difference between verdicts and is printed nowhere.
    """

    outcome: Outcome
    reason: Reason | None = None
    fault: Fault | None = None
    used_at: str | None = None  # RFC 3339, server's clock
    used_by: str | None = None  # the other gate's name, as the organiser named it
    guest_message: str | None = None  # printable and short
    first_name: str | None = field(default=None, compare=False, repr=False)  # printable and short

    @property
    def nameless(self) -> Verdict:
        """The same for whatever keeps it: a ledger has no use for a guest's name."""
        return replace(self, first_name=None)

    @property
    def is_final(self) -> bool:
        """True when asking again can change nothing."""
        return self.outcome is not Outcome.UNKNOWN


ADMITTED = Verdict(Outcome.ADMITTED)


def refused(
    reason: Reason, used_at: str | None = None, used_by: str | None = None, guest_message: str | None = None
) -> Verdict:
    """Final: this ticket does not open this gate now."""
    return Verdict(Outcome.REFUSED, reason=reason, used_at=used_at, used_by=used_by, guest_message=guest_message)


def unknown(fault: Fault) -> Verdict:
    """Not final: no answer could be had, because of this fault."""
    return Verdict(Outcome.UNKNOWN, fault=fault)
