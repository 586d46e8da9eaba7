"""A backup or key whose maker was killed: the half of it, with keys and names, does not stay; a whole one does."""

from __future__ import annotations

import os
import signal
import subprocess
import sys
from contextlib import contextmanager

import pytest

from api.operations import drafts
from api.tls import self_made

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

KEY_MAKER = """
import os, signal, sys
from pathlib import Path
from api.tls import self_made
setattr(os, sys.argv[2], lambda *args, **more: os.kill(os.getpid(), signal.SIGKILL))
self_made.kept(Path(sys.argv[1]), ["gate.example"])
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


def test_a_server_that_starts_takes_away_what_a_killed_one_was_making_for_a_download_and_not_what_is_made(
    serving, tmp_path
):
    with making("folder", tmp_path) as (killed, left), making("folder", tmp_path) as (_, in_the_making):
        killed.send_signal(signal.SIGKILL)
        killed.wait()
        serving()
        assert _names(tmp_path) == [_name(in_the_making)]
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


@pytest.mark.parametrize("killed_at", ["fsync", "link", "unlink"])
def test_of_a_key_whose_making_was_killed_no_copy_stays_and_one_that_has_its_name_does(tmp_path, killed_at):
    folder = tmp_path / "tls"
    words = [sys.executable, "-c", KEY_MAKER, str(folder), killed_at]
    assert subprocess.run(words, check=False).returncode == -signal.SIGKILL
    assert len(_names(folder)) == 1
    key = folder / self_made.KEY_FILE
    made = key.read_bytes() if key.exists() else None
    self_made.kept(folder, ["gate.example"])
    assert sorted(path.name for path in folder.iterdir()) == [self_made.CERTIFICATE_FILE, self_made.KEY_FILE]
    assert made in (None, key.read_bytes())
    assert (made is None) == (killed_at != "unlink")


def test_what_somebody_else_called_by_a_hidden_name_is_taken_away_by_no_backup_and_no_start(
    shell, serving, event, tmp_path
):
    """Names that begin as the backup's own or a download's, and end in eight letters; of the drafts', other kinds."""
    for folder in (".config-personal", ".download-settings", ".portillon-draft-of_mine_"):
        (tmp_path / folder).mkdir()
        (tmp_path / folder / "mine").write_text("mine")
    for file in (".config-20261128", ".portillon-download-of_mine_", ".portillon-draft-of-mine"):
        (tmp_path / file).write_text("mine")
    before = _names(tmp_path)
    shell.json("backup", tmp_path / "config")
    serving()
    assert _names(tmp_path) == before
    assert len(list(tmp_path.glob(".*/mine"))) == 3


@pytest.mark.parametrize("sweep", [drafts.sweep, drafts.sweep_downloads])
def test_a_pipe_of_a_drafts_name_holds_up_no_start(sweep, tmp_path):
    for kind in ("draft", "download"):
        os.mkfifo(tmp_path / f".portillon-{kind}-abcdefgh")
    assert sweep(tmp_path) == []
    assert len(_names(tmp_path)) == 2


def _name(path):
    return path.rpartition("/")[2]
