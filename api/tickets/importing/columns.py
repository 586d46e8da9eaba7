"""The columns of a ticket file: their names in French and English, near spellings, and the template. Pure."""

from __future__ import annotations

import csv
import io
import unicodedata
from collections.abc import Sequence

from api.scan.words import Language

# What each column is called: the template's own names first (French, English), then what others write.
NAMES: dict[str, tuple[str, ...]] = {
    "uuid": ("uuid", "uuid", "identifiant", "id", "ticket", "ticket uuid", "billet", "ticket id", "code"),
    "first_name": ("prénom", "first name", "firstname", "given name", "forename", "prénoms"),
    "last_name": (
        "nom", "last name", "lastname", "surname", "family name", "name", "nom de famille", "full name", "nom complet",
    ),
    "email": ("e-mail", "e-mail", "mail", "courriel", "adresse e-mail", "email address", "adresse mail"),
    "product": ("produit", "product", "article", "item", "type de billet", "ticket type", "catégorie", "category"),
    "price": ("tarif", "price", "rate", "price name", "nom du tarif"),
    "amount": ("montant", "amount", "prix", "sum", "total", "price amount"),
    "status": ("état", "status", "statut", "state"),
    "language": ("langue", "language", "lang"),
    "count": ("nombre", "count", "quantité", "quantity", "qty", "tickets", "billets", "nombre de billets", "places"),
}  # fmt: skip
_EXAMPLES: dict[Language, tuple[tuple[str, ...], ...]] = {
    "fr": (
        ("", "Jeanne", "Roy", "jeanne@example.org", "Concert", "Plein tarif", "12,50", "valide", "fr", "1"),
        ("", "Ali", "Ben Salah", "ali@example.org", "Concert", "Tarif réduit", "8", "valide", "fr", "2"),
    ),
    "en": (
        ("", "Jeanne", "Roy", "jeanne@example.org", "Concert", "Full price", "12.50", "valid", "en", "1"),
        ("", "Ali", "Ben Salah", "ali@example.org", "Concert", "Reduced", "8", "valid", "en", "2"),
    ),
}


def plain(text: str) -> str:
    """The text without accents, case, spaces and punctuation: how two spellings are compared."""
    apart = unicodedata.normalize("NFKD", text.casefold())
    return "".join(c for c in apart if c.isalnum())


_FIELDS = {plain(name): field for field, names in NAMES.items() for name in (field, *names)}


def field_of(heading: str) -> str | None:
    """Which field a column of this name holds; None for an unknown name."""
    return _FIELDS.get(plain(heading))


def title(field: str, language: Language) -> str:
    """The column's own name."""
    return NAMES[field][language == "en"]


def template(language: Language) -> str:
    """An example file as spreadsheets of this language open it rightly: two rows to be replaced."""
    out = io.StringIO()
    writer = csv.writer(out, delimiter=";" if language == "fr" else ",")
    rows: Sequence[Sequence[str]] = ([title(field, language) for field in NAMES], *_EXAMPLES[language])
    writer.writerows(rows)
    return out.getvalue()
