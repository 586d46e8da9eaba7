"""Alerts: each begins and ends once, whichever process sees it; a signed webhook tells it and holds nobody up."""

from __future__ import annotations

import hashlib
import hmac
import json
import queue
import threading
from collections.abc import Callable, Iterator
from dataclasses import replace
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer
from typing import Any

import pytest

from api.store import moments
from api.store.store import Store, open_store
from api.watch import alerts
from api.watch.alerts import Alert
from api.watch.silence import Patience, Trouble, troubles
from api.watch.watcher import Watcher
from api.watch.webhook import Webhook
from tests.api.conftest import House

SECRET = "sixteen letters!"
ALERT = Alert(7, "gate_silent", "Entrée « Nord »", 1_800_000_000_000_000)
PATIENCE_S = 30.0
MINUTE_US = 60 * 1_000_000


def heard_at(house: House, uuid: str, minutes_ago: float) -> None:
    values = (moments.now() - int(minutes_ago * MINUTE_US), uuid)
    house.store.db.run("UPDATE device SET heartbeat_at = ? WHERE uuid = ?", values)


@pytest.fixture(autouse=True)
def open_doors(house: House) -> None:
    """The doors of the house's event have been open for five minutes."""
    house.store.db.run("UPDATE event SET opens_at = ?", (moments.now() - 5 * MINUTE_US,))


def test_a_gate_that_falls_silent_is_told_once_and_told_again_when_it_is_back(house: House) -> None:
    gate = house.gate("Gate 2")
    told: list[Alert] = []
    watcher = Watcher(house.store, told.append)
    heard_at(house, gate.uuid, 3)
    for _ in range(3):
        watcher.look()
    assert [(alert.kind, alert.name, alert.over_at) for alert in told] == [("gate_silent", "Gate 2", None)]
    heard_at(house, gate.uuid, 0)
    for _ in range(3):
        watcher.look()
    assert len(told) == 2
    assert (told[1].id, told[1].since) == (told[0].id, told[0].since)
    assert told[1].over_at is not None


def test_silence_begins_after_the_time_that_is_set(house: House) -> None:
    heard_at(house, house.gate().uuid, 3)
    assert troubles(house.store, Patience(silent_us=4 * MINUTE_US)) == []
    assert [trouble.kind for trouble in troubles(house.store, Patience(silent_us=2 * MINUTE_US))] == ["gate_silent"]


def test_of_two_processes_that_see_the_same_one_tells_it(store: Store, house: House, database_url: str) -> None:
    heard_at(house, house.gate().uuid, 3)
    seen = troubles(store)
    other = open_store(database_url)
    all_there, told = threading.Barrier(2), []

    def look(mine: Store) -> None:
        all_there.wait(PATIENCE_S)
        told.extend(alerts.settle(mine, seen))

    lookers = [threading.Thread(target=look, args=(each,)) for each in (store, other)]
    for looker in lookers:
        looker.start()
    for looker in lookers:
        looker.join(PATIENCE_S)
    other.close()
    assert [alert.kind for alert in told] == ["gate_silent"]
    assert store.db.run("SELECT COUNT(*) FROM alert").fetchone() == (1,)


def test_a_gate_and_an_event_of_the_same_number_are_two_alerts(house: House) -> None:
    house.gate()
    seen = [Trouble("gate_silent", 1, "Gate 1", 5), Trouble("no_scan", 1, "Concert", 6)]
    assert len(alerts.settle(house.store, seen)) == 2
    (ended,) = alerts.settle(house.store, seen[:1])
    assert (ended.kind, ended.name) == ("no_scan", house.event.name)


class _Hook:
    """A server that takes webhooks, and answers with what it is told to."""

    def __init__(self) -> None:
        self.heard: queue.SimpleQueue[tuple[dict[str, str], bytes]] = queue.SimpleQueue()
        self.statuses: list[int] = []  # the next answers; then 204
        hook = self

        class Handler(BaseHTTPRequestHandler):
            def do_POST(self) -> None:
                body = self.rfile.read(int(self.headers["Content-Length"]))
                hook.heard.put(({name.lower(): value for name, value in self.headers.items()}, body))
                self.send_response(hook.statuses.pop(0) if hook.statuses else 204)
                self.send_header("Content-Length", "0")
                self.end_headers()

            def log_message(self, *_: object) -> None:
                pass

        self.server = ThreadingHTTPServer(("127.0.0.1", 0), Handler)
        self.url = f"http://127.0.0.1:{self.server.server_port}/hook"
        threading.Thread(target=self.server.serve_forever, daemon=True).start()


@pytest.fixture
def hook() -> Iterator[_Hook]:
    it = _Hook()
    yield it
    it.server.shutdown()
    it.server.server_close()


@pytest.fixture
def webhook() -> Iterator[Callable[..., tuple[Webhook, queue.SimpleQueue[Alert]]]]:
    made: list[Webhook] = []

    def make(url: str, **more: Any) -> tuple[Webhook, queue.SimpleQueue[Alert]]:
        told: queue.SimpleQueue[Alert] = queue.SimpleQueue()
        made.append(Webhook(url, SECRET, told.put, **more))
        return made[-1], told

    yield make
    for each in made:
        each.close()


def test_what_is_posted_is_json_signed_with_its_time(
    hook: _Hook, webhook: Callable[..., tuple[Webhook, object]]
) -> None:
    webhook(hook.url)[0].tell(ALERT)
    headers, body = hook.heard.get(timeout=PATIENCE_S)
    signed = headers["x-portillon-timestamp"].encode() + b"." + body
    wanted = hmac.new(SECRET.encode(), signed, hashlib.sha256).hexdigest()
    assert headers["x-portillon-signature"] == f"sha256={wanted}"
    told = json.loads(body)
    assert (told["id"], told["kind"], told["name"], told["over_at"]) == (7, "gate_silent", "Entrée « Nord »", None)
    assert told["since"].startswith("2027-01-15T08:00:00")


def test_the_beginning_of_a_gates_own_fault_tells_which(
    hook: _Hook, webhook: Callable[..., tuple[Webhook, object]]
) -> None:
    it = webhook(hook.url)[0]
    it.tell(Alert(8, "gate_fault", "Gate 1", 1, faults=("camera", "journal")))
    it.tell(Alert(9, "gate_clock", "Gate 1", 1, clock_off_s=-90.5))
    bodies = [json.loads(hook.heard.get(timeout=PATIENCE_S)[1]) for _ in range(2)]
    assert [body.get("faults") for body in bodies] == [["camera", "journal"], None]
    assert [body.get("clock_off_s") for body in bodies] == [None, -90.5]


def test_one_that_is_not_taken_is_posted_again_and_then_noted(
    hook: _Hook, webhook: Callable[..., tuple[Webhook, queue.SimpleQueue[Alert]]]
) -> None:
    hook.statuses = [500, 302]
    it, told = webhook(hook.url, pauses_s=(0.01, 0.01))
    it.tell(ALERT)
    assert told.get(timeout=PATIENCE_S) == ALERT
    assert hook.heard.qsize() == 3


def test_one_that_is_never_taken_does_not_keep_back_the_next(
    hook: _Hook, webhook: Callable[..., tuple[Webhook, queue.SimpleQueue[Alert]]]
) -> None:
    hook.statuses = [500, 500]
    it, told = webhook(hook.url, pauses_s=(0.01,))
    after = Alert(8, "no_scan", "Concert", 1)
    it.tell(ALERT)
    it.tell(after)
    assert told.get(timeout=PATIENCE_S) == after


def test_an_end_that_was_not_taken_is_posted_again_when_there_is_no_other_news(
    hook: _Hook, webhook: Callable[..., tuple[Webhook, queue.SimpleQueue[Alert]]]
) -> None:
    hook.statuses = [500, 500, 204, 500]
    it, told = webhook(hook.url, pauses_s=(0.01,), again_after_s=0.5)
    it.tell(replace(ALERT, over_at=ALERT.since + 1))
    it.tell(replace(ALERT, id=8))
    assert told.get(timeout=PATIENCE_S).id == 8
    heard = [json.loads(hook.heard.get(timeout=PATIENCE_S)[1]) for _ in range(5)]
    assert [body["id"] for body in heard] == [7, 7, 8, 7, 7]
    assert all((body["over_at"] is None) == (body["id"] == 8) for body in heard)
    assert hook.heard.empty()


def test_a_beginning_that_waits_already_is_not_posted_twice_and_its_end_is_posted(
    hook: _Hook, webhook: Callable[..., tuple[Webhook, queue.SimpleQueue[Alert]]]
) -> None:
    hook.statuses = [500]
    it, told = webhook(hook.url, pauses_s=(0.5,))
    for alert in (ALERT, ALERT, replace(ALERT, over_at=ALERT.since + 1)):
        it.tell(alert)
    assert told.get(timeout=PATIENCE_S) == ALERT
    ends = [json.loads(hook.heard.get(timeout=PATIENCE_S)[1])["over_at"] is not None for _ in range(3)]
    assert ends == [False, False, True]


def test_an_alert_that_was_told_is_noted_with_the_time(house: House) -> None:
    heard_at(house, house.gate().uuid, 3)
    (alert,) = alerts.settle(house.store, troubles(house.store))
    alerts.note_told(house.store, alert)
    assert house.store.db.run("SELECT told_at FROM alert").fetchone()[0] >= alert.since
