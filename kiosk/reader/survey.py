"""A code that was located and not decoded → its text, module by module. Takes 5 to 30 ms on x86-64.

The decoders give up where their flat grid misses the modules, where blur runs modules together, and where more
codewords are wrong than checks can find: they do not use that a module under a thumb is neither light nor dark.
"""

from __future__ import annotations

import numpy as np

from kiosk import codes
from kiosk.reader.codewords import spelled
from kiosk.reader.decoders import Gray, Outline
from kiosk.reader.mesh import MARGIN, PX, flattened, samples
from kiosk.reader.shades import Samples, shades
from kiosk.reader.symbol import LARGEST, Symbol, symbol


def survey(gray: Gray, outline: Outline) -> str | None:
    """The ticket or pairing code in this outline; None when it can't be read surely.

    Only what has the grammar of one is believed: a block that was put right wrongly differs from the true one in more
    places than it has checks, and each wrong byte passes the grammar in one case of four only.
    """
    if outline.version > LARGEST or outline.area < (17 + 4 * outline.version) ** 2:
        return None  # less than a pixel a module
    this = symbol(outline.version)
    try:
        flat = flattened(gray, outline.corners, this.size)
        flat = 255 - flat if _is_inverted(flat, this) else flat
        text = spelled(shades(samples(flat, this), this.fixed), outline.version)
    except np.linalg.LinAlgError:  # corners on one line
        return None
    return text if text is not None and not isinstance(codes.parse(text), codes.Unreadable) else None


def _is_inverted(flat: Samples, symbol: Symbol) -> bool:
    """A phone in dark mode: the finders' middles are lighter than the rings around them."""
    lighter = 0.0
    for centre in symbol.finders:
        top, left = ((module + MARGIN) * PX for module in centre)
        middle = flat[top - PX : top + 2 * PX, left - PX : left + 2 * PX]
        ring = flat[top - 2 * PX : top + 3 * PX, left - 2 * PX : left + 3 * PX]
        lighter += float(middle.mean() - (ring.sum() - middle.sum()) / (ring.size - middle.size))
    return lighter > 0
