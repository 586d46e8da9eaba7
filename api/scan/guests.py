"""Why a ticket is refused, in words for its guest: short, local time, no personal data. Pure."""

from __future__ import annotations

from dataclasses import dataclass
from datetime import UTC, datetime, timedelta, tzinfo

from api.scan.facts import TicketFacts
from api.scan.words import Language
from api.store.scan import Code, Outcome

LONGEST = 120  # characters; a screen shows it large

_EPOCH = datetime(1970, 1, 1, tzinfo=UTC)
_PLAIN: dict[Language, dict[Code, str]] = {
    "fr": {
        Code.CANCELLED: "Annulé : adressez-vous à la billetterie",
        Code.NOT_ACTIVE: "Pas encore payé ou validé : adressez-vous à la billetterie",
        Code.ANNULLED: "Passage annulé : présentez le billet de nouveau",
        Code.NOT_INSIDE: "Ce billet n'est pas entré : adressez-vous à l'équipe",
    },
    "en": {
        Code.CANCELLED: "Cancelled: please go to the ticket desk",
        Code.NOT_ACTIVE: "Not paid or confirmed yet: please go to the ticket desk",
        Code.ANNULLED: "Admission given back: show the ticket again",
        Code.NOT_INSIDE: "This ticket has not come in: please ask the staff",
    },
}
_USED: dict[Language, tuple[str, str, str]] = {
    "fr": ("Déjà utilisé", "Utilisé {at}", "Utilisé {at}, {gate}"),
    "en": ("Used before", "Used {at}", "Used {at} at {gate}"),
}
_OPENS: dict[Language, str] = {"fr": "Ouvre {at}", "en": "Opens {at}"}
_CLOSED: dict[Language, str] = {"fr": "Fermé : fin {at}", "en": "Closed since {at}"}
_ELSEWHERE: dict[Language, tuple[str, str]] = {
    "fr": ("Autre entrée : demandez à l'équipe", "Autre entrée : {gates}"),
    "en": ("Other entrance: please ask the staff", "Other entrance: {gates}"),
}


@dataclass(frozen=True, slots=True)
class Moment:
    """Now, in microseconds since 1970, and the zone of the times that guests are told; None: this machine's."""

    now: int
    zone: tzinfo | None

    def tell(self, moment: int, language: Language) -> str:
        """``18:00``, with the day where it is not today's; in French "à 18:00" or "le 24/11 à 18:00"."""
        local, today = self._local(moment), self._local(self.now)
        is_today = local.date() == today.date()
        if language == "fr":
            return f"à {local:%H:%M}" if is_today else f"le {local:%d/%m} à {local:%H:%M}"
        return f"{local:%H:%M}" if is_today else f"{local.day} {_MONTHS[local.month - 1]} {local:%H:%M}"

    def _local(self, moment: int) -> datetime:
        return (_EPOCH + timedelta(microseconds=moment)).astimezone(self.zone)


_MONTHS = ("Jan", "Feb", "Mar", "Apr", "May", "Jun", "Jul", "Aug", "Sep", "Oct", "Nov", "Dec")


def guest_message(
    outcome: Outcome, facts: TicketFacts, other_gates: tuple[str, ...], moment: Moment, language: Language
) -> str | None:
    """The words for this outcome, at most LONGEST printable characters; None where there is nothing to explain."""
    match outcome.code:
        case Code.ALREADY_SCANNED:
            words = _used(outcome, moment, language)
        case Code.TOO_EARLY if facts.opens_at is not None:
            words = _OPENS[language].format(at=moment.tell(facts.opens_at, language))
        case Code.TOO_LATE if facts.closes_at is not None:
            words = _CLOSED[language].format(at=moment.tell(facts.closes_at, language))
        case Code.WRONG_GATE:
            unknown, known = _ELSEWHERE[language]
            words = known.format(gates=", ".join(map(_short, other_gates))) if other_gates else unknown
        case code:
            words = _PLAIN[language].get(code, "")
    return "".join(c for c in words if c.isprintable())[:LONGEST] or None


def _used(outcome: Outcome, moment: Moment, language: Language) -> str:
    bare, timed, placed = _USED[language]
    if outcome.used_at is None:
        return bare
    at = moment.tell(outcome.used_at, language)
    return placed.format(at=at, gate=_short(outcome.used_by_name)) if outcome.used_by_name else timed.format(at=at)


def _short(name: str) -> str:
    """A gate's name; a long one is cut, so that the rest of the sentence stays."""
    return name if len(name) <= 30 else f"{name[:29]}…"
