"""What doctor reads of the board and its system: versions, power, temperature. What a machine lacks is no fault."""

from __future__ import annotations

import platform
from collections.abc import Iterator
from pathlib import Path

from kiosk import firmware
from kiosk.doctor.asking import ask, text_of
from kiosk.doctor.finding import Finding
from kiosk.doctor.words import tell
from kiosk.screen.words import Language
from kiosk.settings import Gate
from kiosk.status import version

# Raspberry Pi's documentation of `vcgencmd get_throttled`: what is so now; 16 bits higher, what was so since the start.
_UNDER_VOLTAGE, _CAPPED, _THROTTLED, _SOFT_LIMIT = 1 << 0, 1 << 1, 1 << 2, 1 << 3
_SINCE_START = 16
_SLOWED = {_CAPPED: "frequency capped", _THROTTLED: "throttled", _SOFT_LIMIT: "soft temperature limit"}
# The same number without "throttled=0x", of kernels that still have it; a Pi 5 calls its bus otherwise.
_THROTTLED_FILES = "sys/devices/platform/soc*/*firmware/get_throttled"
_ALARM = "in0_lcrit_alarm"  # of the kernel's driver rpi_volt: 1 while the voltage is too low
HOT_C = 80  # from here on the processor is slowed down (Raspberry Pi's documentation of config.txt, temp_limit)
_ROUNDED_TO_C = 5  # so that a report is news only when something is


def versions(language: Language, root: Path = Path("/")) -> Iterator[Finding]:
    """Ours, the system's, the kernel's, Python's, and which board this is."""
    yield tell(
        "versions.told",
        language,
        version=version(),
        system=_os_name(root / "etc/os-release"),
        kernel=text_of(root / "proc/sys/kernel/osrelease") or "?",
        python=platform.python_version(),
        model=text_of(root / "proc/device-tree/model") or platform.machine(),
    )


def power(language: Language, root: Path = Path("/")) -> Iterator[Finding]:
    """Under-voltage and slowing down, now and since the start; on a Pi the commonest fault of all."""
    bits = _throttled(root)
    if bits is None:
        alarm = _low_voltage_alarm(root)
        yield tell({None: "power.untold", False: "power.good", True: "power.low"}[alarm], language)
        return
    past = bits >> _SINCE_START
    if bits & _UNDER_VOLTAGE:
        yield tell("power.low", language)
    elif past & _UNDER_VOLTAGE:
        yield tell("power.was_low", language)
    if slowed := _named(bits):
        yield tell("power.slowed", language, why=slowed)
    elif slowed := _named(past):
        yield tell("power.was_slowed", language, why=slowed)
    if not (bits | past) & (_UNDER_VOLTAGE | _CAPPED | _THROTTLED | _SOFT_LIMIT):
        yield tell("power.good", language)


def temperature(language: Language, root: Path = Path("/")) -> Iterator[Finding]:
    """Of the hottest zone, to the next 5 °C."""
    told = [text_of(zone / "temp") for zone in sorted((root / "sys/class/thermal").glob("thermal_zone*"))]
    degrees = [int(each) / 1000 for each in told if each.lstrip("-").isdecimal()]  # in thousandths
    if not degrees:
        yield tell("temperature.untold", language)
        return
    rounded = _ROUNDED_TO_C * round(max(degrees) / _ROUNDED_TO_C)
    yield tell("temperature.hot" if max(degrees) >= HOT_C else "temperature.good", language, degrees=rounded)


def boot_pins(gate: Gate, language: Language, root: Path = Path("/")) -> Iterator[Finding]:
    """Whether the firmware knows these outputs: else it may switch one on at power-on. Nothing where it has no say."""
    file = root / "boot/firmware" / firmware.FILE_NAME
    if gate.pins == "mock" or not file.exists():
        return
    is_so = firmware.block(text_of(file)) == firmware.lines(gate)
    yield tell("boot_pins.good" if is_so else "boot_pins.differ", language, file=file)


def _throttled(root: Path) -> int | None:
    """The firmware's bits, of its own tool or of the kernel; None where neither tells."""
    files = sorted(root.glob(_THROTTLED_FILES))
    told = ask("vcgencmd", "get_throttled") or (text_of(files[0]) if files else "")
    try:
        return int(told.strip().removeprefix("throttled="), 16)
    except ValueError:
        return None


def _low_voltage_alarm(root: Path) -> bool | None:
    for driver in sorted((root / "sys/class/hwmon").glob("hwmon*")):
        if text_of(driver / "name") == "rpi_volt":
            return text_of(driver / _ALARM) == "1"
    return None


def _named(bits: int) -> str:
    return ", ".join(name for bit, name in _SLOWED.items() if bits & bit)


def _os_name(file: Path) -> str:
    for line in text_of(file).splitlines():
        key, _, value = line.partition("=")
        if key == "PRETTY_NAME":
            return value.strip("\"'")
    return "?"
