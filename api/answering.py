"""A call → status, headers and JSON: its value, its refusal, or what is said of a fault. Logs no secret."""

from __future__ import annotations

import json
import logging
import traceback
from collections.abc import Callable, Mapping
from typing import Any, NamedTuple

import peewee

from api.scan import errors
from api.scan.errors import ApiError
from api.store.trouble import is_away

_log = logging.getLogger(__name__)
HEADERS = {"Content-Type": "application/json", "Cache-Control": "no-store", "X-Content-Type-Options": "nosniff"}
_ENCODER = json.JSONEncoder(ensure_ascii=False, separators=(",", ":"))  # made once, not for each answer


class Told(NamedTuple):
    """What is told of one call, before it is bytes."""

    status: int
    value: Any
    headers: Mapping[str, str]


def told(route: str, call: Callable[[], Any]) -> Told:
    """What to tell of this call; ``route`` names it in the log, without what callers put into its path."""
    try:
        return Told(200, call(), HEADERS)
    except ApiError as error:
        refusal = error
    except Exception as error:  # whatever went wrong, a gate is told so in JSON
        refusal = _of_fault(route, error)
    return Told(refusal.status, refusal.body(), HEADERS | refusal.headers)


def encode(value: object) -> bytes:
    """JSON, as short as it gets."""
    return _ENCODER.encode(value).encode("utf-8")


def _of_fault(route: str, error: Exception) -> ApiError:
    """What a gate hears of an error; the log hears all of it."""
    if is_away(error):
        _log.error("%s: the database could not do it: %s", route, " ".join(str(error).split()))
        return errors.unavailable()
    # Where it broke; the text only of errors that never quote a request.
    text = f": {error}" if isinstance(error, peewee.DatabaseError | OSError) else ""
    frames = "".join(traceback.format_tb(error.__traceback__))
    _log.error("%s failed with %s%s\n%s", route, type(error).__name__, text, frames)
    return errors.server_error()
