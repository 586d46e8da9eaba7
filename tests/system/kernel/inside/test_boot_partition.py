"""portillon.toml on a real FAT, as a Pi's boot partition is one: taken, wiped from the medium, and cut off anywhere."""

import itertools
import os
import shutil
import struct
import subprocess
from contextlib import contextmanager
from pathlib import Path

import pytest

from kiosk.first_boot import handed, keyfile, taking
from kiosk.first_boot.taking import Outcome, Places, take

CONFIG = Path(__file__).parents[4] / "config"
PASSWORD = b"correct-horse;battery"
TOKEN = b"NDVlNzFhM2YtYWFlYi00ODFm.LWE4YjQ_YTc2"
TEXT = b"""pairing_url = "https://tickets.example/api/scan/%s/pair"
[wifi]
ssid = "Salle"
password = "%s"
[gate]
pulse_ms = 450
""" % (TOKEN, PASSWORD)
SECTORS, FAT_SECTORS, ROOT_ENTRIES = 8192, 8, 512


def blank(image):
    """4 MiB, FAT12, laid out as Microsoft's "FAT: General Overview of On-Disk Format" says."""
    boot = struct.pack(
        "<3s8sHBHBHHBHHHII",
        b"\xeb\x3c\x90",
        b"PORTILLO",
        512,
        4,
        1,
        2,
        ROOT_ENTRIES,
        SECTORS,
        0xF8,
        FAT_SECTORS,
        1,
        1,
        0,
        0,
    )
    boot += struct.pack("<BBBI11s8s", 0x80, 0, 0x29, 1, b"bootfs     ", b"FAT12   ")
    fat = b"\xf8\xff\xff".ljust(512 * FAT_SECTORS, b"\0")
    content = boot.ljust(510, b"\0") + b"\x55\xaa" + 2 * fat
    image.write_bytes(content.ljust(512 * SECTORS, b"\0"))
    return image


@contextmanager
def mounted(image, folder):
    folder.mkdir(exist_ok=True)
    subprocess.run(["mount", "-t", "vfat", "-o", "loop", image, folder], check=True)
    try:
        yield folder
    finally:
        subprocess.run(["umount", folder], check=True)


@pytest.fixture
def image(tmp_path):
    return blank(tmp_path / "card")


@pytest.fixture
def places(tmp_path):
    """A new gate, with the boot partition where the card is mounted."""
    for name in ("etc", "connections", "state", "boot"):
        (tmp_path / name).mkdir(mode=0o700)
    shutil.copy(CONFIG / "kiosk.toml", tmp_path / "etc" / "kiosk.toml")
    settings = tmp_path / "etc" / "kiosk.toml"
    boot = tmp_path / "boot"
    return Places(boot, settings, CONFIG, tmp_path / "connections", tmp_path / "state", boot / "portillon-unlock")


def kept(places):
    files = places.connections / keyfile.FILE_NAME, places.state / handed.FILE_NAME, places.kiosk_toml
    return [file.read_bytes() for file in files if file.exists()]


def put(image, places):
    with mounted(image, places.boot):
        (places.boot / taking.FILE_NAME).write_bytes(TEXT)


def test_it_is_taken_and_not_a_byte_of_its_secrets_is_left_on_the_medium(image, places):
    put(image, places)
    assert PASSWORD in image.read_bytes()
    with mounted(image, places.boot):
        assert take(places) is Outcome.TAKEN
        names = sorted(file.name for file in places.boot.iterdir())
    assert names == ["portillon-report.txt", "portillon.toml"]
    assert len(kept(places)) == 3
    for secret in (PASSWORD, TOKEN):
        assert secret not in image.read_bytes()


class PowerCut(BaseException):
    """Everything after this moment does not happen."""


@contextmanager
def cut_after(steps, image, taken_out):
    """Right after the n-th fsync or rename the card is as ``taken_out``: what had not reached it never does."""
    left = itertools.count(steps, -1)

    def counted(real):
        def then(*arguments, **options):
            real(*arguments, **options)
            if next(left) == 1:
                shutil.copy(image, taken_out)
                raise PowerCut

        return then

    with pytest.MonkeyPatch.context() as patch:
        patch.setattr(os, "fsync", counted(os.fsync))
        patch.setattr(os, "replace", counted(os.replace))
        yield


def test_cut_off_anywhere_it_is_taken_to_the_same_end_by_the_next_boot(image, places, tmp_path):
    put(image, places)
    whole = image.read_bytes()
    with mounted(image, places.boot):
        take(places)
    end = kept(places)
    for steps in itertools.count(1):
        image.write_bytes(whole)
        for file in (*places.connections.iterdir(), *places.state.iterdir()):
            file.unlink()
        shutil.copy(CONFIG / "kiosk.toml", places.kiosk_toml)
        with mounted(image, places.boot):
            try:
                with cut_after(steps, image, tmp_path / "taken-out"):
                    take(places)
            except PowerCut:
                pass
            else:
                break
        with mounted(tmp_path / "taken-out", places.boot):
            take(places)
        assert kept(places) == end, steps
        for secret in (PASSWORD, TOKEN):
            assert secret not in (tmp_path / "taken-out").read_bytes(), steps
    assert steps > 15
