"""doctor bundle: secrets are put everywhere, and none is in the archive; half an archive is never there."""

import gzip
import json
import os
import re
import resource
import subprocess
import sys
import tarfile
from pathlib import Path

import pytest

from kiosk.__main__ import main
from kiosk.attempt import Entry, Step
from kiosk.checked_lines import CheckedLines
from kiosk.doctor import archive
from kiosk.doctor.redaction import Redactor
from kiosk.journal import FILE_NAME as JOURNAL
from kiosk.journal import Journal
from kiosk.status import FILE_NAME as STATUS
from kiosk.status import Standing, StatusFile
from kiosk.verdict import Fault

KEY = "PREFIX01.very-secret-indeed"  # what conftest pairs with
TICKET, SCAN = "4f9c0f6e-58a3-4d0c-9c55-0c9f3b9d2b11", "9b2f8f52-3f0f-4b43-8a3f-5a1de6bd0c0e"
CODE = "eyJ1dWlkIjoiNGY5YzBmNmUtNThhMyJ9:kQ3vT0xZ/b4pLm9+Wq7sYd2HgRfNcEa1Uo8iKjXy5Bz="
PAIRING = "https://tickets.example.org/api/scan/ImQ0ZTUi.aBc-123_token/pair"
PASSWORD, WIFI = "Zwölf Möhren & 1 Radieschen", "WIFI:T:WPA;S:Salle des fêtes;P:porte-jaune-8;;"
MAIL, MAC, NAME = "camille.durand@example.org", "dc:a6:32:01:ab:cd", "Camille Durand"
SECRETS = [
    *(KEY, "very-secret-indeed", TICKET, SCAN, CODE, *CODE.split(":"), "kQ3vT0xZ", PAIRING),
    *("aBc-123_token", PASSWORD, "porte-jaune-8", MAIL, MAC, NAME, "Durand"),
]


@pytest.fixture
def machine(tmp_path, paired, monkeypatch):
    """A gate with secrets wherever text may come from; ``paired`` gives its state folder."""
    folder = paired("http://127.0.0.1:9")
    journal = Journal(folder)
    journal.write(Entry(Step.ATTEMPT, SCAN, TICKET, "scan", code="d1" * 16), Entry(Step.ASKED, SCAN))
    journal.close()
    lines = CheckedLines(folder / JOURNAL)
    lines.append([{"note": "of a later version", "guest": NAME, "mail": [MAIL], "why": f"card {WIFI} by {MAIL}"}])
    lines.close()
    with (folder / JOURNAL).open("ab") as file:
        file.write(f"0bad {CODE}\n".encode())
    (folder / "pairing-url").write_text(PAIRING + "\n")
    status = StatusFile(folder / STATUS)
    status.tell(standing=[Standing(Fault.TLS, f"refused {KEY} at {PAIRING}", archive.datetime.now(archive.UTC))])
    status.write()
    trace = tmp_path / "trace.jsonl"
    told = {"t": 1.5, "event": "verdict", "scan_id": SCAN, "ticket": TICKET, "verdict": "admitted", "state": NAME}
    trace.write_text(json.dumps(told) + "\n" + json.dumps({"event": CODE, "why": f"key {KEY}"}) + f"\n{CODE}\n")
    log = f"scan {SCAN} of {TICKET} {CODE} GET {PAIRING} {KEY} {MAIL} {MAC} {WIFI} psk={PASSWORD}\n"
    log += f"Authorization: Api-Key {KEY}\nsaid: {PASSWORD}, twice\n"
    (tmp_path / "bin").mkdir()
    for name in ("journalctl", "dmesg", "systemctl"):
        program = tmp_path / "bin" / name
        program.write_text(f"#!{sys.executable}\nprint({log!r})\n")
        program.chmod(0o755)
    monkeypatch.setenv("PATH", f"{tmp_path / 'bin'}:/usr/bin:/bin")
    connections = tmp_path / "connections"
    connections.mkdir()
    (connections / "hall.nmconnection").write_text(f"[wifi-security]\npsk={PASSWORD.replace(' ', chr(92) + 's')}\n")
    known = archive.known_secrets
    monkeypatch.setattr(archive, "known_secrets", lambda state: known(state, connections))
    settings = tmp_path / "kiosk.toml"
    settings.write_text(
        f'# {PASSWORD}\nstate_dir = "{folder}"\n[camera]\nsource = "replay"\npath = "{tmp_path}"\n'
        f'[gate]\npins = "mock"\nrelay = 17\n[trace]\nfile = "{trace}"\n[screen]\nlanguages = ["en"]\n'
    )
    return settings


def bundle(settings, target):
    assert main(["doctor", "--config", str(settings), "bundle", str(target)]) == 0
    with tarfile.open(target) as opened:
        return {each.name: opened.extractfile(each).read().decode() for each in opened}


def test_not_one_secret_is_in_the_archive(machine, tmp_path):
    files = bundle(machine, tmp_path / "out.tar.gz")
    whole = gzip.decompress((tmp_path / "out.tar.gz").read_bytes()).decode("utf-8", "replace")
    found = [(secret, name) for secret in SECRETS for name, text in files.items() if secret in text]
    assert found == []
    assert not any(secret in whole for secret in SECRETS)


def test_what_helps_is_in_it(machine, tmp_path):
    files = bundle(machine, tmp_path / "out.tar.gz")
    assert set(files) >= {
        f"portillon/{name}"
        for name in (
            *("README.txt", "doctor.json", "settings.json", "packages.txt", "journal.jsonl", "trace.jsonl"),
            *("status.json", "units.txt", "kernel.txt", "dmesg.txt", "disks.txt"),
        )
    }
    steps = [json.loads(line) for line in files["portillon/journal.jsonl"].splitlines()]
    assert [line.get("step") for line in steps] == ["attempt", "asked", None, None]
    assert steps[-1] == {"damaged": True}
    assert json.loads(files["portillon/trace.jsonl"].splitlines()[0])["verdict"] == "admitted"
    assert json.loads(files["portillon/settings.json"])["gate"]["relay"] == 17
    assert any(each["check"] == "pairing" for each in json.loads(files["portillon/doctor.json"]))
    assert "pydantic 2." in files["portillon/packages.txt"]


def test_one_ticket_can_be_followed_from_file_to_file_and_not_to_another_archive(machine, tmp_path):
    files = bundle(machine, tmp_path / "out.tar.gz")
    mark = json.loads(files["portillon/trace.jsonl"].splitlines()[0])["ticket"]
    assert mark in files["portillon/journal.jsonl"]
    assert mark in files["portillon/units.txt"]
    assert mark not in bundle(machine, tmp_path / "again.tar.gz")["portillon/journal.jsonl"]


def test_only_its_owner_may_read_it(machine, tmp_path):
    bundle(machine, tmp_path / "out.tar.gz")
    assert (tmp_path / "out.tar.gz").stat().st_mode & 0o777 == 0o600


def test_without_a_name_it_is_put_where_one_stands(machine, tmp_path, monkeypatch, capsys):
    monkeypatch.chdir(tmp_path)
    assert main(["doctor", "bundle", "--config", str(machine)]) == 0
    (written,) = tmp_path.glob("portillon-*.tar.gz")
    assert written.name in capsys.readouterr().out


def test_a_disk_that_is_full_leaves_nothing_behind_and_the_archive_of_before_as_it_was(machine, tmp_path):
    place = tmp_path / "stick"
    place.mkdir()
    (place / "out.tar.gz").write_bytes(b"before")
    full = subprocess.run(
        [sys.executable, "-m", "kiosk", "doctor", "--config", str(machine), "bundle", str(place / "out.tar.gz")],
        capture_output=True,
        text=True,
        check=False,
        cwd=Path(__file__).parents[3],
        # A write beyond this size fails as on a full disk; nothing else that doctor writes is as large.
        preexec_fn=lambda: resource.setrlimit(resource.RLIMIT_FSIZE, (512, 512)),
        env={**os.environ, "PYTHONDONTWRITEBYTECODE": "1"},
    )
    assert full.returncode == 1
    assert "could not be written" in full.stderr
    assert "→ Choose another place" in full.stderr
    assert [(path.name, path.read_bytes()) for path in place.iterdir()] == [("out.tar.gz", b"before")]


@pytest.mark.parametrize(
    "plain",
    [
        "systemd-networkd-wait-online.service: Deactivated successfully.",
        "File /opt/portillon/current/lib/python3.13/site-packages/kiosk/daemon.py, line 120",
        "platform fe300000.mmc: can't be read, /dev/mmcblk0p2",
        "gate 192.168.1.20 → http://tickets.local:8000/api/scan",
        "portillon-kiosk.service: Watchdog timeout (limit 10s)!",
    ],
)
def test_what_helps_is_left_as_it_is(plain):
    assert Redactor().text(plain) == plain


@pytest.mark.parametrize(
    ("line", "left"),
    [
        ("psk=abc,def ghi", "psk=~"),
        ('api_key=abcd,"x"', "api_key=~"),
        ("password: correct, horse} battery", "password: ~"),
        ('{"password": "a, b", "port": 1}', '{"password": ~, "port": 1}'),
        ("token='a, b'", "token=~"),
        ('psk="ab"c, d', "psk=~"),
    ],
)
def test_a_secret_that_is_named_ends_with_its_line_or_its_quotes(line, left):
    assert re.sub(r"~\w{12}", "~", Redactor().text(line)) == left


def test_a_line_without_end_is_cut_and_nothing_of_a_secret_is_left_at_the_cut():
    known = "porte jaune au fond"
    line = "x " * 2040 + f"{known} {TICKET} " + "y " * 80_000
    cut = Redactor({known}).text(f"{line}\nlast")
    assert len(cut) < 4200
    assert cut.endswith(" …\nlast")
    for secret in (known, known[:8], TICKET[:8]):
        assert secret not in cut
    assert Redactor().text("z" * 200_000) == "…"


def test_a_short_secret_spoils_no_line():
    assert Redactor({"", "a", "abc"}).text("abc a") == "abc a"
