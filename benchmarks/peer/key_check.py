"""A gate's key: out of the request's header, and against its hash. Shared by both ways of writing the peer."""

from __future__ import annotations

import hashlib

from django.utils.crypto import constant_time_compare
from rest_framework.request import Request


def key_in(request: Request) -> str:
    """The key of ``Authorization: Api-Key KEY``."""
    return str(request.META.get("HTTP_AUTHORIZATION", "")).partition(" ")[2].strip()


def is_key(key: str, digest: str) -> bool:
    """True when this is the key whose hash was kept."""
    return bool(constant_time_compare(hashlib.sha256(key.encode()).hexdigest(), digest))
