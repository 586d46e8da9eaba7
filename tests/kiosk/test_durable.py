"""Small files that are there whole, the old one or the new one, whatever happens while they are written."""

import os
import resource
import signal
import stat
import subprocess
import sys

import pytest

from kiosk import durable
from tests import processes


def drafts(folder):
    return [path.name for path in folder.iterdir() if path.name.endswith(".new")]


def test_what_is_written_is_there_for_its_owner_only(tmp_path):
    durable.write(tmp_path / "key", b"secret")
    assert (tmp_path / "key").read_bytes() == b"secret"
    assert stat.S_IMODE((tmp_path / "key").stat().st_mode) == 0o600
    assert drafts(tmp_path) == []


def test_the_mode_is_as_asked_whatever_the_umask_and_the_old_file_s_mode(tmp_path):
    path = tmp_path / "key"
    path.write_bytes(b"old")
    path.chmod(0o644)
    before = os.umask(0o077)
    try:
        durable.write(path, b"new", mode=0o640)
    finally:
        os.umask(before)
    assert stat.S_IMODE(path.stat().st_mode) == 0o640


def test_a_full_disk_keeps_the_old_file_whole_and_leaves_no_draft(tmp_path):
    path = tmp_path / "key"
    durable.write(path, b"old")
    limits = resource.getrlimit(resource.RLIMIT_FSIZE)
    resource.setrlimit(resource.RLIMIT_FSIZE, (100, limits[1]))  # Python ignores SIGXFSZ: a write says EFBIG
    try:
        with pytest.raises(OSError, match="File too large"):
            durable.write(path, bytes(200))
    finally:
        resource.setrlimit(resource.RLIMIT_FSIZE, limits)
    assert path.read_bytes() == b"old"
    assert drafts(tmp_path) == []


def test_a_draft_that_a_power_cut_left_is_no_obstacle(tmp_path):
    (tmp_path / ".key.new").write_bytes(b"half a dra")
    durable.write(tmp_path / "key", b"x")
    assert (tmp_path / "key").read_bytes() == b"x"
    assert drafts(tmp_path) == []


def test_a_link_in_the_draft_s_place_is_not_followed(tmp_path):
    """Root writes into the folder of the gate's user, who may have laid one to a file of root's."""
    another = tmp_path / "another's"
    another.write_bytes(b"as it was")
    (tmp_path / ".key.new").symlink_to(another)
    durable.write(tmp_path / "key", b"x")
    assert (another.read_bytes(), (tmp_path / "key").read_bytes()) == (b"as it was", b"x")
    assert not (tmp_path / "key").is_symlink()


def test_killed_at_any_moment_of_writing_one_whole_content_is_there(tmp_path):
    path = tmp_path / "key"
    contents = [letter * 200_000 for letter in (b"a", b"b")]
    durable.write(path, contents[0])
    program = (
        "import sys, itertools, pathlib\nfrom kiosk import durable\nprint('begun', flush=True)\n"
        "for letter in itertools.cycle((b'a', b'b')): durable.write(pathlib.Path(sys.argv[1]), letter * 200_000)"
    )
    for _ in range(5):
        with processes.running([sys.executable, "-c", program, str(path)], stdout=subprocess.PIPE) as writer:
            assert processes.first_line(writer) == b"begun\n"
            inode = path.stat().st_ino
            while path.stat().st_ino == inode and writer.poll() is None:
                pass  # until it has replaced the file at least once
            writer.send_signal(signal.SIGKILL)
            assert writer.wait(30) == -signal.SIGKILL
        assert path.read_bytes() in contents


def test_moving_replaces_the_target_and_removing_what_is_gone_is_fine(tmp_path):
    source, target = tmp_path / "pending", tmp_path / "key"
    source.write_bytes(b"new")
    target.write_bytes(b"old")
    durable.move(source, target)
    assert target.read_bytes() == b"new"
    assert not source.exists()
    durable.remove(target)
    durable.remove(target)
    assert list(tmp_path.iterdir()) == []
