"""The server's address changes in mid-evening: machines of their own on one network, which the kernel keeps apart.

Each has its own addresses, routes and sockets (network namespaces, joined by a bridge); mDNS, TLS and all are real.
"""

import json
import os
import subprocess
import sys
import time
from pathlib import Path

import pytest

from tests import needs

BIN = Path(sys.executable).parent
SWITCH = "pn-switch"
PATIENCE_S = 150  # ten seconds until it is looked for, a look each ten, an announcement each ten, and a loaded machine
# Says by mDNS that it is the server, with any pin, and keeps what it is told: whole requests, were there any.
IMPOSTOR = Path(__file__).with_name("impostor.py")


def ip(*words):
    subprocess.run(["ip", *words], check=True)


class Machine:
    """One machine on the network."""

    def __init__(self, name, address):
        self.name = f"pn-{name}"
        self.address = address
        ip("netns", "add", self.name)
        ip("link", "add", self.name, "netns", SWITCH, "type", "veth", "peer", "name", "eth0", "netns", self.name)
        ip("-n", SWITCH, "link", "set", self.name, "master", "switch", "up")
        ip("-n", self.name, "link", "set", "lo", "up")
        ip("-n", self.name, "link", "set", "eth0", "up")
        self.moves_to(address)

    def moves_to(self, address):
        """As a new lease does it: the old address is gone."""
        ip("-n", self.name, "addr", "flush", "dev", "eth0", "scope", "global")
        ip("-n", self.name, "addr", "add", f"{address}/24", "dev", "eth0")
        self.address = address

    def within(self, *command):
        """This command, to be run on this machine."""
        return ["ip", "netns", "exec", self.name, *command]


@pytest.fixture
def machine():
    """``machine(name, address)``: one more on the network; all are gone after the test."""
    needs.root("may make machines of their own on a network")
    made = [SWITCH]
    _remove()  # what a killed run left
    ip("netns", "add", SWITCH)
    ip("-n", SWITCH, "link", "add", "switch", "type", "bridge", "mcast_snooping", "0")
    ip("-n", SWITCH, "link", "set", "switch", "up")

    def make(name, address):
        made.append(f"pn-{name}")
        return Machine(name, address)

    yield make
    _remove()


def _remove():
    listed = subprocess.run(["ip", "-j", "netns", "list"], capture_output=True, text=True, check=True).stdout
    for each in json.loads(listed or "[]"):
        if each["name"].startswith("pn-"):
            ip("netns", "del", each["name"])


@pytest.fixture
def run():
    """``run(machine, *command)``: runs there until the test ends."""
    running = []

    def start(where, *command, **more):
        running.append(subprocess.Popen(where.within(*map(str, command)), **more))
        return running[-1]

    yield start
    for process in running:
        process.terminate()
    for process in running:
        process.wait(60)


def serve(run, where, server, *options):
    """This server on that machine, at all its addresses."""
    command = [BIN / "portillon-api", "serve", "--database", server.database, "--host", "0.0.0.0", *options]
    environment = {**os.environ, "PORTILLON_API__LOG__ACCESS": "false"}
    process = run(where, *command, stdout=subprocess.PIPE, text=True, env=environment)
    assert "listening" in process.stdout.readline()


def gate_on(run, where, gate, pairing_url):
    """This gate on that machine, paired there, and ready."""
    config = ["--config", gate.config]
    subprocess.run(where.within(BIN / "portillon-kiosk", "pair", pairing_url, *config), check=True, capture_output=True)
    run(where, BIN / "portillon-kiosk", "run", *config)
    gate.wait_for("ready")


def status_of(gate):
    return json.loads((gate.state / "status.json").read_text())


def test_a_paired_gate_goes_on_when_its_server_has_another_address_and_no_impostor_hears_any_http(
    machine, run, make_server, make_kiosk, eventually, tmp_path
):
    booth, door, alley = machine("booth", "10.77.0.2"), machine("door", "10.77.0.20"), machine("alley", "10.77.0.66")
    server, gate = make_server("--tls"), make_kiosk()
    serve(run, booth, server, "--tls", "--port", "8443")
    tickets = [each["qrcode_data"] for each in server.tickets(server.event(), 3)]
    paired = server.shell("device", "add", "North", "--base-url", "https://10.77.0.2:8443")["pairing_url"]
    pin = paired.rpartition("=")[2]
    assert len(pin) == 43
    gate_on(run, door, gate, paired)
    gate.hold_up(tickets[0])
    assert gate.wait_for_verdicts(1) == [("admitted", None)]

    heard = tmp_path / "impostor"
    run(alley, sys.executable, IMPOSTOR, alley.address, pin, heard)
    eventually("the impostor announces itself", heard.exists)
    booth.moves_to("10.77.0.9")
    gate.hold_up(tickets[1])
    eventually("the gate has no answer", lambda: gate.verdicts()[1:2] == [("unknown", None)])
    found = eventually("the server was found", lambda: gate.lines("server"), patience=PATIENCE_S)
    assert {"at": "https://10.77.0.9:8443", "found": True}.items() <= found[0].items()
    gate.hold_up(tickets[1])
    eventually("the guest is in", lambda: gate.verdicts()[-1] == ("admitted", None))
    eventually("the status tells it", lambda: status_of(gate)["server_found_at"] == "https://10.77.0.9:8443")
    credentials = json.loads((gate.state / "credentials.json").read_text())
    assert credentials["base_url"] == "https://10.77.0.2:8443"
    # At its port without TLS it may have got the beginning of a handshake, which says nothing: no HTTP, and no key.
    assert not [word for word in ("HTTP", "scan", credentials["api_key"]) if word.encode() in heard.read_bytes()]

    booth.moves_to("10.77.0.2")  # and back: the address of the pairing is tried first
    gate.hold_up(tickets[2])
    eventually("it is asked there again", lambda: len(gate.lines("server")) > 1, patience=PATIENCE_S)
    assert {"at": "https://10.77.0.2:8443", "found": False}.items() <= gate.lines("server")[1].items()
    gate.hold_up(tickets[2])
    eventually("the next guest is in", lambda: gate.verdicts()[-1] == ("admitted", None))
    eventually("three pulses, and they are over", lambda: gate.relay().count(1) == 3 and gate.relay()[-1] == 0)


def test_a_gate_without_a_pinned_key_asks_nobody_and_follows_no_announcement(
    machine, run, make_server, make_kiosk, eventually, tmp_path
):
    """Beside it a gate with a pin looks for its server, and is heard: so the other could have been."""
    booth, door, alley = machine("booth", "10.77.0.2"), machine("door", "10.77.0.20"), machine("alley", "10.77.0.66")
    porch = machine("porch", "10.77.0.21")
    plain, pinned = make_server(name="plain"), make_server(name="pinned")
    serve(run, booth, plain, "--port", "8000")
    serve(run, booth, pinned, "--tls", "--port", "8443")
    gates = {}
    for where, server, base_url in ((door, plain, "http://10.77.0.2:8000"), (porch, pinned, "https://10.77.0.2:8443")):
        gates[where.name] = gate = make_kiosk(where.name)
        gate_on(run, where, gate, server.shell("device", "add", "Gate", "--base-url", base_url)["pairing_url"])
    heard = tmp_path / "impostor"
    asked = tmp_path / "asked"
    run(alley, sys.executable, IMPOSTOR, alley.address, "", heard, asked)
    eventually("the impostor announces itself", heard.exists)
    booth.moves_to("10.77.0.9")
    for gate in gates.values():
        gate.hold_up(server.tickets(server.event())[0]["qrcode_data"])
    eventually("the one with a pin found it", lambda: gates[porch.name].lines("server"), patience=PATIENCE_S)
    lost = [line["t"] for line in gates[door.name].lines("fault") if line["fault"] == "no_network"]
    eventually("the other has lost its own for longer", lambda: time.monotonic() - lost[0] > 25, patience=PATIENCE_S)
    assert gates[door.name].lines("server") == []
    assert status_of(gates[door.name]).get("server_found_at") is None
    assert porch.address in asked.read_text()
    assert door.address not in asked.read_text()
    assert heard.read_bytes() == b""
