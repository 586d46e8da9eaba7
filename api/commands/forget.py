"""``portillon-api forget``: an event's guests, when nobody needs to know them any more."""

from __future__ import annotations

import sys
from argparse import Namespace

from api.commands.console import CommandError, Shell
from api.operations.forgetting import forget
from api.store.store import Store
from api.tickets import events


def run(args: Namespace, store: Store, shell: Shell) -> None:
    """``forget --event UUID``: asks first, unless told --yes."""
    event = events.find_event(store, args.event)
    if not args.yes:
        _ask(event.name)
    done = forget(store, args.event)
    if shell.as_json:
        counts = {"tickets": done.tickets, "orders": done.orders, "import_rows": done.import_rows}
        shell.result({"event": str(args.event), **counts})
        return
    shell.say(
        f"« {done.event} »: {done.tickets:,} names, {done.orders:,} mails, {done.import_rows:,} imported rows gone"
    )
    shell.say("Counts and scans are kept. Backups made before still hold the names: remove them when you may.")


def _ask(name: str) -> None:
    if not sys.stdin.isatty():
        raise CommandError("nobody is here to be asked", "nothing was forgotten", "say --yes when you are sure")
    sys.stderr.write(f"Names and mails of « {name} » can't be brought back. Forget them? Type yes: ")
    sys.stderr.flush()
    if sys.stdin.readline().strip().lower() not in ("yes", "oui"):
        raise CommandError("not confirmed", "nothing was forgotten")
