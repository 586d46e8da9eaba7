"""What systemd tells doctor of our units, and the last reboot that the gate asked for."""

from __future__ import annotations

from collections.abc import Iterator
from pathlib import Path

from kiosk.doctor.asking import ask
from kiosk.doctor.finding import Finding
from kiosk.doctor.words import tell
from kiosk.last_resort import last_reboot
from kiosk.screen.words import Language

KIOSK = "portillon-kiosk.service"
UNITS = (KIOSK, "portillon-api.service")
_ASKED = "Id,LoadState,ActiveState,UnitFileState,Result,NRestarts,WatchdogUSec"
OFTEN = 3  # restarts since it was started by hand or by the boot


def units(language: Language) -> Iterator[Finding]:
    """Each of our units that is installed here."""
    told = ask("systemctl", "show", f"--property={_ASKED}", *UNITS)
    if told is None:
        yield tell("units.none", language)
        return
    for block in told.split("\n\n"):
        yield from unit(dict(line.split("=", 1) for line in block.splitlines() if "=" in line), language)


def unit(told: dict[str, str], language: Language) -> Iterator[Finding]:
    """One unit, by what ``systemctl show`` tells of it; nothing when it is not installed."""
    if told.get("LoadState") in {None, "not-found"}:
        return
    name, state, restarts = told["Id"].removesuffix(".service"), told["ActiveState"], told.get("NRestarts", "0")
    if state == "failed":
        yield tell("units.failed", language, unit=name, state=state, result=told.get("Result", "?"))
    elif state != "active":
        yield tell("units.stopped", language, unit=name)
    elif int(restarts) >= OFTEN:
        yield tell("units.restarted", language, unit=name, restarts=restarts)
    else:
        yield tell("units.good", language, unit=name, restarts=restarts)
    if told.get("UnitFileState") == "disabled":
        yield tell("units.not_at_boot", language, unit=name)
    if told["Id"] == KIOSK and told.get("WatchdogUSec") in {"0", "infinity"}:
        yield tell("units.no_watchdog", language, unit=name)


def reboot(state: Path, language: Language) -> Iterator[Finding]:
    """The last one that ``last_resort`` asked for; nothing when none was, or its record makes no sense."""
    try:
        last = last_reboot(state)
    except ValueError:
        return
    if last is not None:
        yield tell("reboot.was", language, at=f"{last.at.astimezone():%Y-%m-%d %H:%M}", count=last.failures)
