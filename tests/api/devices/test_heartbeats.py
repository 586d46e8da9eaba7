"""Heartbeats: kept as last said, not too often, of known gates only, and nothing but codes and numbers."""

from __future__ import annotations

import json
import time
from typing import Any
from uuid import UUID

import pytest
import requests

from api.devices import heartbeats
from api.devices.devices import renew_device
from api.devices.organising import archive_device
from api.scan.shapes import EXTENSIONS
from kiosk.credentials import Credentials
from kiosk.doctor.finding import Finding, Level
from kiosk.heartbeat import Heartbeat, Pulse
from kiosk.scan_client import ScanClient
from kiosk.settings import Server
from tests.api.conftest import Gate, House

TOLD = {"version": "1.2.0", "uptime_s": 60.5, "state": "ready", "queue": 0, "temperature_c": 51.2, "faults": []}


def beat(gate: Gate, prefix: str = "/api/scan", **more: Any) -> Any:
    return gate.ask("POST", f"{prefix}/heartbeat/", json={**TOLD, **more})


def kept(house: House, gate: Gate) -> dict[str, Any]:
    found = house.store.db.run("SELECT heartbeat FROM device WHERE uuid = ?", (gate.uuid,)).fetchone()[0]
    return json.loads(found) if found else {}


@pytest.mark.parametrize("prefix", ["/api/scan", "/scan"])
def test_what_a_gate_says_of_itself_is_kept_under_either_prefix(house: House, gate: Gate, prefix: str) -> None:
    answer = beat(gate, prefix)
    assert (answer.status_code, answer.json()["code"]) == (200, "ok")
    assert kept(house, gate) == TOLD
    assert "heartbeat" in EXTENSIONS


def test_a_second_one_within_ten_seconds_is_taken_and_not_written(
    house: House, gate: Gate, monkeypatch: pytest.MonkeyPatch
) -> None:
    now = 1_800_000_000_000_000
    monkeypatch.setattr("api.devices.heartbeats.moments.now", lambda: now)
    beat(gate)
    now += heartbeats.LEAST_APART_US - 1
    assert beat(gate, state="fault").status_code == 200
    assert kept(house, gate)["state"] == "ready"
    now += 1
    beat(gate, state="fault")
    assert kept(house, gate)["state"] == "fault"
    now -= 3600 * 1_000_000  # this server's clock was set back
    beat(gate, state="asking")
    assert kept(house, gate)["state"] == "asking"


@pytest.mark.parametrize(
    "odd",
    [
        {"version": "<b>"},
        {"uptime_s": -1},
        {"uptime_s": True},
        {"temperature_c": 1e999},
        {"temperature_c": 151},
        {"faults": ["Jeanne Dupont"]},
        {"faults": ["camera"] * 21},
        {"queue": -1},
        {"queue": 2**70},
        {"state": "ready\n"},
        {"clock": "yesterday"},
        {"last_error": "x" * 41},
        {"report": [{"check": "Jeanne Dupont", "level": "ok", "found": ""}]},
        {"report": [{"check": "clock", "level": "ok", "found": "x" * 301}]},
        {"report": [{"check": "clock", "level": "ok", "found": "x"}] * 61},
    ],
)
def test_what_is_no_code_and_no_sound_number_is_refused_whole(house: House, gate: Gate, odd: dict[str, Any]) -> None:
    answer = gate.ask("POST", "/api/scan/heartbeat/", data=json.dumps({**TOLD, **odd}).replace("Infinity", "1e999"))
    assert (answer.status_code, answer.json()["code"]) == (400, "bad_request")
    assert kept(house, gate) == {}


def test_unknown_keys_are_ignored_and_never_kept(house: House, gate: Gate) -> None:
    assert beat(gate, guest="Jeanne Dupont").status_code == 200
    assert "guest" not in kept(house, gate)


def test_a_report_stands_until_the_next_one_and_cannot_steer_a_terminal(
    house: House, gate: Gate, monkeypatch: pytest.MonkeyPatch
) -> None:
    now = 1_800_000_000_000_000
    monkeypatch.setattr("api.devices.heartbeats.moments.now", lambda: now)
    line = {"check": "camera", "level": "fail", "found": "No camera\x1b[31m", "fix": "Push the ribbon in"}
    beat(gate, report=[line])
    now += heartbeats.LEAST_APART_US
    beat(gate, state="fault")
    told = kept(house, gate)
    assert (told["state"], told["report_at"]) == ("fault", 1_800_000_000_000_000)
    assert told["report"] == [line | {"found": "No camera[31m"}]
    now += heartbeats.LEAST_APART_US
    beat(gate, report=[])
    assert (kept(house, gate)["report"], kept(house, gate)["report_at"]) == ([], now)


def test_the_clock_of_a_gate_is_compared_with_this_servers(
    house: House, gate: Gate, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr("api.scan.endpoints.moments.now", lambda: 1_800_000_000_000_000)
    beat(gate, clock="2027-01-15T09:00:00+01:00")  # the same moment is 1,800,000,000 s = 08:00 UTC
    assert kept(house, gate)["clock_off_s"] == 0.0


def test_an_archived_or_revoked_gate_is_refused_as_everywhere(house: House, gate: Gate) -> None:
    other = house.gate("Gate 2")
    archive_device(house.store, UUID(gate.uuid))
    with house.store.writing():
        renew_device(house.store, UUID(other.uuid))
    assert (beat(gate).status_code, beat(other).status_code) == (403, 401)
    assert kept(house, gate) == kept(house, other) == {}


def test_our_own_kiosk_is_understood(house: House) -> None:
    paired = requests.get(house.device().pairing_url, timeout=60).json()
    offered = frozenset(paired["extensions"])
    uuid, name = paired["device_uuid"], paired["device_name"]
    client = ScanClient(
        Credentials(house.base, "/api/scan", paired["api_key"], uuid, name, extensions=offered), Server()
    )
    heart = Heartbeat()
    heart.tell(Pulse("ready", ("camera",), 2, 1, 30, 4, 0, "2027-01-15T08:00:00+00:00"))
    heart.report([Finding("units", Level.OK, "portillon-kiosk.service : en marche")] * 60)
    assert heart.work(client, time.monotonic())
    client.close()
    told = kept(house, Gate(house.base, paired["api_key"], uuid, name))
    assert (told["state"], told["faults"], told["last_error"], told["queue"]) == ("ready", ["camera"], "camera", 2)
    assert "clock_off_s" in told
    assert len(told["report"]) == 60
