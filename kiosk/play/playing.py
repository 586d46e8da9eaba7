"""The play from start to end: folder, server, gate, hand and page; and what its buttons do."""

from __future__ import annotations

import signal
import sys
import tempfile
import threading
import webbrowser
from contextlib import ExitStack
from pathlib import Path
from types import FrameType
from typing import NoReturn

from kiosk.demo.stage import POLL_S, GateAtWork, Stage, StageError, free_port
from kiosk.play.acts import INPUTS, Acts
from kiosk.play.board import Board
from kiosk.play.hand import Hand
from kiosk.play.things import Thing, lay_out
from kiosk.play.web import Page

_KEPT_FRAMES = 100  # 10 s: who plays for hours fills no disk


def run(port: int, show: bool) -> int:
    """Play until Ctrl-C; 0, or 1 when something did not start. ``port`` 0: any; ``show``: open the browser."""
    _ended_by_signals()
    with tempfile.TemporaryDirectory(prefix="portillon-play-") as folder, ExitStack() as end:
        print("the server starts, the gate boots, the organiser makes tickets …", flush=True)
        try:
            page, gate, board = _set_up(Path(folder), port, end)
        except (StageError, OSError) as error:
            print(f"play: {error}", file=sys.stderr)
            return 1
        print(f"\n    {page.url}\n\nHold up the phone with the pairing code first. Ctrl-C ends it.", flush=True)
        if show:
            webbrowser.open(page.url)
        try:
            return _watch(gate, board)
        except (KeyboardInterrupt, SystemExit):
            return 0


def _set_up(folder: Path, port: int, end: ExitStack) -> tuple[Page, GateAtWork, Board]:
    stage = end.enter_context(Stage(folder))
    pressed = folder / "inputs"
    pressed.mkdir()
    stage.start_server()
    wiring: dict[str, object] = {"mock_inputs": str(pressed), **{str(name): pin for name, pin in INPUTS.items()}}
    guest_port = free_port()
    gate = stage.open_gate("front", {"gate": wiring, "screen": {"guest_port": guest_port, "theme": "dark"}})
    gate.street.kept = _KEPT_FRAMES
    board = Board()
    things: dict[str, Thing] = {thing.key: thing for thing in lay_out(stage)}
    hand = Hand(gate.street, things, board.picture)
    end.callback(hand.close)
    page = Page(port, Acts(stage, hand, board, pressed), board, things, guest_port)
    end.callback(page.close)
    gate.wait_until_it_looks()
    return page, gate, board


def _watch(gate: GateAtWork, board: Board) -> int:
    """Tell the board what the gate's trace says, until the gate ends; the exit code of the play."""
    told = 0
    pause = threading.Event()
    while True:
        lines = gate.lines()
        for line in lines[told:]:
            board.line(line)
        told = len(lines)
        try:
            gate.kiosk.check()
        except StageError as error:
            board.is_there("gate", False)
            print(f"play: {error}", file=sys.stderr)
            return 1
        pause.wait(POLL_S)


def _ended_by_signals() -> None:
    """SIGTERM and a closed terminal end the play as Ctrl-C does: through every ``finally``."""

    def end(number: int, _: FrameType | None) -> NoReturn:
        raise SystemExit(128 + number)

    for number in (signal.SIGTERM, signal.SIGHUP):
        signal.signal(number, end)
