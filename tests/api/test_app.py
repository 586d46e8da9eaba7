"""The application as a whole: paths, methods, JSON everywhere, and nothing secret in a log."""

from __future__ import annotations

import ast
import logging
import re
from pathlib import Path

import pytest
import requests

import api


@pytest.mark.parametrize(
    "path",
    ["/api/scan", "/api/scan/", "/scan/nothing", "/scan/ticket//", "/api/scan/a/b/pair", "/%ff"],
)
@pytest.mark.parametrize("method", ["GET", "POST"])
def test_an_unknown_path_is_a_404_in_json(house, method, path):
    answer = requests.request(method, house.base + path, allow_redirects=False, timeout=60)
    assert answer.status_code == 404
    assert answer.headers["Content-Type"] == "application/json"
    assert answer.json() == {"success": False, "error": "Not Found", "message": "Not Found", "code": "not_found"}


@pytest.mark.parametrize("slash", ["", "/"])
@pytest.mark.parametrize("prefix", ["/api/scan", "/scan"])
@pytest.mark.parametrize(
    ("method", "call", "allowed"),
    [
        *(("GET", call, {"POST"}) for call in ("ticket", "check_ticket", "list_tickets", "search_ticket")),
        *(("POST", call, {"GET", "HEAD"}) for call in ("test_api", "check_api_scan", "check_allow_any", "x/pair")),
        *((method, "ticket", {"POST"}) for method in ("PUT", "DELETE", "HEAD", "OPTIONS", "PATCH")),
    ],
)
def test_a_wrong_method_is_a_405_that_names_the_right_ones(house, method, prefix, call, allowed, slash):
    answer = requests.request(method, f"{house.base}{prefix}/{call}{slash}", allow_redirects=False, timeout=60)
    assert answer.status_code == 405
    assert {name.strip() for name in answer.headers["Allow"].split(",")} == allowed
    if method != "HEAD":
        assert answer.json()["code"] == "method_not_allowed"


def test_a_fault_of_ours_is_a_500_in_json_and_logs_no_secret(house, gate, caplog):
    ticket = house.ticket(first_name="Jeanne")
    with house.store.writing():
        house.store.db.run("ALTER TABLE scan_line RENAME TO gone")
    with caplog.at_level(logging.DEBUG, logger="api"):
        answer = gate.scan(ticket.qrcode_data)
    assert answer.status_code == 500
    assert answer.headers["Content-Type"] == "application/json"
    assert answer.json()["code"] == "server_error"
    assert "gone" not in answer.text
    assert "scan_line" in caplog.text  # the log does say what broke, and where
    assert re.search("/api/scan/ticket failed with (OperationalError|ProgrammingError)", caplog.text)
    for secret in (gate.key, gate.key.partition(".")[2], ticket.qrcode_data, ticket.uuid, "Jeanne"):
        assert secret not in caplog.text


def test_a_fault_while_scanning_leaves_the_ticket_as_it_was(house, gate):
    ticket = house.ticket()
    with house.store.writing():
        house.store.db.run("ALTER TABLE scan_line RENAME TO gone")
    assert gate.scan(ticket.qrcode_data).status_code == 500
    with house.store.writing():
        house.store.db.run("ALTER TABLE gone RENAME TO scan_line")
    assert gate.scan(ticket.qrcode_data).json()["code"] == "ok"


def test_a_fault_while_pairing_logs_no_token(house, caplog):
    device = house.device()
    with house.store.writing():
        house.store.db.run("ALTER TABLE api_key RENAME TO gone")
    assert requests.get(device.pairing_url, timeout=60).status_code == 500
    assert "/api/scan/<token>/pair failed" in caplog.text
    assert device.token not in caplog.text


def test_the_organisation_is_what_the_settings_call_it(house, gate, serve):
    gate.base = serve(organisation="Le Tiers-Lieu", language="en")
    assert gate.ask("GET", "/api/scan/test_api").json()["server_info"]["tenant"] == "Le Tiers-Lieu"
    assert gate.check(house.ticket().qrcode_data).json()["ticket"]["status"] == "Valid and not scanned"


def test_a_pairing_token_lives_as_long_as_the_settings_say(house, serve):
    device = house.device()
    impatient = serve(pairing_max_age_s=-1)
    assert requests.get(f"{impatient}/scan/{device.token}/pair", timeout=60).json()["code"] == "invalid_token"
    assert requests.get(device.pairing_url, timeout=60).status_code == 200


def test_the_server_imports_nothing_of_the_kiosk():
    for file in Path(api.__file__).parent.rglob("*.py"):
        for node in ast.walk(ast.parse(file.read_text("utf-8"))):
            names = [alias.name for alias in node.names] if isinstance(node, ast.Import) else []
            names += [node.module or ""] if isinstance(node, ast.ImportFrom) else []
            assert not [name for name in names if name.partition(".")[0] == "kiosk"], file
