"""Pairing against a server of raw sockets, with the power cut at every step of it."""

from __future__ import annotations

import json
import resource
import subprocess
import sys
import uuid

import pytest

from kiosk import codes
from kiosk.credentials import Credentials, CredentialStore
from kiosk.pairing import Paired, PairingFailed, PairingTrouble, pair, resume, unpair
from kiosk.verdict import Fault

GATE = "45e71a3f-aaeb-481f-a8b4-a76f35eda75f"
TOKEN = "NDVlNzFhM2Y:1xVj8w:c2MjakJkRWJwMTVT"
KEY = "PREFIX01.secret-number-1"
GIVEN = {
    "success": True,
    "message": "Device successfully paired",
    "api_key": KEY,
    "device_uuid": GATE,
    "device_name": "Entrée",
}


class Desk:
    """The state of a ticket server as far as pairing goes: ours gives the key again until it was used."""

    def __init__(self, respond, gives_again):
        self.respond = respond
        self.gives_again = gives_again
        self.given = 0
        self.used = set()

    def __call__(self, heard):
        if "/pair" in heard.path:
            if self.used or (self.given and not self.gives_again):
                return self.respond(400, {"success": False, "error": "No ScanApp", "code": "invalid_token"})
            self.given += 1
            return self.respond(200, GIVEN | {"api_key": self.key, "extensions": ["scan_id"]})
        if heard.path == "/scan/check_allow_any/":
            return self.respond(200, {"allow_any": True})
        if heard.headers["authorization"] != f"Api-Key {self.key}":  # each reading voids the key given before
            return self.respond(401, {"code": "unauthorized"}) if self.gives_again else self.respond(500, b"<html>")
        self.used.add(self.key)
        if heard.path == "/scan/check_api_scan/":
            return self.respond(200, {"scan_app": "Entrée"})
        return self.respond(200, {"success": True, "device_info": {"uuid": GATE, "archived": False}})

    @property
    def key(self):
        return f"PREFIX01.secret-number-{self.given}"


@pytest.fixture
def store(tmp_path):
    return CredentialStore(tmp_path / "state")


def code_of(server, prefix="/scan"):
    code = codes.parse(f"{server.url}{prefix}/{TOKEN}/pair")
    assert isinstance(code, codes.PairingCode)
    return code


def failed(outcome):
    """The failure, with a message in three sentences at least and without any secret."""
    assert isinstance(outcome, PairingFailed)
    assert outcome.message.count(".") >= 3
    assert KEY not in outcome.message
    assert TOKEN not in outcome.message
    return (outcome.why, outcome.fault)


@pytest.mark.parametrize("prefix", ["/api/scan", "/scan"])
def test_code_becomes_tested_credentials(raw_server, respond, store, prefix):
    server = raw_server(Desk(respond, gives_again=prefix == "/api/scan"))
    outcome = pair(code_of(server, prefix), store)
    assert outcome == Paired(Credentials(server.url, prefix, KEY, GATE, "Entrée", extensions=frozenset({"scan_id"})))
    assert store.load() == outcome.credentials
    assert store.load_pending() is None
    slash, test = ("/", "check_api_scan/") if prefix == "/scan" else ("", "test_api/")
    assert server.paths == [f"{prefix}/{TOKEN}/pair{slash}", f"{prefix}/{test}"]
    assert "authorization" not in server.heard[0].headers


def test_paired_gate_uses_no_code(raw_server, respond, store):
    server = raw_server(Desk(respond, gives_again=True))
    pair(code_of(server, "/api/scan"), store)
    heard = len(server.heard)
    assert failed(pair(code_of(server, "/api/scan"), store)) == (PairingTrouble.ALREADY_PAIRED, None)
    assert len(server.heard) == heard


def test_unpaired_gate_may_be_paired_again(raw_server, respond, store):
    pair(code_of(raw_server(Desk(respond, gives_again=False))), store)
    assert unpair(store) is True
    assert unpair(store) is False
    assert isinstance(pair(code_of(raw_server(Desk(respond, gives_again=False))), store), Paired)


@pytest.mark.parametrize(
    "wrong",
    [
        {"success": "true"},
        {"success": 1},
        {"success": False},
        {"message": None},
        {"api_key": None},
        {"api_key": 12345678},
        {"api_key": "two words here"},
        {"api_key": "line\r\nbreak: header"},
        {"api_key": "short"},
        {"api_key": "x" * 300},
        {"device_uuid": "no uuid"},
        {"device_uuid": None},
        {"device_name": ["Entrée"]},
        {"tenant_name": 7},
        {"extensions": "scan_id"},
        {"extensions": [1]},
    ],
)
def test_answer_with_a_wrong_key_or_type_pairs_nothing(raw_server, respond, store, wrong):
    server = raw_server(lambda heard: respond(200, GIVEN | wrong))
    assert failed(pair(code_of(server), store)) == (PairingTrouble.NO_ANSWER, Fault.ODD_ANSWER)
    assert store.load_pending() is None


@pytest.mark.parametrize("missing", sorted(GIVEN))
def test_answer_without_a_documented_key_pairs_nothing(raw_server, respond, store, missing):
    answer = {key: value for key, value in GIVEN.items() if key != missing}
    server = raw_server(lambda heard: respond(200, answer))
    assert failed(pair(code_of(server), store)) == (PairingTrouble.NO_ANSWER, Fault.ODD_ANSWER)


@pytest.mark.parametrize(
    ("reply", "outcome"),
    [
        ((400, {"error": "Signature age 300183.1 > 300000 seconds"}), (PairingTrouble.CODE_EXPIRED, None)),
        ((400, {"error": "No ScanApp matches the given query."}), (PairingTrouble.CODE_REFUSED, None)),
        ((400, {"code": "invalid_token"}), (PairingTrouble.CODE_REFUSED, None)),
        ((400, b"<html>"), (PairingTrouble.NO_ANSWER, Fault.ODD_ANSWER)),
        ((404, b"<html>"), (PairingTrouble.NO_ANSWER, Fault.ODD_ANSWER)),
        ((429, {"code": "rate_limited"}), (PairingTrouble.NO_ANSWER, Fault.SERVER_TROUBLE)),
        ((500, b"<html>"), (PairingTrouble.NO_ANSWER, Fault.SERVER_TROUBLE)),
        ((200, b"<html>"), (PairingTrouble.NO_ANSWER, Fault.ODD_ANSWER)),
    ],
)
def test_refusal_is_told_from_trouble(raw_server, respond, store, reply, outcome):
    server = raw_server(lambda heard: respond(*reply))
    assert failed(pair(code_of(server), store)) == outcome
    assert (store.load(), store.load_pending()) == (None, None)


def test_no_network_is_told(store):
    code = codes.parse(f"http://127.0.0.1:9/scan/{TOKEN}/pair")
    assert failed(pair(code, store)) == (PairingTrouble.NO_ANSWER, Fault.NO_NETWORK)


def test_names_of_a_server_are_made_printable(raw_server, respond, store):
    noisy = GIVEN | {"device_name": "Gate\x1b[2J" + "x" * 500, "tenant_name": "Les\npass"}
    script = {"pair": noisy, "check_api_scan": {"scan_app": "Gate"}}
    server = raw_server(lambda heard: respond(200, script[heard.path.rstrip("/").rpartition("/")[2]]))
    credentials = pair(code_of(server), store).credentials
    assert credentials.device_name == ("Gate[2J" + "x" * 500)[:80]
    assert credentials.tenant == "Lespass"
    assert store.load() == credentials


# --- redirects -------------------------------------------------------------------------------------------------------


def test_redirect_to_the_primary_domain_is_followed_and_kept(raw_server, respond, store):
    primary = raw_server(Desk(respond, gives_again=False))
    target = f"{primary.url}/scan/{TOKEN}/pair/"
    secondary = raw_server(lambda heard: respond(302, b"", Location=target))
    outcome = pair(code_of(secondary), store)
    assert outcome.credentials.base_url == primary.url
    assert len(secondary.heard) == 1


def test_redirect_to_the_slash_is_followed(raw_server, respond, store):
    desk = Desk(respond, gives_again=True)

    def script(heard):
        return respond(301, b"", Location=f"{heard.path}/") if heard.path.endswith("/pair") else desk(heard)

    assert isinstance(pair(code_of(raw_server(script), "/api/scan"), store), Paired)


@pytest.mark.parametrize(
    "location",
    [
        "/login",
        "/scan/another-token/pair/",
        f"/api/scan/{TOKEN}/pair/",
        f"http://tickets.example.org/scan/{TOKEN}/pair/",
        f"https://user@tickets.example.org/scan/{TOKEN}/pair/",
        f"/scan/{TOKEN}/pair/?next=x",
        "javascript:alert(1)",
        "http://[",
        "",
        None,
    ],
)
def test_redirect_to_anything_else_is_not_followed(raw_server, respond, store, location):
    headers = {} if location is None else {"Location": location}
    server = raw_server(lambda heard: respond(301, b"", **headers))
    assert failed(pair(code_of(server), store)) == (PairingTrouble.NO_ANSWER, Fault.ODD_ANSWER)
    assert len(server.heard) == (1 if location else 3)  # no address at all means: here again


def test_redirects_in_a_circle_end(raw_server, respond, store):
    server = raw_server(lambda heard: respond(302, b"", Location=heard.path))
    assert failed(pair(code_of(server), store)) == (PairingTrouble.NO_ANSWER, Fault.ODD_ANSWER)
    assert len(server.heard) == 3


# --- what is pending -------------------------------------------------------------------------------------------------


def desk_that_loses(desk, lost):
    """The same desk, but the answers to paths with ``lost`` in them never arrive."""

    def script(heard):
        reply = desk(heard)
        return (lambda sock: None) if lost in heard.path else reply

    return script


def test_lost_answer_at_ours_costs_nothing(raw_server, respond, store):
    desk = Desk(respond, gives_again=True)
    server = raw_server(desk_that_loses(desk, "/pair"))
    assert failed(pair(code_of(server, "/api/scan"), store)) == (PairingTrouble.NO_ANSWER, Fault.NO_NETWORK)
    server.script = desk
    assert isinstance(pair(code_of(server, "/api/scan"), store), Paired)


@pytest.mark.parametrize("prefix", ["/api/scan", "/scan"])
def test_key_that_could_not_be_tested_is_kept_and_tested_later(raw_server, respond, store, prefix):
    desk = Desk(respond, gives_again=prefix == "/api/scan")
    server = raw_server(desk_that_loses(desk, "_api"))
    assert failed(pair(code_of(server, prefix), store)) == (PairingTrouble.UNTESTED, Fault.NO_NETWORK)
    assert failed(resume(store)) == (PairingTrouble.UNTESTED, Fault.NO_NETWORK)
    server.script = desk
    outcome = resume(store)
    assert outcome == Paired(store.load())
    assert store.load_pending() is None


def test_used_up_code_shown_again_finds_the_key_that_was_kept(raw_server, respond, store):
    desk = Desk(respond, gives_again=False)
    server = raw_server(desk_that_loses(desk, "_api"))
    pair(code_of(server), store)
    server.script = desk
    assert isinstance(pair(code_of(server), store), Paired)
    assert desk.given == 1


def test_refused_key_is_dropped_and_the_gate_looks_for_a_code_again(raw_server, respond, store):
    def script(heard):
        return respond(200, GIVEN) if "/pair" in heard.path else respond(403, {"code": "device_archived"})

    server = raw_server(script)
    assert failed(pair(code_of(server, "/api/scan"), store)) == (PairingTrouble.KEY_REFUSED, None)
    assert resume(store) is None


def test_deployed_database_trouble_does_not_cost_the_only_key(raw_server, respond, store):
    def script(heard):
        if "/pair" in heard.path:
            return respond(200, GIVEN)
        up = heard.path == "/scan/check_allow_any/"
        return respond(200, {"allow_any": True}) if up else respond(500, b"<html>")

    assert failed(pair(code_of(raw_server(script)), store)) == (PairingTrouble.UNTESTED, Fault.KEY_REFUSED)
    assert store.load_pending().api_key == KEY


def test_gate_waiting_for_one_server_may_be_paired_with_another(raw_server, respond, store):
    first = raw_server(desk_that_loses(Desk(respond, gives_again=False), "_api"))
    pair(code_of(first), store)
    second = raw_server(Desk(respond, gives_again=False))
    assert pair(code_of(second), store).credentials.base_url == second.url
    assert store.load_pending() is None


def test_start_of_an_unpaired_gate_finds_nothing(store):
    assert resume(store) is None


def test_start_of_a_paired_gate_asks_nobody(raw_server, respond, store):
    server = raw_server(Desk(respond, gives_again=False))
    outcome = pair(code_of(server), store)
    server.close()
    assert resume(store) == outcome


def test_folder_that_can_not_be_written_spends_no_code(raw_server, respond, tmp_path):
    (tmp_path / "state").write_text("a file where the folder should be")
    server = raw_server(Desk(respond, gives_again=False))
    outcome = pair(code_of(server), CredentialStore(tmp_path / "state"))
    assert failed(outcome) == (PairingTrouble.DISK, None)
    assert server.heard == []


def test_full_disk_spends_no_code(raw_server, respond, store):
    server = raw_server(Desk(respond, gives_again=False))
    limits = resource.getrlimit(resource.RLIMIT_FSIZE)
    resource.setrlimit(resource.RLIMIT_FSIZE, (0, limits[1]))  # every write of a file fails
    try:
        outcome = pair(code_of(server), store)
    finally:
        resource.setrlimit(resource.RLIMIT_FSIZE, limits)
    assert failed(outcome) == (PairingTrouble.DISK, None)
    assert server.heard == []
    assert isinstance(pair(code_of(server), store), Paired)


# --- power cuts ------------------------------------------------------------------------------------------------------

# Dies like a power cut just before the nth thing it does to the state folder or the network.
PAIR_UNTIL_CUT = """
import os, sys
from pathlib import Path
from kiosk import codes
from kiosk.credentials import CredentialStore
from kiosk.pairing import pair

url, folder, step = sys.argv[1], sys.argv[2], int(sys.argv[3])
count = 0

def cut(event, arguments):
    global count
    touches = event in {"os.rename", "os.remove", "os.mkdir", "os.chmod", "open"} and folder in str(arguments[0])
    if touches or event in {"socket.connect", "socket.sendto"}:
        count += 1
        if count == step:
            os._exit(137)

sys.addaudithook(cut)
pair(codes.parse(url), CredentialStore(Path(folder)))
"""


@pytest.mark.parametrize("prefix", ["/api/scan", "/scan"])
def test_power_cut_at_any_step_costs_no_pairing(raw_server, respond, tmp_path, prefix):
    is_ours = prefix == "/api/scan"
    spent, step, exit_code = [], 0, 137
    while exit_code == 137:
        step += 1
        desk = Desk(respond, gives_again=is_ours)
        server = raw_server(desk)
        folder = tmp_path / f"state-{step}"
        url = f"{server.url}{prefix}/{TOKEN}/pair"
        exit_code = subprocess.run(
            [sys.executable, "-c", PAIR_UNTIL_CUT, url, folder, str(step)], check=False
        ).returncode
        store = CredentialStore(folder)
        outcome = resume(store)
        if not isinstance(outcome, Paired):
            outcome = pair(codes.parse(url), store)
        if isinstance(outcome, Paired):
            assert store.load().api_key == desk.key
            assert store.load_pending() is None
        else:
            spent.append((step, outcome.why))
    assert exit_code == 0
    assert step > 8  # it was cut at many places
    # A deployed server gives a key once: what it gave and the disk never got is lost, and only that.
    assert {why for _, why in spent} <= (set() if is_ours else {PairingTrouble.CODE_REFUSED})
    assert len(spent) <= 2


def test_no_secret_is_left_in_what_a_cut_leaves_after_unpairing(raw_server, respond, tmp_path):
    server = raw_server(Desk(respond, gives_again=False))
    store = CredentialStore(tmp_path / "state")
    pair(code_of(server), store)
    (tmp_path / "state" / ".credentials.pending.json.new").write_text(json.dumps({"api_key": str(uuid.uuid4())}))
    unpair(store)
    assert list((tmp_path / "state").iterdir()) == []
