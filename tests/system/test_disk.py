"""The card under the running gate: full, not readable, damaged, stalled. Nobody is admitted without a line."""

import os
import shutil
import signal
import subprocess
import sys
from pathlib import Path

import pytest

from kiosk.journal import FILE_NAME, read_lines


@pytest.fixture
def gate(make_kiosk, server):
    it = make_kiosk()
    it.pair(server.device()["pairing_url"])
    return it


def fill(gate):
    """From now on every line of the journal fails, as on a full card; what it holds is kept aside."""
    journal = gate.state / FILE_NAME
    if journal.exists():
        journal.rename(gate.folder / "kept")
    journal.symlink_to("/dev/full")


def make_room(gate):
    journal = gate.state / FILE_NAME
    journal.unlink()
    if (gate.folder / "kept").exists():
        (gate.folder / "kept").rename(journal)


def test_a_gate_that_starts_without_a_journal_says_so_admits_nobody_and_goes_on_by_itself_when_it_can(
    gate, server, eventually
):
    ticket = server.tickets(server.event())[0]["qrcode_data"]
    fill(gate)
    gate.start()
    eventually("the fault", lambda: "journal" in [line.get("fault") for line in gate.lines("fault")])
    gate.wait_for("fault")
    gate.hold_up(ticket)
    assert gate.wait_for_verdicts(1) == [("unknown", None)]
    assert 1 not in gate.relay()
    make_room(gate)
    eventually("the fault is over", lambda: "journal" in [line.get("fault") for line in gate.lines("fault_over")])
    gate.hold_up(ticket)
    eventually("the ticket gets in", lambda: gate.verdicts()[-1] == ("admitted", None))


def test_a_damaged_journal_is_set_aside_whole_and_the_gate_knows_what_was_good_of_it(gate, server, eventually):
    tickets = [each["qrcode_data"] for each in server.tickets(server.event(), 2)]
    gate.start()
    gate.wait_for("ready")
    gate.hold_up(tickets[0])
    eventually("opened", lambda: "opened" in [line.get("step") for line in read_lines(gate.state)])
    gate.stop()
    journal = gate.state / FILE_NAME
    journal.write_bytes(b"\x00" * 100 + b"\n" + journal.read_bytes())
    damaged = journal.read_bytes()
    gate.start()
    eventually("ready again", lambda: gate.lines("state")[-1]["state"] == "ready")
    assert [file.read_bytes() for file in gate.state.glob("journal.damaged-*")] == [damaged]
    assert gate.wait_for_verdicts(2)[1] == (
        "refused",
        "already_scanned",
    )  # the street begins anew with the first ticket
    gate.hold_up(tickets[1])
    assert gate.wait_for_verdicts(3)[2] == ("admitted", None)


def test_sigterm_drops_the_relay_while_the_main_loop_is_stuck_in_an_fsync(gate, server, eventually):
    strace = shutil.which("strace")
    assert strace, "strace is missing: .ci/setup installs it"
    ticket = server.tickets(server.event())[0]["qrcode_data"]
    (gate.config).write_text(gate.config.read_text().replace("pulse_ms = 300", "pulse_ms = 10000"))
    (gate.state / FILE_NAME).touch(0o600)
    # The main loop's fourth sync of the journal is that of "opened", right after the pulse; it now takes a minute.
    stall = ["-f", "-q", "-o", gate.folder / "syscalls", "-P", gate.state / FILE_NAME]
    inject = ["-e", "trace=fsync", "-e", "inject=fsync:delay_exit=60000000:when=4+"]
    command = [strace, *stall, *inject, Path(sys.executable).parent / "portillon-kiosk", "run", "--config", gate.config]
    tracer = subprocess.Popen(command, start_new_session=True)
    try:
        gate.wait_for("ready")
        gate.hold_up(ticket)
        eventually("the relay is on", lambda: gate.relay()[-1:] == [1])
        daemon = _child_of(tracer.pid)
        os.kill(daemon, signal.SIGTERM)
        eventually("the relay is off", lambda: gate.relay()[-1:] == [0])
        on, off = [line["t"] for line in gate.lines("pin") if line["pin"] == "relay"][-2:]
        assert off - on < 10.0  # the pulse's own end did not do it
        assert gate.lines("state")[-1]["state"] != "stopping"  # nor did the main loop, which is still stuck
    finally:
        os.killpg(tracer.pid, signal.SIGKILL)
        tracer.wait()


def _child_of(pid):
    return int(Path(f"/proc/{pid}/task/{pid}/children").read_text().split()[0])
