"""``portillon-api serve``: the ticket server itself, from settings to exit code."""

from __future__ import annotations

import sys

from api import log
from api.app import make_app
from api.commands.console import CommandError, Shell
from api.serve import CannotListenError, hold_signals, serve
from api.settings import Settings
from api.store.store import open_store


def run(settings: Settings, shell: Shell) -> int:
    """Serve until SIGTERM or SIGINT. Prints one line when the server listens."""
    hold_signals()  # before the store or the listener start any thread
    log.start(settings.log.level)
    store = open_store(settings.database)
    try:
        app = make_app(
            store,
            organisation=settings.organisation.name,
            language=settings.organisation.language,
            pairing_max_age_s=settings.pairing.token_minutes * 60,
        )
        return serve(app, settings, lambda url: _announce(url, shell))
    except CannotListenError as error:
        raise CommandError(
            f"can't listen on {error}",
            "no gate can ask this server",
            "stop what uses that port, or choose another: --port PORT, or --port 0 for any free one",
        ) from error
    finally:
        store.close()


def _announce(url: str, shell: Shell) -> None:
    if shell.as_json:
        shell.result({"url": url})
    else:
        sys.stdout.write(f"portillon-api: listening on {url}\n")
        sys.stdout.flush()
