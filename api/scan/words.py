"""The words of ``status``, in the two languages that TiBillet's gates know. Pure."""

from __future__ import annotations

from typing import Literal

from api.store.models import TicketStatus

Language = Literal["fr", "en"]

STATUS: dict[Language, dict[TicketStatus, str]] = {
    "fr": {
        TicketStatus.CREATED: "Créé",
        TicketStatus.INACTIVE: "Inactive",
        TicketStatus.VALID: "Valide et non scanné",
        TicketStatus.SCANNED: "Valide et scanné",
        TicketStatus.CANCELLED: "Annulé",
    },
    "en": {
        TicketStatus.CREATED: "Created",
        TicketStatus.INACTIVE: "Inactive",
        TicketStatus.VALID: "Valid and not scanned",
        TicketStatus.SCANNED: "Valid and scanned",
        TicketStatus.CANCELLED: "Canceled",
    },
}


def language_of(accept_language: str, default: Language) -> Language:
    """The language that this Accept-Language header likes best; the default for a tie, others and nonsense."""
    weights: dict[Language, float] = {}
    for part in accept_language.split(",")[:20]:
        tag, _, parameter = part.strip().lower().partition(";")
        weight = _weight(parameter)
        for language in STATUS:
            if tag.partition("-")[0].strip() == language:
                weights[language] = max(weight, weights.get(language, 0.0))
    best = max(weights.values(), default=0.0)
    if best == 0.0 or weights.get(default) == best:
        return default
    return next(language for language, weight in weights.items() if weight == best)


def _weight(parameter: str) -> float:
    """``q=0.8`` → 0.8; nothing → 1; nonsense → 0."""
    if not parameter.strip():
        return 1.0
    name, _, value = parameter.strip().partition("=")
    try:
        weight = float(value)
    except ValueError:
        return 0.0
    return weight if name.strip() == "q" and 0.0 <= weight <= 1.0 else 0.0
