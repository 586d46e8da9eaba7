"""``portillon-api ticket print``: an event's tickets as PDF, or one of them as PNG."""

from __future__ import annotations

from argparse import Namespace
from pathlib import Path
from zoneinfo import ZoneInfo

from api import qr
from api.commands.console import CommandError, Shell
from api.settings import Settings
from api.store.store import Store
from api.tickets.printing.wanted import LARGEST, Style, Wanted


def run(args: Namespace, settings: Settings, store: Store, shell: Shell) -> None:
    """Write one file, or with more than 1,000 tickets one for each 1,000, numbered."""
    wanted = Wanted(store, args.event, args.ticket or (), args.order)
    replaced = 0
    try:
        if args.format == "png":
            files = [_picture(wanted, args.output)]
        else:
            files, replaced = _documents(wanted, args, settings, shell)
    except OSError as error:
        raise CommandError(
            f"{error.filename or args.output} can't be written: {error.strerror}",
            "what was written is not complete; the tickets themselves are as they were",
            "see that the folder is there, that you may write to it, and that the disk has room",
        ) from error
    if replaced:
        shell.note(
            f"{replaced:,} texts have characters that no font of this machine shows: « ? » stands for them. "
            "The packages fonts-dejavu-core and fonts-droid-fallback have most scripts"
        )
    if shell.as_json:
        shell.result({"tickets": len(wanted), "files": [str(file) for file in files]})
    else:
        shell.say(f"{len(wanted):,} ticket{'s' * (len(wanted) > 1)}: " + ", ".join(map(str, files)))


def _documents(wanted: Wanted, args: Namespace, settings: Settings, shell: Shell) -> tuple[list[Path], int]:
    from api.tickets.printing.sheets import Sheets  # noqa: PLC0415 - 30 MB that no other command needs

    zone = ZoneInfo(settings.organisation.timezone) if settings.organisation.timezone else None
    style = Style(settings.organisation.language, zone)
    files, replaced = [], 0
    with shell.progress("printing", len(wanted)) as step:
        for start in range(0, len(wanted), LARGEST):
            stop = min(start + LARGEST, len(wanted))
            sheets = Sheets(wanted.happening, args.format, style)
            for ticket in wanted.part(start, stop):
                sheets.add(ticket)
                step(1)
            files.append(_named(args.output, start, stop) if len(wanted) > LARGEST else args.output)
            sheets.write(files[-1])
            replaced += sheets.replaced
    return files, replaced


def _picture(wanted: Wanted, file: Path) -> Path:
    if len(wanted) != 1:
        raise CommandError(
            f"a PNG shows one ticket, and {len(wanted):,} are asked for",
            "nothing was written",
            "name one with --ticket UUID, or take --format a4 or phone",
            code=2,
        )
    target = file if file.suffix.lower() == ".png" else file.with_name(f"{file.name}.png")
    qr.write(qr.make(next(wanted.part(0, 1)).code), target)
    return target


def _named(file: Path, start: int, stop: int) -> Path:
    """``tickets.pdf`` → ``tickets-00001-01000.pdf``."""
    return file.with_name(f"{file.stem}-{start + 1:05}-{stop:05}{file.suffix}")
