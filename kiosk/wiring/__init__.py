"""The wiring sheet, drawn from the settings in force: as text for a terminal, as a picture for paper."""

from kiosk.wiring.picture import as_svg
from kiosk.wiring.sheet import Sheet, Terminal, draw_up
from kiosk.wiring.text import as_text

__all__ = ["Sheet", "Terminal", "as_svg", "as_text", "draw_up"]
