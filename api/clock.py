"""Whether this machine's clock may be believed: a Pi has none that outlives a power cut, and many doors no network.

Only evidence makes it doubtful: systemd-timesyncd runs here, no time server has answered it since the machine started,
and no RTC says what the clock says. Where others keep the time (chrony, the host of a container) it is believed.
"""

from __future__ import annotations

import logging
import time
from collections.abc import Callable
from pathlib import Path

TIMESYNCD = Path("/run/systemd/timesync")  # made when it starts; ``synchronized`` in there at the first answer
RTC = Path("/sys/class/rtc/rtc0/since_epoch")  # what /dev/rtc0 reads now, in seconds
# An RTC without a battery begins anew in the past. Two quartz clocks are less than a minute apart after two weeks.
_APART_S = 3600.0
_log = logging.getLogger(__name__)


class Clock:
    """Any thread may ask."""

    def __init__(self, timesyncd: Path = TIMESYNCD, rtc: Path = RTC, system: Callable[[], float] = time.time) -> None:
        """``system``: seconds since 1970."""
        self._timesyncd = timesyncd
        self._rtc = rtc
        self._system = system
        self._was_set = False  # once an hour is right it stays so, also when timesyncd begins anew
        self._is_told = False

    def is_doubtful(self) -> bool:
        """True while nobody vouches for the time: no ticket may be refused by it then."""
        self._was_set = self._was_set or (self._timesyncd / "synchronized").exists()
        if self._was_set or not self._timesyncd.exists() or self._is_as_the_rtc():
            return False
        if not self._is_told:
            self._is_told = True
            _log.warning(
                "this machine's clock may be wrong: no time server has answered since it started, and it has no RTC "
                "that kept the time; until then no ticket is refused as too early or too late"
            )
        return True

    def _is_as_the_rtc(self) -> bool:
        try:
            return abs(int(self._rtc.read_text("ascii")) - self._system()) <= _APART_S
        except (OSError, ValueError):  # no RTC, one that does not answer, or nonsense
            return False
