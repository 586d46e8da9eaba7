"""The scan API described for machines, OpenAPI 3.1: bodies from the models that check them, codes from the code itself.

A test holds it against the routes, and schemathesis against a running server.
"""

from __future__ import annotations

from collections.abc import Mapping
from functools import cache
from importlib.metadata import version
from typing import Any

from pydantic import BaseModel

from api.scan import bodies
from api.scan.errors import Refusal
from api.scan.examples import ANSWERS, ASKED, Example, refusal
from api.store.scan import Code

Schema = dict[str, Any]
_CODES = [*map(str, Code), *map(str, Refusal)]
_ERRORS = {
    400: "the body is not what the call takes, or the code or token is none",
    401: "no key, or one that nobody knows",
    403: "the key of an archived device",
    404: "no such ticket, or scan id",
    406: "a ticket of another event than was asked for, or than this device admits",
    409: "a scan id that was used for another ticket, or an admission that can't be given back any more",
    413: "more than 16 KiB",
    429: "too many failures from this address",
    503: "the database can't answer just now; ask again, with the same scan id",
}
_KEYED = (401, 403, 429, 503)
_WITH_BODY = (400, 413, *_KEYED)


@cache
def description() -> Schema:
    """The whole document. The same handlers serve ``/api/scan`` and, with what deployed servers add, ``/scan``."""
    paths = {f"{prefix}{path}": methods for prefix in ("/api/scan", "/scan") for path, methods in _calls().items()}
    paths["/api/events/"] = {"get": _call("events", "Every event with its public key", _EVENTS, (503,), False)}
    return {
        "openapi": "3.1.0",
        "info": {
            "title": "Portillon scan API",
            "version": version("portillon"),
            "summary": "What a ticket gate asks its ticket server: TiBillet's four calls, and Portillon's extensions.",
        },
        "paths": paths,
        "components": {
            "schemas": {**_SHAPES, **_models()},
            "securitySchemes": {
                "ApiKey": {
                    "type": "apiKey",
                    "in": "header",
                    "name": "Authorization",
                    "description": "`Authorization: Api-Key KEY`, with the key that pairing gave",
                }
            },
        },
    }


def _calls() -> dict[str, Schema]:
    ticket = (*_WITH_BODY, 404, 406, 409)
    listing = (*_WITH_BODY, 406)
    pair = {
        "get": _call("pair", "Exchange a pairing token for the device's key", _ref("Paired"), (400, 429, 503), False)
    }
    pair["get"]["parameters"] = [
        {"name": "token", "in": "path", "required": True, "schema": {"type": "string", "pattern": "^[A-Za-z0-9_-]+$"}}
    ]
    return {
        "/{token}/pair/": pair,
        "/test_api/": {"get": _call("test_api", "Whether the key is good, and whose it is", _ref("Tested"))},
        "/check_ticket/": {"post": _post("check_ticket", "How a ticket stands", "TicketBody", _ref("Ticket"), ticket)},
        "/ticket/": {"post": _post("ticket", "Use a ticket, once", "TicketBody", _ref("Ticket"), ticket)},
        "/annul/": {
            "post": _post("annul", "Give an admission back", "AnnulBody", _ref("Done"), (*_WITH_BODY, 404, 409))
        },
        "/heartbeat/": {"post": _post("heartbeat", "How the gate is", "HeartbeatBody", _ref("Done"), _WITH_BODY)},
        "/list_tickets/": {"post": _post("list_tickets", "Pages of tickets", "ListBody", _ref("Listed"), listing)},
        "/search_ticket/": {"post": _post("search_ticket", "Find tickets", "SearchBody", _ref("Listed"), listing)},
        "/check_api_scan/": {"get": _call("check_api_scan", "Whose key this is, as deployed servers say", _ANSWER)},
        "/check_allow_any/": {"get": _call("check_allow_any", "Whether the server is up", _ANSWER, (), False)},
        "/openapi.json": {"get": _call("openapi", "This document", _ANSWER, (), False)},
    }


def _call(name: str, summary: str, answer: Schema, errors: tuple[int, ...] = _KEYED, is_keyed: bool = True) -> Schema:
    return {
        "summary": summary,
        "tags": [name],
        "security": [{"ApiKey": []}] if is_keyed else [],
        "responses": {
            "200": _response("answered", answer, ANSWERS.get(name, {})),
            **{
                str(status): _response(_ERRORS[status], _ref("Error"), {"refused": refusal(name, status)}, status)
                for status in sorted(errors)
            },
        },
    }


def _post(name: str, summary: str, body: str, answer: Schema, errors: tuple[int, ...]) -> Schema:
    content = {"application/json": {"schema": _ref(body)} | _examples(ASKED[name])}
    return {**_call(name, summary, answer, errors), "requestBody": {"required": True, "content": content}}


def _response(text: str, schema: Schema, shown: Mapping[str, Example], status: int = 200) -> Schema:
    told: Schema = {"description": text, "content": {"application/json": {"schema": schema} | _examples(shown)}}
    header = {401: "WWW-Authenticate", 429: "Retry-After", 503: "Retry-After"}.get(status)
    return told | ({"headers": {header: {"schema": {"type": "string"}}}} if header else {})


def _examples(shown: Mapping[str, Example]) -> Schema:
    return {"examples": {name: {"value": value} for name, value in shown.items()}} if shown else {}


def _ref(name: str) -> Schema:
    return {"$ref": f"#/components/schemas/{name}"}


def _models() -> dict[str, Schema]:
    models: tuple[type[BaseModel], ...] = (
        bodies.TicketBody,
        bodies.AnnulBody,
        bodies.HeartbeatBody,
        bodies.ReportLine,
        bodies.ListBody,
        bodies.SearchBody,
    )
    return {model.__name__: model.model_json_schema(ref_template="#/components/schemas/{model}") for model in models}


def _object(required: dict[str, Schema], optional: dict[str, Schema] | None = None) -> Schema:
    return {"type": "object", "required": list(required), "properties": {**required, **(optional or {})}}


_TEXT: Schema = {"type": "string"}
_FLAG: Schema = {"type": "boolean"}
_MAYBE: Schema = {"type": ["string", "null"]}
_CODE: Schema = {"type": "string", "enum": _CODES}
_MOMENT: Schema = {"type": ["string", "null"], "format": "date-time"}
_ANSWER: Schema = {"type": "object"}
_EVENTS: Schema = {
    "type": "array",
    "items": _object({"uuid": {**_TEXT, "format": "uuid"}, "name": _TEXT, "publicKeyPem": _TEXT}),
}
_ONE_TICKET = _object(
    {"uuid": _TEXT, "status": _MAYBE, "event": _TEXT, "first_name": _MAYBE, "last_name": _MAYBE, "price": _MAYBE}
    | {"product": _MAYBE},
    {"is_scanned": _FLAG, "scanned_by": _MAYBE, "custom_form": {"type": "null"}},
)
_SHAPES: dict[str, Schema] = {
    "Error": _object({"success": {"const": False}, "error": _TEXT, "message": _TEXT, "code": _CODE}),
    "Done": _object({"success": {"const": True}, "message": _TEXT, "code": _CODE}, {"scan_id": _TEXT}),
    "Paired": _object(
        {"success": _FLAG, "message": _TEXT, "api_key": _TEXT, "device_uuid": _TEXT, "device_name": _TEXT}
        | {"extensions": {"type": "array", "items": _TEXT}},
        {"tenant_name": _TEXT, "code": _CODE},
    ),
    "Tested": _object(
        {
            "success": _FLAG,
            "message": _TEXT,
            "device_info": _object({"uuid": _TEXT, "name": _TEXT, "claimed": _FLAG, "archived": _FLAG}),
            "server_info": _object({"tenant": _TEXT, "domain": _TEXT, "timestamp": {**_TEXT, "format": "date-time"}}),
            "extensions": {"type": "array", "items": _TEXT},
        },
        {"code": _CODE},
    ),
    "Ticket": _object(
        {
            "success": _FLAG,
            "message": _TEXT,
            "ticket": _ONE_TICKET,
            "reservation": _object({"uuid": _TEXT, "tickets_count": {"type": "integer"}}),
            "code": _CODE,
        },
        {
            "scanned_at": _MOMENT,
            "scanned_by_name": _MAYBE,
            "guest_message": _TEXT,
            "other_gates": {"type": "array", "items": _TEXT},
            "direction": {"const": "out"},
        },
    ),
    "Listed": _object({"success": _FLAG, "count": {"type": "integer"}, "results": {"type": "array", "items": _ANSWER}}),
}
