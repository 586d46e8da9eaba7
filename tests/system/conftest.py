"""The whole appliance as its users start it: the real server, the real kiosk, frames in a folder, the trace."""

import json
import os
import signal
import socket
import subprocess
import sys
import time
from pathlib import Path

import pytest
import segno
from PIL import Image

from kiosk.demo.stage import free_port

BIN = Path(sys.executable).parent
PATIENCE_S = 90  # how long a loaded machine may take; nothing is measured by it

SETTINGS = """
state_dir = "{state}"
[camera]
source = "replay"
path = "{street}"
fps = 10
[server]
answer_within_s = 5
[gate]
profile = "{profile}"
pins = "mock"
relay = 17
green = 22
red = 23
amber = 24
buzzer = 25
pulse_ms = {pulse_ms}
[trace]
file = "{trace}"
"""


def eventually(what, ask, patience=PATIENCE_S):
    """The first true answer; fails with what was waited for."""
    end = time.monotonic() + patience
    while time.monotonic() < end:
        if answer := ask():
            return answer
        time.sleep(0.02)
    raise AssertionError(f"waited {patience} s for: {what}")


class Server:
    """portillon-api on a loopback port, and the organiser's shell beside it. ``options``: more of ``serve``."""

    def __init__(self, folder: Path, *options, environment=None):
        self.database = f"sqlite:///{folder / 'tickets.db'}"
        self.port = free_port()
        scheme = "https" if "--tls" in options or "--tls-cert" in options else "http"
        self.url = f"{scheme}://127.0.0.1:{self.port}"
        self.options = options
        self.environment = {**os.environ, **(environment or {})}
        self.process = None

    def start(self):
        command = [BIN / "portillon-api", "serve", "--database", self.database, *self.options]
        command += ["--host", "127.0.0.1", "--port", str(self.port)]
        self.process = subprocess.Popen(command, env=self.environment)
        eventually("the server listens", self._answers)

    def _answers(self):
        with socket.socket() as probe:
            return probe.connect_ex(("127.0.0.1", self.port)) == 0

    def stop(self):
        if self.process is not None:
            self.process.terminate()
            self.process.wait(PATIENCE_S)
            self.process = None

    def shell(self, *words):
        command = [BIN / "portillon-api", *words, "--database", self.database, "--json"]
        done = subprocess.run(command, capture_output=True, text=True, check=True)
        return json.loads(done.stdout)

    def event(self, name="Concert"):
        return self.shell("event", "add", name)["uuid"]

    def tickets(self, event, count=1):
        return self.shell("ticket", "add", "--event", event, "--count", str(count))

    def device(self, name="Gate"):
        return self.shell("device", "add", name, "--base-url", self.url)


class Kiosk:
    """portillon-kiosk run, on a watched folder of frames, with mock pins and a trace."""

    def __init__(self, folder: Path, pulse_ms=300, profile="turnstile", environment=None):
        self.folder = folder
        self.street = folder / "street"
        self.street.mkdir(parents=True)
        self.state = folder / "state"
        self.trace_file = folder / "trace.jsonl"
        self.config = folder / "kiosk.toml"
        values = {"state": self.state, "street": self.street, "trace": self.trace_file}
        self.config.write_text(SETTINGS.format(**values, profile=profile, pulse_ms=pulse_ms))
        self.environment = {**os.environ, **(environment or {})}
        self.process = None
        self._frames = 0

    def start(self):
        command = [BIN / "portillon-kiosk", "run", "--config", self.config]
        self.process = subprocess.Popen(command, env=self.environment, start_new_session=True)

    def pair(self, url):
        command = [BIN / "portillon-kiosk", "pair", url, "--config", self.config]
        subprocess.run(command, check=True, capture_output=True)

    def stop(self):
        if self.process is not None:
            self.process.send_signal(signal.SIGTERM)
            code = self.process.wait(PATIENCE_S)
            self.process = None
            return code
        return None

    def kill(self):
        os.killpg(self.process.pid, signal.SIGKILL)
        self.process.wait(PATIENCE_S)
        self.process = None

    def hold_up(self, text, frames=3, empty=30):
        """Show this text for some frames, then an empty street for long enough to be a new presentation."""
        picture = Image.new("L", (640, 480), 120)
        code = self.folder / "code.png"
        segno.make(text, error="l", micro=False).save(code, scale=4, border=4)
        with Image.open(code) as opened:
            picture.paste(opened.convert("L"), (60, 30))
        for _ in range(frames):
            self._frames += 1
            draft = self.street / f".{self._frames:05}.png"
            picture.save(draft)
            draft.rename(self.street / f"{self._frames:05}.png")
        for _ in range(empty):
            self._frames += 1
            (self.street / f"{self._frames:05}.empty").touch()

    def lower(self):
        """From now on the street is empty, whatever was to be shown yet."""
        for frame in self.street.iterdir():
            frame.unlink()

    def lines(self, event=None):
        if not self.trace_file.exists():
            return []
        whole = [line for line in self.trace_file.read_text().split("\n")[:-1] if line]
        told = [json.loads(line) for line in whole]
        return [line for line in told if event in (None, line["event"])]

    def relay(self):
        """Every value the relay's line had, in order."""
        return [line["value"] for line in self.lines("pin") if line["pin"] == "relay"]

    def verdicts(self):
        return [(line["verdict"], line["reason"]) for line in self.lines("verdict")]

    def wait_for(self, state):
        eventually(f"state {state}", lambda: any(line["state"] == state for line in self.lines("state")))

    def wait_for_verdicts(self, count):
        eventually(f"{count} verdicts", lambda: len(self.verdicts()) >= count)
        return self.verdicts()


@pytest.fixture(name="eventually")
def _eventually():
    return eventually


@pytest.fixture
def server(tmp_path):
    it = Server(tmp_path)
    it.start()
    yield it
    it.stop()


@pytest.fixture
def make_server(tmp_path):
    """``make_server("--tls", …)``: a server with these options of ``serve``, not yet started."""
    made = []

    def make(*options, name="server", **more):
        folder = tmp_path / name
        folder.mkdir()
        made.append(Server(folder, *options, **more))
        return made[-1]

    yield make
    for server in made:
        server.stop()


@pytest.fixture
def make_kiosk(tmp_path):
    made = []

    def make(name="gate", **options):
        made.append(Kiosk(tmp_path / name, **options))
        return made[-1]

    yield make
    for kiosk in made:
        kiosk.stop()
