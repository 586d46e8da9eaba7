"""What needs a look, by a clock that is given: silence while doors are open, faults that gates tell, clocks apart."""

from __future__ import annotations

import json
from dataclasses import dataclass, field

import pytest

from api.store.store import Store
from api.tickets.events import add_event
from api.watch import alerts
from api.watch.alerts import Alert
from api.watch.doors import BUSY_US, EVENING_US, open_doors
from api.watch.outlook import Outlook
from api.watch.silence import PATIENCE, Patience, troubles
from api.watch.watcher import Watcher

MINUTE = 60 * 1_000_000
SIX = 1_800_000_000_000_000  # some evening, 18:00 let us say
KINDS = ("gate_silent", "no_scan", "gate_fault", "gate_clock")


@dataclass
class Evening:
    """Events and gates, made by rows; what was told is in ``told``."""

    store: Store
    told: list[Alert] = field(default_factory=list)

    def event(self, name: str, **times: int | None) -> int:
        uuid = add_event(self.store, name).uuid
        for column, moment in times.items():
            self.store.db.run(f"UPDATE event SET {column} = ? WHERE uuid = ?", (moment, uuid))
        return self.store.db.run("SELECT id FROM event WHERE uuid = ?", (uuid,)).fetchone()[0]

    def gate(self, name: str, *events: int) -> int:
        run = self.store.db.run
        run(
            "INSERT INTO device (uuid, name, pairing_nonce, claimed_at, created_at) VALUES (?, ?, ?, 1, 1)",
            (f"{name:>36}", name, f"{name:>22}"),
        )
        (device,) = run("SELECT id FROM device WHERE name = ?", (name,)).fetchone()
        for event in events:
            run("INSERT INTO device_event (device_id, event_id) VALUES (?, ?)", (device, event))
        return device

    def heard(self, device: int, at: int, **told: object) -> None:
        values = (at, json.dumps({"state": "ready", **told}), device)
        self.store.db.run("UPDATE device SET heartbeat_at = ?, heartbeat = ? WHERE id = ?", values)

    def scanned(self, device: int, event: int, at: int) -> None:
        values = (device, event, at)
        self.store.db.run(
            "INSERT INTO scan_line (action, device_id, event_id, code, arrived_at) VALUES ('scan', ?, ?, 'ok', ?)",
            values,
        )

    def kinds(self, now: int, patience: Patience = PATIENCE) -> list[tuple[str, str]]:
        return [(trouble.kind, trouble.name) for trouble in troubles(self.store, patience, now)]

    def look(self, now: int) -> list[tuple[str, bool]]:
        """What one look of the watcher tells: the kind, and whether it is over."""
        self.told.clear()

        def tell(alert: Alert) -> None:
            self.told.append(alert)
            alerts.note_told(self.store, alert)

        Watcher(self.store, tell, clock=lambda: now).look()
        return [(alert.kind, alert.over_at is not None) for alert in self.told]


@pytest.fixture
def evening(store: Store) -> Evening:
    return Evening(store)


@pytest.mark.parametrize(
    ("times", "minutes", "is_open"),
    [
        ({"opens_at": SIX}, -1, False),
        ({"opens_at": SIX}, 0, True),
        ({"opens_at": SIX, "closes_at": SIX + 60 * MINUTE}, 59, True),
        ({"opens_at": SIX, "closes_at": SIX + 60 * MINUTE}, 60, False),
        ({"opens_at": SIX, "ends_at": SIX + 60 * MINUTE}, 60, False),
        ({"opens_at": SIX, "closes_at": SIX + 60 * MINUTE, "ends_at": SIX + 90 * MINUTE}, 61, False),
        ({"opens_at": SIX}, EVENING_US // MINUTE - 1, True),
        ({"opens_at": SIX}, EVENING_US // MINUTE, False),
        ({}, 0, False),
    ],
)
def test_doors_are_open_from_their_time_until_they_close(evening, store, times, minutes, is_open):
    evening.event("Concert", **times)
    assert bool(open_doors(store, SIX + minutes * MINUTE)) is is_open


def test_doors_without_times_are_open_while_tickets_come(evening, store):
    event = evening.event("Concert")
    evening.scanned(evening.gate("Gate 1"), event, SIX)
    assert [bool(open_doors(store, at)) for at in (SIX, SIX + BUSY_US - 1, SIX + BUSY_US)] == [True, True, False]


def test_a_gate_is_silent_only_while_doors_are_open(evening):
    evening.event("Concert", opens_at=SIX, closes_at=SIX + 60 * MINUTE)
    evening.heard(evening.gate("Gate 1"), SIX - 10 * MINUTE)
    found = {at: ("gate_silent", "Gate 1") in evening.kinds(SIX + at * MINUTE) for at in (-1, 0, 59, 60)}
    assert found == {-1: False, 0: True, 59: True, 60: False}


def test_a_gate_is_silent_only_at_the_doors_that_it_serves(evening):
    concert = evening.event("Concert", opens_at=SIX, closes_at=SIX + 60 * MINUTE)
    play = evening.event("Play", opens_at=SIX + 100 * MINUTE)
    for name, events in (("Concert's", (concert,)), ("Play's", (play,)), ("Everybody's", ())):
        evening.heard(evening.gate(name, *events), SIX - 10 * MINUTE)
    silent = [name for kind, name in evening.kinds(SIX) if kind == "gate_silent"]
    assert silent == ["Concert's", "Everybody's"]


def test_a_server_that_was_away_calls_no_gate_silent_before_it_had_a_minute_to_tell_of_itself(evening):
    evening.event("Concert", opens_at=SIX)
    evening.heard(evening.gate("Gate 1"), SIX)
    back = SIX + 5 * MINUTE
    patience = Patience(listening_since=back)
    assert [evening.kinds(back + after, patience) for after in (0, MINUTE - 1)] == [[], []]
    assert evening.kinds(back + MINUTE, patience) == [("gate_silent", "Gate 1")]
    assert evening.kinds(back - MINUTE, patience) == [("gate_silent", "Gate 1")]  # a clock that was set back


def test_a_gate_that_was_silent_already_is_so_when_the_server_comes_back(evening):
    evening.event("Concert", opens_at=SIX)
    evening.heard(evening.gate("Gate 1"), SIX)
    assert evening.look(SIX + 3 * MINUTE) == [("gate_silent", False)]
    back = SIX + 5 * MINUTE
    assert evening.kinds(back, Patience(listening_since=back)) == [("gate_silent", "Gate 1")]


def test_a_scan_is_a_sign_of_life_too(evening):
    event = evening.event("Concert", opens_at=SIX)
    gate = evening.gate("Gate 1")
    evening.heard(gate, SIX)
    evening.scanned(gate, event, SIX + 3 * MINUTE)
    assert evening.kinds(SIX + 5 * MINUTE) == []
    assert evening.kinds(SIX + 5 * MINUTE + 1) == [("gate_silent", "Gate 1")]


def test_a_gate_that_never_told_of_itself_is_not_called_silent(evening):
    event = evening.event("Concert", opens_at=SIX)
    evening.scanned(evening.gate("Another maker's"), event, SIX)
    assert evening.kinds(SIX + 9 * MINUTE) == []


def test_open_doors_that_nobody_uses_are_told_after_the_time_that_is_set(evening):
    evening.event("Concert", opens_at=SIX)
    patience = Patience(no_scan_us=3 * MINUTE)
    assert [evening.kinds(SIX + 3 * MINUTE + late, patience) for late in (0, 1)] == [[], [("no_scan", "Concert")]]


def test_gates_that_are_switched_off_after_the_evening_end_the_alert_and_begin_none(evening):
    evening.event("Concert", opens_at=SIX, closes_at=SIX + 60 * MINUTE)
    gate = evening.gate("Gate 1")
    evening.heard(gate, SIX)
    assert evening.look(SIX + 3 * MINUTE) == [("gate_silent", False)]
    assert evening.look(SIX + 4 * MINUTE) == []
    evening.heard(gate, SIX + 5 * MINUTE)
    assert evening.look(SIX + 5 * MINUTE) == [("gate_silent", True)]
    evening.heard(gate, SIX + 59 * MINUTE)
    assert [kind for kind, is_over in evening.look(SIX + 59 * MINUTE) if not is_over] == ["no_scan"]
    assert evening.look(SIX + 61 * MINUTE) == [("no_scan", True)]
    assert evening.look(SIX + 600 * MINUTE) == []


def test_a_fault_that_a_gate_tells_is_an_alert_until_it_is_told_no_more(evening):
    gate = evening.gate("Gate 1")
    evening.heard(gate, SIX, faults=["camera"])
    assert evening.look(SIX) == [("gate_fault", False)]
    assert (evening.told[0].name, evening.told[0].faults, evening.told[0].since) == ("Gate 1", ("camera",), SIX)
    evening.heard(gate, SIX + MINUTE // 2, faults=["journal", "camera"])
    assert evening.look(SIX + MINUTE // 2) == []
    evening.heard(gate, SIX + MINUTE, faults=[])
    assert evening.look(SIX + MINUTE) == [("gate_fault", True)]


def test_what_nobody_took_is_told_by_the_next_run_with_all_that_it_said_and_then_no_more(evening, store):
    evening.heard(evening.gate("Gate 1"), SIX, faults=["camera"])
    Watcher(store, lambda alert: None, clock=lambda: SIX).look()
    evening.heard(1, SIX + MINUTE, faults=["camera"])
    assert evening.look(SIX + MINUTE) == [("gate_fault", False)]
    assert (evening.told[0].since, evening.told[0].faults) == (SIX, ("camera",))
    assert evening.look(SIX + MINUTE) == []


def test_what_nobody_takes_is_told_again_every_ten_minutes_while_it_stands(evening, store):
    evening.event("Concert", opens_at=SIX, closes_at=SIX + 60 * MINUTE)
    evening.heard(evening.gate("Gate 1"), SIX - 10 * MINUTE)
    told, clock = [], [SIX]
    watcher = Watcher(store, told.append, Patience(no_scan_us=60 * MINUTE), clock=lambda: clock[0])
    seen = []
    for minute in (0, 1, 9, 10, 11, 21, 61, 71):
        clock[0] = SIX + minute * MINUTE
        told.clear()
        watcher.look()
        seen += [(minute, alert.over_at is not None) for alert in told]
    assert seen == [(0, False), (10, False), (21, False), (61, True)]


def test_a_fault_of_the_moment_is_none_of_the_gates_own(evening):
    evening.heard(evening.gate("Gate 1"), SIX, faults=["timeout", "no_network", "server_trouble"])
    assert evening.kinds(SIX) == []


def test_what_a_gate_said_before_it_fell_silent_is_known_no_more(evening):
    evening.heard(evening.gate("Gate 1"), SIX, faults=["camera"], clock_off_s=500.0)
    assert evening.kinds(SIX + 2 * MINUTE) == [("gate_fault", "Gate 1"), ("gate_clock", "Gate 1")]
    assert evening.kinds(SIX + 2 * MINUTE + 1) == []


@pytest.mark.parametrize(("off", "is_told"), [(60.0, False), (60.1, True), (-60.1, True), (0, False), (-7e6, True)])
def test_clocks_more_than_a_minute_apart_are_told(evening, off, is_told):
    evening.heard(evening.gate("Gate 1"), SIX, clock_off_s=off)
    assert evening.look(SIX) == ([("gate_clock", False)] if is_told else [])
    assert not is_told or evening.told[0].clock_off_s == off


@pytest.mark.parametrize("text", ["", "no JSON", "[]", '{"faults": 5, "clock_off_s": "much"}'])
def test_a_heartbeat_that_is_nothing_of_ours_says_nothing(evening, store, text):
    gate = evening.gate("Gate 1")
    store.db.run("UPDATE device SET heartbeat_at = ?, heartbeat = ? WHERE id = ?", (SIX, text, gate))
    assert evening.kinds(SIX) == []


def test_a_gate_may_have_every_alert_at_once(evening, store):
    event = evening.event("Concert", opens_at=SIX)
    evening.heard(evening.gate("Gate 1"), SIX - 1)
    evening.heard(evening.gate("Gate 2"), SIX + 11 * MINUTE, faults=["camera"], clock_off_s=100)
    changed = alerts.settle(store, troubles(store, PATIENCE, SIX + 11 * MINUTE), SIX)
    assert sorted(alert.kind for alert in changed) == sorted(KINDS)
    assert set(alerts.standing_since(store)) >= {("no_scan", event)}


def test_however_many_watch_the_doors_are_looked_at_once_a_moment_and_troubles_keep_their_beginning(evening, store):
    gate = evening.gate("Gate 1")
    clock = [100.0]
    outlook = Outlook(store, clock=lambda: clock[0])
    assert outlook.troubles() == []
    now = 4_000_000_000_000_000  # far ahead of any clock here: what was heard then is fresh
    evening.heard(gate, now, faults=["camera"])
    alerts.settle(store, troubles(store, PATIENCE, now))
    assert outlook.troubles() == []
    evening.heard(gate, now + MINUTE, faults=["camera"])
    clock[0] += 2.0
    assert [(each.kind, each.since) for each in outlook.troubles()] == [("gate_fault", now)]
