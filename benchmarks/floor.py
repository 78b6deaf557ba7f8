"""Applications that only a benchmark serves: the fixed page, and ours with less in its cache.

None of it is reachable from the program: `benchmarks.serving` names these factories to the server.
"""

from __future__ import annotations

import datetime as dt
import os
import sqlite3
import threading
from functools import cache as remember
from pathlib import Path
from typing import Any

from flask import Flask, Response
from flask_caching.backends.simplecache import SimpleCache
from flask_compress import Compress

from webapp.app import create_app
from webapp.config import load_settings
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
        app.wsgi_app, static, ours.config["BUILD"], development=False
    )
    writer = Writer(folder / "write-floor.db")

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
    """Updates and commits one row, as durably as our own transactions do."""

    def __init__(self, path: Path) -> None:
        """Remember where; each thread opens the file for itself."""
        self._path = path
        self._local = threading.local()

    def write(self) -> None:
        """Update the row and commit."""
        connection = self._connection()
        connection.execute("BEGIN IMMEDIATE")
        connection.execute("UPDATE floor SET value = value + 1 WHERE id = 1")
        connection.execute("COMMIT")

    def _connection(self) -> sqlite3.Connection:
        if not hasattr(self._local, "connection"):
            connection = sqlite3.connect(self._path, timeout=30, isolation_level=None)
            connection.execute("PRAGMA journal_mode = WAL")
            connection.execute("PRAGMA synchronous = FULL")
            connection.execute("CREATE TABLE IF NOT EXISTS floor (id INTEGER PRIMARY KEY, value INTEGER)")
            connection.execute("INSERT OR IGNORE INTO floor VALUES (1, 0)")
            self._local.connection = connection
        opened: sqlite3.Connection = self._local.connection
        return opened
