"""The page and what it may ask for, over HTTP on this machine's loopback only."""

from __future__ import annotations

import json
from collections.abc import Mapping
from importlib import resources
from typing import Literal

from pydantic import BaseModel, ConfigDict, ValidationError

from kiosk.demo.stage import StageError
from kiosk.play.acts import Acts, Input
from kiosk.play.board import Board
from kiosk.play.hand import Pose
from kiosk.play.things import Thing
from kiosk.play.words import page_words
from kiosk.screen.words import Language
from kiosk.serving import LOOPBACK, Answering, Listener

_NAMES = {LOOPBACK, "localhost"}
_BODY_MAX = 2048  # bytes
_FILES = {"/play.css": "text/css", "/play.js": "text/javascript"}


class _Press(BaseModel):
    model_config = ConfigDict(extra="forbid")
    input: Input
    how: Literal["touch", "down", "up"]


class _Server(BaseModel):
    model_config = ConfigDict(extra="forbid")
    on: bool


class Page(Listener):
    """Serves the page to browsers on this machine, and does what they ask."""

    readers = 32  # two pages, with a picture for everything on the table

    def __init__(self, port: int, acts: Acts, board: Board, things: Mapping[str, Thing], guest_port: int) -> None:
        """Listen on ``port`` (0: any free one); OSError when it is taken. ``guest_port``: the guest screen's."""
        super().__init__((LOOPBACK, port), _Handler, "page")
        self.acts = acts
        self.board = board
        self._guest_port = guest_port
        self._pictures = {f"/things/{key}.png": thing.picture() for key, thing in things.items()}
        self.start()

    @property
    def url(self) -> str:
        """Of the page."""
        return f"http://{LOOPBACK}:{self.server_port}/"

    def close(self) -> None:
        """Tell who looks that it is over, and stop listening."""
        self.board.end()
        super().close()

    def found(self, path: str, language: Language) -> tuple[str, bytes] | None:
        """What is at this path: its kind, and itself."""
        if path == "/":
            return "text/html", page_words(_static("play.html"), language, self._guest_port).encode()
        if path in _FILES:
            return _FILES[path], _static(path[1:]).encode()
        if path in self._pictures:
            return "image/png", self._pictures[path]
        number = path.removeprefix("/camera/").removesuffix(".jpg")
        if path == f"/camera/{number}.jpg" and number.isdecimal() and len(number) < 12:
            picture = self.board.find_picture(int(number))
            return None if picture is None else ("image/jpeg", picture)
        return None

    def act(self, path: str, body: bytes) -> None:
        """Do what is asked. Raises KeyError, ValidationError or StageError."""
        if path == "/hold":
            self.acts.hold(Pose.model_validate_json(body))
        elif path == "/press":
            press = _Press.model_validate_json(body)
            if press.how == "touch":
                self.acts.touch(press.input)
            else:
                self.acts.press(press.input, is_down=press.how == "down")
        elif path == "/server":
            self.acts.serve(is_on=_Server.model_validate_json(body).on)
        else:
            raise KeyError(path)


class _Handler(Answering):
    server: Page
    # Nothing of another address is loaded, and no other page may show this one.
    policy = (
        "default-src 'none'; img-src 'self' data:; style-src 'self'; script-src 'self'; connect-src 'self'; "
        f"frame-src http://{LOOPBACK}:*; frame-ancestors 'none'"
    )

    def do_GET(self) -> None:  # noqa: N802  (http.server's name)
        """The page, its parts, and the stream of events."""
        if not self._is_from_here():
            self.send_error(403)
        elif self.path == "/live":
            self.stream(event.encode() for event in self.server.board.events())
        elif (found := self.server.found(self.path.partition("?")[0], self._language())) is not None:
            self.answer(*found)
        else:
            self.send_error(404)

    def do_POST(self) -> None:  # noqa: N802  (http.server's name)
        """Something is to be done: JSON, asked by our own page."""
        length = self.headers.get("Content-Length", "")
        is_json = self.headers.get("Content-Type") == "application/json"  # another site's page can't send this
        if not (self._is_from_here() and is_json and length.isdecimal() and int(length) <= _BODY_MAX):
            self.send_error(403)
            return
        try:
            self.server.act(self.path, self.rfile.read(int(length)))
        except KeyError:
            self.send_error(404)
        except ValidationError:
            self.send_error(400)
        except StageError as error:
            self.answer("application/json", json.dumps(str(error)).encode(), 503)
        else:
            self.answer("application/json", b"null")

    def _is_from_here(self) -> bool:
        """Not by a stranger's name that points here."""
        return self.headers.get("Host", "").partition(":")[0] in _NAMES

    def _language(self) -> Language:
        asked = self.path.partition("?lang=")[2] or self.headers.get("Accept-Language", "")
        return "fr" if asked.lower().startswith("fr") else "en"


def _static(name: str) -> str:
    return resources.files("kiosk.play").joinpath("static", name).read_text("utf-8")
