"""Forms with files: how large they may be, and only one at a time, so that gates always find a thread."""

from __future__ import annotations

import threading
from collections.abc import Iterator, Mapping
from contextlib import contextmanager
from typing import Any

import bottle

from api.inbox import PART

# Bytes of a form without files: bottle keeps these in memory, and the largest of ours has 2 KiB. Larger ones a thread
# waits for, which no stranger may make it do.
SMALL = PART
LARGEST = 24 * 1024 * 1024  # bytes of one with files: 100,000 guests as UTF-16, with 240 bytes for each


class Request(bottle.BaseRequest):  # type: ignore[misc]  # bottle ships no types
    """Bottle's request, but that a large file may stand after other fields.

    Bottle 0.13 lets fields and the first bytes of a file together take as much memory as a file alone may before it
    goes on in a temporary file: "Memory limit reached" comes first whenever a field stands before the file.
    """

    @property
    def POST(self) -> Any:  # noqa: N802 - bottle's name
        """The fields and files of a form, by name; read once. Raises bottle.HTTPError 400 for a torn one."""
        kind, options = bottle._parse_http_header(self.environ.get("CONTENT_TYPE", ""))[0]
        if "bottle.request.post" in self.environ or kind != "multipart/form-data" or "boundary" not in options:
            return super().POST
        found = bottle.FormsDict()
        found.recode_unicode = False
        parser = bottle._MultipartParser(
            self.body,
            options["boundary"],
            self.content_length,
            mem_limit=2 * SMALL,
            memfile_limit=SMALL,
            charset="utf-8",  # as browsers send fields and file names of our pages
        )
        try:
            for part in parser.parse():
                if part.name is None:
                    raise bottle.HTTPError(400, "a field without a name")
                is_field = not part.filename and part.is_buffered()
                found[part.name] = (
                    part.value if is_field else bottle.FileUpload(part.file, part.name, part.filename, part.headerlist)
                )
        except (ValueError, LookupError) as error:  # a charset, a header or text that is none
            raise bottle.HTTPError(400, "a form that can't be read") from error
        self.environ["bottle.request.post"] = found
        return found


def as_text(fields: Any) -> Any:
    """Bottle's fields as text. What is no UTF-8 and NUL, for which PostgreSQL has no place, become U+FFFD."""
    read = bottle.FormsDict()
    read.recode_unicode = False
    for pair in fields.allitems():
        name, value = (
            part.encode("latin1").decode("utf-8", "replace") if fields.recode_unicode else part for part in pair
        )
        read.append(name.replace("\0", "\ufffd"), value.replace("\0", "\ufffd"))
    return read


class Uploads:
    """Who may send a large form now. A slow sender holds one thread, and the server has two at least."""

    def __init__(self) -> None:
        self._place = threading.Lock()

    @contextmanager
    def room(self, length: int) -> Iterator[bool]:
        """Within, the place for a form of this many bytes is taken; False when another large one has it."""
        if length <= SMALL:
            yield True
            return
        is_free = self._place.acquire(blocking=False)
        try:
            yield is_free
        finally:
            if is_free:
                self._place.release()


def announced(environ: Mapping[str, Any]) -> int:
    """How many bytes the request's body has; one that doesn't say so is taken for too large."""
    if "HTTP_TRANSFER_ENCODING" in environ:
        return LARGEST + 1
    told = str(environ.get("CONTENT_LENGTH") or "0")
    return int(told) if told.isascii() and told.isdigit() and len(told) < 12 else LARGEST + 1
