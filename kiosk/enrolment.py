"""What a gate takes from a tech's hands while it is unpaired or unlocked: Wi-Fi, pairing and test cards. Pure.

A refused or expired code says so once and the gate goes on looking; the same code is tried again only when it has
left the view. What was asked for without a network is asked again by itself. Anything else is ignored here.
"""

from __future__ import annotations

from collections.abc import Callable, Sequence
from dataclasses import dataclass

from kiosk.codes import Code, PairingCode, TestCard, Unreadable
from kiosk.edges import State, Trace
from kiosk.first_boot.outcome import Outcome
from kiosk.pairing import Paired, PairingFailed, PairingTrouble
from kiosk.presentation import OUT_OF_VIEW_S, REPEAT_AFTER_S
from kiosk.shown import TROUBLE_S, Shown
from kiosk.verdict import Fault
from kiosk.wifi_code import WifiCode

RESUME_AGAIN_S = 5.0  # between two tests of pending credentials that no answer came for
AGAIN_S = 5.0  # between two exchanges of a pairing code while there is no network
HANDED_AGAIN_S = 60.0  # between two of a handed one after any other trouble that may pass: a proxy, a captive portal
PATIENCE_S = 60.0  # a tech stands there; DHCP and a switch's spanning tree take half of it
# What a network that is only just coming up looks like. A card's clock is wrong until it has one.
_NOT_YET = frozenset({Fault.NO_NETWORK, Fault.TIMEOUT, Fault.CLOCK})
_NAMED = frozenset({"plain_http", "bad_wifi", "wifi_unsupported"})  # meant for this gate, and why it can't be used
_FOR_GOOD = frozenset({PairingTrouble.CODE_REFUSED, PairingTrouble.CODE_EXPIRED, PairingTrouble.KEY_REFUSED})


@dataclass(frozen=True, slots=True)
class Doing:
    """What the gate does with a card. The outcomes come back to ``Enrolment``.

    ``test``: False when the card may not be used here and now. ``may_go_on``: False once the gate is paired and locked.
    """

    pair: Callable[[PairingCode], None]
    resume: Callable[[], None]
    join: Callable[[WifiCode], None]
    test: Callable[[float], bool]
    may_go_on: Callable[[float], bool]


class Enrolment:
    """Until the gate is paired, and again while it is unlocked. One thing at a time."""

    def __init__(self, doing: Doing, shown: Shown, trace: Trace) -> None:
        self._doing = doing
        self._shown = shown
        self._trace = trace
        self._is_busy = False
        self._is_joining = False
        self._tried: Code | None = None  # what was shown last, remembered until it has left the view
        self._tried_at = self._last_seen = float("-inf")
        self._resume_at: float | None = None
        self._code: PairingCode | None = None  # asked for, or waiting for a network
        self._again_at: float | None = None
        self._is_handed = False  # that code
        self._patient_until = float("-inf")

    def begin(self) -> None:
        """Settle what an earlier run left. Dark until that is known: a paired gate never calls itself unpaired."""
        self._is_busy = True
        self._doing.resume()

    def seen(self, codes: Sequence[Code], now: float) -> None:
        """One frame's codes, best first."""
        for code in codes:
            if not isinstance(code, PairingCode | WifiCode | TestCard) and not _is_named(code):
                continue
            repeated = code == self._tried and not self._has_left(now)
            self._last_seen = now
            if not repeated and (not self._is_busy or self._may_wait(code)):
                self._tried, self._tried_at = code, now
                self._try(code, now)
            return

    def handed(self, code: PairingCode, now: float) -> None:
        """A pairing URL that was there before the gate: nobody may stand by, so it is asked until it is good or bad."""
        self._ask(code, now, is_handed=True)

    def ended(self, outcome: PairingFailed | None, now: float) -> bool:
        """The exchange, or the test of pending credentials, came to nothing yet. True: and its code never will."""
        self._is_busy = False
        if outcome is None:
            self._shown.idle_as(State.UNPAIRED)
            return False
        has_key = outcome.why is PairingTrouble.UNTESTED  # the code has done its work, and is used up
        if has_key:
            self._resume_at = now + RESUME_AGAIN_S
        self._trace("pairing", outcome=outcome.why, fault=outcome.fault)
        is_early = outcome.why is PairingTrouble.NO_ANSWER and outcome.fault in _NOT_YET
        if is_early and (self._is_handed or now < self._patient_until):
            self._again_at = now + AGAIN_S
            self._shown.trouble("no_network_yet", now)
            return False
        is_over = outcome.why in _FOR_GOOD
        if self._is_handed and self._code is not None and not (is_over or has_key):
            self._again_at = now + HANDED_AGAIN_S
        elif not is_early:
            self._code = None
        self._shown.trouble(outcome.why, now)
        return is_over

    def paired(self, outcome: Paired) -> bool:
        """The gate has credentials. True when a pairing code brought them just now, and they are not of before."""
        is_new = self._code is not None
        self._is_busy = False
        self._code = self._again_at = None
        self._trace("pairing", outcome="paired", device=outcome.credentials.device_uuid)
        return is_new

    def joined(self, outcome: Outcome, now: float) -> None:
        """What the Wi-Fi card came to. A pairing code that was shown meanwhile has its turn now."""
        self._is_busy = self._is_joining = False
        self._trace("wifi", outcome=outcome)
        if outcome is Outcome.JOINED and self._code is not None and self._doing.may_go_on(now):
            self._ask(self._code, now, self._is_handed)
            return
        self._shown.trouble(f"wifi_{outcome}", now)
        self._again_at = now + TROUBLE_S  # once that was read: there may be a cable

    def tested(self) -> None:
        """The test card's walk is over."""
        self._is_busy = False

    def tick(self, now: float) -> None:
        """Let time pass."""
        if self._is_busy:
            return
        if self._resume_at is not None and now >= self._resume_at:
            self._resume_at, self._is_busy = None, True
            self._doing.resume()
        elif self._again_at is not None and now >= self._again_at:
            self._again_at = None
            if not self._doing.may_go_on(now):
                self._code = None
            elif self._code is not None:
                self._exchange(self._code)

    def _has_left(self, now: float) -> bool:
        return now - self._last_seen >= OUT_OF_VIEW_S and now - self._tried_at >= REPEAT_AFTER_S

    def _may_wait(self, code: Code) -> bool:
        return self._is_joining and isinstance(code, PairingCode)

    def _try(self, code: Code, now: float) -> None:
        match code:
            case PairingCode():
                self._ask(code, now)
            case WifiCode():
                self._again_at = None
                self._is_busy = self._is_joining = True
                self._shown.state(State.JOINING)
                self._doing.join(code)
            case TestCard():
                self._is_busy = self._doing.test(now)
                if not self._is_busy:
                    self._refuse("test_not_now", now)
            case Unreadable():
                self._refuse(code.why, now)

    def _refuse(self, why: str, now: float) -> None:
        self._trace("pairing", outcome=why, fault=None)
        self._shown.trouble(why, now)

    def _ask(self, code: PairingCode, now: float, is_handed: bool = False) -> None:
        """Now, or when the network that is being joined is there."""
        self._code, self._again_at, self._is_handed = code, None, is_handed
        self._patient_until = now + PATIENCE_S
        if not self._is_busy:
            self._exchange(code)

    def _exchange(self, code: PairingCode) -> None:
        self._is_busy = True
        self._shown.state(State.PAIRING)
        self._doing.pair(code)


def _is_named(code: Code) -> bool:
    return isinstance(code, Unreadable) and code.why in _NAMED
