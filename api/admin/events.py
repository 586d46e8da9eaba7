"""Events: listed, made, edited; what they sell; and those of another server, by their public key."""

from __future__ import annotations

import re
from uuid import UUID

import bottle

from api.admin import refusals, times
from api.admin.visit import RefusedError, Route, Visit
from api.tickets import keys, programme
from api.tickets.events import Doors, NotPossibleError, add_event, find_event
from api.tickets.programme import Price, Programme
from api.watch.tally import ADMITTED

_LIST = f"""SELECT e.uuid, e.name, e.starts_at, e.opens_at, e.closes_at, e.private_key_pem IS NULL,
    (SELECT COUNT(*) FROM ticket t WHERE t.event_id = e.id AND t.status <> 'cancelled'),
    (SELECT COUNT(*) FROM ticket t WHERE t.event_id = e.id AND {ADMITTED})
    FROM event e ORDER BY COALESCE(e.starts_at, e.opens_at, e.created_at) DESC, e.id DESC"""  # noqa: S608  # a statement of ours
_COUNTS = f"""SELECT COUNT(*) FILTER (WHERE {ADMITTED}), COUNT(*) FILTER (WHERE t.status <> 'cancelled'),
    COUNT(*) FILTER (WHERE t.status = 'cancelled') FROM ticket t WHERE t.event_id = ?"""  # noqa: S608  # as above
_TIMES = ("starts_at", "ends_at", "opens_at", "closes_at")
_AMOUNT = re.compile(r"\d{1,7}([.,]\d{1,2})?", re.ASCII)


def show_all(visit: Visit) -> bottle.HTTPResponse:
    """``GET events``."""
    return visit.render("events_list.html", events=visit.store.db.run(_LIST).fetchall())


def show_new(visit: Visit) -> bottle.HTTPResponse:
    """``GET events/new``."""
    return visit.render("events_new.html", form={}, sentence="")


def add(visit: Visit) -> bottle.HTTPResponse:
    """``POST events/new``: an event with keys of its own, or an imported one when a public key is given."""
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
    return visit.redirect(f"/admin/events/{event.uuid}", "done_event_added")


def show(visit: Visit, uuid: str) -> bottle.HTTPResponse:
    """``GET events/UUID``: how it stands, and its form."""
    event = find_event(visit.store, visit.uuid(uuid))
    admitted, total, cancelled = visit.store.db.run(_COUNTS, (event.id,)).fetchone()
    own = programme.programme_of(visit.store, UUID(event.uuid))
    form = {name: times.write(getattr(own, name), visit.house.zone) for name in _TIMES}
    return visit.render(
        "events_one.html",
        event=event,
        admitted=admitted,
        total=total,
        cancelled=cancelled,
        offer=programme.offer(visit.store, UUID(event.uuid)),
        form={**form, "name": own.name, "reentry": own.reentry},
        money=_money,
    )


def edit(visit: Visit, uuid: str) -> bottle.HTTPResponse:
    """``POST events/UUID``."""
    event = find_event(visit.store, visit.uuid(uuid))
    wanted = _programme(visit)
    with visit.store.writing():
        programme.edit(visit.store, UUID(event.uuid), wanted)
        detail = {name: getattr(wanted, name) for name in ("name", "reentry", *_TIMES)}
        visit.audit("event.edit", event_id=event.id, subject=event.uuid, detail=detail)
    return visit.redirect(f"/admin/events/{event.uuid}", "done_event_saved")


def sell(visit: Visit, uuid: str) -> bottle.HTTPResponse:
    """``POST events/UUID/offer``: one more line of what is sold, or its amount anew."""
    event = find_event(visit.store, visit.uuid(uuid))
    told = str(visit.form.get("amount", "")).strip()
    if told and not _AMOUNT.fullmatch(told):
        return visit.refuse("events_amount_odd")
    amount = round(float(told.replace(",", ".")) * 100) if told else None
    line = Price(str(visit.form.get("product", "")), str(visit.form.get("price", "")), amount)
    with visit.store.writing():
        programme.sell(visit.store, UUID(event.uuid), line)
        visit.audit(
            "event.sell", event_id=event.id, subject=event.uuid, detail={"product": line.product, "amount": amount}
        )
    return visit.redirect(f"/admin/events/{event.uuid}", "done_event_saved")


def stop_selling(visit: Visit, uuid: str) -> bottle.HTTPResponse:
    """``POST events/UUID/offer/remove``."""
    event = find_event(visit.store, visit.uuid(uuid))
    product = str(visit.form.get("product", ""))
    with visit.store.writing():
        programme.stop_selling(visit.store, UUID(event.uuid), product)
        visit.audit("event.unsell", event_id=event.id, subject=event.uuid, detail={"product": product})
    return visit.redirect(f"/admin/events/{event.uuid}", "done_event_saved")


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
