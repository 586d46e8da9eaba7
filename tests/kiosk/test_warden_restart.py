"""A guardian that is being started again is not ready yet: a guest of that moment waits, and is not sent to staff."""

import os
import queue
import signal
import time

from kiosk.gate.orders import Orders
from kiosk.gate.warden import Warden

PATIENCE_S = 60.0  # how long a loaded machine may take; nothing is measured by it


def wait_until(true):
    end = time.monotonic() + PATIENCE_S
    while not true():
        assert time.monotonic() < end
        time.sleep(0.01)


def test_a_guardian_is_not_ready_before_it_said_so(tmp_path):
    trace = tmp_path / "trace"  # a pipe: a guardian that opens it waits for a reader, as for a slow card
    os.mkfifo(trace)
    reader = os.open(trace, os.O_RDONLY | os.O_NONBLOCK)
    news = queue.SimpleQueue()
    warden = Warden(Orders("mock", True, {"relay": 17}, str(trace)), news.put)
    try:
        first = warden.pid
        assert first is not None
        assert warden.is_ready()
        os.close(reader)
        os.kill(first, signal.SIGKILL)
        wait_until(lambda: warden.pid not in (None, first))
        assert not warden.is_ready()
        reader = os.open(trace, os.O_RDONLY | os.O_NONBLOCK)
        assert news.get(timeout=PATIENCE_S) == "the guardian had died; a new one holds the relay off"
        assert warden.is_ready()
        assert warden.pulse("relay", 100)
    finally:
        warden.close()
        os.close(reader)
