"""The scan client against a server of raw sockets: both dialects, lost answers, and everything a network does."""

from __future__ import annotations

import gzip
import itertools
import json
import socket
import threading
import time
import uuid

import pytest
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st

from kiosk.codes import TicketCode
from kiosk.credentials import Credentials
from kiosk.edges import Question
from kiosk.scan_client import ScanClient
from kiosk.scan_client.asking import Asking
from kiosk.scan_client.events import Events
from kiosk.scan_client.exchange import Exchanges
from kiosk.settings import Server
from kiosk.verdict import ADMITTED, Fault, Reason, refused, unknown

LONG_S = 60.0
TICKET = TicketCode("e30=:c2lnbmF0dXJl", "d1a544fd-2961-4930-bde0-c44026bb00e1", b"e30=", b"signature")
EVENT = "51bec713-a108-4986-91e6-1a85af1c598a"
OTHER_EVENT = "f464b501-bb6a-4346-a72e-677d6ef8ceeb"
GATE = "45e71a3f-aaeb-481f-a8b4-a76f35eda75f"
OTHER_GATE = "a7861bee-a2a1-49b8-8b35-42e571c98ca6"
KEY = "PREFIX01.secret-secret-secret"
ONE_EVENT = Server(event_uuid=EVENT)


def ours(url):
    return Credentials(url, "/api/scan", KEY, GATE, "Gate 1", extensions=frozenset({"scan_id"}))


def deployed(url):
    return Credentials(url, "/scan", KEY, GATE, "Gate 1")


def question(action="scan", unanswered=False, admitted_before=False):
    return Question(str(uuid.uuid4()), TICKET, action, unanswered, admitted_before)


def subject(status="Valid and scanned", **more):
    return {"uuid": TICKET.uuid, "status": status, **more}


SCANNED = {"success": True, "message": "Ticket successfully scanned", "ticket": subject(), "code": "ok"}


def already(by):
    return {"success": False, "message": "Ticket already scanned", "ticket": subject(scanned_by=by)}


def checked(status="Valid and not scanned", by=None):
    ticket = subject(status, is_scanned=status == "Valid and scanned", scanned_by=by)
    return {"success": True, "message": "Ticket information retrieved", "ticket": ticket}


def lose(sock):
    """Read the request, say nothing, close."""


@pytest.fixture
def ask():
    """``ask(credentials, question, ...)``: one verdict; with ``tries=1`` the first try is the last."""
    clients = []

    def once(credentials, asked=None, server=ONE_EVENT, tries=None, seconds=LONG_S, announce=lambda: None):
        client = ScanClient(credentials, server)
        clients.append(client)
        if tries == 1:
            client.close()
        return client.ask(asked or question(), time.monotonic() + seconds, announce)

    yield once
    for client in clients:
        client.close()


@pytest.fixture
def scripted(raw_server, respond):
    """A server that gives each path its replies in turn, the last one for ever: ``scripted(path=[(status, body)])``."""

    def start(**replies):
        def bytes_of(reply):
            return reply if callable(reply) or isinstance(reply, bytes) else respond(*reply)

        turns = {
            path: itertools.chain(map(bytes_of, some), itertools.repeat(bytes_of(some[-1])))
            for path, some in replies.items()
        }

        def script(heard):
            name = heard.path.rstrip("/").rpartition("/")[2]
            return next(turns[name]) if name in turns else respond(404, b"<html>")

        return raw_server(script)

    return start


# --- a server with scan ids -------------------------------------------------------------------------------------


def test_ours_is_asked_once_with_the_scan_id(scripted, ask):
    server = scripted(ticket=[(200, SCANNED)])
    asked = question()
    assert ask(ours(server.url), asked, server=Server()) == ADMITTED
    assert server.paths == ["/api/scan/ticket/"]
    assert server.heard[0].json == {"qrcode_data": TICKET.text, "scan_id": asked.scan_id}
    assert server.heard[0].headers["authorization"] == f"Api-Key {KEY}"
    assert server.heard[0].headers["accept-language"] == "en"


def test_lost_answer_is_asked_again_with_the_same_scan_id(scripted, ask):
    server = scripted(ticket=[lose, lose, (200, SCANNED)])
    assert ask(ours(server.url)) == ADMITTED
    assert len({heard.json["scan_id"] for heard in server.heard}) == 1
    assert len(server.heard) == 3


def test_ours_is_only_looked_at_by_a_check(scripted, ask):
    server = scripted(check_ticket=[(200, checked())])
    announced = []
    assert ask(ours(server.url), question("check"), announce=lambda: announced.append(1)) == ADMITTED
    assert server.paths == ["/api/scan/check_ticket/"]
    assert announced == []


@pytest.mark.parametrize("action", ["scan", "check"])
@pytest.mark.parametrize(
    ("told", "name"),
    [
        ("Camille", "Camille"),
        ("Camille\x1b[2J\n", "Camille[2J"),
        (40 * "x", 24 * "x"),
        ("  ", None),
        ("", None),
        (None, None),
        (7, None),
        (["Camille"], None),
    ],
)
def test_an_admission_carries_a_first_name_that_a_screen_can_show(scripted, ask, action, told, name):
    scanned, looked_at = ({**body, "ticket": {**body["ticket"], "first_name": told}} for body in (SCANNED, checked()))
    server = scripted(ticket=[(200, scanned)], check_ticket=[(200, looked_at)])
    verdict = ask(ours(server.url), question(action))
    assert verdict == ADMITTED
    assert verdict.first_name == name


CODES = [
    (400, "malformed_code", Reason.MALFORMED_CODE),
    (400, "invalid_signature", Reason.INVALID_SIGNATURE),
    (404, "unknown_ticket", Reason.UNKNOWN_TICKET),
    (406, "wrong_event", Reason.WRONG_EVENT),
    (200, "cancelled", Reason.CANCELLED),
    (200, "not_active", Reason.NOT_ACTIVE),
    (200, "already_scanned", Reason.ALREADY_SCANNED),
    (200, "too_early", Reason.TOO_EARLY),
    (200, "too_late", Reason.TOO_LATE),
    (200, "annulled", Reason.ANNULLED),
    (200, "wrong_gate", Reason.WRONG_GATE),
    (200, "not_inside", Reason.NOT_INSIDE),
]


@pytest.mark.parametrize(("status", "code", "reason"), CODES)
@pytest.mark.parametrize("action", ["scan", "check"])
def test_code_of_ours_is_the_reason(scripted, ask, status, code, reason, action):
    body = {"success": False, "error": "Text", "message": "Text", "code": code}
    server = scripted(ticket=[(status, body)], check_ticket=[(status, body)])
    assert ask(ours(server.url), question(action)) == refused(reason)


def test_an_exit_that_lets_out_opens_though_the_ticket_is_valid_again(scripted, ask):
    body = {**SCANNED, "ticket": subject("Valid and not scanned"), "direction": "out"}
    assert ask(ours(scripted(ticket=[(200, body)]).url)) == ADMITTED


@pytest.mark.parametrize(
    "more", [{}, {"direction": "in"}, {"direction": True}, {"direction": "out", "code": None}, {"direction": ["out"]}]
)
def test_a_success_about_a_ticket_that_is_not_scanned_opens_nothing_unless_it_is_said_to_be_let_out(
    scripted, ask, more
):
    body = {**SCANNED, "ticket": subject("Valid and not scanned"), **more}
    assert ask(ours(scripted(ticket=[(200, body)]).url), tries=1) == unknown(Fault.ODD_ANSWER)


@pytest.mark.parametrize("code", ["sold_at_the_bar", "OK", "wrong_gate ", "direction"])
def test_a_refusal_of_a_later_server_is_unknown_and_opens_nothing(scripted, ask, code):
    body = {"success": False, "message": "Text", "ticket": subject(), "code": code, "guest_message": "Text"}
    assert ask(ours(scripted(ticket=[(200, body)]).url), tries=1) == unknown(Fault.ODD_ANSWER)


@pytest.mark.parametrize(
    ("told", "shown"),
    [
        *(("Opens 18:00", "Opens 18:00"), ("Ouvre à 18:00", "Ouvre à 18:00"), ("x" * 500, "x" * 120)),
        *(("a\x1b[2J\u202eb\n", "a[2Jb"), ("", None), (" \n", None), (5, None), (["x"], None), (None, None)),
    ],
)
@pytest.mark.parametrize("code", ["too_early", "already_scanned", "wrong_gate"])
def test_the_servers_words_for_the_guest_are_kept_printable_and_short(scripted, ask, told, shown, code):
    body = {"success": False, "message": "Text", "ticket": subject(), "code": code, "guest_message": told}
    assert ask(ours(scripted(ticket=[(200, body)]).url)).guest_message == shown


def test_words_for_the_guest_admit_nobody(scripted, ask):
    body = {**SCANNED, "guest_message": "Hello"}
    assert ask(ours(scripted(ticket=[(200, body)]).url)) == ADMITTED


@pytest.mark.parametrize(("status", "code", "_"), CODES)
def test_code_with_another_status_is_no_refusal(scripted, ask, status, code, _):
    body = {"success": False, "error": "Text", "message": "Text", "code": code}
    server = scripted(ticket=[(404 if status != 404 else 400, body)])
    assert ask(ours(server.url), tries=1) == unknown(Fault.ODD_ANSWER)


@pytest.mark.parametrize(
    ("status", "code", "fault"),
    [
        (400, "bad_request", Fault.ODD_ANSWER),
        (413, "bad_request", Fault.ODD_ANSWER),
        (401, "unauthorized", Fault.KEY_REFUSED),
        (403, "device_archived", Fault.KEY_REFUSED),
        (409, "scan_id_reused", Fault.SCAN_ID_REUSED),
        (429, "rate_limited", Fault.SERVER_TROUBLE),
        (500, "internal", Fault.SERVER_TROUBLE),
        (503, "busy", Fault.SERVER_TROUBLE),
        (503, "unavailable", Fault.SERVER_TROUBLE),
    ],
)
def test_other_codes_of_ours_are_faults(scripted, ask, status, code, fault):
    server = scripted(ticket=[(status, {"success": False, "error": "Text", "code": code})])
    assert ask(ours(server.url), tries=1) == unknown(fault)


def test_already_scanned_tells_when_and_where(scripted, ask):
    told = {"code": "already_scanned", "scanned_at": "2026-11-24T14:02:11Z", "scanned_by_name": "Gate\n 2\x1b[31m"}
    server = scripted(ticket=[(200, already(OTHER_GATE) | told)])
    verdict = ask(ours(server.url))
    assert verdict == refused(Reason.ALREADY_SCANNED, "2026-11-24T14:02:11Z", "Gate 2[31m")


def test_nonsense_about_when_and_where_is_left_out(scripted, ask):
    told = {"code": "already_scanned", "scanned_at": "<b>now</b>", "scanned_by_name": "x" * 5000}
    server = scripted(ticket=[(200, already(OTHER_GATE) | told)])
    verdict = ask(ours(server.url))
    assert verdict.used_at is None
    assert verdict.used_by == "x" * 40


def test_rate_limit_beyond_the_deadline_is_not_waited_for(raw_server, respond, ask):
    server = raw_server(lambda heard: respond(429, {"code": "rate_limited"}, Retry_After="3600"))
    assert ask(ours(server.url)) == unknown(Fault.SERVER_TROUBLE)
    assert len(server.heard) == 1


def test_rate_limit_within_the_deadline_is_waited_for(raw_server, respond, ask):
    replies = iter([respond(429, {"code": "rate_limited"}, Retry_After="1"), respond(200, SCANNED)])
    server = raw_server(lambda heard: next(replies))
    assert ask(ours(server.url)) == ADMITTED


def test_a_database_that_was_away_for_a_second_is_asked_again_by_the_same_scan_id(raw_server, respond, ask):
    replies = iter([respond(503, {"code": "unavailable", "success": False}, Retry_After="1"), respond(200, SCANNED)])
    server = raw_server(lambda heard: next(replies))
    asked = question()
    assert ask(ours(server.url), asked) == ADMITTED
    assert [heard.json["scan_id"] for heard in server.heard] == [asked.scan_id] * 2


def test_ours_compares_the_event_itself_when_there_is_one(scripted, ask):
    server = scripted(ticket=[(200, SCANNED)])
    assert ask(ours(server.url), server=Server(events=(EVENT,))) == ADMITTED
    assert server.heard[0].json["event_uuid"] == EVENT


# --- success is believed only when it is one ----------------------------------------------------------------------


@pytest.mark.parametrize(
    "body",
    [
        SCANNED | {"success": "true"},
        SCANNED | {"success": 1},
        SCANNED | {"success": None},
        SCANNED | {"ticket": {"uuid": str(uuid.uuid4()), "status": "Valid and scanned"}},
        SCANNED | {"ticket": None},
        SCANNED | {"ticket": [subject()]},
        SCANNED | {"ticket": subject("Valid and not scanned")},
        SCANNED | {"code": "already"},
        SCANNED | {"code": "already_scanned"},
        {"success": True},
        [SCANNED],
        "yes",
        None,
        {},
    ],
)
@pytest.mark.parametrize("credentials", [ours, deployed])
def test_success_that_is_none_admits_nobody(scripted, ask, body, credentials):
    server = scripted(ticket=[(200, body)], check_ticket=[(200, checked())])
    assert ask(credentials(server.url), tries=1) == unknown(Fault.ODD_ANSWER)


def test_success_in_an_unknown_language_is_believed(scripted, ask):
    server = scripted(ticket=[(200, SCANNED | {"ticket": subject("Gültig und gescannt")})])
    assert ask(ours(server.url)) == ADMITTED


@pytest.mark.parametrize(
    "ticket",
    [
        subject("Gültig und nicht gescannt", is_scanned=False),
        subject("Valid and not scanned", is_scanned=True),
        subject("Valid and not scanned"),
        subject("Valid and not scanned", is_scanned=0),
        subject("Valid and scanned", is_scanned=False),
        subject(None, is_scanned=False),
    ],
)
def test_check_that_is_not_plainly_valid_goes_no_further(scripted, ask, ticket):
    server = scripted(ticket=[(200, SCANNED)], check_ticket=[(200, {"success": True, "ticket": ticket})])
    assert ask(deployed(server.url), tries=1) == unknown(Fault.ODD_ANSWER)
    assert "/scan/ticket/" not in server.paths


# --- rule 3: a lost answer at a server without scan ids --------------------------------------------------------------


def test_deployed_is_checked_first_and_then_scanned(scripted, ask):
    server = scripted(check_ticket=[(200, checked())], ticket=[(200, SCANNED)])
    assert ask(deployed(server.url)) == ADMITTED
    assert server.paths == ["/scan/check_ticket/", "/scan/ticket/"]
    assert server.heard[1].json == {"qrcode_data": TICKET.text, "event_uuid": EVENT}


def half_an_answer(sock):
    sock.sendall(b'HTTP/1.1 200 OK\r\nContent-Type: application/json\r\nContent-Length: 500\r\n\r\n{"success": tr')


UNHEARD = [lose, half_an_answer, (500, {"error": "db"}), (502, b"<html>"), (504, b"<html>"), (200, b"<html>")]


@pytest.mark.parametrize("answer", UNHEARD)
def test_lost_answer_of_this_question_is_recovered(scripted, ask, answer):
    server = scripted(
        check_ticket=[(200, checked()), (200, checked("Valid and scanned", GATE))],
        ticket=[answer],
        check_api_scan=[(200, {"scan_app": "Gate 1"})],
    )
    assert ask(deployed(server.url)) == ADMITTED
    assert server.paths.count("/scan/ticket/") == 1


def test_lost_answer_is_recovered_from_the_scan_answer_too(scripted, ask):
    server = scripted(check_ticket=[(200, checked())], ticket=[lose, (200, already(GATE))])
    assert ask(deployed(server.url)) == ADMITTED


def test_a_request_that_the_network_delivers_twice_is_one_scan_of_this_gate(scripted, ask):
    server = scripted(check_ticket=[(200, checked())], ticket=[(200, already(GATE))])
    assert ask(deployed(server.url)) == ADMITTED


def test_lost_answer_of_an_earlier_question_is_recovered_by_the_check(scripted, ask):
    french = checked("Valid and scanned", GATE.upper())
    french["ticket"]["status"] = "Valide et scanné"
    server = scripted(check_ticket=[(200, french)])
    assert ask(deployed(server.url), question(unanswered=True)) == ADMITTED
    assert server.paths == ["/scan/check_ticket/"]


@pytest.mark.parametrize(
    ("asked", "by"),
    [
        (question(unanswered=False), GATE),
        (question(unanswered=True, admitted_before=True), GATE),
        (question(unanswered=True), OTHER_GATE),
        (question(unanswered=True), None),
        (question(unanswered=True), "nonsense"),
        (question("check", unanswered=True), GATE),
    ],
)
def test_any_other_already_scanned_is_refused(scripted, ask, asked, by):
    server = scripted(check_ticket=[(200, checked("Valid and scanned", by))])
    assert ask(deployed(server.url), asked) == refused(Reason.ALREADY_SCANNED)
    server = scripted(check_ticket=[(200, checked())], ticket=[(200, already(by))])
    if asked.action == "scan" and (by != GATE or asked.admitted_before):
        assert ask(deployed(server.url), asked) == refused(Reason.ALREADY_SCANNED)


def test_scan_ids_need_no_recovery(scripted, ask):
    server = scripted(ticket=[(200, already(GATE) | {"code": "already_scanned"})])
    assert ask(ours(server.url), question(unanswered=True)) == refused(Reason.ALREADY_SCANNED)


@pytest.mark.parametrize(
    ("answer", "counts"),
    [
        *((answer, True) for answer in UNHEARD),
        ((403, {"detail": "App is archived."}), False),
        ((429, {"error": "slow down"}), False),
        ((405, {"detail": "not allowed"}), False),
        ((301, b""), True),
    ],
)
def test_scan_counts_as_unanswered_when_the_server_may_have_acted(scripted, answer, counts):
    server = scripted(check_ticket=[(200, checked())], ticket=[answer], check_api_scan=[(500, {"error": "db"})])
    assert unanswered_after_one_try(server) is counts


def test_scan_that_found_no_connection_does_not_count_as_unanswered(raw_server, respond):
    def check_and_vanish(sock):
        server.stop_listening()
        sock.sendall(respond(200, checked(), Connection="close"))

    server = raw_server(lambda heard: check_and_vanish)
    assert unanswered_after_one_try(server) is False
    assert server.paths == ["/scan/check_ticket/"]


def unanswered_after_one_try(server):
    credentials = deployed(server.url)
    exchanges = Exchanges(server.url, KEY)
    asking = Asking(question(), time.monotonic() + LONG_S, lambda: None, credentials, ONE_EVENT)
    assert not asking.once(exchanges, Events(exchanges)).is_final
    exchanges.close()
    return asking.is_unanswered


# --- what the journal relies on ---------------------------------------------------------------------------------------


@pytest.mark.parametrize("credentials", [ours, deployed])
def test_consuming_request_is_announced_once_and_before_it_is_sent(scripted, ask, credentials):
    server = scripted(check_ticket=[(200, checked())], ticket=[lose, lose, (200, SCANNED)])
    seen = []
    assert ask(credentials(server.url), announce=lambda: seen.append(list(server.paths))) == ADMITTED
    assert len(seen) == 1
    assert not any(path.endswith("/ticket/") for path in seen[0])


@pytest.mark.parametrize("credentials", [ours, deployed])
def test_journal_that_can_not_be_written_stops_the_request(scripted, ask, credentials):
    server = scripted(check_ticket=[(200, checked())], ticket=[(200, SCANNED)])

    def disk_full():
        raise OSError("disk full")

    with pytest.raises(OSError, match="disk full"):
        ask(credentials(server.url), announce=disk_full)
    assert not any(path.endswith("/ticket/") for path in server.paths)


def test_question_whose_time_is_over_sends_and_announces_nothing(scripted, ask):
    server = scripted(ticket=[(200, SCANNED)])
    announced = []
    verdict = ask(ours(server.url), seconds=0, announce=lambda: announced.append(1))
    assert verdict == unknown(Fault.TIMEOUT)
    assert (server.heard, announced) == ([], [])


# --- networks ---------------------------------------------------------------------------------------------------------


def endless(head):
    """Sends ``head``, then a byte now and then for ever."""

    def trickle(sock):
        sock.sendall(head)
        pace = threading.Event()
        while not pace.wait(0.02):
            sock.sendall(b"x")

    return trickle


def silent(sock):
    sock.recv(1)  # until the client gives up


def reset(sock):
    sock.setsockopt(socket.SOL_SOCKET, socket.SO_LINGER, b"\x01\x00\x00\x00\x00\x00\x00\x00")


JSON_HEAD = b"HTTP/1.1 200 OK\r\nContent-Type: application/json\r\n"


def whole(content):
    return JSON_HEAD + f"Content-Length: {len(content)}\r\n\r\n".encode() + content


BOMB = gzip.compress(b" " * 50_000_000)


@pytest.mark.parametrize(
    ("reply", "fault"),
    [
        pytest.param(silent, Fault.TIMEOUT, id="silence"),
        pytest.param(endless(JSON_HEAD + b"Content-Length: 60000\r\n\r\n"), Fault.TIMEOUT, id="trickling body"),
        pytest.param(endless(JSON_HEAD + b"X-Long: "), Fault.TIMEOUT, id="trickling header"),
        pytest.param(endless(b"HTTP/1.1 100 Continue\r\n\r\n" * 50 + b"HTTP"), Fault.TIMEOUT, id="trickling status"),
        pytest.param(reset, Fault.NO_NETWORK, id="reset"),
        pytest.param(lose, Fault.NO_NETWORK, id="closed without a word"),
        pytest.param(half_an_answer, Fault.ODD_ANSWER, id="truncated"),
        pytest.param(b"SSH-2.0-OpenSSH_9.2\r\n", Fault.ODD_ANSWER, id="not HTTP"),
        pytest.param(b"HTTP/1.1 200 OK\r\n" + b"A: b\r\n" * 200 + b"\r\n", Fault.ODD_ANSWER, id="200 headers"),
        pytest.param(
            lambda sock: sock.sendall(JSON_HEAD + b"Content-Length: -5\r\n\r\n{}"),
            Fault.ODD_ANSWER,
            id="negative length",
        ),
        pytest.param(
            JSON_HEAD + b"Content-Length: 2\r\nContent-Length: 3\r\n\r\n{} ", Fault.ODD_ANSWER, id="two lengths"
        ),
        pytest.param(JSON_HEAD + b"Transfer-Encoding: chunked\r\n\r\nzz\r\n", Fault.ODD_ANSWER, id="bad chunk"),
        pytest.param(whole(json.dumps(SCANNED).encode().ljust(70_000)), Fault.ODD_ANSWER, id="too long"),
        pytest.param(
            JSON_HEAD + f"Content-Encoding: gzip\r\nContent-Length: {len(BOMB)}\r\n\r\n".encode() + BOMB,
            Fault.ODD_ANSWER,
            id="gzip bomb",
        ),
        pytest.param(
            JSON_HEAD + b"Content-Encoding: gzip\r\nContent-Length: 5\r\n\r\nnozip", Fault.ODD_ANSWER, id="no gzip"
        ),
        pytest.param(JSON_HEAD + b"Content-Length: 9999\r\n\r\n" + b"[" * 9999, Fault.ODD_ANSWER, id="deep JSON"),
        pytest.param(JSON_HEAD + b"Content-Length: 3\r\n\r\nNaN", Fault.ODD_ANSWER, id="NaN"),
        pytest.param(JSON_HEAD + b"Content-Length: 2\r\n\r\n\xff\xfe", Fault.ODD_ANSWER, id="no UTF-8"),
    ],
)
@pytest.mark.parametrize("credentials", [ours, deployed])
def test_broken_answer_is_unknown_with_its_fault(raw_server, ask, reply, fault, credentials):
    server = raw_server(lambda heard: reply)
    assert ask(credentials(server.url), tries=1, seconds=1 if fault is Fault.TIMEOUT else LONG_S) == unknown(fault)


def test_captive_portal_is_an_odd_answer_and_is_not_followed(raw_server, respond, ask):
    server = raw_server(lambda heard: respond(302, b"<html>", Location=f"{server.url}/login"))
    assert ask(ours(server.url), tries=1) == unknown(Fault.ODD_ANSWER)
    assert server.paths == ["/api/scan/ticket/"]


def test_page_of_success_in_the_wrong_type_is_an_odd_answer(raw_server, respond, ask):
    server = raw_server(lambda heard: respond(200, SCANNED, Content_Type="text/html"))
    assert ask(ours(server.url), tries=1) == unknown(Fault.ODD_ANSWER)


def test_403_page_of_a_firewall_is_not_a_refused_key(raw_server, respond, ask):
    server = raw_server(lambda heard: respond(403, b"<html>"))
    assert ask(ours(server.url), tries=1) == unknown(Fault.ODD_ANSWER)


def test_500_page_is_server_trouble_while_the_key_is_good(scripted, ask):
    server = scripted(check_ticket=[(500, b"<html>")], check_api_scan=[(200, {"scan_app": "Gate 1"})])
    assert ask(deployed(server.url), tries=1) == unknown(Fault.SERVER_TROUBLE)


def test_500_page_everywhere_is_server_trouble(scripted, ask):
    page = (500, b"<html>")
    server = scripted(check_ticket=[page], check_api_scan=[page], check_allow_any=[page])
    assert ask(deployed(server.url), tries=1) == unknown(Fault.SERVER_TROUBLE)


def test_compressed_answer_is_read_all_the_same(raw_server, respond, ask):
    def script(heard):
        content = gzip.compress(respond(200, SCANNED).partition(b"\r\n\r\n")[2])
        return respond(200, content, Content_Type="application/json", Content_Encoding="gzip")

    assert ask(ours(raw_server(script).url)) == ADMITTED


def test_chunked_answer_is_read(raw_server, respond, ask):
    content = respond(200, SCANNED).partition(b"\r\n\r\n")[2]
    chunks = b"".join(b"1\r\n%c\r\n" % byte for byte in content) + b"0\r\n\r\n"
    server = raw_server(lambda heard: JSON_HEAD + b"Transfer-Encoding: chunked\r\n\r\n" + chunks)
    assert ask(ours(server.url)) == ADMITTED


def test_refused_connection_is_no_network(ask):
    with socket.create_server(("127.0.0.1", 0)) as closed_soon:
        port = closed_soon.getsockname()[1]
    assert ask(ours(f"http://127.0.0.1:{port}"), tries=1) == unknown(Fault.NO_NETWORK)


def test_name_that_does_not_exist_is_no_network(ask):
    assert ask(ours("https://gate.invalid"), tries=1) == unknown(Fault.NO_NETWORK)


def test_silent_name_server_does_not_outlast_the_deadline(ask, monkeypatch):
    release = threading.Event()
    monkeypatch.setattr(socket, "getaddrinfo", lambda *_, **__: release.wait() and [])
    assert ask(ours("https://tickets.example.org"), tries=1, seconds=0.3) == unknown(Fault.NO_NETWORK)
    release.set()


def test_localhost_names_are_loopback_whatever_the_resolver_says(scripted, ask):
    server = scripted(ticket=[(200, SCANNED)])
    assert ask(ours(f"http://lespass.localhost:{server.port}")) == ADMITTED
    assert server.heard[0].headers["host"] == f"lespass.localhost:{server.port}"


def test_plain_http_where_tls_is_expected_is_a_tls_fault(scripted, ask):
    server = scripted(ticket=[(200, SCANNED)])
    assert ask(ours(server.url.replace("http:", "https:"))) == unknown(Fault.TLS)
    assert server.heard == []


def test_proxies_of_the_environment_are_ignored(scripted, ask, monkeypatch):
    for name in ("HTTP_PROXY", "http_proxy", "ALL_PROXY"):
        monkeypatch.setenv(name, "http://127.0.0.1:9")
    assert ask(ours(scripted(ticket=[(200, SCANNED)]).url)) == ADMITTED


def test_cookies_are_never_sent_back(raw_server, respond):
    server = raw_server(lambda heard: respond(200, SCANNED, Set_Cookie="sessionid=1; Path=/"))
    client = ScanClient(ours(server.url), Server())
    for _ in range(2):
        assert client.ask(question(), time.monotonic() + LONG_S, lambda: None) == ADMITTED
    assert ["cookie" in heard.headers for heard in server.heard] == [False, False]
    assert [heard.connection for heard in server.heard] == [1, 1]  # and the connection is kept
    client.close()


def test_kept_connection_that_the_server_closed_costs_no_verdict(raw_server, respond):
    def answer_and_close(sock):
        sock.sendall(respond(200, SCANNED))  # says keep-alive, and closes

    server = raw_server(lambda heard: answer_and_close)
    client = ScanClient(ours(server.url), Server())
    for _ in range(3):
        assert client.ask(question(), time.monotonic() + LONG_S, lambda: None) == ADMITTED
    client.close()


def test_server_that_comes_back_within_the_deadline_is_asked_again(scripted, ask):
    server = scripted(ticket=[reset, (503, b"<html>"), half_an_answer, (200, SCANNED)])
    assert ask(ours(server.url)) == ADMITTED


def test_waiting_question_ends_when_the_client_is_closed(raw_server):
    client = None

    def lose_for_good(sock):
        client.close()

    server = raw_server(lambda heard: lose_for_good)
    client = ScanClient(ours(server.url), Server())
    assert client.ask(question(), time.monotonic() + LONG_S, lambda: None) == unknown(Fault.NO_NETWORK)
    assert len(server.heard) == 1


DEVICE = {"uuid": GATE, "name": "Gate 1", "claimed": True, "archived": False}


@pytest.mark.parametrize(
    ("status", "body", "fault"),
    [
        (200, {"success": True, "device_info": DEVICE}, None),
        (200, {"success": True, "device_info": DEVICE | {"archived": True}}, Fault.KEY_REFUSED),
        (200, {"success": True, "device_info": DEVICE | {"uuid": OTHER_GATE}}, Fault.ODD_ANSWER),
        (200, {"success": True, "device_info": DEVICE | {"uuid": None}}, Fault.ODD_ANSWER),
        (200, {"success": 1, "device_info": DEVICE}, Fault.ODD_ANSWER),
        (200, {"success": True}, Fault.ODD_ANSWER),
        (200, b"<html>", Fault.ODD_ANSWER),
        (401, {"code": "unauthorized"}, Fault.KEY_REFUSED),
        (403, {"code": "device_archived"}, Fault.KEY_REFUSED),
        (500, b"<html>", Fault.SERVER_TROUBLE),
    ],
)
def test_probe_of_ours_tells_whether_it_is_this_gate_that_is_known(scripted, status, body, fault):
    client = ScanClient(ours(scripted(test_api=[(status, body)]).url), Server())
    assert client.probe() == fault
    client.close()


def test_probe_fetches_the_events_where_they_must_be_found(scripted):
    server = scripted(check_api_scan=[(200, {"scan_app": "Gate 1"})], events=[(200, [])])
    for settings_, paths in ((ONE_EVENT, 1), (Server(), 2)):
        client = ScanClient(deployed(server.url), settings_)
        assert client.probe() is None
        client.close()
        assert len(server.heard) == paths
        server.heard.clear()


@settings(max_examples=60, deadline=None, suppress_health_check=[HealthCheck.function_scoped_fixture])
@given(
    head=st.sampled_from([b"", b"HTTP/1.1 200 OK\r\n", JSON_HEAD, JSON_HEAD + b"Content-Length: 20\r\n\r\n"]),
    rest=st.binary(max_size=200),
)
def test_no_bytes_make_the_client_raise_or_admit(raw_server, head, rest):
    server = raw_server(lambda heard: lambda sock: sock.sendall(head + rest))
    client = ScanClient(deployed(server.url), ONE_EVENT)
    client.close()
    assert not client.ask(question(), time.monotonic() + LONG_S, lambda: None).is_final
    server.close()
