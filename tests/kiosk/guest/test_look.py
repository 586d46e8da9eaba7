"""The organiser's file is taken over while the gate runs: at every page that is open, and only when it is whole."""

from __future__ import annotations

import http.client
import time
from collections.abc import Callable, Iterator
from pathlib import Path
from typing import Any

import pytest

from kiosk import settings
from kiosk.edges import State
from kiosk.guest import GuestScreen, look
from kiosk.guest.look import Look
from tests.kiosk.guest.conftest import Loop

SVG = '<svg xmlns="http://www.w3.org/2000/svg" viewBox="0 0 1 1"/>'
READ_AGAIN_S = 0.05


@pytest.fixture
def file(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Path:
    monkeypatch.setattr(look, "LOOK_EVERY_S", READ_AGAIN_S)
    path = tmp_path / "branding.toml"
    path.write_text('name = "La Raffinerie"\n[en]\nidle = "Your ticket, please"\n')
    return path


@pytest.fixture
def screen(file: Path) -> Iterator[GuestScreen]:
    it = GuestScreen(settings.Screen(branding=file), 0)
    yield it
    it.close()


def test_a_file_that_changed_is_taken_over_by_every_page_that_is_open(
    file: Path, screen: GuestScreen, loop: Loop, read: Callable[[GuestScreen], Any]
) -> None:
    screen.show(State.READY)
    page = read(screen)
    assert page.next_of("look")["brand"]["name"] == "La Raffinerie"
    assert page.next_of("message")["said"][1]["title"] == "Your ticket, please"
    file.write_text('name = "Le Hangar"\n[en]\nidle = "Tickets here"\n')
    assert page.next_of("look")["brand"]["name"] == "Le Hangar"
    assert page.next_of("message")["said"][1]["title"] == "Tickets here"
    assert read(screen).next_of("look")["brand"]["name"] == "Le Hangar"


def test_a_logo_that_came_is_served(
    file: Path,
    screen: GuestScreen,
    loop: Loop,
    read: Callable[[GuestScreen], Any],
    port_of: Callable[[GuestScreen], int],
) -> None:
    screen.show(State.READY)
    page = read(screen)
    assert page.next_of("look")["brand"]["has_logo"] is False
    file.with_name("logo.svg").write_text(SVG)
    file.write_text('logo = "logo.svg"\n')
    assert page.next_of("look")["brand"]["has_logo"] is True
    connection = http.client.HTTPConnection("127.0.0.1", port_of(screen), timeout=60)
    connection.request("GET", "/logo?2")
    assert connection.getresponse().read() == SVG.encode()


def test_a_file_that_broke_is_told_and_one_that_was_mended_is_used(
    file: Path, screen: GuestScreen, loop: Loop, eventually: Callable[[str, Callable[[], Any]], Any]
) -> None:
    file.write_text("name = 5\n")
    told = eventually("the fault", lambda: screen.turned(time.monotonic()))
    assert "name" in told
    file.write_text('name = "Le Hangar"\n')
    eventually("all is well again", lambda: screen.turned(time.monotonic()) is None)


def test_a_verdict_is_not_said_again_because_the_look_changed(
    file: Path, screen: GuestScreen, loop: Loop, read: Callable[[GuestScreen], Any]
) -> None:
    screen.show(State.ADMITTED)
    page = read(screen)
    assert page.next_of("message")["kind"] == "admitted"
    file.write_text('name = "Le Hangar"\n')
    assert page.next_of("look")["brand"]["name"] == "Le Hangar"
    assert page.next()[0] == "beat"


def test_a_file_that_is_being_written_is_not_read_before_it_is_left_alone(file: Path) -> None:
    it = Look(file)
    before = it.now
    for length in range(1, 5):
        file.write_text(f"name = {'x' * length}")  # half of it
        it.look()
        assert it.now is before
    file.write_text('name = "Le Hangar"\n')
    it.look()
    assert it.now is before
    it.look()
    assert it.now[0].name == "Le Hangar"
    now = it.now
    it.look()
    assert it.now is now, "and not again and again"


def test_without_a_file_there_is_nothing_to_follow() -> None:
    it = Look(None)
    it.follow()
    assert it.now[1] is None
    it.close()
