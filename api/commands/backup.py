"""``portillon-api backup`` and ``restore``: the whole database in one verified file, and back."""

from __future__ import annotations

from argparse import Namespace

from api.commands.console import CommandError, Shell
from api.operations.contents import CopyError
from api.operations.copies import Copy, backup, restore
from api.settings import Settings
from api.store.urls import mask_password


def save(args: Namespace, settings: Settings, shell: Shell) -> None:
    """``backup FILE|FOLDER``: while gates go on."""
    try:
        made = backup(settings.database, args.target, args.keep)
    except CopyError as error:
        raise CommandError(str(error)) from error
    _tell(
        made,
        shell,
        f"{made.place} holds all of {mask_password(settings.database)} as of its beginning, and was read again.",
    )
    if settings.tls.self_made:
        shell.note("Note: the server's own key is not in it; copy its .tls folder too, or every gate is paired anew.")


def load(args: Namespace, settings: Settings, shell: Shell) -> None:
    """``restore FILE``: only where no database is."""
    try:
        made = restore(args.file, settings.database)
    except CopyError as error:
        raise CommandError(str(error)) from error
    _tell(made, shell, f"{made.place} was made from {args.file}; tickets scanned after that backup are good again.")


def _tell(made: Copy, shell: Shell, sentence: str) -> None:
    if shell.as_json:
        removed = [str(file) for file in made.removed]
        shell.result({"file": made.place, "schema": made.schema, "rows": made.rows, "removed": removed})
        return
    shell.table(["table", "rows"], [[table, f"{rows:,}"] for table, rows in made.rows.items() if rows])
    shell.say(sentence)
    for file in made.removed:
        shell.say(f"Removed the older {file}")
