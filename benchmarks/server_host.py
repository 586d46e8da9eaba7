"""The process that benchmarks.server measures: `python -m benchmarks.server_host WHAT DATABASE_FILE THREADS`."""

from __future__ import annotations

import importlib
import sys
from pathlib import Path

import bottle

from api import log
from api.app import make_app
from api.serve import hold_signals, serve
from api.settings import Server, Settings
from api.store.store import open_store

EMPTY = "/bench/empty/"
_ANSWER = b"{" + b" " * 430 + b"}"  # as long as a scan's


def main(what: str, file: Path, threads: int) -> int:
    """Serve until SIGTERM. All candidates are behind the same listener, with the same access log."""
    hold_signals()
    log.start("info", "text")
    settings = Settings(server=Server(port=0, threads=threads))
    if what == "portillon":
        ours = make_app(open_store(f"sqlite:///{file}"))
        ours.route(EMPTY, "POST", _empty)
        return serve(ours, settings, _announce, together=ours.together)
    peer = importlib.import_module("benchmarks.peer.site")  # only here is Django needed, which takes a second
    return serve(peer.make_peer(file, tuned=what == "peer-tuned"), settings, _announce)


def _announce(url: str) -> None:
    print(url, flush=True)


def _empty() -> bottle.HTTPResponse:
    """The empty route: it reads the body and answers; no key, no signature, no database."""
    bottle.request.environ["wsgi.input"].read(int(bottle.request.environ["CONTENT_LENGTH"]))
    headers = {"Content-Type": "application/json", "Cache-Control": "no-store", "X-Content-Type-Options": "nosniff"}
    return bottle.HTTPResponse(_ANSWER, 200, headers)


if __name__ == "__main__":
    sys.exit(main(sys.argv[1], Path(sys.argv[2]), int(sys.argv[3])))
