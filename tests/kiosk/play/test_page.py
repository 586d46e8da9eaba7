"""The page to play on: its words, what it takes from a browser, and what it refuses."""

import re
from importlib import resources

import pytest
import requests
from pydantic import ValidationError

from kiosk.play.board import Board
from kiosk.play.hand import Pose
from kiosk.play.things import Thing
from kiosk.play.web import Page
from kiosk.play.words import WORDS, page_words

STATIC = resources.files("kiosk.play").joinpath("static")
HTML, SCRIPT = STATIC.joinpath("play.html").read_text("utf-8"), STATIC.joinpath("play.js").read_text("utf-8")


class Stagehand:
    """Notes what the page asks for: the real one needs a whole appliance, see tests/system/test_play.py."""

    def __init__(self):
        self.asked = []

    def hold(self, pose):
        if pose.thing not in (None, "first"):
            raise KeyError(pose.thing)
        self.asked.append(pose)

    def touch(self, name):
        self.asked.append(("touch", name))

    def press(self, name, *, is_down):
        self.asked.append((name, is_down))

    def serve(self, *, is_on):
        self.asked.append(("server", is_on))


@pytest.fixture
def hands():
    return Stagehand()


@pytest.fixture
def board():
    return Board()


@pytest.fixture
def page(hands, board):
    it = Page(0, hands, board, {"first": Thing("first", "a ticket")}, 8099)
    yield it
    it.close()


def _post(page, path, body, **headers):
    told = {"Content-Type": "application/json", **headers}
    return requests.post(page.url + path, data=body, headers=told, timeout=60)


def test_every_word_is_used_and_every_key_has_french_and_english():
    used = set(re.findall(r"\{\{(\w+)\}\}", HTML)) | set(re.findall(r"words\.(\w+)", SCRIPT))
    used |= {f"is_{verdict}" for verdict in ("admitted", "refused", "unknown")}
    used |= {"relay", "green", "red", "amber", "buzzer"}
    assert used == WORDS.keys()
    assert all(french.strip() and english.strip() for french, english in WORDS.values())


@pytest.mark.parametrize("language", ["fr", "en"])
def test_the_page_has_no_hole_left_in_it(language):
    page = page_words(HTML, language, 8099)
    assert "{{" not in page
    assert "{words}" not in page
    assert 'src="http://127.0.0.1:8099/"' in page
    assert f'<html lang="{language}">' in page


def test_every_button_field_and_picture_that_the_script_looks_for_is_on_the_page():
    ids = set(re.findall(r' id="([\w-]+)"', HTML))
    assert set(re.findall(r'\bat\("([\w-]+)"\)', SCRIPT)) <= ids
    dials = set(re.findall(r"\w+", re.search(r"DIALS = \[(.*)\]", SCRIPT)[1]))
    assert dials <= ids
    assert dials <= set(Pose.model_fields)


def test_the_page_and_its_parts_are_served_with_a_policy_that_loads_nothing_from_elsewhere(page):
    for path, kind in (("", "text/html"), ("play.css", "text/css"), ("play.js", "text/javascript")):
        answer = requests.get(page.url + path, timeout=60)
        assert (answer.status_code, answer.headers["Content-Type"].partition(";")[0]) == (200, kind)
        assert "default-src 'none'" in answer.headers["Content-Security-Policy"]
        assert "//" not in re.sub(r"http://127.0.0.1:\*", "", answer.headers["Content-Security-Policy"])
    assert requests.get(f"{page.url}things/first.png", timeout=60).content.startswith(b"\x89PNG")


def test_french_is_spoken_to_who_asks_for_it(page):
    assert 'lang="fr"' in requests.get(page.url, headers={"Accept-Language": "fr-FR,fr;q=0.9"}, timeout=60).text
    assert 'lang="en"' in requests.get(page.url, headers={"Accept-Language": "de"}, timeout=60).text


def test_what_is_held_and_pressed_reaches_the_stage(page, hands):
    assert _post(page, "hold", '{"thing": "first", "x": 0.2, "yaw": -30}').status_code == 200
    assert _post(page, "press", '{"input": "passage", "how": "touch"}').status_code == 200
    assert _post(page, "press", '{"input": "emergency", "how": "down"}').status_code == 200
    assert _post(page, "server", '{"on": false}').status_code == 200
    assert hands.asked == [
        Pose(thing="first", x=0.2, yaw=-30),
        ("touch", "passage"),
        ("emergency", True),
        ("server", False),
    ]


@pytest.mark.parametrize(
    ("path", "body", "status"),
    [
        ("hold", '{"thing": "nothing like it"}', 404),
        ("hold", '{"thing": "first", "x": 5}', 400),
        ("hold", '{"thing": "first", "light": NaN}', 400),
        ("hold", "not JSON", 400),
        ("press", '{"input": "relay", "how": "down"}', 400),
        ("press", '{"input": "../../x", "how": "down"}', 400),
        ("server", '{"on": "perhaps"}', 400),
        ("else", "{}", 404),
        ("hold", " " * 3000, 403),
    ],
)
def test_what_makes_no_sense_is_refused_and_does_nothing(page, hands, path, body, status):
    assert _post(page, path, body).status_code == status
    assert hands.asked == []


def test_another_sites_page_can_do_nothing(page, hands):
    body = '{"on": false}'
    assert _post(page, "server", body, Host="evil.example").status_code == 403
    assert _post(page, "server", body, **{"Content-Type": "text/plain"}).status_code == 403
    assert requests.get(page.url, headers={"Host": "evil.example"}, timeout=60).status_code == 403
    assert hands.asked == []


@pytest.mark.parametrize(
    "path", ["camera/1.jpg", "camera/x.jpg", "camera/-1.jpg", "../playing.py", "things/other.png", "play.html"]
)
def test_what_is_not_there_is_not_found(page, path):
    assert requests.get(page.url + path, timeout=60).status_code == 404


def test_a_browser_is_told_how_things_stand_then_what_happens(board):
    board.line({"t": 1.0, "event": "pin", "pin": "green", "value": 1})
    board.line({"t": 1.1, "event": "state", "state": "ready"})
    events = board.events()
    assert '"pins": {"green": 1}, "state": "ready", "server": true' in next(events)
    board.is_there("server", False)
    board.picture(b"JPEG")
    number = int(re.search(r"event: picture\ndata: (\d+)", told := next(events))[1])
    assert 'event: there\ndata: {"server": false}' in told
    assert board.find_picture(number) == b"JPEG"
    board.end()
    assert list(events) == []


def test_a_browser_that_fell_behind_comes_again_rather_than_miss_something(board):
    events = board.events()
    next(events)
    for number in range(1000):
        board.line({"t": float(number), "event": "pin", "pin": "relay", "value": number % 2})
    assert list(events) == []
    assert '"relay": 1' in next(board.events())


@pytest.mark.parametrize("field", ["x", "share", "yaw", "blur", "light"])
@pytest.mark.parametrize("value", [float("nan"), float("inf"), -1e9])
def test_a_pose_that_no_arm_can_take_is_refused(field, value):
    with pytest.raises(ValidationError):
        Pose(thing="first", **{field: value})
