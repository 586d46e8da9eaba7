"""The organiser's shell and the server as processes of their own, on a temporary database."""

from __future__ import annotations

import json
import os
import signal
import subprocess
import sys
from collections.abc import Callable, Iterator
from dataclasses import dataclass
from pathlib import Path
from typing import Any
from uuid import UUID

import pytest
import requests

from tests import processes

LONG = 60


@dataclass
class Shell:
    """Runs `portillon-api` as a person would, with settings that no other file on this machine changes."""

    folder: Path

    @property
    def database(self) -> str:
        return f"sqlite:///{self.folder}/tickets.sqlite3"

    def environment(self, **more: str) -> dict[str, str]:
        kept = {k: v for k, v in os.environ.items() if not k.startswith(("PORTILLON_", "NOTIFY_", "WATCHDOG_"))}
        return {**kept, "NO_PROXY": "*", "COLUMNS": "100", **more}

    def command(self, *words: object) -> list[str]:
        return [sys.executable, "-m", "api", *(str(word) for word in words)]

    def run(self, *words: object, **environment: str) -> subprocess.CompletedProcess[str]:
        settings = self.folder / "api.toml"
        settings.touch()
        return subprocess.run(
            self.command("--config", settings, "--database", self.database, *words),
            env=self.environment(**environment),
            capture_output=True,
            text=True,
            timeout=LONG,
            check=False,
        )

    def json(self, *words: object) -> Any:
        """What the command prints as JSON; it must succeed and say nothing else."""
        done = self.run(*words, "--json")
        assert done.returncode == 0, done.stderr
        return json.loads(done.stdout)


@dataclass
class Serving:
    """A running `portillon-api serve`."""

    process: subprocess.Popen[str]
    base: str
    log: Path
    setup_url: str = ""

    def stop(self, number: signal.Signals = signal.SIGTERM) -> int:
        self.process.send_signal(number)
        return self.process.wait(LONG)

    def pair(self, device: dict[str, str]) -> str:
        """The device's key, used once."""
        key = requests.get(device["pairing_url"], timeout=LONG).json()["api_key"]
        headers = {"Authorization": f"Api-Key {key}"}
        assert requests.get(f"{self.base}/api/scan/test_api/", headers=headers, timeout=LONG).status_code == 200
        return key

    def scan(self, key: str, code: str) -> requests.Response:
        return requests.post(
            f"{self.base}/api/scan/ticket/",
            headers={"Authorization": f"Api-Key {key}"},
            json={"qrcode_data": code},
            timeout=LONG,
        )


@pytest.fixture
def shell(tmp_path: Path) -> Shell:
    return Shell(tmp_path)


@pytest.fixture
def event(shell: Shell) -> dict[str, str]:
    return shell.json("event", "add", "Concert de la République")


@pytest.fixture
def serving(shell: Shell) -> Iterator[Callable[..., Serving]]:
    """Starts the server on a free port and waits until it says that it listens."""
    started: list[subprocess.Popen[str]] = []

    def start(*words: object, **environment: str) -> Serving:
        log = shell.folder / f"server-{len(started)}.log"
        settings = shell.folder / "api.toml"
        settings.touch()
        command = shell.command(
            "serve", "--config", settings, "--database", shell.database, "--port", 0, "--json", *words
        )
        with log.open("w") as errors:
            process = subprocess.Popen(
                command, env=shell.environment(**environment), stdout=subprocess.PIPE, stderr=errors, text=True
            )
        started.append(process)
        line = processes.first_line(process)
        assert line, log.read_text()
        told = json.loads(line)
        return Serving(process, told["url"], log, told.get("setup_url", ""))

    yield start
    for process in started:
        if process.poll() is None:
            process.kill()
        process.wait(LONG)
        process.stdout.close()


@pytest.fixture
def unknown() -> UUID:
    return UUID(int=0)
