"""``portillon-api move``: from an SQLite file to PostgreSQL, when one server is not enough any more."""

from __future__ import annotations

from argparse import Namespace
from pathlib import Path

from api.commands.console import CommandError, Shell
from api.settings import Settings
from api.store.moving import MoveError, move
from api.store.urls import mask_password
from api.tls import identity
from api.tls.self_made import KEY_FILE


def run(args: Namespace, settings: Settings, shell: Shell) -> None:
    """``move --to URL``: copy everything, compare, say what to do next. The SQLite file stays as it is."""
    try:
        moved = move(settings.database, args.to, shell.progress)
    except MoveError as error:
        raise CommandError(str(error)) from error
    except KeyboardInterrupt as error:
        raise CommandError(
            "interrupted",
            "the SQLite file is as it was; the other database has all of it or nothing",
            "move again: it says so where all of it is there",
        ) from error
    kept = _key_beside(settings)
    if shell.as_json:
        tables = {each.table: {"rows": each.rows, "sha256": each.sha256} for each in moved}
        shell.result({"to": mask_password(args.to), "tables": tables} | ({"tls_folder": str(kept)} if kept else {}))
        return
    shell.table(["table", "rows"], [[each.table, f"{each.rows:,}"] for each in moved if each.rows])
    shell.say(f"All {sum(each.rows for each in moved):,} rows are in {mask_password(args.to)}, compared one by one.")
    shell.say('Next: write that URL as `database = "…"` into /etc/portillon/api.toml, and start the server.')
    if kept is not None:
        shell.say(f'Gates know the server by the key in {kept}: write `folder = "{kept}"` too, under [tls].')
        shell.say("With another folder, and so another key, every gate would have to be paired anew.")
    shell.say("Gates go on as they are. Never serve the old file again: its tickets would be good a second time.")


def _key_beside(settings: Settings) -> Path | None:
    """The folder beside the SQLite file with the key that gates trust; on PostgreSQL nothing leads there by itself."""
    if settings.tls.folder is not None or settings.tls.certificate is not None:
        return None
    folder = identity.folder_of(settings).absolute()
    return folder if (folder / KEY_FILE).exists() else None
