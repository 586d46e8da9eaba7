"""``portillon-api event …``: make events, import them by their public key, list them."""

from __future__ import annotations

import sys
from argparse import Namespace
from datetime import datetime
from pathlib import Path

from api.commands.console import CommandError, Shell
from api.store.store import Store
from api.tickets import events
from api.tickets.keys import KeyTextError


def add(args: Namespace, store: Store, shell: Shell) -> None:
    """``event add NAME``: with a key pair of its own, or with the public key of the server that signs its tickets."""
    pem = _read(args.public_key) if args.public_key else None
    doors = events.Doors(args.opens_at, args.closes_at)
    try:
        event = events.add_event(store, args.name, uuid=args.uuid, public_key_pem=pem, doors=doors)
    except KeyTextError as error:
        raise CommandError(f"{args.public_key}: {error}", "no event was added") from error
    if shell.as_json:
        shell.result({"uuid": event.uuid, "name": event.name})
        return
    shell.say(f"Event « {event.name} » is there: {event.uuid}")
    shell.say(f"Next: portillon-api ticket add --event {event.uuid}{' --uuid UUID' if pem else ''}")


def show(_args: Namespace, store: Store, shell: Shell) -> None:
    """``event list``: all of them, oldest first."""
    found = events.list_events(store)
    if shell.as_json:
        shell.result([{"uuid": event.uuid, "name": event.name} for event in found])
    elif found:
        shell.table(("UUID", "Event"), [(event.uuid, event.name) for event in found])
    else:
        shell.say("No event yet: portillon-api event add NAME")


def moment(text: str) -> datetime:
    """``2026-07-14 18:00``, in this machine's time zone unless it names one. Raises ValueError."""
    return datetime.fromisoformat(text).astimezone()


def _read(file: Path) -> str:
    try:
        return sys.stdin.read() if str(file) == "-" else file.read_text("utf-8")
    except (OSError, UnicodeDecodeError) as error:
        raise CommandError(
            f"{file} can't be read: {error}", "no event was added", "give the PEM file of the event's public key"
        ) from error
