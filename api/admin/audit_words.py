"""The lines of the audit log in a person's words: what was asked or done, and its details."""

from __future__ import annotations

import json
from collections.abc import Mapping

from api.admin import words
from api.admin.audit_lines import Line
from api.admin.visit import Visit
from api.tickets.events import list_events

# What a detail is called; those that are not here are ids, which stand in the line already.
_CALLED = {
    "name": "name",
    "starts_at": "events_starts",
    "ends_at": "events_ends",
    "opens_at": "events_opens",
    "closes_at": "events_closes",
    "reentry": "audit_reentry",
    "product": "events_product",
    "amount": "events_amount",
    "reason": "audit_reason",
    "count": "audit_count",
    "source": "imports_file",
    "rows": "imports_rows",
    "direction": "devices_direction",
    "events": "devices_events",
    "products": "devices_products",
    "tickets": "audit_names",
    "orders": "audit_mails",
    "import_rows": "imports_rows",
    "url": "audit_address",
    "bytes": "audit_bytes",
}


def who(visit: Visit, line: Line) -> str:
    """A gate's or an admin's name."""
    return line.who or visit.say("audit_shell")


def what(visit: Visit, line: Line) -> tuple[str, str]:
    """In words, and how it looks: good, bad or plain. What a newer server wrote stands as it is."""
    if line.log == 1:
        return _said(visit, f"act_{line.what.replace('.', '_')}", line.what), ""
    asked = _said(visit, f"devices_action_{line.what}", line.what)
    return f"{asked} → {_said(visit, f'code_{line.code}', line.code)}", "good" if line.code == "ok" else "bad"


def more(visit: Visit, line: Line, events: Mapping[str, str]) -> str:
    """The details, each with its name; ``events``: their names by uuid. Nothing of what was left empty."""
    if line.log == 0 or not line.more:
        return line.more or ""
    told = json.loads(line.more)
    return " · ".join(
        f"{visit.say(key)}: {_value(visit, field, told[field], events)}"
        for field, key in _CALLED.items()
        if told.get(field) not in (None, False, [], "")
    )


def event_names(visit: Visit) -> dict[str, str]:
    """The name of every event, by uuid."""
    return {event.uuid: event.name for event in list_events(visit.store)}


def choices(visit: Visit) -> list[tuple[str, list[tuple[str, str]]]]:
    """What the log can be asked for, in two groups: how the log spells it, and the words."""
    known = words.sentences()
    answers = [(key.removeprefix("code_"), visit.say(key)) for key in known if key.startswith("code_")]
    asked = [(name, visit.say(f"devices_action_{name}")) for name in ("scan", "out", "check", "annul")]
    done = [(key.removeprefix("act_").replace("_", "."), visit.say(key)) for key in known if key.startswith("act_")]
    return [("audit_scans", asked + answers), ("audit_acts", done)]


def _said(visit: Visit, key: str, plain: str) -> str:
    return visit.say(key) if key in words.sentences() else plain


def _value(visit: Visit, field: str, value: object, events: Mapping[str, str]) -> str:
    if field.endswith("_at") and isinstance(value, int):
        return visit.moment(value)
    if field == "amount" and isinstance(value, int):
        return f"{value / 100:.2f}"
    if field == "direction":
        return visit.say("devices_out" if value == "out" else "devices_in")
    if isinstance(value, list):
        return ", ".join(events.get(str(each), str(each)) for each in value)
    return "✓" if value is True else str(value)
