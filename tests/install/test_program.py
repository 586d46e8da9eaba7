"""What a version is made of, what of it apt gives, and what the firmware of a Pi is told."""

import re
import shutil
import tomllib

import pytest

from api import settings as server_settings
from kiosk import settings
from tests.install.bash import ROOT, sourced


def _requirements(text):
    return {match[1]: match[2].count("--hash=") for match in re.finditer(r"(?m)^([a-z0-9-]+)==((?:.|\n(?=\s))*)", text)}


def _pinned(setting):
    return _requirements(sourced(f"{setting}; pinned").stdout)


def test_a_server_takes_every_package_as_pinned_with_its_hashes():
    wanted = _requirements((ROOT / "requirements" / "runtime.txt").read_text())
    assert _pinned("PROFILE=none SERVER=yes") == wanted
    assert min(wanted.values()) >= 1


def test_a_gate_leaves_to_apt_what_its_camera_s_library_is_built_against(tmp_path):
    everything = set(_pinned("PROFILE=none"))
    assert everything - set(_pinned(f"PROFILE=light BOOT={tmp_path}")) == {"numpy"}
    (tmp_path / "config.txt").write_text("")
    assert everything - set(_pinned(f"PROFILE=light BOOT={tmp_path}")) == {"numpy", "lgpio"}


def test_a_version_is_named_by_its_number_what_is_in_it_its_python_and_its_kind(tmp_path):
    number = tomllib.loads((ROOT / "pyproject.toml").read_text())["project"]["version"]
    copied = tmp_path / "copy"
    sourced(f"copy_source {copied}")
    names = [sourced(f"HERE={copied}; PROFILE=light; version_here").stdout]
    assert re.fullmatch(rf"{re.escape(number)}-[0-9a-f]{{8}}-py3\.\d+-gate", names[0])
    assert sourced("PROFILE=light; version_here").stdout == names[0]  # whole, and where it lies does not matter
    with (copied / "kiosk" / "clock.py").open("a") as file:
        file.write("# another\n")
    names.append(sourced(f"HERE={copied}; PROFILE=light; version_here").stdout)
    names.append(sourced(f"HERE={copied}; PROFILE=none; version_here").stdout)
    assert len(set(names)) == 3


def test_a_version_carries_what_takes_it_away_again_and_what_first_boot_compares_with(tmp_path):
    sourced(f"copy_source {tmp_path}/copy")
    for path in ("install.sh", "install/uninstall.sh", "config/kiosk.toml", "systemd/portillon-kiosk.service"):
        assert (tmp_path / "copy" / path).read_bytes() == (ROOT / path).read_bytes()
    assert (tmp_path / "copy" / "install.sh").stat().st_mode & 0o111
    assert not list((tmp_path / "copy").rglob("*.pyc"))


def test_of_all_versions_the_running_one_and_the_one_before_it_stay_with_the_packages_that_they_are_built_on(tmp_path):
    built_on = {
        "0.1.0-a-py3.11-gate": "packages-1",
        "0.1.0-b-py3.11-gate": "packages-2",
        "0.1.0-c-py3.11-gate": "packages-3",
    }
    for name, packages in built_on.items():
        (tmp_path / name).mkdir()
        (tmp_path / packages).mkdir()
        (tmp_path / name / "complete").write_text(f"{packages}\n")
    (tmp_path / "root").mkdir()
    before, running = list(built_on)[1:]
    sourced(f"OPT={tmp_path}; tidy_versions {before} {running}")
    assert {path.name for path in tmp_path.iterdir()} == {before, running, "packages-2", "packages-3", "root"}
    sourced(f"OPT={tmp_path}; tidy_versions '' {running}")
    assert {path.name for path in tmp_path.iterdir()} == {running, "packages-3", "root"}


def test_the_tickets_of_before_a_version_that_is_gone_go_too_and_no_other_backup(state, tmp_path):
    running = "0.1.0-b-py3.11-gate"
    (state / "backups").mkdir()
    shutil.chown(state / "backups", "nobody")
    kept = {f"before-{running}.sqlite3", "portillon-20260101T050000Z.sqlite3"}
    gone = "before-0.1.0-a-py3.11-gate.sqlite3"
    begun = {f"before-{running}.sqlite3.new", f"{gone}.trial", f"{gone}.trial-wal"}  # by runs that were killed
    for name in {*kept, *begun, gone}:
        (state / "backups" / name).touch()
    sourced(f"OPT={tmp_path} STATE={state} ACCOUNT=nobody; tidy_versions '' {running}")
    assert {path.name for path in (state / "backups").iterdir()} == kept


# Each folder that goes while it counts as whole, and whether one counts as whole when it is synced.
TOLD = """
rm() { [ "$1" != -rf ] || find "${@: -1}" -name complete -printf "whole: %h\\n" 2>/dev/null || true; command rm "$@"; }
sync() { if [ -e "${@: -1}/complete" ]; then echo "synced whole"; else echo "synced"; fi; command sync "$@"; }
"""


def _version(folder, name):
    (folder / name).mkdir()
    (folder / name / "complete").write_text("packages-1\n")


def test_a_version_that_goes_counts_as_broken_off_before_anything_of_it_is_gone(tmp_path):
    _version(tmp_path, "packages-1")
    told = sourced(f"{TOLD} OPT={tmp_path}; tidy_versions").stdout.splitlines()
    assert told == ["synced", f"+ remove {tmp_path}/packages-1"]


def test_a_version_that_is_undone_counts_as_broken_off_before_anything_of_it_is_gone(tmp_path):
    made = f"anew {tmp_path}/1; : >{tmp_path}/1/complete; false"
    told = sourced(f"{TOLD} step_program() {{ {made}; }}; step program", check=False).stdout
    assert "whole" not in told
    assert not (tmp_path / "1").exists()


def test_an_uninstalled_version_counts_as_broken_off_before_anything_of_it_is_gone(tmp_path):
    _version(tmp_path, "packages-1")
    others = ("put_block", "take_back_screen", "take_back_overlay", "own_files")
    nothing_else = "runs_systemd() { false; };" + "".join(f"{name}() {{ :; }};" for name in others)
    told = sourced(f"{TOLD} {nothing_else} SYSTEM={tmp_path}/units OPT={tmp_path} step_remove").stdout
    assert "whole" not in told
    assert not (tmp_path / "packages-1").exists()


def test_packages_count_as_whole_only_when_all_of_them_are_on_the_disk(tmp_path):
    script = f"{TOLD} environment() {{ mkdir -p $1/bin; }}; quietly() {{ :; }}; scratch; make_packages {tmp_path}/1"
    assert sourced(script).stdout.splitlines()[1:] == ["synced", "synced whole"]
    assert (tmp_path / "1" / "complete").read_text() == "whole\n"


def _firmware(settings, folder):
    (folder / "kiosk.toml").write_text(settings)
    return sourced(f"ETC={folder}; PROFILE=turnstile; firmware_lines").stdout


def test_the_firmware_holds_every_output_of_the_settings_off(tmp_path):
    told = _firmware("[gate]\nrelay = 17\ngreen = 27\nbuzzer = 9\npassage = 5\n", tmp_path)
    assert re.findall(r"gpio=.*", told) == ["gpio=9=op,dl", "gpio=17=op,dl", "gpio=27=op,dl"]
    assert "dtparam=strict_gpiod\n" in told
    assert told.startswith("[all]\n")


def test_off_is_high_where_the_drivers_are_active_low(tmp_path):
    assert re.findall(r"gpio=.*", _firmware("[gate]\nactive_high = false\nrelay = 17\n", tmp_path)) == ["gpio=17=op,dh"]


def test_before_there_are_settings_the_pins_are_those_of_the_profile_s_template(tmp_path):
    template = tomllib.loads((ROOT / "config" / "kiosk-light.toml").read_text())["gate"]
    pins = sorted(template[name] for name in ("green", "red", "amber", "buzzer"))
    told = sourced(f"ETC={tmp_path}; PROFILE=light; firmware_lines").stdout
    assert [int(pin) for pin in re.findall(r"gpio=(\d+)=op,dl", told)] == pins


def test_settings_that_are_no_toml_stop_the_step_instead_of_leaving_the_pins_as_they_fall(tmp_path):
    (tmp_path / "kiosk.toml").write_text("[gate\n")
    (tmp_path / "config.txt").write_text("before\n")
    done = sourced(f"ETC={tmp_path}; BOOT={tmp_path}; PROFILE=light; boot_settings", check=False)
    assert done.returncode == 1
    assert (tmp_path / "config.txt").read_text() == "before\n"


@pytest.mark.parametrize("name", ["portillon-kiosk.service", "portillon-api.service"])
def test_no_clock_and_no_network_keep_a_unit_waiting(name):
    unit = (ROOT / "systemd" / name).read_text()
    after = " ".join(re.findall(r"(?m)^(?:After|Requires|BindsTo)=(.*)$", unit))
    assert "time-sync.target" not in after
    assert name != "portillon-kiosk.service" or "network-online.target" not in after


def test_the_bundle_is_never_laid_over_another_and_only_for_systems_it_knows(tmp_path):
    script = f"{ROOT}/install/bundle.sh"
    done = sourced(f"bash {script} trixie aarch64 {tmp_path}", check=False, guarded=False)
    assert done.returncode == 1
    assert "there already" in done.stderr
    done = sourced(f"bash {script} buster aarch64 {tmp_path}/new", check=False, guarded=False)
    assert done.returncode == 2
    assert not (tmp_path / "new").exists()
    shutil.rmtree(tmp_path)


def test_what_is_to_last_is_mounted_from_the_data_partition_and_nothing_else(tmp_path):
    fstab = tmp_path / "fstab"
    fstab.write_text("LABEL=rootfs / ext4 defaults 0 1\n")
    script = f'FSTAB={fstab} DATA=/data; lines=$(data_fstab); put_block "$FSTAB" <<<"$lines"'
    sourced(script)
    parsed = sourced(f"findmnt --fstab --tab-file {fstab} --raw --noheadings --output TARGET,SOURCE,FSTYPE").stdout
    mounts = dict(line.split(" ", 1) for line in parsed.splitlines())
    assert mounts.pop("/") == "LABEL=rootfs ext4"
    assert mounts.pop("/data") == "LABEL=portillon-data ext4"
    assert mounts.pop("/etc/portillon") == "/data/etc/portillon none"
    assert mounts.pop("/var/lib/portillon") == "/data/var/lib/portillon none"
    assert set(mounts) <= {"/etc/NetworkManager/system-connections"}
    assert sourced(script).stdout == ""


def test_without_a_data_partition_nothing_is_made_read_only_and_the_way_to_one_is_told(tmp_path):
    done = sourced(f"FSTAB={tmp_path}/fstab DATA={tmp_path}/data LABEL=no-such; step_read_only", check=False)
    assert done.returncode == 1
    assert "no partition labelled no-such" in done.stderr
    assert "operations.md" in done.stderr
    assert not (tmp_path / "data").exists()


@pytest.mark.parametrize(
    ("database", "file"),
    [
        ("sqlite:///{there}", True),
        ("{there}", True),
        ("sqlite:///{there}.absent", False),
        ("{there}.absent", False),
        ("postgresql://u:p@host/name", False),
    ],
)
def test_the_trial_on_a_copy_is_for_a_database_in_a_file_that_is_there(database, file, tmp_path):
    (tmp_path / "tickets.sqlite3").write_text("")
    (tmp_path / "api.toml").write_text(f'database = "{database.format(there=tmp_path / "tickets.sqlite3")}"\n')
    assert _is_tried(tmp_path) is file


def test_settings_that_leave_the_database_out_mean_the_server_s_own_file(tmp_path):
    (tmp_path / "api.toml").write_text("[server]\nport = 8000\n")
    assert _is_tried(tmp_path) is False
    (tmp_path / "tickets.sqlite3").write_text("")
    assert _is_tried(tmp_path) is True
    assert server_settings.Settings().database == sourced('printf %s "sqlite:///$STATE/tickets.sqlite3"').stdout


def _is_tried(folder):
    return sourced(f"ETC={folder} STATE={folder}; if database_is_file; then echo yes; fi").stdout == "yes\n"


def test_the_firmware_knows_every_output_that_the_settings_know():
    named = re.search(r"for name in ([a-z_ ]+); do\n\s+pin=", (ROOT / "install" / "board.sh").read_text())
    assert tuple(named[1].split()) == settings.OUTPUTS
