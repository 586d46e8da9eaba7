"""Names are found whatever the marks on their letters, by both databases alike."""

from __future__ import annotations

import pytest
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st

from api.store.folding import MARKED, PLAIN, folded

LATIN = st.text(st.characters(max_codepoint=0x17F, exclude_characters="\0", exclude_categories=["Cs"]), max_size=12)


@pytest.mark.parametrize(
    ("name", "found_by"),
    [
        ("Zoé", "zoe"),
        ("MÜLLER", "muller"),
        ("Łódź", "lodz"),
        ("Ça Ñandú", "ca nandu"),
        ("Søren", "soren"),
        ("Zoe\u0301", "zoe"),  # as a Mac writes it: a letter, then its mark
        ("Œuvre", "œuvre"),
        ("Straße", "straße"),
    ],
)
def test_marks_and_capitals_do_not_count(name, found_by):
    assert folded(name) == found_by


def test_each_marked_letter_is_one_small_letter_of_ascii():
    assert len(MARKED) == len(PLAIN) == len(set(MARKED))
    assert PLAIN.isascii()
    assert PLAIN.lower() == PLAIN


@settings(max_examples=200, deadline=None, suppress_health_check=[HealthCheck.function_scoped_fixture])
@given(text=LATIN)
def test_the_database_folds_as_python_does(store, text):
    sql = f"SELECT {store.db.folded('CAST(? AS TEXT)')}"
    values = (text,) * sql.count("?")
    (told,) = store.db.run(sql, values).fetchone()
    marks = {c for c in told if not c.isascii()}  # of letters that the table leaves, some know no small one
    assert told == folded(text) or (marks and told.lower() == folded(text))


def test_nothing_stays_nothing(store):
    assert store.db.run(f"SELECT {store.db.folded('CAST(NULL AS TEXT)')}").fetchone() == (None,)
