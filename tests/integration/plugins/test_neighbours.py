"""An account at its limits costs its neighbour nothing: the database does as much for the neighbour's pages (R06)."""

from __future__ import annotations

from collections.abc import Iterator
from contextlib import contextmanager
from typing import Any

import pytest
from flask import Flask
from sqlalchemy import event
from sqlalchemy.engine import Engine
from sqlalchemy.orm import Session

from tests import factories
from tests.pages import PageClient, sign_in
from webapp.extensions import cache
from webapp.plugins import seeding

pytestmark = pytest.mark.sqlite_only

STEP = 50
"""How many instructions of SQLite's machine are counted as one; a row that is looked at takes some ten."""
NEIGHBOURS = 4_000
AT_MOST = 2
PAGES = (
    "/plugins/",
    "/plugins/?sort=name",
    "/plugins/?sort=-version",
    "/plugins/?q=candy",
    "/plugins/?q=xyzzy",
    "/plugins/?tag=sweets",
    "/plugins/?class=static&ready=ready",
    "/plugins/?untagged=yes",
    "/plugins/tags.json?q=s",
    "/plugins/bin",
    "/tags/",
    "/overview/",
    "/activity/",
    "/connections/",
    "/palette?q=candy",
)


class Work:
    """How much SQLite has done."""

    steps = 0

    def count(self) -> int:
        self.steps += 1
        return 0


@contextmanager
def measured() -> Iterator[Work]:
    """Count what SQLite does meanwhile."""
    work = Work()

    def watch(_c: Any, cursor: Any, *_: Any) -> None:
        cursor.connection.set_progress_handler(work.count, STEP)

    event.listen(Engine, "before_cursor_execute", watch)
    try:
        yield work
    finally:
        event.remove(Engine, "before_cursor_execute", watch)


def work_of(app: Flask, client: PageClient, path: str) -> int:
    """Return what a page costs when nothing of it is cached."""
    with app.app_context():
        cache.clear()
    with measured() as work:
        assert client.get(path).status_code == 200, path
    return work.steps


@pytest.mark.soak
def test_a_large_account_makes_no_page_of_another_one_dearer(
    app: Flask, client: PageClient, session: Session, monkeypatch: pytest.MonkeyPatch
) -> None:
    # What the platform has is in everybody's reach.
    monkeypatch.setattr(seeding, "PLATFORM_SHARE", 0)
    seeding.seed(20, accounts=1)
    ann = factories.person()
    saved = [
        factories.plugin(
            ann, factories.plugin_values(f"candy_{number:02}", tags=("sweets", f"t{number % 5}"))
        )
        for number in range(60)
    ]
    sign_in(client, ann)
    pages = (*PAGES, f"/plugins/{saved[0].locator}/")
    with app.app_context():
        # What a first reading only does once (the schema, the templates) is no part of it.
        before = {path: max(work_of(app, client, path), work_of(app, client, path)) for path in pages}
        seeding.seed(NEIGHBOURS, accounts=1)
    after = {path: work_of(app, client, path) for path in pages}
    dearer = {
        path: (before[path], after[path]) for path in before if after[path] > AT_MOST * before[path] + 2
    }
    assert not dearer
