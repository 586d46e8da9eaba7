"""Examples of the description: what is sent, what is answered. Tests hold them against schemas and real answers."""

from __future__ import annotations

from typing import Any

from api.scan import bodies, errors
from api.scan.errors import ApiError
from api.scan.shapes import EXTENSIONS
from api.store.scan import Code

Example = Any

_DEVICE = "09e733d0-c1e4-4a21-9e34-d7782d9df66c"
_EVENT = "b4d5310f-330d-4911-bcf0-1a39c03e762b"
_ORDER = "8175aea4-84fb-47a4-b366-5f9a9f219a84"
_TICKET = "0bd1804a-7896-4c4d-888c-cc13b3dc7c91"
_SCAN = "0b0ea0c4-44d0-4f4d-9d0c-0a0a4f2f9d11"
# Of an event whose key nobody has any more: it opens nothing.
_CODE = (
    "eyJ1dWlkIjogIjBiZDE4MDRhLTc4OTYtNGM0ZC04ODhjLWNjMTNiM2RjN2M5MSJ9:"
    "441bhJBH-tO9t9WRCzEQutYdAZn35cPcPsYiVqp5dFhXoGsLpK91ux6YJ7Pv8U1aGVLCyrsHVVHbcpCFyJKgAw=="
)
_SOLD = {"first_name": "Jean", "last_name": "Dupont", "price": "Plein tarif", "product": "Billet de Concert"}
_RESERVATION = {"uuid": _ORDER, "tickets_count": 1}
_ROW = {
    "uuid": _TICKET,
    **_SOLD,
    "email": None,
    "reservation_uuid": _ORDER,
    "status": "Valide et non scanné",
    "reservation_datetime": "2026-11-20T09:12:44.231752Z",
    "qrcode_data": _CODE,
    "custom_form": None,
}

# By call: name → body.
ASKED: dict[str, dict[str, Example]] = {
    "check_ticket": {"look": {"qrcode_data": _CODE}},
    "ticket": {
        "documented": {"qrcode_data": _CODE},
        "again_and_again": {
            "qrcode_data": _CODE,
            "scan_id": _SCAN,
            "scanned_at": "2026-11-24T20:44:36.910000+00:00",
            "event_uuid": _EVENT,
        },
    },
    "annul": {"nobody_went_through": {"scan_id": _SCAN, "reason": "not_passed"}},
    "heartbeat": {
        "well": {
            "version": "0.3.0",
            "uptime_s": 86400.5,
            "state": "ready",
            "queue": 0,
            "temperature_c": 48.3,
            "admitted": 212,
            "refused": 9,
            "unknown": 1,
            "clock": "2026-11-24T20:44:37.259378+00:00",
        },
    },
    "list_tickets": {"by_name": {"event_uuid": _EVENT, "page": 1, "order_by": "last_name", "order_dir": "asc"}},
    "search_ticket": {"part_of_a_name": {"event_uuid": _EVENT, "search": "dup"}},
}

# By call: name → JSON of status 200.
ANSWERS: dict[str, dict[str, Example]] = {
    "pair": {
        "paired": {
            "success": True,
            "message": "Device successfully paired",
            "api_key": "qVuMNxR0.MBN9Igjd1usSrl_HY87jSK57e55jR885iXYPLzWj8F4",
            "device_uuid": _DEVICE,
            "device_name": "Gate 1",
            "extensions": EXTENSIONS,
            "code": "ok",
        },
    },
    "test_api": {
        "good_key": {
            "success": True,
            "message": "API key is valid",
            "device_info": {"uuid": _DEVICE, "name": "Gate 1", "claimed": True, "archived": False},
            "server_info": {
                "tenant": "La Raffinerie",
                "domain": "tickets.example.org",
                "timestamp": "2026-11-24T20:44:37.259378+00:00",
            },
            "extensions": EXTENSIONS,
            "code": "ok",
        },
    },
    "check_ticket": {
        "good": {
            "success": True,
            "message": "Ticket information retrieved",
            "ticket": {
                "uuid": _TICKET,
                "status": "Valide et non scanné",
                "event": "Concert de la République",
                **_SOLD,
                "is_scanned": False,
                "scanned_by": None,
            },
            "reservation": _RESERVATION,
            "code": "ok",
        },
    },
    "ticket": {
        "admitted": {
            "success": True,
            "message": "Ticket successfully scanned",
            "ticket": {"uuid": _TICKET, "status": "Valide et scanné", "event": "Concert de la République", **_SOLD},
            "reservation": _RESERVATION,
            "code": "ok",
        },
        "used": {
            "success": False,
            "message": "Ticket already scanned",
            "ticket": {
                "uuid": _TICKET,
                "status": "Valide et scanné",
                "event": "Concert de la République",
                **_SOLD,
                "scanned_by": _DEVICE,
            },
            "reservation": _RESERVATION,
            "code": "already_scanned",
            "scanned_at": "2026-11-24T20:44:37.260451+00:00",
            "scanned_by_name": "Gate 1",
            "guest_message": "Utilisé à 20:44, Gate 1",
        },
    },
    "annul": {"given_back": {"success": True, "message": "Admission annulled", "scan_id": _SCAN, "code": "ok"}},
    "heartbeat": {"noted": {"success": True, "message": "Heartbeat noted", "code": "ok"}},
    "list_tickets": {
        "one_page": {
            "success": True,
            "count": 1,
            "total": 1,
            "page": 1,
            "page_size": 40,
            "total_pages": 1,
            "ordering": {"order_by": "last_name", "order_dir": "asc"},
            "results": [_ROW],
        },
    },
    "search_ticket": {"found": {"success": True, "count": 1, "results": [_ROW]}},
    "events": {
        "ours": [
            {
                "uuid": _EVENT,
                "name": "Concert de la République",
                "publicKeyPem": "-----BEGIN PUBLIC KEY-----\n"
                "MCowBQYDK2VwAyEAWiUxurTHBAIGfkOtpq8SQcShJrS4jhVkwzO7cwmb8SY=\n-----END PUBLIC KEY-----\n",
            }
        ],
    },
}

_OF_A_CODE: dict[tuple[str, int], Code] = {
    ("annul", 404): Code.UNKNOWN_SCAN,
    ("annul", 409): Code.ANNUL_TOO_LATE,
    ("check_ticket", 400): Code.INVALID_SIGNATURE,
    ("ticket", 400): Code.INVALID_SIGNATURE,
    ("check_ticket", 409): Code.SCAN_ID_REUSED,
    ("ticket", 409): Code.SCAN_ID_REUSED,
}


def refusal(call: str, status: int) -> Example:
    """An error of this call with this status: what the code that refuses says."""
    of_a_code = _OF_A_CODE.get((call, status))
    if of_a_code is not None and (error := errors.of_code(of_a_code)) is not None:
        return error.body()
    made: dict[int, ApiError] = {
        400: errors.invalid_token() if call == "pair" else errors.bad_request("The body is not JSON"),
        401: errors.unauthorized(),
        403: errors.device_archived(),
        404: errors.unknown_ticket(),
        406: errors.wrong_event(),
        413: errors.too_large(bodies.LIMIT),
        429: errors.rate_limited(42),
        503: errors.unavailable(),
    }
    return made[status].body()
