"""What the page's buttons do to a real ticket server: one at a time, and the page knows whether it is there."""

import json
from pathlib import Path

import pytest

from kiosk.demo.stage import Stage, StageError
from kiosk.play.acts import Acts
from kiosk.play.board import Board


def servers(folder):
    """The processes that serve this folder's tickets."""
    found = []
    for process in Path("/proc").glob("[0-9]*"):
        try:
            words = (process / "cmdline").read_bytes().decode().split("\0")
        except OSError:  # ended meanwhile
            continue
        if "serve" in words and str(folder / "api.toml") in words:
            found.append(process.name)
    return found


def is_there(board):
    """What a browser that comes now is told of the server."""
    return json.loads(next(board.events()).partition("data: ")[2])["server"]


@pytest.fixture
def board():
    return Board()


def test_a_server_that_is_started_twice_is_one_and_none_is_left_behind(tmp_path, board):
    with Stage(tmp_path) as stage:
        acts = Acts(stage, None, board, tmp_path)
        acts.serve(is_on=True)
        first = servers(tmp_path)
        acts.serve(is_on=True)
        assert servers(tmp_path) == first
        assert len(first) == 1
        assert is_there(board) is True
    assert servers(tmp_path) == []


def test_one_that_does_not_start_is_told_and_can_be_started_again(tmp_path, board):
    with Stage(tmp_path) as stage:
        acts = Acts(stage, None, board, tmp_path)
        good = (tmp_path / "api.toml").read_text()
        (tmp_path / "api.toml").write_text("databas = 1\n")
        with pytest.raises(StageError):
            acts.serve(is_on=True)
        assert is_there(board) is False
        (tmp_path / "api.toml").write_text(good)
        acts.serve(is_on=True)
        assert is_there(board) is True
        acts.serve(is_on=False)
        assert (is_there(board), servers(tmp_path)) == (False, [])
