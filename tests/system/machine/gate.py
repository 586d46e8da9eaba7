"""The gate in a machine, as a tech and a guest meet it: codes held before its camera, its pins, its server."""

from __future__ import annotations

import contextlib
import io
import json
from typing import Any

import segno
from PIL import Image

from kiosk.journal import read_lines
from tests.system.machine.debian import ROOT
from tests.system.machine.machine import Machine

KIOSK, API = "portillon-kiosk.service", "portillon-api.service"
SETTINGS, SERVER_SETTINGS = "/etc/portillon/kiosk.toml", "/etc/portillon/api.toml"
STREET = "/srv/street"
STATE = "/var/lib/portillon"
TRACE = f"{STATE}/trace.jsonl"
# Frames, ten a second. A code is another presentation when it was out of view for 0.5 s; the same one is taken for a
# repetition within 2.5 s.
_SHOWN, _GONE, _GONE_AND_BACK = 3, 8, 30
# What a machine without a camera and without pins needs; everything else is as install.sh lays it down.
_NO_HARDWARE = {
    'source = "picamera2"\n': f'source = "replay"\npath = "{STREET}"\nfps = 10\n',
    '# pins = "lgpio"\n': 'pins = "mock"\n',
    f'# file = "{TRACE}"\n': f'file = "{TRACE}"\n',
}


def settings_without_hardware(**more: str) -> str:
    """A turnstile's settings, with frames from a folder and mock pins.

    ``more``: other values, by name of a key: ``pulse_ms="5000"`` makes ``# pulse_ms = 300`` to ``pulse_ms = 5000``.
    """
    text = (ROOT / "config/kiosk.toml").read_text()
    for old, new in _NO_HARDWARE.items():
        assert text.count(old) == 1, f"the settings changed: {old!r}"
        text = text.replace(old, new)
    for key, value in more.items():
        lines = text.splitlines()
        places = [number for number, line in enumerate(lines) if line.removeprefix("# ").startswith(f"{key} = ")]
        assert len(places) == 1, f"the settings changed: {key}"
        lines[places[0]] = f"{key} = {value}"
        text = "\n".join(lines) + "\n"
    return text


def trace_lines(text: str, event: str) -> list[dict[str, Any]]:
    """A trace's lines of this kind. A power cut may tear one, which is left out: nobody waits for the trace's disk."""
    lines = []
    for line in text.split("\n")[:-1]:
        with contextlib.suppress(ValueError):
            lines.append(json.loads(line))
    return [line for line in lines if line.get("event") == event]


def relay_values(text: str) -> list[int]:
    """Every value that the relay's line had in this trace, in order."""
    return [line["value"] for line in trace_lines(text, "pin") if line["pin"] == "relay"]


class Gate:
    """One machine's gate, on replayed frames and mock pins; the trace is its witness."""

    def __init__(self, machine: Machine) -> None:
        self.machine = machine
        self._frames = 0
        self._last: str | None = None

    def lay_out(self, **settings: str) -> None:
        """Before install.sh: a street without anybody, and the settings for a machine without hardware."""
        self.machine.run("mkdir", "-p", STREET)
        self.machine.write(SETTINGS, settings_without_hardware(**settings))

    def show(self, text: str) -> None:
        """Hold this code before the camera for some frames of a tenth of a second.

        Before them comes an empty street, long enough that what was shown last is gone: for half a second, or, where it
        is the same code again, for so long that it is no longer the same presentation.
        """
        for _ in range(0 if self._last is None else _GONE_AND_BACK if self._last == text else _GONE):
            self._add("empty", b"")
        picture = _picture(text)
        for _ in range(_SHOWN):
            self._add("png", picture)
        self._last = text

    def _add(self, kind: str, content: bytes) -> None:
        self._frames += 1
        self.machine.write_bytes(f"{STREET}/{self._frames:05}.{kind}", content)

    def clear(self) -> None:
        """Nobody has ever stood there: a gate that starts anew would see everybody again."""
        self.machine.run("find", STREET, "-type", "f", "-delete")
        self._last = None

    def lines(self, event: str) -> list[dict[str, Any]]:
        """What the trace tells of this kind of event."""
        if not self.machine.exists(TRACE):
            return []
        return trace_lines(self.machine.read(TRACE), event)

    def relay(self) -> list[int]:
        """Every value that the relay's line had, in order."""
        return relay_values(self.machine.read(TRACE))

    def steps(self) -> list[str]:
        """The steps that its journal tells, in order."""
        return [line["step"] for line in read_lines(self.machine.path(STATE)) if "step" in line]

    def verdicts(self) -> list[tuple[str, str | None]]:
        """Every verdict with its reason, in order."""
        return [(line["verdict"], line["reason"]) for line in self.lines("verdict")]

    def states(self) -> list[str]:
        """Every state it was in, in order."""
        return [line["state"] for line in self.lines("state")]

    def wait_for_state(self, state: str) -> None:
        """Until it is in this state."""
        self.machine.until(lambda: self.states()[-1:] == [state], else_tell=f"as a gate that is {state}")

    def wait_for_verdicts(self, count: int) -> list[tuple[str, str | None]]:
        """Until it has given as many; all of them."""
        self.machine.until(lambda: len(self.verdicts()) >= count, else_tell=f"as {count} verdicts")
        return self.verdicts()

    def organiser(self, *words: str) -> Any:
        """A command of the organiser's shell, as the server's own user."""
        command = ["/opt/portillon/bin/portillon-api", *words, "--config", SERVER_SETTINGS, "--json"]
        return json.loads(self.machine.run("runuser", "-u", "portillon", "--", *command))

    def tickets(self, count: int = 1) -> list[str]:
        """Ticket codes of an event that is new."""
        event = self.organiser("event", "add", "Concert")["uuid"]
        made = self.organiser("ticket", "add", "--event", event, "--count", str(count))
        return [ticket["qrcode_data"] for ticket in made]

    def pairing_code(self) -> str:
        """The text of a pairing code for a new device."""
        url = self.organiser("device", "add", "Gate")["pairing_url"]
        assert isinstance(url, str)
        return url


def _picture(text: str) -> bytes:
    code = io.BytesIO()
    segno.make(text, error="l", micro=False).save(code, kind="png", scale=4, border=4)
    picture = Image.new("L", (640, 480), 120)
    with Image.open(code) as opened:
        picture.paste(opened.convert("L"), (60, 30))
    drawn = io.BytesIO()
    picture.save(drawn, "png")
    return drawn.getvalue()
