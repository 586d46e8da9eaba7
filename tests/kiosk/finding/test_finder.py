"""When a server is looked for, and who is believed: the holder of the pinned key alone. Real TLS on loopback."""

import queue
import threading

import pytest
from cryptography.hazmat.primitives.asymmetric import ec

from kiosk.credentials import Credentials
from kiosk.finding.finder import LOST, LOST_FOR_S, SEARCH_EVERY_S, Finder
from kiosk.verdict import Fault

PATIENCE_S = 30.0
DEVICE = "d0000000-0000-4000-8000-000000000001"
KNOWN = {"success": True, "device_info": {"uuid": DEVICE, "archived": False}}
DEAD = "https://127.0.0.1:1"
NOBODY = "A" * 43


@pytest.fixture
def key():
    return ec.generate_private_key(ec.SECP256R1())


@pytest.fixture
def finder_of():
    """``finder_of(base_url, pin)``: the finder of a gate that was paired there, and a queue of what it found."""
    finders = []

    def make(base_url, pin):
        found = queue.SimpleQueue()
        credentials = Credentials(base_url, "/api/scan", "key-of-the-gate", DEVICE, "Gate", pin=pin)
        finders.append(Finder(credentials, found.put))
        return finders[-1], found

    yield make
    for finder in finders:
        finder.close()


def searching():
    return [thread for thread in threading.enumerate() if thread.name == "finder"]


def searched():
    """The search that is under way has ended."""
    for thread in searching():
        thread.join(PATIENCE_S)
        assert not thread.is_alive()


def test_without_a_pinned_key_there_is_no_finder():
    credentials = Credentials("https://a.example", "/api/scan", "key-of-the-gate", DEVICE, "Gate")
    with pytest.raises(ValueError, match="never looked for"):
        Finder(credentials, lambda base_url: None)


def test_a_server_that_came_back_to_the_address_of_its_pairing_is_found_there_first(
    raw_server, respond, certificate, pin_of, key, finder_of
):
    server = raw_server(lambda heard: respond(200, KNOWN), certificate(key))
    finder, found = finder_of(server.url, pin_of(key))
    finder.heard(Fault.NO_NETWORK, DEAD, 100.0)
    finder.heard(Fault.NO_NETWORK, DEAD, 100.0 + LOST_FOR_S)
    assert found.get(timeout=PATIENCE_S) == server.url


@pytest.mark.parametrize("status", [401, 503])
def test_a_server_that_has_the_key_and_says_no_is_found_all_the_same(
    raw_server, respond, certificate, pin_of, key, finder_of, status
):
    server = raw_server(lambda heard: respond(status, {"success": False}), certificate(key))
    finder, found = finder_of(server.url, pin_of(key))
    finder.heard(Fault.TLS, DEAD, 0.0)
    finder.heard(Fault.TLS, DEAD, LOST_FOR_S)
    assert found.get(timeout=PATIENCE_S) == server.url


def test_whoever_has_another_key_is_not_found_and_hears_nothing(
    raw_server, respond, certificate, pin_of, key, finder_of
):
    server = raw_server(lambda heard: respond(200, KNOWN), certificate(ec.generate_private_key(ec.SECP256R1())))
    finder, found = finder_of(server.url, pin_of(key))
    finder.heard(Fault.SERVER_KEY_CHANGED, DEAD, 0.0)
    finder.heard(Fault.SERVER_KEY_CHANGED, DEAD, LOST_FOR_S)
    searched()
    assert found.empty()
    assert server.heard == []


def test_nothing_is_looked_for_before_the_server_was_lost_for_a_while_and_an_answer_begins_it_anew(finder_of):
    finder, _ = finder_of(DEAD, NOBODY)
    for now in (0.0, 3.0, LOST_FOR_S - 0.1):
        finder.heard(Fault.NO_NETWORK, DEAD, now)
    assert finder.is_lost
    finder.heard(None, DEAD, LOST_FOR_S)
    assert not finder.is_lost
    finder.heard(Fault.NO_NETWORK, DEAD, LOST_FOR_S + 1)
    finder.heard(Fault.NO_NETWORK, DEAD, 2 * LOST_FOR_S)
    assert searching() == []


@pytest.mark.parametrize("fault", sorted(set(Fault) - LOST))
def test_a_server_that_is_there_and_answers_badly_is_not_looked_for(finder_of, fault):
    finder, _ = finder_of(DEAD, NOBODY)
    finder.heard(fault, DEAD, 0.0)
    finder.heard(fault, DEAD, 10 * LOST_FOR_S)
    assert not finder.is_lost
    assert searching() == []


def test_one_search_at_a_time_and_not_the_next_at_once(finder_of):
    finder, _ = finder_of(DEAD, NOBODY)
    finder.heard(Fault.NO_NETWORK, DEAD, 0.0)
    for now in (LOST_FOR_S, LOST_FOR_S + 1, LOST_FOR_S + SEARCH_EVERY_S):
        finder.heard(Fault.NO_NETWORK, DEAD, now)
        assert len(searching()) == 1  # the first, which waits for answers
    searched()
    finder.heard(Fault.NO_NETWORK, DEAD, LOST_FOR_S + SEARCH_EVERY_S - 0.1)
    assert searching() == []
    finder.heard(Fault.NO_NETWORK, DEAD, LOST_FOR_S + SEARCH_EVERY_S)
    assert len(searching()) == 1
    searched()


def test_a_finder_that_is_closed_looks_no_further(finder_of):
    finder, found = finder_of(DEAD, NOBODY)
    finder.close()
    finder.heard(Fault.NO_NETWORK, DEAD, 0.0)
    finder.heard(Fault.NO_NETWORK, DEAD, LOST_FOR_S)
    assert searching() == []
    assert found.empty()
