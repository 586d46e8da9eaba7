"""Copies of a PostgreSQL database by its own programs, pg_dump and pg_restore, and back. What they wrote is read again.

The copy is of one moment: pg_dump is given the snapshot in which the rows were counted, and each row that it wrote is
counted too. Passwords go by the environment: a command line is everybody's to read.
"""

from __future__ import annotations

import os
import re
import shutil
import subprocess
from collections.abc import Sequence
from contextlib import closing
from pathlib import Path
from typing import Any, cast

import psycopg
from psycopg import sql
from psycopg.conninfo import conninfo_to_dict, make_conninfo

from api.operations.contents import TABLES, VERSION_TABLE, Contents, CopyError, refuse_difference
from api.store.urls import mask_password, without_password

DEBIAN = Path("/usr/lib/postgresql")  # VERSION/bin, of which Debian's own pg_dump chooses by cluster, not by server
_TABLES = (VERSION_TABLE, *TABLES)
_PLAIN = ("--no-owner", "--no-privileges")  # it may be restored for another user
_COPY = re.compile(rb"COPY (?:\w+\.)?(\w+) \(.*\) FROM stdin;\n")


def dump(url: str, draft: Path) -> Contents:
    """The database as it is at this moment, into the empty file ``draft``. Raises CopyError, OSError."""
    try:
        with closing(psycopg.connect(url, connect_timeout=10)) as opened:
            opened.isolation_level = psycopg.IsolationLevel.REPEATABLE_READ
            opened.read_only = True
            dumper = program("pg_dump", opened.info.server_version // 10000)
            opened.execute("SET LOCAL idle_in_transaction_session_timeout = 0")
            seen = _looked_at(opened, mask_password(url)).check(mask_password(url))
            (snapshot,) = _row(opened, "SELECT pg_export_snapshot()")
            tables = [f"--table={name}" for name in (VERSION_TABLE, *seen.rows)]
            words = ["--format=custom", "--lock-wait-timeout=10000", f"--snapshot={snapshot}", f"--file={draft}"]
            _run([dumper, *words, *_PLAIN, *tables], url)
    except psycopg.Error as error:
        raise CopyError(_unusable(url, error)) from error
    refuse_difference(read(draft), seen, mask_password(url))
    return seen


def load(file: Path, url: str) -> Contents:
    """Fill the empty database from a copy that was read to its end first, all or nothing. Raises CopyError, OSError."""
    kept = read(file).check(file)
    try:
        with closing(psycopg.connect(url, connect_timeout=10)) as opened:
            _refuse_what_is_there(opened, url)
        _run([program("pg_restore"), "--single-transaction", "--exit-on-error", *_PLAIN, str(file)], url, "--dbname=")
        with closing(psycopg.connect(url, connect_timeout=10)) as opened:
            filled = _looked_at(opened, mask_password(url))
    except psycopg.Error as error:
        raise CopyError(_unusable(url, error)) from error
    if filled != kept:
        raise CopyError(f"{mask_password(url)} was filled and differs from {file}: don't use it; drop it, try anew")
    return kept


def read(file: Path) -> Contents:
    """Read a copy to its end as pg_restore would write it: each row counted. Raises CopyError, OSError."""
    words = [program("pg_restore"), "--data-only", "--file=-", str(file)]
    rows: dict[str, int] = {}
    version, table = b"", None
    with subprocess.Popen(words, stdout=subprocess.PIPE, stderr=subprocess.PIPE, env=_environment({})) as process:
        for line in cast("Any", process.stdout):
            if table is None:
                if begun := _COPY.fullmatch(line):
                    table = begun[1].decode()
                    rows[table] = 0
            elif line == b"\\.\n":
                table = None
            else:
                rows[table] += 1
                version = line if table == VERSION_TABLE else version
        said = cast("Any", process.stderr).read()
    if process.returncode or table is not None:
        raise CopyError(f"{file} is no backup that can be used ({_last_line(said)}): nothing was restored")
    if rows.pop(VERSION_TABLE, 0) != 1 or not version.strip().isdigit():
        raise CopyError(f"{file} is no backup of Portillon's: nothing was restored")
    return Contents(int(version), {name: rows[name] for name in TABLES if name in rows})


def _looked_at(opened: psycopg.Connection[Any], name: str) -> Contents:
    """What is in the database, in this transaction. Raises CopyError when it is not ours."""
    there = [table for table in _TABLES if _row(opened, "SELECT to_regclass(%s)", table) != (None,)]
    version = opened.execute("SELECT version FROM schema_version").fetchone() if VERSION_TABLE in there else None
    if version is None:
        raise CopyError(f"{name} is no database of Portillon: nothing was written")
    counts = {
        table: int(_row(opened, sql.SQL("SELECT COUNT(*) FROM {}").format(sql.Identifier(table)))[0])
        for table in there
        if table != VERSION_TABLE
    }
    return Contents(int(version[0]), counts)


def _refuse_what_is_there(opened: psycopg.Connection[Any], url: str) -> None:
    """Raises CopyError unless the database is empty, and takes every letter."""
    query = """SELECT tablename FROM pg_tables WHERE schemaname NOT IN ('pg_catalog', 'information_schema') LIMIT 1"""
    if found := opened.execute(query).fetchone():
        raise CopyError(
            f"{mask_password(url)} is not empty (table {found[0]}): nothing was restored, for it may hold scans that "
            "the backup has not; restore into a new one: CREATE DATABASE … OWNER … ENCODING 'UTF8'"
        )
    encoding = opened.info.parameter_status("server_encoding")
    if encoding != "UTF8":
        raise CopyError(f"{mask_password(url)} has the encoding {encoding}: nothing was restored; names need UTF8")


def program(name: str, server: int = 0) -> str:
    """The newest program of this name here. Raises CopyError for none, or one older than the server (its major)."""
    folders = sorted(DEBIAN.glob("*/bin"), key=lambda folder: int(folder.parts[-2]), reverse=True)
    found = shutil.which(name, path=os.pathsep.join([*map(str, folders), os.environ.get("PATH", os.defpath)]))
    if found is None:
        raise CopyError(
            f"{name} is missing, by which PostgreSQL is copied: nothing was done; install it: apt install "
            f"postgresql-client{f'-{server}' if server else ''}"
        )
    told = subprocess.run([found, "--version"], capture_output=True, text=True, check=False).stdout
    version = re.search(r"(\d+)", told)
    if server and version and int(version[1]) < server:
        raise CopyError(
            f"{name} is of PostgreSQL {version[1]}, the server of {server}: nothing was done, for an older one can't "
            f"read it; install the server's own: apt install postgresql-client-{server}"
        )
    return found


def _run(words: Sequence[str], url: str, place: str = "--dbname=") -> None:
    """Run a program on the database at this URL; what it complains of is told without the password."""
    told = conninfo_to_dict(url)
    password = told.pop("password", None)
    words = [*words, place + make_conninfo("", **cast("Any", told))]
    environment = _environment({"PGPASSWORD": str(password)} if password else {})
    done = subprocess.run(words, capture_output=True, env=environment, check=False)
    if done.returncode:
        why = without_password(_last_line(done.stderr), url)
        raise CopyError(f"{Path(words[0]).name} failed on {mask_password(url)} ({why}): nothing was changed")


def _environment(more: dict[str, str]) -> dict[str, str]:
    """Ours, with messages in English: they are read by those who are told of them in English."""
    return {**os.environ, "LC_ALL": "C.UTF-8", **more}


def _row(opened: psycopg.Connection[Any], query: Any, *values: object) -> tuple[Any, ...]:
    """The one row of a query that always has one."""
    return cast("tuple[Any, ...]", opened.execute(query, values).fetchone())


def _last_line(said: bytes) -> str:
    """The end of what a program complained of, short enough for a sentence."""
    lines = [line for line in said.decode(errors="replace").splitlines() if line.strip()]
    errors = [line for line in lines if "error:" in line] or lines or ["it was cut off"]
    return errors[0][:300]


def _unusable(url: str, error: psycopg.Error) -> str:
    why = without_password(str(error), url)
    return f"{mask_password(url)} can't be used ({why}): nothing was changed; see that PostgreSQL runs, and the URL"
