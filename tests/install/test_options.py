"""What can be said to install.sh: mistakes are told before anything is looked at, and what was said is remembered."""

import subprocess

import pytest

from tests.install.bash import ENVIRONMENT, ROOT, sourced


@pytest.mark.parametrize(
    ("words", "what"),
    [
        (["--profil", "light"], "no option --profil"),
        (["--profile"], "--profile needs a value"),
        (["--profile", "--yes"], "--profile needs a value"),
        (["--profile", "barrier"], "no profile 'barrier'"),
        (["--server-only", "--profile", "light"], "without a gate"),
        (["--server-only", "--with-server"], "without a gate"),
        (["--server-only", "--screen"], "without a gate"),
        (["--purge"], "uninstall only"),
        (["--profile", "light", "--wifi-country", "France"], "no country"),
        (["--profile", "light", "--offline", "/nonexistent"], "no bundle"),
        (["--profile", "light", "--pairing-url", "file:///etc/shadow/pair"], "no pairing URL"),
        (["--profile", "light", "--pairing-url", "https://host/api/scan/TOKEN"], "no pairing URL"),
        (["--profile", "light", "--pairing-url", "https://host/a/pair\nhttps://evil/b/pair"], "no pairing URL"),
    ],
)
def test_what_is_wrong_is_told_with_what_it_means_and_what_to_do(words, what):
    done = subprocess.run([ROOT / "install.sh", *words], check=False, capture_output=True, text=True, env=ENVIRONMENT)
    assert done.returncode == 2
    assert what in done.stderr
    assert "nothing was changed" in done.stderr
    assert "--help" in done.stderr


def test_help_names_every_option_and_needs_no_root():
    told = subprocess.run([ROOT / "install.sh", "--help"], check=True, capture_output=True, text=True, env=ENVIRONMENT)
    source = (ROOT / "install" / "options.sh").read_text()
    options = {line.split(")")[0].strip() for line in source.splitlines() if line.strip().startswith("--")}
    assert len(options) >= 10
    assert [option for option in options if option.split(" ")[0] not in told.stdout] == []


def _recalled(folder, script):
    return sourced(f"ETC={folder}; OPT={folder}; {script}; echo $PROFILE $SERVER $READ_ONLY $SCREEN", check=False)


def test_a_run_without_options_is_what_the_last_one_was(tmp_path):
    (tmp_path / "installed").write_text("# words\nprofile=light\nserver=yes\nread_only=no\n")
    assert _recalled(tmp_path, "recall_options").stdout == "light yes no no\n"
    assert _recalled(tmp_path, "PROFILE=turnstile; recall_options").stdout == "turnstile yes no no\n"
    (tmp_path / "installed").write_text("profile=light\nserver=no\nread_only=no\nscreen=yes\n")
    assert _recalled(tmp_path, "recall_options").stdout == "light no no yes\n"


def test_what_is_remembered_is_read_as_words_and_never_run(tmp_path):
    (tmp_path / "installed").write_text("profile=light; touch /tmp/portillon-was-here\nprofile=light\n")
    assert _recalled(tmp_path, "recall_options").stdout == "light no no no\n"


def test_a_machine_that_nobody_said_anything_about_is_not_guessed_at(tmp_path):
    done = _recalled(tmp_path, "recall_options")
    assert done.returncode == 1
    assert "--profile turnstile" in done.stderr


def test_a_gate_does_not_become_a_server_under_its_turnstile(tmp_path):
    (tmp_path / "installed").write_text("profile=turnstile\nserver=no\nread_only=no\n")
    done = _recalled(tmp_path, "ONLY_SERVER=yes; recall_options")
    assert done.returncode == 1
    assert "uninstall" in done.stderr


def test_a_server_without_a_gate_has_no_screen(tmp_path):
    (tmp_path / "installed").write_text("profile=none\nserver=yes\nread_only=no\n")
    done = _recalled(tmp_path, "SCREEN=yes; recall_options")
    assert done.returncode == 2
    assert "without a gate" in done.stderr


def test_there_is_no_upgrade_of_what_is_not_there(tmp_path):
    done = _recalled(tmp_path, "COMMAND=upgrade; PROFILE=light; recall_options")
    assert done.returncode == 1
    assert "nothing to upgrade" in done.stderr
