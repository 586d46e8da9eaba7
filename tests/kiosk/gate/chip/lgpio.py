"""A GPIO chip for tests, in place of lgpio: the lowest layer there is to be had without a Pi.

What a Pi's kernel does and gpiozero's mock pins don't: a line belongs to one process until that process is dead, and
its level outlives the process. Every call is a line in ``calls`` of the folder in $CHIP, written by the process that
made it: a witness from outside that needs no trace. A file ``hang`` there makes the next reading of an energised line
hang as C code does that holds the interpreter's lock; a file ``broken-N`` makes writing to line N, or reading it, fail;
a file ``pressed-N`` closes a contact between line N and ground.
"""

import ctypes
import fcntl
import os
from pathlib import Path

import gpiozero.pins.local

SET_PULL_NONE, SET_PULL_UP, SET_PULL_DOWN = 128, 32, 64
RISING_EDGE, FALLING_EDGE, BOTH_EDGES = 1, 2, 3
_IS_OUTPUT, _IS_PULLED_UP = 2, 32

gpiozero.pins.local.get_pi_revision = lambda: 0xC03115  # a Pi 4

_folder = Path(os.environ["CHIP"])
_claims = {}  # line → a descriptor locked by this process
_modes = {}  # line → what this process claimed it as; lg knows of no other process's


class error(Exception):  # noqa: N801  (lgpio's own name and base)
    pass


def _note(call, line, level):
    with (_folder / "calls").open("a") as calls:
        calls.write(f"{call} {line} {level}\n")


def _claim(line):
    if line in _claims:
        return
    fd = os.open(_folder / f"line-{line}", os.O_RDWR | os.O_CREAT | os.O_CLOEXEC)
    try:
        fcntl.flock(fd, fcntl.LOCK_EX | fcntl.LOCK_NB)
    except BlockingIOError:
        os.close(fd)
        raise error("GPIO busy") from None
    _claims[line] = fd


def _keep(line, mode, level):
    os.pwrite(_claims[line], f"{mode:<9} {level}".encode(), 0)  # as long as the one before: nothing of it stays


def _kept(line):
    path = _folder / f"line-{line}"
    mode, level = (path.read_text() if path.exists() else "").split() or ("input", "0")
    return mode, int(level)


def gpiochip_open(chip):
    return chip


def gpiochip_close(handle):
    for fd in _claims.values():
        os.close(fd)
    _claims.clear()
    _modes.clear()


def gpio_free(handle, line):
    if line in _claims:
        os.close(_claims.pop(line))
        del _modes[line]


def gpio_claim_input(handle, line, flags=0):
    if _modes.get(line) == "input":  # lg does nothing then, whatever the flags
        return
    _claim(line)
    _modes[line] = "input"
    _keep(line, "pulled-up" if flags == SET_PULL_UP else "input", 0)
    _note("input", line, "-")


def gpio_claim_output(handle, line, level=0, flags=0):
    if _modes.get(line) == "output":
        return
    _claim(line)
    _modes[line] = "output"
    _keep(line, "output", level)
    _note("output", line, level)


def gpio_get_mode(handle, line):
    return {"output": _IS_OUTPUT, "pulled-up": _IS_PULLED_UP}.get(_kept(line)[0], 0)


def gpio_write(handle, line, level):
    if (_folder / f"broken-{line}").exists():
        raise error("bad write")
    _keep(line, "output", int(level))
    _note("write", line, int(level))


def tx_pwm(handle, line, frequency, duty, offset=0, cycles=0):
    """A wave of ``frequency`` Hz that is on for ``duty`` percent; lg makes it in a thread of the process."""
    _note("pwm", line, f"{frequency}/{duty}")


def gpio_read(handle, line):
    mode, level = _kept(line)
    if (_folder / f"broken-{line}").exists():
        raise error("bad read")
    if mode == "pulled-up":
        return int(not (_folder / f"pressed-{line}").exists())
    if level and (_folder / "hang").exists():
        ctypes.PyDLL(None).sleep(3600)  # PyDLL: the interpreter's lock is kept
    return level
