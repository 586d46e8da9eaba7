"""What cards do to a gate: to a new one, to one in service, to one that was unlocked. On a real journal."""

from __future__ import annotations

from pathlib import Path

import pytest

from kiosk import codes
from kiosk.codes import PairingCode, TestCard
from kiosk.credentials import Credentials
from kiosk.edges import Contact, Pulsed, State
from kiosk.first_boot import handed
from kiosk.first_boot.handed import HandedUrl
from kiosk.first_boot.outcome import Outcome
from kiosk.first_boot.trying_out import LAMP_S, RESULT_S
from kiosk.pairing import Paired, PairingFailed, PairingTrouble
from kiosk.setting_up import Parts, Reach, SettingUp
from kiosk.unlocking import OPEN_S, Unlocking
from kiosk.verdict import ADMITTED, Reason, Verdict, refused
from kiosk.wifi_code import WifiCode
from tests.kiosk.decision.test_presentations import A
from tests.kiosk.decision.world import World

CARD = TestCard()
WIFI = WifiCode(b"Salle", "wpa", "12345678")
PAIRING = PairingCode("https://tickets.example", "/api/scan", "abc.def")
UUID = "d0000000-0000-4000-8000-000000000001"
PAIRED = Paired(Credentials("https://tickets.example", "/api/scan", "key-of-the-gate", UUID, "Gate"))


class Site(World):
    """A gate with a tech in front of it."""

    def __init__(self, folder: Path, passage_s: float | None = 8.0, opens: bool = True) -> None:
        self.opens = opens
        self.pairings: list[PairingCode] = []
        self.joined: list[WifiCode] = []
        super().__init__(folder, passage_s=passage_s, action="scan" if opens else "check")

    def start(self) -> None:
        super().start()
        reach = Reach(lambda code, _replacing: self.pairings.append(code), lambda: None, self.joined.append)
        parts = Parts(self.turns, self.journal, self.display, self.trace, self.opens)
        unlocking = Unlocking(self.folder / "portillon-unlock", self.folder)
        self.setting_up = SettingUp(reach, parts, unlocking, HandedUrl(self.folder))
        self.contacts.unlock = self.setting_up.unlock
        self.setting_up.begin()

    def unpaired(self) -> Site:
        self.setting_up.pairing_ended(None, self.now)
        return self

    def paired(self) -> Site:
        self.setting_up.pairing_ended(PAIRED, self.now)
        self.setting_up.guests = self.passage
        return self

    def see(self, *seen: codes.Code) -> None:
        if not self.contacts.is_emergency:
            left = self.setting_up.seen(seen, self.now)
            if self.setting_up.guests is not None and not self.setting_up.is_trying_out:
                self.passage.seen(left, self.now, read_ms=5.0)

    def tick(self) -> None:
        self.contacts.tick(self.now)
        failed = self.turns.tick(self.now)
        self.setting_up.tick(self.now, self.contacts.is_emergency)
        if failed is not None:
            self.passage.put_off(failed, self.now)
        self.passage.tick(self.now)
        self.display.tick(self.now)

    def pulse(self, cause: str, exit: bool = False) -> Pulsed:  # noqa: A002
        self.order.append(("pulse", cause, self.notes()))
        return self.pulsed

    def states(self) -> list[State]:
        told = [state for state, _ in self.shown]
        return [state for at, state in enumerate(told) if at == 0 or told[at - 1] is not state]

    def result(self) -> str:
        return next(fields["result"] for event, fields in reversed(self.traced) if event == "tried_out")


@pytest.fixture
def site(tmp_path: Path) -> Site:
    return Site(tmp_path)


def admit_somebody(site: Site) -> None:
    site.paired()
    site.present(A, ADMITTED)
    site.wait(5)
    assert len(site.pulses()) == 1
    site.order.clear()


# ── the test card ────────────────────────────────────────────────────────────────────────────────────────────


def test_the_test_card_leads_through_red_amber_one_opening_and_the_passage(site: Site) -> None:
    site.unpaired()
    site.wait(2 * LAMP_S + 0.5, CARD)
    assert site.states()[-3:] == [State.TEST_RED, State.TEST_AMBER, State.TEST_OPEN]
    site.wait(2)
    site.go_through()
    site.wait(RESULT_S + 0.5)
    assert site.states()[-2:] == [State.TEST_PASSED, State.UNPAIRED]
    assert (site.pulses(), site.result()) == (["test"], "test_passed")


def test_the_opening_has_its_line_in_the_journal_before_the_pulse(site: Site) -> None:
    site.unpaired()
    site.wait(2 * LAMP_S + 0.5, CARD)
    assert [(what, notes) for what, _, notes in site.order if what == "pulse"] == [("pulse", ["test"])]


def test_a_test_that_can_not_be_journaled_opens_nothing_and_says_so(site: Site) -> None:
    site.unpaired()
    site.disk_fills()
    site.wait(2 * LAMP_S + 0.5, CARD)
    assert (site.pulses(), site.states()[-1]) == ([], State.TEST_FAILED)


def test_a_gate_that_is_not_ready_says_so(site: Site) -> None:
    site.unpaired()
    site.ready = False
    site.wait(2 * LAMP_S + 0.5, CARD)
    assert (site.pulses(), site.states()[-1]) == ([], State.TEST_FAILED)


def test_a_pulse_that_is_not_confirmed_is_called_a_failed_test(site: Site) -> None:
    site.unpaired()
    site.pulsed = Pulsed.UNSURE
    site.wait(2 * LAMP_S + 0.5, CARD)
    assert site.states()[-1] is State.TEST_FAILED


def test_nobody_seen_to_go_through_points_to_the_sensor(site: Site) -> None:
    site.unpaired()
    site.wait(2 * LAMP_S + 8 + 1.5, CARD)
    assert site.states()[-1] is State.TEST_NOT_PASSED


def test_without_a_sensor_the_tech_is_asked_what_they_saw(tmp_path: Path) -> None:
    site = Site(tmp_path, passage_s=None).unpaired()
    site.wait(3 * LAMP_S + 0.5, CARD)
    assert (site.pulses(), site.states()[-1]) == (["test"], State.TEST_DONE)


def test_a_gate_that_only_checks_shows_green_and_moves_nothing(tmp_path: Path) -> None:
    site = Site(tmp_path, opens=False).unpaired()
    site.wait(3 * LAMP_S + 0.5, CARD)
    assert (site.pulses(), State.TEST_OPEN in site.states(), site.states()[-1]) == ([], True, State.TEST_DONE)


def test_a_card_that_is_left_in_view_opens_once(site: Site) -> None:
    site.unpaired()
    site.wait(120, CARD)
    assert site.pulses() == ["test"]


def test_an_emergency_ends_a_test(site: Site) -> None:
    site.unpaired()
    site.wait(LAMP_S + 0.5, CARD)
    site.touch(Contact.EMERGENCY)
    site.wait(10)
    site.touch(Contact.EMERGENCY, active=False)
    site.wait(10)
    assert (site.pulses(), site.result(), site.setting_up.is_trying_out) == ([], "stopped", False)


def test_nor_does_one_that_was_over_between_two_ticks_leave_a_test_waiting_for_ever(site: Site) -> None:
    site.unpaired()
    site.wait(2 * LAMP_S + 0.5, CARD)
    assert site.states()[-1] is State.TEST_OPEN
    site.touch(Contact.EMERGENCY)
    site.touch(Contact.EMERGENCY, active=False)
    site.wait(RESULT_S + 0.5)
    assert (site.result(), site.setting_up.is_trying_out) == ("test_not_passed", False)
    site.wait(3)
    site.see(PAIRING)
    assert site.pairings == [PAIRING]


def test_after_a_test_the_gate_is_paired_as_before(site: Site) -> None:
    site.unpaired()
    site.wait(30, CARD)
    site.wait(3)
    site.see(PAIRING)
    assert site.pairings == [PAIRING]


# ── who may not ──────────────────────────────────────────────────────────────────────────────────────────────


@pytest.mark.parametrize("card", [CARD, WIFI, PAIRING], ids=["test", "wi-fi", "pairing"])
def test_a_gate_that_is_paired_and_locked_takes_no_card(site: Site, card: codes.Code) -> None:
    site.paired()
    site.wait(30, card)
    assert (site.pulses(), site.joined, site.pairings, site.notes()) == ([], [], [], [])


def test_a_tech_s_card_in_a_guest_s_hand_is_no_ticket(site: Site) -> None:
    site.paired()
    site.wait(1, CARD)
    assert site.verdicts() == [("refused", "not_a_ticket")]


@pytest.mark.parametrize("card", [CARD, WIFI], ids=["test", "wi-fi"])
def test_until_it_is_known_whether_the_gate_is_paired_no_card_does_anything(site: Site, card: codes.Code) -> None:
    site.wait(30, card)
    assert (site.pulses(), site.joined) == ([], [])


def test_a_gate_that_lost_its_pairing_opens_for_no_test_card_once_it_has_let_guests_in(site: Site) -> None:
    admit_somebody(site)
    site.start()
    site.unpaired()
    site.wait(30, CARD)
    assert (site.pulses(), site.traced[-1][0]) == ([], "state")
    assert ("pairing", {"outcome": "test_not_now", "fault": None}) in site.traced


@pytest.mark.parametrize("starts", [1, 3])
def test_nor_does_one_whose_journal_was_damaged_at_whatever_start_since(
    site: Site, tmp_path: Path, starts: int
) -> None:
    site.journal.close()
    (tmp_path / "journal.jsonl").write_bytes(b"\x00garbage\nmore\n")
    for _ in range(starts):
        site.start()
        site.journal.close()
    assert len(list(tmp_path.glob("journal.damaged-*"))) == 1
    site.unpaired()
    site.wait(30, CARD)
    assert site.pulses() == []


def test_a_walk_that_a_standstill_broke_off_opens_nothing_and_shown_again_the_card_leads_through_it(site: Site) -> None:
    site.unpaired()
    site.wait(2 * LAMP_S - 0.5, CARD)
    site.now += 8
    site.wait(10)
    assert (site.pulses(), site.result()) == ([], "stopped")
    site.wait(2 * LAMP_S + 0.5, CARD)
    assert site.pulses() == ["test"]


@pytest.mark.parametrize("is_paired", [True, False])
def test_unlocked_it_opens_for_one_test_card_and_is_locked_again(site: Site, is_paired: bool) -> None:
    admit_somebody(site)
    if not is_paired:
        site.start()
        site.unpaired()
    site.touch(Contact.UNLOCK)
    site.wait(2 * LAMP_S + 0.5, CARD)
    site.go_through()
    site.wait(10)
    assert site.pulses() == ["test"]
    site.wait(30, CARD)
    assert (site.pulses(), site.notes()) == (["test"], ["unlocked", "test"])


def test_a_card_that_is_held_up_while_the_gate_is_unlocked_is_taken_without_being_put_away(site: Site) -> None:
    site.paired()
    site.wait(3, CARD)
    assert site.verdicts() == [("refused", "not_a_ticket")]
    site.touch(Contact.UNLOCK)
    site.wait(2 * LAMP_S + 0.5, CARD)
    assert site.pulses() == ["test"]


@pytest.mark.parametrize("verdict", [None, ADMITTED, refused(Reason.CANCELLED)])
def test_but_not_beside_a_ticket_that_is_held_up_too(site: Site, verdict: Verdict | None) -> None:
    site.paired()
    site.wait(3, CARD)
    site.see(A, CARD)
    if verdict is not None:
        site.answer(verdict)
    before = site.pulses()
    site.touch(Contact.UNLOCK)
    site.wait(5, A, CARD)
    assert site.pulses() == before


def test_an_unlocking_that_is_over_lets_no_card_in(site: Site) -> None:
    admit_somebody(site)
    site.touch(Contact.UNLOCK)
    site.wait(OPEN_S + 1)
    site.wait(30, CARD)
    site.wait(30, WIFI)
    assert (site.pulses(), site.joined) == ([], [])


def test_while_a_guest_is_being_served_there_is_no_test(site: Site) -> None:
    site.paired()
    site.touch(Contact.UNLOCK)
    site.see(A)
    site.wait(5, A, CARD)
    assert site.pulses() == []


def test_during_a_test_no_ticket_is_read_and_after_it_all_are(site: Site) -> None:
    site.paired()
    site.touch(Contact.UNLOCK)
    site.see(CARD)
    site.wait(2 * LAMP_S + 0.5, A)
    assert site.asked == []
    site.go_through()
    site.wait(10, A)
    assert [question.ticket for question in site.asked] == [A]


# ── Wi-Fi and a pairing URL that was there before ────────────────────────────────────────────────────────────


def test_an_unlocked_gate_joins_another_network_and_goes_on_serving(site: Site) -> None:
    site.paired()
    site.touch(Contact.UNLOCK)
    site.wait(1, WIFI)
    assert (site.joined, site.verdicts()) == ([WIFI], [])
    site.setting_up.joined(Outcome.JOINED, site.now)
    site.wait(3)
    site.see(A)
    assert len(site.asked) == 1


def test_a_url_that_was_handed_over_pairs_a_new_gate_and_is_gone_then(site: Site, tmp_path: Path) -> None:
    handed.write(tmp_path, "https://tickets.example/api/scan/abc.def/pair")
    site.unpaired()
    assert site.pairings == [PAIRING]
    site.paired()
    assert not (tmp_path / handed.FILE_NAME).exists()


def test_a_url_that_the_server_refused_is_gone_and_one_without_an_answer_is_kept(site: Site, tmp_path: Path) -> None:
    handed.write(tmp_path, "https://tickets.example/api/scan/abc.def/pair")
    site.unpaired()
    site.setting_up.pairing_ended(PairingFailed(PairingTrouble.DISK, "disk"), site.now)
    assert (tmp_path / handed.FILE_NAME).exists()
    site.setting_up.pairing_ended(PairingFailed(PairingTrouble.CODE_REFUSED, "refused"), site.now)
    assert not (tmp_path / handed.FILE_NAME).exists()


def test_a_paired_gate_looks_at_a_handed_url_only_when_it_is_unlocked(site: Site, tmp_path: Path) -> None:
    handed.write(tmp_path, "https://tickets.example/api/scan/abc.def/pair")
    site.paired()
    site.wait(10)
    assert site.pairings == []
    site.touch(Contact.UNLOCK)
    assert site.pairings == [PAIRING]


@pytest.mark.parametrize(
    "content", [b"", b"\xff\xfe", b"PORTILLON-TEST\n", b"x" * 5000, b"http://example.org/scan/a/pair"]
)
def test_a_file_that_holds_no_pairing_url_is_removed_and_does_nothing(
    site: Site, tmp_path: Path, content: bytes
) -> None:
    (tmp_path / handed.FILE_NAME).write_bytes(content)
    site.unpaired()
    assert (site.pairings, (tmp_path / handed.FILE_NAME).exists()) == ([], False)
