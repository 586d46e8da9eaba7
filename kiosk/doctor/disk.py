"""What doctor reads of the disks: what outlives the power, what can be written, and what the kernel has counted."""

from __future__ import annotations

from collections.abc import Iterator
from pathlib import Path

from kiosk.doctor.finding import Finding
from kiosk.doctor.words import tell
from kiosk.mounts import MOUNTS, mount_of
from kiosk.screen.words import Language

_OVERLAYROOT = "etc/overlayroot.local.conf"  # install.sh --read-only writes it


def disks(state: Path, language: Language, root: Path = Path("/"), mounts: Path = MOUNTS) -> Iterator[Finding]:
    """The root and the state folder's file system. ``mounts``: this machine's mountinfo."""
    own, base = mount_of(state, mounts), mount_of(Path("/"), mounts)
    if own is None or base is None:
        return
    is_overlaid = base.kind == "overlay"
    if own.is_read_only:
        yield tell("disk.read_only", language, place=own.place)
    elif own.is_lost_with_the_power:
        yield tell("disk.forgets", language, folder=state, kind=own.kind)
    else:
        yield tell("disk.overlaid" if is_overlaid else "disk.good", language, kind=own.kind)
    if base.is_read_only and base.place != own.place and not is_overlaid:
        yield tell("disk.read_only", language, place=base.place)
    if not is_overlaid and (root / _OVERLAYROOT).exists():
        yield tell("disk.not_overlaid", language)
    yield from _errors(root / "sys/fs/ext4", language)


def _errors(folder: Path, language: Language) -> Iterator[Finding]:
    """What ext4 has counted on each device since its last check: the kernel's documentation of sysfs-fs-ext4."""
    for file in sorted(folder.glob("*/errors_count")):
        try:
            count = int(file.read_text("ascii"))
        except (OSError, ValueError):
            continue
        if count:
            yield tell("disk.errors", language, count=count, device=file.parent.name)
