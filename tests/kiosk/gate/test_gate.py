"""The daemon's side: what happens to relay and green when the daemon, or the guardian, dies, stops or hangs."""

import os
import select
import signal
import subprocess
import sys
import threading
from pathlib import Path

import pytest

from kiosk import settings
from kiosk.edges import Pulsed
from kiosk.gate import DARK_S, PinFault, Signal, force_off, open_gate
from kiosk.trace import Trace

PINS = {"relay": 17, "exit_relay": 26, "green": 22, "red": 23, "amber": 24, "buzzer": 25, "ready": 18}
RELAY = PINS["relay"]

# A daemon that has begun a pulse and then does nothing more; a word on stdout when the pulse is confirmed.
DAEMON = f"""
import sys
from pathlib import Path
from kiosk import settings
from kiosk.gate import open_gate
from kiosk.trace import Trace
trace = Path(sys.argv[1])
wiring = settings.Gate(pins=sys.argv[2], pulse_ms=int(sys.argv[3]), **{PINS})
gate = open_gate(wiring, Trace(trace), trace, print)
print(gate.pulse("a scan id"), flush=True)
sys.stdin.read()
"""


@pytest.fixture
def start_daemon(trace):
    started = []

    def start(pulse_ms, pins="mock", environment=None):
        command = [sys.executable, "-c", DAEMON, str(trace.file), pins, str(pulse_ms)]
        pipes = {"stdin": subprocess.PIPE, "stdout": subprocess.PIPE}
        started.append(subprocess.Popen(command, **pipes, start_new_session=True, env=environment))
        assert select.select([started[-1].stdout], [], [], 60)[0]
        assert started[-1].stdout.readline() == b"given\n"
        return started[-1]

    yield start
    for process in started:
        if process.poll() is None:
            os.killpg(process.pid, signal.SIGKILL)
        process.communicate()


def test_opening_a_gate_gives_no_pulse_and_lights_nothing(open_here, trace):
    open_here()
    assert [trace.values(pin) for pin in PINS] == [[0]] * len(PINS)


def test_a_pulse_is_known_to_be_on_when_it_is_confirmed_and_ends_by_itself(open_here, trace):
    gate = open_here(pulse_ms=10_000)
    assert gate.pulse("a scan id") is Pulsed.GIVEN
    assert trace.values("relay") == [0, 1]
    gate.off()
    assert trace.values("relay") == [0, 1, 0]


def test_a_pulse_while_one_is_on_is_refused_and_adds_nothing(open_here, trace):
    gate = open_here(pulse_ms=10_000)
    assert gate.pulse("one") is Pulsed.GIVEN
    assert gate.pulse("two") is Pulsed.NOT_GIVEN
    gate.off()
    trace.wait_for("relay", 0, 1, 0)


def test_pulses_from_many_threads_at_once_are_one(open_here, trace):
    gate = open_here(pulse_ms=10_000)
    given = []
    threads = [threading.Thread(target=lambda: given.append(gate.pulse("one of many"))) for _ in range(16)]
    for thread in threads:
        thread.start()
    for thread in threads:
        thread.join()
    assert given.count(Pulsed.GIVEN) == 1
    assert trace.values("relay") == [0, 1]


@pytest.mark.parametrize("number", [signal.SIGKILL, signal.SIGTERM, signal.SIGSEGV])
def test_a_daemon_whose_whole_group_is_killed_in_mid_pulse_leaves_the_relay_off(start_daemon, trace, number):
    daemon = start_daemon(10_000)
    os.killpg(daemon.pid, number)
    daemon.wait(60)
    trace.wait_for("relay", 0, 1, 0)  # while it is dead: only the guardian can have written this
    assert trace.pulse_s("relay") < 10


def test_on_pins_that_outlive_their_process_a_killed_daemon_leaves_no_lamp_of_the_guardian_on(
    start_daemon, chip, eventually
):
    daemon = start_daemon(10_000, "lgpio", chip.environment)
    assert chip.level(RELAY) == 1
    os.killpg(daemon.pid, signal.SIGKILL)
    eventually("the relay is off", lambda: chip.level(RELAY) == 0)


def test_a_daemon_that_is_stopped_in_mid_pulse_prolongs_nothing(start_daemon, trace):
    daemon = start_daemon(500)
    daemon.send_signal(signal.SIGSTOP)
    trace.wait_for("relay", 0, 1, 0)
    assert trace.pulse_s("relay") < 10


def test_a_guardian_that_is_killed_in_mid_pulse_is_replaced_by_one_that_drops_the_relay(
    start_daemon, chip, eventually, guardian_of
):
    daemon = start_daemon(10_000, "lgpio", chip.environment)
    os.kill(guardian_of(daemon.pid), signal.SIGKILL)
    eventually("the relay is off", lambda: chip.level(RELAY) == 0)
    assert chip.levels(RELAY) == [0, 1, 0]


def test_a_guardian_that_is_stopped_in_mid_pulse_is_found_out_and_replaced(start_daemon, chip, eventually, guardian_of):
    daemon = start_daemon(10_000, "lgpio", chip.environment)
    os.kill(guardian_of(daemon.pid), signal.SIGSTOP)
    assert chip.level(RELAY) == 1
    eventually("the relay is off", lambda: chip.level(RELAY) == 0)


def test_after_a_dead_guardian_there_is_news_no_pulse_and_then_a_gate_that_works(
    open_here, trace, eventually, guardian_of
):
    gate = open_here(pulse_ms=100)
    os.kill(guardian_of(os.getpid()), signal.SIGKILL)
    eventually("news", lambda: gate.told)
    eventually("the gate is ready", gate.is_ready)
    assert trace.values("relay") == [0, 0]  # each guardian says once that it starts off
    assert gate.pulse("the next guest") is Pulsed.GIVEN
    trace.wait_for("relay", 0, 0, 1, 0)


def test_a_pulse_that_a_stopped_guardian_never_confirmed_is_not_given_later(open_here, trace, eventually, guardian_of):
    gate = open_here(pulse_ms=100)
    eventually("it was looked after, and is left alone now", lambda: gate._warden._proved_at > gate._warden._pulses_end)
    stopped = guardian_of(os.getpid())
    os.kill(stopped, signal.SIGSTOP)
    assert gate.pulse("a scan id") is Pulsed.UNSURE
    eventually("a new guardian", lambda: gate.is_ready() and guardian_of(os.getpid()) not in (None, stopped))
    assert 1 not in trace.values("relay")


def test_without_a_guardian_a_pulse_is_refused_and_nothing_waits_for_it(open_here, trace, eventually):
    gate = open_here()
    gate.close()
    assert not gate.is_ready()
    assert gate.pulse("a scan id") is Pulsed.NOT_GIVEN
    assert trace.values("relay") == [0]


def test_a_closed_gate_is_off_and_leaves_no_process(open_here, trace, guardian_of):
    gate = open_here(pulse_ms=10_000)
    guardian = guardian_of(os.getpid())
    gate.pulse("a scan id")
    gate.show(Signal.REFUSED)
    gate.close()
    assert {trace.values(pin)[-1] for pin in PINS} == {0}
    assert not Path(f"/proc/{guardian}").exists()


def test_a_light_gate_opens_with_green_and_never_with_the_relay(open_here, trace):
    gate = open_here(profile="light")
    assert gate.pulse("a scan id") is Pulsed.GIVEN
    assert trace.values("green") == [0, 1]
    gate.show(Signal.ADMITTED)
    assert trace.values("green") == [0, 1]
    assert trace.values("relay") == [0]


def test_a_second_guest_sees_a_green_of_their_own(open_here, trace):
    gate = open_here(profile="light")
    assert gate.pulse("one") is Pulsed.GIVEN
    assert gate.pulse("two") is Pulsed.GIVEN
    assert trace.values("green") == [0, 1, 0, 1]
    (_, _), (_, _), (off_at, _), (on_at, _) = trace.edges("green")
    assert on_at - off_at >= DARK_S


def test_only_an_admission_shows_green(open_here, trace):
    gate = open_here()
    for signal_ in set(Signal) - {Signal.ADMITTED}:
        gate.show(signal_)
    assert trace.values("green") == [0]
    gate.show(Signal.ADMITTED)
    assert trace.values("green") == [0, 1]


def test_green_ends_as_soon_as_there_is_other_news(open_here, trace):
    gate = open_here()
    gate.show(Signal.ADMITTED)
    gate.show(Signal.REFUSED)
    assert trace.values("green") == [0, 1, 0]
    assert trace.values("red")[-1] == 1


def test_a_gate_with_nothing_but_a_relay_works(trace, open_here):
    gate = open_here(**dict.fromkeys(set(PINS) - {"relay"}))
    for signal_ in Signal:
        gate.show(signal_)
    assert gate.pulse("a scan id") is Pulsed.GIVEN


def test_active_low_outputs_are_never_energised_by_a_start_or_an_end(chip):
    code = f"""
from kiosk import settings
from kiosk.gate import open_gate
from kiosk.trace import Trace
open_gate(settings.Gate(pins="lgpio", active_high=False, **{PINS}), Trace(None), None, print).close()
"""
    subprocess.run([sys.executable, "-c", code], env=chip.environment, check=True, timeout=60)
    for pin in PINS.values():
        assert set(chip.levels(pin)) == {1}
        assert "input" not in [call for call, _ in chip.calls(pin)]  # it never floats


def test_gate_off_switches_off_what_a_killed_process_left_on(chip):
    for pin in PINS.values():
        (chip.folder / f"line-{pin}").write_text("output 1")
    assert _gate_off(chip) == []
    assert [chip.level(pin) for pin in PINS.values()] == [0] * len(PINS)


def test_gate_off_names_the_lines_that_a_running_gate_holds_and_changes_none(start_daemon, chip):
    start_daemon(10_000, "lgpio", chip.environment)
    troubles = _gate_off(chip)
    assert len(troubles) == len(PINS)
    assert "relay (BCM 17): GPIO busy" in troubles[0]
    assert chip.levels(RELAY) == [0, 1]


def test_gate_off_gets_a_line_that_is_let_go_of_while_it_waits(start_daemon, chip):
    daemon = start_daemon(10_000, "lgpio", chip.environment)
    threading.Timer(0.5, lambda: os.killpg(daemon.pid, signal.SIGKILL)).start()
    assert _gate_off(chip) == []


def test_gate_off_works_on_mock_pins():
    assert force_off(settings.Gate(pins="mock", **PINS)) == []


def test_a_machine_without_gpio_says_so_and_what_to_do(tmp_path, monkeypatch):
    monkeypatch.chdir(tmp_path)  # the real lgpio leaves a pipe in the folder it is imported in
    with pytest.raises(PinFault, match="Raspberry Pi"):
        open_gate(settings.Gate(pins="lgpio", **PINS), Trace(None), None, print)


def _gate_off(chip):
    code = f"""
from kiosk import settings
from kiosk.gate import force_off
print("\\n".join(force_off(settings.Gate(pins="lgpio", **{PINS}))))
"""
    done = subprocess.run(
        [sys.executable, "-c", code], env=chip.environment, check=True, timeout=60, capture_output=True, text=True
    )
    return done.stdout.split("\n")[:-1] if done.stdout.strip() else []
