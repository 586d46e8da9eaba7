"""The announcer's thread, with zeroconf's own responder, on networks that nothing else has."""

from __future__ import annotations

import sys

import pytest

from tests import apart

STALLS = """
import logging, subprocess, sys, threading, time
import zeroconf._utils.asyncio as waiting
from api import announcing

logging.basicConfig(stream=sys.stdout, format="%(message)s", level=logging.INFO)
announcing._LOOKED_AT_EVERY_S = 0.1

def wait_for(is_so):
    deadline = time.monotonic() + 40
    while not is_so():
        assert time.monotonic() < deadline
        time.sleep(0.02)

announcer = announcing.Announcer("0.0.0.0", "P" * 43)
announcer.begin(8443)
wait_for(lambda: announcer._last_trouble)
waiting._LOADED_SYSTEM_TIMEOUT = 1.0
announcer._responder.loop.call_soon_threadsafe(threading.Event().wait)
{then}
announcer._thread.join(30)
assert not announcer._thread.is_alive()
"""
MOVES = """
subprocess.run(["ip", "address", "add", "10.77.4.5/24", "dev", "lo"], check=True)
wait_for(lambda: "10.77.4.5" in announcer._last_trouble)
announcer.close()
"""


@pytest.mark.parametrize("then", ["announcer.close()", MOVES], ids=["the server ends", "the address changes"])
def test_a_responder_that_stalls_is_left_alone_and_the_announcer_goes_on(then):
    script = STALLS.replace("{then}", then)
    done = apart.run([sys.executable, "-c", script], space="net", first=apart.on_networks("10.77.3.5/24"))
    assert (done.returncode, "Exception" in done.stderr) == (0, False), done.stdout + done.stderr
