"""``portillon-api ticket import`` and ``ticket template``: tickets from a file, with every problem line told first."""

from __future__ import annotations

import sys
from argparse import Namespace
from pathlib import Path
from uuid import UUID

from api.commands import tibillet, watched_import
from api.commands.console import CommandError, Shell
from api.store.store import Store
from api.tickets import events
from api.tickets.importing import columns, imports, reading, table
from api.tickets.importing.checking import Rows, check
from api.tickets.importing.imports import Import
from api.tickets.importing.problems import Report
from api.tickets.importing.taking import Undone

_TOLD = 40  # problem lines that a person reads at once; all that are kept with --json


def run(args: Namespace, store: Store, shell: Shell) -> None:
    """``ticket import``: check all of it; then, without --dry-run, take it in. Or --resume, or --undo IMPORT."""
    if args.undo is not None:
        _undo(args.undo, store, shell)
    elif args.resume:
        _resume(store, shell)
    elif args.server is not None:
        tibillet.run(args, store, shell)
    elif args.file is None or args.event is None:
        raise CommandError(
            "a FILE and its --event UUID are wanted",
            "nothing was imported",
            "`ticket import --help` has it all",
            code=2,
        )
    else:
        _import(args, store, shell)


def template(args: Namespace, _store: Store, shell: Shell) -> None:
    """``ticket template``: an example file. With the mark by which spreadsheets know UTF-8, in a file."""
    text = columns.template(args.language)
    if args.output is None:
        sys.stdout.write(text)
        return
    try:
        args.output.write_bytes(text.encode("utf-8-sig"))
    except OSError as error:
        raise CommandError(f"{args.output} can't be written: {error.strerror}", "", "name another file") from error
    shell.note(f"The template is in {args.output}: replace its two rows by yours")


def _import(args: Namespace, store: Store, shell: Shell) -> None:
    event = events.find_event(store, args.event)
    rows = _rows(args.file, args.encoding)
    report = check(store, event, rows)
    if report.errors:
        raise CommandError(
            f"{args.file}: {report.errors:,} mistake{'s' * (report.errors > 1)}",
            "nothing was imported",
            "correct these lines and import the file again",
            _lines(report, len(report.problems) if shell.as_json else _TOLD),
        )
    for line in _lines(report, _TOLD):
        shell.note(line)
    if args.dry_run:
        _tell_report(report, shell)
        return
    with shell.progress("laying down", report.rows) as step:
        it = imports.lay_down(store, event, args.file.name, rows(lambda _: None), step=step)
    imports.begin(store, UUID(it.uuid))
    _take(it, store, shell)


def _take(it: Import, store: Store, shell: Shell) -> None:
    done = watched_import.take_in(store, it, shell)
    if shell.as_json:
        shell.result({"import": done.uuid, "state": done.state, "rows": done.rows_done})
    else:
        shell.say(f"{done.rows_done:,} rows of {done.source} are tickets of « {done.event_name} »")
        shell.say(f"To take all of it back: portillon-api ticket import --undo {done.uuid}")


def _resume(store: Store, shell: Shell) -> None:
    unfinished = imports.unfinished(store)
    if not unfinished and not shell.as_json:
        shell.say("No import was interrupted: there is nothing to go on with")
    for it in unfinished:
        if it.state == "taking":
            _take(it, store, shell)
        else:
            _tell_undone(it, imports.go_on_undoing(store, UUID(it.uuid)), shell)


def _undo(uuid: UUID, store: Store, shell: Shell) -> None:
    it = imports.find(store, uuid)
    _tell_undone(it, watched_import.undo(store, it, shell), shell)


def _tell_undone(it: Import, undone: Undone, shell: Shell) -> None:
    if shell.as_json:
        shell.result({"import": it.uuid, "state": "undone", "removed": undone.removed, "kept": undone.kept})
        return
    shell.say(f"{undone.removed:,} tickets of {it.source} are gone: gates don't know them any more")
    if undone.kept:
        shell.say(f"{undone.kept:,} stay: they were scanned, and their holders are inside")


def _rows(file: Path, encoding: str | None) -> Rows:
    try:
        content = sys.stdin.buffer.read(table.LARGEST + 1) if str(file) == "-" else file.read_bytes()
    except OSError as error:
        raise CommandError(
            f"{file} can't be read: {error.strerror}", "nothing was imported", "name a CSV file that you may read"
        ) from error
    try:
        opened = table.open_table(content, encoding)
    except table.UnreadableError as error:
        raise CommandError(
            f"{file}: {error}", "nothing was imported", "or name the file's encoding with --encoding"
        ) from error
    return lambda tell: reading.rows(opened, tell)


def _lines(report: Report, most: int) -> list[str]:
    told = [f"line {problem.line}: {problem.say('en')}" for problem in report.problems[:most]]
    left = report.errors + report.warnings - len(told)
    return [*told, f"… and {left:,} more"] if left > 0 else told


def _tell_report(report: Report, shell: Shell) -> None:
    if shell.as_json:
        counts = {"rows": report.rows, "tickets": report.tickets, "warnings": report.warnings}
        problems = [{"line": each.line, "kind": each.kind, "value": each.value} for each in report.problems]
        shell.result({**counts, "statuses": dict(report.statuses), "problems": problems})
    else:
        told = ", ".join(f"{count:,} {status}" for status, count in sorted(report.statuses.items()))
        shell.say(
            f"{report.rows:,} rows, {report.tickets:,} tickets ({told}): all can be imported; nothing was changed"
        )
