"""``portillon-api ticket …``: issue, list, cancel, make valid again, and write the QR images that guests get."""

from __future__ import annotations

from argparse import Namespace
from collections import Counter
from pathlib import Path

from api import qr
from api.commands.console import CommandError, Shell
from api.store.store import Store
from api.tickets import events, issue
from api.tickets.unscan import unscan as give_back

# One reservation, in one transaction: short enough for gates to go on scanning between two of them.
_AT_ONCE = 500


def add(args: Namespace, store: Store, shell: Shell) -> None:
    """``ticket add``: up to 500 are one reservation, all or none; more are added 500 at a time."""
    if args.uuid is None and events.find_event(store, args.event).private_key_pem is None:
        raise CommandError(
            f"event {args.event} has a public key only",
            "its tickets are signed elsewhere: a new one made here would be refused at every gate",
            "register a ticket that exists already with --uuid UUID",
        )
    if args.qr is not None:
        _folder(args.qr)
    tickets = _issue(args, store, shell)
    if args.qr is not None:
        _write_images(tickets, args.qr, shell)
    if shell.as_json:
        shell.result([{"uuid": ticket.uuid, "qrcode_data": ticket.qrcode_data} for ticket in tickets])
        return
    shell.table(("Ticket", "Status"), [(t.uuid, t.status) for t in tickets], "--json prints all, with their codes.")
    if args.qr is not None:
        shell.say(f"{sum(t.qrcode_data is not None for t in tickets):,} QR images are in {args.qr}")
    elif len(tickets) == 1 and tickets[0].qrcode_data is not None:
        shell.say(tickets[0].qrcode_data)


def show(args: Namespace, store: Store, shell: Shell) -> None:
    """``ticket list``: an event's tickets with their status, oldest first."""
    tickets = issue.list_tickets(store, args.event)
    if shell.as_json:
        shell.result([{"uuid": t.uuid, "qrcode_data": t.qrcode_data, "status": t.status} for t in tickets])
        return
    shell.table(("Ticket", "Status"), [(t.uuid, t.status) for t in tickets], "--json prints all, with their codes.")
    counts = Counter(ticket.status for ticket in tickets)
    told = ", ".join(f"{number:,} {status}" for status, number in sorted(counts.items()))
    shell.say(f"{len(tickets):,} tickets" + (f": {told}" if told else ""))


def cancel(args: Namespace, store: Store, shell: Shell) -> None:
    """``ticket cancel``: from now on it is refused everywhere."""
    ticket = issue.cancel_ticket(store, args.uuid, reason=args.reason.strip())
    if shell.as_json:
        shell.result({"uuid": ticket.uuid, "qrcode_data": ticket.qrcode_data, "status": ticket.status})
    else:
        shell.say(f"Ticket {ticket.uuid} is cancelled: every gate refuses it from now on")


def unscan(args: Namespace, store: Store, shell: Shell) -> None:
    """``ticket unscan``: valid again, once; the admission that used it can't be repeated."""
    give_back(store, args.uuid, args.reason)
    if shell.as_json:
        shell.result({"uuid": str(args.uuid), "status": "valid"})
    else:
        shell.say(f"Ticket {args.uuid} is valid again: it lets one person in")


def _issue(args: Namespace, store: Store, shell: Shell) -> list[issue.Ticket]:
    order = issue.Order(args.first_name, args.last_name, args.email, args.product, args.price)
    tickets: list[issue.Ticket] = []
    with shell.progress("adding tickets", args.count) as step:
        while not tickets or len(tickets) < args.count:
            part = min(_AT_ONCE, args.count - len(tickets))
            tickets += issue.add_tickets(store, args.event, order, count=part, uuid=args.uuid)
            step(part)
    return tickets


def _folder(folder: Path) -> None:
    try:
        folder.mkdir(mode=0o700, parents=True, exist_ok=True)
    except OSError as error:
        raise CommandError(
            f"{folder} can't be made: {error.strerror}", "no ticket was added", "name a folder that you may write"
        ) from error


def _write_images(tickets: list[issue.Ticket], folder: Path, shell: Shell) -> None:
    with shell.progress("writing QR images", len(tickets)) as step:
        for ticket in tickets:
            if ticket.qrcode_data is not None:
                _write(ticket.qrcode_data, folder / f"{ticket.uuid}.png")
            step(1)


def _write(code: str, file: Path) -> None:
    try:
        qr.write(qr.make(code), file)
    except OSError as error:
        raise CommandError(
            f"{file} can't be written: {error.strerror}",
            "the tickets are added, their images are not complete",
            "`portillon-api ticket list --json` has their codes",
        ) from error
