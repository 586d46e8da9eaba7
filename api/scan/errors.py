"""Everything that can be said when a request is not served: one shape, one table (scan-api.md, part 1)."""

from __future__ import annotations

from collections.abc import Callable
from enum import StrEnum

from api.store.scan import Code


class Refusal(StrEnum):
    """What an error's ``code`` may be beside those about a ticket (``api.store.scan.Code``)."""

    BAD_REQUEST = "bad_request"
    UNAUTHORIZED = "unauthorized"
    DEVICE_ARCHIVED = "device_archived"
    INVALID_TOKEN = "invalid_token"  # noqa: S105 - a word of the table, no secret
    RATE_LIMITED = "rate_limited"
    NOT_FOUND = "not_found"
    METHOD_NOT_ALLOWED = "method_not_allowed"
    SERVER_ERROR = "server_error"
    UNAVAILABLE = "unavailable"


class ApiError(Exception):
    """An answer of its own: HTTP status, the ``code`` of the table, a text for people, headers."""

    def __init__(self, status: int, code: Code | Refusal, text: str, headers: dict[str, str] | None = None) -> None:
        super().__init__(text)
        self.status = status
        self.code = code
        self.text = text
        self.headers = headers or {}

    def body(self) -> dict[str, object]:
        """The JSON that every error has."""
        return error_body(self.code, self.text)


def error_body(code: Code | Refusal, text: str) -> dict[str, object]:
    """``success, error, message, code``, as all errors of the scan API."""
    return {"success": False, "error": text, "message": text, "code": code}


def bad_request(text: str) -> ApiError:
    """400: the body is not what the call takes."""
    return ApiError(400, Refusal.BAD_REQUEST, text)


def too_large(limit: int) -> ApiError:
    """413: more bytes than any honest request has."""
    return ApiError(413, Refusal.BAD_REQUEST, f"The request is larger than {limit // 1024} KiB")


def unauthorized() -> ApiError:
    """401: no key, or one that nobody knows."""
    return ApiError(401, Refusal.UNAUTHORIZED, "API key missing or unknown", {"WWW-Authenticate": "Api-Key"})


def device_archived() -> ApiError:
    """403: the organiser has shut this device out."""
    return ApiError(403, Refusal.DEVICE_ARCHIVED, "This device is archived")


def invalid_token() -> ApiError:
    """400: the pairing token pairs nothing, for whatever reason."""
    return ApiError(400, Refusal.INVALID_TOKEN, "Pairing token unknown, already used or expired")


def rate_limited(seconds: int) -> ApiError:
    """429: too many failures from this address."""
    text = f"Too many failed attempts: try again in {seconds} s"
    return ApiError(429, Refusal.RATE_LIMITED, text, {"Retry-After": str(seconds)})


def unavailable() -> ApiError:
    """503: the database could not do it now. A lock is over in a second, and a guest stands at the gate."""
    text = "The database can't answer just now: ask again, with the same scan id"
    return ApiError(503, Refusal.UNAVAILABLE, text, {"Retry-After": "1"})


def server_error() -> ApiError:
    """500: a fault of ours."""
    return ApiError(500, Refusal.SERVER_ERROR, "Internal server error")


def unknown_ticket() -> ApiError:
    """404: no such ticket."""
    return ApiError(404, Code.UNKNOWN_TICKET, "Ticket not found")


def wrong_event() -> ApiError:
    """406: not the event that was asked for, or that this device admits."""
    return ApiError(406, Code.WRONG_EVENT, "Ticket of another event")


_OF_CODES: dict[Code, Callable[[], ApiError]] = {
    Code.MALFORMED_CODE: lambda: ApiError(400, Code.MALFORMED_CODE, "Invalid QR code format"),
    Code.INVALID_SIGNATURE: lambda: ApiError(400, Code.INVALID_SIGNATURE, "Invalid ticket signature"),
    Code.UNKNOWN_TICKET: unknown_ticket,
    Code.WRONG_EVENT: wrong_event,
    Code.SCAN_ID_REUSED: lambda: ApiError(409, Code.SCAN_ID_REUSED, "This scan id was used for another ticket"),
    Code.UNKNOWN_SCAN: lambda: ApiError(404, Code.UNKNOWN_SCAN, "This device has scanned nothing with this scan id"),
    Code.ANNUL_TOO_LATE: lambda: ApiError(409, Code.ANNUL_TOO_LATE, "Annulled more than 15 minutes after the scan"),
    Code.NOT_IN_FORCE: lambda: ApiError(409, Code.NOT_IN_FORCE, "This scan id is not what the ticket is used by"),
}


def of_code(code: Code) -> ApiError | None:
    """The error for this code; None when the answer is more than an error."""
    make = _OF_CODES.get(code)
    return make() if make else None
