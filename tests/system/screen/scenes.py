"""Everything that the guest screen can show, as it is photographed for docs/screen.md and looked at by the tests."""

from datetime import datetime

from kiosk.edges import State
from kiosk.verdict import ADMITTED, Fault, Reason, refused, unknown

SIZES = {"small": (800, 480), "large": (1920, 1080), "portrait": (720, 1280)}
_USED = datetime(2026, 11, 24, 18, 2).astimezone().isoformat()  # 18:02 wherever the test runs

# Name of the picture: (what is shown, the kind of page).
SCENES = {
    "idle": ((State.READY,), "idle"),
    "reading": ((State.ASKING,), "reading"),
    "admitted": ((State.ADMITTED, ADMITTED), "admitted"),
    "refused": ((State.REFUSED, refused(Reason.ALREADY_SCANNED, _USED, "Porte 2")), "refused"),
    "refused-by-server": (
        (State.REFUSED, refused(Reason.TOO_EARLY, guest_message="Les portes ouvrent à 18:00.")),
        "refused",
    ),
    "wait": ((State.UNKNOWN, unknown(Fault.TIMEOUT)), "wait"),
    "staff": ((State.REFUSED, refused(Reason.ASK_STAFF)), "staff"),
    "unpaired": ((State.UNPAIRED,), "unpaired"),
    "trouble": ((State.UNPAIRED, None, "code_refused"), "unpaired"),
    "setup": ((State.JOINING,), "setup"),
    "fault": ((State.FAULT, unknown(Fault.CAMERA)), "fault"),
    "emergency": ((State.EMERGENCY,), "emergency"),
    "alarm": ((State.ALARM,), "alarm"),
    "stopping": ((State.STOPPING,), "stopping"),
}
LOST = "offline"
