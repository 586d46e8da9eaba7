"""The server's benches run, on sizes too small to mean anything, so that they can't rot. No speed is asserted."""

import json

import pytest

from api.tickets import codes
from benchmarks import server, server_stock
from benchmarks.load import Gate, crowd
from benchmarks.server_host import EMPTY
from benchmarks.server_pace import Counts
from benchmarks.server_run import host

TINY = server.Sizes(
    small=120,
    tickets=400,
    large=600,
    turns=1,
    counts=Counts(ours=200, raw=20, peer=100, tuned=100, grouped=100, raw_slow=5),
    turns_by_size=1,
    scans_by_size=300,
    counted=(1, 3),
)


def test_every_goal_gets_a_figure_and_every_scan_its_admission(monkeypatch):
    monkeypatch.setattr("shutil.which", lambda name: None if name == "valgrind" else f"/usr/bin/{name}")
    *paces, goals = server.measure(TINY)
    assert [row[0] for row in paces[0].rows] == ["ours", "ours, RSA", "empty", "raw", "peer", "peer-tuned"]
    assert all(float(row[1]) > 0 for table in paces for row in table.rows)
    figures = {row[0]: row[2] for row in goals.rows}
    assert [figures.pop(f"instructions a scan, {kind}") for kind in ("Ed25519", "RSA")] == ["not measured"] * 2
    assert figures.pop("commits by 50 checks") == "0.00"
    assert figures.pop("bytes that they wrote") == "0.00"
    assert all(float(figure.split()[0]) > 0 for figure in figures.values())


def test_each_ticket_of_a_stock_is_genuine_and_asked_for_once(tmp_path):
    stock = server_stock.make(tmp_path / "stock", 300)
    bodies = [raw.partition(b"\r\n\r\n")[2] for raw in stock.requests(server_stock.SCAN, 200, start=50)]
    uuids = {codes.parse(json.loads(body)["qrcode_data"]).uuid for body in bodies}
    assert len(uuids) == 200
    with pytest.raises(ValueError, match="too few"):
        stock.requests(server_stock.SCAN, 400)


def test_the_crowd_hears_a_second_scan_of_the_same_ticket_refused(tmp_path):
    stock = server_stock.make(tmp_path / "stock", 10)
    once = stock.requests(server_stock.SCAN, 1)
    with host("portillon", stock.copy("scanned"), threads=4) as running:
        _, times, answers = crowd(running.port, once * 8, gates=4)
    assert sorted(json.loads(answer)["code"] for answer in answers) == ["already_scanned"] * 7 + ["ok"]
    assert len(times) == 8


def test_the_empty_route_knows_no_key_and_the_peer_demands_one(tmp_path):
    stock = server_stock.make(tmp_path / "stock", 10)
    (raw,) = stock.requests(server_stock.SCAN, 1)
    keyless = raw.replace(b"Api-Key ", b"Api-Key x")
    with host("portillon", stock.copy("ours"), threads=4) as running:
        assert Gate(running.port).ask(keyless.replace(server_stock.SCAN.encode(), EMPTY.encode())).strip(b"{} ") == b""
    for peer in ("peer", "peer-tuned"):
        with host(peer, stock.copy(peer), threads=4) as running:
            assert b"success" not in Gate(running.port).ask(keyless)
            assert json.loads(Gate(running.port).ask(raw))["success"] is True
            assert json.loads(Gate(running.port).ask(raw))["success"] is False
