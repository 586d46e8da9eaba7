"""What the firmware does with the outputs from power-on until the gate runs: a block in config.txt. Pure.

``install.sh`` writes the same block, between the same marks (``install/board.sh``, ``put_block``).
"""

from __future__ import annotations

from kiosk.settings import OUTPUTS, Gate

FILE_NAME = "config.txt"  # on the boot partition
_BEGIN, _END = "# portillon: begin", "# portillon: end"
# [all] ends whatever section of the file came before.
_FIRST = ("[all]", "# The kernel lets go of an output when its process dies.", "dtparam=strict_gpiod")


def lines(gate: Gate) -> list[str]:
    """The block for these settings: every output off, whichever way its drivers switch."""
    off = "dl" if gate.active_high else "dh"
    pins = sorted(pin for name in OUTPUTS if (pin := getattr(gate, name)) is not None)
    return [*_FIRST, *(f"gpio={pin}=op,{off}" for pin in pins)]


def block(text: str) -> list[str] | None:
    """The lines between the marks; None without such a block."""
    inside = _split(text)[1]
    return inside or None


def with_block(text: str, gate: Gate) -> str:
    """The file with the block for these settings instead of the one it has."""
    return "".join(f"{line}\n" for line in [*_split(text)[0], _BEGIN, *lines(gate), _END])


def _split(text: str) -> tuple[list[str], list[str]]:
    """The lines outside of the marks, and those between them. A laptop's editor may have changed the line ends."""
    outside: list[str] = []
    between: list[str] = []
    is_inside = False
    for line in text.splitlines():
        is_inside = is_inside or line == _BEGIN
        (between if is_inside else outside).append(line)
        is_inside = is_inside and line != _END
    return outside, [line for line in between if line not in {_BEGIN, _END}]
