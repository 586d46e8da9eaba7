"""A scan as the peer writes it: models, serializers, a permission class. See the package for each choice."""

from __future__ import annotations

import time
from typing import Any, ClassVar

from cryptography.hazmat.primitives.asymmetric.ed25519 import Ed25519PublicKey
from cryptography.hazmat.primitives.serialization import load_pem_public_key
from django.db import transaction
from django.shortcuts import get_object_or_404
from django.urls import path
from rest_framework import serializers
from rest_framework.exceptions import PermissionDenied
from rest_framework.permissions import BasePermission
from rest_framework.request import Request
from rest_framework.response import Response
from rest_framework.views import APIView

from api.tickets import codes
from benchmarks.peer.key_check import is_key, key_in
from benchmarks.peer.models import ApiKey, ScanLine, Ticket


class KeyPermission(BasePermission):  # type: ignore[misc]  # the framework ships no types
    """What the library's own class does: the key's row by its prefix, then the hash."""

    def has_permission(self, request: Request, view: APIView) -> bool:  # noqa: ARG002 - the framework names it
        """True when the key is good."""
        key = key_in(request)
        row = ApiKey.objects.filter(prefix=key.partition(".")[0]).first()
        return row is not None and is_key(key, row.digest)


class DevicePermission(KeyPermission):
    """What the peer adds: whose key it is, and whether that device is archived; then all of it once more."""

    def has_permission(self, request: Request, view: APIView) -> bool:
        """True when the key is good, and so is its device."""
        key = key_in(request)
        row = ApiKey.objects.filter(prefix=key.partition(".")[0]).first()
        if row is None or not is_key(key, row.digest):
            return False
        if row.device.archived_at is not None:
            raise PermissionDenied("App is archived.")
        request.device = row.device
        return super().has_permission(request, view)


class _Asked(serializers.Serializer):  # type: ignore[misc]
    qrcode_data = serializers.CharField(max_length=3000)
    event_uuid = serializers.UUIDField(required=False)


class _Shown(serializers.ModelSerializer):  # type: ignore[misc]
    event = serializers.CharField(source="event.name")
    price = serializers.CharField(source="price.name")
    product = serializers.CharField(source="price.product.name")
    scanned_by = serializers.CharField(source="scanned_by.uuid")

    class Meta:
        model = Ticket
        fields: ClassVar = ["uuid", "status", "event", "first_name", "last_name", "price", "product", "scanned_by"]


class ScanTicket(APIView):  # type: ignore[misc]
    """`POST ticket/`."""

    permission_classes: ClassVar = [DevicePermission]

    def post(self, request: Request) -> Response:
        """Use the ticket, if it is genuine and valid."""
        asked = _Asked(data=request.data)
        asked.is_valid(raise_exception=True)
        code = codes.parse(asked.validated_data["qrcode_data"])
        ticket = get_object_or_404(Ticket, uuid=code.uuid)
        key = load_pem_public_key(ticket.event.public_key_pem.encode())
        if not isinstance(key, Ed25519PublicKey):
            raise PermissionDenied("Unknown key.")
        key.verify(code.signature, code.data)
        if not self._use(ticket, request):
            return Response({"success": False, "message": "Ticket already scanned"})
        ticket.refresh_from_db()
        answer: dict[str, Any] = {
            "success": True,
            "message": "Ticket successfully scanned",
            "ticket": _Shown(ticket).data,
            "reservation": {"uuid": ticket.reservation.uuid, "tickets_count": ticket.reservation.tickets_count},
        }
        return Response(answer)

    def _use(self, ticket: Ticket, request: Request) -> bool:
        now = time.time_ns() // 1000
        with transaction.atomic():
            valid = Ticket.objects.filter(pk=ticket.pk, status="valid")
            is_used = bool(valid.update(status="scanned", scanned_at=now, scanned_by=request.device))
            ScanLine.objects.create(
                action="scan",
                device=request.device,
                ticket_uuid=ticket.uuid,
                event=ticket.event,
                code="ok" if is_used else "already_scanned",
                status="scanned",
                used_at=now,
                used_by=request.device,
                arrived_at=now,
            )
        return is_used


urlpatterns = [path("api/scan/ticket/", ScanTicket.as_view())]
