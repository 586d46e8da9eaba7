"""`portillon-api device …` through real processes."""

from __future__ import annotations

import json
import re

import numpy as np
import pytest
import requests
import segno
import zxingcpp
from PIL import Image

from api import qr
from api.commands.address import base_url
from api.commands.console import CommandError
from api.settings import Server, Settings


def test_a_new_device_comes_with_the_documented_pairing_url(shell):
    device = shell.json("device", "add", "Gate 1", "--base-url", "https://tickets.example.org/")
    assert device["pairing_url"] == f"https://tickets.example.org/api/scan/{device['token']}/pair"
    assert device["name"] == "Gate 1"


def test_devices_are_listed_as_they_wait_are_paired_and_archived(shell, serving):
    server = serving()
    first, second = (shell.json("device", "add", name, "--base-url", server.base) for name in ("Gate 1", "Gate 2"))
    key = server.pair(first)
    shell.json("device", "archive", second["uuid"])
    states = {d["name"]: (d["claimed"], d["archived"]) for d in shell.json("device", "list")}
    assert states == {"Gate 1": (True, False), "Gate 2": (False, True)}
    assert shell.json("device", "archive", first["uuid"])["archived"] is True
    headers = {"Authorization": f"Api-Key {key}"}
    assert requests.get(f"{server.base}/api/scan/test_api/", headers=headers, timeout=60).status_code == 403


def test_a_device_for_one_event_says_so(shell, event):
    shell.json("device", "add", "Gate 1", "--base-url", "http://127.0.0.1:1", "--event", event["uuid"])
    assert shell.json("device", "list")[0]["event_uuids"] == [event["uuid"]]


def test_the_pairing_code_is_written_as_png_and_svg(shell, tmp_path):
    files = (tmp_path / "code.png", tmp_path / "code.svg")
    files[0].touch(0o644)
    device = shell.json("device", "add", "G", "--base-url", "http://127.0.0.1:1", "--png", files[0], "--svg", files[1])
    image = Image.open(files[0]).convert("L")
    assert zxingcpp.read_barcode(image).text == device["pairing_url"]
    assert image.crop((0, 0, image.width, 40)).getextrema() == (255, 255)
    assert files[1].read_bytes().startswith(b"<?xml")
    assert b"#fff" in files[1].read_bytes()
    assert {file.stat().st_mode & 0o777 for file in files} == {0o600}


def test_a_file_with_another_ending_is_asked_wrongly_and_no_device_is_added(shell, tmp_path):
    done = shell.run("device", "add", "G", "--base-url", "http://127.0.0.1:1", "--png", tmp_path / "code.jpg")
    assert done.returncode == 2
    assert shell.json("device", "list") == []


def test_the_pairing_code_in_a_terminal_can_be_read_by_a_camera(shell):
    done = shell.run(
        "device", "add", "Gate 1", "--base-url", "http://127.0.0.1:1", FORCE_COLOR="1", TERM="xterm-256color"
    )
    picture = [re.sub(r"\x1b\[[\d;]*m", "", line) for line in done.stdout.splitlines() if line.startswith("\x1b")]
    dark = {"█": (0, 0), "▀": (0, 255), "▄": (255, 0), " ": (255, 255)}
    rows = [[dark[c][half] for c in line] for line in picture for half in (0, 1)]
    gray = np.kron(np.array(rows, dtype=np.uint8), np.ones((8, 8), dtype=np.uint8))
    url = next(line for line in done.stdout.splitlines() if line.startswith("http"))
    assert zxingcpp.read_barcode(gray).text == url


def test_no_code_is_drawn_where_no_terminal_shows_it(shell):
    assert "█" not in shell.run("device", "add", "Gate 1", "--base-url", "http://127.0.0.1:1").stdout


@pytest.mark.parametrize("odd", ["example.org", "ftp://example.org", "https://", "https://h/?q=1"])
def test_an_odd_base_url_is_refused_and_no_device_is_added(shell, odd):
    done = shell.run("device", "add", "Gate", "--base-url", odd, "--json")
    assert done.returncode == 1
    assert "is no address" in json.loads(done.stderr)["error"]
    assert shell.json("device", "list") == []


def test_plain_http_over_the_internet_is_noted(shell):
    done = shell.run("device", "add", "Gate", "--base-url", "http://tickets.example.org", "--json")
    assert json.loads(done.stdout)["name"] == "Gate"
    assert "gates refuse plain HTTP" in done.stderr


def test_a_public_url_in_the_settings_needs_no_word():
    address = base_url(None, Settings(server=Server(public_url="https://tickets.example.org")))
    assert (address.url, address.note) == ("https://tickets.example.org", "")


def test_an_address_given_goes_before_the_settings():
    assert (
        base_url("https://a.example", Settings(server=Server(public_url="https://b.example"))).url
        == "https://a.example"
    )


def test_a_server_on_loopback_is_reached_from_this_machine_only_and_the_note_says_so():
    address = base_url(None, Settings(server=Server(host="127.0.0.1", port=8001)))
    assert address.url == "http://127.0.0.1:8001"
    assert "this very machine only" in address.note


def test_a_server_on_one_address_is_reached_there():
    assert base_url(None, Settings(server=Server(host="192.168.1.5", port=8001))).url == "http://192.168.1.5:8001"
    assert base_url(None, Settings(server=Server(host="fd00::5", port=8001))).url == "http://[fd00::5]:8001"


def test_a_server_on_every_network_gets_a_guess_that_is_called_one():
    try:
        address = base_url(None, Settings(server=Server(host="0.0.0.0", port=8001)))
    except CommandError as error:
        assert "--base-url" in error.do  # a machine without any network
    else:
        assert re.fullmatch(r"http://[\d.]+:8001", address.url)
        assert "guess" in address.note


def test_a_port_that_is_not_known_yet_has_to_be_told():
    with pytest.raises(CommandError) as caught:
        base_url(None, Settings(server=Server(port=0)))
    assert "--base-url" in caught.value.do


def test_the_terminal_picture_has_the_quiet_zone_on_all_sides():
    lines = qr.lines(segno.make_qr("x"))
    assert {len(line) for line in lines} == {29}  # version 1: 21 modules, and 4 on each side
    assert lines[0].strip() == lines[1].strip() == ""
    assert all(line.startswith("    ") and line.endswith("    ") for line in lines)
