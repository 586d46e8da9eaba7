"""The block of config.txt: install.sh writes what the gate writes at its first boot, and what doctor expects."""

import pytest

from kiosk import firmware, settings
from tests.install.bash import sourced

GATES = {
    "usual": "relay = 17\ngreen = 27\nbuzzer = 9\npassage = 5",
    "active low": "active_high = false\nrelay = 12\nexit_relay = 11\nready = 18",
    "lamps": 'profile = "light"\ngreen = 27\nred = 4',
}
FILES = {
    "empty": "",
    "without an end of line": "[pi4]\narm_boost=1",
    "with an older block in the middle": "a=1\n# portillon: begin\ngpio=17=op,dl\n# portillon: end\nb=2\n",
    "with the line ends of Windows": "a=1\r\n# portillon: begin\r\ngpio=17=op,dl\r\n# portillon: end\r\nb=2\r",
    "whose last mark was lost": "a=1\n# portillon: begin\ngpio=17=op,dl\ndtoverlay=imx519\n",
    "with a lost mark and a block": "# portillon: begin\nb=2\n# portillon: begin\ngpio=4=op,dh\n# portillon: end\n",
    "with a last mark alone": "a=1\n# portillon: end\nb=2\n",
}


@pytest.mark.parametrize("gate", GATES.values(), ids=GATES)
@pytest.mark.parametrize("before", FILES.values(), ids=FILES)
def test_install_sh_and_the_gate_write_the_very_same_block(tmp_path, gate, before):
    (tmp_path / "kiosk.toml").write_text(f"[gate]\n{gate}\n")
    (tmp_path / "config.txt").write_text(before, newline="")
    sourced(f'ETC={tmp_path}; firmware_lines | put_block "{tmp_path}/config.txt"')
    written = (tmp_path / "config.txt").read_bytes().decode()
    wiring = settings.load(tmp_path / "kiosk.toml", environment={}).gate
    assert firmware.with_block(before, wiring) == written
    assert firmware.block(written) == firmware.lines(wiring)


def test_a_file_without_a_block_has_none():
    assert firmware.block("dtparam=audio=on\n") is None


def _run(folder, script):
    """One run of install.sh on a Pi whose firmware is told of its pins, and that has not been started anew since."""
    (folder / "kiosk.toml").write_text(f"[gate]\n{GATES['usual']}\n")
    begun = f"ETC={folder} BOOT={folder} REBOOT_WANTED={folder}/wanted PROFILE=turnstile; step_services() {{ :; }}"
    script = f"{begun}; step_board() {{ boot_settings; }}; {script}; step board; step services; summary"
    return "sudo reboot" in sourced(script, check=False).stdout


def test_a_reboot_that_is_wanted_is_told_also_when_a_later_step_failed_in_between(tmp_path):
    (tmp_path / "config.txt").write_text("")
    assert not _run(tmp_path, "step_services() { false; }")
    assert _run(tmp_path, ":")
    assert _run(tmp_path, ":")
    (tmp_path / "wanted").unlink()  # as a boot does
    assert not _run(tmp_path, ":")


def test_no_reboot_is_wanted_for_what_was_undone_or_not_done(tmp_path):
    (tmp_path / "config.txt").write_text("")
    assert not _run(tmp_path, "step_board() { boot_settings; false; }")
    assert _run(tmp_path, "DRY=1")
    assert not (tmp_path / "wanted").exists()


@pytest.mark.parametrize("end", ["\n", "\r\n"], ids=["linux", "windows"])
def test_what_is_between_the_marks_is_replaced_and_what_is_around_them_stays_as_it_is(end):
    before = f"a=1{end}# portillon: begin{end}gpio=17=op,dl{end}# portillon: end{end}b=2{end}"
    after = firmware.with_block(before, settings.Gate(relay=12))
    assert after.startswith(f"a=1{end}b=2{end}# portillon: begin\n")
    assert "gpio=17" not in after


def test_a_lost_last_mark_costs_no_line_of_others_and_a_second_writing_changes_nothing():
    before = "# portillon: begin\ngpio=17=op,dl\ndtoverlay=imx519\nhdmi=2\n"
    assert firmware.block(before) is None
    after = firmware.with_block(before, settings.Gate(relay=12))
    assert after.startswith(before)
    assert firmware.block(after) == firmware.lines(settings.Gate(relay=12))
    assert firmware.with_block(after, settings.Gate(relay=12)) == after
