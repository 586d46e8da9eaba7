"""The style sheet, the scripts and the icon that this server ships with its pages."""

from __future__ import annotations

import hashlib
import re
from functools import cache
from importlib import resources

import bottle

from api.admin.visit import Route, Visit

_NAME = re.compile(r"[a-z_]{1,40}\.(css|js|svg)", re.ASCII)
_TYPES = {"css": "text/css", "js": "text/javascript", "svg": "image/svg+xml"}


@cache
def _file(name: str) -> tuple[bytes, str] | None:
    """The bytes and a tag that changes with them."""
    file = resources.files("api.admin").joinpath("static", name)
    if not _NAME.fullmatch(name) or not file.is_file():
        return None
    content = file.read_bytes()
    return content, hashlib.sha256(content).hexdigest()[:16]


def send(visit: Visit, name: str) -> bottle.HTTPResponse:
    """``GET /admin/static/NAME``: asked for anew by its tag, so that an update shows at once."""
    found = _file(name)
    if found is None:
        return visit.refuse("error_404", 404)
    content, tag = found
    headers = {"ETag": f'"{tag}"', "Cache-Control": "no-cache"}
    if visit.environ.get("HTTP_IF_NONE_MATCH") == f'"{tag}"':
        return bottle.HTTPResponse("", 304, headers)
    kind = _TYPES[name.rpartition(".")[2]]
    return bottle.HTTPResponse(content, 200, {**headers, "Content-Type": f"{kind}; charset=utf-8"})


ROUTES = (Route("GET", "/admin/static/<name>", send, is_open=True),)
