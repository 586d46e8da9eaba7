"""A gate that can die anywhere: the decision, its journal and the real client, with people who go through or don't."""

import itertools
import os
import time
from dataclasses import dataclass
from datetime import UTC, datetime, timedelta
from enum import StrEnum

from kiosk.attempt import Entry, Step
from kiosk.credentials import Credentials
from kiosk.edges import Contact, Pulsed
from kiosk.giving_back import GivingBack
from kiosk.journal import FILE_NAME, Journal
from kiosk.scan_client import ScanClient
from kiosk.settings import Server
from kiosk.turns import LATE_S
from kiosk.verdict import Fault, unknown
from tests.kiosk.decision.model_server import EVENT, Manner
from tests.kiosk.decision.world import World

BORN = datetime(2026, 11, 24, 20, tzinfo=UTC)
# The monotonic clock starts anew with each process, and always far ahead of the real one: no real second counts here.
BOOTED_S = (200_000.0, 100_000.0)
NOBODY_LISTENS = "http://127.0.0.1:9"  # the discard port; a test's own server gets one far above
GRACE_S = 600.0
ANSWER_WITHIN_S = 2.0
NEVER = float("-inf")
QUICK_S = 0.05  # in the last moment of an opening nobody begins to go through: floats are no clocks


class Killed(BaseException):
    """The process is gone. No ``except`` of the gate's may hold it."""


class Trouble(StrEnum):
    """What can happen to a gate; most of it lasts until it is mended."""

    DIES = "dies"
    RESTARTS = "restarts"
    NOT_READY = "not ready"
    NOT_GIVEN = "not given"
    UNSURE = "unsure"
    DISK_FULL = "disk full"
    EMERGENCY = "emergency"
    PAIRED_AGAIN = "paired again"
    STANDS_STILL = "stands still"
    CLOCK_JUMPS = "clock jumps"


class MortalJournal(Journal):
    """The real journal of a gate that may die before a line, within it, or right after it was written."""

    def __init__(self, gate, *clocks):
        self._gate = gate
        super().__init__(gate.folder, *clocks)

    def write(self, *entries):
        for entry in entries:
            self._gate.about_to_write(entry)
        self._dying(lambda: super(MortalJournal, self).write(*entries))

    def note(self, what, /, **details):
        self._dying(lambda: super(MortalJournal, self).note(what, **details))

    def _dying(self, write):
        self._gate.may_die()
        file = self._gate.folder / FILE_NAME
        before = file.stat().st_size if file.exists() else 0
        write()
        try:
            self._gate.may_die()
        except Killed:  # its sync had not returned, so the disk may hold any part of it
            os.truncate(file, before + (file.stat().st_size - before) * self._gate.kept_quarters // 4)
            raise


@dataclass
class Opening:
    """One pulse that went out, or may have. ``ticket`` is None for somebody who goes out."""

    ticket: str | None
    scan_id: str
    until: float  # true seconds: then it is shut, and nobody is on the way through any more
    is_used: bool = False

    def is_open(self, now):
        return not self.is_used and now < self.until - QUICK_S


class GateAtServer(World):
    """``judge`` is told what the gate is about to open for, and what it traces. ``passage_s`` None: no sensor.

    ``now`` is the process's monotonic clock, ``wall()`` the time it believes in, ``true_now()`` seconds that went by.
    """

    def __init__(self, folder, name, url, server, judge, passage_s):
        self.name, self.url, self.server, self.judge = name, url, server, judge
        self.openings = []
        self.seen_at = {}  # ticket → true seconds when a genuine code of it was last in view
        self.announced = (None, NEVER)  # scan id of the last opening, true seconds
        self.turned_back_at = {}  # scan id → (true seconds, which process, the wall clock's error)
        self.doubtful = set()  # tickets: what came of their opening this gate can't know
        self.asked_before_pairing, self.asked_since = set(), set()  # tickets that were asked for
        self.put_at = {}  # scan id → when it was last asked for, by ``now``
        self.told, self.heard = [], []  # (question, verdict): by the server thread; and what the main loop has taken
        self.boots, self.booted_at, self.wall_error = 0, 0.0, timedelta()
        self.is_burning = False
        self.dies_in, self.kept_quarters = None, 4
        self.devices = []
        self.new_device()
        giving = "annul" if "annul" in server.manner.extensions else "grace"
        super().__init__(folder, passage_s=passage_s, giving=giving, device=self.device)
        self.ids = (f"{name}-{n}" for n in itertools.count(1))

    # ── a process and its clocks ─────────────────────────────────────────────────────────────────────────

    def start(self):
        self.boots += 1
        self.now = self.started_at = time.monotonic() + BOOTED_S[self.boots % 2]
        self.told, self.heard = [], []
        super().start()
        self.giving_back = GivingBack(self.journal)
        self.blind_until = self.now
        self.turns.was_blind = lambda since, _now: since < self.blind_until
        self.tick()
        if self.is_burning:
            self.touch(Contact.EMERGENCY)

    def restart(self):
        self.lose_track()
        self.journal.close()
        self.dies_in = None
        self.booted_at = self.true_now()
        self.start()

    def open_journal(self):
        return MortalJournal(self, self.wall, lambda: self.now)

    def true_now(self):
        return self.booted_at + self.now - self.started_at

    def wall(self):
        return BORN + timedelta(seconds=self.true_now()) + self.wall_error

    def may_die(self):
        """Here a process can end."""
        if self.dies_in is not None:
            self.dies_in -= 1
            if self.dies_in < 0:
                raise Killed

    def new_device(self):
        self.device = f"d0000000-0000-4000-8000-{self.name}{len(self.devices):011d}"
        self.devices.append(self.device)

    def pair_again(self):
        self.asked_before_pairing |= self.asked_since
        self.new_device()
        self.meet()

    # ── the server thread ────────────────────────────────────────────────────────────────────────────────

    def client(self, fates, is_cut_off=False):
        manner = self.server.manner
        client = ScanClient(
            Credentials(
                NOBODY_LISTENS if is_cut_off else self.url,
                manner.prefix,
                f"key.{self.device}",
                self.device,
                self.name,
                extensions=manner.extensions,
            ),
            Server(event_uuid=EVENT if manner is Manner.DEPLOYED else None),
        )
        self.server.give_up = client.close
        self.server.fates = [] if is_cut_off else list(fates)
        if is_cut_off:
            client.close()  # once is enough
        return client

    def ask(self, question):
        self.put_at[question.scan_id] = self.now
        super().ask(question)

    def ask_server(self, fates=(), is_cut_off=False):
        """The oldest question, as ``ServerThread`` puts it; what came of it waits in ``told``."""
        question = self.asked.pop(0)
        client = self.client(fates, is_cut_off)
        is_in_time = self.now - self.put_at[question.scan_id] < ANSWER_WITHIN_S
        deadline = self.now if is_in_time else 0.0  # ahead of the real clock, or long over

        def about_to_consume():
            self.journal.write(Entry(Step.ASKED, question.scan_id))

        try:
            fault = self.giving_back.before_asking_for(question.ticket.uuid, client, deadline)
            verdict = unknown(fault) if fault else client.ask(question, deadline, about_to_consume)
        except OSError:
            verdict = unknown(Fault.JOURNAL)
        finally:
            client.close()
        self.judge.answered(question)
        self.may_die()
        self.told.append((question, verdict))

    def hear(self):
        """The main loop takes the answers."""
        while self.told:
            self.heard.append(self.told.pop(0))
            self.hear_again(-1)

    def hear_again(self, which):
        question, verdict = self.heard[which]
        self.answer(verdict, question)

    def give_back(self, fates=()):
        """What the server thread does when nobody asks; True when there was something to do."""
        client = self.client(fates)
        try:
            return self.giving_back.work(client, self.now)
        finally:
            client.close()

    # ── the edges, and people ────────────────────────────────────────────────────────────────────────────

    def trace(self, event, **fields):
        if event in {"passed", "not_passed"} and self.kept.exists():  # the disk is full
            self.doubtful.add(self.ticket_of(fields["scan_id"]))
        self.judge.traced(self, event, fields)

    def about_to_write(self, entry):
        if entry.step is Step.ATTEMPT:
            self.asked_since.add(entry.ticket)
        if entry.step is Step.OPENING:
            self.announced = (entry.scan_id, self.true_now())
        if entry.step is Step.NOT_PASSED:
            self.turned_back_at[entry.scan_id] = (self.true_now(), self.boots, self.wall_error)

    def ticket_of(self, scan_id):
        """The ticket of this attempt; None for what is no attempt."""
        return next((line["ticket"] for line in self.lines() if line.get("scan_id", "") == scan_id), None)

    def see(self, *codes):
        self.seen_at |= {code.uuid: self.true_now() for code in codes if self.server.is_genuine(code)}
        super().see(*codes)

    def pulse(self, cause, exit=False):  # noqa: A002
        self.may_die()
        ticket = self.ticket_of(cause)
        self.judge.about_to_open(self, cause, ticket, self.steps(cause))
        if self.pulsed is Pulsed.UNSURE:
            self.doubtful.add(ticket)
        if self.pulsed is not Pulsed.NOT_GIVEN:
            until = self.true_now() + (self.passage_s or 0.0) + LATE_S
            self.openings.append(Opening(ticket, cause, until, is_used=self.passage_s is None))
        self.may_die()
        return self.pulsed

    def walk(self):
        """Somebody goes, if it is open; True then."""
        is_open = bool(self.openings) and self.openings[-1].is_open(self.true_now())
        if is_open:
            self.openings[-1].is_used = True
        return is_open

    def go_through(self):
        if self.passage_s is not None:
            self.walk()
            super().go_through()

    def suffer(self, trouble, how):
        """``how``: which of its forms, 0 to 39."""
        match trouble:
            case Trouble.DIES:  # some lines or pulses later
                self.dies_in, self.kept_quarters = how // 5, how % 5
            case Trouble.RESTARTS:
                self.restart()
            case Trouble.NOT_READY:
                self.ready = False
            case Trouble.NOT_GIVEN | Trouble.UNSURE:
                self.pulsed = Pulsed(trouble.replace(" ", "_"))
            case Trouble.DISK_FULL:
                self.disk_fills()
            case Trouble.EMERGENCY:
                self.burn(True)
            case Trouble.PAIRED_AGAIN:
                self.pair_again()
            case Trouble.STANDS_STILL:
                self.stand_still(how, walks=how % 2, is_seen=how % 3)
            case Trouble.CLOCK_JUMPS:
                self.wall_error += timedelta(days=365 * (how - 20))

    def mend(self):
        """No trouble lasts."""
        self.dies_in, self.ready, self.pulsed = None, True, Pulsed.GIVEN
        self.disk_has_room()
        if self.is_burning:
            self.burn(False)

    def burn(self, is_burning):
        self.lose_track()
        self.is_burning = is_burning
        self.touch(Contact.EMERGENCY, is_burning)

    def stand_still(self, seconds, walks, is_seen):
        """The loop does not turn; then it finds a frame, and what the sensor saw, unless it was overslept as well."""
        self.lose_track()
        went_through = walks and self.walk()
        self.now += seconds
        self.see()
        if is_seen and went_through:
            super().go_through()
        elif not is_seen:
            self.blind_until = self.now
        self.tick()

    def idle(self, seconds):
        """An empty street, in steps of a second."""
        for _ in range(seconds):
            self.now += 1
            self.tick()

    def lose_track(self):
        """What came of the opening under way, if there is one, nobody will ever know for sure."""
        scan_id, at = self.announced
        if self.true_now() < at + (self.passage_s or 0.0) + 2 * LATE_S:
            self.doubtful.add(self.ticket_of(scan_id))

    def inside(self, ticket):
        """How many may be in on this ticket by this gate."""
        now = self.true_now()
        return sum(o.ticket == ticket and (o.is_used or o.is_open(now)) for o in self.openings)

    def grace(self, ticket):
        """Seconds that this gate still opens for an admission nobody used: (at least, at most). A clock may lie."""
        left = [(NEVER, NEVER)]
        for scan_id, (at, process, wall_error) in self.turned_back_at.items():
            opened = [opening.ticket for opening in self.openings if opening.scan_id == scan_id]
            if opened == [ticket]:
                seconds = at + GRACE_S - self.true_now()
                is_known = process == self.boots or wall_error == self.wall_error
                left.append((seconds, seconds) if is_known else (0.0, GRACE_S))
        return max(left)
