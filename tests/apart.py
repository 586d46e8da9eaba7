"""Runs a command apart from the rest of this machine, with devices, disks or addresses that nothing else has."""

from __future__ import annotations

import functools
import os
import subprocess
import sys
from pathlib import Path

from tests import needs

# A root's power over files whatever their mode is, without which root is a user like others.
_OVERRIDES = "-dac_override,-dac_read_search"
_IPV6 = Path("/proc/sys/net/ipv6/conf/lo/disable_ipv6")


def without(devices: str) -> str:
    """For ``first`` of a "mount": nothing in /dev whose name begins with this is such a device any more."""
    return f'for each in /dev/{devices}*; do [ ! -e "$each" ] || mount --bind /dev/null "$each"; done'


def on_networks(*addresses: str) -> str:
    """For ``first`` of a "net": loopback, and there these addresses with their networks too, "10.0.0.1/24"."""
    needs.program("ip", "iproute2")
    if not _IPV6.exists():
        needs.missing("this kernel has no IPv6")
    own = [f"ip address add {address} dev lo" for address in addresses]
    return "\n".join(["ip link set lo up", f"echo 0 >{_IPV6}", *own])


def python(script: str, *, space: str, first: str) -> str:
    """What this script of Python prints in a namespace of its own; ``space``: "mount" or "net".

    ``first``: lines of sh that lay it out, such as those of ``without``.
    """
    done = run([sys.executable, "-c", script], space=space, first=first)
    assert done.returncode == 0, done.stderr
    return done.stdout


def run(command: list[str], *, space: str, first: str) -> subprocess.CompletedProcess[str]:
    """The same of any command: what it said, and its exit code."""
    words = [*_enter(space), "sh", "-ec", f'{first}\nexec "$@"', "sh", *command]
    return subprocess.run(words, capture_output=True, text=True, check=False, timeout=60)


def as_a_user(script: str, *words: str) -> str:
    """What this script of Python prints when it runs as one for whom a file's mode counts."""
    drop = ["setpriv", f"--bounding-set={_OVERRIDES}"] if os.geteuid() == 0 else []
    command = [*drop, sys.executable, "-c", script, *words]
    return subprocess.run(command, stdout=subprocess.PIPE, text=True, check=True, timeout=60).stdout


@functools.cache
def _enter(space: str) -> tuple[str, ...]:
    """The words that begin a command there."""
    words = ("unshare", *([] if os.geteuid() == 0 else ["--map-root-user"]), f"--{space}")
    tried = subprocess.run([*words, "true"], capture_output=True, text=True, check=False)
    if tried.returncode:
        needs.missing(f"no {space} namespace of one's own is to be had here: {tried.stderr.strip()}")
    return words
