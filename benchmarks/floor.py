"""Applications that only a benchmark serves: the fixed page, and ours with less in its cache.

None of it is reachable from the program: `benchmarks.serving` names these factories to the server.
"""

from __future__ import annotations

import datetime as dt
import os
import sqlite3
import threading
from contextlib import suppress
from functools import cache as remember
from pathlib import Path
from typing import Any

import psycopg
from flask import Flask, Response
from flask_caching.backends.simplecache import SimpleCache
from flask_compress import Compress

from webapp.app import create_app
from webapp.config import Settings, load_settings
from webapp.extensions import cache
from webapp.paths import resource_dir
from webapp.web import assets
from webapp.web.security import init_security

# Where the bytes of the fixed pages and the file of the write floor are.
FLOOR_DIR = "PLUGDECK_BENCH_FLOOR"
ROWS_KEY = "plugdeck:plugins.rows:"


class RowsOnly(SimpleCache):
    """A cache that keeps the rendered rows of lists and forgets everything else."""

    def set(self, key: str, value: Any, timeout: int | dt.timedelta | None = None) -> Any:
        """Keep a value when it is the rows of a list."""
        return super().set(key, value, timeout) if key.startswith(ROWS_KEY) else None


def create_cold_app() -> Flask:
    """Return our application with a cache that holds nothing."""
    app = create_app()
    cache.init_app(app, config={"CACHE_TYPE": "NullCache", "CACHE_NO_NULL_WARNING": True})
    return app


def create_rows_app() -> Flask:
    """Return our application with a cache that holds the rows of lists only."""
    app = create_app()
    cache.init_app(app, config={"CACHE_TYPE": "benchmarks.floor.RowsOnly"})
    return app


def create_floor_app() -> Flask:
    """Return the fixed page server: our headers and compression, no sign-in, bytes from memory, and one bare write."""
    settings = load_settings()
    ours = create_app(settings)
    folder = Path(os.environ[FLOOR_DIR])
    app = Flask("floor", static_folder=None)
    app.config.update({key: value for key, value in ours.config.items() if key.startswith("COMPRESS_")})
    Compress().init_app(app)
    init_security(app, settings)
    static = resource_dir("static")
    app.wsgi_app = assets.serve_static(  # type: ignore[method-assign]  # Flask's documented way to wrap
        app.wsgi_app, static, ours.config["BUILD"]
    )
    writer = Writer(settings, folder / "write-floor.db")

    @remember
    def read(name: str) -> bytes:
        return (folder / name).read_bytes()

    @app.get("/page/<name>")
    def page(name: str) -> Response:
        return Response(read(name), mimetype="text/html")

    @app.get("/unchanged")
    def unchanged() -> Response:
        return Response(status=304)

    @app.post("/write")
    def write() -> Response:
        writer.write()
        return Response(status=303, headers={"Location": "/page/list"})

    return app


class Writer:
    """Updates and commits one row, as durably as our own transactions do: with the driver, on the same server."""

    def __init__(self, settings: Settings, path: Path) -> None:
        """Remember where; each thread opens a connection of its own."""
        self._url = "" if settings.is_sqlite else settings.database_url.replace("+psycopg", "", 1)
        self._path = path
        self._local = threading.local()

    def write(self) -> None:
        """Update the row and commit."""
        connection = self._connection()
        connection.execute("BEGIN" if self._url else "BEGIN IMMEDIATE")
        connection.execute("UPDATE floor SET value = value + 1 WHERE id = 1")
        connection.execute("COMMIT")

    def _connection(self) -> Any:
        if not hasattr(self._local, "connection"):
            connection = self._open()
            with suppress(sqlite3.IntegrityError, psycopg.IntegrityError):
                connection.execute("CREATE TABLE IF NOT EXISTS floor (id INTEGER PRIMARY KEY, value INTEGER)")
                connection.execute("INSERT INTO floor VALUES (1, 0)")
            self._local.connection = connection
        return self._local.connection

    def _open(self) -> Any:
        if self._url:
            return psycopg.connect(self._url, autocommit=True)
        connection = sqlite3.connect(self._path, timeout=30, isolation_level=None)
        connection.execute("PRAGMA journal_mode = WAL")
        connection.execute("PRAGMA synchronous = FULL")
        return connection
