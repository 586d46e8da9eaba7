"""A backup whose maker was killed: the half of it, which holds keys and names, does not stay; one that is made does."""

from __future__ import annotations

import signal
import subprocess
import sys
from contextlib import contextmanager

import pytest

MAKER = """
import sys
from pathlib import Path
from api.operations import drafts
with getattr(drafts, sys.argv[1])(Path(sys.argv[2])) as draft:
    (draft / "keys" if draft.is_dir() else draft).write_text("half of it")
    if draft.is_file():
        draft.with_name(draft.name + "-journal").write_text("more of it")
    print(draft, flush=True)
    sys.stdin.read()
"""


@contextmanager
def making(kind, where):
    """A process in the middle of a backup; its draft's name. ``kind``: a function of api.operations.drafts."""
    words = [sys.executable, "-c", MAKER, kind, str(where)]
    with subprocess.Popen(words, stdin=subprocess.PIPE, stdout=subprocess.PIPE, text=True) as process:
        try:
            yield process, process.stdout.readline().strip()
        finally:
            process.kill()


def _names(folder):
    return sorted(path.name for path in folder.iterdir() if path.name.startswith("."))


def test_a_server_that_starts_takes_away_what_a_killed_one_was_making_for_a_download_and_nothing_else(
    serving, tmp_path
):
    (tmp_path / ".download-of-mine").write_text("not of that name")
    with making("folder", tmp_path) as (killed, left), making("folder", tmp_path) as (_, in_the_making):
        killed.send_signal(signal.SIGKILL)
        killed.wait()
        serving()
        assert _names(tmp_path) == sorted([".download-of-mine", _name(in_the_making)])
        assert _name(left) != _name(in_the_making)


@pytest.mark.parametrize("word", [signal.SIGKILL, signal.SIGSTOP], ids=["was killed", "is still at it"])
def test_a_backup_takes_away_the_half_of_one_that_was_killed_and_not_of_one_that_is_made(shell, event, tmp_path, word):
    folder = tmp_path / "kept"
    folder.mkdir()
    with making("file", folder / "portillon-20261128T050000Z.sqlite3") as (process, draft):
        process.send_signal(word)
        if word == signal.SIGKILL:
            process.wait()
        assert len(_names(folder)) == 2
        shell.json("backup", folder)
        assert _names(folder) == ([] if word == signal.SIGKILL else sorted([_name(draft), f"{_name(draft)}-journal"]))
        assert len(list(folder.glob("portillon-*.sqlite3"))) == 1


def _name(path):
    return path.rpartition("/")[2]
