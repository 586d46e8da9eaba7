"""An attempt's entry ⇄ the fields of its line in the journal; pure."""

from __future__ import annotations

from datetime import datetime

from kiosk.attempt import Entry, Step
from kiosk.checked_lines import Fields
from kiosk.verdict import Fault, Outcome, Reason, Verdict


def told(entry: Entry) -> Fields:
    """What its line says of it, without what there is none of."""
    verdict = entry.verdict
    fields = {
        "step": entry.step,
        "scan_id": entry.scan_id,
        "at": entry.at and told_time(entry.at),
        "ticket": entry.ticket,
        "action": entry.action,
        "code": entry.code,
        "device": entry.device,
        "verdict": verdict and verdict.outcome,
        "reason": verdict and verdict.reason,
        "fault": verdict and verdict.fault,
        "watched": entry.watched,
        "giving": entry.giving,
        "waited_s": entry.waited_s,
        "given_back": entry.given_back,
    }
    return {name: value for name, value in fields.items() if value is not None}


def parsed(fields: Fields) -> Entry | None:
    """The entry that these fields tell, or None."""
    try:
        return Entry(
            Step(fields["step"]),
            fields["scan_id"],
            fields.get("ticket"),
            fields.get("action"),
            fields.get("code"),
            fields.get("device"),
            _verdict(fields),
            fields.get("watched"),
            fields.get("giving"),
            fields.get("waited_s"),
            fields.get("given_back"),
            datetime.fromisoformat(fields["at"]),
        )
    except (ValueError, KeyError, TypeError):
        return None


def _verdict(fields: Fields) -> Verdict | None:
    if "verdict" not in fields:
        return None
    reason, fault = fields.get("reason"), fields.get("fault")
    return Verdict(Outcome(fields["verdict"]), reason and Reason(reason), fault and Fault(fault))


def told_time(at: datetime) -> str:
    """As every line of the journal has it."""
    return at.isoformat(timespec="milliseconds")
