"""Many writers at once: all of them wait for each other, none is turned away, nothing is lost."""

from __future__ import annotations

import multiprocessing
import threading
from collections.abc import Callable
from concurrent.futures import ProcessPoolExecutor, ThreadPoolExecutor
from dataclasses import replace
from pathlib import Path

import pytest
from flask import Flask
from sqlalchemy import func, select, text
from sqlalchemy.orm import Session

from tests import factories
from tests.databases import Database
from tests.factories import Person
from webapp.accounts.models import Account
from webapp.app import create_app
from webapp.core.errors import Conflict, InvalidInput, StaleRevision
from webapp.db.session import current_session, touch_account, transaction
from webapp.plugins.models import PluginMeta, PluginTally, Tag
from webapp.plugins.service import update_plugin

WRITERS = 4
WRITES = 8


def _in_threads(app: Flask, work: Callable[[int], object]) -> list[object]:
    """Run `work` in some threads that start together; return results and errors alike."""
    gate = threading.Barrier(WRITERS)

    def run(number: int) -> object:
        with app.app_context():
            gate.wait()
            try:
                return work(number)
            except Exception as error:  # The test looks at each of them.
                return error

    with ThreadPoolExecutor(WRITERS) as pool:
        return list(pool.map(run, range(WRITERS)))


def test_writers_that_read_first_never_find_the_database_locked(app: Flask, session: Session) -> None:
    tenant = factories.account()
    session.rollback()

    def work(_number: int) -> None:
        for _ in range(WRITES):
            # A page reads before it writes; on SQLite that snapshot must not turn into a write.
            assert current_session().scalar(select(Account.generation)) is not None
            with transaction() as writing:
                writing.get_one(Account, tenant.id)
                touch_account(writing, tenant.id)

    assert _in_threads(app, work) == [None] * WRITERS
    assert session.scalar(select(Account.generation)) == 1 + WRITERS * WRITES


def test_parallel_creations_keep_the_counts_of_tags(app: Flask, session: Session) -> None:
    owner = factories.person()
    factories.plugin(owner)  # Makes the tags, so that the writers only count.
    session.rollback()
    assert all(
        not isinstance(result, Exception)
        for result in _in_threads(app, lambda _number: [factories.plugin(owner) for _ in range(WRITES)])
    )
    total = 1 + WRITERS * WRITES
    assert session.scalar(select(func.count()).select_from(PluginMeta)) == total
    assert session.scalars(select(Tag.uses)).all() == [total, total]


def test_one_of_several_creations_of_a_name_wins(app: Flask, session: Session) -> None:
    owner = factories.person()
    factories.plugin(owner)
    session.rollback()
    results = _in_threads(app, lambda _number: factories.plugin(owner, name="everlasting_gobstopper"))
    errors = [result for result in results if isinstance(result, Exception)]
    assert len(errors) == WRITERS - 1
    assert all(isinstance(error, Conflict | InvalidInput) for error in errors), errors
    found = select(func.count()).where(PluginMeta.name == "everlasting_gobstopper")
    assert session.scalar(found) == 1


def test_one_of_several_saves_of_a_revision_wins(app: Flask, session: Session) -> None:
    owner = factories.person()
    saved = factories.plugin(owner, name="everlasting_gobstopper")
    viewer = factories.viewer_of(owner)
    session.rollback()

    def work(number: int) -> object:
        values = factories.plugin_values(
            "everlasting_gobstopper", description=f"Written by {number}, at once."
        )
        return update_plugin(viewer, saved.id, saved.revision, values)

    results = _in_threads(app, work)
    assert sum(isinstance(result, StaleRevision) for result in results) == WRITERS - 1, results
    assert session.scalar(select(PluginMeta.revision)) == saved.revision + 1


def test_parallel_first_uses_of_a_tag_lose_nothing(app: Flask, session: Session) -> None:
    owner = factories.person()
    session.rollback()
    results = _in_threads(app, lambda number: factories.plugin(owner, tags=("brand new", f"tag{number}")))
    made = [result for result in results if not isinstance(result, Exception)]
    # The one that comes second may be asked to try again, but is never told that something broke.
    assert all(isinstance(result, Conflict) for result in results if isinstance(result, Exception)), results
    assert made
    assert session.scalar(select(Tag.uses).where(Tag.key == "brand new")) == len(made)


def _write_in_process(arguments: tuple[str, Path, Person, int]) -> str:
    """Create plugins in a process of its own; return the last error or an empty text."""
    url, instance_dir, owner, number = arguments
    app = create_app(factories.settings_for(instance_dir / str(number), url))
    with app.app_context():
        try:
            for write in range(WRITES):
                current_session().execute(text("SELECT count(*) FROM plugin_meta")).scalar()
                factories.plugin(owner, name=f"process_{number}_write_{write}")
        except Exception as error:
            return f"{type(error).__name__}: {error}"
    return ""


@pytest.mark.parametrize("processes", [2])
def test_two_processes_write_at_once_and_both_get_through(
    app: Flask, session: Session, database: Database, tmp_path: Path, processes: int
) -> None:
    owner = factories.person()
    factories.plugin(owner)
    session.rollback()
    context = multiprocessing.get_context("spawn")
    with ProcessPoolExecutor(processes, mp_context=context) as pool:
        work = [(database.url, tmp_path, owner, number) for number in range(processes)]
        assert list(pool.map(_write_in_process, work)) == [""] * processes
    assert session.scalar(select(func.count()).select_from(PluginMeta)) == 1 + processes * WRITES


def test_parallel_swaps_of_tags_end_in_no_deadlock(app: Flask, session: Session) -> None:
    owner = factories.person()
    viewer = factories.viewer_of(owner)
    ones, others = ("sherbet", "fudge"), ("nougat", "praline")
    plugins = [factories.plugin(owner, tags=ones if number % 2 else others) for number in range(WRITERS)]
    session.rollback()

    def work(number: int) -> None:
        revision = plugins[number].revision
        for write in range(WRITES * 2):
            tags = others if (number + write) % 2 else ones
            values = factories.plugin_values(plugins[number].name, tags=tags)
            revision = update_plugin(viewer, plugins[number].id, revision, values).revision

    assert _in_threads(app, work) == [None] * WRITERS
    assert session.scalars(select(func.sum(Tag.uses))).one() == 2 * WRITERS


def test_parallel_moves_between_counts_end_in_no_deadlock(app: Flask, session: Session) -> None:
    owner = factories.person()
    viewer = factories.viewer_of(owner)
    ready, not_ready = factories.plugin_values(), factories.plugin_values(prompt=None)
    plugins = [factories.plugin(owner) for _ in range(WRITERS)]
    session.rollback()

    def work(number: int) -> None:
        revision = plugins[number].revision
        for write in range(WRITES * 2 + number % 2):
            values = replace(ready if write % 2 else not_ready, name=plugins[number].name)
            revision = update_plugin(viewer, plugins[number].id, revision, values).revision

    assert _in_threads(app, work) == [None] * WRITERS
    counted = {row.readiness: row.records for row in session.scalars(select(PluginTally))}
    assert counted == {"ready": WRITERS // 2, "not_ready": WRITERS // 2}
