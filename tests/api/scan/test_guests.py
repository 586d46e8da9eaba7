"""What guests are told, word for word as docs/scan-api.md shows it."""

from __future__ import annotations

import re
from datetime import datetime
from pathlib import Path
from zoneinfo import ZoneInfo

import pytest

from api.scan.facts import TicketFacts
from api.scan.guests import LONGEST, Moment, guest_message
from api.scan.shapes import EXTENSIONS
from api.store import moments
from api.store.models import TicketStatus
from api.store.scan import Code, Outcome

PAGE = (Path(__file__).parents[3] / "docs" / "scan-api.md").read_text("utf-8")
PARIS = ZoneInfo("Europe/Paris")
TOLD = re.findall(r"(?m)^\| `(\w+)` \| ([^|]+) \| ([^|]+) \|$", PAGE)


def _at(hour, minute=0, day=24):
    return moments.from_datetime(datetime(2026, 11, day, hour, minute, tzinfo=PARIS))


NOW = Moment(_at(17), PARIS)
FACTS = TicketFacts(
    uuid="d1a544fd-2961-4930-bde0-c44026bb00e1",
    first_name="Ada",
    last_name="Lovelace",
    event_id=1,
    event_uuid="51bec713-a108-4986-91e6-1a85af1c598a",
    event_name="Concert",
    public_key_pem="",
    opens_at=_at(18),
    closes_at=_at(23),
    reservation_uuid="f464b501-bb6a-4346-a72e-677d6ef8ceeb",
    tickets_count=1,
    price=None,
    product=None,
    is_admitted=True,
    is_product_admitted=True,
    way="in",
    reentry=0,
    language=None,
    code_digest=None,
)


def _say(code, language="en", gates=("Gate B",), **outcome):
    return guest_message(Outcome(code, TicketStatus.SCANNED, **outcome), FACTS, gates, NOW, language)


def test_the_page_names_every_extension_and_no_other():
    table = PAGE.partition("| extension |")[2].partition("\n\n")[0]
    assert re.findall(r"(?m)^\| `(\w+)` \|", table) == EXTENSIONS


@pytest.mark.parametrize(("code", "english", "french"), TOLD)
def test_the_page_tells_the_words_as_they_are(code, english, french):
    used = {"used_at": _at(14, 2), "used_by_name": "Gate 2"}
    assert (_say(Code(code), "en", **used), _say(Code(code), "fr", **used)) == (english, french)


def test_every_refusal_that_shows_a_ticket_has_words_on_the_page():
    assert {code for code, _, _ in TOLD} == {
        *(Code.TOO_EARLY, Code.TOO_LATE, Code.ALREADY_SCANNED, Code.WRONG_GATE, Code.CANCELLED, Code.NOT_ACTIVE),
        *(Code.NOT_INSIDE, Code.ANNULLED),
    }


def test_a_success_needs_no_words():
    assert _say(Code.OK) is None


def test_what_is_not_known_is_left_out():
    assert _say(Code.ALREADY_SCANNED) == "Used before"
    assert _say(Code.ALREADY_SCANNED, used_at=_at(14, 2)) == "Used 14:02"
    assert _say(Code.WRONG_GATE, gates=()) == "Other entrance: please ask the staff"


def test_yesterday_and_the_last_minute_before_midnight_are_told_apart_in_the_organisers_zone():
    assert _say(Code.ALREADY_SCANNED, used_at=_at(23, 59, day=23)) == "Used 23 Nov 23:59"
    assert _say(Code.ALREADY_SCANNED, used_at=_at(0)) == "Used 00:00"


def test_names_that_do_not_fit_are_cut_and_what_is_not_printable_is_dropped():
    told = _say(Code.WRONG_GATE, gates=("{at}\x1b[2J\n\u202e", "x" * 200, "y" * 200, "z" * 200))
    assert told.startswith("Other entrance: {at}[2J, xxx")
    assert told.isprintable()
    assert len(told) <= LONGEST


def test_doors_without_a_time_say_nothing_of_one():
    facts = FACTS._replace(opens_at=None, closes_at=None)
    assert guest_message(Outcome(Code.TOO_EARLY), facts, (), NOW, "en") is None
