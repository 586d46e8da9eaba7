"""From a blank card to a working gate without a keyboard: portillon.toml, a server that is late, the test card."""

import subprocess
import sys
import tomllib
from pathlib import Path

import pytest

from kiosk.codes import TEST_CARD
from kiosk.journal import read_lines
from kiosk.wifi_code import WifiCode

BIN = Path(sys.executable).parent
CONFIG = Path(__file__).parents[2] / "config"
PASSWORD = "correct-horse;battery"


def notes(gate):
    return [line["note"] for line in read_lines(gate.state) if "note" in line and not line["note"].startswith("fault")]


def outcomes(gate):
    return [line["outcome"] for line in gate.lines("pairing")]


@pytest.fixture
def boot(tmp_path):
    """A boot partition, and NetworkManager's folder."""
    for name in ("boot", "connections"):
        (tmp_path / name).mkdir()
    return tmp_path / "boot"


def first_boot(gate, boot):
    gate.state.mkdir(mode=0o700)
    options = {"config": gate.config, "boot": boot, "templates": CONFIG, "connections": boot.parent / "connections"}
    words = [word for name, value in options.items() for word in (f"--{name}", value)]
    return subprocess.run([BIN / "portillon-kiosk", "first-boot", *words], check=True, capture_output=True, text=True)


def test_a_blank_card_with_one_file_on_it_becomes_a_gate_that_admits_and_opens_for_no_card_any_more(
    server, make_kiosk, boot, eventually
):
    gate = make_kiosk()
    url = server.device()["pairing_url"]
    file = boot / "portillon.toml"
    file.write_text(f'pairing_url = "{url}"\n[wifi]\nssid = "Salle"\npassword = "{PASSWORD}"\n')
    done = first_boot(gate, boot)
    assert tomllib.loads(file.read_text()) == {}
    assert PASSWORD in (boot.parent / "connections" / "portillon-wifi.nmconnection").read_text()
    assert PASSWORD not in done.stdout + done.stderr + "".join(each.read_text() for each in boot.iterdir())
    server.stop()
    gate.start()
    eventually("no network yet", lambda: outcomes(gate))
    assert set(outcomes(gate)) == {"no_answer"}  # it is tried again every five seconds
    server.start()
    gate.wait_for("ready")
    assert outcomes(gate)[-1] == "paired"
    eventually("the URL is gone", lambda: not (gate.state / "pairing-url").exists())
    gate.hold_up(server.tickets(server.event())[0]["qrcode_data"])
    assert gate.wait_for_verdicts(1) == [("admitted", None)]
    eventually("one pulse", lambda: gate.relay() == [0, 1, 0])
    gate.hold_up(TEST_CARD)
    gate.hold_up(WifiCode(b"Salle", "wpa", PASSWORD).text)
    assert gate.wait_for_verdicts(3)[1:] == [("refused", "not_a_ticket")] * 2
    assert gate.stop() == 0
    assert (gate.relay(), notes(gate)) == ([0, 1, 0], [])
    assert "battery" not in gate.trace_file.read_text() + "".join(map(str, read_lines(gate.state)))


def test_a_gate_that_is_not_paired_yet_is_tried_out_with_the_printed_card(make_kiosk, eventually):
    gate = make_kiosk()
    gate.start()
    gate.wait_for("unpaired")
    gate.hold_up(TEST_CARD)
    eventually("the end of the test", lambda: gate.lines("tried_out"))
    assert gate.relay() == [0, 1, 0]
    assert notes(gate) == ["test"]
    told = [line["state"] for line in gate.lines("state") if line["state"].startswith("test_")]
    assert told == ["test_red", "test_amber", "test_open", "test_done"]
    assert [line["result"] for line in gate.lines("tried_out")] == ["test_done"]
    assert gate.stop() == 0


def test_where_the_helper_is_missing_a_wi_fi_card_says_so_and_the_gate_goes_on_looking(make_kiosk, eventually):
    gate = make_kiosk()
    gate.start()
    gate.wait_for("unpaired")
    gate.hold_up(WifiCode(b"Salle", "wpa", PASSWORD).text)
    eventually("the outcome", lambda: [line["outcome"] for line in gate.lines("wifi")] == ["no_manager"])
    gate.hold_up(TEST_CARD)
    eventually("the next card", lambda: any(line["state"] == "test_red" for line in gate.lines("state")))
    assert gate.stop() == 0
    assert "battery" not in gate.trace_file.read_text()
