"""A gate for the decision's tests: a real Journal on disk, and edges that only remember what they were told."""

import itertools

from kiosk.contacts import Contacts
from kiosk.edges import Contact, Pulsed, State
from kiosk.journal import FILE_NAME, Journal, read_lines
from kiosk.passage import Passage
from kiosk.shown import Shown
from kiosk.turns import Turns
from kiosk.verdict import ADMITTED, Fault, unknown

REST_S = 1.3
DEVICE = "d0000000-0000-4000-8000-000000000001"


class World:
    """The edges. ``order`` holds what happened in the order it did."""

    def __init__(self, folder, action="scan", passage_s=None, giving="grace", device=DEVICE):
        self.folder, self.action = folder, action
        self.passage_s, self.giving, self.device = passage_s, giving, device
        self.kept = folder / "kept"  # the journal while the disk is full
        self.now = 100.0
        self.order, self.asked, self.shown, self.traced = [], [], [], []
        self.ready, self.pulsed = True, Pulsed.GIVEN
        self.doubted = []
        self.ids = (f"scan-{n}" for n in itertools.count(1))
        self.start()

    def start(self):
        """A new process on the same folder: what the memory held is gone."""
        self.journal = self.open_journal()
        shown = Shown(self, self.trace, State.READY)
        self.turns = Turns(
            self, self.journal, shown, self.trace, REST_S, self.passage_s, giving=self.giving, sensor_doubted=self.doubt
        )
        self.contacts = Contacts(self, self.turns, self.journal, shown, self.trace, self.unlock)
        self.display = shown
        self.asked = []
        self.meet()

    def open_journal(self):
        return Journal(self.folder, monotonic=lambda: self.now)

    def meet(self):
        """Begin to serve under a pairing."""
        self.passage = Passage(
            asker=self,
            journal=self.journal,
            turns=self.turns,
            shown=self.display,
            trace=self.trace,
            action=self.action,
            device=self.device,
            answer_within_s=2.0,
            new_scan_id=lambda: next(self.ids),
        )

    def trace(self, event, **fields):
        self.traced.append((event, fields))

    def doubt(self, doubted):
        self.doubted.append(doubted)

    def unlock(self, now):
        self.order.append(("unlock", now, []))

    def ask(self, question):
        self.asked.append(question)
        self.order.append(("ask", question.scan_id, self.steps(question.scan_id)))

    def is_ready(self):
        return self.ready

    def pulse(self, cause, exit=False):  # noqa: A002
        self.order.append(("let out" if exit else "pulse", cause, self.steps(cause)))
        return self.pulsed

    def shut(self):
        self.order.append(("shut", None, []))

    def hold_open(self):
        self.order.append(("hold", None, []))

    def release(self):
        self.order.append(("release", None, []))

    def show(self, state, verdict=None, trouble=None):
        self.shown.append((state, verdict))

    def disk_fills(self):
        """From now on the journal can't be written; what it holds is kept."""
        if not self.kept.exists():
            self.journal.close()
            file = self.folder / FILE_NAME
            file.touch(0o600)
            self.kept.mkdir()
            file.rename(self.kept / FILE_NAME)
            file.symlink_to("/dev/full")

    def disk_has_room(self):
        if self.kept.exists():
            self.journal.close()
            (self.kept / FILE_NAME).replace(self.folder / FILE_NAME)
            self.kept.rmdir()

    def steps(self, scan_id):
        """The attempt's steps as they stand on disk."""
        return [line["step"] for line in self.lines() if line.get("scan_id") == scan_id]

    def notes(self):
        """The journal's notes as they stand on disk."""
        return [line["note"] for line in self.lines() if "note" in line]

    def lines(self):
        return read_lines(self.kept if self.kept.exists() else self.folder)  # /dev/full has no end

    def pulses(self):
        return [scan_id for what, scan_id, _ in self.order if what == "pulse"]

    def verdicts(self):
        return [(f["verdict"], f["reason"]) for event, f in self.traced if event == "verdict"]

    def see(self, *codes):
        if not self.contacts.is_emergency:
            self.passage.seen(codes, self.now, read_ms=5.0)

    def wait(self, seconds, *codes):
        """Let time pass in steps of 0.1 s, with these codes in view, or an empty street."""
        for _ in range(round(seconds * 10)):
            self.now += 0.1
            self.see(*codes)
            self.tick()

    def tick(self):
        """The main loop's turn."""
        self.contacts.tick(self.now)
        failed = self.turns.tick(self.now)
        if failed is not None:
            self.passage.put_off(failed, self.now)
        self.passage.tick(self.now)
        self.display.tick(self.now)

    def touch(self, contact, active=True):
        """An input becomes active, or lets go."""
        self.contacts.changed(contact, active, self.now)

    def go_through(self):
        self.touch(Contact.PASSAGE)
        self.touch(Contact.PASSAGE, active=False)

    def answer(self, verdict, question=None):
        question = question or self.asked.pop(0)
        self.passage.answered(question.scan_id, verdict, self.now)

    def present(self, code, verdict):
        """A whole presentation: held up, answered, and gone for long enough."""
        self.see(code)
        if self.asked:
            self.answer(verdict)
        self.wait(6)

    def leave_waiting(self, code):
        """Admitted, but the answer came when the guest had been told to wait and had gone."""
        self.see(code)
        self.answer(unknown(Fault.NO_NETWORK))
        self.wait(1.2, code)
        late = self.asked.pop()
        self.wait(1)
        self.answer(ADMITTED, late)
        self.wait(6)
        assert self.pulses() == []
