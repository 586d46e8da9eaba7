"""The guardian alone, spoken to through its pipes: no order of events leaves a line on."""

import fcntl
import os
import signal
import time

import pytest

from kiosk.gate.orders import HOLD_S

RELAY, GREEN, READY = 17, 22, 18
ALL = {"relay": RELAY, "green": GREEN, "ready": READY}


def test_a_start_gives_no_pulse(guardian, trace):
    assert trace.values("relay") == trace.values("green") == [0]


def test_a_pulse_is_confirmed_and_ends_by_itself(guardian, trace):
    assert guardian.ask("pulse relay 300") == "on relay"
    trace.wait_for("relay", 0, 1, 0)
    assert trace.pulse_s("relay") >= 0.29
    assert guardian.process.poll() is None


def test_two_pulses_in_a_row_are_two(guardian, trace):
    for values in ([0, 1, 0], [0, 1, 0, 1, 0]):
        assert guardian.ask("pulse relay 100") == "on relay"
        trace.wait_for("relay", *values)


def test_a_pulse_in_a_pulse_is_refused_and_prolongs_nothing(guardian, trace):
    guardian.say("pulse relay 1000\npulse relay 10000")  # at once: the second comes in the first, however busy we are
    assert (guardian.hear(), guardian.hear()) == ("on relay", "busy relay")
    trace.wait_for("relay", 0, 1, 0)
    assert trace.pulse_s("relay") < 10


def test_each_line_has_a_deadline_of_its_own(guardian, trace):
    assert guardian.ask("pulse green 10000") == "on green"
    assert guardian.ask("pulse relay 100") == "on relay"
    trace.wait_for("relay", 0, 1, 0)
    assert trace.values("green") == [0, 1]


def test_off_ends_one_pulse_or_all(guardian, trace):
    guardian.ask("pulse green 10000")
    guardian.ask("pulse relay 10000")
    assert guardian.ask("off green") == "off"
    assert (trace.values("relay"), trace.values("green")) == ([0, 1], [0, 1, 0])
    assert guardian.ask("off") == "off"
    assert trace.values("relay") == [0, 1, 0]
    assert guardian.ask("pulse relay 100") == "on relay"


@pytest.mark.parametrize(
    "length", ["0", "99", "10001", "-300", "1e3", "300.0", "", "٣٠٠", "9" * 200], ids=lambda text: text[:8]
)
def test_a_length_out_of_bounds_is_no_command(guardian, trace, length):
    assert guardian.ask(f"pulse relay {length}") == ""
    assert trace.values("relay") == [0]


@pytest.mark.parametrize(
    "garbage",
    [b"\n", b"on relay\n", b"pulse door 300\n", b"pulse relay 300 300\n", b"\xff\x00\xfe\n", b"x" * 5000],
    ids=["empty", "unknown", "no such line", "too many words", "bytes", "endless"],
)
def test_garbage_in_mid_pulse_ends_it_all_off(guardian, trace, garbage):
    assert guardian.ask("pulse relay 10000") == "on relay"
    guardian.say(garbage)
    assert guardian.hear() == ""
    assert trace.values("relay") == [0, 1, 0]


def test_when_the_daemon_is_gone_every_line_is_dropped(guardian, trace):
    guardian.ask("pulse relay 10000")
    guardian.ask("pulse green 10000")
    guardian.process.stdin.close()
    assert guardian.hear() == ""
    assert trace.values("relay") == trace.values("green") == [0, 1, 0]
    assert trace.pulse_s("relay") < 10


def test_what_a_daemon_said_last_is_not_obeyed_when_it_is_gone(guardian, trace):
    guardian.process.send_signal(signal.SIGSTOP)
    os.waitid(os.P_PID, guardian.process.pid, os.WSTOPPED | os.WNOWAIT)  # it stands still, and reads no half of it
    guardian.say("pulse relay 10000")
    guardian.process.stdin.close()
    guardian.process.send_signal(signal.SIGCONT)
    assert guardian.hear() == ""
    assert trace.values("relay") == [0]


def test_a_hold_that_is_not_said_again_ends_by_itself(guardian, trace):
    assert guardian.ask("hold relay") == "held relay"
    trace.wait_for("relay", 0, 1, 0)
    assert trace.pulse_s("relay") >= HOLD_S - 0.01


def test_a_hold_that_is_said_again_in_time_goes_on(guardian, trace):
    lapses = 0
    begun = last = time.monotonic()
    while (now := time.monotonic()) - begun < 2 * HOLD_S:
        lapses += now - last > 0.9 * HOLD_S  # a machine so loaded that this is no daemon that lives
        last = now
        assert guardian.ask("hold relay") == "held relay"
        time.sleep(0.1)
    assert trace.values("relay") == [0, 1] or lapses


def test_a_hold_takes_over_from_a_pulse_and_is_not_interrupted_by_another(guardian, trace):
    guardian.say("pulse relay 10000\nhold relay\npulse relay 100")
    assert [guardian.hear() for _ in range(3)] == ["on relay", "held relay", "busy relay"]
    trace.wait_for("relay", 0, 1, 0)  # the hold's end: two seconds, and not the pulse's ten
    assert HOLD_S - 0.01 <= trace.pulse_s("relay") < 10


def test_off_ends_a_hold(guardian, trace):
    guardian.ask("hold relay")
    assert guardian.ask("off relay") == "off"
    assert trace.values("relay") == [0, 1, 0]


def test_a_hold_ends_with_its_daemon(guardian, trace):
    guardian.ask("hold relay")
    guardian.process.stdin.close()
    assert guardian.hear() == ""
    assert trace.values("relay") == [0, 1, 0]


def test_the_ready_contact_stays_while_pulses_come_and_go_and_ends_with_everything_else(make_guardian, trace):
    guardian = make_guardian(lines=ALL)
    assert guardian.hear() == "ready"
    assert guardian.ask("ready on") == "ready on"
    guardian.ask("pulse relay 100")
    trace.wait_for("relay", 0, 1, 0)
    assert guardian.ask("ready on") == "ready on"
    assert trace.values("ready") == [0, 1]
    assert guardian.ask("ready off") == "ready off"
    guardian.ask("ready on")
    guardian.ask("off")
    assert trace.values("ready") == [0, 1, 0, 1, 0]


def test_the_ready_contact_ends_with_the_daemon(make_guardian, trace):
    guardian = make_guardian(lines=ALL)
    assert guardian.hear() == "ready"
    guardian.ask("ready on")
    guardian.process.stdin.close()
    assert guardian.hear() == ""
    assert trace.values("ready") == [0, 1, 0]


@pytest.mark.parametrize("command", ["pulse ready 300", "hold ready", "ready", "ready maybe", "hold door"])
def test_what_is_not_asked_of_such_a_line_is_no_command(make_guardian, trace, command):
    guardian = make_guardian(lines=ALL)
    assert guardian.hear() == "ready"
    assert guardian.ask(command) == ""
    assert trace.values("ready") == [0]


# SIGABRT is what systemd's watchdog sends to the whole unit when the daemon hangs.
@pytest.mark.parametrize("number", [signal.SIGTERM, signal.SIGHUP, signal.SIGABRT, signal.SIGQUIT])
def test_a_signal_in_mid_pulse_ends_it_all_off(guardian, trace, number):
    guardian.ask("pulse relay 10000")
    guardian.process.send_signal(number)
    assert guardian.hear() == ""
    assert trace.values("relay") == [0, 1, 0]


def test_ctrl_c_is_for_the_daemon(guardian, trace):
    guardian.ask("pulse relay 300")
    guardian.process.send_signal(signal.SIGINT)
    trace.wait_for("relay", 0, 1, 0)
    assert guardian.ask("pulse relay 100") == "on relay"


def test_a_daemon_that_does_not_listen_prolongs_no_pulse(guardian, trace):
    guardian.process.stdout.close()
    guardian.say("pulse relay 100")
    trace.wait_for("relay", 0, 1, 0)


def test_answers_that_nobody_reads_block_nothing(guardian, trace, eventually):
    guardian.ask("pulse relay 10000")
    for _ in range(1000):
        guardian.say(b"off green\n" * 20)  # its answers fill the pipe more than once
    guardian.say("off relay")
    trace.wait_for("relay", 0, 1, 0)


def test_active_low_lines_are_off_from_their_first_moment(make_guardian, chip):
    guardian = make_guardian("lgpio", active_high=False, environment=chip.environment)
    assert guardian.hear() == "ready"
    assert chip.levels(RELAY) == chip.levels(GREEN) == [1]
    assert guardian.ask("pulse relay 100") == "on relay"
    guardian.process.stdin.close()
    guardian.hear()
    assert chip.levels(RELAY)[:3] == [1, 0, 1]
    assert 0 not in chip.levels(RELAY)[2:]


def test_a_trace_that_blocks_prolongs_no_pulse(make_guardian, chip, tmp_path, eventually):
    """A disk that stalls, in the harshest form: nothing of the trace is ever written again."""
    trace = _blocking_trace(tmp_path)
    guardian = make_guardian("lgpio", lines=ALL, file=tmp_path / "fifo", environment=chip.environment)
    assert guardian.hear() == "ready"
    assert guardian.ask("ready on") == "ready on"
    guardian.say("pulse green 1000")
    eventually("green is on", lambda: chip.level(GREEN) == 1)
    _fill(trace)
    guardian.say("pulse relay 1000")
    eventually("the relay was on", lambda: 1 in chip.levels(RELAY) or guardian.process.poll() is not None)
    eventually("every line is off", lambda: chip.level(RELAY) == chip.level(GREEN) == chip.level(READY) == 0)
    os.close(trace)


def test_a_guardian_whose_interpreter_hangs_is_ended_by_the_kernel(make_guardian, chip):
    guardian = make_guardian("lgpio", environment=chip.environment)
    assert guardian.hear() == "ready"
    (chip.folder / "hang").touch()
    guardian.say("pulse relay 100")
    assert guardian.hear() == ""
    assert guardian.process.wait(60) == -signal.SIGALRM


def test_a_line_that_can_not_be_written_keeps_no_other_line_on(make_guardian, chip, eventually):
    guardian = make_guardian("lgpio", environment=chip.environment)
    assert guardian.hear() == "ready"
    guardian.ask("pulse relay 10000")
    guardian.ask("pulse green 10000")
    (chip.folder / f"broken-{RELAY}").touch()
    guardian.process.stdin.close()
    assert guardian.hear() == ""
    assert chip.level(GREEN) == 0


def _blocking_trace(folder):
    os.mkfifo(folder / "fifo")
    reader = os.open(folder / "fifo", os.O_RDWR | os.O_NONBLOCK)
    fcntl.fcntl(reader, fcntl.F_SETPIPE_SZ, 4096)
    return reader


def _fill(pipe):
    size = 4096
    while size:
        try:
            os.write(pipe, b"\n" * size)
        except BlockingIOError:
            size //= 2
