"""A table's records → rows, with every problem told. Strict about meaning, lenient about spelling. Pure."""

from __future__ import annotations

import re
from collections.abc import Callable, Iterator
from typing import Any
from uuid import UUID

from api.scan.words import STATUS, Language
from api.store.models import TicketStatus
from api.tickets.importing import columns
from api.tickets.importing.problems import Problem
from api.tickets.importing.row import MOST_TICKETS, Row
from api.tickets.importing.table import Table, UnreadableError

Tell = Callable[[Problem], None]

_LONGEST = {"email": 254}
_LONG = 200  # characters, as the database has them
_EMAIL = re.compile(r"[^@\s]+@[^@\s]+")
_AMOUNT = re.compile(r"\d{1,3}(?:[ \u00a0\u202f']\d{3})*|\d{1,7}", re.ASCII)
_CURRENCIES = "€$£ \u202f\u00a0"
_STATUSES = {
    columns.plain(word): status
    for status in TicketStatus
    for word in (status.value, *(words[status] for words in STATUS.values()))
} | {
    columns.plain(word): status
    for status, words in {
        TicketStatus.VALID: (
            "valide",
            "valable",
            "ok",
            "payé",
            "paid",
            "non scanné",
            "not scanned",
            "confirmed",
            "confirmé",
        ),
        TicketStatus.SCANNED: ("scanné", "utilisé", "used", "entré", "checked in", "admitted"),
        TicketStatus.CANCELLED: ("annulé", "canceled", "refunded", "remboursé"),
        TicketStatus.INACTIVE: ("inactif", "inactive"),
        TicketStatus.CREATED: ("créé", "unpaid", "non payé", "pending", "en attente"),
    }.items()
    for word in words
}
_LANGUAGES: dict[str, Language] = {
    **dict.fromkeys(("fr", "frfr", "fre", "fra", "francais", "french"), "fr"),
    **dict.fromkeys(("en", "engb", "enus", "eng", "anglais", "english"), "en"),
}


def rows(table: Table, tell: Tell) -> Iterator[Row]:
    """The rows that can be, in order; whatever is wrong is told with its line."""
    try:
        records = table.records()
        line, headings = next(records, (table.first_line, []))
        places = _places(line, headings, tell)
        if not places:
            return
        for line, record in records:
            row = _row(line, record, places, len(headings), tell)
            if row is not None:
                yield row
    except UnreadableError as error:
        tell(error.problem)


def status_of(text: str) -> TicketStatus | None:
    """The status that these words mean, in French, English or as TiBillet shows it; None for other words."""
    return _STATUSES.get(columns.plain(text))


def _places(line: int, headings: list[str], tell: Tell) -> dict[str, int]:
    """Field → which cell. Empty when the first line names no column."""
    found: dict[str, int] = {}
    unknown: list[str] = []
    for place, heading in enumerate(headings):
        field = columns.field_of(heading)
        if field is None:
            unknown.append(heading.strip())
        elif field in found:
            tell(Problem(line, "column_twice", heading.strip()))
        else:
            found[field] = place
    if not found:
        tell(Problem(line, "no_headings", " ".join(headings)))
    else:
        for heading in filter(None, unknown):
            tell(Problem(line, "column_unknown", heading))
    return found


def _row(line: int, record: list[str], places: dict[str, int], width: int, tell: Tell) -> Row | None:
    """The row, or None when something in it is wrong."""
    wrong: list[Problem] = []
    extra = next((cell for cell in record[width:] if cell.strip()), None)
    if extra is not None:
        wrong.append(Problem(line, "too_many_cells", extra))
    values: dict[str, Any] = {}
    for field, place in places.items():
        text = record[place].strip() if place < len(record) else ""
        if text:
            _cell(line, field, text, values, wrong)
    count = values.get("count", 1)
    if values.get("uuid") is not None and count != 1:
        wrong.append(Problem(line, "uuid_and_count", str(count)))
    alone = values.get("price") or values.get("amount")
    if alone is not None and values.get("product") is None:
        wrong.append(Problem(line, "price_alone", str(values.get("price") or f"{alone / 100:.2f}")))
    for problem in wrong:
        tell(problem)
    return None if any(not problem.is_warning for problem in wrong) else Row(line, **values)


def _cell(line: int, field: str, text: str, values: dict[str, Any], wrong: list[Problem]) -> None:
    """Put what the cell means into ``values``, or what is wrong with it into ``wrong``."""
    if len(text) > _LONGEST.get(field, _LONG):
        wrong.append(Problem(line, "too_long", text, field))
    elif not text.isprintable():
        text = " ".join(text.split())  # a name over two lines is one name
        if not text.isprintable():
            wrong.append(Problem(line, "control", text, field))
            return
        _cell(line, field, text, values, wrong)
    elif field in _MEANINGS:
        value = _MEANINGS[field](text)
        if value is None:
            wrong.append(Problem(line, "language_unknown" if field == "language" else field, text))
        else:
            values[field] = value
    else:
        values[field] = text


def _uuid(text: str) -> str | None:
    try:
        return str(UUID(text))
    except ValueError:
        return None


def _email(text: str) -> str | None:
    return text if _EMAIL.fullmatch(text) else None


def _count(text: str) -> int | None:
    is_number = text.isascii() and text.isdigit() and len(text) < 6
    return int(text) if is_number and 1 <= int(text) <= MOST_TICKETS else None


def _amount(text: str) -> int | None:
    """``12``, ``12,50 €``, ``1 200.5`` → hundredths."""
    bare = text.strip(_CURRENCIES).removesuffix("EUR").strip(_CURRENCIES)
    whole, point, rest = bare.replace(",", ".").rpartition(".")
    if not point:
        whole, rest = bare, ""
    if not _AMOUNT.fullmatch(whole) or (rest and not (rest.isascii() and rest.isdigit() and len(rest) <= 2)):
        return None
    digits = "".join(c for c in whole if c in "0123456789")
    return int(digits) * 100 + int(rest.ljust(2, "0") if rest else 0) if len(digits) <= 9 else None


def _language(text: str) -> Language | None:
    return _LANGUAGES.get(columns.plain(text))


_MEANINGS: dict[str, Callable[[str], Any]] = {
    "uuid": _uuid,
    "email": _email,
    "count": _count,
    "amount": _amount,
    "status": status_of,
    "language": _language,
}
