"""`portillon-api ticket …` through real processes."""

from __future__ import annotations

import json
import os
import pty
import sqlite3
import subprocess
import threading
from contextlib import closing
from uuid import uuid4

import zxingcpp
from PIL import Image


def test_a_ticket_added_is_listed_as_valid_with_the_same_code(shell, event):
    ticket = shell.json("ticket", "add", "--event", event["uuid"], "--first-name", "Jeanne", "--last-name", "Roy")[0]
    assert len(ticket["qrcode_data"]) == 153
    assert shell.json("ticket", "list", "--event", event["uuid"]) == [{**ticket, "status": "valid"}]


def test_options_may_stand_before_or_after_the_command(shell, event):
    before = shell.run("--json", "ticket", "list", "--event", event["uuid"])
    between = shell.run("ticket", "--json", "list", "--event", event["uuid"])
    assert json.loads(before.stdout) == json.loads(between.stdout) == []


def test_a_cancelled_ticket_is_listed_as_cancelled(shell, event):
    ticket = shell.json("ticket", "add", "--event", event["uuid"])[0]
    assert shell.json("ticket", "cancel", ticket["uuid"])["status"] == "cancelled"
    assert shell.json("ticket", "list", "--event", event["uuid"])[0]["status"] == "cancelled"


def test_a_ticket_nobody_knows_cannot_be_cancelled(shell, unknown):
    done = shell.run("ticket", "cancel", unknown)
    assert done.returncode == 1
    assert "there is no ticket" in done.stderr


def test_many_tickets_are_added_in_parts_and_every_one_is_told(shell, event):
    tickets = shell.json("ticket", "add", "--event", event["uuid"], "--count", 1201)
    assert len({ticket["uuid"] for ticket in tickets}) == 1201
    assert len(shell.json("ticket", "list", "--event", event["uuid"])) == 1201


def test_a_long_list_is_cut_for_people_and_says_where_the_rest_is(shell, event):
    shell.json("ticket", "add", "--event", event["uuid"], "--count", 100)
    shown = shell.run("ticket", "list", "--event", event["uuid"]).stdout
    assert len(shown.splitlines()) < 50
    assert "60 more" in shown
    assert "--json" in shown
    assert "100 tickets: 100 valid" in shown


def test_a_ticket_of_an_imported_event_cannot_be_made_here(shell, tibillet, tmp_path):
    (tmp_path / "event.pem").write_text(tibillet["events"][0]["public_key_pem"])
    event = shell.json("event", "add", "Imported", "--public-key", tmp_path / "event.pem")
    done = shell.run("ticket", "add", "--event", event["uuid"], "--json")
    assert done.returncode == 1
    told = json.loads(done.stderr)
    assert "public key only" in told["error"]
    assert "--uuid" in told["do"]
    assert shell.json("ticket", "list", "--event", event["uuid"]) == []


def test_a_ticket_made_elsewhere_is_registered_and_admitted_with_its_own_code(shell, serving, tibillet, tmp_path):
    known = tibillet["events"][0]
    (tmp_path / "event.pem").write_text(known["public_key_pem"])
    shell.json("event", "add", "Imported", "--uuid", known["uuid"], "--public-key", tmp_path / "event.pem")
    theirs = next(t for t in tibillet["tickets"] if t["event_uuid"] == known["uuid"])
    ticket = shell.json("ticket", "add", "--event", known["uuid"], "--uuid", theirs["uuid"])[0]
    assert ticket == {"uuid": theirs["uuid"], "qrcode_data": None}
    server = serving()
    key = server.pair(shell.json("device", "add", "Gate", "--base-url", server.base))
    assert server.scan(key, theirs["qrcode_data"]).json()["code"] == "ok"


def test_images_are_written_as_gates_read_them_best_and_for_their_owner_only(shell, event, tmp_path):
    folder = tmp_path / "new" / "tickets"
    tickets = shell.json("ticket", "add", "--event", event["uuid"], "--count", 3, "--qr", folder)
    assert {file.stem for file in folder.iterdir()} == {ticket["uuid"] for ticket in tickets}
    for ticket in tickets:
        file = folder / f"{ticket['uuid']}.png"
        image = Image.open(file).convert("L")
        assert image.size == (610, 610)  # version 9 is 53 modules, and 4 on each side
        assert image.crop((0, 0, 610, 40)).getextrema() == (255, 255)
        read = zxingcpp.read_barcode(image)
        assert read.text == ticket["qrcode_data"]
        assert read.ec_level in ("M", "Q")
        assert file.stat().st_mode & 0o777 == 0o600
    assert folder.stat().st_mode & 0o777 == 0o700


def test_a_folder_that_cannot_be_made_stops_before_any_ticket_is_added(shell, event, tmp_path):
    (tmp_path / "file").touch()
    done = shell.run("ticket", "add", "--event", event["uuid"], "--qr", tmp_path / "file" / "tickets")
    assert done.returncode == 1
    assert "no ticket was added" in done.stderr
    assert shell.json("ticket", "list", "--event", event["uuid"]) == []


def test_an_unknown_event_is_told_and_fails(shell, unknown):
    done = shell.run("ticket", "add", "--event", unknown, "--json")
    assert done.returncode == 1
    assert "there is no event" in json.loads(done.stderr)["error"]


def test_a_count_of_zero_is_asked_wrongly(shell):
    done = shell.run("ticket", "add", "--event", uuid4(), "--count", 0, "--json")
    assert done.returncode == 2
    assert "--count" in json.loads(done.stderr)["error"]


def test_a_person_who_waits_sees_a_progress_bar(shell, event):
    ours, theirs = pty.openpty()
    seen = bytearray()

    def watch():
        try:
            while part := os.read(ours, 65536):
                seen.extend(part)
        except OSError:
            return  # the other end is closed

    watcher = threading.Thread(target=watch)
    watcher.start()
    command = shell.command("--database", shell.database, "ticket", "add", "--event", event["uuid"], "--count", 3000)
    subprocess.run(
        [*command, "--json"],
        env=shell.environment(TERM="xterm"),
        stdout=subprocess.DEVNULL,
        stderr=theirs,
        timeout=60,
        check=True,
    )
    os.close(theirs)
    watcher.join(60)
    os.close(ours)
    assert b"adding tickets" in seen
    assert b"/3000" in seen


def test_a_scanned_ticket_is_made_valid_again_with_a_reason_that_stays(shell, event):
    ticket = shell.json("ticket", "add", "--event", event["uuid"])[0]
    assert shell.run("ticket", "unscan", ticket["uuid"], "--reason", "by mistake").returncode == 1
    with closing(sqlite3.connect(shell.folder / "tickets.sqlite3")) as database, database:
        database.execute("UPDATE ticket SET status = 'scanned'")
    assert shell.json("ticket", "unscan", ticket["uuid"], "--reason", "by mistake")["status"] == "valid"
    assert shell.json("ticket", "list", "--event", event["uuid"])[0]["status"] == "valid"
    with closing(sqlite3.connect(shell.folder / "tickets.sqlite3")) as database:
        lines = database.execute("SELECT act, admin_id, subject, detail FROM admin_line ORDER BY id").fetchall()
    assert lines[-1] == ("ticket.unscan", None, ticket["uuid"], '{"reason": "by mistake"}')


def test_cancelling_leaves_one_line_in_the_audit_log_however_often_it_is_said(shell, event):
    ticket = shell.json("ticket", "add", "--event", event["uuid"])[0]
    for _ in range(2):
        shell.json("ticket", "cancel", ticket["uuid"], "--reason", "paid back")
    with closing(sqlite3.connect(shell.folder / "tickets.sqlite3")) as database:
        lines = database.execute("SELECT subject, detail FROM admin_line WHERE act = 'ticket.cancel'").fetchall()
    assert lines == [(ticket["uuid"], '{"reason": "paid back"}')]


def test_tickets_are_printed_and_one_of_them_as_png(shell, event):
    tickets = shell.json("ticket", "add", "--event", event["uuid"], "--count", 5)
    sheet = shell.folder / "sheet.pdf"
    told = shell.json("ticket", "print", "--event", event["uuid"], "--output", sheet, "--order", "name")
    assert told == {"tickets": 5, "files": [str(sheet)]}
    assert sheet.read_bytes().startswith(b"%PDF-")
    picture = shell.folder / "one.png"
    one = ("--ticket", tickets[3]["uuid"], "--format", "png")
    shell.json("ticket", "print", "--event", event["uuid"], *one, "--output", picture)
    (found,) = zxingcpp.read_barcodes(Image.open(picture))
    assert found.text == tickets[3]["qrcode_data"]


def test_a_png_of_many_tickets_and_a_folder_that_is_not_there_are_told(shell, event):
    shell.json("ticket", "add", "--event", event["uuid"], "--count", 2)
    words = ("ticket", "print", "--event", event["uuid"])
    assert shell.run(*words, "--format", "png", "--output", shell.folder / "x.png").returncode == 2
    done = shell.run(*words, "--output", shell.folder / "nowhere" / "x.pdf")
    assert done.returncode == 1
    assert "can't be written" in done.stderr
