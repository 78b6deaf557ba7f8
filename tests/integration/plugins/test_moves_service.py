"""Cloning, renaming and handing over: who may, what stays, what history says."""

from __future__ import annotations

import datetime as dt
from dataclasses import replace

import pytest
from flask import Flask
from sqlalchemy import select, update
from sqlalchemy.orm import Session

from tests import factories
from tests.factories import Person, api_values, plugin_values, sql_values, viewer_of
from tests.integration.plugins.recount import check_counts
from tests.integration.plugins.test_service import generation, in_threads, revisions
from webapp.accounts.models import UserProfile
from webapp.core.clock import utcnow
from webapp.core.errors import (
    InvalidInput,
    NotFound,
    PermissionDenied,
    SmarterValueError,
    StaleRevision,
)
from webapp.core.text import fold
from webapp.db.session import transaction
from webapp.history.models import Revision
from webapp.plugins import service
from webapp.plugins.models import PluginDataSql, PluginMeta
from webapp.plugins.queries.owners import find_owner_named, list_owners
from webapp.plugins.values import PluginValues

BASE = plugin_values("sweets", annotations=({"size": 1.0}, {"size": True}), tags=("Sweets", "shop"))


@pytest.fixture
def ann(session: Session) -> Person:
    """Return a member."""
    return factories.person("ann_shaw")


def stored(session: Session, plugin_id: int) -> PluginMeta:
    session.rollback()
    return session.get_one(PluginMeta, plugin_id)


# ---- clone -----------------------------------------------------------------------------------------------------


@pytest.mark.parametrize(
    "values", [BASE, sql_values("sweets"), api_values("sweets"), PluginValues("sweets", "sql")]
)
def test_a_clone_says_everything_that_the_original_says(
    session: Session, ann: Person, values: PluginValues
) -> None:
    saved = factories.plugin(ann, values)
    before = generation(session, ann.account.id)
    clone = service.clone_plugin(viewer_of(ann), saved.id)
    assert (clone.name, clone.revision) == ("sweets_copy", 1)
    assert generation(session, ann.account.id) == before + 1
    assert repr(stored(session, clone.id).to_values()) == repr(replace(values, name="sweets_copy"))
    assert stored(session, saved.id).revision == 1
    row = session.scalars(select(Revision).where(Revision.record_id == clone.id)).one()
    assert (row.action, row.revision, row.actor_name) == ("create", 1, "Ann Shaw")
    check_counts(session)


def test_a_change_of_the_clone_leaves_the_original_alone(session: Session, ann: Person) -> None:
    saved = factories.plugin(ann, BASE)
    clone = service.clone_plugin(viewer_of(ann), saved.id)
    changed = replace(BASE, name="other", tags=(), annotations=(), prompt=None)
    service.update_plugin(viewer_of(ann), clone.id, 1, changed)
    assert stored(session, saved.id).to_values() == BASE
    check_counts(session)


def test_clones_are_numbered(session: Session, ann: Person) -> None:
    saved = factories.plugin(ann, BASE)
    names = [service.clone_plugin(viewer_of(ann), saved.id).name for _ in range(3)]
    assert names == ["sweets_copy", "sweets_copy_2", "sweets_copy_3"]
    second = session.scalars(select(PluginMeta.id).where(PluginMeta.name == "sweets_copy_2")).one()
    assert service.clone_plugin(viewer_of(ann), second).name == "sweets_copy_4"


def test_a_clone_of_many_clones_finds_a_name(
    session: Session, ann: Person, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr("webapp.plugins.models.lifecycle.NAMES_AT_ONCE", 2)
    saved = factories.plugin(ann, plugin_values("x" * 64))
    names = {service.clone_plugin(viewer_of(ann), saved.id).name for _ in range(5)}
    assert len(names) == 5 and max(map(len, names)) == 64


def test_who_may_read_may_clone_into_their_own_account(session: Session, ann: Person) -> None:
    odette = factories.person(of=factories.platform())
    factories.sql_connection(odette)
    common = factories.plugin(odette, sql_values("sweets"))
    clone = service.clone_plugin(viewer_of(ann), common.id)
    plugin = stored(session, clone.id)
    assert (plugin.account_id, plugin.user_profile_id) == (ann.account.id, ann.profile_id)
    assert plugin.owner_key == fold(ann.username)
    # The connection is one of the platform's; here there is none of that name.
    assert plugin.readiness == "not_ready"
    check_counts(session)
    factories.sql_connection(ann)
    ready = service.clone_plugin(viewer_of(ann), common.id)
    assert stored(session, ready.id).readiness == "ready"
    data = stored(session, ready.id).data
    assert isinstance(data, PluginDataSql) and data.connection is not None
    assert data.connection.account_id == ann.account.id


def test_a_superuser_clones_into_the_account_they_act_in(session: Session, ann: Person) -> None:
    root = factories.person(role="superuser")
    clone = service.clone_plugin(viewer_of(root), factories.plugin(ann, BASE).id)
    assert stored(session, clone.id).account_id == root.account.id


def test_what_is_not_readable_is_not_cloned(session: Session, ann: Person) -> None:
    saved = factories.plugin(ann, BASE)
    with pytest.raises(NotFound):
        service.clone_plugin(viewer_of(factories.person(role="staff")), saved.id)
    service.delete_plugin(viewer_of(ann), saved.id, 1)
    with pytest.raises(NotFound):
        service.clone_plugin(viewer_of(ann), saved.id)


def test_clones_at_once_all_get_a_name(app: Flask, session: Session, ann: Person) -> None:
    viewer, saved = viewer_of(ann), factories.plugin(ann, BASE)
    errors = in_threads(app, lambda _: service.clone_plugin(viewer, saved.id) and None, 3)
    assert errors == [None] * 3
    session.rollback()
    names = set(session.scalars(select(PluginMeta.name)))
    assert names == {"sweets", "sweets_copy", "sweets_copy_2", "sweets_copy_3"}
    check_counts(session)


# ---- rename ----------------------------------------------------------------------------------------------------


def test_a_rename_changes_the_name_and_nothing_else(session: Session, ann: Person) -> None:
    saved = factories.plugin(ann, BASE)
    renamed = service.rename_plugin(viewer_of(ann), saved.id, 1, "candy")
    assert (renamed.name, renamed.locator, renamed.changed) == ("candy", saved.locator, ("name",))
    assert stored(session, saved.id).to_values() == replace(BASE, name="candy")
    assert revisions(session)[1:] == [(2, "update", ["name"])]
    check_counts(session)


def test_the_same_name_again_is_no_write(session: Session, ann: Person) -> None:
    saved = factories.plugin(ann, BASE)
    assert service.rename_plugin(viewer_of(ann), saved.id, 1, "sweets").changed == ()
    assert len(revisions(session)) == 1


@pytest.mark.parametrize("name", ["", "Sweets", "two words", "a__b", "_a", "2025_sweets", "x" * 65, "a\n"])
def test_a_new_name_has_to_be_a_good_one(session: Session, ann: Person, name: str) -> None:
    saved = factories.plugin(ann, BASE)
    with pytest.raises(InvalidInput) as caught:
        service.rename_plugin(viewer_of(ann), saved.id, 1, name)
    assert list(caught.value.errors) == ["name"]
    assert stored(session, saved.id).name == "sweets"


def test_a_taken_name_is_refused_and_a_binned_one_is_not(session: Session, ann: Person) -> None:
    saved, other = factories.plugin(ann, BASE), factories.plugin(ann, plugin_values("candy"))
    with pytest.raises(InvalidInput) as caught:
        service.rename_plugin(viewer_of(ann), saved.id, 1, "candy")
    assert caught.value.errors["name"][0].code == "unique"
    service.delete_plugin(viewer_of(ann), other.id, 1)
    assert service.rename_plugin(viewer_of(ann), saved.id, 1, "candy").name == "candy"


def test_a_rename_can_be_taken_back_even_to_a_name_that_is_not_given_any_more(
    session: Session, ann: Person
) -> None:
    saved = service.create_plugin(viewer_of(ann), replace(BASE, name="2025_sweets"), imported=True)
    renamed = service.rename_plugin(viewer_of(ann), saved.id, 1, "sweets")
    back = service.rename_plugin(viewer_of(ann), saved.id, renamed.revision, "2025_sweets")
    assert back.name == "2025_sweets"
    with pytest.raises(InvalidInput):
        service.rename_plugin(viewer_of(ann), saved.id, back.revision, "2026_sweets")


def test_a_stale_rename_is_refused(session: Session, ann: Person) -> None:
    saved = factories.plugin(ann, BASE)
    service.rename_plugin(viewer_of(ann), saved.id, 1, "candy")
    with pytest.raises(StaleRevision):
        service.rename_plugin(viewer_of(ann), saved.id, 1, "fudge")


def test_only_who_manages_a_record_renames_it(session: Session, ann: Person) -> None:
    saved = factories.plugin(ann, BASE)
    with pytest.raises(PermissionDenied):
        service.rename_plugin(viewer_of(factories.person(of=ann.account)), saved.id, 1, "candy")
    with pytest.raises(NotFound):
        service.rename_plugin(viewer_of(factories.person(role="staff")), saved.id, 1, "candy")
    staff = factories.person(role="staff", of=ann.account)
    assert service.rename_plugin(viewer_of(staff), saved.id, 1, "candy").name == "candy"


# ---- owner -----------------------------------------------------------------------------------------------------


def test_a_change_of_owner_is_an_update_that_says_from_whom_to_whom(session: Session, ann: Person) -> None:
    bob = factories.person("bob_lee", of=ann.account)
    saved = factories.plugin(ann, BASE)
    before = generation(session, ann.account.id)
    changed = service.change_owner(viewer_of(ann), saved.id, 1, bob.profile_id)
    assert (changed.changed, changed.revision) == (("owner",), 2)
    assert generation(session, ann.account.id) == before + 1
    plugin = stored(session, saved.id)
    assert (plugin.user_profile_id, plugin.owner_key) == (bob.profile_id, "bob_lee")
    assert plugin.to_values() == BASE
    row = session.scalars(select(Revision).where(Revision.revision == 2)).one()
    assert (row.action, row.changed) == ("update", ["owner"])
    assert row.snapshot["owner"] == {
        "from": {"username": "ann_shaw", "name": "Ann Shaw"},
        "to": {"username": "bob_lee", "name": "Bob Lee"},
    }
    assert PluginValues.from_dict(row.snapshot) == BASE
    check_counts(session)


def test_a_plugin_is_handed_to_active_people_of_its_account_only(session: Session, ann: Person) -> None:
    saved = factories.plugin(ann, BASE)
    root = factories.person(role="superuser")
    gone = factories.person(of=ann.account, is_active=False)
    for person in (root, gone, factories.person()):
        with pytest.raises(InvalidInput) as caught:
            service.change_owner(viewer_of(root), saved.id, 1, person.profile_id)
        assert list(caught.value.errors) == ["owner"]
    with pytest.raises(InvalidInput):
        service.change_owner(viewer_of(ann), saved.id, 1, 987_654)
    assert stored(session, saved.id).user_profile_id == ann.profile_id


def test_the_model_refuses_an_owner_of_another_account(session: Session, ann: Person) -> None:
    saved, stranger = factories.plugin(ann, BASE), factories.person()
    with transaction() as writing, pytest.raises(SmarterValueError):
        plugin = writing.get_one(PluginMeta, saved.id)
        plugin.change_owner(writing.get_one(UserProfile, stranger.profile_id))


def test_staff_and_superusers_hand_over_what_belongs_to_others(session: Session, ann: Person) -> None:
    bob = factories.person(of=ann.account)
    saved = factories.plugin(ann, BASE)
    staff = factories.person(role="staff", of=ann.account)
    root = factories.person(role="superuser")
    changed = service.change_owner(viewer_of(staff), saved.id, 1, bob.profile_id)
    changed = service.change_owner(viewer_of(root), saved.id, changed.revision, ann.profile_id)
    assert stored(session, saved.id).user_profile_id == ann.profile_id
    with pytest.raises(PermissionDenied):
        service.change_owner(viewer_of(bob), saved.id, changed.revision, bob.profile_id)
    with pytest.raises(NotFound):
        service.change_owner(viewer_of(factories.person()), saved.id, changed.revision, bob.profile_id)
    check_counts(session)


def test_the_same_owner_again_is_no_write(session: Session, ann: Person) -> None:
    saved = factories.plugin(ann, BASE)
    assert service.change_owner(viewer_of(ann), saved.id, 1, ann.profile_id).changed == ()
    assert len(revisions(session)) == 1


def test_who_gave_their_plugin_away_may_take_it_back_for_a_while(session: Session, ann: Person) -> None:
    bob = factories.person(of=ann.account)
    saved = factories.plugin(ann, BASE)
    given = service.change_owner(viewer_of(ann), saved.id, 1, bob.profile_id)
    carol = factories.person(of=ann.account)
    with pytest.raises(PermissionDenied):  # Back to themselves only.
        service.change_owner(viewer_of(ann), saved.id, given.revision, carol.profile_id)
    with pytest.raises(PermissionDenied):  # And nobody else.
        service.change_owner(viewer_of(carol), saved.id, given.revision, carol.profile_id)
    back = service.change_owner(viewer_of(ann), saved.id, given.revision, ann.profile_id)
    assert stored(session, saved.id).user_profile_id == ann.profile_id
    assert back.revision == 3


def test_it_cannot_be_taken_back_once_the_new_owner_has_written_or_time_has_passed(
    session: Session, ann: Person
) -> None:
    bob = factories.person(of=ann.account)
    saved = factories.plugin(ann, BASE)
    given = service.change_owner(viewer_of(ann), saved.id, 1, bob.profile_id)
    renamed = service.rename_plugin(viewer_of(bob), saved.id, given.revision, "candy")
    for revision in (given.revision, renamed.revision):
        with pytest.raises(PermissionDenied):
            service.change_owner(viewer_of(ann), saved.id, revision, ann.profile_id)
    other = factories.plugin(ann)
    given = service.change_owner(viewer_of(ann), other.id, 1, bob.profile_id)
    with transaction() as writing:
        writing.execute(update(Revision).values(at=utcnow() - dt.timedelta(minutes=11)))
    with pytest.raises(PermissionDenied):
        service.change_owner(viewer_of(ann), other.id, given.revision, ann.profile_id)


def test_a_stale_change_of_owner_is_refused(session: Session, ann: Person) -> None:
    bob = factories.person(of=ann.account)
    saved = factories.plugin(ann, BASE)
    service.rename_plugin(viewer_of(ann), saved.id, 1, "candy")
    with pytest.raises(StaleRevision):
        service.change_owner(viewer_of(ann), saved.id, 1, bob.profile_id)


def test_possible_owners_are_the_active_people_of_the_account(session: Session, ann: Person) -> None:
    bob = factories.person("Bob", of=ann.account)
    factories.person("gone", of=ann.account, is_active=False)
    factories.person("stranger")
    names = [owner.username for owner in list_owners(session, ann.account.id)]
    assert names == ["ann_shaw", "Bob"]
    found = find_owner_named(session, ann.account.id, "bOB")
    assert found is not None and found.profile_id == bob.profile_id
    for username in ("gone", "stranger", "", "a\0b"):
        assert find_owner_named(session, ann.account.id, username) is None
