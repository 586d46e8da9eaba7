"""What the news say of the gate's own health: which faults stand, and whether systemd may hear that all is well."""

from __future__ import annotations

import logging
import time
from collections.abc import Callable, Mapping

from kiosk.camera.figures import Figures
from kiosk.edges import Contact
from kiosk.faults import Faults
from kiosk.gate import Gate
from kiosk.heartbeat import Pulse
from kiosk.journal import Journal
from kiosk.liveness import Liveness
from kiosk.notify import notify
from kiosk.shown import HARMLESS, Shown
from kiosk.verdict import Fault, Outcome, Verdict

ALIVE_EVERY_S = 2.0  # WatchdogSec is 10
GATE_WITHIN_S = 2.0  # a guardian that died is replaced in less; a relay that is gone for longer is a fault
PROVE_EVERY_S = 5.0
COUNT_EVERY_S = 5.0
_OF_THE_SERVER = frozenset(Fault) - {Fault.GATE, Fault.JOURNAL, Fault.CAMERA, Fault.PASSAGE_SENSOR, Fault.SCREEN}


log = logging.getLogger(__name__)


class Health:
    """Belongs to the main loop. Monotonic seconds."""

    def __init__(
        self, faults: Faults, journal: Journal, gate: Gate, shown: Shown, tell_server: Callable[[Pulse], None]
    ) -> None:
        """``tell_server`` takes how the gate is, every few seconds, and doesn't wait."""
        self._tell_server = tell_server
        self._faults = faults
        self._journal = journal
        self._gate = gate
        self._shown = shown
        self._started_at = self._gate_ready_at = time.monotonic()
        self._last_frame: float | None = None
        self._prove_at = self._count_at = self._alive_at = float("-inf")
        self._verdicts = dict.fromkeys(map(str, Outcome), 0)
        self._presented: tuple[object, float] = None, self._started_at  # ticket, and when its light came in
        self._not_alive: str | None = None
        self._active: frozenset[Contact] = frozenset()
        journal.prove()

    def frame_came(self, now: float, figures: Figures | None = None) -> None:
        """The camera works; now and then it is told how well."""
        self._last_frame = now
        if figures is not None:
            self._faults.tell(camera=figures)
        self._faults.over(Fault.CAMERA)

    def touched(self, contact: Contact, active: bool) -> None:
        """An input became active, or let go."""
        self._active = (self._active | {contact}) if active else (self._active - {contact})
        self._faults.tell(contacts=sorted(self._active))

    def camera_failed(self, why: str) -> None:
        """It does not; it is tried again by itself."""
        self._faults.stand(Fault.CAMERA, why)

    def server_found(self, fault: Fault | None, why: str = "found when nothing was asked") -> None:
        """What the server was found to be, by a question or by a look at it; None is well."""
        for known in _OF_THE_SERVER - {fault}:
            self._faults.over(known)
        if fault is not None:
            self._faults.stand(fault, why)

    def answered(self, verdict: Verdict) -> None:
        """A question ended."""
        if verdict.fault in (None, *_OF_THE_SERVER):
            self.server_found(verdict.fault, "a ticket was asked for")

    def heard(self, event: str, fields: Mapping[str, object]) -> None:
        """What the trace is told of presentations: counted for the status, with the latest's latency."""
        now = time.monotonic()
        if event == "presentation":
            read_ms = fields.get("read_ms")
            self._presented = fields.get("ticket"), now - (read_ms / 1000 if isinstance(read_ms, float) else 0)
        elif event == "verdict":
            self._verdicts[str(fields["verdict"])] += 1
            self._faults.tell(last_presentation=self._faults.now())
            if fields.get("ticket") == self._presented[0]:
                self._faults.tell(last_latency_ms=round((now - self._presented[1]) * 1000, 1))

    def sensor_doubted(self, is_doubted: bool) -> None:
        """Openings that nobody used, one after another; or somebody at last."""
        if is_doubted:
            self._faults.stand(Fault.PASSAGE_SENSOR, "one opening after another that nobody is seen to use")
        else:
            self._faults.over(Fault.PASSAGE_SENSOR)

    def screen(self, trouble: str | None) -> None:
        """What is wrong with the guest screen; None: nothing."""
        if trouble is None:
            self._faults.over(Fault.SCREEN)
        else:
            self._faults.stand(Fault.SCREEN, trouble)

    def tick(self, now: float, busy_since: float | None, is_serving: bool) -> None:
        """Look at gate and journal, show what stands, and tell systemd the truth.

        ``is_serving``: the gate is paired and there is no emergency. ``busy_since``: see ``Liveness``.
        """
        self._look_at_gate(now)
        self._look_at_journal(now)
        self._shown.stands(self._faults.worst())
        self._gate.set_ready(is_serving and self._faults.worst() in {None, *HARMLESS})
        if now >= self._count_at:
            self._count_at = now + COUNT_EVERY_S
            self._tell_status()
        self._faults.tick()
        if now >= self._alive_at:
            self._alive_at = now + ALIVE_EVERY_S
            self._tell_systemd(now, busy_since)

    def _look_at_gate(self, now: float) -> None:
        if self._gate.is_ready():
            self._gate_ready_at = now
            self._faults.over(Fault.GATE)
        elif now - self._gate_ready_at > GATE_WITHIN_S:
            self._faults.stand(Fault.GATE, "the guardian of the relay is not there")

    def _look_at_journal(self, now: float) -> None:
        trouble = self._journal.trouble
        if trouble is None:
            self._faults.over(Fault.JOURNAL)
        elif now >= self._prove_at:
            self._faults.stand(Fault.JOURNAL, trouble)
            self._prove_at = now + PROVE_EVERY_S
            self._journal.prove()

    def _tell_status(self) -> None:
        unanswered, annuls, sent_to_staff = self._journal.counts()
        self._faults.tell(
            state=self._shown.now or "starting",
            open_attempts=unanswered,
            annuls_waiting=annuls,
            sent_to_staff=sent_to_staff,
            admitted=self._verdicts[Outcome.ADMITTED],
            refused=self._verdicts[Outcome.REFUSED],
            unknown=self._verdicts[Outcome.UNKNOWN],
        )
        pulse = Pulse(
            state=self._shown.now or "starting",
            faults=tuple(str(standing.fault) for standing in self._faults.standing),
            annuls_waiting=annuls,
            unanswered=unanswered,
            admitted=self._verdicts[Outcome.ADMITTED],
            refused=self._verdicts[Outcome.REFUSED],
            unknown=self._verdicts[Outcome.UNKNOWN],
            clock=self._faults.now(),
        )
        self._tell_server(pulse)

    def _tell_systemd(self, now: float, busy_since: float | None) -> None:
        is_missing = any(standing.fault is Fault.CAMERA for standing in self._faults.standing)
        liveness = Liveness(self._started_at, self._last_frame, is_missing, now, busy_since)
        why_not = liveness.why_not(now)
        if why_not is None:
            notify("WATCHDOG=1")
        elif why_not != self._not_alive:
            log.critical("systemd is not told that the gate is alive: %s", why_not)
        self._not_alive = why_not
