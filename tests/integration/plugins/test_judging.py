"""What is stored about readiness follows the rules of lint: with every write, and by a job when a rule changes."""

from __future__ import annotations

from pathlib import Path

import flask_migrate
import pytest
from flask import Flask
from sqlalchemy import select
from sqlalchemy.orm import Session

from tests import factories
from tests.databases import Databases, count_statements
from tests.factories import plugin_values, settings_for, sql_values
from tests.integration.plugins.recount import check_counts
from webapp.app import create_app
from webapp.connections.values import SqlConnectionValues
from webapp.db.session import current_session, transaction
from webapp.extensions import db
from webapp.jobs.models import Job
from webapp.jobs.running import run_next
from webapp.jobs.service import enqueue
from webapp.plugins import service, upkeep
from webapp.plugins.models import PluginMeta, bookkeeping
from webapp.plugins.service import Saved
from webapp.plugins.values import SelectorValues

BEFORE = "0012"
"""The migration before the one that asks for the job."""
SQL_CONNECTION = SqlConnectionValues(
    "warehouse", db_engine="django.db.backends.postgresql", hostname="db.example", database="sweets"
)
COMMON = SelectorValues("search_terms", ("what",))


def stored(session: Session, saved: Saved) -> str:
    session.rollback()
    return session.scalars(select(PluginMeta.readiness).where(PluginMeta.id == saved.id)).one()


def misjudge(saved: Saved, state: str) -> None:
    """Store another state, with its counts, as rules of long ago would have."""
    with transaction() as session:
        plugin = session.get_one(PluginMeta, saved.id)
        before = bookkeeping.tally_key(session, saved.id)
        plugin.readiness = state
        session.flush()
        bookkeeping.shift_tally(session, before, bookkeeping.tally_key(session, saved.id))


def judge_all(app: Flask) -> Job:
    enqueue(upkeep.JUDGE_KIND, None, title="Judging")
    assert run_next(app.extensions["job_kinds"])
    job = current_session().scalars(select(Job).order_by(Job.id.desc())).first()
    assert job is not None
    return job


def test_every_write_judges_by_the_rules(session: Session) -> None:
    ann = factories.person()
    saved = factories.plugin(ann, selector=COMMON)
    assert stored(session, saved) == "attention"
    better = plugin_values("better")
    saved = service.update_plugin(factories.viewer_of(ann), saved.id, saved.revision, better)
    assert stored(session, saved) == "ready"


def test_a_job_judges_what_was_stored_before_a_rule(
    app: Flask, session: Session, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(upkeep, "JUDGED_AT_ONCE", 2)
    ann, eve = factories.person(), factories.person()
    factories.sql_connection(ann)
    common = factories.plugin(ann, selector=COMMON)
    good = [factories.plugin(eve), factories.plugin(ann, sql_values())]
    binned = factories.plugin(ann, selector=COMMON)
    service.delete_plugin(factories.viewer_of(ann), binned.id, binned.revision)
    misjudge(common, "ready")
    misjudge(good[0], "attention")
    generations = [factories.viewer_of(person).account_generation for person in (ann, eve)]
    job = judge_all(app)
    assert (job.state, job.result) == ("done", {"changed": 2})
    assert stored(session, common) == "attention"
    assert [stored(session, saved) for saved in good] == ["ready", "ready"]
    assert [factories.viewer_of(person).account_generation for person in (ann, eve)] == [
        number + 1 for number in generations
    ]
    check_counts(session)


def test_a_job_that_finds_nothing_wrong_writes_no_plugin(app: Flask, session: Session) -> None:
    ann = factories.person()
    factories.sql_connection(ann)
    for _ in range(3):
        factories.plugin(ann, sql_values())
    generation = factories.viewer_of(ann).account_generation
    with count_statements() as statements:
        job = judge_all(app)
    assert job.result == {"changed": 0}
    assert not statements.matching("UPDATE plugin")
    assert factories.viewer_of(ann).account_generation == generation


def test_who_renews_a_connection_has_its_plugins_judged_in_one_order_of_counts(session: Session) -> None:
    ann = factories.person()
    plugins = [factories.plugin(ann, sql_values()) for _ in range(3)]
    assert {stored(session, saved) for saved in plugins} == {"not_ready"}
    factories.connection(ann, SQL_CONNECTION)
    assert {stored(session, saved) for saved in plugins} == {"ready"}
    check_counts(session)


@pytest.mark.parametrize("kind", ["sqlite", pytest.param("postgresql", marks=pytest.mark.postgresql)])
def test_the_migration_asks_for_the_job_where_there_is_something_to_judge(
    kind: str, databases: Databases, tmp_path: Path
) -> None:
    with databases.create(kind, migrated=False) as database:
        app = create_app(settings_for(tmp_path / "other", database.url))
        with app.app_context():
            flask_migrate.upgrade()
            assert not run_next(app.extensions["job_kinds"])
            saved = factories.plugin(factories.person(), selector=COMMON)
            misjudge(saved, "ready")
            flask_migrate.downgrade(revision=BEFORE)
            flask_migrate.upgrade()
            assert run_next(app.extensions["job_kinds"])
            assert stored(current_session(), saved) == "attention"
            db.session.remove()
            db.engine.dispose()
