"""May systemd be told that the gate is alive? The truth of ``WATCHDOG=1``, as a decision on times alone. Pure."""

from __future__ import annotations

from dataclasses import dataclass

FRAMES_WITHIN_S = 8.0  # with WatchdogSec=10 a camera that froze ends the gate within 18 s, should nothing else
# Until the first frame, or the first fault shown: picamera2 is imported from a cold card and the camera opened.
FIRST_FRAME_WITHIN_S = 40.0
TURN_WITHIN_S = 5.0  # half of WatchdogSec: the loop turns every 20 ms, and waits for nothing longer than one fsync
JOB_WITHIN_S = 30.0  # the longest job is a pairing: 10 s for the key and twice 5 s for testing one


@dataclass(frozen=True, slots=True)
class Liveness:
    """What the main loop knows of itself and its threads, in monotonic seconds.

    A camera that is missing, or a server, is a fault that is shown: it is no death, or systemd would start the gate
    again for ever. A camera that did deliver and stopped is one.
    """

    started_at: float  # when the camera was first asked for
    last_frame: float | None  # None: not one in this run
    is_camera_missing: bool  # its fault is shown, and it is opened again and again
    last_turn: float  # when the main loop last turned
    busy_since: float | None  # when the server thread took the job it is at; None: it waits for one

    def why_not(self, now: float) -> str | None:
        """What is stuck, for the log; None when nothing is, and ``WATCHDOG=1`` the truth."""
        if now - self.last_turn > TURN_WITHIN_S:
            return f"the main loop has not turned for {now - self.last_turn:.0f} s"
        if self.busy_since is not None and now - self.busy_since > JOB_WITHIN_S:
            return f"the server thread has been at one job for {now - self.busy_since:.0f} s"
        if self.last_frame is not None:
            if now - self.last_frame > FRAMES_WITHIN_S:
                return f"the last frame came {now - self.last_frame:.0f} s ago"
        elif not self.is_camera_missing and now - self.started_at > FIRST_FRAME_WITHIN_S:
            return f"neither a frame nor a fault of the camera for {now - self.started_at:.0f} s"
        return None
