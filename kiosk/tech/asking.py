"""The command ``tech`` and the gate that runs: a socket in the state folder, for root and the gate's own user alone."""

from __future__ import annotations

import contextlib
import json
import logging
import os
import queue
import socket
import struct
import threading
from collections.abc import Callable, Iterator
from pathlib import Path
from typing import Any

FILE_NAME = "tech.sock"
_WORDS = frozenset({"open", "close"})
_LONGEST = 4096  # bytes
_ASKED_WITHIN_S = 2.0
_ANSWERED_WITHIN_S = 20.0  # a Pi starts Python from a worn card, and makes a key

log = logging.getLogger(__name__)


class Asking:
    """The gate's side. ``ask(word, answer)`` is called in a thread of its own, which waits for the answer."""

    def __init__(self, folder: Path, ask: Callable[[str, Callable[[dict[str, Any]], None]], None]) -> None:
        """A folder where there can be no socket is logged: the page then opens by the unlock input alone."""
        self._file = folder / FILE_NAME
        self._ask = ask
        self._socket = socket.socket(socket.AF_UNIX, socket.SOCK_SEQPACKET)
        try:
            self._file.unlink(missing_ok=True)
            with _short(self._file) as path:
                self._socket.bind(path)
            self._file.chmod(0o600)
            self._socket.listen(2)
        except OSError as error:
            log.warning("%s can't be made, so that the command tech finds no gate: %s", self._file, error)
            return
        threading.Thread(target=self._serve, name="tech command", daemon=True).start()

    def close(self) -> None:
        """Nobody is heard any more."""
        with contextlib.suppress(OSError):
            self._socket.shutdown(socket.SHUT_RDWR)
        self._socket.close()
        with contextlib.suppress(OSError):
            self._file.unlink(missing_ok=True)

    def _serve(self) -> None:
        while True:
            try:
                asker, _ = self._socket.accept()
            except OSError:
                return
            with asker, contextlib.suppress(OSError, ValueError):
                self._hear(asker)

    def _hear(self, asker: socket.socket) -> None:
        asker.settimeout(_ASKED_WITHIN_S)
        if _user_of(asker) not in {0, os.geteuid()}:
            return
        word = asker.recv(_LONGEST).decode("ascii")
        if word not in _WORDS:
            return
        answers: queue.SimpleQueue[dict[str, Any]] = queue.SimpleQueue()
        self._ask(word, answers.put)
        with contextlib.suppress(queue.Empty):
            asker.send(json.dumps(answers.get(timeout=_ANSWERED_WITHIN_S)).encode())


def ask(folder: Path, word: str) -> dict[str, Any] | None:
    """Ask the gate of this state folder; None when none runs that has a tech page. Raises PermissionError."""
    with socket.socket(socket.AF_UNIX, socket.SOCK_SEQPACKET) as asking:
        asking.settimeout(_ANSWERED_WITHIN_S + 1)
        try:
            with _short(folder / FILE_NAME) as path:
                asking.connect(path)
            asking.send(word.encode("ascii"))
            answer = json.loads(asking.recv(_LONGEST) or b"null")
        except (FileNotFoundError, ConnectionError, TimeoutError, ValueError):
            return None
    return answer if isinstance(answer, dict) else None


def _user_of(asker: socket.socket) -> int:
    """Whose process it is, as the kernel knows."""
    told = asker.getsockopt(socket.SOL_SOCKET, socket.SO_PEERCRED, struct.calcsize("3i"))
    return int(struct.unpack("3i", told)[1])


@contextlib.contextmanager
def _short(file: Path) -> Iterator[str]:
    """The same place in fewer characters: a socket's path has 107 at most."""
    folder = os.open(file.parent, os.O_PATH | os.O_DIRECTORY)
    try:
        yield f"/proc/self/fd/{folder}/{file.name}"
    finally:
        os.close(folder)
