"""What can't be done is told in French on French pages: every sentence that another room raises has its own."""

from __future__ import annotations

import ast
import string
from pathlib import Path
from uuid import uuid4

import pytest

import api
from api.admin import people, refusals
from api.tickets.events import NotPossibleError
from tests.api.admin.conftest import PASSWORD, Browser

ROOMS = Path(api.__file__).parent
# Only the organiser's shell asks another server for tickets, and it speaks English.
OF_THE_SHELL = {ROOMS / "tickets" / "importing" / "tibillet.py"}


def _raised():
    """Every sentence with places that a room raises, with where; None for one that is put together on the spot."""
    for file in set(ROOMS.rglob("*.py")) - OF_THE_SHELL:
        tree = ast.parse(file.read_text("utf-8"))
        for node in ast.walk(tree):
            if not isinstance(node, ast.Call) or getattr(node.func, "id", "") not in (
                "NotPossibleError",
                "KeyTextError",
            ):
                continue
            (sentence,) = node.args
            if isinstance(sentence, ast.Constant):
                yield file, sentence.value
            elif isinstance(sentence, ast.JoinedStr):
                yield file, None
            else:  # of a table or a loop of this room: each of its texts that ends in what became of it
                yield from ((file, text) for text in _of_tables(tree))


def _of_tables(tree):
    texts = [node.value for node in ast.walk(tree) if isinstance(node, ast.Constant) and isinstance(node.value, str)]
    return [text for text in texts if text.endswith("nothing was changed") and not text.startswith(("ticket", "say"))]


def _places(sentence):
    return {name for _, name, _, _ in string.Formatter().parse(sentence) if name is not None}


def test_every_sentence_that_is_raised_has_its_french_and_no_other_has():
    raised = {sentence: file for file, sentence in _raised()}
    assert raised.pop(None, None) is None, "put together on the spot: nobody can translate that"
    assert {sentence: str(file) for sentence, file in raised.items() if sentence not in refusals.FRENCH} == {}
    assert set(refusals.FRENCH) - set(raised) == set()


def test_the_french_fills_no_place_that_the_english_has_not():
    for english, french in refusals.FRENCH.items():
        assert _places(french) <= _places(english), english


def test_a_sentence_is_told_filled_with_a_capital_and_in_english_where_there_is_no_french():
    error = NotPossibleError("there is an event {uuid} already: nothing was changed", uuid="4f")
    assert str(error) == "there is an event 4f already: nothing was changed"
    assert refusals.told(error, "fr") == "Il y a déjà un événement 4f : rien n’a été changé"
    assert refusals.told(error, "en") == "There is an event 4f already: nothing was changed"
    assert refusals.told(NotPossibleError("{odd} {braces"), "fr") == "{odd} {braces"


@pytest.fixture
def visitor(store, base):
    """A signed-in admin whose pages are French."""
    it = Browser(base)
    form = {"name": "Camille", "password": PASSWORD, "again": PASSWORD}
    headers = {"Accept-Language": "fr"}
    it.session.post(f"{base}/admin/set-up/{people.invite(store)}", data=form, headers=headers, timeout=60)
    return it


@pytest.mark.parametrize(
    ("path", "form", "told"),
    [
        ("/admin/events/new", {"name": ""}, "Il faut un nom à l’événement"),
        ("/admin/events/new", {"name": "x", "public_key": "y", "uuid": str(uuid4())}, "Ce n’est pas une clé publique"),
        ("/admin/admins/disable", {"name": "Camille"}, "Camille est la dernière personne de l’équipe"),
        ("/admin/devices", {"name": "Portillon", "count": "0"}, "Ce n’est pas possible"),
    ],
)
def test_a_french_page_says_so_in_french(visitor, path, form, told):
    answer = visitor.post(path, form)
    assert answer.status_code == 400
    assert told in answer.text
    assert "nothing was" not in answer.text


@pytest.mark.parametrize("odd", ["Zo%E9", "%00", "a%00%FFb", "%ED%A0%80"])
def test_text_that_is_none_is_answered_on_a_page_and_breaks_nothing(house, browser, stranger, odd):
    assert "<h1>" in stranger.get(f"/admin/sign-in?next={odd}&notice={odd}").text
    event = f"event={house.event.uuid}"
    for path in (f"tickets?{event}&search={odd}", f"tickets?{event}&product={odd}", f"audit?who={odd}&what={odd}"):
        assert browser.get(f"/admin/{path}").status_code == 200, path
    headers = {"Content-Type": "application/x-www-form-urlencoded", "Origin": browser.base}
    form = f"csrf={browser.token()}&once={odd}&{event}&name={odd}&first_name={odd}&count=1"
    for path in ("tickets", "events/new"):
        answer = browser.session.post(f"{browser.base}/admin/{path}", data=form, headers=headers, timeout=60)
        assert answer.status_code == 200, path
