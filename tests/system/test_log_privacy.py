"""A whole run, whatever goes wrong in it, leaves no guest's name, no key and no ticket in the server's log."""

import base64
import json
import os
import re
import socket
import sqlite3
import subprocess
import threading
from http.server import BaseHTTPRequestHandler, HTTPServer
from urllib.parse import quote

import psycopg
import pytest
import requests

from tests.api.admin.conftest import PASSWORD, Browser

from .conftest import BIN, PATIENCE_S

WEBHOOK_SECRET = "un secret long de webhook"
GUESTS = "Prénom;Nom;Mail\nZéphyrine;Quatremère;zephyrine@quatremere.example\nAlaric;Montfaucon;alaric@x.example\n"
NAMES = ["Zéphyrine", "Quatrem", "quatremere", "Alaric", "Montfaucon", "alaric@"]


class _Sink(BaseHTTPRequestHandler):
    """Refuses every alert: then the log speaks of the webhook."""

    def do_POST(self):
        self.rfile.read(int(self.headers["Content-Length"]))
        self.send_error(500)
        self.server.asked.set()

    def log_message(self, *_):
        pass


@pytest.fixture
def sink():
    """Where alerts are posted; its address holds a secret."""
    server = HTTPServer(("127.0.0.1", 0), _Sink)
    server.asked = threading.Event()
    thread = threading.Thread(target=server.serve_forever)
    thread.start()
    yield server
    server.shutdown()
    thread.join(PATIENCE_S)
    server.server_close()


class House:
    """`portillon-api serve` on a database, with its log in a file."""

    def __init__(self, database, folder, form, sink):
        self.database, self.log = database, folder / "server.log"
        settings = {"ALERTS__WEBHOOK": f"http://127.0.0.1:{sink.server_port}/hook-of-mine", "LOG__FORMAT": form}
        settings |= {"ALERTS__WEBHOOK_SECRET": WEBHOOK_SECRET, "LOG__LEVEL": "debug", "ORGANISATION__LANGUAGE": "en"}
        environment = {**os.environ, **{f"PORTILLON_API__{key}": value for key, value in settings.items()}}
        words = [BIN / "portillon-api", "serve", "--database", database, "--port", "0", "--json"]
        with self.log.open("wb") as log:
            self.process = subprocess.Popen(words, stdout=subprocess.PIPE, stderr=log, text=True, env=environment)
        told = json.loads(self.process.stdout.readline())
        self.url, self.setup_url = told["url"], told["setup_url"]

    def run(self, statement):
        """Behind the server's back."""
        if self.database.startswith("sqlite"):
            with sqlite3.connect(self.database.removeprefix("sqlite:///"), timeout=30) as connection:
                return connection.execute(statement).fetchall()
        with psycopg.connect(self.database) as connection:
            cursor = connection.execute(statement)
            return cursor.fetchall() if cursor.description else []

    def ask(self, method, path, **arguments):
        return requests.request(method, self.url + path, timeout=PATIENCE_S, **arguments)

    def stop(self):
        self.process.terminate()
        assert self.process.wait(PATIENCE_S) == 0


@pytest.fixture(params=["text", "json"])
def house(request, database_url, tmp_path, sink):
    it = House(database_url, tmp_path, request.param, sink)
    yield it
    if it.process.poll() is None:
        it.stop()


def _sign_in(house, secrets):
    browser = Browser(house.url)
    form = {"name": "Camille Desmoulins", "password": PASSWORD, "again": PASSWORD}
    assert browser.session.post(house.setup_url, data=form, timeout=PATIENCE_S).status_code == 200
    browser.post("/admin/sign-in", {"name": "Camille Desmoulins", "password": "mauvais mot de passe"})
    assert "Camille" in browser.get("/admin/account").text
    secrets += [PASSWORD, "mauvais mot", "Desmoulins", house.setup_url.rpartition("/")[2], browser.token()]
    secrets += [cookie.value for cookie in browser.session.cookies]
    return browser


def _import(house, browser):
    browser.post("/admin/events/new", {"name": "Concert"})
    ((event,),) = house.run("SELECT uuid FROM event")
    browser.post("/admin/imports", {"event": event}, files={"file": ("x.csv", b"nom;mail\nMontfaucon;alaric@\n")})
    preview = browser.post("/admin/imports", {"event": event}, files={"file": ("guests.csv", GUESTS.encode())})
    path = re.search(r'action="(/admin/imports/[0-9a-f-]{36})/', preview.text)[1]
    browser.post(f"{path}/confirm")
    while "Refresh" in browser.get(path).headers:
        pass
    return event


def _pair(house, browser, secrets):
    """A gate's key. Its token is tried again when it is burnt, and a false one too."""
    page = browser.post("/admin/devices", {"name": "Gate 1"}).text
    token = re.search(r"/api/scan/([A-Za-z0-9_.-]+)/pair", page)[1]
    key = house.ask("GET", f"/api/scan/{token}/pair/").json()["api_key"]
    house.ask("GET", "/api/scan/test_api/", headers={"Authorization": f"Api-Key {key}"})
    for path in (f"/api/scan/{token}/pair/", f"/scan/{token}/pair", f"/api/scan/{token[:30]}/pair/"):
        house.ask("GET", path)
    secrets += [key, key[9:], token, token[:30]]
    return key


def _ask_at_the_gate(house, browser, key, event, secrets):
    uuids = [uuid for (uuid,) in house.run("SELECT uuid FROM ticket ORDER BY id")]
    shell = [BIN / "portillon-api", "ticket", "list", "--event", event, "--json", "--database", house.database]
    codes = [one["qrcode_data"] for one in json.loads(subprocess.run(shell, capture_output=True, check=True).stdout)]
    headers = {"Authorization": f"Api-Key {key}"}
    data, _, signed = codes[1].rpartition(":")
    forged = f"{data}:{base64.b64encode(bytes(64)).decode()}"
    bodies = [{"qrcode_data": text} for text in (codes[0], codes[0], forged, "Quatremère", "x" * 500)]
    bodies += [{"qrcode_data": codes[1], "scan_id": "Zéphyrine"}, {"qrcode_data": codes[1], "scanned_at": codes[1]}]
    told = [house.ask("POST", "/api/scan/ticket/", json=body, headers=headers).json()["code"] for body in bodies]
    assert told[:3] == ["ok", "already_scanned", "invalid_signature"]
    browser.post(f"/admin/tickets/{uuids[1]}/cancel", {"reason": "Montfaucon est malade"})
    assert house.ask("POST", "/scan/ticket/", json=bodies[-1], headers=headers).status_code == 400
    told = house.ask("POST", "/scan/ticket/", json={"qrcode_data": codes[1]}, headers=headers).json()
    assert told["code"] == "cancelled"
    house.ask("POST", "/api/scan/search_ticket/", json={"event_uuid": event, "search": "Quatremère"}, headers=headers)
    house.ask("GET", "/api/scan/test_api/", headers={"Authorization": "Api-Key abcdefgh.falsefalsefalse"})
    secrets += [*codes, data, signed, *(part for part in re.split("[/+:=]", codes[0]) if len(part) > 8), "falsefalse"]
    return codes


def _get_lost(house, codes, secrets):
    """Tickets, names and keys where they have no place: in addresses, and in what is no HTTP."""
    for text in (*codes, "Quatremère", "zephyrine@quatremere.example", "Api-Key abcdefgh.falsefalsefalse"):
        for path in (f"/{text}", f"/api/scan/{quote(text, safe='')}", f"/scan/ticket/{text}", f"/admin/tickets/{text}"):
            house.ask("GET", path)
            house.ask("PUT", path)
        house.ask("GET", f"/api/scan/check_allow_any/?{text}")
    host, port = house.url.removeprefix("http://").split(":")
    for raw in (
        f"GET /{codes[0]} HTTP/9.7",
        f"{codes[0]} / HTTP/1.1",
        f"GET {codes[0]} HTTP/1.1",
        "GET / HTTP/1.1\r\nX",
    ):
        with socket.create_connection((host, int(port)), PATIENCE_S) as connection:
            connection.sendall(f"{raw}\r\nCookie: {secrets[-1]}\r\n\r\n".encode())
            connection.settimeout(PATIENCE_S)
            while connection.recv(4096):
                pass


def _print_and_fail(house, browser, event, codes, key):
    """Paper, then an alert that nobody takes, then a database that has lost a table under the server."""
    assert browser.get(f"/admin/print/sheets?event={event}&format=a4").content.startswith(b"%PDF-")
    assert browser.get("/admin/tickets", params={"event": event, "search": "Quatremère"}).status_code == 200
    house.run("ALTER TABLE scan_line RENAME TO elsewhere")
    headers = {"Authorization": f"Api-Key {key}"}
    answer = house.ask("POST", "/api/scan/ticket/", json={"qrcode_data": codes[0]}, headers=headers)
    assert answer.status_code == 500
    house.run("ALTER TABLE ticket RENAME TO lost")
    assert browser.get("/admin/tickets", params={"event": event, "search": "Quatremère"}).status_code == 500


def test_a_whole_run_with_all_that_can_go_wrong_leaves_no_secret_and_no_person_in_the_log(house, sink):
    secrets = [*NAMES, WEBHOOK_SECRET, "hook-of-mine"]
    browser = _sign_in(house, secrets)
    event = _import(house, browser)
    key = _pair(house, browser, secrets)
    codes = _ask_at_the_gate(house, browser, key, event, secrets)
    _get_lost(house, codes, secrets)
    house.run("UPDATE device SET heartbeat_at = 1")  # a gate that fell silent,
    house.run("UPDATE scan_line SET arrived_at = arrived_at - 600000000")  # ten minutes ago, at doors that are in use
    assert sink.asked.wait(PATIENCE_S)
    _print_and_fail(house, browser, event, codes, key)
    house.stop()
    log = house.log.read_text("utf-8")
    for told in ("/api/scan/ticket/", "failed with", "gate_silent", "status=404", "status=500", "a sign-in failed"):
        assert told in log
    found = {secret for secret in secrets if secret in log or json.dumps(secret)[1:-1] in log or quote(secret) in log}
    assert found == set()
