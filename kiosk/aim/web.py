"""The live picture in a browser, on this machine's loopback only: from elsewhere it is reached by ``ssh -L``."""

from __future__ import annotations

import json
import threading
from collections.abc import Iterable, Iterator

from kiosk.aim.page import SCRIPT, STYLE, as_json, page
from kiosk.aim.watching import Look
from kiosk.screen.words import Language
from kiosk.serving import LOOPBACK, Answering, Listener

_SILENCE_S = 15.0  # without a new look, a comment tells whether the browser is still there


class Stand(Listener):
    """Serves the page, and the newest look to every browser that shows it."""

    daemon_threads, block_on_close = False, True  # the end is told to all who look before the process ends

    def __init__(self, port: int, language: Language) -> None:
        """Listen on ``port`` (0: any free one); OSError when it is taken."""
        super().__init__((LOOPBACK, port), _Handler, "aim page")
        self._language = language
        self._newest: tuple[int, str, str] = (0, "", "")  # number, kind of event, JSON
        self._news = threading.Condition()
        self.start()

    @property
    def url(self) -> str:
        """Of the page."""
        return f"http://{LOOPBACK}:{self.server_port}/"

    def show(self, looks: Iterable[Look]) -> None:
        """Show each look until they end."""
        for look in looks:
            self._tell("message", as_json(look, self._language))

    def end(self, why: str) -> None:
        """Tell whoever looks that nothing more comes, and stop listening."""
        self._tell("end", json.dumps(why, ensure_ascii=False))
        self.close()

    def text(self, path: str) -> tuple[str, str] | None:
        """What is at this path: its kind, and itself."""
        texts = {
            "/": ("text/html", page(self._language)),
            "/style.css": ("text/css", STYLE),
            "/script.js": ("text/javascript", SCRIPT),
        }
        return texts.get(path)

    def events(self) -> Iterator[bytes]:
        """Each new look until the end; what comes while one is sent is left out, but for the newest."""
        seen, kind = 0, ""
        while kind != "end":
            with self._news:
                is_news = self._news.wait_for(lambda: self._newest[0] > seen, _SILENCE_S)  # noqa: B023  (asked at once)
                seen, kind, content = self._newest
            yield f"event: {kind}\ndata: {content}\n\n".encode() if is_news else b":\n\n"

    def _tell(self, kind: str, content: str) -> None:
        with self._news:
            self._newest = (self._newest[0] + 1, kind, content)
            self._news.notify_all()


class _Handler(Answering):
    server: Stand
    # Nothing of another address is loaded, and no other page may show this one.
    policy = (
        "default-src 'none'; img-src data:; style-src 'self'; script-src 'self'; connect-src 'self'; "
        "frame-ancestors 'none'"
    )

    def do_GET(self) -> None:  # noqa: N802  (http.server's name)
        """Answer; only to those who know this machine as itself, not by a stranger's name that points here."""
        if self.headers.get("Host", "").partition(":")[0] not in {LOOPBACK, "localhost"}:
            self.send_error(403)
        elif self.path == "/live":
            self.stream(self.server.events())
        elif (found := self.server.text(self.path)) is not None:
            self.answer(found[0], found[1].encode())
        else:
            self.send_error(404)
