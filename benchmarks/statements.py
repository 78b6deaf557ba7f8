"""SQL statements of the first answer of a page: the only thing that `make bench` gates on.

Counted by `before_cursor_execute`; BEGIN, PRAGMA and the like do not count.
"""

from __future__ import annotations

import logging
import re
from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import dataclass
from typing import Any

from flask import Flask
from flask.testing import FlaskClient
from sqlalchemy import Engine, event

from benchmarks.load import LoadError
from benchmarks.seeding import PASSWORD, Installation
from benchmarks.site import LOCATOR, Words
from deploy.forms import form_with
from webapp.app import create_app
from webapp.config import load_settings
from webapp.extensions import cache, db
from webapp.web.logging import configure_logging

NOT_COUNTED = ("BEGIN", "SAVEPOINT", "RELEASE", "PRAGMA", "COMMIT", "ROLLBACK")
WARM_MAX = 2
COLD_MAX = 5
# Of an account with few records: the ones without a tag are counted at once and not a moment later.
COLD_SMALL_MAX = 6
MANY = 50


@dataclass(frozen=True)
class Count:
    """How many statements something took, and how many it may take."""

    what: str
    found: int
    limit: int

    @property
    def met(self) -> bool:
        """Tell whether the goal is met."""
        return self.found <= self.limit


def count_statements(installation: Installation, words: Words, *, small: bool) -> list[Count]:
    """Return the counts of a warm list, a cold list, and saves of a plugin with 1 and with 50 search terms.

    Args:
        installation: to count in.
        words: who signs in.
        small: whether all counts of the account come with its page.
    """
    configure_logging(logging.WARNING)
    app = create_app(load_settings(installation.environ))
    client = app.test_client()
    _sign_in(client, words)
    found = LOCATOR.search(client.get("/plugins/?scope=mine").text)
    if found is None:
        raise LoadError("The person has no plugins.")
    with _counting(app) as seen:
        client.get("/plugins/")  # The first request does what a process does once.
        warm = _during(seen, client, "/plugins/")
        with app.app_context():
            cache.clear()
        cold = _during(seen, client, "/plugins/")
        one, many = (_save(client, seen, found[1], rows) for rows in (1, MANY))
    return [
        Count("list, warm", warm, WARM_MAX),
        Count("list, cold", cold, COLD_SMALL_MAX if small else COLD_MAX),
        Count(f"save with {MANY} rows, as many as with 1", many, one),
    ]


def _sign_in(client: FlaskClient, words: Words) -> None:
    form = dict(form_with(client.get("/login").text, "password"))
    answer = client.post("/login", data={**form, "username": words.username, "password": PASSWORD})
    if answer.status_code != 303:
        raise LoadError(f"Signing in answered {answer.status_code}.")


def _during(seen: list[str], client: FlaskClient, path: str) -> int:
    before = len(seen)
    if (answer := client.get(path)).status_code != 200:
        raise LoadError(f"{path} answered {answer.status_code}.")
    return len(seen) - before


def _save(client: FlaskClient, seen: list[str], locator: str, rows: int) -> int:
    path = f"/plugins/{locator}/edit"
    count = 0
    # The second of two saves of the same kind: it takes as many rows away as it adds.
    for turn in "ab":
        fields = dict(form_with(client.get(path).text, "plugin_class"))
        terms = "\n".join(f"term {turn}{number}" for number in range(rows))
        before = len(seen)
        answer = client.post(path, data={**fields, "directive": "search_terms", "search_terms": terms})
        if answer.status_code != 303:
            raise LoadError(f"A save answered {answer.status_code}.")
        count = len(seen) - before
    return count


@contextmanager
def _counting(app: Flask) -> Iterator[list[str]]:
    seen: list[str] = []

    def note(_connection: Any, _cursor: Any, statement: str, *_rest: Any) -> None:
        if not re.match(rf"\s*(?:{'|'.join(NOT_COUNTED)})\b", statement, re.IGNORECASE):
            seen.append(statement)

    with app.app_context():
        engine: Engine = db.engine
    event.listen(engine, "before_cursor_execute", note)
    try:
        yield seen
    finally:
        event.remove(engine, "before_cursor_execute", note)
