"""Request bodies: bytes from anybody → checked values. Whatever is sent, the worst answer is a 400 or a 413."""

from __future__ import annotations

import json
from collections.abc import Mapping
from typing import Annotated, Any, Literal, Protocol, TypeVar
from uuid import UUID

from pydantic import AfterValidator, BaseModel, BeforeValidator, ConfigDict, Field, ValidationError, WithJsonSchema

from api.scan.errors import bad_request, too_large
from api.store import moments

LIMIT = 16 * 1024  # bytes; the longest QR text is 2,953


class _Input(Protocol):
    def read(self, size: int, /) -> bytes: ...


def _plain(text: str) -> str:
    text.encode("utf-8")  # half a surrogate pair is a ValueError too
    if "\0" in text:
        raise ValueError("a NUL character")
    return text


def _scan_id(text: str) -> str:
    return str(UUID(text))


def _moment(value: object) -> int:
    if not isinstance(value, str):
        raise ValueError("not an RFC 3339 time with a zone")  # noqa: TRY004 - pydantic wants ValueError
    return moments.from_rfc3339(value)


Text = Annotated[str, AfterValidator(_plain)]


class _Body(BaseModel):
    model_config = ConfigDict(strict=True, extra="ignore", hide_input_in_errors=True)


ScanId = Annotated[Text, AfterValidator(_scan_id), WithJsonSchema({"type": "string", "format": "uuid"})]
# Microseconds since 1970, sent as RFC 3339.
Moment = Annotated[int, BeforeValidator(_moment), WithJsonSchema({"type": "string", "format": "date-time"})]


class TicketBody(_Body):
    """``check_ticket/`` and ``ticket/``."""

    qrcode_data: Text
    event_uuid: Text | None = None
    scan_id: ScanId | None = None
    scanned_at: Moment | None = None


class AnnulBody(_Body):
    """``annul/``."""

    scan_id: ScanId
    reason: Annotated[Text, Field(min_length=1, max_length=200)]
    annulled_at: Moment | None = None
    scanned_at: Moment | None = None


Word = Annotated[str, Field(pattern=r"^[a-z][a-z0-9_]{0,39}$")]  # a code of the kiosk's own, never free text
Count = Annotated[int, Field(ge=0, le=1_000_000_000)]


def _shown(text: str) -> str:
    return "".join(character for character in text if character.isprintable())


Shown = Annotated[Text, Field(max_length=300), AfterValidator(_shown)]


class ReportLine(_Body):
    """One thing that a gate's doctor looked at: how bad it is, and what to do. For people, in the gate's language."""

    check: Annotated[str, Field(pattern=r"^[a-z][a-z0-9_.]{0,39}$")]
    level: Word  # ok, warn, fail
    found: Shown
    fix: Shown = ""


class HeartbeatBody(_Body):
    """``heartbeat/``: how a gate is. Codes and numbers, since it is kept and shown; words in ``report`` alone."""

    version: Annotated[str, Field(pattern=r"^[0-9A-Za-z.+_-]{1,40}$")]
    uptime_s: Annotated[float, Field(ge=0, le=1e9, allow_inf_nan=False)]
    state: Word | None = None
    queue: Count | None = None  # admissions that nobody used, which the server does not know yet
    unanswered: Count | None = None
    temperature_c: Annotated[float, Field(ge=-60, le=150, allow_inf_nan=False)] | None = None
    faults: Annotated[list[Word], Field(max_length=20)] = []
    last_error: Word | None = None
    admitted: Count | None = None  # since the kiosk's start; as the next two
    refused: Count | None = None
    unknown: Count | None = None
    clock: Moment | None = None  # what time it is there
    report: Annotated[list[ReportLine], Field(max_length=60)] | None = None  # without one, the last one stands


class ListBody(_Body):
    """``list_tickets/``, pages as the deployed servers cut them."""

    event_uuid: Text
    page: int = Field(1, ge=1, le=1_000_000)
    page_size: int = Field(40, ge=1, le=200)
    order_by: Literal["reservation__datetime", "last_name", "first_name", "uuid", "status", "reservation__uuid"] = (
        "reservation__datetime"
    )
    order_dir: Literal["asc", "desc"] = "desc"


class SearchBody(_Body):
    """``search_ticket/``."""

    event_uuid: Text
    search: Annotated[Text, Field(min_length=1, max_length=200)]


Body = TypeVar("Body", bound=_Body)


def read(environ: Mapping[str, Any], model: type[Body]) -> Body:
    """The request's JSON object as ``model``. Raises ApiError 413 or 400; keys that are not known are ignored."""
    return parse(_bytes(environ), model)


def parse(content: bytes, model: type[Body]) -> Body:
    """These bytes as ``model``. Raises ApiError 400. The content type is not asked: only JSON is understood."""
    try:
        value = _DECODER.decode(content.decode("utf-8"))
    except (ValueError, RecursionError) as error:
        raise bad_request("The body is not JSON") from error
    if not isinstance(value, dict):
        raise bad_request("The body is not a JSON object")
    try:
        return model.model_validate(value)
    except ValidationError as error:
        first = error.errors(include_input=False, include_url=False)[0]
        where = ".".join(str(part) for part in first["loc"])
        raise bad_request(f"{where}: {first['msg'].removeprefix('Value error, ')}") from error


def _refuse_constant(name: str) -> float:
    raise ValueError(name)


_DECODER = json.JSONDecoder(parse_constant=_refuse_constant)  # made once: json.loads would make one for each body


def _bytes(environ: Mapping[str, Any]) -> bytes:
    """At most LIMIT bytes; a server that knows where the input ends says so (chunked bodies), else the length rules."""
    announced = environ.get("CONTENT_LENGTH") or "0"
    if not (announced.isascii() and announced.isdigit()):
        raise bad_request("Content-Length is no number")
    is_chunked = bool(environ.get("wsgi.input_terminated")) and "HTTP_TRANSFER_ENCODING" in environ
    if len(announced) > 9 or int(announced) > LIMIT:
        raise too_large(LIMIT)
    wanted = LIMIT + 1 if is_chunked else int(announced)
    try:
        content = _take(environ["wsgi.input"], wanted)
    except (OSError, ValueError) as error:  # the peer stalled or left, or its chunks are no chunks
        raise bad_request("The body could not be read") from error
    if is_chunked and len(content) > LIMIT:
        raise too_large(LIMIT)
    if not is_chunked and len(content) < wanted:
        raise bad_request("The body is shorter than its Content-Length")
    return content


def _take(stream: _Input, wanted: int) -> bytes:
    parts: list[bytes] = []
    while wanted > 0 and (part := stream.read(wanted)):
        parts.append(part)
        wanted -= len(part)
    return b"".join(parts)
