"""A gate without credentials looks for a pairing code and says what went wrong."""

import pytest

from kiosk import codes
from kiosk.codes import PairingCode
from kiosk.credentials import Credentials
from kiosk.edges import State
from kiosk.enrolment import AGAIN_S, HANDED_AGAIN_S, PATIENCE_S, RESUME_AGAIN_S, Doing, Enrolment
from kiosk.first_boot.outcome import Outcome
from kiosk.pairing import Paired, PairingFailed, PairingTrouble
from kiosk.shown import TROUBLE_S, Shown
from kiosk.verdict import Fault
from kiosk.wifi_code import WifiCode

CODE = PairingCode("https://tickets.example", "/api/scan", "abc.def")
EXPIRED = PairingFailed(PairingTrouble.CODE_EXPIRED, "expired")
NO_NETWORK = PairingFailed(PairingTrouble.NO_ANSWER, "no network", Fault.NO_NETWORK)
ODD = PairingFailed(PairingTrouble.NO_ANSWER, "odd", Fault.ODD_ANSWER)
WIFI = WifiCode(b"Salle", "wpa", "12345678")
TROUBLE = PairingFailed(PairingTrouble.NO_ANSWER, "502", Fault.SERVER_TROUBLE)
REFUSED_TLS = PairingFailed(PairingTrouble.CERTIFICATE_REFUSED, "certificate", Fault.TLS)
NO_DISK = PairingFailed(PairingTrouble.DISK, "disk")
UNTESTED = PairingFailed(PairingTrouble.UNTESTED, "untested", Fault.NO_NETWORK)


class Scene:
    """An enrolment with its edges: what it asked for, and what it showed."""

    def __init__(self, left=True):
        self.tried, self.resumed, self.shown, self.traced = [], 0, [], []
        self.joined, self.tests, self.takes_cards, self.takes_tests = [], 0, True, True
        self.display = Shown(self, self.trace, State.UNPAIRED)
        doing = Doing(self.tried.append, self.resume, self.joined.append, self.test, lambda _now: self.takes_cards)
        self.enrolment = Enrolment(doing, self.display, self.trace)
        self.enrolment.begin()
        if left:
            self.enrolment.ended(None, 0.0)

    def resume(self):
        self.resumed += 1

    def test(self, _now):
        self.tests += self.takes_tests
        return self.takes_tests

    def show(self, state, verdict=None, trouble=None):
        self.shown.append((state, trouble))

    def trace(self, event, **fields):
        self.traced.append((event, fields))


def test_an_unpaired_gate_says_so_and_settles_what_an_earlier_run_left():
    scene = Scene()
    assert scene.shown[0] == (State.UNPAIRED, None)
    assert scene.resumed == 1


def test_a_gate_that_starts_says_nothing_until_it_knows_whether_it_is_paired():
    assert Scene(left=False).shown == []


def test_a_pairing_code_is_exchanged_once_however_long_it_is_held_up():
    scene = Scene()
    for frame in range(50):
        scene.enrolment.seen([CODE], frame / 10)
    assert scene.tried == [CODE]


def test_a_refused_code_says_so_and_the_gate_goes_on_looking():
    scene = Scene()
    scene.enrolment.seen([CODE], 0.0)
    scene.enrolment.ended(EXPIRED, 0.2)
    assert scene.shown[-1] == (State.UNPAIRED, PairingTrouble.CODE_EXPIRED)
    scene.display.tick(0.2 + TROUBLE_S)
    assert scene.shown[-1] == (State.UNPAIRED, None)
    another = PairingCode("https://tickets.example", "/api/scan", "another")
    scene.enrolment.seen([another], 10.0)
    assert scene.tried == [CODE, another]


def test_the_same_code_is_tried_again_once_it_has_left_the_view():
    scene = Scene()
    scene.enrolment.seen([CODE], 0.0)
    scene.enrolment.ended(EXPIRED, 0.2)
    scene.enrolment.seen([CODE], 2.0)
    assert len(scene.tried) == 1
    scene.enrolment.seen([CODE], 3.0)
    assert len(scene.tried) == 2


def test_nothing_is_tried_while_an_exchange_is_under_way():
    scene = Scene()
    scene.enrolment.seen([CODE], 0.0)
    scene.enrolment.seen([PairingCode("https://tickets.example", "/api/scan", "another")], 5.0)
    assert scene.tried == [CODE]


def test_tickets_and_rubbish_are_ignored_until_the_gate_is_paired():
    scene = Scene()
    scene.enrolment.seen([codes.parse("https://example.org/"), codes.parse("BEGIN:VCARD")], 0.0)
    assert scene.tried == []
    assert scene.shown[-1] == (State.UNPAIRED, None)


def test_a_pairing_code_over_plain_http_to_the_internet_is_named_and_not_asked():
    scene = Scene()
    scene.enrolment.seen([codes.parse("http://tickets.example/api/scan/abc/pair")], 0.0)
    assert scene.tried == []
    assert scene.shown[-1] == (State.UNPAIRED, "plain_http")


def test_pending_credentials_without_an_answer_are_tested_again_by_itself():
    scene = Scene()
    scene.enrolment.ended(UNTESTED, 1.0)
    scene.enrolment.tick(1.0 + RESUME_AGAIN_S)
    assert scene.resumed == 2


def test_the_trace_tells_that_the_gate_was_paired_and_no_secret():
    scene = Scene()
    uuid = "45e71a3f-aaeb-481f-a8b4-a76f35eda75f"
    scene.enrolment.paired(Paired(Credentials("https://tickets.example", "/api/scan", "SECRETSECRET", uuid, "Gate 1")))
    assert scene.traced[-1] == ("pairing", {"outcome": "paired", "device": uuid})


def test_a_wi_fi_card_is_joined_once_however_long_it_is_held_up_and_its_outcome_is_told():
    scene = Scene()
    for frame in range(50):
        scene.enrolment.seen([WIFI], frame / 10)
    assert scene.joined == [WIFI]
    assert scene.shown[-1] == (State.JOINING, None)
    scene.enrolment.joined(Outcome.WRONG_PASSWORD, 9.0)
    assert scene.shown[-1] == (State.UNPAIRED, "wifi_wrong_password")
    assert scene.traced[-2][0] == "wifi"
    assert "12345678" not in str(scene.traced)


def test_a_pairing_code_that_is_shown_while_a_network_is_joined_has_its_turn_when_that_is_done():
    scene = Scene()
    scene.enrolment.seen([WIFI], 0.0)
    scene.enrolment.seen([CODE], 4.0)
    assert scene.tried == []
    scene.enrolment.joined(Outcome.JOINED, 9.0)
    assert scene.tried == [CODE]
    assert scene.shown[-1] == (State.PAIRING, None)


def test_joined_without_a_pairing_code_the_tech_is_asked_for_one():
    scene = Scene()
    scene.enrolment.seen([WIFI], 0.0)
    scene.enrolment.joined(Outcome.JOINED, 9.0)
    assert scene.shown[-1] == (State.UNPAIRED, "wifi_joined")


def test_a_second_wi_fi_card_waits_until_the_first_was_tried():
    scene = Scene()
    scene.enrolment.seen([WIFI], 0.0)
    scene.enrolment.seen([WifiCode(b"another", "open")], 4.0)
    assert scene.joined == [WIFI]


def test_without_a_network_a_pairing_code_is_tried_again_by_itself_for_a_minute():
    scene = Scene()
    scene.enrolment.seen([CODE], 0.0)
    now = 0.0
    while now < PATIENCE_S:
        scene.enrolment.ended(NO_NETWORK, now)
        assert scene.shown[-1] == (State.UNPAIRED, "no_network_yet")
        now += AGAIN_S
        scene.enrolment.tick(now)
    assert scene.tried == [CODE] * (1 + round(PATIENCE_S / AGAIN_S))
    scene.enrolment.ended(NO_NETWORK, now)
    assert scene.shown[-1] == (State.UNPAIRED, PairingTrouble.NO_ANSWER)
    scene.enrolment.tick(now + 1000)
    assert len(scene.tried) == 1 + round(PATIENCE_S / AGAIN_S)


def test_an_odd_answer_is_not_asked_for_again_by_itself():
    scene = Scene()
    scene.enrolment.seen([CODE], 0.0)
    scene.enrolment.ended(ODD, 1.0)
    scene.enrolment.tick(100.0)
    assert scene.tried == [CODE]


def test_a_pairing_url_that_was_there_before_the_gate_waits_for_a_network_for_ever():
    scene = Scene()
    scene.enrolment.handed(CODE, 0.0)
    scene.enrolment.ended(NO_NETWORK, 86_400.0)
    scene.enrolment.tick(86_400.0 + AGAIN_S)
    assert scene.tried == [CODE, CODE]


@pytest.mark.parametrize("outcome", [ODD, TROUBLE, REFUSED_TLS, NO_DISK], ids=lambda outcome: str(outcome.why))
def test_one_is_asked_again_a_minute_after_any_answer_that_is_not_for_good(outcome):
    """A proxy's 502, a captive portal, a certificate that is renewed: nobody may stand by."""
    scene = Scene()
    scene.enrolment.handed(CODE, 0.0)
    assert not scene.enrolment.ended(outcome, 10.0)
    assert scene.shown[-1] == (State.UNPAIRED, outcome.why)
    scene.enrolment.tick(10.0 + HANDED_AGAIN_S - 0.1)
    assert scene.tried == [CODE]
    scene.enrolment.tick(10.0 + HANDED_AGAIN_S)
    assert scene.tried == [CODE, CODE]
    assert scene.enrolment.ended(EXPIRED, 80.0)
    scene.enrolment.tick(86_400.0)
    assert scene.tried == [CODE, CODE]


def test_one_that_brought_a_key_is_not_asked_again_while_the_key_is_tested():
    scene = Scene()
    scene.enrolment.handed(CODE, 0.0)
    for now in range(0, 600, 10):
        scene.enrolment.ended(UNTESTED, now)
        scene.enrolment.tick(now + RESUME_AGAIN_S)
    assert scene.tried == [CODE]


def test_a_code_that_a_tech_shows_after_a_handed_one_is_tried_for_a_minute_as_any():
    scene = Scene()
    scene.enrolment.handed(CODE, 0.0)
    scene.enrolment.ended(EXPIRED, 1.0)
    another = PairingCode("https://tickets.example", "/api/scan", "another")
    scene.enrolment.seen([another], 10.0)
    scene.enrolment.ended(ODD, 11.0)
    scene.enrolment.tick(86_400.0)
    scene.enrolment.seen([another], 86_401.0)
    scene.enrolment.ended(NO_NETWORK, 86_401.0 + PATIENCE_S + 1)
    assert scene.shown[-1] == (State.UNPAIRED, PairingTrouble.NO_ANSWER)
    scene.enrolment.tick(2 * 86_400.0)
    assert scene.tried == [CODE, another, another]


def test_a_code_in_view_takes_the_turn_of_a_handed_one_that_waits():
    scene = Scene()
    scene.enrolment.handed(CODE, 0.0)
    scene.enrolment.ended(NO_NETWORK, 1.0)
    another = PairingCode("https://tickets.example", "/api/scan", "another")
    scene.enrolment.seen([another], 2.0)
    scene.enrolment.ended(NO_NETWORK, 2.0 + PATIENCE_S + 1)
    scene.enrolment.tick(1000.0)
    assert scene.tried == [CODE, another]


def test_a_gate_that_was_locked_meanwhile_asks_for_no_pairing_code_again():
    scene = Scene()
    scene.enrolment.seen([CODE], 0.0)
    scene.enrolment.ended(NO_NETWORK, 1.0)
    scene.takes_cards = False
    scene.enrolment.tick(1.0 + AGAIN_S)
    scene.takes_cards = True
    scene.enrolment.tick(100.0)
    assert scene.tried == [CODE]


def test_the_wait_for_a_network_ends_with_the_card_of_another_network():
    scene = Scene()
    scene.enrolment.seen([CODE], 0.0)
    scene.enrolment.ended(NO_NETWORK, 1.0)
    scene.enrolment.seen([WIFI], 3.0)
    scene.enrolment.tick(3.0 + AGAIN_S)
    assert scene.tried == [CODE]
    scene.enrolment.joined(Outcome.JOINED, 20.0)
    assert scene.tried == [CODE, CODE]


def test_a_test_card_is_taken_once_however_long_it_is_held_up_and_again_when_it_had_left():
    scene = Scene()
    for frame in range(200):
        scene.enrolment.seen([codes.TestCard()], frame / 10)
    scene.enrolment.tested()
    scene.enrolment.seen([codes.TestCard()], 20.0)
    assert scene.tests == 1
    scene.enrolment.seen([codes.TestCard()], 30.0)
    assert scene.tests == 2


def test_a_test_card_that_may_not_be_used_here_says_so():
    scene = Scene()
    scene.takes_tests = False
    scene.enrolment.seen([codes.TestCard()], 0.0)
    assert scene.shown[-1] == (State.UNPAIRED, "test_not_now")
    scene.enrolment.seen([CODE], 5.0)
    assert scene.tried == [CODE]


def test_before_it_is_known_whether_the_gate_is_paired_no_card_is_taken():
    scene = Scene(left=False)
    for card in (WIFI, CODE, codes.TestCard()):
        scene.enrolment.seen([card], 0.0)
    assert (scene.tried, scene.joined, scene.tests) == ([], [], 0)


def test_a_wi_fi_card_that_makes_no_sense_is_named_as_such():
    scene = Scene()
    scene.enrolment.seen([codes.parse("WIFI:T:WPA;S:x;P:short;;")], 0.0)
    assert (scene.joined, scene.shown[-1]) == ([], (State.UNPAIRED, "bad_wifi"))
    scene.enrolment.seen([codes.parse("WIFI:T:WEP;S:x;P:12345;;")], 5.0)
    assert (scene.joined, scene.shown[-1]) == ([], (State.UNPAIRED, "wifi_unsupported"))
