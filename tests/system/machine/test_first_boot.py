"""Cards and portillon.toml on a booted machine: the real units in their sandbox, and NetworkManager."""

from __future__ import annotations

import json

from kiosk.codes import TEST_CARD
from kiosk.wifi_code import WifiCode
from tests.system.machine.gate import SETTINGS, STATE, Gate

BOOT = "/boot/firmware"
CONNECTIONS = "/etc/NetworkManager/system-connections"
KEYFILE = f"{CONNECTIONS}/portillon-wifi.nmconnection"
PASSWORD = "correct-horse;battery"
CARD = WifiCode("Salle des fêtes".encode(), "wpa", PASSWORD)


def outcomes(gate: Gate, event: str) -> list[str]:
    return [line["outcome"] for line in gate.lines(event)]


def test_a_wi_fi_card_reaches_network_manager_through_the_helper_and_its_password_is_told_nowhere(gate: Gate) -> None:
    machine = gate.machine
    gate.wait_for_state("unpaired")
    gate.show(CARD.text)
    machine.until(lambda: outcomes(gate, "wifi"), else_tell="as an outcome of the card")
    assert outcomes(gate, "wifi") == ["no_device"]  # this machine has no radio; what comes with one: tests/system/wifi
    assert machine.run("ls", CONNECTIONS) == ""
    assert machine.run("nmcli", "-g", "NAME", "connection", "show").split() in ([], ["lo"])
    status = machine.until(
        lambda: json.loads(machine.read(f"{STATE}/status.json")).get("wifi"),
        else_tell="as the card's outcome in the status",
    )
    assert status == "no_device"
    told = machine.run("journalctl", "--no-pager", "--all", "--output=export") + machine.read(f"{STATE}/trace.jsonl")
    assert "connection-activate" in told or "portillon-wifi@" in told  # it went that way
    assert "battery" not in told


def test_a_card_with_portillon_toml_makes_a_gate_at_its_next_boot_and_is_wiped(gate: Gate) -> None:
    machine = gate.machine
    gate.wait_for_state("unpaired")
    machine.run("mkdir", "-p", BOOT)
    settings = machine.read(SETTINGS)
    machine.write(
        f"{BOOT}/portillon.toml",
        f'pairing_url = "{gate.pairing_code()}"\n[gate]\npulse_ms = 450\n'
        f'[wifi]\nssid = "Salle des fêtes"\npassword = "{PASSWORD}"\n',
    )
    machine.reboot()
    gate.wait_for_state("ready")
    assert machine.show("portillon-first-boot.service", "Result") == "success"
    assert machine.run("stat", "--format=%a %U", KEYFILE) == "600 root\n"
    fields = "802-11-wireless.ssid,802-11-wireless-security.psk"
    shown = machine.run("nmcli", "--escape", "no", "-s", "-g", fields, "connection", "show", "portillon-wifi")
    assert shown.splitlines() == ["Salle des fêtes", PASSWORD]
    assert not machine.exists(f"{STATE}/pairing-url")
    report = machine.read(f"{BOOT}/portillon-report.txt")
    assert "Salle des fêtes" in report
    assert "changed by hand" in report  # the test's own settings, for a machine without hardware
    assert machine.read(SETTINGS) == settings
    for told in (report, machine.read(f"{BOOT}/portillon.toml"), machine.run("journalctl", "--no-pager", "--all")):
        assert "battery" not in told
    gate.show(TEST_CARD)
    assert gate.wait_for_verdicts(1) == [("refused", "not_a_ticket")]
    gate.show(gate.tickets()[0])
    assert gate.wait_for_verdicts(2)[1] == ("admitted", None)
