"""The process that prints for the server: plain values on its standard input, the PDF on its standard output."""

from __future__ import annotations

import json
import os
import sys
from zoneinfo import ZoneInfo

from api.tickets.printing.sheets import Sheets
from api.tickets.printing.wanted import Happening, Printed, Style


def main() -> None:
    """The child: values from standard input, the PDF to standard output."""
    os.nice(10)
    told = json.load(sys.stdin)
    zone = ZoneInfo(told["zone"]) if told["zone"] else None
    sheets = Sheets(Happening(**told["happening"]), told["kind"], Style(told["language"], zone))
    for ticket in told["tickets"]:
        sheets.add(Printed(**ticket))
    sys.stdout.buffer.write(sheets.content())


if __name__ == "__main__":
    main()
