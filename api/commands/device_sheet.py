"""``portillon-api device sheet``: the pairing codes of the gates that wait, as one PDF for the tech."""

from __future__ import annotations

from argparse import Namespace
from zoneinfo import ZoneInfo

from api import secret_file
from api.commands.address import pinned_url
from api.commands.console import CommandError, Shell
from api.commands.devices import within
from api.devices import reach, sheet
from api.settings import Settings
from api.store.store import Store
from api.tickets.printing.wanted import Style


def run(args: Namespace, settings: Settings, store: Store, shell: Shell) -> None:
    """Write the file; only its owner may read it: whoever shows a code first, becomes that gate."""
    from api.devices.sheet_pdf import draw  # noqa: PLC0415 - 30 MB that no other command needs

    address = pinned_url(args.base_url, settings, reach.last_start(store))
    printed = sheet.of_waiting(store, address.url, args.days, args.event)
    zone = ZoneInfo(settings.organisation.timezone) if settings.organisation.timezone else None
    content = draw(printed, Style(settings.organisation.language, zone))
    try:
        with secret_file.opened(args.pdf) as out:
            out.write(content)
    except OSError as error:
        raise CommandError(
            f"{args.pdf} can't be written: {error.strerror}",
            "no code was printed; the gates wait as before",
            "see that the folder is there, that you may write to it, and that the disk has room",
        ) from error
    if address.note:
        shell.note(f"Note: {address.note}")
    names = [gate.name for gate in printed.gates]
    if shell.as_json:
        shell.result({"file": str(args.pdf), "gates": names})
        return
    shell.say(
        f"{args.pdf}: the codes of {len(names)} gate{'s' * (len(names) > 1)}, each good once, {within(args.days)}"
    )
