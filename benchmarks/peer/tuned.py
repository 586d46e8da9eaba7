"""The same scan, tuned: raw SQL, a kept connection, no middleware. See the package for each choice."""

from __future__ import annotations

import threading
import time
from collections.abc import Callable
from typing import ClassVar

from django.db import connection, transaction
from django.http import HttpRequest, HttpResponse
from django.urls import path
from rest_framework.parsers import JSONParser
from rest_framework.permissions import BasePermission
from rest_framework.renderers import JSONRenderer
from rest_framework.request import Request
from rest_framework.response import Response
from rest_framework.views import APIView

from api.tickets import codes
from benchmarks.peer.key_check import is_key, key_in

_KEY = """SELECT k.digest, d.id, d.uuid FROM api_key k JOIN device d ON d.id = k.device_id
    WHERE k.prefix = %s AND d.archived_at IS NULL"""
_TICKET = """SELECT t.id, e.id, e.public_key_pem, e.name, t.first_name, t.last_name, p.name, q.name, r.uuid,
    r.tickets_count FROM ticket t JOIN event e ON e.id = t.event_id JOIN reservation r ON r.id = t.reservation_id
    LEFT JOIN price p ON p.id = t.price_id LEFT JOIN product q ON q.id = p.product_id WHERE t.uuid = %s"""
_USE = "UPDATE ticket SET status = 'scanned', scanned_at = %s, scanned_by = %s WHERE id = %s AND status = 'valid'"
_LINE = """INSERT INTO scan_line (action, device_id, ticket_uuid, event_id, code, status, used_at, used_by, arrived_at)
    VALUES ('scan', %s, %s, %s, %s, 'scanned', %s, %s, %s)"""
_WRITER = threading.Lock()


def with_length(get_response: Callable[[HttpRequest], HttpResponse]) -> Callable[[HttpRequest], HttpResponse]:
    """The only middleware: without it no answer tells its length, and chunks cost more."""

    def middleware(request: HttpRequest) -> HttpResponse:
        response = get_response(request)
        response.headers["Content-Length"] = str(len(response.content))
        return response

    return middleware


class KeyPermission(BasePermission):  # type: ignore[misc]  # the framework ships no types
    """The key and its device by one statement."""

    def has_permission(self, request: Request, view: APIView) -> bool:  # noqa: ARG002 - the framework names it
        """True when the key is good."""
        key = key_in(request)
        with connection.cursor() as cursor:
            row = cursor.execute(_KEY, (key.partition(".")[0],)).fetchone()
        if row is None or not is_key(key, row[0]):
            return False
        request.device = row[1:]
        return True


class ScanTicket(APIView):  # type: ignore[misc]
    """`POST ticket/`."""

    authentication_classes: ClassVar[list[type]] = []
    permission_classes: ClassVar = [KeyPermission]
    parser_classes: ClassVar = [JSONParser]
    renderer_classes: ClassVar = [JSONRenderer]

    def post(self, request: Request) -> Response:
        """Use the ticket, if it is genuine and valid."""
        code = codes.parse(request.data["qrcode_data"])
        with connection.cursor() as cursor:
            row = cursor.execute(_TICKET, (code.uuid,)).fetchone()
        if row is None or not codes.is_genuine(code, row[2]):
            return Response({"success": False, "message": "Invalid signature"}, 400)
        ticket_id, event_id, _, event, first_name, last_name, price, product, reservation, count = row
        if not _use(code.uuid, ticket_id, event_id, request.device[0]):
            return Response({"success": False, "message": "Ticket already scanned"})
        shown = {"uuid": code.uuid, "status": "scanned", "event": event, "first_name": first_name}
        shown |= {"last_name": last_name, "price": price, "product": product, "scanned_by": request.device[1]}
        answer = {"success": True, "message": "Ticket successfully scanned", "ticket": shown}
        return Response(answer | {"reservation": {"uuid": reservation, "tickets_count": count}})


def _use(uuid: str, ticket_id: int, event_id: int, device_id: int) -> bool:
    now = time.time_ns() // 1000
    with _WRITER, transaction.atomic(), connection.cursor() as cursor:
        is_used = bool(cursor.execute(_USE, (now, device_id, ticket_id)).rowcount)
        code = "ok" if is_used else "already_scanned"
        cursor.execute(_LINE, (device_id, uuid, event_id, code, now, device_id, now))
    return is_used


urlpatterns = [path("api/scan/ticket/", ScanTicket.as_view())]
