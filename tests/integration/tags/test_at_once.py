"""Many at once: one tag for every spelling, and no record under a name that its tag has lost meanwhile."""

from __future__ import annotations

import itertools
import threading
from collections.abc import Callable
from concurrent.futures import ThreadPoolExecutor

import pytest
from flask import Flask
from sqlalchemy import func, select
from sqlalchemy.orm import Session

from tests import factories
from tests.factories import Person, viewer_of
from tests.integration.plugins.recount import check_counts
from tests.integration.tags.gardening import aliases, all_tags, rename, tag_id
from webapp.core.errors import Conflict, InvalidInput, Unavailable
from webapp.db.session import current_session
from webapp.history.models import Revision
from webapp.plugins.models import PluginMeta, Tag, TagAlias
from webapp.plugins.models.identity import LOCATOR_KIND
from webapp.plugins.service import create_plugin
from webapp.tags import service

WRITERS = 4
WRITES = 4


@pytest.fixture
def bob(session: Session) -> Person:
    """Return a person of the staff."""
    person = factories.person("bob", role="staff")
    session.rollback()
    return person


def at_once(app: Flask, *works: Callable[[], object]) -> list[object]:
    """Run works in threads that start together; return results and errors alike."""
    gate = threading.Barrier(len(works))

    def run(work: Callable[[], object]) -> object:
        with app.app_context():
            gate.wait()
            try:
                return work()
            except Exception as error:  # The test looks at each of them.
                return error

    with ThreadPoolExecutor(len(works)) as pool:
        return list(pool.map(run, works))


def check_tags(session: Session) -> None:
    """Fail when a word is a tag and an alias, or when history says something else than a record."""
    check_counts(session)
    keys = select(Tag.account_id, Tag.key).intersect(select(TagAlias.account_id, TagAlias.key))
    assert session.execute(keys).all() == []
    for plugin in session.scalars(select(PluginMeta)):
        last = session.scalars(
            select(Revision).where(
                Revision.record_kind == LOCATOR_KIND,
                Revision.record_id == plugin.id,
                Revision.revision == plugin.revision,
            )
        ).one()
        assert last.snapshot["tags"] == plugin.tags_list


def test_every_spelling_is_the_same_tag_which_keeps_the_first_one(
    app: Flask, session: Session, bob: Person
) -> None:
    spellings = ("Candy", "CANDY", "candy", "cAnDy")
    viewer = viewer_of(bob)
    session.rollback()

    def create(spelling: str) -> Callable[[], object]:
        def work() -> None:
            for number in range(WRITES):
                name = f"{spelling.lower()}_{spellings.index(spelling)}_{number}"
                create_plugin(viewer, factories.plugin_values(name, tags=(spelling, f"{spelling} {number}")))

        return work

    assert at_once(app, *(create(spelling) for spelling in spellings)) == [None] * WRITERS
    found = all_tags(session, bob)
    assert len(found) == 1 + WRITES
    assert set(found.values()) == {WRITERS * WRITES, WRITERS}
    assert {name.casefold() for name in found} == {"candy", *(f"candy {number}" for number in range(WRITES))}
    first = next(iter(found))
    factories.plugin(bob, tags=("CaNdY",))
    assert next(iter(all_tags(session, bob))) == first
    check_tags(session)


def test_nobody_tags_with_a_name_that_a_rename_has_just_taken_away(
    app: Flask, session: Session, bob: Person
) -> None:
    factories.plugin(bob, tags=("candy",))
    viewer, numbers = viewer_of(bob), itertools.count()
    session.rollback()

    def create() -> None:
        for _ in range(WRITES):
            create_plugin(
                viewer, factories.plugin_values(f"plugin_at_once_{next(numbers)}", tags=("x", "candy"))
            )

    def call_sweets() -> None:
        for _ in range(50):
            try:
                rename(current_session(), bob, "candy", "sweets")
            except (Conflict, Unavailable):
                continue
            return
        pytest.fail("never came to its turn")

    assert at_once(app, call_sweets, create, create, create) == [None] * WRITERS
    assert all_tags(session, bob) == {"sweets": 1 + 3 * WRITES, "x": 3 * WRITES}
    assert aliases(session, bob) == {"candy": "sweets"}
    check_tags(session)


def test_a_word_becomes_a_tag_or_an_alias_and_never_both(app: Flask, session: Session, bob: Person) -> None:
    factories.plugin(bob, tags=("candy",))
    candy, viewer, numbers = tag_id(session, bob, "candy"), viewer_of(bob), itertools.count()
    session.rollback()

    def create() -> None:
        for number in range(WRITES):
            values = factories.plugin_values(f"plugin_at_once_{next(numbers)}", tags=(f"word {number}",))
            create_plugin(viewer, values)

    def give() -> int:
        given = 0
        for number in range(WRITES):
            try:
                service.add_alias(viewer, candy, f"word {number}")
                given += 1
            except (Conflict, InvalidInput, Unavailable):
                continue
        return given

    given, *others = at_once(app, give, create, create, create)
    assert others == [None] * 3
    session.rollback()
    assert session.scalar(select(func.count()).select_from(TagAlias)) == given
    assert sum(all_tags(session, bob).values()) == 1 + 3 * WRITES
    check_tags(session)
