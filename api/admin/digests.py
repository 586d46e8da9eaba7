"""What is kept of a secret, or of a form as a page showed it: its digest."""

from __future__ import annotations

import hashlib


def digest(text: str) -> str:
    """SHA-256, in hex; of any text, also one that is no UTF-8."""
    return hashlib.sha256(text.encode("utf-8", "surrogatepass")).hexdigest()
