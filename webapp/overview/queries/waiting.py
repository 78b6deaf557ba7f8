"""Plugins that somebody has to look after: those that are not ready, then those that need attention."""

from __future__ import annotations

from dataclasses import dataclass, replace

from sqlalchemy import ColumnElement
from sqlalchemy.orm import Session

from webapp.core.locators import format_locator
from webapp.plugins.models.identity import LOCATOR_KIND
from webapp.plugins.models.meta import ATTENTION, NOT_READY
from webapp.plugins.queries.lists import PluginList
from webapp.plugins.queries.reading import select_page
from webapp.plugins.queries.sql import META

SHOWN = 6


@dataclass(frozen=True)
class WaitingPlugin:
    """A plugin that is not ready or needs attention."""

    locator: str
    name: str
    readiness: str


def list_waiting(session: Session, found: PluginList) -> tuple[WaitingPlugin, ...]:
    """Return the first plugins of a list that wait for somebody, those that were changed last first."""
    rows: list[WaitingPlugin] = []
    columns: list[ColumnElement[object]] = [META.c.id, META.c.name, META.c.readiness]
    for readiness in (NOT_READY, ATTENTION):
        reading = replace(found.reading, criteria=replace(found.criteria, readiness=readiness))
        statement = select_page(reading, columns, "updated", descending=True, limit=SHOWN)
        if statement is not None:
            rows.extend(
                WaitingPlugin(format_locator(LOCATOR_KIND, row[0]), row[1], row[2])
                for row in session.execute(statement)
            )
    return tuple(rows[:SHOWN])
