"""Set-up link, sign in, sign out, and one's own account."""

from __future__ import annotations

import logging

import bottle

from api.admin import people, words
from api.admin.passwords import WeakPasswordError
from api.admin.sessions import COOKIE
from api.admin.visit import RefusedError, Route, Visit
from api.scan.words import Language

_log = logging.getLogger(__name__)
_HOME = "/admin/"


def ask(visit: Visit) -> bottle.HTTPResponse:
    """``GET sign-in``."""
    if visit.session is not None:
        return visit.redirect(_HOME)
    return visit.render("signin.html", sentence="", name="", next=_inside(str(visit.query.get("next", ""))))


def sign_in(visit: Visit) -> bottle.HTTPResponse:
    """``POST sign-in``: by name and password; slowed down after failures."""
    name, onward = str(visit.form.get("name", "")), _inside(str(visit.form.get("next", "")))
    counted = people.plain(name).casefold()  # one name is one, however many blanks are typed around it
    wait = max(visit.house.by_address.waiting(visit.address), visit.house.by_name.waiting(counted))
    if wait:
        sentence = visit.say("signin_wait", seconds=wait)
        answer = visit.render("signin.html", 429, sentence=sentence, name=name, next=onward)
        answer.set_header("Retry-After", str(wait))
        return answer
    admin_id = people.sign_in(visit.store, name, str(visit.form.get("password", "")))
    if admin_id is None:
        visit.house.by_address.failed(visit.address)
        visit.house.by_name.failed(counted)
        _log.warning("a sign-in failed, from %s", visit.address)
        return visit.render("signin.html", 403, sentence=visit.say("signin_wrong"), name=name, next=onward)
    return _begin(visit, admin_id, onward)


def sign_out(visit: Visit) -> bottle.HTTPResponse:
    """``POST sign-out``."""
    if visit.session is not None:
        visit.house.sessions.end(visit.session.id)
    answer = visit.redirect("/admin/sign-in", "done_signed_out")
    answer.delete_cookie(COOKIE, path="/admin")
    return answer


def show_invitation(visit: Visit, secret: str) -> bottle.HTTPResponse:
    """``GET set-up/SECRET``: the form that makes an admin; looking at it uses nothing up."""
    if not people.is_open(visit.store, secret):
        return visit.refuse("setup_gone", 410)
    return visit.render("setup.html", sentence="", name="", secret=secret)


def accept(visit: Visit, secret: str) -> bottle.HTTPResponse:
    """``POST set-up/SECRET``: make the admin and sign in."""
    name, password = str(visit.form.get("name", "")), str(visit.form.get("password", ""))
    if password != str(visit.form.get("again", "")):
        return visit.render("setup.html", 400, sentence=visit.say("password_differs"), name=name, secret=secret)
    try:
        admin_id = people.accept(visit.store, secret, name, password, visit.language)
    except WeakPasswordError as error:
        return visit.render("setup.html", 400, sentence=visit.say(error.key), name=name, secret=secret)
    except people.InvitationError as error:
        raise RefusedError(visit.say("setup_gone"), 410) from error
    return _begin(visit, admin_id, _HOME)


def account(visit: Visit) -> bottle.HTTPResponse:
    """``GET account``: language and password."""
    return visit.render("account.html", sentence="")


def change_language(visit: Visit) -> bottle.HTTPResponse:
    """``POST account/language``."""
    language = str(visit.form.get("language", ""))
    if language not in words.LANGUAGES:
        return visit.refuse("error_400")
    chosen: Language = "fr" if language == "fr" else "en"
    people.change_language(visit.store, visit.admin.id, chosen)
    return visit.redirect("/admin/account", "done_language")


def change_password(visit: Visit) -> bottle.HTTPResponse:
    """``POST account/password``: the old one is asked for; other sessions end."""
    if visit.form.get("password") != visit.form.get("again"):
        return visit.render("account.html", 400, sentence=visit.say("password_differs"))
    wait = visit.house.by_name.waiting(visit.admin.name.casefold())
    if wait:
        return visit.render("account.html", 429, sentence=visit.say("signin_wait", seconds=wait))
    old, new = str(visit.form.get("old", "")), str(visit.form.get("password", ""))
    session_id = visit.session.id if visit.session is not None else 0
    try:
        is_done = people.change_password(visit.store, visit.admin.id, old, new, session_id)
    except WeakPasswordError as error:
        return visit.render("account.html", 400, sentence=visit.say(error.key))
    if not is_done:
        visit.house.by_name.failed(visit.admin.name.casefold())
        return visit.render("account.html", 403, sentence=visit.say("signin_wrong"))
    return visit.redirect("/admin/account", "done_password")


def _begin(visit: Visit, admin_id: int, onward: str) -> bottle.HTTPResponse:
    """Signed in from now on, under a cookie that nobody knew before."""
    if visit.session is not None:
        visit.house.sessions.end(visit.session.id)
    answer = visit.redirect(onward or _HOME)
    answer.set_cookie(
        COOKIE,
        visit.house.sessions.begin(admin_id),
        path="/admin",
        httponly=True,
        samesite="lax",
        secure=visit.is_https,
    )
    return answer


def _inside(path: str) -> str:
    """The path, if it is one of our pages; else "": nobody is sent elsewhere by a link to our sign-in page."""
    return path if path.startswith("/admin/") and "\\" not in path and path.isprintable() else ""


ROUTES = (
    Route("GET", "/admin/sign-in", ask, is_open=True),
    Route("POST", "/admin/sign-in", sign_in, is_open=True, acts_once=False),
    Route("POST", "/admin/sign-out", sign_out, is_open=True),
    Route("GET", "/admin/set-up/<secret>", show_invitation, is_open=True),
    Route("POST", "/admin/set-up/<secret>", accept, is_open=True),
    Route("GET", "/admin/account", account),
    Route("POST", "/admin/account/language", change_language),
    Route("POST", "/admin/account/password", change_password),
)
