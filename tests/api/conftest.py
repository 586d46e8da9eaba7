"""Fixtures of the ticket server's tests: a real store behind a real server on loopback, and gates paired with it."""

from __future__ import annotations

import json
import threading
from collections.abc import Callable, Iterator
from contextlib import ExitStack
from dataclasses import dataclass, replace
from pathlib import Path
from typing import Any
from uuid import UUID, uuid4

import pytest
import requests

from api.app import DEFAULT_PAGES, make_app
from api.clock import Clock
from api.devices.devices import Admits, NewDevice
from api.devices.organising import add_devices
from api.lane import Lane
from api.listener import Listener
from api.settings import Server
from api.store.store import Store, open_store
from api.tickets import events, issue

TIBILLET = Path(__file__).parents[1] / "tibillet"


@dataclass
class Gate:
    """A paired device: its key, and how it asks."""

    base: str
    key: str
    uuid: str
    name: str

    def ask(self, method: str, path: str, **arguments: Any) -> requests.Response:
        """One request with the key, on a connection of its own."""
        headers = {"Authorization": f"Api-Key {self.key}", **arguments.pop("headers", {})}
        return requests.request(method, self.base + path, headers=headers, timeout=60, **arguments)

    def scan(self, code: str, prefix: str = "/api/scan", **more: Any) -> requests.Response:
        """``ticket/`` with this code."""
        return self.ask("POST", f"{prefix}/ticket/", json={"qrcode_data": code, **more})

    def check(self, code: str, prefix: str = "/api/scan", **more: Any) -> requests.Response:
        """``check_ticket/`` with this code."""
        return self.ask("POST", f"{prefix}/check_ticket/", json={"qrcode_data": code, **more})

    def annul(self, scan_id: str, prefix: str = "/api/scan", **more: Any) -> requests.Response:
        """``annul/`` of this scan id."""
        return self.ask("POST", f"{prefix}/annul/", json={"scan_id": scan_id, "reason": "not_passed", **more})


@dataclass
class House:
    """A running ticket server with an event."""

    store: Store
    base: str
    event: events.Event

    def ticket(self, event: events.Event | None = None, **order: Any) -> issue.Ticket:
        """A fresh ticket of this event."""
        uuid = UUID((event or self.event).uuid)
        return issue.add_tickets(self.store, uuid, issue.Order(**order))[0]

    def device(self, name: str = "Gate 1", event: events.Event | None = None) -> NewDevice:
        """A device that waits to be paired."""
        admits = Admits((event.uuid,) if event else ())
        return add_devices(self.store, [name], self.base, admits)[0]

    def gate(self, name: str = "Gate 1", event: events.Event | None = None) -> Gate:
        """A paired gate that has used its key."""
        answer = requests.get(self.device(name, event).pairing_url, timeout=60).json()
        gate = Gate(self.base, answer["api_key"], answer["device_uuid"], answer["device_name"])
        assert gate.ask("GET", "/api/scan/test_api/").status_code == 200
        return gate

    def lines(self) -> list[tuple[Any, ...]]:
        """The audit log: (action, ticket uuid, scan id, code)."""
        return self.store.db.run("SELECT action, ticket_uuid, scan_id, code FROM scan_line ORDER BY id").fetchall()


@pytest.fixture
def store(database_url: str) -> Iterator[Store]:
    """A fresh store, of each engine in turn."""
    opened = open_store(database_url)
    yield opened
    opened.close()


@pytest.fixture
def listening() -> Iterator[Callable[[Listener], Listener]]:
    """Lets a listener serve until the test is over."""
    with ExitStack() as stack:

        def start(listener: Listener) -> Listener:
            listener.expiration_interval = 0.02  # how long stopping takes
            listener.prepare()
            thread = threading.Thread(target=listener.serve)
            thread.start()
            stack.callback(thread.join, 60)
            stack.callback(listener.stop)
            return listener

        yield start


@pytest.fixture
def serve(store: Store, listening: Callable[[Listener], Listener], tmp_path: Path) -> Callable[..., str]:
    """Serves the store on a free port of loopback, with the given settings; gives the address."""

    def start(threads: int = 8, **settings: Any) -> str:
        clock = Clock(tmp_path / "timesync", tmp_path / "rtc")  # believed until that folder is there
        pages = replace(settings.pop("pages", DEFAULT_PAGES), clock=clock)
        app = make_app(store, pages=pages, **settings)
        lane = Lane(app.together) if app.together is not None else None
        return listening(Listener(app, Server(port=0, threads=threads), lane=lane)).url

    return start


@pytest.fixture
def house(store: Store, serve: Callable[..., str]) -> House:
    return House(store, serve(organisation="La Raffinerie"), events.add_event(store, "Concert de la République"))


@pytest.fixture
def gate(house: House) -> Gate:
    return house.gate()


@pytest.fixture(scope="session")
def tibillet() -> dict[str, Any]:
    """The recorded TiBillet server's event keys and ticket codes."""
    return json.loads((TIBILLET / "samples.json").read_text("utf-8"))


@pytest.fixture(scope="session")
def recorded() -> Callable[[str], Any]:
    """The JSON that the recorded TiBillet server answered in the exchange of this name."""
    exchanges = map(json.loads, (TIBILLET / "wire.jsonl").read_text("utf-8").splitlines())
    bodies = {exchange["name"]: exchange["response_body"] for exchange in exchanges}
    return lambda name: json.loads(bodies[name])


@pytest.fixture
def scan_id() -> str:
    return str(uuid4())
