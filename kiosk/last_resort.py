"""The gate ended again and again: is a reboot asked for? At most one an hour, by no clock that may be wrong.

systemd runs this after each end of the gate, as the gate's own user. What is written here is a wish, a file in the run
folder; root's part is one line of the unit that takes it away and reboots. A server or a network that is away ends no
gate, so neither ever comes to this; nor do settings that can't be used, which a reboot would not mend.

An hour, on a machine whose clock may be anywhere after a power cut: a boot that is an hour old had no reboot within the
hour, whatever any clock says. A younger one asks the record of the last, which is on disk before the wish is: with none
there was no reboot; else both then and now a time server or an RTC must vouch for the clock, and the hour be over.
"""

from __future__ import annotations

import json
import subprocess
import sys
import time
from collections.abc import Callable, Mapping
from dataclasses import dataclass
from datetime import UTC, datetime, timedelta
from pathlib import Path

from pydantic import AwareDatetime, BaseModel, ConfigDict, ValidationError

from kiosk import durable, gate
from kiosk.clock import Clock
from kiosk.edges import Contact
from kiosk.mounts import MOUNTS, mount_of
from kiosk.settings import Settings
from kiosk.status import read_status

FAILURES = 5  # of the gate, within WITHIN_S, and for LASTING_S at least
WITHIN_S = 900.0  # a camera that hangs ends the gate after up to 40 s, and then stands in for 18 s more
LASTING_S = 60.0  # what ends sooner, systemd's restarts get over
AN_HOUR_S = 3600.0
RECORD_FILE = "reboots.json"  # in the state folder
WISH_FILE, COUNT_FILE = "reboot", "failures"  # in the run folder, which a boot empties, and a stop by hand
_SETTINGS_ARE_WRONG = "2"  # exit code
_COUNTED = 100  # more are not kept
BOOT_ID = Path("/proc/sys/kernel/random/boot_id")


class Record(BaseModel):
    """The last reboot that was asked for."""

    model_config = ConfigDict(frozen=True)

    at: AwareDatetime
    is_sure: bool  # somebody vouched for the clock
    boot_id: str  # of the boot that it ended
    boot_age_s: float  # then
    failures: int


@dataclass(frozen=True, slots=True)
class Boot:
    """This boot, and what is known of time in it."""

    id: str
    age_s: float
    now: datetime
    is_sure: bool  # somebody vouches for the clock


@dataclass(frozen=True, slots=True)
class Ended:
    """How the gate ended, as systemd tells: systemd.exec(5), ``$SERVICE_RESULT``, ``$EXIT_STATUS``."""

    result: str
    status: str

    @property
    def is_failure(self) -> bool:
        """False when it was asked to stop, or can't be started at all with these settings."""
        return self.result not in {"", "success"} and self.status != _SETTINGS_ARE_WRONG


def run(chosen: Settings, environment: Mapping[str, str]) -> int:
    """What systemd's ``ExecStopPost=`` runs, with what it tells in the environment; 2 when that is not there."""
    if "RUNTIME_DIRECTORY" not in environment or "SERVICE_RESULT" not in environment:
        print("This is run by systemd after the gate has ended. Nothing was done.", file=sys.stderr)
        return 2
    ended = Ended(environment["SERVICE_RESULT"], environment.get("EXIT_STATUS", ""))
    folder = chosen.state_dir
    came_of_it = after(
        ended,
        Path(environment["RUNTIME_DIRECTORY"]),
        folder,
        lambda: this_boot(Clock(folder)),
        lambda: _is_emergency(chosen),
    )
    print(f"the gate ended ({ended.result} {ended.status}): {came_of_it}", file=sys.stderr)
    return 0


def after(
    ended: Ended,
    run_folder: Path,
    state: Path,
    look_at_boot: Callable[[], Boot],
    is_emergency: Callable[[], bool],
    mounts: Path = MOUNTS,
) -> str:
    """Count this end, and put the wish for a reboot into the run folder when it is time; what came of it, for the log.

    ``is_emergency``: the contact is active; people leave through this gate, and a restart holds it open in seconds.
    Neither it nor the boot is looked at before there were failures enough: the next start waits for this. Raises
    OSError where the run folder can't be written.
    """
    if not ended.is_failure:
        return "not a failure: not counted"
    count = _counted(run_folder / COUNT_FILE, time.monotonic())
    if count is None:
        return "failed; not often enough for a reboot"
    if is_emergency():
        return "no reboot: the emergency contact is active"
    boot = look_at_boot()
    if (why_not := not_yet(state, boot, _is_lost(state, mounts))) is not None:
        return f"no reboot: {why_not}"
    record = Record(at=boot.now, is_sure=boot.is_sure, boot_id=boot.id, boot_age_s=boot.age_s, failures=count)
    try:
        durable.write(state / RECORD_FILE, record.model_dump_json().encode())
    except OSError as error:
        return f"no reboot: it can't be kept on disk that there was one ({error.strerror})"
    (run_folder / WISH_FILE).touch()
    return f"reboot: the gate has ended by itself {count} times in {WITHIN_S / 60:.0f} minutes"


def not_yet(state: Path, boot: Boot, is_lost: bool) -> str | None:
    """Why no reboot may be asked for; None when one may. ``is_lost``: the record does not outlive a reboot."""
    try:
        last = last_reboot(state)
    except ValueError:
        return None if boot.age_s >= AN_HOUR_S else "the record of the last one is damaged, and this boot is young"
    if last is not None and last.boot_id == boot.id:
        is_over = boot.age_s - last.boot_age_s >= AN_HOUR_S
        return None if is_over else "one was asked for in this boot, less than an hour ago"
    if boot.age_s >= AN_HOUR_S:
        return None
    if last is None:
        return "its record would be lost with the power, and this boot is young" if is_lost else None
    if boot.is_sure and last.is_sure and boot.now - last.at >= timedelta(seconds=AN_HOUR_S):
        return None
    return "there may have been one within the hour"


def last_reboot(state: Path) -> Record | None:
    """The last one that was asked for; None: none ever was. ValueError: the record is damaged, or can't be read."""
    try:
        return Record.model_validate_json((state / RECORD_FILE).read_bytes())
    except FileNotFoundError:
        return None
    except (OSError, ValidationError) as error:
        raise ValueError(RECORD_FILE) from error


def this_boot(clock: Clock) -> Boot:
    """This boot as systemd knows it: in a container too, where the kernel has been up for longer."""
    try:
        asked = ["systemctl", "show", "--property=UserspaceTimestampMonotonic", "--value"]
        began = int(subprocess.run(asked, capture_output=True, text=True, timeout=5, check=True).stdout) / 1e6
    except (OSError, ValueError, subprocess.SubprocessError):
        began = 0.0
    age_s = time.monotonic() - began
    return Boot(BOOT_ID.read_text("ascii").strip(), age_s, datetime.now(UTC), clock.is_good())


def _is_emergency(chosen: Settings) -> bool:
    """By the contact itself; where it can't be read, by what the gate told last."""
    is_active = gate.is_emergency(chosen.gate)
    if is_active is not None:
        return is_active
    status = read_status(chosen.state_dir)
    return status is not None and Contact.EMERGENCY in status.contacts


def _counted(file: Path, now: float) -> int | None:
    """Add one failure; how many there were lately, or None while these are too few. Monotonic seconds."""
    try:
        known = [float(each) for each in json.loads(file.read_bytes())]
    except (OSError, ValueError, TypeError):
        known = []
    lately = [*[at for at in known if 0 <= now - at < WITHIN_S][1 - _COUNTED :], now]
    file.write_text(json.dumps(lately), "ascii")
    is_often = len(lately) >= FAILURES and now - lately[0] >= LASTING_S
    return len(lately) if is_often else None


def _is_lost(folder: Path, mounts: Path) -> bool:
    """True when what is written there does not outlive the power, and when that can't be known."""
    mount = mount_of(folder, mounts)
    return mount is None or mount.is_lost_with_the_power
