"""portillon.toml is taken once, whole or not at all, also when the power is cut anywhere on the way."""

from __future__ import annotations

import itertools
import json
import os
import shutil
import stat
import tomllib
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from pathlib import Path
from typing import Any

import pytest

from kiosk import firmware, settings
from kiosk.__main__ import main
from kiosk.credentials import Credentials, CredentialStore
from kiosk.first_boot import handed, keyfile, kiosk_toml, report, taking
from kiosk.first_boot.taking import Outcome, Places, take
from kiosk.unlocking import Unlocking
from kiosk.wifi_code import WifiCode
from tests import needs

CONFIG = Path(__file__).parents[3] / "config"
PASSWORD = "correct horse; battery"
TOKEN = "NDVlNzFhM2YtYWFlYi00ODFm.LWE4YjQ_YTc2"
URL = f"https://tickets.example/api/scan/{TOKEN}/pair"
WHOLE = f"""
profile = "light"
pairing_url = "{URL}"
[wifi]
ssid = "Salle des fêtes"
password = "{PASSWORD}"
[gate]
relay = 12
pulse_ms = 450
normally_closed = ["passage"]
passage = 5
[screen]
languages = ["en"]
"""
PAIRED = Credentials(
    "https://a.example", "/api/scan", "key-of-the-gate", "d0000000-0000-4000-8000-000000000001", "Gate"
)


@pytest.fixture
def places(tmp_path: Path) -> Places:
    for name in ("boot", "etc", "connections", "state"):
        (tmp_path / name).mkdir(mode=0o700)
    shutil.copy(CONFIG / "kiosk.toml", tmp_path / "etc" / "kiosk.toml")
    return Places(
        tmp_path / "boot",
        tmp_path / "etc" / "kiosk.toml",
        CONFIG,
        tmp_path / "connections",
        tmp_path / "state",
        tmp_path / "boot" / "portillon-unlock",
    )


def put(places: Places, text: str | bytes) -> Path:
    file = places.boot / taking.FILE_NAME
    file.write_bytes(text.encode() if isinstance(text, str) else text)
    return file


def told(places: Places) -> str:
    return (places.boot / report.FILE_NAME).read_text("utf-8")


def kept(places: Places) -> tuple[bytes | None, bytes | None, bytes]:
    """Keyfile, pairing URL and settings as they are on disk."""
    files = places.connections / keyfile.FILE_NAME, places.state / handed.FILE_NAME
    network, url = (file.read_bytes() if file.exists() else None for file in files)
    return network, url, places.kiosk_toml.read_bytes()


def everything_on_the_card(places: Places) -> bytes:
    return b"".join(file.read_bytes() for file in places.boot.iterdir())


def test_wi_fi_settings_and_pairing_url_are_taken_and_the_file_is_emptied(places: Places) -> None:
    put(places, WHOLE)
    assert take(places) is Outcome.TAKEN
    network, url, _ = kept(places)
    assert network == keyfile.keyfile(WifiCode("Salle des fêtes".encode(), "wpa", PASSWORD))
    assert url == f"{URL}\n".encode()
    chosen = settings.load(places.kiosk_toml, environment={})
    assert (chosen.gate.profile, chosen.gate.relay, chosen.gate.pulse_ms) == ("light", 12, 450)
    assert (chosen.gate.normally_closed, chosen.screen.languages) == (("passage",), ("en",))
    assert tomllib.loads((places.boot / taking.FILE_NAME).read_text("utf-8")) == {}
    assert stat.S_IMODE((places.connections / keyfile.FILE_NAME).stat().st_mode) == 0o600
    assert stat.S_IMODE((places.state / handed.FILE_NAME).stat().st_mode) == 0o600


def test_no_secret_is_left_on_the_card_or_told_in_the_report(places: Places) -> None:
    put(places, WHOLE)
    take(places)
    left = everything_on_the_card(places)
    assert b"battery" not in left
    assert TOKEN.encode() not in left
    assert "Salle des fêtes" in told(places)
    assert "https://tickets.example" in told(places)
    assert "gate.pulse_ms = 450" in told(places)


def test_what_was_taken_is_not_taken_again_at_the_next_boot(places: Places) -> None:
    put(places, WHOLE)
    take(places)
    before, said = kept(places), told(places)
    (places.state / handed.FILE_NAME).unlink()
    assert take(places) is Outcome.NOTHING
    assert (kept(places)[0], kept(places)[1], told(places)) == (before[0], None, said)


def test_the_comments_of_the_settings_file_stay_for_the_next_tech(places: Places) -> None:
    put(places, "[gate]\npulse_ms = 450\n")
    take(places)
    template = (CONFIG / "kiosk.toml").read_text("utf-8")
    assert places.kiosk_toml.read_text("utf-8") == template.replace("# pulse_ms = 300\n", "pulse_ms = 450\n")


def test_a_settings_file_that_was_changed_by_hand_stays_as_it_is_and_the_report_says_so(places: Places) -> None:
    changed = places.kiosk_toml.read_text("utf-8").replace("relay = 17", "relay = 16")
    places.kiosk_toml.write_text(changed, "utf-8")
    put(places, WHOLE)
    assert take(places) is Outcome.TAKEN
    network, url, text = kept(places)
    assert (network is not None, url is not None, text.decode()) == (True, True, changed)
    assert "changed by hand" in told(places)
    assert "gate.relay = 12" in told(places)


@pytest.mark.parametrize("profile", ['profile = "light"', ""])
def test_settings_with_the_guest_screen_of_install_sh_are_no_change_by_hand_and_keep_it(
    places: Places, profile: str
) -> None:
    laid_down = kiosk_toml.with_settings(places.kiosk_toml.read_text(), {"screen": taking._SCREEN})
    places.kiosk_toml.write_text(laid_down)
    (places.boot / taking.FILE_NAME).write_text(f"{profile}\n[gate]\npulse_ms = 450\n")
    assert take(places) is Outcome.TAKEN
    chosen = settings.load(places.kiosk_toml, environment={})
    assert (chosen.gate.pulse_ms, chosen.screen.guest_port) == (450, 8021)
    assert "guest_port" not in (places.boot / report.FILE_NAME).read_text()


def test_pins_and_polarity_are_told_to_the_firmware_too_and_the_rest_of_its_file_stays(places: Places) -> None:
    config = places.boot / firmware.FILE_NAME
    laid_down = settings.load(places.kiosk_toml, environment={}).gate
    config.write_text(firmware.with_block("[pi5]\nusb_max_current_enable=1\n", laid_down))
    put(places, "[gate]\nactive_high = false\nrelay = 12\n")
    assert take(places) is Outcome.TAKEN
    chosen = settings.load(places.kiosk_toml, environment={}).gate
    assert "gpio=12=op,dh" in firmware.lines(chosen)
    assert config.read_text() == firmware.with_block("[pi5]\nusb_max_current_enable=1\n", chosen)


def test_a_config_txt_that_install_sh_never_wrote_to_stays_as_it_is(places: Places) -> None:
    config = places.boot / firmware.FILE_NAME
    config.write_bytes(b"caf\xe9=1\r\n")
    put(places, "[gate]\nactive_high = false\n")
    assert take(places) is Outcome.TAKEN
    assert config.read_bytes() == b"caf\xe9=1\r\n"


def test_a_link_that_the_gate_s_user_laid_gives_nobody_a_file_of_root_s(
    places: Places, monkeypatch: pytest.MonkeyPatch
) -> None:
    needs.root("gives files away")
    os.chown(places.state, 4321, 4321)
    another = places.boot / "another's"
    another.write_text("as it was")
    moved = Path.replace

    def and_then_a_link(draft: Path, target: Path) -> Path:
        there = moved(draft, target)
        if target.parent == places.state:  # as soon as it is there, and before it is given away
            target.unlink()
            target.symlink_to(another)
        return there

    monkeypatch.setattr(Path, "replace", and_then_a_link)
    put(places, f'pairing_url = "{URL}"\n[gate]\npulse_ms = 450\n')
    assert take(places) is Outcome.TAKEN
    assert (another.stat().st_uid, another.read_text()) == (os.getuid(), "as it was")


def test_the_gate_s_group_still_reads_the_settings_that_replace_the_old_ones(places: Places) -> None:
    needs.root("gives a file to a group it is not in")
    group = 4321
    os.chown(places.kiosk_toml, 0, group)
    places.kiosk_toml.chmod(0o640)
    put(places, WHOLE)
    take(places)
    after = places.kiosk_toml.stat()
    assert (after.st_uid, after.st_gid, after.st_mode & 0o777) == (0, group, 0o640)
    assert b"pulse_ms = 450" in places.kiosk_toml.read_bytes()


def test_what_was_taken_before_is_no_change_by_hand(places: Places) -> None:
    put(places, "[gate]\npulse_ms = 450\n")
    take(places)
    put(places, "[gate]\npulse_gap_ms = 2000\n")
    take(places)
    chosen = settings.load(places.kiosk_toml, environment={})
    assert (chosen.gate.pulse_ms, chosen.gate.pulse_gap_ms) == (450, 2000)


@pytest.mark.parametrize("key", [key for key, _ in settings.describe() if key.partition(".")[0] in {"gate", "camera"}])
def test_every_setting_has_one_place_in_the_file(key: str) -> None:
    section, _, name = key.partition(".")
    base = (CONFIG / "kiosk.toml").read_text("utf-8")
    text = kiosk_toml.with_settings(base, {section: {name: "x"}})
    assert tomllib.loads(text)[section][name] == "x"
    assert len(text.splitlines()) == len(base.splitlines())


@pytest.mark.parametrize("value", ["é\U0001f600\x7f\\\"'", 'a"\n[gate]\nrelay = 9', 0, 1.5, True, ["a", "b"], []])
def test_whatever_a_value_holds_it_stays_one_value(value: Any) -> None:
    base = '[gate]\nrelay = 17\n[screen]\ntty = "/dev/tty1"\n'
    read = tomllib.loads(kiosk_toml.with_settings(base, {"screen": {"tty": value}, "trace": {"file": value}}))
    assert read == {"gate": {"relay": 17}, "screen": {"tty": value}, "trace": {"file": value}}


# ── mistakes ─────────────────────────────────────────────────────────────────────────────────────────────────


def test_every_mistake_is_told_at_once_with_the_nearest_key_and_nothing_is_taken(places: Places) -> None:
    put(places, f'profil = "light"\npairing_url = "{URL}"\n[wifi]\nssd = "x"\npassword = "{PASSWORD}"\n')
    before = kept(places)
    assert take(places) is Outcome.MISTAKES
    assert kept(places) == before
    text = told(places)
    for words in (
        "did you mean profile?",
        "wifi.ssid: Field required",
        "wifi.ssd: no such setting; did you mean ssid?",
    ):
        assert words in text
    assert PASSWORD in (places.boot / taking.FILE_NAME).read_text("utf-8")


def test_mistakes_in_the_settings_are_those_that_config_check_tells(places: Places) -> None:
    put(places, "[gate]\nrelay = 4\npulsems = 300\n")
    assert take(places) is Outcome.MISTAKES
    assert "gate.relay: Input should be greater than or equal to 9" in told(places)
    assert "gate.pulsems: no such setting; did you mean gate.pulse_ms?" in told(places)


def test_mistakes_of_all_kinds_are_told_in_one_round(places: Places) -> None:
    put(places, 'pairing_url = "https://tickets.example/"\ngats = 1\n[wifi]\nssd = "x"\n[gate]\npulse_ms = 1\n')
    assert take(places) is Outcome.MISTAKES
    for words in ("pairing_url: copy it whole", "gats: no such setting", "wifi.ssd: no", "gate.pulse_ms: Input should"):
        assert words in told(places)


def test_settings_that_fit_a_file_changed_by_hand_are_no_mistake(places: Places) -> None:
    changed = places.kiosk_toml.read_text().replace("# passage = 5", "passage = 5")
    places.kiosk_toml.write_text(changed)
    put(places, '[gate]\nnormally_closed = ["passage"]\n')
    assert take(places) is Outcome.TAKEN
    assert "gate.normally_closed" in told(places)


def test_a_broken_file_changed_by_hand_keeps_nobody_from_wi_fi_and_pairing(places: Places) -> None:
    places.kiosk_toml.write_text("[gate\n")
    put(places, WHOLE)
    assert take(places) is Outcome.TAKEN
    assert kept(places)[0] is not None


@pytest.mark.parametrize("by_hand", [False, True], ids=["as shipped", "changed by hand"])
@pytest.mark.parametrize(
    "text",
    [
        f'[gate]\npulse_ms = 400\n# [wifi]\nssid = "x"\npassword = "{PASSWORD}"\n',
        f'[wifi]\nssid = "x"\npassword = "{PASSWORD * 9}"\n',
        f'[wifi]\nssid = "x"\nsecurity = "open"\npassword = "{PASSWORD}"\n',
        f'[wifi]\nssid = "x"\nsecurity = "{PASSWORD}"\n',
        f'[wifi]\nssid = ["{PASSWORD}"]\n',
        f'[wifi]\nssid = "x\\n[ipv4]"\npassword = "{PASSWORD}"\n',
        f'wifi = "{PASSWORD}"\n',
        f'[wifi]\nssid = "x"\npassword = {PASSWORD}\n',
        f'[wifi]\nssid = "x"\npassword = "{PASSWORD}\n',
        f'pairing_url = "http://example.org/api/scan/{TOKEN}/pair"\n',
        f'pairing_url = "{URL}?next={PASSWORD}"\n',
        f'pairing_url = ["{URL}"]\n',
    ],
)
def test_no_mistake_tells_a_secret(
    places: Places, text: str, by_hand: bool, capsys: pytest.CaptureFixture[str]
) -> None:
    if by_hand:
        places.kiosk_toml.write_text(places.kiosk_toml.read_text("utf-8") + "# by hand\n", "utf-8")
    put(places, text)
    before = kept(places)
    assert take(places) is Outcome.MISTAKES
    assert kept(places) == before
    for said in (told(places), *capsys.readouterr()):
        assert "battery" not in said
        assert TOKEN not in said


@pytest.mark.parametrize("content", [b"\xff\xfe\x00", b"= = =", b"x" * 100_000, b"[gate\n", bytes(range(256))])
def test_a_file_that_is_no_settings_file_is_reported_and_left(places: Places, content: bytes) -> None:
    file = put(places, content)
    assert take(places) is Outcome.MISTAKES
    assert file.read_bytes() == content


def test_a_file_as_windows_editors_write_it_is_read(places: Places) -> None:
    put(places, b'\xef\xbb\xbf[wifi]\r\nssid = "Salle"\r\npassword = "12345678"\r\n')
    assert take(places) is Outcome.TAKEN


@pytest.mark.parametrize("text", ["", "\n", "# nothing yet\n"])
def test_an_empty_file_is_nothing_to_take(places: Places, text: str) -> None:
    put(places, text)
    assert take(places) is Outcome.NOTHING
    assert not (places.boot / report.FILE_NAME).exists()


def test_without_network_manager_nothing_is_taken(places: Places) -> None:
    put(places, WHOLE)
    places.connections.rmdir()
    assert take(places) is Outcome.MISTAKES
    assert "there is no NetworkManager here" in told(places)


def test_the_example_file_takes_nothing_as_it_is_and_everything_when_its_lines_are_wanted(places: Places) -> None:
    example = (CONFIG / "portillon.toml").read_text("utf-8")
    put(places, example)
    assert take(places) is Outcome.NOTHING
    wanted = "\n".join(
        line.removeprefix("# ") if " = " in line or line.startswith("# [") else line for line in example.splitlines()
    )
    put(places, wanted)
    assert take(places) is Outcome.TAKEN, told(places)


# ── a gate in service ────────────────────────────────────────────────────────────────────────────────────────


def pair(places: Places) -> None:
    store = CredentialStore(places.state)
    store.save_pending(PAIRED)
    store.promote()


def test_a_paired_gate_takes_nothing_and_says_how_it_would(places: Places) -> None:
    pair(places)
    file = put(places, WHOLE)
    before = kept(places)
    assert take(places) is Outcome.LOCKED
    assert (kept(places), file.read_text("utf-8")) == (before, WHOLE)
    assert "portillon-unlock" in told(places)
    assert "battery" not in told(places)


def test_a_paired_gate_with_a_new_unlock_file_takes_it_and_with_a_used_one_does_not(places: Places) -> None:
    pair(places)
    put(places, WHOLE)
    places.unlock_file.touch()
    assert Unlocking(places.unlock_file, places.state).was_asked_for(0.0)
    assert take(places) is Outcome.LOCKED
    places.unlock_file.write_text("again")
    assert take(places) is Outcome.TAKEN


def test_taking_it_uses_the_unlock_file_up_for_nobody(places: Places) -> None:
    pair(places)
    put(places, WHOLE)
    places.unlock_file.touch()
    take(places)
    assert Unlocking(places.unlock_file, places.state).was_asked_for(0.0)


# ── power cuts ───────────────────────────────────────────────────────────────────────────────────────────────


class PowerCut(BaseException):
    """Everything after this moment does not happen."""


@contextmanager
def cut_after(steps: int) -> Iterator[None]:
    """The power goes right after the n-th fsync or rename."""
    left = itertools.count(steps, -1)

    def counted(real: Callable[..., None]) -> Callable[..., None]:
        def then(*arguments: Any, **options: Any) -> None:
            real(*arguments, **options)
            if next(left) == 1:
                raise PowerCut

        return then

    with pytest.MonkeyPatch.context() as patch:
        patch.setattr(os, "fsync", counted(os.fsync))
        patch.setattr(os, "replace", counted(os.replace))
        yield


def test_cut_anywhere_it_comes_to_the_same_end_at_the_next_boot(places: Places, tmp_path: Path) -> None:
    put(places, WHOLE)
    whole = tmp_path / "whole"
    shutil.copytree(tmp_path, whole, ignore=shutil.ignore_patterns("whole"))
    assert take(places) is Outcome.TAKEN
    end, said = kept(places), told(places)
    for steps in itertools.count(1):
        for name in ("boot", "etc", "connections", "state"):
            shutil.rmtree(tmp_path / name)
            shutil.copytree(whole / name, tmp_path / name)
        try:
            with cut_after(steps):
                take(places)
        except PowerCut:
            content = (places.boot / taking.FILE_NAME).read_bytes()
            if b"battery" not in content:  # never wiped before all of it was kept
                assert kept(places) == end
            take(places)
            assert (kept(places), told(places)) == (end, said), steps
            assert b"battery" not in everything_on_the_card(places), steps
            assert take(places) is Outcome.NOTHING
        else:
            break
    assert steps > 20  # eight files, each written, renamed and its folder synced


def test_a_wipe_that_was_cut_in_the_middle_is_ended_and_what_is_left_is_not_taken(places: Places) -> None:
    text = WHOLE + "#" * 2000 + f"\n[camera]\n# {PASSWORD}\nfps = 5\n"
    put(places, b"\n" * 512 + text.encode()[512:])
    before = kept(places)
    assert take(places) is Outcome.NOTHING
    assert kept(places) == before
    assert b"battery" not in everything_on_the_card(places)


def test_the_old_text_is_overwritten_where_it_lies_before_the_file_is_replaced(places: Places) -> None:
    file = put(places, WHOLE)
    with file.open("rb") as lies:
        take(places)
        assert lies.read().strip(b"\n") == b""


def test_a_partition_that_can_not_be_written_costs_nothing_and_takes_nothing(places: Places) -> None:
    put(places, WHOLE)
    (places.boot / f"{report.FILE_NAME}.new").mkdir()
    before = kept(places)
    with pytest.raises(OSError, match="directory"):
        take(places)
    assert kept(places) == before


def test_a_state_folder_that_is_missing_leaves_the_file_for_the_next_boot(places: Places) -> None:
    file = put(places, f'pairing_url = "{URL}"\n')
    places.state.rmdir()
    with pytest.raises(FileNotFoundError):
        take(places)
    assert URL in file.read_text("utf-8")


def test_on_the_card_no_mode_is_set_since_fat_refuses_it(places: Places, monkeypatch: pytest.MonkeyPatch) -> None:
    put(places, '[wifi]\nssid = "Salle"\n')
    real = os.fchmod

    def refused(fd: int, mode: int) -> None:
        if Path(f"/proc/self/fd/{fd}").readlink().is_relative_to(places.boot):
            raise PermissionError(1, "Operation not permitted")  # vfat, for any mode but its own
        real(fd, mode)

    monkeypatch.setattr(os, "fchmod", refused)
    assert take(places) is Outcome.TAKEN


# ── the command ──────────────────────────────────────────────────────────────────────────────────────────────


def command(places: Places) -> int:
    options = {"config": places.kiosk_toml, "state": places.state, "boot": places.boot, "templates": CONFIG}
    words = [word for name, value in options.items() for word in (f"--{name}", str(value))]
    return main(["first-boot", *words, "--connections", str(places.connections)])


def test_the_command_says_what_it_did_and_no_secret(places: Places, capsys: pytest.CaptureFixture[str]) -> None:
    put(places, WHOLE)
    assert command(places) == 0
    out, err = capsys.readouterr()
    assert ("was taken and emptied" in out, err) == (True, "")
    assert "battery" not in out
    assert command(places) == 0
    assert "nothing to take" in capsys.readouterr().out


def test_mistakes_do_not_keep_the_gate_from_starting(places: Places, capsys: pytest.CaptureFixture[str]) -> None:
    put(places, "nonsense")
    assert command(places) == 0
    assert report.FILE_NAME in capsys.readouterr().out


def test_a_disk_that_can_not_be_written_is_said_with_a_failure(
    places: Places, capsys: pytest.CaptureFixture[str]
) -> None:
    put(places, WHOLE)
    (places.boot / f"{report.FILE_NAME}.new").mkdir()
    assert command(places) == 1
    assert "directory" in capsys.readouterr().err


def test_the_record_of_what_was_written_does_not_grow_for_ever(places: Places) -> None:
    for pulse_ms in range(300, 330):
        put(places, f"[gate]\npulse_ms = {pulse_ms}\n")
        assert take(places) is Outcome.TAKEN
    assert len(json.loads((places.state / taking.RECORD).read_bytes())["kiosk_toml"]) == 20
