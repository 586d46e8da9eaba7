"""`portillon-api config …`, and what the shell says when it is asked wrongly, through real processes."""

from __future__ import annotations

import json
import tomllib
from pathlib import Path

import pytest

ROOT = Path(__file__).parents[3]


def test_three_mistakes_are_told_at_once_each_with_the_nearest_key(shell, tmp_path):
    file = tmp_path / "odd.toml"
    file.write_text('databse = "x"\n[server]\nprot = 1\n[log]\nlevel = "warn"\n')
    done = shell.run("config", "check", file)
    assert done.returncode == 2
    assert "3 mistakes" in done.stderr
    assert "did you mean database?" in done.stderr
    assert "did you mean server.port?" in done.stderr
    assert "did you mean 'warning'?" in done.stderr


def test_mistakes_are_json_when_json_was_asked_for(shell, tmp_path):
    (tmp_path / "odd.toml").write_text("[server]\nprot = 1\n")
    done = shell.run("config", "check", tmp_path / "odd.toml", "--json")
    assert json.loads(done.stderr)["mistakes"] == ["server.prot: no such setting; did you mean server.port?"]


def test_the_shipped_file_has_no_mistakes(shell):
    done = shell.run("config", "check", ROOT / "config" / "api.toml")
    assert (done.returncode, done.stderr) == (0, "")


def test_a_file_is_checked_without_the_environment(shell):
    done = shell.run("config", "check", ROOT / "config" / "api.toml", PORTILLON_API__SERVER__PORT="many")
    assert done.returncode == 0


def test_what_is_shown_is_toml_with_file_environment_and_command_line_together(shell):
    (shell.folder / "api.toml").write_text('[organisation]\nname = "La « Raffinerie »"\n')
    done = shell.run("config", "show", PORTILLON_API__SERVER__PORT="8080")
    shown = tomllib.loads(done.stdout)
    assert shown["organisation"]["name"] == "La « Raffinerie »"
    assert shown["server"]["port"] == 8080
    assert shown["database"] == shell.database


def test_the_database_password_is_never_shown(shell):
    done = shell.run("config", "show", "--database", "postgresql://portillon:hunter2@db/tickets")
    assert "hunter2" not in done.stdout
    assert "***" in done.stdout


def test_a_wrong_environment_is_told_by_its_key(shell):
    done = shell.run("event", "list", PORTILLON_API__SERVER__PROT="8080")
    assert done.returncode == 2
    assert "did you mean server.port?" in done.stderr


@pytest.mark.parametrize(
    "words", [(), ("ticket",), ("ticket", "eat"), ("device", "archive", "no-uuid"), ("--port", "x")]
)
def test_what_is_asked_wrongly_ends_with_2_and_json_on_standard_error(shell, words):
    done = shell.run("--json", *words)
    assert done.returncode == 2
    assert "error" in json.loads(done.stderr)
    assert done.stdout == ""


def test_a_database_in_a_missing_folder_says_what_to_do(shell):
    done = shell.run("event", "list", "--database", "sqlite:////nowhere/at/all.sqlite3")
    assert done.returncode == 1
    assert "see that its folder exists" in done.stderr


def test_a_file_that_is_no_database_is_refused_and_left_as_it_is(shell, tmp_path):
    (tmp_path / "tickets.sqlite3").write_bytes(b"these are my holiday notes" * 100)
    done = shell.run("event", "list")
    assert done.returncode == 1
    assert "can't be used" in done.stderr
    assert (tmp_path / "tickets.sqlite3").read_bytes().startswith(b"these are my holiday notes")


def test_the_version_is_told(shell):
    assert shell.run("--version").stdout.startswith("portillon ")
