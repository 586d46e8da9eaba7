"""A gate from its pairing to its pulses, from outside: real processes, a real server, the trace as witness."""

import os
import signal
import stat
from pathlib import Path


def test_a_ticket_opens_the_gate_once_and_the_pairing_code_came_through_the_camera(server, make_kiosk, eventually):
    ticket = server.tickets(server.event())[0]["qrcode_data"]
    gate = make_kiosk()
    gate.start()
    gate.wait_for("unpaired")
    gate.hold_up(server.device()["pairing_url"])
    gate.wait_for("ready")
    assert stat.S_IMODE((gate.state / "credentials.json").stat().st_mode) == 0o600
    gate.hold_up(ticket)
    assert gate.wait_for_verdicts(1) == [("admitted", None)]
    eventually("the pulse is over", lambda: gate.relay()[-2:] == [1, 0])
    gate.hold_up(ticket)
    assert gate.wait_for_verdicts(2)[1] == ("refused", "already_scanned")
    assert gate.stop() == 0
    assert gate.relay().count(1) == 1


def test_two_gates_admit_one_ticket_once(server, make_kiosk, eventually):
    ticket = server.tickets(server.event())[0]["qrcode_data"]
    gates = [make_kiosk(name) for name in ("north", "south")]
    for gate in gates:
        gate.pair(server.device(gate.folder.name)["pairing_url"])
        gate.start()
        gate.wait_for("ready")
    for gate in gates:
        gate.hold_up(ticket)
    verdicts = sorted(gate.wait_for_verdicts(1)[0] for gate in gates)
    assert verdicts == [("admitted", None), ("refused", "already_scanned")]


def test_after_kill_9_in_mid_pulse_the_relay_is_off_while_the_daemon_is_dead_and_a_restart_gives_no_pulse(
    server, make_kiosk, eventually
):
    ticket = server.tickets(server.event())[0]["qrcode_data"]
    gate = make_kiosk(pulse_ms=10_000)
    gate.pair(server.device()["pairing_url"])
    gate.start()
    gate.wait_for("ready")
    gate.hold_up(ticket)
    eventually("the relay is on", lambda: gate.relay()[-1:] == [1])
    on_at = next(line["t"] for line in gate.lines("pin") if line["pin"] == "relay" and line["value"] == 1)
    gate.kill()  # the whole process group, as a careless supervisor does it
    eventually("the guardian has dropped the relay", lambda: gate.relay()[-1] == 0)
    off_at = [line["t"] for line in gate.lines("pin") if line["pin"] == "relay"][-1]
    assert off_at - on_at < 10.0  # the pulse's own bound: the death of the daemon ended it, not its length
    before = gate.relay().count(1)
    gate.start()
    eventually("the gate is ready again", lambda: gate.lines("state")[-1]["state"] == "ready")
    gate.hold_up(ticket)
    assert gate.wait_for_verdicts(2)[1][0] == "refused"
    assert gate.relay().count(1) == before


def test_a_server_that_is_away_gives_unknown_and_the_ticket_gets_in_when_it_is_back(server, make_kiosk, eventually):
    ticket = server.tickets(server.event())[0]["qrcode_data"]
    gate = make_kiosk()
    gate.pair(server.device()["pairing_url"])
    gate.start()
    gate.wait_for("ready")
    server.stop()
    gate.hold_up(ticket)
    assert gate.wait_for_verdicts(1)[0] == ("unknown", None)
    assert 1 not in gate.relay()
    server.start()
    gate.hold_up(ticket)
    eventually("the ticket gets in", lambda: gate.verdicts()[-1] == ("admitted", None))
    assert len({line["scan_id"] for line in gate.lines("verdict")}) == 1
    eventually("the pulse is over", lambda: gate.relay()[-2:] == [1, 0])


def test_a_stopped_gate_is_dark_and_leaves_no_process_behind(server, make_kiosk, eventually):
    gate = make_kiosk()
    gate.pair(server.device()["pairing_url"])
    gate.start()
    gate.wait_for("ready")
    children = {int(pid) for pid in _children(gate.process.pid)}
    assert gate.stop() == 0
    last = {line["pin"]: line["value"] for line in gate.lines("pin")}
    assert set(last.values()) == {0}
    eventually("no child is left", lambda: not any(_is_alive(pid) for pid in children))


def test_a_decoder_that_is_killed_stops_no_gate(server, make_kiosk, eventually):
    ticket = server.tickets(server.event())[0]["qrcode_data"]
    gate = make_kiosk()
    gate.pair(server.device()["pairing_url"])
    gate.start()
    gate.wait_for("ready")
    for pid in _children(gate.process.pid):
        if b"reading" in _command(pid):
            os.kill(int(pid), signal.SIGKILL)
    gate.hold_up(ticket, frames=10)
    assert gate.wait_for_verdicts(1) == [("admitted", None)]


def test_a_light_kiosk_that_only_checks_shows_green_and_consumes_nothing(server, make_kiosk, eventually):
    event = server.event()
    ticket = server.tickets(event)[0]
    gate = make_kiosk(profile="light", environment={"PORTILLON_KIOSK__SERVER__ACTION": "check"})
    gate.pair(server.device()["pairing_url"])
    gate.start()
    gate.wait_for("ready")
    gate.hold_up(ticket["qrcode_data"])
    assert gate.wait_for_verdicts(1) == [("admitted", None)]
    eventually("green", lambda: [line for line in gate.lines("pin") if (line["pin"], line["value"]) == ("green", 1)])
    assert gate.relay().count(1) == 0
    assert server.shell("ticket", "list", "--event", event)[0]["status"] == "valid"


def _children(pid):
    return Path(f"/proc/{pid}/task/{pid}/children").read_text().split()


def _command(pid):
    return Path(f"/proc/{pid}/cmdline").read_bytes()


def _is_alive(pid):
    try:
        os.kill(pid, 0)
    except ProcessLookupError:
        return False
    return True
