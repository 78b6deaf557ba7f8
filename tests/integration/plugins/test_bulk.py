"""Many plugins at once: every row is what one write after the other would have left behind."""

from __future__ import annotations

import random
from collections.abc import Callable, Iterator
from dataclasses import replace
from pathlib import Path
from typing import Any

import pytest
from flask import Flask
from sqlalchemy import Table, select
from sqlalchemy.orm import Session

from tests import factories
from tests.databases import Database, Databases, count_statements
from tests.factories import Person, settings_for
from tests.integration.plugins.recount import check_counts
from webapp.app import create_app
from webapp.core.errors import PermissionDenied, StaleRevision
from webapp.db.session import current_session, transaction
from webapp.extensions import Base, db
from webapp.plugins import service
from webapp.plugins.changes import AddTags
from webapp.plugins.models import PluginMeta
from webapp.plugins.service import PluginWriting, Refused, Saved, Target
from webapp.plugins.values import PluginValues, PromptValues, SelectorValues

# What depends on the moment, or on the order in which two ways ask for numbers.
UNCOMPARED = {"created_at", "updated_at", "at", "password_hash", "identity", "last_seen_at", "generation"}
TAGS = ("sweets", "Sweets", "SHOP", "shop", "straße", "strasse", "ünï", "a", "b c")
Write = Callable[[Any, list[tuple[PluginValues, Saved | None]]], list[Saved]]


def _values(chance: random.Random, name: str) -> PluginValues:
    make = chance.choice((factories.plugin_values, factories.sql_values, factories.api_values))
    values = make(
        name,
        # The same tag never stands on one record in two spellings: who asks has cleaned them.
        tags=tuple(
            {tag.casefold(): tag for tag in chance.sample(TAGS, chance.randrange(len(TAGS)))}.values()
        ),
        description=chance.choice(("", "A description that is long enough.", "Straße und Süßes für alle.")),
        version=chance.choice(("1.0.0", "2.0.0-rc.1", "10.0.0")),
        annotations=chance.choice(((), ({"a": 1}, {"b": [1.0, True]}))),
    )
    for part, other in (("selector", SelectorValues("always")), ("prompt", PromptValues(system_role="x"))):
        values = replace(values, **{part: chance.choice((getattr(values, part), other, None))})
    if chance.random() < 0.2:
        values = replace(values, data=None)
    elif values.plugin_class != "static" and chance.random() < 0.3:
        assert values.data is not None
        values = replace(values, data=replace(values.data, connection="nowhere"))
    return values


def _one_by_one(viewer: Any, pairs: list[tuple[PluginValues, Saved | None]]) -> list[Saved]:
    with transaction():
        return [
            service.update_plugin(viewer, saved.id, saved.revision, values)
            if saved
            else service.create_plugin(viewer, values, imported=True)
            for values, saved in pairs
        ]


def _at_once(viewer: Any, pairs: list[tuple[PluginValues, Saved | None]]) -> list[Saved]:
    stored = {saved.id: current_session().get_one(PluginMeta, saved.id) for _, saved in pairs if saved}
    writings = [
        PluginWriting(
            values,
            Target(saved.id, saved.revision, service.changed_fields(stored[saved.id].to_values(), values))
            if saved
            else None,
        )
        for values, saved in pairs
    ]
    return service.write_plugins(viewer, service.prepare_plugins(writings))


def _rows(session: Session) -> dict[str, list[tuple[Any, ...]]]:
    """Return every row of every table that writing plugins concerns, tags by their key."""
    session.rollback()
    found: dict[str, list[tuple[Any, ...]]] = {}
    tags = {tag.id: tag.key for tag in session.execute(select(Base.metadata.tables["tags"])).all()}
    names = [name for name in Base.metadata.tables if name.startswith(("plugin_", "tags", "revisions"))]
    for name in names:
        table: Table = Base.metadata.tables[name]
        # The ids of parts come from the order in which they are inserted, which may differ.
        left_out = UNCOMPARED | ({"id"} if name not in ("plugin_meta", "plugin_search") else set())
        columns = [column for column in table.c if column.name not in left_out]
        rows = [
            tuple(
                (column.name, tags[value] if column.name == "tag_id" else repr(value))
                for column, value in zip(columns, row, strict=True)
            )
            for row in session.execute(select(*columns))
        ]
        found[name] = sorted(rows)
    return found


def _history(write: Write, seed: int) -> dict[str, list[tuple[Any, ...]]]:
    """Write the same plugins twice over in one way; return what is stored in the end."""
    chance = random.Random(seed)
    person = factories.person("bulk", of=factories.account("Bulk", number="1234-5678-9012"))
    factories.sql_connection(person, "warehouse")
    factories.api_connection(person, "price_service", api_key_name="not_there")
    viewer = factories.viewer_of(person, origin="manifest")
    names = [f"plugin_{number:02d}" for number in range(30)]
    saved = write(viewer, [(_values(chance, name), None) for name in names])
    for _ in range(2):
        current_session().rollback()
        again = [(item, _values(chance, item.name)) for item in saved if chance.random() < 0.7]
        more = [(None, _values(chance, f"more_{chance.randrange(10**6)}")) for _ in range(3)]
        written = write(viewer, [(values, item) for item, values in (*again, *more)])
        by_id = {item.id: item for item in (*saved, *written)}
        saved = [by_id[key] for key in sorted(by_id)]
    check_counts(current_session())
    return _rows(current_session())


@pytest.fixture
def other_app(database: Database, databases: Databases, tmp_path: Path) -> Iterator[Flask]:
    """Return an application on a second, empty database of the same kind."""
    with databases.create(database.kind) as other:
        app = create_app(settings_for(tmp_path / "other", other.url))
        yield app
        with app.app_context():
            db.session.remove()
            db.engine.dispose()


@pytest.mark.parametrize("seed", [1, 2, 3])
def test_both_ways_of_writing_leave_the_same_rows(app: Flask, other_app: Flask, seed: int) -> None:
    with app.app_context():
        one_by_one = _history(_one_by_one, seed)
    with other_app.app_context():
        at_once = _history(_at_once, seed)
    assert one_by_one.keys() == at_once.keys()
    for table, rows in one_by_one.items():
        assert at_once[table] == rows, table


@pytest.fixture
def owner(session: Session) -> Person:
    """Return a member who owns what the test makes."""
    return factories.person()


def _new(*names: str) -> service.Prepared:
    return service.prepare_plugins(PluginWriting(factories.plugin_values(name)) for name in names)


def test_a_taken_name_is_refused_and_named(session: Session, owner: Person) -> None:
    factories.plugin(owner, name="second")
    session.rollback()
    with pytest.raises(Refused) as refused:
        service.write_plugins(factories.viewer_of(owner), _new("first", "second"))
    assert (refused.value.position, refused.value.error.errors["name"][0].code) == (1, "unique")
    with pytest.raises(Refused):
        service.write_plugins(factories.viewer_of(owner), _new("same", "same"))
    assert len(session.scalars(select(PluginMeta)).all()) == 1


def test_what_breaks_a_rule_is_refused_before_anything_is_written(owner: Person) -> None:
    wrong = PluginWriting(factories.plugin_values("second", version="one"))
    with pytest.raises(Refused) as refused:
        service.prepare_plugins([PluginWriting(factories.plugin_values("first")), wrong])
    assert (refused.value.position, list(refused.value.error.errors)) == (1, ["version"])


def test_a_record_that_moved_on_or_belongs_to_somebody_else_is_not_written(
    session: Session, owner: Person
) -> None:
    saved = factories.plugin(owner)
    colleague = factories.person(of=owner.account)
    values = factories.plugin_values(saved.name, description="Another description of it.")
    for person, revision, error in ((owner, 7, StaleRevision), (colleague, 1, PermissionDenied)):
        prepared = service.prepare_plugins(
            [PluginWriting(values, Target(saved.id, revision, ("description",)))]
        )
        with pytest.raises(error):
            service.write_plugins(factories.viewer_of(person), prepared)


def test_a_name_of_another_case_is_converted(session: Session, owner: Person) -> None:
    saved = service.write_plugins(factories.viewer_of(owner), _new("everlastingGobstopper"))
    assert [item.name for item in saved] == ["everlasting_gobstopper"]


def test_a_thousand_records_need_as_many_statements_as_two_portions(owner: Person) -> None:
    def statements(count: int, prefix: str) -> int:
        with count_statements() as sent:
            service.write_plugins(factories.viewer_of(owner), _new(*(f"{prefix}_{n}" for n in range(count))))
        return len(sent)

    few, many = statements(2, "few"), statements(1_000, "many")
    assert many <= 2 * few


def test_an_update_of_many_sets_no_key_that_other_rows_point_at(owner: Person) -> None:
    # SQLite searches those rows for each record, even for a key that stays as it is: ten thousand took 40 seconds.
    viewer = factories.viewer_of(owner)
    saved = service.write_plugins(viewer, _new("gobstopper", "sherbet"))
    seen = {item.id: item.revision for item in saved}
    with count_statements() as sent:
        service.edit_plugins(viewer, seen, AddTags(("spring",)), title="Tagged")
    updates = sent.matching("UPDATE plugin_meta SET", "description =")
    assert updates
    assert not [text for text in updates if "account_id =" in text]
