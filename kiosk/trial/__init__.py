"""``portillon-kiosk gate test``: walks a tech through every wired output and input, and proposes settings.

It opens nothing by itself: each opening is journaled as a test, then given by the guardian, as for a guest.
"""

from __future__ import annotations

import os
import pwd
import signal
from collections.abc import Callable, Iterator
from contextlib import contextmanager, suppress
from pathlib import Path
from types import FrameType

from kiosk.edges import Contact
from kiosk.screen.words import Language
from kiosk.settings import Settings
from kiosk.status import read_status
from kiosk.trial import inputs, outputs
from kiosk.trial.bench import Bench
from kiosk.trial.findings import Findings, Outcome
from kiosk.trial.guide import Guide
from kiosk.trial.tech import Answer, AtTerminal, Nobody, Tech, TechGone, is_at_terminal
from kiosk.trial.words import told
from kiosk.wiring import as_text, draw_up
from kiosk.wiring.words import TERMINALS

__all__ = ["Answer", "TechGone", "conduct", "run"]

PRESS_WITHIN_S = 20.0  # from the box to the turnstile and through it
_ENDING = (signal.SIGINT, signal.SIGTERM, signal.SIGHUP)


def run(chosen: Settings, origin: str, note: Callable[[str], None], is_attended: bool) -> int:
    """The test with whoever is at standard input, or nobody; see ``conduct``."""
    language = chosen.screen.languages[0]
    if not is_attended:
        return conduct(chosen, origin, note, Nobody())
    tech = AtTerminal(language)
    if not is_at_terminal():
        tech.say(told("no_terminal", language))
        return 1
    return conduct(chosen, origin, note, tech)


def conduct(
    chosen: Settings, origin: str, note: Callable[[str], None], tech: Tech, press_within_s: float = PRESS_WITHIN_S
) -> int:
    """The whole test; 0 only when all that was tried works with these settings, and every way out leaves all off.

    ``origin`` names the settings' file. ``note`` journals an opening before it is given, and raises OSError when it
    can't. A contact is waited for ``press_within_s`` seconds.
    """
    language = chosen.screen.languages[0]
    findings = Findings()
    try:
        tech.say(told("intro", language, origin=origin))
        if (hindrance := _hindrance(chosen, language)) is not None:
            tech.say(hindrance)
            return 1
        if tech.ask(told("clear", language), Answer.YES) is not Answer.YES:
            tech.say(told("not_begun", language))
            return 1
        with _bench(chosen, note, tech) as bench:
            _walk_through(Guide(bench, tech, findings, language, press_within_s))
        tech.say("\n" + as_text(draw_up(chosen.gate, origin, language)).rstrip())
        _sum_up(findings, origin, tech, language)
    except TechGone:
        return _end(tech, told("gone", language), 1)
    except KeyboardInterrupt:
        return _end(tech, told("stopped", language), 130)
    except OSError as error:
        return _end(tech, told("broke_off", language, why=error), 1)
    return 0 if findings.is_good else 1


def _hindrance(chosen: Settings, language: Language) -> str | None:
    """Why the test can't be begun; None: it can."""
    status = read_status(chosen.state_dir)
    if status is not None and status.is_of_a_running_gate:
        return told("running", language, pid=status.pid)
    if (owner := _other_owner(chosen.state_dir)) is not None:
        return told("not_owner", language, folder=chosen.state_dir, owner=owner)
    return None


def _other_owner(folder: Path) -> str | None:
    """Whose folder it is, when root would leave files in it that its owner can't write."""
    if os.geteuid() != 0 or not folder.exists() or (uid := folder.stat().st_uid) == 0:
        return None
    try:
        return pwd.getpwuid(uid).pw_name
    except KeyError:
        return f"#{uid}"


@contextmanager
def _bench(chosen: Settings, note: Callable[[str], None], tech: Tech) -> Iterator[Bench]:
    """The bench, closed whatever happens: a Pi's pins stay as they are after a process dies.

    So a closed ssh session or a kill ends the test as Ctrl-C does, and whatever comes while it ends is not heard.
    """

    def turn_deaf() -> None:
        for number in _ENDING:
            signal.signal(number, signal.SIG_IGN)

    def interrupt(_signal: int, _frame: FrameType | None) -> None:
        turn_deaf()
        raise KeyboardInterrupt

    before = {number: signal.signal(number, interrupt) for number in _ENDING}
    bench: Bench | None = None
    try:
        bench = Bench(chosen, note, tech.say)
        yield bench
    finally:
        turn_deaf()
        if bench is not None:
            bench.close()
        for number, handler in before.items():
            signal.signal(number, handler)


def _walk_through(guide: Guide) -> None:
    """Each wired part in the order in which a fault of one explains the next."""
    wiring = guide.bench.wiring
    wired = [name for name in TERMINALS if getattr(wiring, name) is not None]
    if wiring.pins == "mock":
        guide.say("mock")
    if any(name not in tuple(Contact) for name in wired):
        outputs.rest(guide)
    for name in wired:
        match name:
            case "relay" | "exit_relay":
                outputs.relay(guide, name)
            case "ready":
                outputs.ready(guide)
            case "green" | "red" | "amber" | "buzzer":
                outputs.lamp(guide, name)
            case Contact.PASSAGE:
                pass  # the last: it is walked through, with all the rest known to work
            case _:
                inputs.contact(guide, Contact(name))
    if Contact.PASSAGE in wired:
        inputs.passage(guide)


def _sum_up(findings: Findings, origin: str, tech: Tech, language: Language) -> None:
    tech.say(told("summary" if findings.found else "nothing_wired", language))
    for each in findings.found:
        title = told("rest_part", language) if each.part == "rest" else TERMINALS[each.part][language].title
        why = f": {each.why}" if each.why and each.outcome is not Outcome.WORKED else ""
        tech.say(f"  {told(each.outcome, language):<14} {title}{why}")
    if findings.toml:
        tech.say(told("propose", language, origin=origin))
        tech.say("\n".join(f"  {line}" for line in findings.toml))
    tech.say(told("good" if findings.is_good else "not_good", language))


def _end(tech: Tech, words: str, code: int) -> int:
    with suppress(OSError):  # a terminal that is gone hears nothing
        tech.say(words)
    return code
