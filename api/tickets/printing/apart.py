"""Printing in a process of its own, at low priority: the gates' scans never share the interpreter with it.

A ticket costs 10 ms and more of computing, nearly all of it for its QR code. In the server's own process every scan
would wait for that again and again. The child gets plain values on its standard input, and knows no database. Nothing
here imports fpdf2: with what is behind it, it would take 30 MB of the server for good, and numpy's threads would take
the signals that `serve` holds.
"""

from __future__ import annotations

import json
import subprocess
import sys
import threading
from collections.abc import Iterable, Mapping
from dataclasses import asdict
from zoneinfo import ZoneInfo

from api.tickets.events import NotPossibleError
from api.tickets.printing.wanted import Format, Happening, Printed, Style

_WITHIN_S = 120.0  # a thousand tickets take 15 s on an idle core
_ONE = threading.Lock()  # one at a time: each takes 80 MB


def print_apart(happening: Happening, kind: Format, style: Style, tickets: Iterable[Printed]) -> bytes:
    """The PDF of these tickets. Raises NotPossibleError while another is being made, or when it can't be made."""
    told = {
        "happening": asdict(happening),
        "kind": kind,
        "language": style.language,
        "zone": zone_name(style),
        "tickets": [asdict(ticket) for ticket in tickets],
    }
    return run("api.tickets.printing.child", told, "portillon-api ticket print")


def zone_name(style: Style) -> str | None:
    """The zone as the child is told it; None: this machine's."""
    return str(style.zone) if isinstance(style.zone, ZoneInfo) else None


def run(module: str, told: Mapping[str, object], by_hand: str) -> bytes:
    """What this module of ours writes when it is told this; ``by_hand``: the command that says why it can't.

    Raises NotPossibleError while another is at work, or when it fails.
    """
    if not _ONE.acquire(blocking=False):
        raise NotPossibleError("another set is being printed: try again in a moment")
    try:
        done = subprocess.run(  # our own module, nothing of a stranger's on the command line
            [sys.executable, "-m", module],
            input=json.dumps(told).encode(),
            capture_output=True,
            timeout=_WITHIN_S,
            check=False,
        )
    except (OSError, subprocess.TimeoutExpired) as error:
        raise NotPossibleError(
            "it could not be printed ({why}): print fewer at once", why=type(error).__name__
        ) from error
    finally:
        _ONE.release()
    if done.returncode != 0:
        raise NotPossibleError("it could not be printed: `{command}` on the server tells why", command=by_hand)
    return done.stdout
