"""The process that benchmarks.wsgi measures: `python -m benchmarks.wsgi_host SERVER DATABASE PORT THREADS`."""

from __future__ import annotations

import importlib
import sys
from typing import Any

from cheroot import wsgi

from api.app import make_app
from api.serve import hold_signals, serve
from api.settings import Log, Server, Settings
from api.store.store import open_store


def main(name: str, database: str, port: int, threads: int) -> None:
    """Serve the application behind this candidate until killed. Each has the same threads, and no access log."""
    url = f"sqlite:///{database}"
    if name == "gunicorn gthread":
        _gunicorn(url, port, threads)
    elif name == "waitress":
        waitress = importlib.import_module("waitress")  # no dependency: measured where it is installed
        waitress.serve(make_app(open_store(url)), host="127.0.0.1", port=port, threads=threads)
    elif name == "cheroot":
        wsgi.Server(("127.0.0.1", port), make_app(open_store(url)), numthreads=threads, request_queue_size=128).start()
    else:
        hold_signals()
        settings = Settings(server=Server(port=port, threads=threads), log=Log(access=False))
        app = make_app(open_store(url))
        serve(app, settings, lambda _url: None, together=app.together)


def _gunicorn(url: str, port: int, threads: int) -> None:
    base = importlib.import_module("gunicorn.app.base")

    class Application(base.BaseApplication):  # type: ignore[misc, name-defined]
        def load_config(self) -> None:
            options = {"bind": f"127.0.0.1:{port}", "workers": 1, "threads": threads, "worker_class": "gthread"}
            for key, value in {**options, "keepalive": 75, "backlog": 128}.items():
                self.cfg.set(key, value)

        def load(self) -> Any:
            return make_app(open_store(url))

    Application().run()


if __name__ == "__main__":
    main(sys.argv[1], sys.argv[2], int(sys.argv[3]), int(sys.argv[4]))
