"""Tickets of a TiBillet server: its recorded answers replayed over real HTTP, and our own server."""

from __future__ import annotations

import json
import threading
from argparse import Namespace
from collections.abc import Callable
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer
from pathlib import Path
from uuid import UUID, uuid4

import pytest

from api.commands import imports as command
from api.commands.console import CommandError, Shell
from api.store.store import open_store
from api.tickets import codes, events, issue
from api.tickets.events import NotPossibleError
from api.tickets.importing import imports
from api.tickets.importing.tibillet import Tibillet, compare

WIRE = Path(__file__).parents[2] / "tibillet" / "wire.jsonl"
CONCERT = UUID("51bec713-a108-4986-91e6-1a85af1c598a")
CUT_OFF = "X-Cut-Off"  # a header for the replaying server itself: so many bytes of the body never come
KEY = "3AUxzUg8.nq3RT696KhQa4sxBkojMwr6mV4HFxElZ"


@pytest.fixture(scope="session")
def exchanges():
    return {each["name"]: each for each in map(json.loads, WIRE.read_text("utf-8").splitlines())}


class Replay:
    """Answers with recorded exchanges; ``answer`` chooses (status, headers, body) by method, path and JSON asked."""

    def __init__(self, answer: Callable[[str, str, dict], tuple[int, dict[str, str], str]]) -> None:
        self.asked: list[tuple[str, str, str]] = []
        replay = self

        class Handler(BaseHTTPRequestHandler):
            def do_GET(self) -> None:
                self._answer()

            do_POST = do_GET  # noqa: N815

            def _answer(self) -> None:
                content = self.rfile.read(int(self.headers.get("Content-Length", 0)))
                replay.asked.append((self.command, self.path, self.headers.get("Authorization", "")))
                status, headers, body = answer(self.command, self.path, json.loads(content or b"{}"))
                data = body.encode()
                lost = int(headers.pop(CUT_OFF, 0))
                self.send_response(status)
                for name, value in headers.items():
                    self.send_header(name, value)
                self.send_header("Content-Length", str(len(data)))
                self.end_headers()
                self.wfile.write(data[: len(data) - lost])

            def log_message(self, *_: object) -> None:
                pass

        self.server = ThreadingHTTPServer(("127.0.0.1", 0), Handler)
        self.thread = threading.Thread(target=self.server.serve_forever, kwargs={"poll_interval": 0.02})
        self.thread.start()
        self.base = f"http://127.0.0.1:{self.server.server_address[1]}"

    def close(self) -> None:
        self.server.shutdown()
        self.thread.join(60)
        self.server.server_close()


@pytest.fixture
def replay():
    """Starts replaying servers, and ends them."""
    running: list[Replay] = []

    def start(answer):
        running.append(Replay(answer))
        return running[-1]

    yield start
    for each in running:
        each.close()


@pytest.fixture(scope="session")
def pages(exchanges):
    """The recorded tickets, as the server listed them on two pages; of the first only the beginning was recorded."""
    begun = exchanges["list_default"]["response_body"]
    place, first, decoder = begun.index("[") + 1, [], json.JSONDecoder()
    while begun[place : place + 1] == "{":
        try:
            ticket, end = decoder.raw_decode(begun, place)
        except json.JSONDecodeError:
            break
        first.append(ticket)
        place = end + 1
    return [first, json.loads(exchanges["list_p2"]["response_body"])["results"]]


@pytest.fixture
def listed(pages):
    """All of them."""
    return [ticket for page in pages for ticket in page]


@pytest.fixture
def recorded_server(replay, exchanges, tibillet, pages):
    """The recorded server, with an event whose recorded tickets are all that it has."""
    pem = next(each["public_key_pem"] for each in tibillet["events"] if each["uuid"] == str(CONCERT))
    event = {"uuid": str(CONCERT), "name": "Concert", "publicKeyPem": pem, "slug": "concert"}

    def answer(method, path, asked):
        if (method, path) == ("GET", "/api/events/"):
            return 200, {"Content-Type": "application/json"}, json.dumps([event])
        if (method, path) != ("POST", "/scan/list_tickets/") or asked["page_size"] > 200 or asked["order_by"] != "uuid":
            return _recorded(exchanges["list_size201"])
        results = pages[asked["page"] - 1]
        shape = json.loads(exchanges["list_p2"]["response_body"])
        counts = {"count": len(results), "total": sum(map(len, pages)), "total_pages": len(pages)}
        told = {**shape, **counts, "page": asked["page"], "results": results}
        return 200, exchanges["list_p2"]["response_headers"], json.dumps(told)

    return replay(answer)


def _recorded(exchange):
    return exchange["status"], exchange["response_headers"], exchange["response_body"]


def _run(store, capsys, **arguments):
    given = {"event": CONCERT, "dry_run": False, "undo": None, "resume": False, "file": None, **arguments}
    command.run(Namespace(**given), store, Shell(as_json=True))
    return json.loads(capsys.readouterr().out)


@pytest.fixture
def key_file(tmp_path):
    file = tmp_path / "key"
    file.write_text(f"{KEY}\n")
    return file


def test_recorded_tickets_come_with_their_event_names_prices_and_statuses(
    store, recorded_server, listed, key_file, capsys
):
    done = _run(store, capsys, server=recorded_server.base, key_file=key_file)
    assert (done["new"], done["known"], done["changed"]) == (len(listed), 0, [])
    assert recorded_server.asked[-1] == ("POST", "/scan/list_tickets/", f"Api-Key {KEY}")
    here = store.db.run(
        """SELECT t.uuid, t.first_name, t.last_name, r.email, r.uuid, q.name, p.name, t.status
        FROM ticket t JOIN reservation r ON r.id = t.reservation_id JOIN price p ON p.id = t.price_id
        JOIN product q ON q.id = p.product_id"""
    ).fetchall()
    names = ("uuid", "first_name", "last_name", "email", "reservation_uuid", "product", "price")
    statuses = {"Valide et non scanné": "valid", "Valide et scanné": "scanned", "Annulé": "cancelled"}
    statuses |= {"Créé": "created", "Inactive": "inactive"}
    assert sorted(here) == sorted((*(each[name] for name in names), statuses[each["status"]]) for each in listed)


def test_recorded_tickets_that_were_imported_are_verified_and_admitted_once(
    house, gate, recorded_server, listed, key_file, capsys
):
    _run(house.store, capsys, server=recorded_server.base, key_file=key_file)
    answers = [[gate.scan(each["qrcode_data"]).json()["code"] for _ in range(2)] for each in listed]
    fresh, used = ["ok", "already_scanned"], ["already_scanned", "already_scanned"]
    assert answers == [fresh if each["status"] == "Valide et non scanné" else used for each in listed]
    assert fresh in answers
    assert used in answers


def test_a_second_run_brings_nothing_and_tells_what_differs(store, recorded_server, key_file, capsys):
    first = _run(store, capsys, server=recorded_server.base, key_file=key_file)
    (uuid,) = store.db.run("SELECT uuid FROM ticket WHERE status = 'valid' ORDER BY id LIMIT 1").fetchone()
    store.db.run("UPDATE ticket SET status = 'cancelled' WHERE uuid = ?", (uuid,))
    again = _run(store, capsys, server=recorded_server.base, key_file=key_file)
    assert (again["new"], again["known"], again["import"]) == (0, first["new"], None)
    assert again["changed"] == [{"uuid": uuid, "here": "cancelled", "there": "valid"}]
    assert store.db.run("SELECT count(*) FROM ticket").fetchone() == (first["new"],)


def test_a_dry_run_changes_nothing(store, recorded_server, key_file, capsys):
    assert _run(store, capsys, server=recorded_server.base, key_file=key_file, dry_run=True)["new"] > 0
    assert events.list_events(store) == []


def test_what_was_brought_is_undone_whole(store, recorded_server, key_file, capsys):
    done = _run(store, capsys, server=recorded_server.base, key_file=key_file)
    undone = imports.undo(store, UUID(done["import"]))
    assert undone.removed + undone.kept == done["new"]


@pytest.mark.parametrize(
    ("name", "told"),
    [
        ("ticket_badkey", "does not take this API key"),
        ("list_size201", "status 400"),
        ("pair_valid_slash", "no list of tickets"),
    ],
)
def test_recorded_errors_are_told_and_nothing_is_imported(replay, exchanges, name, told):
    server = replay(lambda *_: _recorded(exchanges[name]))
    with pytest.raises(NotPossibleError, match=told):
        Tibillet(server.base, "key").page(CONCERT, 1)


def test_a_redirect_is_told_and_not_followed(replay):
    server = replay(lambda *_: (301, {"Location": "https://elsewhere.example/scan/"}, ""))
    with pytest.raises(NotPossibleError, match=r"elsewhere\.example"):
        Tibillet(server.base, "key").page(CONCERT, 1)
    assert len(server.asked) == 1


@pytest.mark.parametrize(
    "body", ["", "<html>", "[]", "{}", "[" * 100_000, '{"results": 3, "total": 1, "total_pages": 1}']
)
def test_nonsense_is_told(replay, body):
    server = replay(lambda *_: (200, {}, body))
    with pytest.raises(NotPossibleError):
        Tibillet(server.base, "key").page(CONCERT, 1)


@pytest.mark.parametrize("result", [3, {}, {"uuid": "x", "status": "Annulé"}, {"uuid": str(CONCERT), "status": "Odd"}])
def test_a_ticket_that_makes_no_sense_stops_the_import(replay, result):
    body = json.dumps({"results": [result], "total": 1, "total_pages": 1})
    server = replay(lambda *_: (200, {}, body))
    with pytest.raises(NotPossibleError, match="nothing was imported"):
        Tibillet(server.base, "key").page(CONCERT, 1)


NOTHING = '{"results": [], "total": 0, "total_pages": 0}'
NO_PAUSES = (0.0, 0.0)


@pytest.mark.parametrize("headers", [{"Content-Encoding": "gzip"}, {"Transfer-Encoding": "chunked"}])
def test_an_answer_that_breaks_off_is_no_answer(replay, headers):
    server = replay(lambda *_: (200, headers, '{"results": []'))
    with pytest.raises(NotPossibleError, match="did not answer"):
        Tibillet(server.base, "key", NO_PAUSES).page(CONCERT, 1)


@pytest.mark.parametrize(("rows", "pages"), [(1, 10**12), (201, 1)])
def test_a_list_that_does_not_end_is_not_followed(replay, rows, pages):
    results = [{"uuid": str(uuid4()), "status": "Annulé"} for _ in range(rows)]
    server = replay(lambda *_: (200, {}, json.dumps({"results": results, "total": 1, "total_pages": pages})))
    with pytest.raises(NotPossibleError, match="more tickets than"):
        Tibillet(server.base, "key").page(CONCERT, 1)


def test_an_events_name_is_taken_as_one_line_that_can_be_shown(replay):
    event = {"uuid": str(CONCERT), "name": "\x1b[31mBal\nde la\ud800 Place", "publicKeyPem": "pem"}
    server = replay(lambda *_: (200, {}, json.dumps([event])))
    assert Tibillet(server.base, "key").event(CONCERT) == ("[31mBal de la Place", "pem")


def test_trouble_that_passes_is_tried_again_and_a_server_that_stays_away_is_told(replay):
    answers = iter([503, 503, 200, 503, 503, 503])
    server = replay(lambda *_: (next(answers), {}, NOTHING))
    assert Tibillet(server.base, "key", NO_PAUSES).page(CONCERT, 1).rows == []
    with pytest.raises(NotPossibleError, match="503"):
        Tibillet(server.base, "key", NO_PAUSES).page(CONCERT, 1)
    server.close()
    with pytest.raises(NotPossibleError, match="did not answer"):
        Tibillet(server.base, "key", NO_PAUSES).page(CONCERT, 1)


def test_an_answer_that_is_cut_off_is_asked_for_again_and_one_that_always_is_is_told(replay):
    lost = iter([50, 0, 50, 50, 50])
    server = replay(lambda *_: (200, {CUT_OFF: str(next(lost))}, NOTHING))
    assert Tibillet(server.base, "key", NO_PAUSES).page(CONCERT, 1).rows == []
    with pytest.raises(NotPossibleError, match="did not answer"):
        Tibillet(server.base, "key", NO_PAUSES).page(CONCERT, 1)


def test_between_two_tries_there_is_a_pause_as_long_as_the_server_asks_for_within_reason(replay, monkeypatch):
    slept = []
    monkeypatch.setattr("api.tickets.importing.tibillet.time.sleep", slept.append)
    answers = iter([(503, {}), (429, {"Retry-After": "7"}), (429, {"Retry-After": "86400"}), (200, {})])
    server = replay(lambda *_: (*next(answers), NOTHING))
    Tibillet(server.base, "key").page(CONCERT, 1)
    assert slept == [1.0, 7.0, 60.0]


def test_a_server_that_tells_the_same_page_again_and_again_is_told_and_nothing_is_imported(
    store, replay, exchanges, tibillet, pages, key_file, capsys
):
    pem = tibillet["events"][0]["public_key_pem"]
    event = json.dumps([{"uuid": str(CONCERT), "name": "Concert", "publicKeyPem": pem}])
    told = {**json.loads(exchanges["list_p2"]["response_body"]), "results": pages[1], "total": 36, "total_pages": 2}
    server = replay(lambda method, *_: (200, {}, event if method == "GET" else json.dumps(told)))
    with pytest.raises(CommandError, match="page 2"):
        _run(store, capsys, server=server.base, key_file=key_file)
    assert store.db.run("SELECT COUNT(*) FROM ticket_import").fetchone() == (0,)


def test_another_portillon_is_read_page_by_page_and_its_codes_are_good_here(house, gate, key_file, capsys, tmp_path):
    tickets = issue.add_tickets(house.store, UUID(house.event.uuid), issue.Order("Zoé"), count=450)
    gate.scan(tickets[0].qrcode_data)
    key_file.write_text(gate.key)
    here = open_store(f"sqlite:///{tmp_path}/other.sqlite3")
    address = f"{house.base}/api/scan/"
    done = _run(here, capsys, event=UUID(house.event.uuid), server=address, key_file=key_file)
    assert done["new"] == 450
    assert dict(here.db.run("SELECT status, count(*) FROM ticket GROUP BY status").fetchall()) == {
        "valid": 449,
        "scanned": 1,
    }
    assert here.db.run("SELECT DISTINCT tickets_count FROM reservation").fetchall() == [(450,)]
    (event,) = events.list_events(here)
    assert codes.is_genuine(codes.parse(tickets[1].qrcode_data), event.public_key_pem)
    here.close()


def test_an_event_with_another_key_takes_none_of_them(store, recorded_server, key_file, capsys):
    events.add_event(store, "Made here", uuid=CONCERT)
    with pytest.raises(CommandError, match="another public key"):
        _run(store, capsys, server=recorded_server.base, key_file=key_file)


def test_a_ticket_of_another_event_here_stops_the_import(store, recorded_server):
    other = events.add_event(store, "Other")
    rows = Tibillet(recorded_server.base, "key").page(CONCERT, 1).rows
    issue.add_tickets(store, UUID(other.uuid), uuid=UUID(rows[0].uuid))
    with pytest.raises(NotPossibleError, match=other.uuid):
        compare(store, CONCERT, rows)


def test_an_event_that_the_server_has_not_is_told(recorded_server):
    with pytest.raises(NotPossibleError, match="has no event"):
        Tibillet(recorded_server.base, "key").event(uuid4())


def test_no_key_no_request(store, recorded_server, capsys, tmp_path, monkeypatch):
    monkeypatch.delenv("PORTILLON_TIBILLET_KEY", raising=False)
    (tmp_path / "empty").write_text(" \n")
    for key_file in (None, tmp_path / "empty", tmp_path / "nowhere"):
        with pytest.raises(CommandError):
            _run(store, capsys, server=recorded_server.base, key_file=key_file)
    assert recorded_server.asked == []


@pytest.mark.parametrize("address", ["", "host", "ftp://host/scan", "https://", "https://me:secret@host/scan"])
def test_what_is_no_address_is_refused(address):
    with pytest.raises(NotPossibleError, match="no server's address"):
        Tibillet(address, "key")
