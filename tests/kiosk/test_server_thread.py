"""The server thread: a question that waited too long is not asked any more, and a thread that dies says so."""

import queue
import threading

from kiosk.attempt import Entry, Step
from kiosk.codes import TicketCode
from kiosk.credentials import Credentials, CredentialStore
from kiosk.edges import Question
from kiosk.journal import Journal
from kiosk.news import Answered, Died, Probed
from kiosk.server_thread import ServerThread
from kiosk.settings import Server
from kiosk.verdict import Fault

PATIENCE_S = 30.0
DEVICE = "d0000000-0000-4000-8000-000000000001"


def question(number):
    ticket = TicketCode("data:sig", f"00000000-0000-4000-8000-00000000000{number}", b"data", b"sig")
    return Question(f"scan-{number}", ticket, "scan", unanswered=False, admitted_before=False)


def test_a_question_that_waited_out_its_time_behind_others_is_answered_and_never_sent(tmp_path, raw_server):
    over = threading.Event()
    server = raw_server(lambda heard: lambda sock: over.wait(PATIENCE_S))  # hears everything, says nothing
    news, journal = queue.SimpleQueue(), Journal(tmp_path)
    thread = ServerThread(Server(answer_within_s=0.5), CredentialStore(tmp_path), journal, news.put)
    thread.use(
        Credentials(server.url, "/api/scan", "key-of-the-gate", DEVICE, "Gate", extensions=frozenset(["scan_id"]))
    )
    for number in range(1, 6):
        journal.write(Entry(Step.ATTEMPT, f"scan-{number}", ticket=question(number).ticket.uuid, action="scan"))
        thread.ask(question(number))
    assert news.get(timeout=PATIENCE_S) == Probed(Fault.TIMEOUT)  # the first look at the server took longer than all
    told = [news.get(timeout=PATIENCE_S) for _ in range(5)]
    over.set()
    thread.close()
    assert all(isinstance(each, Answered) and not each.verdict.is_final for each in told)
    assert [path for path in server.paths if path.endswith("/ticket/")] == []
    assert not journal.last(question(5).ticket.uuid).asked


def test_a_server_thread_that_dies_of_anything_tells_the_main_loop(tmp_path):
    news = queue.SimpleQueue()
    thread = ServerThread(Server(), CredentialStore(tmp_path), Journal(tmp_path), news.put)
    thread.use(Credentials("http://127.0.0.1:1", "/api/scan", None, DEVICE, "Gate", extensions=None))
    thread.ask(question(1))
    assert news.get(timeout=PATIENCE_S) == Probed(Fault.NO_NETWORK)
    assert news.get(timeout=PATIENCE_S) == Died("server", "TypeError")
    thread.close()


def test_what_the_server_takes_back_is_known_before_the_thread_has_come_to_it(tmp_path, raw_server):
    """A guest whose gate died between answer and pulse holds the ticket up while it starts."""
    over = threading.Event()
    server = raw_server(lambda heard: lambda sock: over.wait(PATIENCE_S))  # keeps the thread at the first pairing
    news = queue.SimpleQueue()
    thread = ServerThread(Server(), CredentialStore(tmp_path), Journal(tmp_path), news.put)
    told = []
    for extensions in (frozenset(["scan_id", "annul"]), frozenset(), frozenset(["scan_id", "annul"])):
        thread.use(Credentials(server.url, "/api/scan", "key-of-the-gate", DEVICE, "Gate", extensions=extensions))
        told.append(thread.takes_back)
    over.set()
    thread.close()
    assert told == [True, False, True]
