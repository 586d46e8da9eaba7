"""``portillon-kiosk aim`` as a tech starts it: a real process, a real terminal, real HTTP."""

from __future__ import annotations

import http.client
import os
import pty
import re
import signal
import subprocess
import sys
from collections.abc import Callable, Iterator
from pathlib import Path
from typing import Any

import pytest
from PIL import Image

from kiosk.status import FILE_NAME, StatusFile

PROGRAM = Path(sys.executable).with_name("portillon-kiosk")
PATIENCE_S = 60
Start = Callable[..., "subprocess.Popen[str]"]


@pytest.fixture
def config(tmp_path: Path, frame: Callable[..., Any]) -> Path:
    """Settings of a gate that looks at a ticket for a minute."""
    (tmp_path / "frames").mkdir()
    (tmp_path / "state").mkdir()
    first = tmp_path / "frames" / "000.png"
    Image.fromarray(frame()).save(first)
    for number in range(1, 300):
        os.link(first, first.with_name(f"{number:03}.png"))
    file = tmp_path / "kiosk.toml"
    file.write_text(
        f'state_dir = "{tmp_path / "state"}"\n[camera]\nsource = "replay"\npath = "{first.parent}"\nfps = 5\n'
        '[gate]\npins = "mock"\nrelay = 17\n[screen]\nlanguages = ["en"]\n'
    )
    return file


@pytest.fixture
def start(config: Path) -> Iterator[Start]:
    started: list[subprocess.Popen[str]] = []

    def start_one(*words: str, **options: Any) -> subprocess.Popen[str]:
        options = {"stdout": subprocess.PIPE, "stderr": subprocess.PIPE, "text": True} | options
        started.append(subprocess.Popen([PROGRAM, "aim", "--config", config, *words], **options))
        return started[-1]

    yield start_one
    for process in started:
        process.kill()
        process.wait()


def test_a_page_is_served_until_ctrl_c(start: Start) -> None:
    process = start("--web", "--port", "0")
    assert process.stdout is not None
    url = re.search(r"http://127\.0\.0\.1:(\d+)/", process.stdout.readline())
    assert url is not None
    connection = http.client.HTTPConnection("127.0.0.1", int(url[1]), timeout=PATIENCE_S)
    connection.request("GET", "/live")
    live = connection.getresponse()
    while b'"advice": "Good"' not in live.readline():
        pass
    process.send_signal(signal.SIGINT)
    while live.readline().strip() != b"event: end":
        pass
    assert process.wait(PATIENCE_S) == 0


def test_the_picture_is_drawn_in_a_terminal_until_ctrl_c(start: Start) -> None:
    tech, terminal = pty.openpty()
    process = start(
        stdout=terminal,
        start_new_session=True,
        env={
            **os.environ,
            "TERM": "xterm-256color",
            "COLORTERM": "",
            "PYTHONUTF8": "1",
            "COLUMNS": "80",
            "LINES": "24",
        },
    )
    os.close(terminal)
    shown = b""
    while b"Good" not in shown or "▀".encode() not in shown:
        shown += os.read(tech, 65536)
    process.send_signal(signal.SIGINT)
    try:
        while os.read(tech, 65536):
            pass
    except OSError:  # EIO: the process has closed its end
        pass
    os.close(tech)
    assert process.wait(PATIENCE_S) == 0


def test_without_a_terminal_it_says_that_there_is_a_page(start: Start) -> None:
    process = start()
    assert "--web" in process.communicate(timeout=PATIENCE_S)[1]
    assert process.returncode == 1


def test_beside_a_running_gate_it_says_who_has_the_camera(start: Start, config: Path) -> None:
    """A replay is nobody's; so here the gate has a camera, and this very process is the gate."""
    StatusFile(config.parent / "state" / FILE_NAME).write()
    words = config.read_text().replace('source = "replay"', 'source = "usb"')
    config.write_text(words)
    process = start("--web", "--port", "0")
    said = process.communicate(timeout=PATIENCE_S)[1]
    assert f"(process {os.getpid()}) and holds the camera" in said
    assert "systemctl stop portillon-kiosk" in said
    assert process.returncode == 1


def test_a_camera_that_is_missing_is_told_with_what_to_do(start: Start, config: Path) -> None:
    config.write_text(config.read_text().replace('source = "replay"', 'source = "usb"').replace("frames", "nowhere"))
    process = start("--web", "--port", "0")
    assert "nowhere is no camera that Portillon can use" in process.communicate(timeout=PATIENCE_S)[1]
    assert process.returncode == 1


def test_a_port_that_is_taken_is_told(start: Start) -> None:
    first = start("--web", "--port", "0")
    assert first.stdout is not None
    url = re.search(r":(\d+)/", first.stdout.readline())
    assert url is not None
    second = start("--web", "--port", url[1])
    assert f"Port {url[1]} is taken: choose another with --port" in second.communicate(timeout=PATIENCE_S)[1]
    assert second.returncode == 1
