"""Serves the guest page and its stream, to this machine only: GET, a few readers, and a slow one is dropped."""

from __future__ import annotations

from pathlib import Path

from kiosk.guest.board import Board
from kiosk.guest.branding import Logo
from kiosk.serving import LOOPBACK, Answering, Listener

PAGE = Path(__file__).with_name("page")
_KINDS = {".html": "text/html", ".css": "text/css", ".js": "text/javascript"}


class Stand(Listener):
    """The page at ``/``, its files beside it, and what the gate says at ``/live``."""

    def __init__(self, port: int, board: Board, logo: Logo | None) -> None:
        """Listen on ``port`` of loopback (0: any free one); OSError when it is taken."""
        super().__init__((LOOPBACK, port), _Handler, "guest screen")
        self.board = board
        self.files = {f"/{file.name}": (_KINDS[file.suffix], file.read_bytes()) for file in _files()}
        self.files["/"] = self.files["/index.html"]
        self.put_logo(logo)
        self.start()

    def put_logo(self, logo: Logo | None) -> None:
        """From now on this one; None: none."""
        self.files.pop("/logo", None)
        if logo is not None:
            self.files["/logo"] = (logo.kind, logo.content)

    @property
    def url(self) -> str:
        """Of the page."""
        return f"http://{LOOPBACK}:{self.server_port}/"

    @property
    def names(self) -> set[str]:
        """How a browser of this machine calls us; another name that points here is a stranger's page."""
        return {f"{host}:{self.server_port}" for host in (LOOPBACK, "localhost")}


class _Handler(Answering):
    server: Stand
    # Nothing of another address is loaded and no script but ours runs. A page of this machine may frame it (make play).
    policy = (
        "default-src 'none'; img-src 'self' data:; style-src 'self'; script-src 'self'; connect-src 'self'; "
        "base-uri 'none'; form-action 'none'; frame-ancestors http://127.0.0.1:* http://localhost:*"
    )

    def do_GET(self) -> None:  # noqa: N802  (http.server's name)
        """Answer; only to those who know this machine as itself."""
        path, _, asked = self.path.partition("?")
        origin = self.headers.get("Origin")
        is_ours = origin is None or origin.partition("://")[2] in self.server.names
        if self.headers.get("Host", "") not in self.server.names or not is_ours:
            self.send_error(403)
        elif path == "/live":
            self.stream(self.server.board.events(of_the_screen=asked == "kiosk"))
        elif (found := self.server.files.get(path)) is not None:
            self.answer(*found)
        else:
            self.send_error(404)


def _files() -> list[Path]:
    return [file for file in PAGE.iterdir() if file.suffix in _KINDS]
