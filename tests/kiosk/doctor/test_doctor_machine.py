"""What doctor reads of board, disk and units: files as the kernel and systemd write them, under a root of our own."""

import os
import sys

import pytest

from kiosk import firmware, settings
from kiosk.doctor import board, disk, units
from kiosk.last_resort import RECORD_FILE, Record

# proc_pid_mountinfo(5), of a Pi: a card; remounted after an error; as a hardened service sees it; under overlayroot.
CARD = "24 1 179:2 / / rw,noatime shared:1 - ext4 /dev/mmcblk0p2 rw\n"
WORN = "24 1 179:2 / / rw,noatime shared:1 - ext4 /dev/mmcblk0p2 ro\n"
HARDENED = "24 1 179:2 / / ro,noatime shared:1 - ext4 /dev/mmcblk0p2 rw\n"
OVERLAID = (
    "25 1 0:22 / / rw,relatime - overlay overlayroot rw,lowerdir=/media/root-ro,upperdir=/media/root-rw/overlay\n"
)
UNIT = """Id=portillon-kiosk.service
LoadState=loaded
ActiveState=active
UnitFileState=enabled
Result=success
NRestarts=0
WatchdogUSec=10s
"""


def put(root, path, content):
    file = root / path
    file.parent.mkdir(parents=True, exist_ok=True)
    file.write_text(content)


def told(findings):
    return [(each.check, str(each.level)) for each in findings]


@pytest.fixture
def root(tmp_path, monkeypatch):
    """A machine without anything, and without programs."""
    monkeypatch.setenv("PATH", str(tmp_path / "bin"))
    (tmp_path / "bin").mkdir()
    return tmp_path


def program(root, name, prints):
    """Another's program, that prints this."""
    file = root / "bin" / name
    file.write_text(f"#!{sys.executable}\nprint({prints!r}, end='')\n")
    file.chmod(0o755)


def test_the_versions_of_all_that_is_under_the_gate_are_told(root):
    put(root, "etc/os-release", 'NAME="Debian GNU/Linux"\nPRETTY_NAME="Debian GNU/Linux 13 (trixie)"\n')
    put(root, "proc/sys/kernel/osrelease", "6.12.47+rpt-rpi-2712\n")
    put(root, "proc/device-tree/model", "Raspberry Pi 5 Model B Rev 1.0\0")
    (finding,) = board.versions("en", root)
    assert "Debian GNU/Linux 13 (trixie); Linux 6.12.47+rpt-rpi-2712; Python 3." in finding.found
    assert finding.found.endswith("; Raspberry Pi 5 Model B Rev 1.0")


class TestBootPins:
    """The firmware's block against the settings: a stale one would switch a relay on at every power-on."""

    GATE = settings.Gate(relay=17, green=27)

    def told(self, root, gate, config):
        put(root, "boot/firmware/config.txt", config)
        return told(board.boot_pins(gate, "en", root))

    def test_a_block_of_these_settings_is_well(self, root):
        config = firmware.with_block("[all]\ndtparam=audio=on\n", self.GATE)
        assert self.told(root, self.GATE, config) == [("boot_pins", "ok")]
        assert self.told(root, self.GATE, config.replace("\n", "\r\n")) == [("boot_pins", "ok")]

    @pytest.mark.parametrize(
        "gate", [settings.Gate(relay=17, green=27, active_high=False), settings.Gate(relay=18, green=27)]
    )
    def test_one_of_another_polarity_or_other_pins_fails_and_so_does_none(self, root, gate):
        assert self.told(root, gate, firmware.with_block("", self.GATE)) == [("boot_pins", "fail")]
        assert self.told(root, gate, "dtparam=audio=on\n") == [("boot_pins", "fail")]

    def test_without_a_config_txt_or_on_mock_pins_the_firmware_has_no_say(self, root):
        assert list(board.boot_pins(self.GATE, "en", root)) == []
        assert self.told(root, settings.Gate(pins="mock", relay=17), "") == []


class TestPower:
    @pytest.mark.parametrize(
        ("printed", "levels", "words"),
        [
            ("throttled=0x0", ["ok"], "good since the start"),
            ("throttled=0x50000", ["warn", "warn"], "There was under-voltage"),
            ("throttled=0x50005", ["fail", "warn"], "Under-voltage now"),
            ("throttled=0xe0008", ["warn"], "slowed down now (soft temperature limit)"),
            ("throttled=0x20000", ["warn"], "slowed down since the start (frequency capped)"),
        ],
    )
    def test_the_firmwares_bits_are_told_for_now_and_for_the_time_since_the_start(self, root, printed, levels, words):
        program(root, "vcgencmd", f"{printed}\n")
        findings = list(board.power("en", root))
        assert [str(each.level) for each in findings] == levels
        assert words in " ".join(each.found for each in findings)

    @pytest.mark.parametrize("bus", ["soc/soc:firmware", "soc@107c000000/soc@107c000000:firmware"])
    def test_without_its_tool_the_kernels_copy_counts_which_has_no_prefix(self, root, bus):
        put(root, f"sys/devices/platform/{bus}/get_throttled", "50000\n")
        assert told(board.power("en", root)) == [("power", "warn"), ("power", "warn")]

    @pytest.mark.parametrize(("alarm", "level"), [("0\n", "ok"), ("1\n", "fail")])
    def test_without_both_the_kernels_own_alarm_counts(self, root, alarm, level):
        put(root, "sys/class/hwmon/hwmon0/name", "cpu_thermal\n")
        put(root, "sys/class/hwmon/hwmon1/name", "rpi_volt\n")
        put(root, "sys/class/hwmon/hwmon1/in0_lcrit_alarm", alarm)
        assert told(board.power("en", root)) == [("power", level)]

    def test_a_tool_that_prints_rubbish_is_like_none(self, root):
        program(root, "vcgencmd", "VCHI initialization failed\n")
        assert [each.found for each in board.power("en", root)] == ["This machine does not tell of its voltage"]

    def test_a_machine_that_has_none_of_it_is_no_fault(self, root):
        assert told(board.power("en", root)) == [("power", "ok")]


class TestTemperature:
    @pytest.mark.parametrize(("milli", "level", "shown"), [("61234", "ok", "60 °C"), ("79999", "ok", "80 °C")])
    def test_it_is_told_roughly_so_that_a_report_does_not_change_each_time(self, root, milli, level, shown):
        put(root, "sys/class/thermal/thermal_zone0/temp", f"{milli}\n")
        (finding,) = board.temperature("en", root)
        assert (str(finding.level), shown in finding.found) == (level, True)

    def test_from_80_degrees_in_any_zone_it_is_a_warning(self, root):
        put(root, "sys/class/thermal/thermal_zone0/temp", "45000\n")
        put(root, "sys/class/thermal/thermal_zone1/temp", "80000\n")
        assert told(board.temperature("en", root)) == [("temperature", "warn")]

    def test_a_machine_without_a_thermometer_is_no_fault(self, root):
        put(root, "sys/class/thermal/thermal_zone0/temp", "")
        assert told(board.temperature("en", root)) == [("temperature", "ok")]


class TestDisks:
    def look(self, root, mounts):
        put(root, "mountinfo", mounts)
        return [(str(each.level), each.found) for each in disk.disks(root, "en", root, root / "mountinfo")]

    def test_a_card_that_can_be_written_is_well(self, root):
        assert self.look(root, CARD) == [("ok", "ext4, for writing")]

    def test_a_service_whose_own_view_is_read_only_is_no_worn_card(self, root):
        assert self.look(root, HARDENED) == [("ok", "ext4, for writing")]

    def test_a_card_that_the_kernel_made_read_only_is_a_failure(self, root):
        ((level, found),) = self.look(root, WORN)
        assert (level, "/ is read-only" in found) == ("fail", True)

    def test_a_read_only_root_is_told_beside_a_good_data_partition(self, root):
        findings = self.look(root, WORN + f"30 24 179:3 / {root} rw - ext4 /dev/mmcblk0p3 rw\n")
        assert [level for level, _ in findings] == ["ok", "fail"]

    def test_an_overlaid_root_with_a_data_partition_is_well(self, root):
        data = f"30 25 179:3 /lib {root} rw,noatime - ext4 /dev/mmcblk0p3 rw\n"
        assert self.look(root, OVERLAID + data) == [
            ("ok", "The root is protected (overlay); the gate's state is on ext4")
        ]

    def test_state_that_is_lost_with_the_power_is_a_failure(self, root):
        ((level, found),) = self.look(root, OVERLAID)
        assert (level, "lost when the power goes" in found) == ("fail", True)

    def test_a_root_that_was_to_be_overlaid_and_is_not_is_a_warning(self, root):
        put(root, "etc/overlayroot.local.conf", 'overlayroot="tmpfs:recurse=0"\n')
        assert [level for level, _ in self.look(root, CARD)] == ["ok", "warn"]

    def test_errors_that_the_kernel_has_counted_are_told_with_their_device(self, root):
        put(root, "sys/fs/ext4/mmcblk0p2/errors_count", "0\n")
        put(root, "sys/fs/ext4/mmcblk0p3/errors_count", "3\n")
        assert self.look(root, CARD)[1] == ("warn", "3 file system error(s) on mmcblk0p3")

    def test_a_folder_with_a_space_in_its_name_is_found(self, root):
        place = root / "two words"
        place.mkdir()
        put(root, "mountinfo", CARD + f"30 24 0:40 / {root}/two\\040words rw - tmpfs tmpfs rw\n")
        assert told(disk.disks(place, "en", root, root / "mountinfo")) == [("disk", "fail")]


class TestUnits:
    def look(self, root, *blocks):
        program(root, "systemctl", "\n".join(blocks))
        return [(str(each.level), each.found) for each in units.units("en")]

    def test_a_unit_that_runs_is_well_and_one_that_is_not_installed_is_not_told(self, root):
        api = "Id=portillon-api.service\nLoadState=not-found\nActiveState=inactive\n"
        assert self.look(root, UNIT, api) == [("ok", "portillon-kiosk: active, 0 restart(s)")]

    @pytest.mark.parametrize(
        ("change", "level", "words"),
        [
            (("NRestarts=0", "NRestarts=7"), "warn", "started again 7 times"),
            (("ActiveState=active", "ActiveState=inactive"), "warn", "does not run"),
            (("ActiveState=active", "ActiveState=failed"), "fail", "failed (success)"),
            (("UnitFileState=enabled", "UnitFileState=disabled"), "warn", "does not start by itself"),
            (("WatchdogUSec=10s", "WatchdogUSec=0"), "warn", "without a watchdog"),
        ],
    )
    def test_what_is_amiss_is_told(self, root, change, level, words):
        assert any(level == each and words in found for each, found in self.look(root, UNIT.replace(*change)))

    def test_a_machine_without_systemd_is_no_fault(self, root):
        assert told(units.units("en")) == [("units", "ok")]

    def test_a_reboot_that_the_gate_asked_for_is_told_with_its_reason(self, root):
        record = Record(at="2036-05-04T12:00:00Z", is_sure=True, boot_id="b", boot_age_s=1, failures=5)
        (root / RECORD_FILE).write_text(record.model_dump_json())
        (finding,) = units.reboot(root, "en")
        assert (finding.level, "ended 5 times in a row" in finding.found) == ("warn", True)

    @pytest.mark.parametrize("content", [None, b"{}"])
    def test_without_a_record_that_makes_sense_nothing_is_said_of_reboots(self, root, content):
        if content is not None:
            (root / RECORD_FILE).write_bytes(content)
        assert list(units.reboot(root, "en")) == []


def test_a_program_that_hangs_or_fails_is_like_none(root, monkeypatch):
    from kiosk.doctor import asking  # noqa: PLC0415

    monkeypatch.setattr(asking, "WITHIN_S", 0.2)
    for body in ("import time; time.sleep(60)", "print('half'); raise SystemExit(1)"):
        (root / "bin" / "odd").write_text(f"#!{sys.executable}\n{body}\n")
        os.chmod(root / "bin" / "odd", 0o755)  # noqa: PTH101
        assert asking.ask("odd") is None
