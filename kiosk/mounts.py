"""What a folder's file system is: whether it outlives the power, and whether it can be written. Only reads."""

from __future__ import annotations

from dataclasses import dataclass
from pathlib import Path

MOUNTS = Path("/proc/self/mountinfo")
_IN_MEMORY = frozenset({"overlay", "tmpfs", "ramfs"})


@dataclass(frozen=True, slots=True)
class Mount:
    """One line of mountinfo, proc_pid_mountinfo(5)."""

    place: Path
    kind: str  # ext4, overlay, …
    source: str  # a device, or a name
    is_read_only: bool  # the file system itself, not only for us: a hardened service sees most of the tree so

    @property
    def is_lost_with_the_power(self) -> bool:
        """True when what is written there is in memory."""
        return self.kind in _IN_MEMORY


def mount_of(folder: Path, mounts: Path = MOUNTS) -> Mount | None:
    """Where this folder's content is; None when that can't be known."""
    try:
        lines = mounts.read_text("utf-8", "replace").splitlines()
        known = {mount.place: mount for mount in map(_parse, lines)}  # a later mount hides an earlier one
    except (OSError, ValueError, IndexError):
        return None
    place = folder.resolve()
    return next((known[each] for each in (place, *place.parents) if each in known), None)


def _parse(line: str) -> Mount:
    own, _, rest = line.partition(" - ")
    fields, (kind, source, options) = own.split(" "), rest.split(" ")[:3]
    return Mount(Path(_unescaped(fields[4])), kind, _unescaped(source), "ro" in options.split(","))


def _unescaped(text: str) -> str:
    """The kernel writes a space, a tab, a line's end and a backslash in octal."""
    for escape in ("\\040", "\\011", "\\012", "\\134"):
        text = text.replace(escape, chr(int(escape[1:], 8)))
    return text
