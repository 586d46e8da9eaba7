"""A file of checked lines, ``CRC32 JSON``: appended durably, torn ends dropped, other damage found by line."""

from __future__ import annotations

import io
import json
import os
import zlib
from collections.abc import Iterable, Iterator
from pathlib import Path
from typing import Any

from kiosk import durable

Fields = dict[str, Any]
_LONGEST_FILE = 256 * 1024 * 1024  # bytes; compaction keeps a journal far below, and a device file has no end


class CheckedLines:
    """One file with one writer. Not safe between threads: its owner holds a lock."""

    def __init__(self, path: Path) -> None:
        self.path = path
        self.size = 0  # bytes of whole lines
        self._open_file: io.FileIO | None = None
        self._is_torn = False  # half a line is at the end and could not be taken back

    def read(self) -> list[Fields | None]:
        """Every line; None for one that is damaged. A torn last line is cut off the file. Raises OSError."""
        raw = read_bytes(self.path)
        *whole, torn = raw.split(b"\n")
        self.size = len(raw) - len(torn)
        if torn:
            with self.path.open("r+b") as file:
                file.truncate(self.size)
                os.fsync(file.fileno())
        return [parse(line) for line in whole if line]

    def append(self, lines: Iterable[Fields]) -> None:
        """All of them with one write and one fsync; raises OSError, and then none of them counts.

        Without any, an empty line, which says nothing, proves that the file can be written.
        """
        block = b"".join(map(_line, lines)) or b"\n"
        try:
            self._append(self._open(), block)
        except OSError:
            self._undo()
            raise

    def replace(self, lines: Iterable[Fields]) -> None:
        """A new file with these lines takes the place of the old one, whole. Raises OSError."""
        content = b"".join(map(_line, lines))
        self.close()
        durable.write(self.path, content)
        self.size = len(content)
        self._is_torn = False

    def set_aside(self, name: str) -> Path:
        """A copy of the file as it is, under this name beside it. Raises OSError."""
        aside = self.path.with_name(name)
        durable.write(aside, read_bytes(self.path))
        return aside

    def close(self) -> None:
        """Close the file; ``append`` opens it again."""
        if self._open_file is not None:
            self._open_file.close()
            self._open_file = None

    def _open(self) -> int:
        if self._open_file is None:
            fresh = not self.path.exists()
            self._open_file = io.FileIO(self.path, "a", opener=_for_the_owner)
            if fresh:
                durable.sync_folder(self.path.parent)
            self.size = os.fstat(self._open_file.fileno()).st_size
        return self._open_file.fileno()

    def _append(self, fd: int, block: bytes) -> None:
        whole = b"\n" + block if self._is_torn else block
        if os.write(fd, whole) != len(whole):
            raise OSError("disk full: a line was cut short")
        os.fsync(fd)
        self.size += len(whole)
        self._is_torn = False

    def _undo(self) -> None:
        """Take back a half-written block, so that the next line does not join it."""
        if self._open_file is None:
            return
        try:
            os.ftruncate(self._open_file.fileno(), self.size)
        except OSError:
            self._is_torn = True  # the next block begins on a line of its own
        self.close()


def _for_the_owner(path: str, flags: int) -> int:
    return os.open(path, flags, 0o600)


def read_bytes(path: Path) -> bytes:
    """The file's bytes, none where there is no file. Raises OSError, also for what is no plain file."""
    if not path.exists():
        return b""
    if not path.is_file():
        raise OSError(f"{path} is no plain file")
    with path.open("rb") as file:
        return file.read(_LONGEST_FILE)


def whole_lines(path: Path) -> Iterator[bytes]:
    """Its lines, without a torn last one (being written, or a power cut). Raises OSError as ``read_bytes``."""
    if not path.exists():
        return
    if not path.is_file():
        raise OSError(f"{path} is no plain file")
    with path.open("rb") as file:
        for line in file:
            if line.endswith(b"\n") and line != b"\n":
                yield line[:-1]


def parse(line: bytes) -> Fields | None:
    """The fields of a whole, undamaged line, or None."""
    checksum, _, body = line.partition(b" ")
    try:
        if int(checksum, 16) != zlib.crc32(body):
            return None
        told = json.loads(body)
    except ValueError:
        return None
    return told if isinstance(told, dict) else None


def _line(fields: Fields) -> bytes:
    body = json.dumps(fields, separators=(",", ":")).encode()
    return b"%08x %s\n" % (zlib.crc32(body), body)
