"""The command line's grammar: which commands there are and what each takes. Runs nothing."""

from __future__ import annotations

import argparse
import json
import sys
from importlib.metadata import version
from pathlib import Path
from typing import Any, NoReturn
from uuid import UUID

from api.commands.events import moment
from api.devices.pairing import DAYS_MOST
from api.devices.sheet import DAYS


class _Parser(argparse.ArgumentParser):
    """Tells mistakes as JSON too, when JSON was asked for."""

    def error(self, message: str) -> NoReturn:
        if "--json" in sys.argv:
            self.exit(2, json.dumps({"error": message, "do": f"{self.prog} --help"}) + "\n")
        super().error(message)


def parser() -> argparse.ArgumentParser:
    """The whole grammar. ``command`` in the result names what to run, such as ``ticket add``."""
    everywhere = _everywhere()
    about = "Portillon's ticket server and its organiser's shell."
    top = _Parser(prog="portillon-api", description=about, parents=[everywhere])
    top.add_argument("--version", action="version", version=f"portillon {version('portillon')}")
    nouns = top.add_subparsers(metavar="COMMAND", required=True)
    serve = nouns.add_parser("serve", help="answer gates", parents=[everywhere])
    serve.add_argument("--host", help="address to listen on; 0.0.0.0: every network")
    serve.add_argument("--port", type=int, help="port to listen on; 0: any free one")
    _tls(serve)
    serve.set_defaults(command="serve")
    _events(_Noun(nouns, "event", "make and import events", everywhere))
    _tickets(_Noun(nouns, "ticket", "issue, list and cancel tickets", everywhere))
    _devices(_Noun(nouns, "device", "pair, list and archive gates", everywhere))
    _admins(_Noun(nouns, "admin", "who may use the web pages", everywhere))
    _move(nouns.add_parser("move", help="from an SQLite file to PostgreSQL", parents=[everywhere]))
    _backup(nouns, everywhere)
    _config(_Noun(nouns, "config", "check and show settings", everywhere))
    return top


def _tls(serve: argparse.ArgumentParser) -> None:
    serve.add_argument("--tls", action="store_true", help="speak TLS with a key of the server's own, pinned by gates")
    serve.add_argument("--tls-cert", metavar="FILE", help="speak TLS with this certificate (PEM, with its chain)")
    serve.add_argument("--tls-key", metavar="FILE", help="the private key of --tls-cert (PEM)")


class _Noun:
    """A first word, such as ``ticket``, to which verbs are added."""

    def __init__(self, nouns: Any, name: str, about: str, everywhere: _Parser) -> None:
        self._name = name
        self._everywhere = everywhere
        word = nouns.add_parser(name, help=about, description=about, parents=[everywhere])
        self._verbs = word.add_subparsers(metavar="VERB", required=True)

    def verb(self, name: str, about: str) -> argparse.ArgumentParser:
        """Add the command ``NOUN VERB``."""
        added: argparse.ArgumentParser = self._verbs.add_parser(
            name, help=about, description=about, parents=[self._everywhere]
        )
        added.set_defaults(command=f"{self._name} {name}")
        return added


def _everywhere() -> _Parser:
    """Options that may stand before or after any word: a default would undo what an earlier word was given."""
    options = _Parser(add_help=False, argument_default=argparse.SUPPRESS)
    options.add_argument("--config", type=Path, metavar="FILE", help="settings (default: /etc/portillon/api.toml)")
    options.add_argument("--database", metavar="URL", help='where the tickets are, such as "sqlite:///tickets.sqlite3"')
    options.add_argument("--json", action="store_true", help="results and errors as JSON")
    return options


def _events(event: _Noun) -> None:
    add = event.verb("add", "make an event, or import one by its public key")
    add.add_argument("name", metavar="NAME")
    add.add_argument("--uuid", type=UUID, help="its uuid on the other server (default: a new one)")
    add.add_argument("--public-key", type=Path, metavar="FILE", help='PEM file; "-": standard input')
    add.add_argument("--opens-at", type=moment, metavar="TIME", help='when doors open, such as "2026-07-14 18:00"')
    add.add_argument("--closes-at", type=moment, metavar="TIME", help="when nobody is let in any more")
    event.verb("list", "all events")


def _tickets(ticket: _Noun) -> None:
    add = ticket.verb("add", "issue tickets, or register one that was made elsewhere")
    add.add_argument("--event", type=UUID, required=True, metavar="UUID")
    add.add_argument("--count", type=_count, default=1, help="how many; up to 500 are one reservation (default: 1)")
    add.add_argument("--uuid", type=UUID, help="the ticket's own uuid, for one made elsewhere")
    for name in ("first-name", "last-name", "email", "product", "price"):
        add.add_argument(f"--{name}", metavar="TEXT")
    add.add_argument("--qr", type=Path, metavar="DIR", help="write one PNG a ticket into this folder")
    ticket.verb("list", "an event's tickets").add_argument("--event", type=UUID, required=True, metavar="UUID")
    cancel = ticket.verb("cancel", "refuse a ticket from now on")
    cancel.add_argument("uuid", type=UUID, metavar="UUID")
    cancel.add_argument("--reason", metavar="TEXT", default="", help="for the audit log")
    unscan = ticket.verb("unscan", "make a scanned ticket valid again")
    unscan.add_argument("uuid", type=UUID, metavar="UUID")
    unscan.add_argument("--reason", metavar="TEXT", required=True, help="for the audit log")
    sheets = ticket.verb("print", "tickets as PDF, or one as PNG")
    sheets.add_argument("--event", type=UUID, required=True, metavar="UUID")
    sheets.add_argument("--ticket", type=UUID, action="append", metavar="UUID", help="only this one; may be repeated")
    sheets.add_argument("--format", choices=("a4", "phone", "png"), default="a4", help="four a sheet, one a page, one")
    sheets.add_argument("--output", type=Path, required=True, metavar="FILE")
    sheets.add_argument("--order", choices=("name", "number"), default="number")
    _imports(ticket)


def _imports(ticket: _Noun) -> None:
    taking = ticket.verb("import", "tickets from a CSV file or a TiBillet server, checked whole first")
    taking.add_argument("file", type=Path, nargs="?", metavar="FILE", help='CSV; "-": standard input')
    taking.add_argument("--from", dest="server", metavar="URL", help='a TiBillet server, such as "https://HOST/scan"')
    taking.add_argument("--key-file", type=Path, metavar="FILE", help="holds the API key of a device paired with it")
    taking.add_argument("--event", type=UUID, metavar="UUID")
    taking.add_argument("--encoding", metavar="NAME", help="of the file (default: found out)")
    taking.add_argument("--dry-run", action="store_true", help="only check")
    other = taking.add_mutually_exclusive_group()
    other.add_argument("--resume", action="store_true", help="go on with imports that were interrupted")
    other.add_argument("--undo", type=UUID, metavar="IMPORT", help="take an import back; scanned tickets stay")
    template = ticket.verb("template", "an example of such a file")
    template.add_argument("--language", choices=("fr", "en"), default="fr")
    template.add_argument("--output", type=Path, metavar="FILE", help="(default: standard output)")


def _devices(device: _Noun) -> None:
    add = device.verb("add", "a new gate: shows its pairing code")
    add.add_argument("name", metavar="NAME", help="shown on screens: « used 14:02 at NAME »")
    add.add_argument("--count", type=_count, default=1, help="how many, numbered: NAME 1, NAME 2, … (default: 1)")
    _rules(add)
    _code(add)
    edit = device.verb("edit", "its name, and what it lets through; the next scan is judged by it")
    edit.add_argument("uuid", type=UUID, metavar="UUID")
    edit.add_argument("--name", metavar="NAME")
    _rules(edit)
    edit.add_argument("--every-event", action="store_true", help="admit every event again")
    edit.add_argument("--every-product", action="store_true", help="admit every product again")
    edit.set_defaults(direction=None)
    renew = device.verb("renew", "void its key at once; shows a new pairing code for the same device")
    renew.add_argument("uuid", type=UUID, metavar="UUID")
    _code(renew)
    sheet = device.verb("sheet", "the pairing codes of all gates that wait, as one PDF")
    sheet.add_argument("--pdf", type=Path, required=True, metavar="FILE")
    sheet.add_argument("--event", type=UUID, metavar="UUID", help="only gates that admit this event")
    sheet.add_argument("--base-url", metavar="URL", help="how gates reach the server")
    sheet.add_argument("--days", type=_days, default=DAYS, help=f"how long they are good for, 1 to 7 (default: {DAYS})")
    device.verb("list", "all devices")
    device.verb("archive", "shut a device out, for good").add_argument("uuid", type=UUID, metavar="UUID")


def _rules(verb: argparse.ArgumentParser) -> None:
    every = "may be repeated (default: every"
    verb.add_argument("--event", type=UUID, action="append", metavar="UUID", help=f"admit this event; {every} event)")
    verb.add_argument("--product", action="append", metavar="NAME", help=f"admit this product; {every} product)")
    verb.add_argument("--direction", choices=("in", "out"), default="in", help="out: an exit (default: in)")


def _code(verb: argparse.ArgumentParser) -> None:
    verb.add_argument("--base-url", metavar="URL", help="how gates reach the server")
    verb.add_argument("--days", type=_days, help="how long it is good for, 1 to 7 (default: [pairing] token_minutes)")
    verb.add_argument("--png", type=Path, metavar="FILE", help="write the pairing code here")
    verb.add_argument("--svg", type=Path, metavar="FILE", help="write the pairing code here")


def _admins(admin: _Noun) -> None:
    admin.verb("invite", "a link that makes one account, or a new password; once, for 24 hours")
    admin.verb("list", "all admins")
    admin.verb("disable", "shut an admin out").add_argument("name", metavar="NAME")


def _move(move: argparse.ArgumentParser) -> None:
    move.add_argument(
        "--to", required=True, metavar="URL", help="an empty database: postgresql://USER:PASSWORD@HOST/NAME"
    )
    move.set_defaults(command="move")


def _backup(nouns: Any, everywhere: _Parser) -> None:
    save = nouns.add_parser("backup", help="the whole database into one file, while gates go on", parents=[everywhere])
    save.add_argument("target", type=Path, metavar="FILE", help="a new file, or a folder: named by the time")
    save.add_argument("--keep", type=_count, metavar="N", help="in a folder: remove all but the newest N backups")
    save.set_defaults(command="backup")
    load = nouns.add_parser("restore", help="a database from a backup; never over another", parents=[everywhere])
    load.add_argument("file", type=Path, metavar="FILE")
    load.set_defaults(command="restore")
    forget = nouns.add_parser("forget", help="an event's guests: names, mails; counts stay", parents=[everywhere])
    forget.add_argument("--event", type=UUID, required=True, metavar="UUID")
    forget.add_argument("--yes", action="store_true", help="don't ask")
    forget.set_defaults(command="forget")


def _config(config: _Noun) -> None:
    config.verb("check", "all mistakes of a settings file at once").add_argument("file", type=Path, metavar="FILE")
    config.verb("show", "the settings in force, passwords hidden")


def _days(text: str) -> int:
    number = _count(text)
    if number > DAYS_MOST:
        raise argparse.ArgumentTypeError(f"at most {DAYS_MOST}")
    return number


def _count(text: str) -> int:
    number = int(text)
    if number < 1:
        raise argparse.ArgumentTypeError("at least 1")
    return number
