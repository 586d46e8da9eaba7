"""The 40-pin header of every Raspberry Pi since the B+: what is on which pin. Facts only.

Source: Raspberry Pi's own pin-out (`pinout` on a Pi); for the pulls at boot, facts: Pins.
"""

from __future__ import annotations

from collections.abc import Iterable

PINS = range(1, 41)
POWER: dict[int, str] = {1: "3.3 V", 17: "3.3 V", 2: "5 V", 4: "5 V"} | dict.fromkeys(
    (6, 9, 14, 20, 25, 30, 34, 39), "GND"
)
GROUNDS = tuple(sorted(pin for pin, what in POWER.items() if what == "GND"))

# In the order of the pins that are no supply: BCM numbers of pins 3, 5, 7, 8, 10, ...
_IN_ORDER = (2, 3, 4, 14, 15, 17, 18, 27, 22, 23, 24, 10, 9, 25, 11, 8, 7, 0, 1, 5, 6, 12, 13, 19, 16, 26, 20, 21)
BCM: dict[int, int] = dict(zip((pin for pin in PINS if pin not in POWER), _IN_ORDER, strict=True))
_PIN = {bcm: pin for pin, bcm in BCM.items()}

# What else may sit on a pin when it is switched on in config.txt or by a HAT.
FUNCTIONS: dict[int, str] = {
    **dict.fromkeys((0, 1), "HAT-ID"),
    **dict.fromkeys((2, 3), "I2C"),
    4: "1-Wire",
    **dict.fromkeys((7, 8, 9, 10, 11), "SPI"),
    **dict.fromkeys((14, 15), "UART"),
    **dict.fromkeys((18, 19, 20, 21), "I2S"),
}
BOOT_HIGH = range(9)  # BCM 0-8 are pulled up from power-on until somebody claims them; the others are pulled down


def position(bcm: int) -> int:
    """The pin of the header, 1 to 40, that this BCM number is on."""
    return _PIN[bcm]


def share_grounds(pins: Iterable[int]) -> dict[int, int]:
    """A near ground pin for each pin; one that has wires already counts as three rows further away."""
    wires = dict.fromkeys(GROUNDS, 0)
    shared = {}
    for pin in pins:
        ground = min(GROUNDS, key=lambda ground: (_distance(pin, ground) + 3 * wires[ground], ground))
        wires[ground] += 1
        shared[pin] = ground
    return shared


def _distance(pin: int, other: int) -> float:
    """Rows apart; the other column is half a row."""
    return abs((pin - 1) // 2 - (other - 1) // 2) + 0.5 * ((pin - other) % 2)
