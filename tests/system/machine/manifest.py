"""Everything that is on a machine's disk, file by file, so that two moments can be compared."""

from __future__ import annotations

import json

from tests.system.machine.machine import Machine

# Of the kernel, of this boot (in /var/tmp too: systemd's private folders), or lent by the host.
_NOT_OF_THE_DISK = ["/proc", "/sys", "/dev", "/run", "/tmp", "/var/tmp", "/srv/mirror"]
_LOOK = """
import hashlib, json, os, stat, sys
skipped, entries = set(json.loads(sys.argv[1])), {}
for folder, names, files in os.walk("/"):
    names[:] = sorted(name for name in names if os.path.join(folder, name) not in skipped)
    for path in [folder, *(os.path.join(folder, name) for name in files)]:
        try:
            told = os.lstat(path)
            if stat.S_ISLNK(told.st_mode):
                what = "-> " + os.readlink(path)
            elif stat.S_ISREG(told.st_mode):
                with open(path, "rb") as file:
                    what = hashlib.file_digest(file, "sha256").hexdigest()
            else:
                what = ""
        except FileNotFoundError:
            continue
        entries[path] = f"{stat.filemode(told.st_mode)} {told.st_uid}:{told.st_gid} {what}"
    for name in names:
        path = os.path.join(folder, name)
        if os.path.islink(path):
            entries[path] = "l -> " + os.readlink(path)
json.dump(entries, sys.stdout)
"""


def manifest(machine: Machine, *without: str) -> dict[str, str]:
    """Each path's kind, mode, owner, group, and its content's SHA-256 or link's target; ``without`` these folders."""
    looked = machine.run("python3", "-c", _LOOK, json.dumps([*_NOT_OF_THE_DISK, *without]))
    entries: dict[str, str] = json.loads(looked)
    return entries


def difference(before: dict[str, str], after: dict[str, str]) -> dict[str, tuple[str, str]]:
    """What is not the same in both, by path; "" where there was, or is, nothing."""
    paths = sorted(before.keys() | after.keys())
    pairs = {path: (before.get(path, ""), after.get(path, "")) for path in paths}
    return {path: (old, new) for path, (old, new) in pairs.items() if old != new}
