"""portillon-api: the ticket server and the organiser's shell. Reads settings, runs one command, tells what failed."""

from __future__ import annotations

import sys
from argparse import Namespace
from collections.abc import Callable

import peewee

from api import settings
from api.commands import (
    admins,
    arguments,
    backup,
    config,
    device_sheet,
    devices,
    events,
    forget,
    imports,
    move,
    serving,
    sheets,
    tickets,
)
from api.commands.console import CommandError, Shell, nobody_reads
from api.settings import Settings, SettingsError
from api.store.store import Store, StoreError, open_store
from api.tickets.events import NotPossibleError
from api.tls.self_made import TlsError

_EXPECTED = (
    CommandError,
    SettingsError,
    NotPossibleError,
    StoreError,
    TlsError,
    peewee.DatabaseError,
    KeyboardInterrupt,
)
_ON_STORE: dict[str, Callable[[Namespace, Store, Shell], None]] = {
    "admin list": admins.show,
    "admin disable": admins.disable,
    "forget": forget.run,
    "event add": events.add,
    "event list": events.show,
    "ticket add": tickets.add,
    "ticket list": tickets.show,
    "ticket cancel": tickets.cancel,
    "ticket unscan": tickets.unscan,
    "ticket import": imports.run,
    "ticket template": imports.template,
    "device edit": devices.edit,
    "device archive": devices.archive,
}
_BY_SETTINGS: dict[str, Callable[[Namespace, Settings, Store, Shell], None]] = {
    "admin invite": admins.invite,
    "device add": devices.add,
    "device list": devices.show,
    "device renew": devices.renew,
    "device sheet": device_sheet.run,
    "ticket print": sheets.run,
}

_ON_FILES: dict[str, Callable[[Namespace, Settings, Shell], None]] = {"backup": backup.save, "restore": backup.load}


def main() -> int:
    """Run one command line; gives 0 (done), 1 (could not be done) or 2 (asked wrongly, or settings with mistakes)."""
    args = arguments.parser().parse_args()
    shell = Shell(as_json=getattr(args, "json", False))
    try:
        return _run(args, shell)
    except BrokenPipeError:
        nobody_reads()
        return 1
    except _EXPECTED as error:
        told = _told(error)
        shell.error(told)
        return told.code


def _told(error: BaseException) -> CommandError:
    """What a person is told about an expected failure."""
    match error:
        case CommandError():
            return error
        case SettingsError():
            what = f"{error.origin}: {len(error.mistakes)} mistake{'s' * (len(error.mistakes) > 1)} in the settings"
            return CommandError(what, mistakes=error.mistakes, code=2)
        case peewee.DatabaseError():
            do = "see that the disk has room and that the database belongs to the user who runs this"
            return CommandError(f"the database refused: {error}", "nothing more was changed", do)
        case KeyboardInterrupt():
            return CommandError("interrupted", "what was done until here stays done")
        case _:
            return CommandError(str(error))


def _run(args: Namespace, shell: Shell) -> int:
    if args.command == "config check":
        config.check(args, shell)
        return 0
    effective = _settings(args)
    if args.command == "serve":
        return serving.run(effective, shell)
    if args.command == "move":
        move.run(args, effective, shell)
        return 0
    if args.command in _ON_FILES:
        _ON_FILES[args.command](args, effective, shell)
        return 0
    if args.command == "config show":
        config.show(effective, shell)
        return 0
    store = open_store(effective.database)
    try:
        if args.command in _BY_SETTINGS:
            _BY_SETTINGS[args.command](args, effective, store, shell)
        else:
            _ON_STORE[args.command](args, store, shell)
    finally:
        store.close()
    return 0


def _settings(args: Namespace) -> Settings:
    overrides = {
        "database": getattr(args, "database", None),
        "server.host": getattr(args, "host", None),
        "server.port": getattr(args, "port", None),
        "tls.self_made": getattr(args, "tls", None) or None,
        "tls.certificate": getattr(args, "tls_cert", None),
        "tls.key": getattr(args, "tls_key", None),
    }
    return settings.load(getattr(args, "config", None), overrides)


if __name__ == "__main__":
    sys.exit(main())
