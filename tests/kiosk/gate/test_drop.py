"""Letting go at once: whatever the main loop or the guardian is stuck in, and never energised again after it."""

import os
import signal
import threading
from pathlib import Path

import pytest

from kiosk.edges import Pulsed
from kiosk.gate.orders import Orders
from kiosk.gate.warden import START_S, GateFault, Warden


@pytest.fixture
def start_warden(trace):
    started = []

    def start(file=trace.file):
        started.append(Warden(Orders("mock", True, {"relay": 17, "green": 22}, str(file)), print))
        return started[-1]

    yield start
    for warden in started:
        warden.close()


@pytest.fixture
def slow_warden(start_warden, tmp_path, eventually):
    """A warden whose guardian was killed; the next one can't come up: it waits for a reader of its trace."""
    file = tmp_path / "fifo"
    os.mkfifo(file)
    reader = os.open(file, os.O_RDONLY | os.O_NONBLOCK)
    warden = start_warden(file)
    first = warden.pid
    os.close(reader)
    os.kill(first, signal.SIGKILL)
    eventually("the next is being started", lambda: warden.pid not in (None, first))
    return warden


def test_a_drop_needs_no_turn_of_its_own(start_warden, trace):
    warden = start_warden()
    warden.pulse("relay", 10_000)
    with warden._turn():  # the main loop is in the middle of a command, for as long as it may take
        warden.drop()
        trace.wait_for("relay", 0, 1, 0)
    assert trace.pulse_s("relay") < 10


def test_after_a_drop_nothing_is_energised_and_no_guardian_started(open_here, trace, eventually, guardian_of):
    gate = open_here(emergency=13, emergency_opens=True)
    gate.drop()
    eventually("the guardian is gone", lambda: guardian_of(os.getpid()) is None)
    eventually("nobody looks after it", lambda: "guardian" not in [thread.name for thread in threading.enumerate()])
    assert not gate.is_ready()
    assert gate.pulse("a scan id") is Pulsed.NOT_GIVEN
    gate.hold_open()
    gate.set_ready(True)
    gate.off()
    assert guardian_of(os.getpid()) is None
    assert {1} & {value for pin in ("relay", "green", "ready") for value in trace.values(pin)} == set()


def test_a_drop_while_many_threads_give_commands_ends_with_every_line_off(start_warden, trace, eventually):
    warden = start_warden()
    go_on = threading.Event()
    go_on.set()

    def command():
        while go_on.is_set():
            try:
                warden.pulse("relay", 10_000)
                warden.off("relay")
            except GateFault:
                continue

    threads = [threading.Thread(target=command) for _ in range(4)]
    for thread in threads:
        thread.start()
    eventually("some pulses", lambda: trace.values("relay").count(1) > 20)
    guardian = warden.pid
    warden.drop()
    eventually("the guardian is gone", lambda: not _is_alive(guardian))
    pulses = trace.values("relay")
    assert pulses[-1] == 0
    assert not warden.is_ready()
    go_on.clear()
    for thread in threads:
        thread.join()
    assert trace.values("relay") == pulses


def test_a_drop_while_a_guardian_is_being_started_starts_none(slow_warden, eventually):
    starting = slow_warden.pid
    slow_warden.drop()
    slow_warden.close()
    eventually("it is gone", lambda: not _is_alive(starting))
    with pytest.raises(GateFault):
        slow_warden.pulse("relay", 100)


def test_closing_waits_for_no_guardian_that_is_being_started(slow_warden):
    starting = slow_warden.pid
    closing = threading.Thread(target=slow_warden.close)
    closing.start()
    closing.join(START_S / 2)  # the start itself would go on for longer
    assert not closing.is_alive()
    assert not _is_alive(starting)


def test_no_command_waits_for_a_guardian_that_is_being_started(slow_warden):
    for command in (lambda: slow_warden.pulse("relay", 100), slow_warden.off, lambda: slow_warden.hold("relay")):
        with pytest.raises(GateFault) as caught:
            command()
        assert not caught.value.began
    assert not slow_warden.is_ready()  # it is still being started


def test_an_off_that_had_to_wait_is_done_by_itself_later(start_warden, trace):
    warden = start_warden()
    warden.pulse("relay", 10_000)
    with warden._turn(), pytest.raises(GateFault):
        warden.off("relay")
    trace.wait_for("relay", 0, 1, 0)
    assert trace.pulse_s("relay") < 10


def test_an_off_that_had_to_wait_ends_no_later_pulse(start_warden, trace):
    warden = start_warden()
    warden.pulse("relay", 10_000)
    with warden._turn(), pytest.raises(GateFault):
        warden.off("relay")
    assert warden.pulse("relay", 10_000)  # after the off that was owed, or it would have been busy
    warden.pulse("green", 100)
    trace.wait_for("green", 0, 1, 0)
    assert trace.values("relay") == [0, 1, 0, 1]


def _is_alive(pid):
    try:
        return Path(f"/proc/{pid}/stat").read_text().rpartition(")")[2].split()[0] != "Z"
    except (FileNotFoundError, ProcessLookupError):
        return False
