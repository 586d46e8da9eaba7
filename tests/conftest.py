"""A real PostgreSQL for the tests that ask for it: started once a session, and a fresh database for each test.

And the order of the files: they are handed out whole (``--dist loadfile``), so the longest go first.
"""

from __future__ import annotations

import ctypes
import itertools
import os
import pwd
import shutil
import signal
import subprocess
import tempfile
import time
from collections.abc import Iterator
from pathlib import Path

import psycopg
import pytest

from api.store.store import open_store
from kiosk.demo.stage import free_port

_PATIENCE_S = 60
_QUICK = {"fsync": "off", "full_page_writes": "off", "max_connections": "400", "shared_buffers": "64MB"}
_PR_SET_PDEATHSIG = 1

_LONG = ("tests/safety/", "tests/system/")  # a file there takes a minute, one elsewhere some seconds


def pytest_configure() -> None:
    """A run in the background of a script ignores Ctrl-C, and would hand that on to what tests interrupt."""
    if signal.getsignal(signal.SIGINT) is signal.SIG_IGN:
        signal.signal(signal.SIGINT, signal.default_int_handler)


def pytest_collection_modifyitems(items: list[pytest.Item]) -> None:
    """What takes long begins first, so that no worker is alone with it at the end."""
    items.sort(key=lambda item: not item.nodeid.startswith(_LONG))


class Cluster:
    """One PostgreSQL server on a free port of loopback, its data in a folder that goes with it."""

    def __init__(self, binaries: Path) -> None:
        self._binaries = binaries
        self._folder = Path(tempfile.mkdtemp(prefix="portillon-pg-", dir="/tmp"))
        # PostgreSQL refuses to run as root, and so does initdb.
        self._user = pwd.getpwnam(_unprivileged()) if os.geteuid() == 0 else None
        if self._user:
            os.chown(self._folder, self._user.pw_uid, self._user.pw_gid)
        self._names = (f"test_{number}" for number in itertools.count())
        self._process: subprocess.Popen[bytes] | None = None
        self._port = free_port()
        self._make()
        self.start()
        open_store(self._create("portillon", "template0")).close()

    def _identity(self) -> dict[str, int | list[int]]:
        return {"user": self._user.pw_uid, "group": self._user.pw_gid, "extra_groups": []} if self._user else {}

    def _make(self) -> None:
        command = [self._binaries / "initdb", "-D", self._folder / "data", "-U", "portillon", "--auth=trust"]
        made = subprocess.run(
            [*command, "--no-sync", "--encoding=UTF8", "--locale=C.UTF-8"],
            capture_output=True,
            text=True,
            cwd=self._folder,
            check=False,
            **self._identity(),
        )
        assert made.returncode == 0, made.stderr

    def start(self) -> None:
        """Start it (again) and wait until it answers. It dies with this process."""
        settings = {"port": self._port, "listen_addresses": "127.0.0.1", "unix_socket_directories": "", **_QUICK}
        command = [self._binaries / "postgres", "-D", self._folder / "data"]
        command += [word for name, value in settings.items() for word in ("-c", f"{name}={value}")]
        libc = ctypes.CDLL(None)
        with (self._folder / "log").open("ab") as log:
            self._process = subprocess.Popen(
                command,
                stdout=log,
                stderr=log,
                cwd=self._folder,
                # No thread of ours holds a lock that this one call could need.
                preexec_fn=lambda: libc.prctl(_PR_SET_PDEATHSIG, signal.SIGQUIT),  # noqa: PLW1509
                **self._identity(),
            )
        deadline = time.monotonic() + _PATIENCE_S
        while True:
            try:
                psycopg.connect(self.url("postgres"), connect_timeout=5).close()
            except psycopg.OperationalError:
                assert self._process.poll() is None, (self._folder / "log").read_text()
                assert time.monotonic() < deadline, (self._folder / "log").read_text()
                time.sleep(0.02)
            else:
                return

    def stop(self) -> None:
        """Stop it at once, every connection with it; what was committed stays."""
        self._process.send_signal(signal.SIGINT)  # fast shutdown
        self._process.wait(_PATIENCE_S)

    def remove(self) -> None:
        self._process.send_signal(signal.SIGQUIT)
        self._process.wait(_PATIENCE_S)
        shutil.rmtree(self._folder)

    def url(self, name: str) -> str:
        return f"postgresql://portillon:secret@127.0.0.1:{self._port}/{name}"

    def fresh(self) -> str:
        """A new database with the newest schema; its URL."""
        return self._create(next(self._names), "portillon")

    def empty(self, encoding: str = "UTF8") -> str:
        """A new database with nothing in it; its URL."""
        return self._create(next(self._names), "template0", f"ENCODING '{encoding}' LOCALE 'C'")

    def drop(self, url: str) -> None:
        self._run(f'DROP DATABASE "{url.rpartition("/")[2]}" WITH (FORCE)')

    def _create(self, name: str, template: str, more: str = "") -> str:
        # FILE_COPY takes a tenth of WAL_LOG's time.
        self._run(f'CREATE DATABASE "{name}" TEMPLATE "{template}" STRATEGY FILE_COPY {more}')
        return self.url(name)

    def _run(self, statement: str) -> None:
        with psycopg.connect(self.url("postgres"), autocommit=True) as connection:
            connection.execute(statement)


def _unprivileged() -> str:
    names = {entry.pw_name for entry in pwd.getpwall()}
    return "postgres" if "postgres" in names else "nobody"


def _binaries() -> Path:
    """Where PostgreSQL's programs are: the newest that Debian's packages laid down, or the PATH's."""
    found = sorted(Path("/usr/lib/postgresql").glob("*/bin/initdb"), key=lambda path: int(path.parts[-3]))
    initdb = found[-1] if found else shutil.which("initdb")
    if initdb is None:
        pytest.fail("PostgreSQL is missing: every promise must hold on it too; .ci/setup installs it", pytrace=False)
    return Path(initdb).resolve().parent


@pytest.fixture(scope="session")
def postgres() -> Iterator[Cluster]:
    """The session's PostgreSQL server."""
    cluster = Cluster(_binaries())
    yield cluster
    cluster.remove()


@pytest.fixture
def postgres_url(postgres: Cluster) -> Iterator[str]:
    """A database of this test's own, with the newest schema."""
    url = postgres.fresh()
    yield url
    postgres.drop(url)


@pytest.fixture(params=["sqlite", "postgresql"])
def database_url(request: pytest.FixtureRequest, tmp_path: Path) -> str:
    """A fresh database: the test runs twice, once on each engine. The SQLite file is made by whoever opens it."""
    if request.param == "postgresql":
        return request.getfixturevalue("postgres_url")
    return f"sqlite:///{tmp_path}/tickets.sqlite3"
