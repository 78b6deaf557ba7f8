"""SQLite answers every question of the overview along an index; it never reads a table from end to end."""

from __future__ import annotations

import datetime as dt

import pytest
from sqlalchemy import text
from sqlalchemy.orm import Session

from tests import factories
from tests.databases import count_statements
from tests.factories import viewer_of
from webapp.core.clock import utcnow
from webapp.overview.periods import make_period
from webapp.overview.queries.uses import find_last_use, rank_uses
from webapp.overview.queries.writes import count_writes
from webapp.plugins import service
from webapp.plugins.queries.criteria import branches_of
from webapp.plugins.usage_values import Use

pytestmark = pytest.mark.sqlite_only


def plans(session: Session, statements: list[str]) -> list[str]:
    connection = session.connection()
    found = []
    for statement in statements:
        marks = statement.count("?")
        rows = connection.exec_driver_sql(f"EXPLAIN QUERY PLAN {statement}", (None,) * marks)
        found.append("\n".join(row[3] for row in rows))
    return found


@pytest.mark.parametrize("scope", ["account", "mine"])
def test_history_and_uses_are_read_along_their_indexes(session: Session, scope: str) -> None:
    ann = factories.person()
    viewer = viewer_of(ann)
    service.record_use(viewer, factories.plugin(ann).id, Use())
    session.rollback()
    session.execute(text("SELECT 1"))
    period = make_period(365, dt.UTC, utcnow())
    with count_statements() as statements:
        count_writes(session, viewer.account_id, period.spans, viewer.user_id if scope == "mine" else None)
        find_last_use(session, viewer)
        rank_uses(session, viewer, branches_of(viewer, scope), period.since)
    singles, acts, last, ranked, unused = plans(session, list(statements))
    assert "INDEX ix_revisions_alone_" in singles and "SCAN revisions" not in singles
    assert "at>? AND at<?" in singles
    assert "INDEX ix_history_units_account_at" in acts and "at>? AND at<?" in acts
    assert "COVERING INDEX ix_chat_plugin_usages_account" in last and "TEMP B-TREE" not in last
    assert "COVERING INDEX ix_chat_plugin_usages_account" in ranked
    for plan in (ranked, unused):
        assert "SCAN plugin_meta" not in plan and "SCAN chat_plugin_usages" not in plan
    assert "TEMP B-TREE FOR ORDER BY" not in unused.splitlines()[-1]
