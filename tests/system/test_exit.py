"""Entrances and an exit of one evening: real kiosks that lead in and out, and re-entry as the organiser set it."""

import re

from tests.api.admin.conftest import PASSWORD, Browser


def _organiser(server):
    """A browser that an admin has signed in with."""
    browser = Browser(server.url)
    path = server.shell("admin", "invite")["url"].partition("/admin/")[2]
    form = {"name": "Camille", "password": PASSWORD, "again": PASSWORD}
    answer = browser.session.post(f"{server.url}/admin/{path}", data=form, timeout=60)
    assert answer.status_code == 200
    return browser


def _with_reentry(server, event):
    """What the organiser ticks on the event's page."""
    answer = _organiser(server).post(f"/admin/events/{event}", {"name": "Concert", "reentry": "1"})
    assert answer.status_code == 200
    assert re.search(r'name="reentry"[^>]* checked', answer.text)


def _gate(server, make_kiosk, name, *options):
    gate = make_kiosk(name)
    gate.pair(server.shell("device", "add", name, "--base-url", server.url, *options)["pairing_url"])
    gate.start()
    gate.wait_for("ready")
    return gate


def _show(gate, ticket):
    """Present the ticket once; what the gate says of it."""
    before = len(gate.verdicts())
    gate.hold_up(ticket)
    return gate.wait_for_verdicts(before + 1)[before]


def _pulses(eventually, gate, count):
    eventually(
        f"{count} pulse(s), and the relay at rest", lambda: gate.relay().count(1) == count and gate.relay()[-1] == 0
    )


def _status(server, event):
    return server.shell("ticket", "list", "--event", event)[0]["status"]


ADMITTED = ("admitted", None)
NOT_INSIDE = ("refused", "not_inside")
ALREADY_SCANNED = ("refused", "already_scanned")


def test_a_guest_goes_in_out_and_in_again_and_nobody_else_comes_in_meanwhile(server, make_kiosk, eventually):
    event = server.event()
    _with_reentry(server, event)
    ticket = server.tickets(event)[0]["qrcode_data"]
    north, south = (_gate(server, make_kiosk, name) for name in ("north", "south"))
    way_out = _gate(server, make_kiosk, "exit", "--direction", "out")

    assert _show(way_out, ticket) == NOT_INSIDE
    assert _status(server, event) == "valid"
    assert _show(north, ticket) == ADMITTED
    assert _show(south, ticket) == ALREADY_SCANNED  # in by another door
    assert _show(north, ticket) == ALREADY_SCANNED  # and by the same
    assert _show(way_out, ticket) == ADMITTED
    assert _status(server, event) == "valid"
    assert _show(way_out, ticket) == NOT_INSIDE
    assert _show(south, ticket) == ADMITTED
    assert _show(north, ticket) == ALREADY_SCANNED
    assert _status(server, event) == "scanned"
    for gate in (north, south, way_out):
        _pulses(eventually, gate, 1)
        assert gate.stop() == 0


def test_without_re_entry_the_exit_opens_and_the_ticket_stays_used(server, make_kiosk, eventually):
    event = server.event()
    ticket = server.tickets(event)[0]["qrcode_data"]
    north, way_out = _gate(server, make_kiosk, "north"), _gate(server, make_kiosk, "exit", "--direction", "out")
    assert _show(way_out, ticket) == NOT_INSIDE
    assert _show(north, ticket) == ADMITTED
    assert _show(way_out, ticket) == ADMITTED
    assert _show(north, ticket) == ALREADY_SCANNED
    _pulses(eventually, north, 1)
    _pulses(eventually, way_out, 1)
    assert _status(server, event) == "scanned"


def test_an_exit_whose_server_was_away_lets_the_guest_out_once_and_in_again_once(server, make_kiosk, eventually):
    """The server is away while the guest stands at the exit, and is back before they give up."""
    event = server.event()
    _with_reentry(server, event)
    ticket = server.tickets(event)[0]["qrcode_data"]
    north, way_out = _gate(server, make_kiosk, "north"), _gate(server, make_kiosk, "exit", "--direction", "out")
    assert _show(north, ticket) == ADMITTED
    server.stop()
    assert _show(way_out, ticket) == ("unknown", None)
    assert _status(server, event) == "scanned"
    server.start()
    way_out.hold_up(ticket)
    eventually("the guest is out", lambda: way_out.verdicts()[-1] == ADMITTED)
    assert len({line["scan_id"] for line in way_out.lines("verdict")}) == 1
    assert _show(way_out, ticket) == NOT_INSIDE
    assert _show(north, ticket) == ADMITTED
    _pulses(eventually, way_out, 1)
    _pulses(eventually, north, 2)
