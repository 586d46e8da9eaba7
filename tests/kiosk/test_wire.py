"""All 223 recorded exchanges with a running TiBillet server, each against the reviewed row of ``wire_table.csv``."""

from __future__ import annotations

import csv
import json
import re
import time
from pathlib import Path
from types import SimpleNamespace
from urllib.parse import urlsplit

import pytest

from kiosk import codes
from kiosk.credentials import Credentials, CredentialStore
from kiosk.edges import Question
from kiosk.pairing import Paired, pair
from kiosk.scan_client import ScanClient
from kiosk.settings import Server
from kiosk.verdict import Outcome

HERE = Path(__file__).parent
WIRE = [json.loads(line) for line in (HERE.parent / "tibillet" / "wire.jsonl").read_text("utf-8").splitlines()]
SAMPLES = json.loads((HERE.parent / "tibillet" / "samples.json").read_text("utf-8"))
TABLE = list(csv.DictReader((HERE / "wire_table.csv").read_text("utf-8").splitlines()))
EXCHANGES = {exchange["name"]: exchange for exchange in WIRE}
ROWS = {row["exchange"]: SimpleNamespace(**row) for row in TABLE}

GATE = "45e71a3f-aaeb-481f-a8b4-a76f35eda75f"  # the device behind nearly every recorded key
DEVICES = {"3AUxzUg8": GATE, "G9FafeGl": "a7861bee-a2a1-49b8-8b35-42e571c98ca6"}
KNOWN_KEYS = {"3AUxzUg8.nq3RT696KhQa4sxBkojMwr6mV4HFxElZ", "G9FafeGl.MhxjcT6oMl9D2aZFdGaZaC18zF2bfj73"}
SOME_TICKET = next(ticket for ticket in SAMPLES["tickets"] if ticket["name"] == "K1")
LONG_S = 60  # no verdict here waits for a deadline


def test_every_exchange_has_exactly_one_reviewed_row():
    assert [row["exchange"] for row in TABLE] == [exchange["name"] for exchange in WIRE]
    assert len(ROWS) == len(TABLE) == 223


def test_every_row_that_is_never_sent_says_why():
    assert [row.exchange for row in ROWS.values() if row.sent == "never" and not row.why] == []
    assert {row.sent for row in ROWS.values()} == {"yes", "never"}


def named(*roles):
    return [name for name, row in ROWS.items() if row.role in roles]


@pytest.fixture
def recorded(respond):
    """The bytes of a recorded answer. Pages that the recording shortened get their length back."""

    def build(name):
        exchange = EXCHANGES[name]
        text = exchange["response_body"]
        body = ("<html>" + "x" * 20000 if text.startswith("<!-- an HTML page") else text).encode()
        headers = {
            key.replace("-", "_"): value
            for key, value in exchange["response_headers"].items()
            if key.lower() in {"content-type", "location", "allow", "vary"}
        }
        return respond(exchange["status"], body, **headers)

    return build


def key_of(name):
    authorization = EXCHANGES[name]["request_headers"].get("Authorization", "")
    key = authorization.removeprefix("Api-Key ")
    return key if re.fullmatch(r"[!-~]{8,}", key) and "." in key else min(KNOWN_KEYS)


def credentials_of(name, server, prefix="/scan"):
    key = key_of(name)
    return Credentials(server.url, prefix, key, DEVICES.get(key[:8], GATE), "Scanner")


def ticket_of(name):
    """The ticket that was asked about; for a request that a gate never sends, the one that the answer names."""
    text = recorded_request(name).get("qrcode_data")
    asked = codes.parse(text) if isinstance(text, str) else None
    if isinstance(asked, codes.TicketCode):
        return asked
    some = codes.parse(SOME_TICKET["qrcode_data"])
    answer = recorded_answer(name)
    about = answer.get("ticket", {}).get("uuid", some.uuid)
    return codes.TicketCode(some.text, about, some.data, some.signature)


def recorded_request(name):
    try:
        body = json.loads(EXCHANGES[name]["request_body"])
    except ValueError:
        return {}
    return body if isinstance(body, dict) else {}


def event_of(name):
    event = str(recorded_request(name).get("event_uuid"))
    return event if re.fullmatch("[0-9a-f-]{36}", event) else SOME_TICKET["event_uuid"]


def recorded_answer(name):
    try:
        body = json.loads(EXCHANGES[name]["response_body"])
    except ValueError:
        return {}
    return body if isinstance(body, dict) else {}


def events_list():
    return [{"uuid": e["uuid"], "publicKeyPem": e["public_key_pem"]} for e in SAMPLES["events"]]


def key_test(heard, respond):
    """What the recorded server says of a key, for the calls that are not the one under test."""
    if heard.path == "/scan/check_allow_any/":
        return respond(200, {"allow_any": True})
    if heard.path == "/scan/check_api_scan/":
        known = heard.headers["authorization"].removeprefix("Api-Key ") in KNOWN_KEYS
        return respond(200, {"scan_app": "Scanner"}) if known else respond(500, b"<html>")
    return None


def spoken(verdict):
    return f"{verdict.outcome}({verdict.reason or verdict.fault})" if verdict.outcome != "admitted" else "admitted"


def asked(name, server, action, settings=None):
    """The verdict on the recorded ticket, which this gate had admitted before. The second try, if any, is the last."""
    client = ScanClient(credentials_of(name, server), settings or Server())
    server.client = client
    question = Question(
        "8e7c1e3e-8cf9-4d0b-a1d8-3e6e0f5e8a10", ticket_of(name), action, unanswered=False, admitted_before=True
    )
    try:
        return client.ask(question, time.monotonic() + LONG_S, lambda: None)
    finally:
        client.close()


def answering(raw_server, respond, name, reply, path, ticket=None):
    """A server that answers ``path`` with the recorded reply, and everything around it as the recorded one would."""

    def script(heard):
        if heard.path == path:
            if server.paths.count(path) == 2:
                server.client.close()
            return reply
        if heard.path == "/api/events/":
            return respond(200, events_list())
        if heard.path == "/scan/check_ticket/":
            valid = {"uuid": ticket.uuid, "status": "Valid and not scanned", "is_scanned": False}
            return respond(200, {"success": True, "ticket": valid})
        return key_test(heard, respond) or respond(404, b"<html>")

    server = raw_server(script)
    return server


def same_request(heard, name):
    """What the client sent is what was recorded, but for the headers (``Accept-Language`` is ours to choose)."""
    exchange = EXCHANGES[name]
    assert heard.method == exchange["method"]
    assert heard.path == urlsplit(exchange["path"]).path
    assert heard.headers.get("authorization") == exchange["request_headers"].get("Authorization")
    if exchange["request_body"]:
        assert heard.json == recorded_request(name)


@pytest.mark.parametrize("name", named("check"))
@pytest.mark.parametrize("action", ["check", "scan"])
def test_check_answer_gives_its_verdict(raw_server, respond, recorded, name, action):
    row = ROWS[name]
    server = answering(raw_server, respond, name, recorded(name), "/scan/check_ticket/")
    verdict = asked(name, server, action)
    checks = [heard for heard in server.heard if heard.path == "/scan/check_ticket/"]
    goes_on = "/scan/ticket/" in server.paths
    if action == "check" or row.draw != "admitted":
        assert spoken(verdict) == row.draw
        assert not goes_on
    else:
        assert verdict.outcome is Outcome.UNKNOWN  # a scan of it is another exchange
        assert goes_on
    if row.sent == "yes":
        same_request(checks[0], name)


@pytest.mark.parametrize("name", named("scan"))
def test_scan_answer_gives_its_verdict(raw_server, respond, recorded, name):
    row = ROWS[name]
    found = row.sent == "yes" and row.draw != "refused(wrong_event)"  # then the client finds the recorded event itself
    settings = Server() if found else Server(event_uuid=event_of(name))
    server = answering(raw_server, respond, name, recorded(name), "/scan/ticket/", ticket_of(name))
    verdict = asked(name, server, "scan", settings)
    assert spoken(verdict) == row.draw
    scans = [heard for heard in server.heard if heard.path == "/scan/ticket/"]
    assert len(scans) >= 1
    if row.sent == "yes":
        same_request(scans[0], name)


@pytest.mark.parametrize("name", named("probe", "allow_any"))
def test_probe_answer_gives_its_fault(raw_server, respond, recorded, name):
    row = ROWS[name]
    path = "/scan/check_allow_any/" if row.role == "allow_any" else "/scan/check_api_scan/"

    def script(heard):
        if heard.path in {path, "/api/scan/test_api/"}:
            return recorded(name)
        if heard.path == "/api/events/":
            return respond(200, events_list())
        return respond(500, b"<html>") if row.role == "allow_any" else key_test(heard, respond)

    server = raw_server(script)
    prefix = "/api/scan" if EXCHANGES[name]["path"].startswith("/api/scan") else "/scan"
    client = ScanClient(credentials_of(name, server, prefix), Server())
    fault = client.probe()
    assert (f"fault({fault})" if fault else "ok") == row.draw
    if row.sent == "yes":
        same_request(next(heard for heard in server.heard if heard.path == path), name)
    client.close()


@pytest.mark.parametrize("name", named("pair"))
def test_pair_answer_gives_its_outcome(raw_server, respond, recorded, name, tmp_path):
    row = ROWS[name]

    def script(heard):
        return recorded(name) if "/pair" in heard.path else respond(200, {"scan_app": "Scanner"})

    server = raw_server(script)
    code = codes.parse(server.url + urlsplit(EXCHANGES[name]["path"]).path)
    if row.why.startswith("grammar"):
        assert isinstance(code, codes.Unreadable)
        return
    outcome = pair(code, CredentialStore(tmp_path / "state"))
    if isinstance(outcome, Paired):
        assert row.draw == "paired"
        answer = recorded_answer(name)
        given = outcome.credentials
        assert (given.api_key, given.device_uuid) == (answer["api_key"], answer["device_uuid"])
        assert (given.device_name, given.tenant) == (answer["device_name"], answer["tenant_name"])
    else:
        assert f"failed({outcome.why}{f': {outcome.fault}' if outcome.fault else ''})" == row.draw
    if row.sent == "yes":
        same_request(server.heard[0], name)


@pytest.mark.parametrize("name", named("any"))
def test_answer_to_something_else_admits_nobody_and_pairs_nothing(raw_server, recorded, name, tmp_path):
    server = raw_server(lambda heard: recorded(name))
    for action in ("check", "scan"):
        verdict = ask_once(name, server, action)
        assert verdict.outcome is Outcome.UNKNOWN
    code = codes.parse(f"{server.url}/scan/token/pair")
    assert not isinstance(pair(code, CredentialStore(tmp_path / "state")), Paired)
    client = ScanClient(credentials_of(name, server), Server())
    assert client.probe() is not None
    client.close()


def ask_once(name, server, action):
    client = ScanClient(credentials_of(name, server), Server())
    client.close()  # no second try
    question = Question(
        "8e7c1e3e-8cf9-4d0b-a1d8-3e6e0f5e8a10", ticket_of(name), action, unanswered=False, admitted_before=True
    )
    return client.ask(question, time.monotonic() + LONG_S, lambda: None)


@pytest.mark.parametrize("name", [name for name in ROWS if ROWS[name].why.startswith("grammar: no ticket")])
def test_code_that_is_never_sent_is_no_ticket_code_by_the_grammar(name):
    assert not isinstance(codes.parse(recorded_request(name)["qrcode_data"]), codes.TicketCode)
