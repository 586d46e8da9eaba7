"""The tech page of an installed gate: what its unit leaves it, and what it takes."""

from __future__ import annotations

import json
import re
from typing import Any

from kiosk.journal import read_lines
from tests.system.machine.gate import KIOSK, SETTINGS, STATE, Gate

COMMAND = "/opt/portillon/bin/portillon-kiosk"
# A phone on the local network, as a script: enters with the code, then posts what it is told, in order.
PHONE = """
import http.client, json, ssl, sys
code, *asked = sys.argv[1:]
def post(path, content, cookie=""):
    there = http.client.HTTPSConnection("127.0.0.1:8443", timeout=120, context=ssl._create_unverified_context())
    ours = {"Origin": "https://127.0.0.1:8443", "Content-Type": "application/json", "Cookie": cookie}
    there.request("POST", path, json.dumps(content), ours)
    return there.getresponse()
cookie = post("/enter", {"code": code}).getheader("Set-Cookie").partition(";")[0]
print(json.dumps([json.loads(post(*json.loads(each), cookie).read()) for each in asked]))
"""


def opened(gate: Gate) -> str:
    """Sets a port, starts the gate with it and opens the page; the code."""
    gate.wait_for_state("unpaired")
    gate.machine.write(SETTINGS, gate.machine.read(SETTINGS).replace("# port = 8443", "port = 8443"))
    gate.machine.run("systemctl", "restart", KIOSK)
    gate.wait_for_state("unpaired")
    code = re.search(r"(\d{4}) (\d{4})$", gate.machine.run(COMMAND, "tech"), re.MULTILINE)
    assert code is not None
    return code[1] + code[2]


def posted(gate: Gate, code: str, *asked: tuple[str, object]) -> list[Any]:
    """Each answer to a phone that enters with this code."""
    answers = json.loads(gate.machine.run("python3", "-c", PHONE, code, *map(json.dumps, asked)))
    assert isinstance(answers, list)
    return answers


def test_an_installed_gate_serves_it_to_a_phone_and_can_not_write_its_own_settings(gate: Gate) -> None:
    code = opened(gate)
    stranger = gate.machine.tried("runuser", "-u", "nobody", "--", COMMAND, "tech")
    assert (stranger.stdout, "Permission denied" in stranger.stderr) == ("", True)
    changes = {"changes": {"gate.pulse_ms": "450"}}
    pressed, changed, found = posted(gate, code, ("/press", {"what": "open"}), ("/settings", changes), ("/doctor", {}))
    assert (pressed, gate.relay().count(1)) == ("begun", 1)
    assert [line["cause"] for line in read_lines(gate.machine.path(STATE)) if line.get("note") == "test"] == [
        "tech page"
    ]
    assert (changed["written"], "\npulse_ms = 450\n" in changed["text"]) == (False, True)
    assert "\npulse_ms = 450\n" not in gate.machine.read(SETTINGS)
    assert found[0]["check"]


def test_the_page_starts_the_gate_again_when_it_is_asked_to(gate: Gate) -> None:
    code = opened(gate)
    before = gate.machine.show(KIOSK, "MainPID")
    assert posted(gate, code, ("/press", {"what": "restart"})) == ["restarting"]
    gate.machine.until(
        lambda: gate.machine.show(KIOSK, "MainPID") not in {"0", before}, else_tell="as a gate that was started again"
    )
    gate.wait_for_state("unpaired")
    assert gate.machine.show(KIOSK, "Result") == "success"
