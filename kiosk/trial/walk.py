"""What one passage looked like to the sensor, and the settings that it asks for. Pure."""

from __future__ import annotations

import math
from collections.abc import Sequence
from dataclasses import dataclass
from itertools import pairwise

SHORTEST_DEBOUNCE_MS, LONGEST_DEBOUNCE_MS = 5, 500  # what the settings allow
LONGEST_WAIT_S = 10.0  # likewise
_SPARE = 1.5  # a guest with a suitcase is slower than a tech, and a dirty contact bounces longer than a clean one


@dataclass(frozen=True, slots=True)
class Edge:
    """The contact changed: monotonic seconds, and whether it is active since."""

    at: float
    is_active: bool


@dataclass(frozen=True, slots=True)
class Walk:
    """One person's passage as the sensor told it, hardly debounced."""

    after_s: float  # from the opening to the first edge
    contact_ms: int  # from the first edge to the last
    times: int  # how often it became active; one person should be one
    bounce_ms: int  # the longest thing that was no contact of its own; 0: none
    debounce_ms: int | None  # proposed; None: what is set is right, or nothing is
    passage_within_s: float | None  # proposed; None: what is set is enough
    is_countable: bool  # False when no debouncing makes one of it


def read(edges: Sequence[Edge], opened_at: float, debounce_ms: int, passage_within_s: float) -> Walk:
    """Judge the edges of one person's passage against the settings in force.

    The first edge is active and the last is not. Of all spans between edges the longest active one is the person;
    every other is a bounce, since one person walked.
    """
    spans = [(after.at - before.at) * 1000 for before, after in pairwise(edges)]
    active = spans[::2]
    person = max(active)
    bounces = [*spans[1::2], *active]
    bounces.remove(person)
    bounce = max(bounces, default=0.0)
    after_s = edges[0].at - opened_at
    fits = bounce < debounce_ms < person
    wanted = _debounce(bounce, person)
    return Walk(
        after_s=after_s,
        contact_ms=round((edges[-1].at - edges[0].at) * 1000),
        times=len(active),
        bounce_ms=round(bounce),
        debounce_ms=None if fits else wanted,
        passage_within_s=_within(after_s, passage_within_s),
        is_countable=fits or wanted is not None,
    )


def _debounce(bounce_ms: float, person_ms: float) -> int | None:
    """Above what bounces, with something to spare, and at most half of what is a person."""
    shortest = max(SHORTEST_DEBOUNCE_MS, math.ceil(round(bounce_ms) * _SPARE))
    longest = min(LONGEST_DEBOUNCE_MS, round(person_ms) // 2)
    return None if shortest > longest else min(max(shortest, 30), longest)  # 30 ms: the setting's default


def _within(after_s: float, passage_within_s: float) -> float | None:
    wanted = min(LONGEST_WAIT_S, math.ceil(after_s * _SPARE))
    return float(wanted) if wanted > passage_within_s else None
