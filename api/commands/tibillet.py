"""``portillon-api ticket import --from URL``: an event and its tickets from a TiBillet server, again and again."""

from __future__ import annotations

import os
from argparse import Namespace
from contextlib import closing
from uuid import UUID

from api.commands import watched_import
from api.commands.console import CommandError, Shell
from api.store import acts, models
from api.store.store import Store
from api.tickets.events import NotPossibleError, add_event, find_event
from api.tickets.importing import imports
from api.tickets.importing.row import Row
from api.tickets.importing.tibillet import Comparison, Tibillet, compare

KEY_VARIABLE = "PORTILLON_TIBILLET_KEY"
_TOLD = 20  # changed tickets that a person reads at once; all of them with --json


def run(args: Namespace, store: Store, shell: Shell) -> None:
    """Bring what is new there. Tickets that are here already stay as they are; other statuses there are told."""
    if args.event is None:
        raise CommandError("--event UUID is wanted, as the server has it", "nothing was imported", code=2)
    with closing(Tibillet(args.server, _key(args))) as server:
        name, pem = server.event(args.event)
        _see_key(store, args.event, pem)
        rows = _rows(server, args.event, shell)
    found = compare(store, args.event, rows)
    done = None
    if found.fresh and not args.dry_run:
        event = _event(store, args.event, name, pem)
        with shell.progress("laying down", len(found.fresh)) as step:
            laid = imports.lay_down(store, event, args.server, found.fresh, step=step)
        done = watched_import.take_in(store, imports.begin(store, UUID(laid.uuid)), shell).uuid
    _tell(shell, found, done)


def _key(args: Namespace) -> str:
    """The API key, which never stands on a command line: others on this machine could read it there."""
    key = os.environ.get(KEY_VARIABLE, "")
    if args.key_file is not None:
        try:
            key = args.key_file.read_text("ascii")
        except (OSError, UnicodeDecodeError) as error:
            raise CommandError(
                f"{args.key_file} can't be read: {error}", "nothing was imported", "put the API key alone into a file"
            ) from error
    key = key.strip()
    if not key or not key.isprintable() or " " in key:
        raise CommandError(
            "the API key of a device that is paired with that server is wanted",
            "nothing was imported",
            f"name the file that holds it with --key-file FILE, or set {KEY_VARIABLE}",
            code=2,
        )
    return key


def _rows(server: Tibillet, event: UUID, shell: Shell) -> list[Row]:
    page = server.page(event, 1)
    rows, seen = page.rows, {row.uuid for row in page.rows}
    with shell.progress("reading", page.pages) as step:
        step(1)
        for number in range(2, page.pages + 1):
            more = server.page(event, number).rows
            if more and seen.issuperset(row.uuid for row in more):
                raise CommandError(
                    f"page {number} of the list has the tickets of a page before",
                    "nothing was imported: that server does not tell all of its tickets by pages",
                    "export them there as CSV, and import that: `portillon-api ticket import FILE`",
                )
            rows += more
            seen.update(row.uuid for row in more)
            step(1)
    if len(seen) != page.total:
        shell.note("The list changed while it was read: run this again, and it brings what is missing")
    return rows


def _see_key(store: Store, uuid: UUID, pem: str) -> None:
    """Refuse an event that is here with another key: its gates would refuse every ticket of that server."""
    try:
        event = find_event(store, uuid)
    except NotPossibleError:
        return
    if event.public_key_pem.strip() != pem.strip():
        raise CommandError(
            f"event {uuid} is here with another public key",
            "nothing was imported: no gate would take those tickets",
            "see that the server is the right one; an event made here can't take another server's tickets",
        )


def _event(store: Store, uuid: UUID, name: str, pem: str) -> models.Event:
    try:
        return find_event(store, uuid)
    except NotPossibleError:
        add_event(store, name, uuid=uuid, public_key_pem=pem)
    event = find_event(store, uuid)
    with store.writing():
        acts.note(store, "event.add", event_id=event.id, subject=event.uuid)
    return event


def _tell(shell: Shell, found: Comparison, done: str | None) -> None:
    if shell.as_json:
        changed = [{"uuid": each.uuid, "here": each.here, "there": each.there} for each in found.changed]
        shell.result({"import": done, "new": len(found.fresh), "known": found.known, "changed": changed})
        return
    for each in found.changed[:_TOLD]:
        shell.note(f"{each.uuid}: {each.here} here, {each.there} there; it stays as it is here")
    if len(found.changed) > _TOLD:
        shell.note(f"… and {len(found.changed) - _TOLD:,} more, all of them with --json")
    did = "are imported" if done is not None else "would be imported" if found.fresh else "to import"
    shell.say(f"{len(found.fresh):,} new tickets {did}; {found.known:,} were here already")
    if done is not None:
        shell.say(f"To take all of it back: portillon-api ticket import --undo {done}")
