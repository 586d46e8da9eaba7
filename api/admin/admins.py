"""Who else runs the server: the team, invitations, and shutting somebody out."""

from __future__ import annotations

import bottle

from api.admin import people
from api.admin.visit import Route, Visit


def show(visit: Visit) -> bottle.HTTPResponse:
    """``GET admins``."""
    return visit.render("admins.html", team=people.everybody(visit.store), link="")


def invite(visit: Visit) -> bottle.HTTPResponse:
    """``POST admins/invite``: the link is shown once, on this page."""
    link = f"{visit.base_url}/admin/set-up/{people.invite(visit.store, visit.admin.id)}"
    return visit.render("admins.html", team=people.everybody(visit.store), link=link)


def disable(visit: Visit) -> bottle.HTTPResponse:
    """``POST admins/disable``."""
    name = str(visit.form.get("name", ""))
    people.disable(visit.store, name, visit.admin.id)
    return visit.redirect("/admin/admins", "done_admin_disabled", name=name)


ROUTES = (
    Route("GET", "/admin/admins", show),
    Route("POST", "/admin/admins/invite", invite),
    Route("POST", "/admin/admins/disable", disable),
)
