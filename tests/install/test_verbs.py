"""The verbs of install.sh: told once, done once, undone whole."""

import signal
import subprocess

import pytest

from tests.install.bash import ENVIRONMENT, ROOT, sourced

# One of each verb that changes files, in a folder D.
VERBS = """
make_folder "$D/folder" 750 "$ME"
put_text "$D/text" 640 "$ME" <<<one
put_once "$D/source" "$D/once" 600 "$ME"
put_block "$D/config.txt" <<<dtparam=x
link target "$D/link"
remove "$D/old"
"""


@pytest.fixture
def folder(tmp_path):
    (tmp_path / "source").write_text("source\n")
    (tmp_path / "config.txt").write_text("[pi4]\narm_boost=1")  # no end of line, as people leave it
    (tmp_path / "old").mkdir()
    (tmp_path / "old" / "within").write_text("")
    (tmp_path / "link").symlink_to("source")
    return tmp_path


def _state(folder):
    return {
        str(path.relative_to(folder)): (
            path.lstat().st_mode,
            str(path.readlink()) if path.is_symlink() else path.read_text() if path.is_file() else None,
        )
        for path in sorted(folder.rglob("*"))
    }


def test_a_dry_run_prints_the_lines_of_the_real_run_and_touches_nothing(folder):
    before = _state(folder)
    dry = sourced(f"D={folder}; DRY=1; {VERBS}")
    assert _state(folder) == before
    real = sourced(f"D={folder}; {VERBS}")
    assert dry.stdout == real.stdout
    assert [line[0] for line in real.stdout.splitlines()] == ["+"] * 6
    assert (folder / "config.txt").read_text() == (
        "[pi4]\narm_boost=1\n# portillon: begin\ndtparam=x\n# portillon: end\n"
    )
    assert (folder / "text").stat().st_mode & 0o777 == 0o640
    assert str((folder / "link").readlink()) == "target"
    assert not (folder / "old").exists()


def test_a_second_run_says_nothing_and_changes_nothing(folder):
    sourced(f"D={folder}; {VERBS}")
    before = _state(folder)
    assert sourced(f"D={folder}; {VERBS}").stdout == ""
    assert _state(folder) == before


def test_what_a_step_began_is_undone_when_it_fails_and_told_in_three_sentences(folder):
    before = _state(folder)
    done = sourced(
        f"""
        D={folder}
        step_settings() {{ {VERBS.replace('remove "$D/old"', "")}
            false; }}
        step settings""",
        check=False,
    )
    assert done.returncode == 1
    assert _state(folder) == before
    assert "'Settings' failed: false" in done.stderr
    assert "undone" in done.stderr
    assert "then run this again" in done.stderr


def test_a_step_that_ended_well_stays_when_a_later_one_fails(folder):
    sourced(
        f"""
        step_account() {{ put_text {folder}/kept 600 "$ME" <<<kept; }}
        step_settings() {{ put_text {folder}/gone 600 "$ME" <<<gone; false; }}
        step account; step settings""",
        check=False,
    )
    assert (folder / "kept").read_text() == "kept\n"
    assert not (folder / "gone").exists()


@pytest.mark.parametrize("ending", [signal.SIGINT, signal.SIGTERM, signal.SIGHUP])
def test_an_interruption_undoes_the_step_that_it_meets(folder, ending):
    before = _state(folder)
    script = f"""
        . {ROOT}/install.sh; load_words "$HERE/install/words"; ME=$(id -un):$(id -gn); guard
        step_settings() {{ put_text {folder}/begun 600 "$ME" <<<x; echo there; read -r _ || true; read -r _; }}
        step settings"""
    process = subprocess.Popen(
        ["env", f"--default-signal={ending.name}", "bash", "-c", script],  # a shell traps no signal that nohup ignored
        stdin=subprocess.PIPE,
        stdout=subprocess.PIPE,
        stderr=subprocess.PIPE,
        text=True,
        env=ENVIRONMENT,
    )
    for line in process.stdout:
        if line == "there\n":
            break
    assert (folder / "begun").exists()
    process.send_signal(ending)
    _, errors = process.communicate(timeout=30)
    assert process.returncode == 1
    assert _state(folder) == before
    assert "interrupted" in errors


def test_one_thing_that_cannot_be_undone_keeps_no_other_from_it(folder):
    done = sourced(
        f"""
        step_settings() {{ put_text {folder}/begun 600 "$ME" <<<x; undo_by false; false; }}
        step settings""",
        check=False,
    )
    assert not (folder / "begun").exists()
    assert "could not be undone: false" in done.stderr


def test_a_block_is_replaced_where_it_stood_alone_and_taken_out_without_a_trace(folder):
    config = folder / "config.txt"
    config.write_text("a\n# portillon: begin\nold\n# portillon: end\nb\n")
    sourced(f"put_block {config} <<<new")
    assert config.read_text() == "a\nb\n# portillon: begin\nnew\n# portillon: end\n"
    sourced(f"put_block {config} </dev/null")
    assert config.read_text() == "a\nb\n"
    assert sourced(f"put_block {config} </dev/null").stdout == ""


def test_a_block_without_its_end_is_left_alone_and_told(folder):
    config = folder / "config.txt"
    config.write_text("a\n# portillon: begin\nold\nsomebody's\n")
    told = sourced(f"put_block {config} <<<new").stdout
    assert f"{config} has a line '# portillon: begin' without its end" in told
    assert config.read_text() == "a\n# portillon: begin\nold\nsomebody's\n# portillon: begin\nnew\n# portillon: end\n"
    assert "+ " not in sourced(f"put_block {config} <<<new").stdout
    sourced(f"put_block {config} </dev/null")
    assert config.read_text() == "a\n# portillon: begin\nold\nsomebody's\n"


def test_a_file_of_others_keeps_its_line_ends_where_there_is_no_block_to_take_out(folder):
    config = folder / "config.txt"
    config.write_bytes(b"a\r\nb\r\n")
    assert sourced(f"put_block {config} </dev/null").stdout == ""
    assert config.read_bytes() == b"a\r\nb\r\n"


def test_a_file_that_is_not_there_gets_no_empty_block(folder):
    assert sourced(f"put_block {folder}/absent </dev/null").stdout == ""
    assert not (folder / "absent").exists()


def test_settings_that_are_there_are_left_alone_whatever_is_in_them(folder):
    (folder / "once").write_text("")
    assert sourced(f'put_once {folder}/source {folder}/once 600 "$ME"').stdout == ""
    assert (folder / "once").read_text() == ""


def test_a_file_with_another_mode_is_put_right(folder):
    sourced(f'put_text {folder}/secret 600 "$ME" <<<x')
    (folder / "secret").chmod(0o644)
    assert sourced(f'put_text {folder}/secret 600 "$ME" <<<x').stdout == f"+ write {folder}/secret\n"
    assert (folder / "secret").stat().st_mode & 0o777 == 0o600


def test_names_with_blanks_and_quotes_are_undone_too(folder):
    odd = folder / 'it\'s a "file"'
    odd.write_text("before")
    sourced(
        f"""
        step_settings() {{ put_text '{folder}/it'"'"'s a "file"' 600 "$ME" <<<x; false; }}
        step settings""",
        check=False,
    )
    assert odd.read_text() == "before"
