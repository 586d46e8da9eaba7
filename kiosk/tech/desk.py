"""What the page knows and may do, in its own process: how the gate is, for every stream; presses, for the gate."""

from __future__ import annotations

import itertools
import json
import os
import subprocess
import threading
import time
from collections import deque
from collections.abc import Callable, Iterator
from dataclasses import asdict
from typing import Any

from kiosk import check_up, settings
from kiosk.doctor.archive import known_secrets
from kiosk.doctor.redaction import Redactor
from kiosk.tech import form
from kiosk.tech.channel import Channel, Closed, Gate, Press, Pressed, Saved, Start
from kiosk.tech.door import Door, Over
from kiosk.tech.lines import KEPT

BEAT_S = 1.0
_LINE_MAX = 400  # characters, once no secret is in it that could be cut in two
_ANSWER_WITHIN_S = 5.0  # of the gate's main loop, which turns fifty times a second


class Desk:
    """From any thread."""

    def __init__(self, start: Start, channel: Channel, door: Door) -> None:
        self.start = start
        self.door = door
        self.streams = 0  # that are open
        self.found: list[str] = []  # kinds of codes that the gate read in the newest frame
        self._channel = channel
        self._redactor = Redactor(known_secrets(start.state_dir))
        self._news = threading.Condition()
        self._numbers = itertools.count(1)
        self._gate: dict[str, Any] = {"inputs": start.inputs, "active": [], "faults": [], "presentations": []}
        self._versions = {"gate": 0, "log": 0, "picture": 0}
        self._logged: deque[str] = deque(maxlen=KEPT)
        self._picture: dict[str, Any] | None = None
        self._results: dict[int, str] = {}
        self._looking = threading.Lock()
        self._doctor: subprocess.Popen[bytes] | None = None
        self._has_ended = False

    # ── from the gate ────────────────────────────────────────────────────────────────────────────────────

    def told(self, gate: Gate) -> None:
        """How the gate is."""
        fields = gate.model_dump(exclude_none=True, exclude={"logged"})
        with self._news:
            if fields:
                self._gate |= fields
                self._versions["gate"] += 1
            if gate.logged:
                self._logged.extend(self._redactor.text(line)[:_LINE_MAX] for line in gate.logged)
                self._versions["log"] += 1
            self._news.notify_all()

    def done(self, number: int, result: str) -> None:
        """What came of a press."""
        with self._news:
            self._results[number] = result
            self._news.notify_all()

    def show(self, picture: dict[str, Any]) -> None:
        """The newest picture, and what is to be said of it."""
        with self._news:
            self._picture = picture
            self._versions["picture"] += 1
            self._news.notify_all()

    def end(self) -> None:
        """The page is closed: every stream says so now, and a doctor that is under way ends."""
        with self._news:
            self._has_ended = True
            self._news.notify_all()
        doctor = self._doctor
        if doctor is not None:
            doctor.kill()

    # ── for a browser ────────────────────────────────────────────────────────────────────────────────────

    def events(self) -> Iterator[bytes]:
        """What is new, and a beat each second. Ends with the page, and says why."""
        seen = dict.fromkeys(self._versions, -1)
        self._count(1)
        try:
            while (over := self.door.over(time.monotonic())) is None:
                with self._news:
                    self._news.wait_for(lambda: self._has_ended or seen != self._versions, BEAT_S)  # noqa: B023  (asked at once)
                    fresh = [(kind, self._content(kind)) for kind in seen if seen[kind] != self._versions[kind]]
                    seen = dict(self._versions)
                for kind, content in fresh:
                    yield _event(kind, content)
                yield _event("left", round(self.door.left_s(time.monotonic())))
            yield _event("over", over)
        finally:
            self._count(-1)

    def press(self, what: Press) -> str:
        """Have the gate do this; what came of it, a key of ``words``."""
        number = next(self._numbers)
        if not self._channel.send(Pressed(number=number, at=time.monotonic(), what=what)):
            return "no_answer"
        with self._news:
            self._news.wait_for(lambda: number in self._results, _ANSWER_WITHIN_S)
            return self._results.pop(number, "no_answer")

    def close(self) -> None:
        """The gate is told before the browser: what it did not come to by then, it does not do any more."""
        self.door.close(Over.ASKED)
        self._channel.send(Closed(why=Over.ASKED))

    def doctor(self) -> list[dict[str, str]] | None:
        """What doctor finds; None when it can't be known, or somebody else is asking."""
        if not self._looking.acquire(blocking=False):
            return None
        try:
            return [{**asdict(found), "level": str(found.level)} for found in check_up.read(self._looked())]
        except (OSError, ValueError, subprocess.SubprocessError):
            return None
        finally:
            self._looking.release()

    def settings(self) -> dict[str, Any]:
        """What the file and the environment say now. Raises SettingsError."""
        in_force = settings.load(self.start.config, self.start.state_dir)
        return {
            "file": str(self.start.config),
            "rows": [asdict(row) for row in form.rows(in_force, os.environ)],
        }

    def change(self, changes: dict[str, str]) -> dict[str, Any]:
        """The file with these changes: written, or to be copied where that can't be. Raises form.Mistakes, OSError."""
        config = self.start.config
        text = form.changed(config.read_text("utf-8"), changes, os.environ)
        try:
            form.write(config, text)
        except OSError as error:  # an installed gate's settings are root's
            return {"written": False, "why": str(error), "text": text}
        self._channel.send(Saved())
        return {"written": True, "kept": config.name + form.KEPT_BESIDE}

    def _looked(self) -> bytes:
        """What doctor printed. Raises OSError or SubprocessError (it took too long)."""
        command = check_up.doctor(self.start.config, self.start.state_dir)
        # Not our stdin, which is the socket to the gate: it would hear of our death when doctor has ended.
        with subprocess.Popen(command, stdin=subprocess.DEVNULL, stdout=subprocess.PIPE) as self._doctor:
            try:
                if self._has_ended:  # between the question and the start
                    self._doctor.kill()
                return self._doctor.communicate(timeout=check_up.WITHIN_S)[0]
            except BaseException:
                self._doctor.kill()
                raise

    def _count(self, more: int) -> None:
        with self._news:
            self.streams += more

    def _content(self, kind: str) -> Any:
        contents: dict[str, Callable[[], Any]] = {
            "gate": lambda: self._gate,
            "log": lambda: list(self._logged),
            "picture": lambda: self._picture,
        }
        return contents[kind]()


def _event(kind: str, content: Any) -> bytes:
    return f"event: {kind}\ndata: {json.dumps(content)}\n\n".encode("ascii")
