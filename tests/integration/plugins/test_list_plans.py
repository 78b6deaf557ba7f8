"""SQLite walks the index that is meant, in order; the numbers of records of these accounts are only written down."""

from __future__ import annotations

import datetime as dt
from typing import Any

import pytest
from sqlalchemy import Select, update
from sqlalchemy.dialects import sqlite
from sqlalchemy.orm import Session

from tests import factories
from tests.factories import Person, viewer_of
from webapp.db.session import touch_account, transaction
from webapp.plugins.models import PluginTally, Tag
from webapp.plugins.queries.criteria import Criteria
from webapp.plugins.queries.lists import prepare
from webapp.plugins.queries.reading import SORTS, select_page
from webapp.plugins.queries.sql import META

pytestmark = pytest.mark.sqlite_only

SORTED = "USE TEMP B-TREE"


@pytest.fixture
def ann(session: Session) -> Person:
    """Return somebody whose account looks as if it held a hundred thousand records."""
    person = factories.person("ann")
    factories.plugin(person, factories.plugin_values(tags=("common", "rare")))
    with transaction():
        table: Any = PluginTally.__table__
        session.execute(update(table).values(records=90_000))
        session.execute(
            table.insert().values(
                account_id=person.account.id,
                user_profile_id=person.profile_id,
                plugin_class="api",
                readiness="not_ready",
                records=9,
            )
        )
        session.execute(update(Tag).where(Tag.key == "common").values(uses=40_000))
        session.execute(update(Tag).where(Tag.key == "rare").values(uses=12))
        touch_account(session, person.account.id)
    return person


def plan(session: Session, person: Person, criteria: Criteria, sort: str, beyond: bool = False) -> str:
    """Return SQLite's plan of the statement for a page."""
    found = prepare(session, viewer_of(person), criteria)
    moment = dt.datetime(2026, 1, 1, tzinfo=dt.UTC)
    known: dict[str, Any] = {
        "updated_at": moment,
        "created_at": moment,
        "plugin_class": "static",
        "owner_key": "ann",
    }
    values = [*(known.get(name, "m") for name in SORTS[sort]), 5]
    statement = select_page(
        found.reading,
        [META.c.id, META.c.description],
        sort,
        descending=True,
        beyond=values if beyond else (),
        limit=51,
    )
    assert statement is not None
    return explain(session, statement)


def explain(session: Session, statement: Select[Any]) -> str:
    """Return the steps of a statement, one a line."""
    compiled = statement.compile(dialect=sqlite.dialect(), compile_kwargs={"render_postcompile": True})
    values = compiled.construct_params()
    types = compiled.bind_names
    by_name = {
        name: bind.type.dialect_impl(sqlite.dialect()).bind_processor(sqlite.dialect())
        for bind, name in types.items()
    }
    ordered = tuple(
        by_name[name](values[name]) if by_name.get(name) else values[name]
        for name in compiled.positiontup or ()
    )
    rows = session.connection().exec_driver_sql(f"EXPLAIN QUERY PLAN {compiled}", ordered).all()
    return "\n".join(str(row[3]) for row in rows)


INDEXES = {
    "name": "ix_plugin_meta_name",
    "class": "ix_plugin_meta_class",
    "version": "ix_plugin_meta_version",
    "owner": "ix_plugin_meta_owner",
    "updated": "ix_plugin_meta_updated",
    "created": "ix_plugin_meta_created",
}


@pytest.mark.parametrize("beyond", [False, True])
@pytest.mark.parametrize("sort", SORTS)
def test_the_basic_list_walks_the_index_of_its_sort_and_sorts_nothing(
    session: Session, ann: Person, sort: str, beyond: bool
) -> None:
    steps = plan(session, ann, Criteria(), sort, beyond)
    assert SORTED not in steps, steps
    assert "SCAN plugin_meta" not in steps, steps
    # A unique index over account and name has the order of names as well.
    assert INDEXES[sort] in steps or (sort == "name" and "uq_plugin_meta_account_name" in steps), steps
    if beyond:
        assert "<?)" in steps or "<(?,?))" in steps, f"no seek: {steps}"
        # Rows that tie with the place are sought by their id, however many there are.
        assert sort in ("name", "class", "owner") or "=? AND id<?)" in steps, steps


@pytest.mark.parametrize(
    ("criteria", "sort", "index"),
    [
        (Criteria(scope="mine"), "updated", "mine_updated"),
        (Criteria(scope="mine"), "name", "mine_name"),
        (Criteria(scope="mine"), "owner", "mine_name"),
        (Criteria(readiness="ready"), "updated", "readiness"),
        (Criteria(plugin_class="static"), "name", "class"),
        (Criteria(plugin_class="static"), "class", "class"),
        (Criteria(plugin_class="static"), "updated", "updated"),
        (Criteria(plugin_class="static", readiness="ready"), "version", "version"),
        (Criteria(tags=("common",)), "updated", "updated"),
        (Criteria(tags=("common",), plugin_class="static"), "name", "class"),
    ],
)
def test_a_frequent_filter_is_checked_on_the_way_along_the_sort(
    session: Session, ann: Person, criteria: Criteria, sort: str, index: str
) -> None:
    steps = plan(session, ann, criteria, sort, beyond=True)
    assert f"ix_plugin_meta_{index} " in steps, steps
    assert SORTED not in steps, steps


@pytest.mark.parametrize(
    ("criteria", "index"),
    [
        (Criteria(tags=("rare",)), "INTEGER PRIMARY KEY"),
        (Criteria(tags=("common", "rare")), "INTEGER PRIMARY KEY"),
        (Criteria(readiness="not_ready"), "ix_plugin_meta_readiness"),
        (Criteria(plugin_class="api"), "ix_plugin_meta_class"),
    ],
)
def test_a_rare_filter_is_collected_and_sorted(
    session: Session, ann: Person, criteria: Criteria, index: str
) -> None:
    steps = plan(session, ann, criteria, "version")
    assert index in steps.splitlines()[0], steps
    assert SORTED in steps, steps


def test_two_accounts_are_merged_from_two_walks(session: Session, ann: Person) -> None:
    odette = factories.person("odette", of=factories.platform())
    factories.plugin(odette)
    steps = plan(session, ann, Criteria(scope="all"), "updated", beyond=True)
    assert steps.count("ix_plugin_meta_updated (account_id=? AND updated_at<?)") == 2, steps
    assert "MERGE (UNION ALL)" in steps
    assert SORTED not in steps, steps


def test_a_superuser_walks_everything_in_order(session: Session) -> None:
    root = factories.person("root", role="superuser")
    factories.plugin(root)
    for sort in ("updated", "name"):
        steps = plan(session, root, Criteria(scope="all"), sort, beyond=True)
        assert f"ix_plugin_meta_all_{sort}" in steps, steps
        assert SORTED not in steps, steps


def test_a_rare_word_is_found_by_the_trigram_index(session: Session, ann: Person) -> None:
    steps = (
        plan(session, ann, Criteria(q="gobstopper"), "updated") if _finds(session, ann, "gobstopper") else ""
    )
    assert steps == "", "no such word, so nothing is asked"
    steps = plan(session, ann, Criteria(q="sweets"), "updated")
    assert "plugin_search_fts VIRTUAL TABLE INDEX" in steps, steps
    assert "INTEGER PRIMARY KEY" in steps.splitlines()[0], steps


def _finds(session: Session, person: Person, q: str) -> bool:
    return bool(prepare(session, viewer_of(person), Criteria(q=q)).reading.possible())
