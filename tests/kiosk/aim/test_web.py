"""The page, over real HTTP on loopback."""

from __future__ import annotations

import base64
import http.client
import io
import json
import threading
from collections.abc import Callable, Iterator
from typing import Any

import pytest
from PIL import Image

from kiosk.aim.page import page
from kiosk.aim.watching import watch
from kiosk.aim.web import Stand

PATIENCE_S = 60


@pytest.fixture
def stand() -> Iterator[Stand]:
    stand = Stand(0, "en")
    yield stand
    stand.end("Stopped.")


def ask(stand: Stand, path: str, host: str | None = None) -> http.client.HTTPResponse:
    connection = http.client.HTTPConnection("127.0.0.1", stand.server_port, timeout=PATIENCE_S)
    connection.request("GET", path, headers={"Host": host or f"127.0.0.1:{stand.server_port}"})
    return connection.getresponse()


@pytest.mark.parametrize("path", ["/", "/style.css", "/script.js"])
def test_the_page_and_its_parts_are_served_and_nothing_is_loaded_from_elsewhere(stand: Stand, path: str) -> None:
    answer = ask(stand, path)
    assert answer.status == 200
    policy = answer.getheader("Content-Security-Policy") or ""
    assert "default-src 'none'" in policy
    assert "http" not in policy
    assert "//" not in answer.read().decode().replace("<!doctype", "")


def test_anything_else_is_not_there(stand: Stand) -> None:
    assert ask(stand, "/etc/passwd").status == 404


def test_a_strangers_name_that_points_here_is_refused(stand: Stand) -> None:
    assert ask(stand, "/live", host="example.org").status == 403
    assert ask(stand, "/", host=f"localhost:{stand.server_port}").status == 200


def test_a_browser_gets_each_look_and_is_told_of_the_end(stand: Stand, frame: Callable[..., Any], shown: Any) -> None:
    answer = ask(stand, "/live")
    looks = watch(shown([frame(), frame(share=0.2)]), 0.2)
    stand.show([next(looks)])
    first = read_event(answer)
    assert first[0] == "message"
    look = json.loads(first[1])
    assert (look["advice"], look["good"]) == ("Good", True)
    assert look["figures"]["module"] == "6.9"
    assert look["figures"]["size"] == "1280x960"
    picture = Image.open(io.BytesIO(base64.b64decode(look["picture"])))
    assert picture.size == (800, 600)
    edge = picture.convert("RGB").getpixel((235, 300))
    assert isinstance(edge, tuple)
    assert edge[1] > edge[0] + 60, "outlined in green, at the code's left edge"
    stop = threading.Thread(target=stand.end, args=("Stopped.",))
    stop.start()
    assert read_event(answer) == ("end", '"Stopped."')
    stop.join(PATIENCE_S)


def read_event(answer: http.client.HTTPResponse) -> tuple[str, str]:
    """The next event of the stream: its kind and its data."""
    lines = {}
    while (line := answer.readline().decode().strip()) != "" or not lines:
        name, _, value = line.partition(": ")
        lines[name] = value
    return lines["event"], lines["data"]


@pytest.mark.parametrize("language", ["fr", "en"])
def test_the_page_is_in_one_language(language: Any) -> None:
    assert f'<html lang="{language}">' in page(language)
    assert ("pixels par module" in page(language)) == (language == "fr")
