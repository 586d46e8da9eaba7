"""What time it is, on a machine that may not know: a floor of time kept on disk, and whether the clock is known good.

A Pi has no clock of its own that outlives a power cut, unless it has an RTC with a battery.
"""

from __future__ import annotations

import contextlib
import time
from collections.abc import Callable
from datetime import UTC, datetime, timedelta
from enum import StrEnum
from pathlib import Path

from kiosk import durable

FLOOR_FILE = "clock"
# systemd-timesyncd makes it at the first answer of a time server since the machine started; /run is empty at boot.
SYNCHRONISED = Path("/run/systemd/timesync/synchronized")
RTC = Path("/sys/class/rtc/rtc0/since_epoch")  # what /dev/rtc0 reads now, in seconds, readable by anybody
# Two quartz clocks of 20 ppm are less than a minute apart after two weeks. Further apart than an hour, the system's
# clock was not set from the RTC at all: its driver came too late, as with an overlay for an I2C clock.
_APART = timedelta(hours=1)


class Witness(StrEnum):
    """Who says that the clock is right."""

    TIME_SERVER = "time_server"
    RTC = "rtc"


class Clock:
    """UTC that never goes back below what it once was, with or without a power cut. Any thread may ask.

    Until a time server has answered, time goes on from the floor at least. Once one has, it alone is believed, so
    that a floor which a wrong clock left in the future comes down at the next ``keep``.
    """

    def __init__(
        self,
        folder: Path,
        system: Callable[[], datetime] = lambda: datetime.now(UTC),
        synchronised: Path = SYNCHRONISED,
        rtc: Path = RTC,
    ) -> None:
        """``folder``: where the floor is kept; it may be missing or damaged, and then this file's own age counts."""
        self._file = folder / FLOOR_FILE
        self._system = system
        self._synchronised = synchronised
        self._rtc = rtc
        self._floor = max(_kept(self._file), _built()), time.monotonic()

    def now(self) -> datetime:
        """UTC, as far as it is known. Two system calls, so fit for every line of the journal."""
        system = self._system()
        return system if self._is_synchronised() else max(system, self.floor)

    @property
    def floor(self) -> datetime:
        """It can't be earlier than this, unless a clock was wrong before: what was kept, and the time since."""
        kept, at = self._floor
        return kept + timedelta(seconds=time.monotonic() - at)

    def witness(self) -> Witness | None:
        """Who says that the system's clock is right; None: nobody, and it may be years off.

        Whether an RTC has a battery can't be known (a Pi 5 always has an RTC, seldom a battery). But one that lost
        the time starts again in the past, below the floor; so an RTC is believed when it is past the floor and the
        system's clock was set from it. One that only stood still while the power was off is believed too.
        """
        if self._is_synchronised():
            return Witness.TIME_SERVER
        rtc = self._read_rtc()
        if rtc is None or rtc < self.floor or abs(self._system() - rtc) > _APART:
            return None
        return Witness.RTC

    def is_good(self) -> bool:
        """True when what depends on the date may be believed: a certificate's validity, a ticket's time."""
        return self.witness() is not None

    def keep(self) -> None:
        """Put the floor on disk, for the next start. A disk that can't be written costs only that."""
        now = self.now()
        self._floor = now, time.monotonic()
        with contextlib.suppress(OSError):
            durable.write(self._file, now.isoformat(timespec="seconds").encode())

    def _is_synchronised(self) -> bool:
        return self._synchronised.exists()

    def _read_rtc(self) -> datetime | None:
        try:
            return datetime.fromtimestamp(int(self._rtc.read_text("ascii")), UTC)
        except (OSError, ValueError, OverflowError):  # no RTC, one that does not answer, or nonsense
            return None


def _kept(file: Path) -> datetime:
    """The floor on disk; the earliest time there is when there is none, or none that makes sense."""
    try:
        return datetime.fromisoformat(file.read_text("ascii").strip()).astimezone(UTC)
    except (OSError, ValueError, OverflowError):
        return datetime.fromtimestamp(0, UTC)


def _built() -> datetime:
    """When this software came onto this machine: no start of it can be earlier."""
    return datetime.fromtimestamp(Path(__file__).stat().st_mtime, UTC)
