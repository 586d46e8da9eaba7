"""The screen as a terminal: what is written, when, and that no terminal can stop a gate."""

import io
import os
import sys
import termios
import threading
from pathlib import Path

import pytest

from kiosk.edges import State
from kiosk.screen.console import ADVICE_LINES, Console
from kiosk.verdict import ADMITTED, Reason, refused

LANGUAGES = ("fr", "en")


@pytest.fixture
def terminal():
    """The other end of a real terminal, and its name."""
    ours, theirs = os.openpty()
    yield theirs, os.ttyname(theirs)
    os.close(ours)
    os.close(theirs)


def test_the_screen_writes_on_change_only_and_in_both_languages(capsys):
    screen = Console(LANGUAGES, None)
    screen.show(State.ADMITTED, ADMITTED)
    screen.show(State.ADMITTED, ADMITTED)
    shown = capsys.readouterr().out
    assert shown.count("Bienvenue") == shown.count("Welcome") == 1


def test_control_characters_of_a_server_never_reach_the_terminal(capsys):
    verdict = refused(Reason.ALREADY_SCANNED, used_by="Gate\x1b[2J\n2")
    Console(("en",), None).show(State.REFUSED, verdict)
    assert "\x1b" not in capsys.readouterr().out


def test_the_screen_can_be_a_terminal_of_its_own(tmp_path):
    tty = tmp_path / "tty"
    tty.touch()
    Console(("fr",), tty).show(State.READY)
    assert "Présentez votre billet" in tty.read_text("utf-8")


def test_a_terminal_that_is_missing_stops_nothing_and_is_said_once(tmp_path, caplog):
    screen = Console(("fr",), tmp_path / "no" / "tty")
    screen.show(State.READY)
    screen.show(State.ASKING)
    assert len(caplog.records) == 1
    assert not (tmp_path / "no").exists()


def test_a_mistyped_terminal_makes_no_file(tmp_path, caplog):
    Console(("fr",), tmp_path / "ttyy1").show(State.READY)
    assert not (tmp_path / "ttyy1").exists()
    assert len(caplog.records) == 1


def test_a_terminal_held_by_ctrl_s_holds_no_gate(terminal, caplog):
    theirs, name = terminal
    termios.tcflow(theirs, termios.TCOOFF)
    showing = threading.Thread(target=Console(("fr",), Path(name)).show, args=(State.READY,), daemon=True)
    showing.start()
    showing.join(30)
    assert not showing.is_alive()
    assert len(caplog.records) == 1


def test_a_locale_without_these_letters_ends_nothing(monkeypatch):
    written = io.BytesIO()
    monkeypatch.setattr(sys, "stdout", io.TextIOWrapper(written, encoding="ascii"))
    Console(LANGUAGES, None).show(State.ADMITTED, ADMITTED)
    assert b"Welcome ?" in written.getvalue()
    assert b"Bienvenue ?" in written.getvalue()


def test_the_languages_come_in_the_order_of_the_settings(capsys):
    Console(("en", "fr"), None).show(State.READY)
    assert [line.split(" |")[0] for line in capsys.readouterr().out.splitlines()] == [
        "Show your ticket",
        "Présentez votre billet",
    ]


@pytest.mark.parametrize("state", [State.UNPAIRED, State.UNLOCKED, State.FAULT])
def test_what_doctor_found_stands_below_what_a_tech_is_shown_as_soon_as_it_is_known(capsys, state):
    console = Console(("en",), None)
    console.show(state)
    console.advise(("warn power | low", "warn wifi | weak"))
    assert capsys.readouterr().out.splitlines()[-2:] == ["warn power | low", "warn wifi | weak"]
    console.advise(())
    assert "power" not in capsys.readouterr().out


def test_a_guest_sees_nothing_of_what_doctor_found(capsys):
    console = Console(("en",), None)
    console.advise(("warn power | low",))
    for state in set(State) - {State.UNPAIRED, State.UNLOCKED, State.FAULT}:
        console.show(state)
    assert "power" not in capsys.readouterr().out


def test_advice_is_cut_to_what_a_screen_has_room_for_and_to_plain_text(capsys):
    console = Console(("en",), None)
    console.show(State.UNPAIRED)
    capsys.readouterr()
    console.advise(tuple(f"warn {number} | \x1b[2J" for number in range(9)))
    assert capsys.readouterr().out.splitlines()[1:] == [f"warn {number} | [2J" for number in range(ADVICE_LINES)]
