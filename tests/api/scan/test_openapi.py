"""The description of the scan API is true: every route and code; and no request brings the server down."""

from __future__ import annotations

import json
import re
import subprocess
import sys
from pathlib import Path

import jsonschema_rs
import pytest
import requests

from api.app import make_app
from api.scan import bodies
from api.scan.errors import Refusal
from api.scan.examples import ANSWERS, ASKED
from api.scan.openapi import description
from api.store.scan import Code

from ..conftest import Gate

SCHEMATHESIS = Path(sys.executable).with_name("schemathesis")
# A string that the description allows may still be no ticket's code, no scan's id, no event's uuid: refused rightly.
NOT_OURS = "positive_data_acceptance"


def test_the_description_is_served_without_a_key_under_both_prefixes(house):
    for prefix in ("/api/scan", "/scan"):
        answer = requests.get(f"{house.base}{prefix}/openapi.json", timeout=60)
        assert answer.json() == description()


def test_every_route_of_the_application_is_described_and_no_other(store):
    routes = {
        (re.sub(r"<(\w+)>", r"{\1}", route.rule), route.method.lower())
        for route in make_app(store).routes
        if route.method in ("GET", "POST") and not route.rule.startswith("/admin") and route.rule != "/"
    }
    described = {(path.rstrip("/"), method) for path, methods in description()["paths"].items() for method in methods}
    operated = {("/healthz", "get"), ("/metrics", "get")}
    assert {(rule.rstrip("/"), method) for rule, method in routes} - operated == described


def test_every_code_that_is_answered_is_described():
    codes = set(description()["components"]["schemas"]["Error"]["properties"]["code"]["enum"])
    assert set(map(str, Code)) | set(map(str, Refusal)) == codes


def _examples(document):
    """(where, schema, value) of every example, of what is sent and what is answered."""
    for path, methods in document["paths"].items():
        for method, call in methods.items():
            places = [(status, told) for status, told in call["responses"].items()]
            places += [("body", call["requestBody"])] if "requestBody" in call else []
            for what, place in places:
                content = place["content"]["application/json"]
                for name, example in content.get("examples", {}).items():
                    yield f"{method} {path} {what} {name}", content["schema"], example["value"]


def test_every_example_is_as_its_schema_says():
    document = description()
    shown = list(_examples(document))
    assert len(shown) > 100
    for where, schema, value in shown:
        validator = jsonschema_rs.validator_for({**schema, "components": document["components"]}, validate_formats=True)
        assert list(validator.iter_errors(value)) == [], where


def test_every_call_that_takes_a_body_has_an_example_that_the_server_takes():
    models = {"ticket": bodies.TicketBody, "check_ticket": bodies.TicketBody, "annul": bodies.AnnulBody}
    models |= {"heartbeat": bodies.HeartbeatBody, "list_tickets": bodies.ListBody, "search_ticket": bodies.SearchBody}
    assert models.keys() == ASKED.keys()
    for call, examples in ASKED.items():
        for value in examples.values():
            bodies.parse(json.dumps(value).encode(), models[call])


def _keys(value):
    """What there is of a JSON value without its texts and numbers."""
    if isinstance(value, dict):
        return {key: _keys(each) for key, each in value.items()}
    return [_keys(each) for each in value] if isinstance(value, list) and value and isinstance(value[0], dict) else None


def test_the_answers_shown_have_the_keys_of_real_ones(house, scan_id):
    device = house.device("Gate 1")
    real = {"pair": [requests.get(device.pairing_url, timeout=60).json()]}
    gate = Gate(house.base, real["pair"][0]["api_key"], device.uuid, "Gate 1")
    ticket = house.ticket(first_name="Jean", last_name="Dupont", product="Billet de Concert", price="Plein tarif")
    real["test_api"] = [gate.ask("GET", "/api/scan/test_api/").json()]
    real["check_ticket"] = [gate.check(ticket.qrcode_data).json()]
    real["ticket"] = [gate.scan(ticket.qrcode_data, scan_id=scan_id).json(), gate.scan(ticket.qrcode_data).json()]
    real["annul"] = [gate.annul(scan_id).json()]
    here = {"event_uuid": house.event.uuid}
    for call, more in {"heartbeat": {}, "list_tickets": here, "search_ticket": here}.items():
        (body,) = ASKED[call].values()
        real[call] = [gate.ask("POST", f"/api/scan/{call}/", json={**body, **more}).json()]
    real["events"] = [requests.get(f"{house.base}/api/events/", timeout=60).json()]
    assert {call: [_keys(each) for each in told] for call, told in real.items()} == {
        call: [_keys(each) for each in told.values()] for call, told in ANSWERS.items()
    }


@pytest.mark.parametrize("has_key", [True, False], ids=["with a key", "without"])
def test_whatever_is_sent_the_answer_is_as_described_and_never_a_500(house, gate, tmp_path, has_key):
    house.ticket()
    words = ["run", f"{house.base}/api/scan/openapi.json", "--checks", "all", "--exclude-checks", NOT_OURS]
    words += [
        "--max-examples",
        "30",
        "--seed",
        "7",
        "--generation-deterministic",
        "--no-color",
        "--request-timeout",
        "60",
    ]
    words += ["--header", f"Authorization: Api-Key {gate.key}"] if has_key else []
    done = subprocess.run([SCHEMATHESIS, *words], capture_output=True, text=True, cwd=tmp_path, check=False)
    assert done.returncode == 0, done.stdout[-6000:] + done.stderr[-2000:]
