"""A person at a terminal: the plan first, then the question, and nothing of the plan is left in a file."""

import os
import pty

import pytest

from tests.install.bash import sourced


@pytest.fixture
def at_terminal(tmp_path):
    """Run a script with a terminal on its stdin, at which somebody types this word; its temporary files in tmp_path."""
    ours, theirs = pty.openpty()

    def run(script, types):
        os.write(ours, types.encode() + b"\n")
        return sourced(f"export TMPDIR={tmp_path}; {script}", stdin=theirs, check=False)

    yield run
    os.close(ours)
    os.close(theirs)


PLAN = 'install_all() { put_text "$TMPDIR/wanted" 600 "$ME" <<<SECRET; }'


def test_what_is_agreed_to_is_what_the_plan_said(at_terminal, tmp_path):
    done = at_terminal(f"{PLAN}; agreed && echo agreed", "yes")
    assert done.stdout == f"+ write {tmp_path}/wanted\nMake these changes? [y/N]\nagreed\n"
    assert at_terminal(f"{PLAN}; agreed", "no").returncode == 1


def test_no_file_of_the_plan_is_left_behind(at_terminal, tmp_path):
    at_terminal(f"{PLAN}; agreed || true", "no")
    assert list(tmp_path.rglob("*")) == []


def test_a_dry_run_asks_nothing(at_terminal):
    done = at_terminal(f"{PLAN}; DRY=1; agreed && echo goes on", "no")
    assert done.stdout == "goes on\n"


def test_a_plan_that_can_not_be_made_is_not_asked_about(at_terminal):
    done = at_terminal("install_all() { fail no_profile; }; if agreed; then echo goes on; fi", "yes")
    assert "What is this machine to be?" in done.stderr
    assert done.stdout == ""
