"""Giving an admission back that nobody went through on: what is asked, and what the answer means. Pure.

What the server has settled for good is told by its exact codes alone. Everything else, a plain "not found" too, may
be another's word or pass: the admission is still to be given back.
"""

from __future__ import annotations

from dataclasses import dataclass
from datetime import UTC, datetime
from enum import StrEnum
from typing import Any

from kiosk.scan_client.answers import fault_of
from kiosk.scan_client.exchange import Answer, NoAnswer
from kiosk.verdict import Fault

REASON = "not_passed"


class AnnulRefusal(StrEnum):
    """Why an admission stays as it is, in the server's own ``code``."""

    UNKNOWN_SCAN = "unknown_scan"
    ANNUL_TOO_LATE = "annul_too_late"
    NOT_IN_FORCE = "not_in_force"  # cancelled meanwhile, or never an admission


@dataclass(frozen=True, slots=True)
class AnnulOutcome:
    """Given back when both are None; ``refusal``: answered for good; ``fault``: not answered, to be asked once more."""

    refusal: AnnulRefusal | None = None
    fault: Fault | None = None

    @property
    def is_settled(self) -> bool:
        """True when the server has answered for good, one way or the other."""
        return self.fault is None

    @property
    def is_done(self) -> bool:
        """True when the ticket is valid again."""
        return self.is_settled and self.refusal is None


DONE = AnnulOutcome()
_REFUSALS = {
    (404, "unknown_scan"): AnnulRefusal.UNKNOWN_SCAN,
    (409, "annul_too_late"): AnnulRefusal.ANNUL_TOO_LATE,
    (409, "not_in_force"): AnnulRefusal.NOT_IN_FORCE,
}


def body(scan_id: str, annulled_at: datetime, scanned_at: datetime | None) -> dict[str, Any]:
    """What ``annul/`` is asked with. Both times are aware, and of one clock, which may be wrong."""
    given = {"scan_id": scan_id, "reason": REASON, "annulled_at": _rfc3339(annulled_at)}
    return given if scanned_at is None else given | {"scanned_at": _rfc3339(scanned_at)}


def outcome(answer: Answer | NoAnswer, scan_id: str) -> AnnulOutcome:
    """What ``annul/`` says about this scan id."""
    if isinstance(answer, NoAnswer):
        return AnnulOutcome(fault=answer.fault)
    told = answer.body if isinstance(answer.body, dict) else {}
    success, code = told.get("success"), told.get("code")
    if success is True and (answer.status, code, told.get("scan_id")) == (200, "ok", scan_id):
        return DONE
    refusal = _REFUSALS.get((answer.status, code)) if success is False and isinstance(code, str) else None
    return AnnulOutcome(refusal=refusal) if refusal is not None else AnnulOutcome(fault=fault_of(answer))


def _rfc3339(moment: datetime) -> str:
    return moment.astimezone(UTC).isoformat(timespec="microseconds")
