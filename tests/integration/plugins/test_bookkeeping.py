"""Whatever sequence of writes has happened: counts, tallies and searchable text equal a recount."""

from __future__ import annotations

import random
from dataclasses import replace

import pytest
from sqlalchemy import select, text
from sqlalchemy.orm import Session

from tests import factories
from tests.databases import count_statements
from tests.factories import Person
from tests.integration.plugins.recount import check_counts
from webapp.core.errors import InvalidInput, NameTaken
from webapp.db.session import transaction
from webapp.history.models import Revision
from webapp.plugins import service
from webapp.plugins.models import PluginMeta
from webapp.plugins.service import Saved, update_plugin
from webapp.plugins.values import PluginValues

STEPS = 60
TAGS = ("sweets", "Shop", "straße", "numbers", "ünï", "a", "b c")


def _values(chance: random.Random, name: str) -> PluginValues:
    make = chance.choice((factories.plugin_values, factories.sql_values, factories.api_values))
    return make(
        name,
        tags=tuple(chance.sample(TAGS, chance.randrange(len(TAGS)))),
        description=chance.choice(
            ("", "A description that is long enough.", "Straße und Süßes für alle Leute.")
        ),
        version=chance.choice(("1.0.0", "2.0.0-rc.1", "10.0.0")),
        **({"prompt": None} if chance.random() < 0.3 else {}),
    )


def _step(session: Session, chance: random.Random, people: list[Person], step: int) -> None:
    live = session.scalars(select(PluginMeta).where(PluginMeta.deleted_at.is_(None))).all()
    owner = chance.choice(people)
    what = chance.random()
    if what < 0.4 or not live:
        factories.plugin(owner, _values(chance, f"plugin_{step}"))
        return
    plugin = chance.choice(live)
    owner = next(person for person in people if person.profile_id == plugin.user_profile_id)
    if what < 0.75:
        values = _values(chance, chance.choice((plugin.name, f"renamed_{step}")))
        update_plugin(factories.viewer_of(owner), plugin.id, plugin.revision, values)
    elif what < 0.9:
        _move(session, chance, people, plugin, owner)
    else:
        with pytest.raises(InvalidInput):
            factories.plugin(owner, _values(chance, f"never_{step}"), version="nonsense")


def _move(
    session: Session, chance: random.Random, people: list[Person], plugin: PluginMeta, owner: Person
) -> None:
    """Delete, restore, clone, rename or hand over."""
    viewer, plugin_id, revision = factories.viewer_of(owner), plugin.id, plugin.revision
    what = chance.randrange(4)
    if what == 0:
        deleted = service.delete_plugin(viewer, plugin_id, revision)
        if chance.random() < 0.5:
            service.restore_plugin(viewer, plugin_id, deleted.revision)
    elif what == 1:
        cloner = chance.choice([person for person in people if person.account == owner.account])
        service.clone_plugin(factories.viewer_of(cloner), plugin_id)
    elif what == 2:
        service.rename_plugin(viewer, plugin_id, revision, f"moved_{plugin_id}_{revision}")
    else:
        receiver = chance.choice([person for person in people if person.account == owner.account])
        service.change_owner(viewer, plugin_id, revision, receiver.profile_id)


def _check_history(session: Session) -> None:
    for plugin in session.scalars(select(PluginMeta).where(PluginMeta.deleted_at.is_(None))):
        kept = session.scalars(
            select(Revision).where(Revision.record_id == plugin.id).order_by(Revision.revision)
        ).all()
        assert [row.revision for row in kept] == list(range(1, plugin.revision + 1))
        assert PluginValues.from_dict(kept[-1].snapshot) == plugin.to_values()


@pytest.mark.parametrize("seed", [1, 2, 3])
def test_counts_equal_a_recount_after_any_writes(session: Session, seed: int) -> None:
    chance = random.Random(seed)
    one = factories.account()
    people = [factories.person(of=one), factories.person(of=one), factories.person()]
    factories.sql_connection(people[0], "warehouse")
    for step in range(STEPS):
        _step(session, chance, people, step)
        if step % 10 == 9:
            check_counts(session)
    check_counts(session)
    _check_history(session)
    if session.get_bind().dialect.name == "sqlite":
        session.execute(
            text("INSERT INTO plugin_search_fts (plugin_search_fts, rank) VALUES ('integrity-check', 1)")
        )


def test_a_count_can_never_fall_below_nothing(session: Session) -> None:
    owner = factories.person()
    saved = factories.plugin(owner, tags=("sweets",))
    for tags in ((), ("sweets",), ()):
        values = factories.plugin_values(saved.name, tags=tags)
        saved = update_plugin(factories.viewer_of(owner), saved.id, saved.revision, values)
        check_counts(session)
    with transaction() as writing:
        writing.get_one(PluginMeta, saved.id).delete()
    check_counts(session)


def written(values: PluginValues, owner: Person, saved: Saved) -> tuple[Saved, set[str]]:
    """Save and return which of the tables that follow a plugin were written."""
    with count_statements() as sent:
        saved = update_plugin(factories.viewer_of(owner), saved.id, saved.revision, values)
    writes = [statement.split() for statement in sent if statement.startswith(("DELETE", "INSERT"))]
    return saved, {words[2] for words in writes} - {"revisions"}


def test_a_save_writes_only_what_follows_from_its_change(session: Session) -> None:
    owner = factories.person()
    values = factories.plugin_values("toffee", tags=("sweets", "shop"), annotations=({"team": "candy"},))
    saved = factories.plugin(owner, values)
    for changes, tables in (
        ({"description": "Softer than it looks."}, {"plugin_search"}),
        ({"name": "fudge"}, {"plugin_search"}),
        ({"annotations": ({"team": "shop"},)}, {"plugin_search", "plugin_annotations"}),
        ({"tags": ("shop", "sweets")}, {"plugin_search", "plugin_tags"}),
        ({"tags": ("shop",)}, {"plugin_search", "plugin_tags"}),
    ):
        values = replace(values, **changes)
        saved, found = written(values, owner, saved)
        assert found == tables
        check_counts(session)


def test_a_name_is_still_kept_for_one_record_when_it_does_not_change(session: Session) -> None:
    owner = factories.person()
    one, two = factories.plugin(owner, factories.plugin_values("toffee")), factories.plugin(owner)
    viewer = factories.viewer_of(owner)
    service.update_field(viewer, one.id, one.revision, "description", "Softer than it looks.")
    with pytest.raises(InvalidInput, match="name"):
        service.update_field(viewer, two.id, two.revision, "name", "toffee")
    with transaction() as writing:
        writing.get_one(PluginMeta, one.id).delete()
    service.update_field(viewer, two.id, two.revision, "name", "toffee")
    with pytest.raises(NameTaken), transaction() as writing:
        writing.get_one(PluginMeta, one.id).restore()
    check_counts(session)
