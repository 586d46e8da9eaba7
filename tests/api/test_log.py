"""One line a fact, and no secret in any of them."""

from __future__ import annotations

import logging

import pytest

from api import log


@pytest.mark.parametrize(
    ("text", "shown"),
    [
        ("Authorization: Api-Key ab.cd-ef", "Authorization: Api-Key ***"),
        ("GET /api/scan/short/pair HTTP/1.1", "GET /api/scan/***/pair HTTP/1.1"),
        ("path=/scan/cVNiTldKdEk2WlZIQmswaXA3eXlBQS5hd1ZrUUEu/pair/", "path=/scan/***/pair/"),
        ("path=/oops/abcdefgh.0123456789012345678901234567890123456789", "path=/oops/***"),
        ("/tickets/65958545-ffa9-4c78-9cdb-b7fefe37a839", "/tickets/65958545-ffa9-4c78-9cdb-b7fefe37a839"),
        ("postgresql://portillon:hunter2@db/tickets", "postgresql://portillon:***@db/tickets"),
        ("path=/api/scan/ticket/ status=200", "path=/api/scan/ticket/ status=200"),
    ],
)
def test_secrets_are_masked_and_the_rest_is_kept(text, shown):
    assert log.masked(text) == shown


@pytest.mark.parametrize("value", ["a b", 'a"b', "a=b", "", "a\nb", "a\x1b[31mb", "\\"])
def test_an_odd_value_is_quoted_onto_its_own_line(value):
    line = log.fields(key=value)
    assert line.startswith('key="')
    assert line.isprintable()


def test_a_plain_value_is_plain():
    assert log.fields(status=200, path="/é") == "status=200 path=/é"


@pytest.fixture
def root():
    """The root logger, put back afterwards."""
    logger = logging.getLogger()
    handlers, level = logger.handlers[:], logger.level
    yield logger
    logger.handlers[:], logger.level = handlers, level


def test_lines_go_to_standard_error_with_time_level_and_room(root, capsys):
    log.start("warning")
    logging.getLogger("api.x").info("not important")
    try:
        raise ValueError("Api-Key abc.def is odd")
    except ValueError:
        logging.getLogger("api.x").exception("seen")
    shown = capsys.readouterr().err
    assert " ERROR api.x seen\n" in shown
    assert "not important" not in shown
    assert "abc.def" not in shown
    assert shown[:4].isdigit()
    assert shown.split(" ")[0].endswith("Z")
