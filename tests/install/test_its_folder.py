"""In the folder of the user portillon, here nobody, nothing is done as root: no link in it leads root astray."""

import shutil

from tests.install.bash import sourced

URL = "https://host/api/scan/SECRET/pair"


def _paired(state, **options):
    return sourced(f"STATE={state} ACCOUNT=nobody PAIRING_URL={URL} UNDO=() BROKEN=; step_pairing", **options)


def test_the_pairing_url_is_written_as_that_user_and_for_no_other(state):
    (state / "pairing-url.new").symlink_to(state.parent / "of-root")
    (state.parent / "of-root").touch(0o600)
    assert _paired(state, check=False).returncode == 1  # what that user may not write, it does not
    assert (state.parent / "of-root").read_text() == ""
    assert _paired(state).stdout == f"+ write {state}/pairing-url\n"
    written = state / "pairing-url"
    assert (written.read_text(), written.owner(), written.stat().st_mode & 0o777) == (f"{URL}\n", "nobody", 0o600)
    assert [path.name for path in state.iterdir()] == ["pairing-url"]
    assert _paired(state).stdout == ""


def test_where_the_folder_is_not_that_user_s_no_pairing_url_is_written(state):
    shutil.chown(state, "root")
    assert _paired(state, check=False).returncode == 1
    assert list(state.iterdir()) == []


def test_a_link_in_the_place_of_the_backups_gives_nobody_a_folder_of_root_s(state, tmp_path):
    victim = state.parent / "of-root"
    victim.mkdir(0o750)
    (state / "backups").symlink_to(victim)
    (tmp_path / "tickets.sqlite3").touch()
    (tmp_path / "api.toml").write_text(f'database = "sqlite:///{tmp_path}/tickets.sqlite3"\n')
    script = f"ETC={tmp_path} STATE={state} ACCOUNT=nobody SERVER=yes OLD=older VERSION=newer; try_before"
    assert sourced(script, check=False).returncode == 1
    assert (victim.owner(), victim.stat().st_mode & 0o777) == ("root", 0o750)
