"""NetworkManager itself reads our keyfile as the card meant it, whatever name and password hold."""

from __future__ import annotations

import stat
import subprocess
from pathlib import Path

import pytest
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st

from kiosk.first_boot import keyfile
from kiosk.wifi_code import WifiCode

NASTY = [
    WifiCode(b"[ipv4]", "wpa", "12345678"),
    WifiCode("Théâtre à l'été".encode(), "wpa", " 2 spaces  at both ends  "),
    WifiCode(b"a;b=c#d\\n", "wpa", "\\n\\s\\t\\\\;#[x]="),
    WifiCode(b"12;34;", "sae", "="),
    WifiCode(b"0x41", "wpa", "\\sno space\\s", hidden=True),
    WifiCode(b"$HOME `id` ", "wpa", "%s{}$(reboot)"),
    WifiCode(b" ", "wpa", "0a" * 32),
    WifiCode(b"ouvert", "open"),
]


def lines(printed: bytes) -> list[str]:
    """In any order, without what libnm puts there for profiles of older versions."""
    return sorted(line for line in printed.decode().splitlines() if not line.startswith("addr-gen-mode="))


def as_read(text: bytes, environment: dict[str, str]) -> list[str]:
    """The file as libnm prints it again once it has read and verified it."""
    done = subprocess.run(
        ["nmcli", "--offline", "connection", "modify", "connection.autoconnect", "yes"],
        env=environment,
        input=text,
        capture_output=True,
        timeout=60,
        check=False,
    )
    assert done.returncode == 0, done.stderr
    return lines(done.stdout)


def as_meant(network: WifiCode, environment: dict[str, str]) -> list[str]:
    """The same network, made by nmcli from values that no file of ours came near."""
    security = {
        "open": [],
        "wpa": ["wifi-sec.key-mgmt", "wpa-psk", "wifi-sec.psk", network.secret],
        "sae": ["wifi-sec.key-mgmt", "sae", "wifi-sec.psk", network.secret],
    }[network.security]
    wanted = {
        "connection.uuid": keyfile.UUID,
        "connection.autoconnect-retries": "0",
        "ssid": network.ssid.decode(),
        "wifi.hidden": "yes" if network.hidden else "no",
        "wifi.powersave": "2",
    }
    values = [word for pair in wanted.items() for word in pair]
    done = subprocess.run(
        ["nmcli", "--offline", "connection", "add", "type", "wifi", "con-name", "portillon-wifi", *values, *security],
        env=environment,
        capture_output=True,
        timeout=60,
        check=False,
    )
    assert done.returncode == 0, done.stderr
    return lines(done.stdout)


@pytest.mark.parametrize("network", NASTY, ids=lambda network: network.security + network.ssid.hex())
def test_network_manager_reads_the_very_network_that_the_card_names(network: WifiCode, nmcli: dict[str, str]) -> None:
    assert as_read(keyfile.keyfile(network), nmcli) == as_meant(network, nmcli)


@settings(max_examples=40, deadline=None, suppress_health_check=[HealthCheck.function_scoped_fixture])
@given(
    st.text(st.characters(min_codepoint=32, max_codepoint=126), min_size=1, max_size=32),
    st.text(st.characters(min_codepoint=32, max_codepoint=126), min_size=8, max_size=63),
    st.booleans(),
)
def test_whatever_it_is_called_and_whatever_its_password(
    nmcli: dict[str, str], name: str, secret: str, hidden: bool
) -> None:
    network = WifiCode(name.encode(), "wpa", secret, hidden)
    assert as_read(keyfile.keyfile(network), nmcli) == as_meant(network, nmcli)


def test_a_name_that_is_no_text_is_read_byte_by_byte(nmcli: dict[str, str]) -> None:
    ssid = bytes([0, 10, 13, *range(91, 110), 200, 255])
    assert f"ssid={''.join(f'{byte};' for byte in ssid)}" in as_read(keyfile.keyfile(WifiCode(ssid, "open")), nmcli)


def test_the_file_may_be_read_by_its_owner_only_and_replaces_the_one_before(tmp_path: Path) -> None:
    keyfile.write(tmp_path, WifiCode(b"old", "open"))
    path = keyfile.write(tmp_path, WifiCode(b"new", "wpa", "12345678"))
    assert stat.S_IMODE(path.stat().st_mode) == 0o600
    assert [each.name for each in tmp_path.iterdir()] == [keyfile.FILE_NAME]
    assert path.read_bytes() == keyfile.keyfile(WifiCode(b"new", "wpa", "12345678"))
