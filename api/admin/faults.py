"""What gates say is wrong, in an organiser's words: faults by their codes, and the troubles that come of them."""

from __future__ import annotations

from api.admin import words
from api.admin.visit import Visit
from api.watch.silence import Trouble


def fault(visit: Visit, code: str) -> str:
    """A fault in words, with what to do; of a newer kiosk's, its code."""
    key = f"fault_{code}"
    return visit.say(key) if key in words.sentences() else visit.say("fault_unknown", code=code)


def sentence(visit: Visit, trouble: Trouble) -> str:
    """One thing to look at."""
    told = " ".join(fault(visit, code) for code in trouble.faults)
    since = visit.moment(trouble.since)
    return visit.say(
        f"door_{trouble.kind}", name=trouble.name, since=since, faults=told, off=span(visit, trouble.clock_off_s or 0)
    )


def span(visit: Visit, seconds: float) -> str:
    """How long, or how far two clocks are apart, as people say it: ``3 h 05 min``, ``4 min``."""
    minutes = round(abs(seconds) / 60)
    days, hours = minutes // 1440, minutes // 60 % 24
    if days:
        return visit.say("span_days", days=days, hours=hours)
    return f"{hours} h {minutes % 60:02d} min" if hours else f"{minutes} min"
