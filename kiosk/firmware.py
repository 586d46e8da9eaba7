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
    """The lines outside of the marks, as they are, and those between them. An editor may have changed the line ends.

    A first mark whose last one was lost marks nothing: what follows it may be somebody else's.
    """
    outside: list[str] = []
    between: list[str] = []
    held: list[str] = []  # from a first mark on, until its last one is seen
    for line in text.removesuffix("\n").split("\n") if text else []:
        bare = line.removesuffix("\r")
        if bare == _BEGIN:
            outside += held
            held = [line]
        elif not held:
            outside.append(line)
        elif bare == _END:
            between += [each.removesuffix("\r") for each in held[1:]]
            held = []
        else:
            held.append(line)
    return outside + held, between
