"""Every address of the console with its methods, and a picture of the whole database to see whether anything was done."""

from __future__ import annotations

from dataclasses import dataclass

from flask import Flask
from sqlalchemy import select
from sqlalchemy.orm import Session

from webapp.extensions import db

# What a refused request may leave behind: that somebody tried, and when they were here.
MAY_CHANGE = frozenset({"rate_limits"})
STATIC_ARGUMENTS = {"kind": "Plugin", "concept": "plugin", "act": "tag"}


@dataclass(frozen=True)
class Place:
    """One address with one of its methods."""

    path: str
    method: str
    endpoint: str


def places(app: Flask, locator: str) -> list[Place]:
    """Return every address; whatever it takes is the locator."""
    found = []
    with app.test_request_context():
        for rule in app.url_map.iter_rules():
            arguments = {name: STATIC_ARGUMENTS.get(name, locator) for name in rule.arguments}
            found += [
                Place(app.url_for(rule.endpoint, **arguments), method, rule.endpoint)
                for method in sorted((rule.methods or set()) - {"HEAD", "OPTIONS"})
            ]
    return found


def picture(session: Session) -> dict[str, list[str]]:
    """Return every row of every table, to be compared with a later one."""
    session.rollback()
    found = {}
    for table in db.metadata.sorted_tables:
        if table.name not in MAY_CHANGE:
            columns = [column for column in table.columns if column.name != "last_seen_at"]
            found[table.name] = sorted(repr(tuple(row)) for row in session.execute(select(*columns)))
    session.rollback()
    return found
