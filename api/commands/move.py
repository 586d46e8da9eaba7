"""``portillon-api move``: from an SQLite file to PostgreSQL, when one server is not enough any more."""

from __future__ import annotations

from argparse import Namespace

from api.commands.console import CommandError, Shell
from api.settings import Settings
from api.store.moving import MoveError, move
from api.store.urls import mask_password


def run(args: Namespace, settings: Settings, shell: Shell) -> None:
    """``move --to URL``: copy everything, compare, say what to do next. The SQLite file stays as it is."""
    try:
        moved = move(settings.database, args.to, shell.progress)
    except MoveError as error:
        raise CommandError(str(error)) from error
    if shell.as_json:
        tables = {each.table: {"rows": each.rows, "sha256": each.sha256} for each in moved}
        shell.result({"to": mask_password(args.to), "tables": tables})
        return
    shell.table(["table", "rows"], [[each.table, f"{each.rows:,}"] for each in moved if each.rows])
    shell.say(f"All {sum(each.rows for each in moved):,} rows are in {mask_password(args.to)}, compared one by one.")
    shell.say('Next: write that URL as `database = "…"` into /etc/portillon/api.toml, and start the server.')
    shell.say("Gates go on as they are. Never serve the old file again: its tickets would be good a second time.")
