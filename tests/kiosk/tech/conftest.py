"""The page's server in this process, with the gate's end of its channel in the test's hands; asked over real TLS."""

from __future__ import annotations

import http.client
import json
import os
import socket
import ssl
import threading
import time
from collections.abc import Callable, Iterator
from pathlib import Path
from typing import Any

import pytest

from kiosk.tech.certificate import self_made
from kiosk.tech.channel import Channel, Entered, Message, Pressed, Start
from kiosk.tech.desk import Desk
from kiosk.tech.door import Door, Over
from kiosk.tech.stand import Stand

CODE = "12345678"
PATIENCE_S = 60
SETTINGS = """
[camera]
source = "replay"
path = "street"
[gate]
pins = "mock"
relay = 17
passage = 5
"""


class Site:
    """A page that is open, and the gate behind it, which answers every press with what was pressed."""

    def __init__(self, folder: Path) -> None:
        self.config = folder / "kiosk.toml"
        self.config.write_text(f'state_dir = "{folder}"\n{SETTINGS}')
        self.start = Start(
            port=0,
            code=CODE,
            lasts_s=1800.0,
            config=self.config,
            state_dir=folder,
            languages=("fr", "en"),
            lens_distance_m=0.2,
            inputs={"passage": 5},
        )
        self.memory = os.memfd_create("frame")
        self.ends = socket.socketpair(socket.AF_UNIX, socket.SOCK_SEQPACKET)
        self.gate, page = (Channel(end, self.memory) for end in self.ends)
        self.door = Door(CODE, time.monotonic())
        self.desk = Desk(self.start, page, self.door)
        context, self.fingerprint = self_made(["localhost", "127.0.0.1"])
        self.stand = Stand(0, context, self.desk, lambda: page.send(Entered()))
        self.stand.start()
        self.heard: list[Message] = []
        self.cookie = ""
        self._thread = threading.Thread(target=self._be_the_gate, daemon=True)
        self._thread.start()

    @property
    def host(self) -> str:
        return f"127.0.0.1:{self.stand.server_port}"

    def ask(self, path: str, method: str = "GET", body: bytes | None = None, **headers: str) -> Any:
        trusting = ssl._create_unverified_context()
        connection = http.client.HTTPSConnection(self.host, timeout=PATIENCE_S, context=trusting)
        given = {"Host": self.host, **({"Cookie": self.cookie} if self.cookie else {}), **headers}
        connection.request(method, path, body, {name.replace("_", "-"): value for name, value in given.items()})
        return connection.getresponse()

    def post(self, path: str, content: Any, **headers: str) -> Any:
        ours = {"Content_Type": "application/json", "Origin": f"https://{self.host}"}
        return self.ask(path, "POST", json.dumps(content).encode(), **{**ours, **headers})

    def enter(self) -> Any:
        answer = self.post("/enter", {"code": CODE})
        assert answer.status == 200
        self.cookie = str(answer.getheader("Set-Cookie")).partition(";")[0]
        return answer

    def close(self) -> None:
        self.door.close(Over.GATE)
        self.stand.close()
        self.gate.close()
        self._thread.join(PATIENCE_S)
        for end in self.ends:
            end.close()
        os.close(self.memory)

    def _be_the_gate(self) -> None:
        while (message := self.gate.receive()) is not None:
            self.heard.append(message)
            if isinstance(message, Pressed):
                self.desk.done(message.number, f"did {message.what}")


@pytest.fixture
def site(tmp_path: Path) -> Iterator[Site]:
    it = Site(tmp_path)
    yield it
    it.close()


@pytest.fixture
def read_event() -> Callable[[Any], tuple[str, Any]]:
    def read(answer: Any) -> tuple[str, Any]:
        lines: dict[str, str] = {}
        while line := answer.readline().decode("ascii").rstrip("\n"):
            name, _, value = line.partition(": ")
            lines[name] = value
        return lines["event"], json.loads(lines["data"])

    return read
