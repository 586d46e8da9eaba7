"""A gate without credentials looks for a pairing code and says what went wrong."""

from kiosk import codes
from kiosk.codes import PairingCode
from kiosk.credentials import Credentials
from kiosk.edges import State
from kiosk.enrolment import RESUME_AGAIN_S, Enrolment
from kiosk.pairing import Paired, PairingFailed, PairingTrouble
from kiosk.shown import TROUBLE_S, Shown
from kiosk.verdict import Fault

CODE = PairingCode("https://tickets.example", "/api/scan", "abc.def")
EXPIRED = PairingFailed(PairingTrouble.CODE_EXPIRED, "expired")
UNTESTED = PairingFailed(PairingTrouble.UNTESTED, "untested", Fault.NO_NETWORK)


class Scene:
    """An enrolment with its edges: what it asked for, and what it showed."""

    def __init__(self, left=True):
        self.tried, self.resumed, self.shown, self.traced = [], 0, [], []
        self.display = Shown(self, self.trace, State.UNPAIRED)
        self.enrolment = Enrolment(self.tried.append, self.resume, self.display, self.trace)
        self.enrolment.begin()
        if left:
            self.enrolment.ended(None, 0.0)

    def resume(self):
        self.resumed += 1

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
