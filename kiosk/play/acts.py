"""What the page's buttons do to the stage: the hand, the inputs, the ticket server."""

from __future__ import annotations

import threading
from pathlib import Path
from typing import Literal

from kiosk.demo.stage import Stage
from kiosk.play.board import Board
from kiosk.play.hand import Hand, Pose

Input = Literal["passage", "exit_request", "emergency", "unlock", "tamper"]

INPUTS: dict[Input, int] = {"passage": 5, "exit_request": 6, "emergency": 13, "unlock": 19, "tamper": 26}  # BCM
TOUCH_S = 0.3  # how long a passage sensor or a button is pressed


class Acts:
    """What the page may do to the stage. Its methods are called by the page's threads."""

    def __init__(self, stage: Stage, hand: Hand, board: Board, pressed: Path) -> None:
        self._stage = stage
        self._hand = hand
        self._board = board
        self._pressed = pressed
        self._lock = threading.Lock()  # the server is started and stopped by one at a time

    def hold(self, pose: Pose) -> None:
        """Hold something before the camera. Raises KeyError for what is not on the table."""
        self._hand.hold(pose)

    def touch(self, name: Input) -> None:
        """Press an input for a moment, as a turnstile's sensor or a finger does."""
        self.press(name, is_down=True)
        threading.Timer(TOUCH_S, self.press, (name,), {"is_down": False}).start()

    def press(self, name: Input, *, is_down: bool) -> None:
        """Press an input, or let it go."""
        file = self._pressed / name
        file.touch() if is_down else file.unlink(missing_ok=True)

    def serve(self, *, is_on: bool) -> None:
        """Start the ticket server, or stop it. Raises StageError when it does not start."""
        with self._lock:
            try:
                self._stage.start_server() if is_on else self._stage.stop_server()
            finally:
                self._board.is_there("server", self._stage.serves)
