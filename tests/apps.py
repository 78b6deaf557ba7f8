"""Applications that serve one test after the other: making one costs more than most tests do.

What a test leaves behind is taken away: connections, cached data, files of the instance, settings that it changed. Routes
cannot be added to an application that has answered; a test that changes how one is made asks for `make_app`.
"""

from __future__ import annotations

import shutil
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from pathlib import Path

from flask import Flask
from jinja2 import FileSystemBytecodeCache

from tests.pages import PageClient
from webapp.app import create_app
from webapp.config import Settings
from webapp.extensions import cache, db

Prepare = Callable[[Flask], Flask]


def unprepared(app: Flask) -> Flask:
    """Return the application as it is."""
    return app


class Apps:
    """Keeps one application for each database and each way to prepare it."""

    def __init__(self, templates: Path) -> None:
        """Compile each template once, not once per application."""
        self._templates = FileSystemBytecodeCache(str(templates))
        self._kept: dict[tuple[str, Prepare], Flask] = {}

    def make(self, settings: Settings, **changes: object) -> Flask:
        """Return a new application for tests."""
        app = create_app(settings, **changes)
        app.test_client_class = PageClient
        app.jinja_env.bytecode_cache = self._templates
        return app

    @contextmanager
    def borrow(self, settings: Settings, prepare: Prepare = unprepared) -> Iterator[Flask]:
        """Lend the application of a database, as new."""
        key = (settings.database_url, prepare)
        app = self._kept.get(key) or prepare(self.make(settings))
        self._kept[key] = app
        held = dict(app.config), dict(app.extensions)
        try:
            yield app
        finally:
            with app.app_context():
                cache.clear()
            put_down(app)
            app.config.clear()
            app.config.update(held[0])
            app.extensions.clear()
            app.extensions.update(held[1])
            shutil.rmtree(app.instance_path, ignore_errors=True)
            Path(app.instance_path).mkdir(parents=True)


def put_down(app: Flask) -> None:
    """Let an application hold nothing of its database any more."""
    with app.app_context():
        db.session.remove()
        db.engine.dispose()
