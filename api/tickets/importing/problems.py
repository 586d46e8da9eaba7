"""What is wrong with a row, in French and English: where, what and the value. Pure."""

from __future__ import annotations

from collections import Counter
from dataclasses import dataclass, field

from api.scan.words import Language
from api.tickets.importing import columns

KEPT = 300  # problems told one by one; beyond, they are counted
_SHOWN = 60  # characters of a value


@dataclass(frozen=True, slots=True)
class Problem:
    """One thing in one line that is wrong, or (``is_warning``) only odd."""

    line: int
    kind: str  # a key of the sentences below
    value: str = ""
    column: str = ""  # a key of ``columns.NAMES``

    @property
    def is_warning(self) -> bool:
        """True when the tickets can be taken in all the same."""
        return self.kind in _WARNINGS

    def say(self, language: Language) -> str:
        """The sentence about it, without the line's number."""
        shown = "".join(c if c.isprintable() else "\N{REPLACEMENT CHARACTER}" for c in self.value)
        if len(shown) > _SHOWN:
            shown = f"{shown[: _SHOWN - 1]}…"
        column = columns.title(self.column, language) if self.column else ""
        return _SENTENCES[self.kind][language == "en"].format(value=shown, column=column)


@dataclass
class Report:
    """What checking a source found. Nothing is taken in while ``errors`` is not 0."""

    rows: int = 0
    tickets: int = 0
    errors: int = 0
    warnings: int = 0
    problems: list[Problem] = field(default_factory=list)  # the first of them
    statuses: Counter[str] = field(default_factory=Counter)

    def add(self, problem: Problem) -> None:
        """Count it, and keep it while there is room; errors push warnings out."""
        if problem.is_warning:
            self.warnings += 1
        else:
            self.errors += 1
        if len(self.problems) < KEPT:
            self.problems.append(problem)
        elif not problem.is_warning:
            for place in range(KEPT - 1, -1, -1):
                if self.problems[place].is_warning:
                    del self.problems[place]
                    self.problems.append(problem)
                    return


_WARNINGS = frozenset({"column_unknown", "same_person", "language_unknown", "amount_differs", "empty"})
# French, English.
_SENTENCES: dict[str, tuple[str, str]] = {
    "encoding": (
        "Le fichier n’est pas du texte {value} : enregistrez-le en « CSV UTF-8 »",
        "the file is not {value} text: save it as “CSV UTF-8”",
    ),
    "too_large": ("Le fichier dépasse {value}", "the file is larger than {value}"),
    "record_long": ("La ligne dépasse {value} caractères", "the line is longer than {value} characters"),
    "too_many": ("Plus de {value} billets dans un seul fichier", "more than {value} tickets in one file"),
    "no_headings": (
        "La première ligne doit nommer les colonnes, comme dans le modèle ; on y lit « {value} »",
        "the first line must name the columns, as in the template; it reads “{value}”",
    ),
    "column_twice": (
        "La colonne « {value} » dit la même chose qu’une autre",
        "the column “{value}” means the same as another",
    ),
    "column_unknown": (
        "La colonne « {value} » n’est pas connue : elle est laissée de côté",
        "the column “{value}” is not known: it is left out",
    ),
    "quotes": (
        "À partir d’ici le fichier n’est plus lisible : un guillemet est mal placé ou n’est pas refermé",
        "from here on the file can’t be read: a quotation mark is misplaced or never closed",
    ),
    "too_many_cells": (
        "Plus de cellules que de colonnes (à partir de « {value} ») : un séparateur dans un texte sans guillemets ?",
        "more cells than columns (from “{value}” on): a separator inside a text without quotation marks?",
    ),
    "too_long": ("{column} : « {value} » est trop long", "{column}: “{value}” is too long"),
    "control": (
        "{column} : « {value} » contient un caractère invisible",
        "{column}: “{value}” has an invisible character",
    ),
    "uuid": ("« {value} » n’est pas un identifiant (uuid)", "“{value}” is no identifier (uuid)"),
    "uuid_wanted": (
        "Il manque l’identifiant (uuid) : les billets de cet événement sont faits par un autre serveur",
        "the identifier (uuid) is missing: this event’s tickets are made by another server",
    ),
    "uuid_twice": ("Le billet {value} est déjà plus haut", "ticket {value} is further up already"),
    "uuid_taken": ("Le billet {value} existe déjà sur ce serveur", "ticket {value} is on this server already"),
    "uuid_and_count": (
        "Un identifiant (uuid) est celui d’un seul billet : le nombre doit être 1, et non {value}",
        "an identifier (uuid) is one ticket’s: the count must be 1, and not {value}",
    ),
    "email": ("« {value} » n’est pas une adresse e-mail", "“{value}” is no e-mail address"),
    "count": ("« {value} » n’est pas un nombre de 1 à 500", "“{value}” is no number from 1 to 500"),
    "amount": ("« {value} » n’est pas un montant (12 ou 12,50)", "“{value}” is no amount (12 or 12.50)"),
    "status": (
        "« {value} » n’est pas un état (valide, créé, inactif, scanné, annulé)",
        "“{value}” is no status (valid, created, inactive, scanned, cancelled)",
    ),
    "price_alone": (
        "Le tarif « {value} » n’a pas de produit",
        "the price “{value}” has no product",
    ),
    "language_unknown": (
        "La langue « {value} » n’est pas parlée ici (fr, en) : c’est celle du serveur qui sert",
        "the language “{value}” is not spoken here (fr, en): the server’s own is used",
    ),
    "amount_differs": (
        "« {value} » a un autre montant plus haut, qui reste",
        "“{value}” has another amount further up, which stays",
    ),
    "same_person": ("« {value} » est déjà plus haut : deux billets ?", "“{value}” is further up already: two tickets?"),
    "empty": ("Aucun billet dans ce fichier", "no ticket in this file"),
}
