"""Events: listed, made, edited; what they sell; and those of another server, by their public key."""

from __future__ import annotations

import re
from typing import Any
from uuid import UUID

import bottle

from api.admin import refusals, times
from api.admin.digests import digest
from api.admin.visit import RefusedError, Route, Visit
from api.store import models
from api.tickets import keys, programme
from api.tickets.events import Doors, Event, NotPossibleError, add_event, find_event
from api.tickets.programme import Price, Programme
from api.watch.tally import ADMITTED

_LIST = f"""SELECT e.uuid, e.name, e.starts_at, e.opens_at, e.closes_at, e.private_key_pem IS NULL,
    (SELECT COUNT(*) FROM ticket t WHERE t.event_id = e.id AND t.status <> 'cancelled'),
    (SELECT COUNT(*) FROM ticket t WHERE t.event_id = e.id AND {ADMITTED})
    FROM event e ORDER BY COALESCE(e.starts_at, e.opens_at, e.created_at) DESC, e.id DESC"""  # noqa: S608  # a statement of ours
_COUNTS = f"""SELECT COUNT(*) FILTER (WHERE {ADMITTED}), COUNT(*) FILTER (WHERE t.status <> 'cancelled'),
    COUNT(*) FILTER (WHERE t.status = 'cancelled') FROM ticket t WHERE t.event_id = ?"""  # noqa: S608  # as above
_SAID = {
    "starts_at": "events_starts",
    "ends_at": "events_ends",
    "opens_at": "events_opens",
    "closes_at": "events_closes",
}
_TIMES = tuple(_SAID)
_AMOUNT = re.compile(r"\d{1,7}([.,]\d{1,2})?", re.ASCII)


def show_all(visit: Visit) -> bottle.HTTPResponse:
    """``GET events``."""
    return visit.render("events_list.html", events=visit.store.db.run(_LIST).fetchall())


def show_new(visit: Visit) -> bottle.HTTPResponse:
    """``GET events/new``."""
    return visit.render("events_new.html", form={}, sentence="")


def add(visit: Visit) -> bottle.HTTPResponse:
    """``POST events/new``: an event with keys of its own, or an imported one when a public key is given.

    What can't be is said above the form, which keeps what was typed.
    """
    try:
        event = _add(visit)
    except (RefusedError, NotPossibleError) as error:
        return visit.render("events_new.html", 400, form=visit.form, sentence=visit.told(error))
    return visit.redirect(f"/admin/events/{event.uuid}", "done_event_added")


def _add(visit: Visit) -> Event:
    wanted = _programme(visit)
    programme.check(wanted)
    pem = str(visit.form.get("public_key", "")).strip() or None
    try:
        uuid = UUID(str(visit.form.get("uuid", "")).strip()) if pem else None
        event = add_event(visit.store, wanted.name, uuid=uuid, public_key_pem=pem, doors=Doors())
    except keys.KeyTextError as error:
        raise RefusedError(refusals.told(error, visit.language)) from error
    except ValueError as error:
        if isinstance(error, NotPossibleError):
            raise
        raise RefusedError(visit.say("events_uuid_wanted")) from error
    with visit.store.writing():
        programme.edit(visit.store, UUID(event.uuid), wanted)
        event_id = find_event(visit.store, UUID(event.uuid)).id
        visit.audit("event.add", event_id=event_id, subject=event.uuid, detail={"name": event.name})
    return event


def show(visit: Visit, uuid: str) -> bottle.HTTPResponse:
    """``GET events/UUID``: how it stands, and its form."""
    return _page(visit, find_event(visit.store, visit.uuid(uuid)))


def _page(
    visit: Visit, event: models.Event, sentence: str = "", form: Any = None, sold: Any = None
) -> bottle.HTTPResponse:
    """``sentence``: what can't be, with what was typed about the event (``form``) or what it sells (``sold``)."""
    admitted, total, cancelled = visit.store.db.run(_COUNTS, (event.id,)).fetchone()
    own = programme.programme_of(visit.store, UUID(event.uuid))
    return visit.render(
        "events_one.html",
        400 if sentence else 200,
        event=event,
        sentence=sentence,
        admitted=admitted,
        total=total,
        cancelled=cancelled,
        offer=programme.offer(visit.store, UUID(event.uuid)),
        form=_form(visit, own) if form is None else form,
        was=(form or {}).get("was") or _digest(own),
        sold=sold or {},
        money=_money,
    )


def _form(visit: Visit, own: Programme) -> dict[str, object]:
    times_of = {name: times.write(getattr(own, name), visit.house.zone) for name in _TIMES}
    return {**times_of, "name": own.name, "reentry": own.reentry}


def _digest(own: Programme) -> str:
    """By which a form knows whether the event is still as its page showed it."""
    return digest(repr(own))


def edit(visit: Visit, uuid: str) -> bottle.HTTPResponse:
    """``POST events/UUID``. What another has changed since the page was shown is told, and not overwritten."""
    event = find_event(visit.store, visit.uuid(uuid))
    try:
        wanted = _programme(visit)
        with visit.store.writing():
            _is_as_shown(visit, programme.programme_of(visit.store, UUID(event.uuid)), wanted)
            programme.edit(visit.store, UUID(event.uuid), wanted)
            detail = {name: getattr(wanted, name) for name in ("name", "reentry", *_TIMES)}
            visit.audit("event.edit", event_id=event.id, subject=event.uuid, detail=detail)
    except (RefusedError, NotPossibleError) as error:
        was = "" if isinstance(error, _ChangedError) else visit.form.get("was")  # "": it has been told now
        return _page(visit, event, visit.told(error), form={**visit.form, "was": was})
    return visit.redirect(f"/admin/events/{event.uuid}", "done_event_saved")


def sell(visit: Visit, uuid: str) -> bottle.HTTPResponse:
    """``POST events/UUID/offer``: one more line of what is sold, or its amount anew."""
    event = find_event(visit.store, visit.uuid(uuid))
    told = str(visit.form.get("amount", "")).strip()
    if told and not _AMOUNT.fullmatch(told):
        return _page(visit, event, visit.say("events_amount_odd"), sold=visit.form)
    amount = round(float(told.replace(",", ".")) * 100) if told else None
    line = Price(str(visit.form.get("product", "")), str(visit.form.get("price", "")), amount)
    try:
        with visit.store.writing():
            programme.sell(visit.store, UUID(event.uuid), line)
            visit.audit(
                "event.sell", event_id=event.id, subject=event.uuid, detail={"product": line.product, "amount": amount}
            )
    except NotPossibleError as error:
        return _page(visit, event, visit.told(error), sold=visit.form)
    return visit.redirect(f"/admin/events/{event.uuid}", "done_event_saved")


def stop_selling(visit: Visit, uuid: str) -> bottle.HTTPResponse:
    """``POST events/UUID/offer/remove``."""
    event = find_event(visit.store, visit.uuid(uuid))
    product = str(visit.form.get("product", ""))
    with visit.store.writing():
        programme.stop_selling(visit.store, UUID(event.uuid), product)
        visit.audit("event.unsell", event_id=event.id, subject=event.uuid, detail={"product": product})
    return visit.redirect(f"/admin/events/{event.uuid}", "done_event_saved")


class _ChangedError(RefusedError):
    """Another has edited the event since the form was shown."""


def _is_as_shown(visit: Visit, own: Programme, wanted: Programme) -> None:
    """Raise _ChangedError when the event is neither as the form showed it nor as it is wanted."""
    if str(visit.form.get("was") or _digest(own)) != _digest(own) and own != wanted:
        raise _ChangedError(visit.say("events_changed", now=_differing(visit, own, wanted)))


def _differing(visit: Visit, own: Programme, wanted: Programme) -> str:
    """How the event stands, where that is not what was typed."""
    said = [(_SAID[name], visit.moment(getattr(own, name)) or "–", name) for name in _TIMES]
    said += [("events_name", own.name, "name"), ("events_reentry", "✓" if own.reentry else "–", "reentry")]
    return " · ".join(
        f"{visit.say(key)}: {value}" for key, value, name in said if getattr(own, name) != getattr(wanted, name)
    )


def _programme(visit: Visit) -> Programme:
    found: dict[str, int | None] = {}
    for name in _TIMES:
        try:
            found[name] = times.read(str(visit.form.get(name, "")).strip(), visit.house.zone)
        except times.NoSuchTimeError as error:
            raise RefusedError(visit.say("events_time_odd", time=str(error)[:40])) from error
    return Programme(str(visit.form.get("name", "")), **found, reentry=bool(visit.form.get("reentry")))


def _money(amount: int | None) -> str:
    """Hundredths → ``12.50``; "" for None."""
    return "" if amount is None else f"{amount / 100:.2f}"


ROUTES = (
    Route("GET", "/admin/events", show_all),
    Route("GET", "/admin/events/new", show_new),
    Route("POST", "/admin/events/new", add),
    Route("GET", "/admin/events/<uuid>", show),
    Route("POST", "/admin/events/<uuid>", edit),
    Route("POST", "/admin/events/<uuid>/offer", sell),
    Route("POST", "/admin/events/<uuid>/offer/remove", stop_selling),
)
