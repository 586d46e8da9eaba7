"""``portillon-api serve``: the ticket server itself, from settings to exit code."""

from __future__ import annotations

import logging
import sys
from collections.abc import Iterator
from contextlib import contextmanager
from zoneinfo import ZoneInfo

import peewee

from api import log
from api.admin import backups, people
from api.announcing import announced, port_of
from api.app import Pages, make_app
from api.commands.address import site_url
from api.commands.console import CommandError, Shell, nobody_reads
from api.devices import reach
from api.devices.reach import Start
from api.operations.near import Readers
from api.operations.shelf import Shelf
from api.serve import CannotListenError, hold_signals, serve
from api.settings import Alerts, Settings
from api.store import moments
from api.store.store import Store, open_store
from api.store.trouble import is_away
from api.tickets.importing.worker import Worker
from api.tls import identity
from api.tls.identity import Identity
from api.tls.pin import FRAGMENT
from api.watch.alerts import Alert, note_told
from api.watch.silence import Patience
from api.watch.watcher import Watcher
from api.watch.webhook import Webhook

_log = logging.getLogger("api.serve")


def run(settings: Settings, shell: Shell) -> int:
    """Serve until SIGTERM or SIGINT. Prints one line when the server listens."""
    hold_signals()  # before the store or the listener start any thread
    log.start(settings.log.level, settings.log.format)
    store = open_store(settings.database)
    try:
        backups.sweep(store)
        known = identity.of_settings(settings)
        app = make_app(
            store,
            organisation=settings.organisation.name,
            language=settings.organisation.language,
            pairing_max_age_s=settings.pairing.token_minutes * 60,
            pages=_pages(settings, known),
            readers=Readers.of_settings(settings),
        )
        # No default password exists: whoever reads this terminal (or this unit's journal) makes the first account.
        invitation = None
        with _may_fail("nobody was invited"):
            invitation = None if people.has_admin(store) else people.invite(store)

        def announce(url: str) -> None:
            with _may_fail("this start was not noted"):
                reach.note_start(store, Start(url, known.pin if known is not None else ""))
            if announcer is not None:
                announcer.begin(port_of(url))
            _announce(url, site_url(settings, Start(url, "")), invitation, shell)

        with announced(settings, known) as announcer, _watched(settings.alerts, store), _importing(app.house.worker):
            return serve(app, settings, announce, known, app.together)
    except CannotListenError as error:
        raise CommandError(
            f"can't listen on {error}",
            "no gate can ask this server",
            "stop what uses that port, or choose another: --port PORT, or --port 0 for any free one",
        ) from error
    finally:
        store.close()


@contextmanager
def _may_fail(means: str) -> Iterator[None]:
    """What a database that is full or locked loses, while tickets can be looked at and health and pages tell why."""
    try:
        yield
    except (peewee.DatabaseError, peewee.InterfaceError) as error:
        if not is_away(error):
            raise
        _log.warning("the database took no change (%s): %s", error, means)


def _pages(settings: Settings, known: Identity | None) -> Pages:
    return Pages(
        zone=ZoneInfo(settings.organisation.timezone) if settings.organisation.timezone else None,
        public_url=settings.server.public_url,
        idle_s=settings.admin.idle_minutes * 60,
        longest_s=settings.admin.session_days * 24 * 3600,
        pin=f"{FRAGMENT}={known.pin}" if known is not None and known.pin else "",
        shelf=Shelf(settings.backup.folder, settings.backup.old_after_hours * 3600),
        patience=_patience(settings.alerts),
    )


@contextmanager
def _watched(alerts: Alerts, store: Store) -> Iterator[None]:
    """Meanwhile the doors are looked after, and what begins or ends there is posted, when there is where to."""
    hook = None
    if alerts.webhook:
        hook = Webhook(alerts.webhook, alerts.webhook_secret, lambda alert: note_told(store, alert))
    tell = hook.tell if hook is not None else _tell_nobody
    watcher = Watcher(store, tell, _patience(alerts))
    watcher.start()
    try:
        yield
    finally:
        watcher.close()
        if hook is not None:
            hook.close()


@contextmanager
def _importing(worker: Worker) -> Iterator[None]:
    """Imports that an earlier run left are gone on with, and the next one goes on with what this run leaves."""
    worker.go_on()
    try:
        yield
    finally:
        worker.close()


def _patience(alerts: Alerts) -> Patience:
    return Patience(alerts.silent_after_s * 1_000_000, alerts.no_scan_after_s * 1_000_000, moments.now())


def _tell_nobody(_alert: Alert) -> None:
    """The log and the door page tell it."""


def _announce(url: str, site: str, invitation: str | None, shell: Shell) -> None:
    setup_url = f"{site}/admin/set-up/{invitation}" if invitation else None
    try:
        if shell.as_json:
            shell.result({"url": url} | ({"setup_url": setup_url} if setup_url else {}))
        else:
            sys.stdout.write(f"portillon-api: listening on {url}\n")
            if setup_url:
                sys.stdout.write(f"portillon-api: nobody can sign in yet; make your account at {setup_url}\n")
            sys.stdout.flush()
    except BrokenPipeError:  # gates are served all the same
        nobody_reads()
