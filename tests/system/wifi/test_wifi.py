"""Wi-Fi cards on the air: two radios that the kernel simulates, a real access point, NetworkManager and wpa_supplicant.

It runs in a User-Mode Linux of ``.ci/kernel``, in the Debian of ``.ci/wifi``; see ``inside.py``.
"""

import json
import os
import signal
import subprocess
from pathlib import Path

import pytest

from tests import needs

HERE = Path(__file__).parent
ROOT = HERE.parents[2]
LONGEST_S = 540  # half a minute for each card on a loaded machine, and a minute to start


def laid_out(*command):
    done = subprocess.run(command, cwd=ROOT, capture_output=True, text=True, timeout=1800, check=False)
    if done.returncode:
        needs.missing(done.stderr.strip())
    return done.stdout.strip()


@pytest.fixture(scope="module")
def told(tmp_path_factory):
    """What each card came to, by its name."""
    folder = tmp_path_factory.mktemp("wifi")
    kernel = laid_out(".ci/kernel", "tests/system/wifi/uml.config")
    debian = laid_out(".ci/wifi")
    (folder / "told").mkdir()
    disk = ["root=/dev/root", "rootfstype=hostfs", "rootflags=/", "rw"]
    machine = ["mem=512M", f"uml_dir={folder}", "con=null", "con0=null,fd:1", "quiet"]
    first = [f"init={HERE / 'init.sh'}", "--", debian, str(ROOT), "tests/system/wifi/inside.py", str(folder / "told")]
    with (
        (folder / "console").open("wb") as said,
        subprocess.Popen(
            [kernel, *disk, *machine, *first],
            stdin=subprocess.DEVNULL,
            stdout=said,
            stderr=said,
            start_new_session=True,
        ) as process,
    ):
        try:
            process.wait(LONGEST_S)
        except subprocess.TimeoutExpired:
            os.killpg(process.pid, signal.SIGKILL)
    console = (folder / "console").read_text("utf-8", "replace")
    lines = (folder / "told" / "lines").read_text("utf-8").splitlines() if (folder / "told" / "lines").exists() else []
    by_name = {line["what"]: line for line in map(json.loads, lines)}
    assert "end" in by_name, f"it did not come to its end; told {lines}, and last:\n{console[-6000:]}"
    return by_name


def test_the_right_card_joins_and_gets_an_address(told):
    joined = told["the right one"]
    assert joined["said"] == ["joining", "joined"]
    assert joined["address"].startswith("10.9.0.")
    assert joined["files"] == ["portillon-wifi.nmconnection"]


def test_a_wrong_password_is_called_that_and_nothing_of_it_is_kept(told):
    refused = told["another password"]
    assert refused["said"] == ["joining", "wrong_password"]
    assert refused["files"] == []


def test_a_network_that_is_not_on_the_air_is_called_not_found(told):
    assert told["another name"]["said"] == ["joining", "not_found"]
    assert told["another name"]["files"] == []


def test_a_wrong_card_does_not_cost_the_network_of_before(told):
    assert told["another password again"]["said"] == ["joining", "wrong_password"]
    assert told["back"]["secret_kept"]


@pytest.mark.parametrize(
    ("what", "network"),
    [("WPA on a card, WPA3 on the air", 1), ("SAE on a card", 2), ("hidden", 3), ("open", 4)],
)
def test_a_network_of_each_kind_is_joined(told, what, network):
    joined = told[what]
    assert joined["said"] == ["joining", "joined"]
    assert joined["address"].startswith(f"10.9.{network}.")
    assert joined["files"] == ["portillon-wifi.nmconnection"]


def test_a_wrong_password_of_wpa3_is_called_that(told):
    assert told["SAE on a card, another password"]["said"] == ["joining", "wrong_password"]


def test_where_nobody_gives_addresses_it_says_so(told):
    assert told["nobody gives addresses"]["said"] == ["joining", "no_address"]
