"""The lane: scans of many gates at once on real sockets, and clients who would hold it up."""

from __future__ import annotations

import http.client
import json
import logging
import socket
import sqlite3
import threading
import time
from contextlib import ExitStack, closing
from ipaddress import ip_network
from uuid import UUID, uuid4

import pytest

from api.access import Access
from api.app import make_app
from api.lane import Answer, Lane, Together
from api.listener import Listener
from api.settings import Server
from api.store.upkeep import FEW
from api.tickets import issue
from tests import needs

PATH = "/api/scan/ticket/"
HEAD = "POST %s HTTP/1.1\r\nHost: gate\r\nAuthorization: Api-Key %s\r\n%sContent-Length: %d\r\n\r\n"

pytestmark = needs.on_sqlite  # PostgreSQL's scans run beside each other, each with a thread


def _request(gate, code, path=PATH, more="", **body):
    content = json.dumps({"qrcode_data": code, **body}).encode()
    return (HEAD % (path, gate.key, more, len(content))).encode() + content


class Watched:
    """Calls that are answered together, and the groups that they came in."""

    def __init__(self, together):
        self._together = together
        self.groups = []
        self.rests = []
        self.calls = Together(together.targets, self._answer, self._rest)

    def _answer(self, environs):
        self.groups.append(len(environs))
        return self._together.answer(environs)

    def _rest(self, is_quiet):
        self.rests.append(is_quiet)
        self._together.rest(is_quiet)


@pytest.fixture
def watched(store, monkeypatch):
    monkeypatch.setattr("api.lane.AGAIN_S", 600)
    return Watched(make_app(store).together)


@pytest.fixture
def copied(store, monkeypatch):
    """What SQLite told of each copy of its log."""

    def read(sql, values=()):
        rows = as_ever(sql, values)
        told.extend(rows if sql.startswith("PRAGMA wal_checkpoint") else ())
        return rows

    as_ever, told = store.db.read, []
    monkeypatch.setattr(store.db, "read", read)
    return told


@pytest.fixture
def listen(store, listening):
    """Starts a listener on the store, with these calls in its lane (None: without one); gives it."""

    def start(together, app=None):
        lane = Lane(together) if together is not None else None
        server = Server(port=0, threads=2, request_timeout_s=120)
        return listening(Listener(app or make_app(store), server, lane=lane))

    return start


@pytest.fixture
def client():
    """Opens connections on which these bytes were sent."""
    with ExitStack() as stack:

        def connect(listener, raw=b""):
            connection = stack.enter_context(socket.create_connection(listener.bind_addr, 60))
            connection.sendall(raw)
            return connection

        yield connect


def _answers(connection, count=1):
    """So many answers of a connection: (status, JSON)."""
    found = []
    with connection.makefile("rb") as file:
        while len(found) < count:
            status = int(file.readline().split()[1])
            headers = http.client.parse_headers(file)
            found.append((status, json.loads(file.read(int(headers["Content-Length"])))))
    return found


def _rest(_is_quiet):
    """Nothing is to be done between two groups."""


def _code(connection):
    ((_, body),) = _answers(connection)
    return body["code"]


def test_scans_that_wait_for_the_disk_together_share_one_commit_and_nobody_is_told_before_it(
    house, gate, listen, watched, client, database_url
):
    listener = listen(watched.calls)
    tickets = issue.add_tickets(house.store, UUID(house.event.uuid), count=13)
    with house.store.writing():  # the disk is busy
        connections = [client(listener, _request(gate, ticket.qrcode_data)) for ticket in tickets]
        _until(lambda: sum(watched.groups) + listener._lane._waiting.qsize() == 13)
        for connection in connections:
            connection.setblocking(False)
            with pytest.raises(BlockingIOError):
                connection.recv(1)
            connection.settimeout(60)
    with closing(sqlite3.connect(database_url.removeprefix("sqlite:///"))) as other:
        for connection, ticket in zip(connections, tickets, strict=True):
            assert _code(connection) == "ok"
            assert other.execute("SELECT status FROM ticket WHERE uuid = ?", (ticket.uuid,)).fetchone() == ("scanned",)
    assert len(watched.groups) <= 2  # those that came before the lane was stopped by the disk, and all others
    assert sum(watched.groups) == 13


def _until(is_so):
    deadline = time.monotonic() + 60
    while not is_so():
        assert time.monotonic() < deadline
        time.sleep(0.005)


def test_of_many_scans_of_one_ticket_in_one_group_one_is_admitted(house, gate, listen, watched, client):
    listener, ticket = listen(watched.calls), house.ticket()
    with house.store.writing():
        connections = [client(listener, _request(gate, ticket.qrcode_data)) for _ in range(8)]
        _until(lambda: sum(watched.groups) + listener._lane._waiting.qsize() == 8)
    assert sorted(map(_code, connections)) == ["already_scanned"] * 7 + ["ok"]


def test_a_commit_that_fails_is_a_yes_to_nobody_in_the_group(house, gate, listen, watched, client, monkeypatch):
    listener = listen(watched.calls)
    tickets = issue.add_tickets(house.store, UUID(house.event.uuid), count=4)
    scan_ids = [str(uuid4()) for _ in tickets]

    def ask():
        raws = [_request(gate, t.qrcode_data, scan_id=i) for t, i in zip(tickets, scan_ids, strict=True)]
        with house.store.writing():
            connections = [client(listener, raw) for raw in raws]
            _until(lambda: listener._lane._since is not None and listener._lane._waiting.qsize() + last() >= 4)
        return [_answers(connection)[0] for connection in connections]

    def last():
        return sum(watched.groups) % 4 or 4 * bool(watched.groups)

    run = house.store.db.run

    def refuse(sql, values=()):
        if sql == "COMMIT":
            raise sqlite3.OperationalError("disk I/O error")
        return run(sql, values)

    with monkeypatch.context() as patch:
        patch.setattr(house.store.db, "run", refuse)
        assert [status for status, _ in ask()] == [500] * 4
    assert [body["code"] for _, body in ask()] == ["ok"] * 4


def test_a_client_that_lies_about_its_length_is_refused_at_once(gate, listen, watched, client, house):
    """The first length is what was sent, the last is what is believed; nothing more will come."""
    raw = f"POST {PATH} HTTP/1.1\r\nContent-Length: 2\r\nContent-Length: 9000\r\n\r\n{{}}"
    keyed = raw.replace("\r\n", f"\r\nAuthorization: Api-Key {gate.key}\r\n", 1)
    listener = listen(watched.calls)
    ((status, body),) = _answers(client(listener, keyed.encode()))
    assert (status, body["code"]) == (400, "bad_request")
    assert watched.groups == []
    assert _code(client(listener, _request(gate, house.ticket().qrcode_data))) == "ok"


@pytest.mark.parametrize(
    "more", ["Transfer-Encoding: chunked\r\n", "transfer-encoding : x\r\n", "Expect: 100-continue\r\n"]
)
def test_what_is_read_only_by_waiting_goes_to_a_thread(gate, listen, watched, client, more):
    listener = listen(watched.calls)
    connection = client(listener, _request(gate, "nonsense", more=more))
    connection.shutdown(socket.SHUT_WR)
    assert connection.recv(1) == b"H"
    assert watched.groups == []


def test_half_a_scan_waits_outside_the_lane(house, gate, listen, watched, client):
    listener, raw = listen(watched.calls), _request(gate, house.ticket().qrcode_data)
    strangers = [client(listener, raw[:-1]) for _ in range(5)]
    assert _code(client(listener, _request(gate, house.ticket().qrcode_data))) == "ok"
    assert watched.groups == [1]
    strangers[0].sendall(raw[-1:])
    assert _code(strangers[0]) == "ok"
    assert watched.groups == [1, 1]


def test_who_leaves_its_answers_unread_is_hung_up_on_and_holds_nobody_up(house, gate, listen, watched):
    """It sends scan after scan; once neither side's buffers take more of the answers, it is over."""
    listener = listen(watched.calls)
    refused = _request(gate, "nonsense") * 200
    with socket.socket() as greedy:
        greedy.setsockopt(socket.SOL_SOCKET, socket.SO_RCVBUF, 1024)
        greedy.settimeout(60)
        greedy.connect(listener.bind_addr)
        with pytest.raises(ConnectionError):
            for _ in range(1000):
                greedy.sendall(refused)
        with closing(socket.create_connection(listener.bind_addr, 60)) as other:
            other.sendall(_request(gate, house.ticket().qrcode_data))
            assert _code(other) == "ok"


def test_scans_sent_one_behind_the_other_are_answered_in_their_order(house, gate, listen, watched, client):
    tickets = issue.add_tickets(house.store, UUID(house.event.uuid), count=5)
    other = f"GET /api/scan/test_api/ HTTP/1.1\r\nAuthorization: Api-Key {gate.key}\r\n\r\n".encode()
    raws = [_request(gate, ticket.qrcode_data) for ticket in tickets]
    connection = client(listen(watched.calls), b"".join([*raws[:3], other, *raws[3:]]))
    answers = [body for _, body in _answers(connection, 6)]
    assert [body["device_info"]["uuid"] for body in answers if "device_info" in body] == [gate.uuid]
    assert [body["ticket"]["uuid"] for body in answers if "ticket" in body] == [ticket.uuid for ticket in tickets]
    assert "device_info" in answers[3]
    assert watched.groups == [1] * 5


def test_a_client_that_closes_after_its_scan_is_answered_and_let_go(house, gate, listen, watched, client):
    raw = _request(gate, house.ticket().qrcode_data, more="Connection: close\r\n")
    connection = client(listen(watched.calls), raw)
    connection.shutdown(socket.SHUT_WR)
    assert _code(connection) == "ok"
    assert connection.recv(1) == b""


ODD = {
    "used": _request,
    "malformed": lambda gate, _: _request(gate, "nonsense"),
    "deployed": lambda gate, code: _request(gate, code, path="/scan/ticket/"),
    "without the slash": lambda gate, code: _request(gate, code, path="/api/scan/ticket"),
    "a query": lambda gate, code: _request(gate, code, path=f"{PATH}?a=b"),
    "French": lambda gate, code: _request(gate, code, more="Accept-Language: fr\r\n"),
    "HTTP/1.0": lambda gate, code: _request(gate, code).replace(b"HTTP/1.1", b"HTTP/1.0", 1),
    "HTTP/9": lambda gate, code: _request(gate, code).replace(b"HTTP/1.1", b"HTTP/1.9", 1),
    "no key": lambda gate, code: _request(gate, code).replace(gate.key.encode(), b"", 1),
    "another's key": lambda gate, code: _request(gate, code).replace(gate.key.encode(), b"AAAAAAAA.b", 1),
    "no JSON": lambda gate, code: _request(gate, code).replace(b"{", b"(", 1),
    "a header that goes on": lambda gate, code: _request(gate, code).replace(b"\r\n", b"\r\n foo\r\n", 1),
    "chunks of another kind": lambda gate, code: _request(gate, code, more="Transfer-Encoding\x0b: chunked\r\n"),
    "very many headers": lambda gate, code: _request(gate, code, more="X: y\r\n" * 150),
    "no header": lambda gate, code: _request(gate, code, more="no colon\r\n"),
    "a name with an underscore": lambda gate, code: _request(gate, code, more="Content_Length: 3\r\n"),
    "too large": lambda gate, code: _request(gate, code, more="", padding="x" * 20_000),
    "twice": lambda gate, code: _request(gate, code) * 2,
}


@pytest.mark.parametrize("raw", ODD.values(), ids=ODD)
def test_what_is_answered_in_the_lane_is_what_a_thread_would_have_answered(house, gate, listen, client, raw):
    """Byte for byte, but for the time, the reservation, and how a header's name is written."""
    said = []
    for together in (make_app(house.store).together, None):
        ticket = house.ticket()
        connection = client(listen(together), raw(gate, ticket.qrcode_data))
        connection.shutdown(socket.SHUT_WR)
        with connection.makefile("rb") as file:
            lines = file.read().replace(ticket.uuid.encode(), b"TICKET").splitlines()
        parts = [line.partition(b'"reservation":{"uuid":"')[0].partition(b":") for line in lines]
        said.append([(name.lower(), *rest) for name, *rest in parts if name != b"Date"])
    assert said[0] == said[1]
    assert said[0][0][0].startswith(b"http/1.1 ")


def test_who_asks_through_a_proxy_is_known_and_has_a_line_in_the_log(house, gate, listen, client, caplog):
    app = make_app(house.store)
    access = Access(app, (ip_network("127.0.0.0/8"),), write_lines=True)
    listener = listen(access.around(app.together), app=access)
    raw = _request(gate, house.ticket().qrcode_data, more="X-Forwarded-For: 192.0.2.7\r\n")
    with caplog.at_level(logging.INFO, "api.access"):
        assert _code(client(listener, raw)) == "ok"
    (line,) = [record.getMessage() for record in caplog.records if record.name == "api.access"]
    assert line.startswith(f"method=POST path={PATH} status=200 ms=")
    assert line.endswith("client=192.0.2.7")


def test_somebody_who_guesses_keys_is_slowed_down_in_the_lane_too(gate, listen, watched, client):
    listener = listen(watched.calls)
    raw = _request(gate, "x").replace(gate.key.encode(), b"AAAAAAAA.guessed")
    codes = [_code(client(listener, raw)) for _ in range(40)]
    assert codes[0] == "unauthorized"
    assert codes[-1] == "rate_limited"
    assert _code(client(listener, _request(gate, "nonsense"))) == "malformed_code"  # a good key is served all the same


def test_calls_that_can_not_be_answered_are_told_so_and_the_lane_goes_on(listen, client, gate, caplog):
    answers = iter([ZeroDivisionError(), [Answer(200, {}, b"{}")]])

    def answer(_environs):
        told = next(answers)
        if isinstance(told, Exception):
            raise told
        return told

    listener = listen(Together(frozenset({b"POST /api/scan/ticket/"}), answer, _rest))
    ((status, body),) = _answers(client(listener, _request(gate, "x")))
    assert (status, body["code"]) == (500, "server_error")
    assert "1 requests could not be answered" in caplog.text
    assert _answers(client(listener, _request(gate, "x"))) == [(200, {})]


def test_a_lane_that_goes_on_with_the_same_for_too_long_is_stuck(listen, client, gate):
    released = threading.Event()

    def answer(environs):
        released.wait(60)
        return [Answer(200, {}, b"{}")] * len(environs)

    listener = listen(Together(frozenset({b"POST /api/scan/ticket/"}), answer, _rest))
    assert not listener.is_stuck(after_s=0)
    connection = client(listener, _request(gate, "x"))
    _until(lambda: listener.is_stuck(after_s=0))
    assert not listener.is_stuck(after_s=60)
    released.set()
    assert _answers(connection) == [(200, {})]
    _until(lambda: not listener.is_stuck(after_s=0))


def test_a_pause_between_scans_is_used_once_to_copy_the_log_and_the_door_goes_on(
    house, gate, listen, watched, client, copied
):
    listener, tickets = listen(watched.calls), issue.add_tickets(house.store, UUID(house.event.uuid), count=50)
    _until(lambda: watched.rests == [True])
    with ExitStack() as stack:
        connections = [stack.enter_context(socket.create_connection(listener.bind_addr, 60)) for _ in range(5)]
        for at, ticket in enumerate(tickets):
            connections[at % 5].sendall(_request(gate, ticket.qrcode_data))
            assert _code(connections[at % 5]) == "ok"
        _until(lambda: watched.rests.count(False) == len(watched.groups) and watched.rests[-1])
    assert all(is_busy == 0 and pages == done > 0 for is_busy, pages, done in copied)
    assert copied
    asked = len(watched.rests)
    time.sleep(0.2)
    assert len(watched.rests) == asked  # an idle server sleeps
    assert _code(client(listener, _request(gate, house.ticket().qrcode_data))) == "ok"


def test_what_is_written_past_the_lane_is_copied_too_while_no_gate_scans(house, listen, watched, copied, monkeypatch):
    monkeypatch.setattr("api.lane.AGAIN_S", 0.02)
    listen(watched.calls)
    _until(lambda: watched.rests)
    for n in range(FEW):
        house.store.settle(lambda n=n: house.store.db.run("UPDATE device SET name = ?", (f"{n}",)))
    _until(lambda: copied)


def test_between_two_groups_that_follow_each_other_it_is_not_quiet(house, gate, listen, watched, client):
    listener, tickets = listen(watched.calls), issue.add_tickets(house.store, UUID(house.event.uuid), count=3)
    _until(lambda: watched.rests == [True])
    with house.store.writing():
        connections = [client(listener, _request(gate, tickets[0].qrcode_data))]
        _until(lambda: watched.groups == [1])
        connections += [client(listener, _request(gate, ticket.qrcode_data)) for ticket in tickets[1:]]
        _until(lambda: listener._lane._waiting.qsize() == 2)
    assert list(map(_code, connections)) == ["ok"] * 3
    _until(lambda: len(watched.rests) == 4)
    assert watched.rests == [True, False, False, True]


def test_what_fails_between_two_groups_is_logged_and_the_lane_goes_on(listen, client, gate, caplog):
    def rest(_is_quiet):
        raise ZeroDivisionError

    def answer(environs):
        return [Answer(200, {}, b"{}")] * len(environs)

    listener = listen(Together(frozenset({b"POST /api/scan/ticket/"}), answer, rest))
    assert [_answers(client(listener, _request(gate, "x"))) for _ in range(2)] == [[(200, {})]] * 2
    assert "what is done between two groups failed" in caplog.text
    assert not listener.is_maimed()


def test_a_copy_that_takes_too_long_is_known_as_well(listen):
    released = threading.Event()
    listener = listen(Together(frozenset(), lambda _environs: [], lambda _is_quiet: released.wait(60)))
    _until(lambda: listener.is_stuck(after_s=0))
    released.set()
    _until(lambda: not listener.is_stuck(after_s=0))


def test_all_that_wait_are_answered_before_it_stops(listen, client, gate):
    released, heard = threading.Event(), []

    def answer(environs):
        heard.append(len(environs))
        released.wait(60)
        return [Answer(200, {}, b"{}")] * len(environs)

    listener = listen(Together(frozenset({b"POST /api/scan/ticket/"}), answer, _rest))
    try:
        connections = [client(listener, _request(gate, "x")) for _ in range(5)]
        _until(lambda: heard and heard[0] + listener._lane._waiting.qsize() == 5)
        stopping = threading.Thread(target=listener.stop)
        stopping.start()
        _until(lambda: not listener.ready)
    finally:
        released.set()
    assert [_answers(connection) for connection in connections] == [[(200, {})]] * 5
    stopping.join(60)
    assert not stopping.is_alive()


def test_each_of_a_group_hears_what_became_of_its_own_ticket_whatever_the_others_sent(
    house, gate, listen, watched, client
):
    listener, valid = listen(watched.calls), issue.add_tickets(house.store, UUID(house.event.uuid), count=4)
    codes = [ticket.qrcode_data for ticket in valid]
    forged = codes[2].partition(":")[0] + ":" + codes[3].partition(":")[2]
    asked = [
        (_request(gate, codes[0]).replace(gate.key.encode(), b"AAAAAAAA.x"), "unauthorized"),
        (_request(gate, codes[0]), valid[0].uuid),
        (_request(gate, codes[1]).replace(b"{", b"("), "bad_request"),
        (_request(gate, codes[1]), valid[1].uuid),
        (_request(gate, "nonsense"), "malformed_code"),
        (_request(gate, codes[2], more="no colon\r\n"), "bad_request"),
        (_request(gate, codes[2]), valid[2].uuid),
        (_request(gate, forged), "invalid_signature"),
        (_request(gate, codes[3]), valid[3].uuid),
    ]
    with house.store.writing():
        client(listener, _request(gate, "nonsense"))
        _until(lambda: watched.groups == [1])  # it waits for the disk, and the lane with it
        connections = []
        for raw, _ in asked:
            connections.append(client(listener, raw))
            _until(lambda: listener._lane._waiting.qsize() == len(connections))  # in this order
    told = [_answers(connection)[0][1] for connection in connections]
    assert watched.groups == [1, 8]  # one was no HTTP
    assert [each["ticket"]["uuid"] if each["success"] else each["code"] for each in told] == [due for _, due in asked]


def test_a_client_that_is_lost_takes_nobody_else_of_its_group_with_it(
    house, gate, listen, watched, client, monkeypatch, caplog
):
    listener, tickets = listen(watched.calls), issue.add_tickets(house.store, UUID(house.event.uuid), count=3)
    put, left = listener.put_conn, iter([1])

    def refuse(connection):
        if next(left, None):
            raise ZeroDivisionError
        put(connection)

    monkeypatch.setattr(listener, "put_conn", refuse)
    with house.store.writing():
        connections = [client(listener, _request(gate, ticket.qrcode_data)) for ticket in tickets]
        _until(lambda: sum(watched.groups) + listener._lane._waiting.qsize() == 3)
    assert list(map(_code, connections)) == ["ok"] * 3
    assert "a client was lost" in caplog.text
    assert not listener.is_maimed()


@pytest.mark.filterwarnings("ignore::pytest.PytestUnhandledThreadExceptionWarning")
def test_a_lane_that_died_is_known(listen, client, gate):
    def answer(_environs):
        raise SystemExit

    listener = listen(Together(frozenset({b"POST /api/scan/ticket/"}), answer, _rest))
    assert not listener.is_maimed()
    client(listener, _request(gate, "x"))
    _until(listener.is_maimed)


def test_a_head_of_very_many_lines_is_refused_unread(house, gate, listen, watched, client):
    listener = listen(watched.calls)
    lines = "".join(f"A{n}:\r\n" for n in range(200))
    connection = client(listener, _request(gate, house.ticket().qrcode_data, more=lines))
    assert [status for status, _ in _answers(connection)] == [431]
    assert watched.groups == []
