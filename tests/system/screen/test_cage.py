"""The unit's own command line: cage on a screen that is not there, a real Chromium in it, the gate's page."""

from __future__ import annotations

import os
import pwd
import re
import shutil
import signal
import subprocess
import time
from pathlib import Path

import pytest
from playwright.sync_api import sync_playwright

from kiosk.demo.stage import free_port
from kiosk.edges import State
from tests import needs

UNIT = Path(__file__).parents[3] / "systemd/portillon-screen.service"
PATIENCE_S = 90


def _command():
    """What systemd gives to bash: the unit's ExecStart, its continued lines joined."""
    joined = UNIT.read_text("utf-8").replace("\\\n", "")
    return re.search(r"(?m)^ExecStart=/bin/bash -c '(.*)'$", joined)[1]


@pytest.fixture
def home(tmp_path):
    """A folder of nobody's: Chromium's sandbox, which the unit leaves to it, is none of root's."""
    nobody = pwd.getpwnam("nobody")
    home = Path("/tmp") / f"portillon-screen-{os.getpid()}"
    home.mkdir(mode=0o700)
    os.chown(home, nobody.pw_uid, nobody.pw_gid)
    yield home
    shutil.rmtree(home)


@pytest.fixture
def screen(home):
    """``(port, said)``: where the page is to be, and what the screen's programs say."""
    needs.program("cage", "cage")
    needs.root("starts the screen as another user")
    port = free_port()
    # The test looks into the browser through its own port; otherwise it is the unit's, word for word.
    browser = home / "chromium"
    browser.write_text('#!/bin/sh\nexec /usr/bin/chromium --remote-debugging-port=0 "$@"\n')
    browser.chmod(0o755)
    command = _command().replace("/usr/bin/chromium", str(browser)).replace("/run/portillon-screen", str(home))
    known = {"PATH": "/usr/bin:/bin", "HOME": str(home), "XDG_RUNTIME_DIR": str(home), "GUEST_PORT": str(port)}
    seen = {"WLR_BACKENDS": "headless", "WLR_RENDERER": "pixman", "WLR_LIBINPUT_NO_DEVICES": "1"}
    with (home / "said").open("wb") as said:
        process = subprocess.Popen(
            ["bash", "-c", command],
            env={**known, **seen, "WLR_XWAYLAND": "/bin/false"},
            user="nobody",
            group="nogroup",
            extra_groups=[],
            stdin=subprocess.DEVNULL,
            stdout=said,
            stderr=said,
            start_new_session=True,
        )
    yield port, home / "said"
    os.killpg(process.pid, signal.SIGKILL)
    process.wait()


def _debugging_port(home, said):
    deadline = time.monotonic() + PATIENCE_S
    while not (told := home / "profile/DevToolsActivePort").exists():
        assert time.monotonic() < deadline, said.read_text(errors="replace")
        time.sleep(0.1)
    return told.read_text().split()[0]


def test_the_units_command_waits_for_the_page_and_shows_it_over_the_whole_screen(screen, home, make_screen):
    port, said = screen
    make_screen(port).hold(State.UNPAIRED)
    with sync_playwright() as engine:
        browser = engine.chromium.connect_over_cdp(f"http://127.0.0.1:{_debugging_port(home, said)}")
        (page,) = browser.contexts[0].pages
        page.wait_for_function("document.documentElement.dataset.kind === 'unpaired'", timeout=PATIENCE_S * 1000)
        assert page.url == f"http://127.0.0.1:{port}/?kiosk"
        seen = "[document.visibilityState, innerWidth === screen.width, innerHeight === screen.height]"
        assert page.evaluate(seen) == ["visible", True, True]
