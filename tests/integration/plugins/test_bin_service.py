"""Deleting and restoring: the bin keeps everything, frees the name, and lets go after its time."""

from __future__ import annotations

import datetime as dt
from dataclasses import replace

import pytest
from flask import Flask
from sqlalchemy import func, select, update
from sqlalchemy.orm import Session

from tests import factories
from tests.factories import Person, plugin_values, sql_values, viewer_of
from tests.integration.plugins.recount import check_counts
from tests.integration.plugins.test_service import generation, in_threads, revisions
from webapp.accounts.service import clean_up
from webapp.core.clock import utcnow
from webapp.core.errors import (
    InvalidInput,
    NameTaken,
    NotFound,
    PermissionDenied,
    StaleRevision,
)
from webapp.db.session import transaction
from webapp.history.models import Revision
from webapp.plugins import service
from webapp.plugins.models import (
    PluginDataBase,
    PluginMeta,
    PluginPrompt,
    PluginSearch,
    PluginSelector,
    PluginTag,
    Tag,
)
from webapp.plugins.models.lifecycle import KEPT_FOR
from webapp.plugins.queries.bin import find_binned, load_bin
from webapp.plugins.service import Saved

BASE = plugin_values("sweets", annotations=({"size": 1},))


@pytest.fixture
def ann(session: Session) -> Person:
    """Return a member."""
    return factories.person("ann_shaw")


def binned(owner: Person, name: str = "") -> Saved:
    """Create a plugin and move it to the bin."""
    saved = factories.plugin(owner, plugin_values(name))
    return service.delete_plugin(viewer_of(owner), saved.id, saved.revision)


def age(plugin_id: int, days: float) -> None:
    """Let a record have been in the bin for so many days."""
    with transaction() as session:
        moment = utcnow() - dt.timedelta(days=days)
        session.execute(update(PluginMeta).where(PluginMeta.id == plugin_id).values(deleted_at=moment))


def names_in_bin(session: Session, person: Person) -> list[str]:
    return [line.name for line in load_bin(session, viewer_of(person)).lines]


def test_the_bin_keeps_everything_and_a_restored_record_is_as_it_was(session: Session, ann: Person) -> None:
    factories.sql_connection(ann)
    values = sql_values("sweets", annotations=({"size": 1},))
    saved = factories.plugin(ann, values)
    before = generation(session, ann.account.id)
    deleted = service.delete_plugin(viewer_of(ann), saved.id, saved.revision)
    assert generation(session, ann.account.id) == before + 1
    check_counts(session)
    restored = service.restore_plugin(viewer_of(ann), saved.id, deleted.revision)
    assert generation(session, ann.account.id) == before + 2
    check_counts(session)
    plugin = session.get_one(PluginMeta, saved.id)
    assert (plugin.to_values(), plugin.deleted_at, plugin.deleted_by_id) == (values, None, None)
    assert (restored.locator, restored.name, restored.revision) == (saved.locator, "sweets", 3)
    assert revisions(session) == [(1, "create", []), (2, "delete", []), (3, "restore", [])]


def test_deleting_twice_is_harmless(session: Session, ann: Person) -> None:
    deleted = binned(ann, "sweets")
    for revision in (1, deleted.revision, 99):
        assert service.delete_plugin(viewer_of(ann), deleted.id, revision) == deleted
    assert len(revisions(session)) == 2


def test_restoring_twice_is_harmless(session: Session, ann: Person) -> None:
    deleted = binned(ann, "sweets")
    restored = service.restore_plugin(viewer_of(ann), deleted.id, deleted.revision)
    assert service.restore_plugin(viewer_of(ann), deleted.id, deleted.revision) == restored
    assert len(revisions(session)) == 3


def test_an_old_undo_does_not_bring_back_what_was_deleted_again(session: Session, ann: Person) -> None:
    first = binned(ann, "sweets")
    restored = service.restore_plugin(viewer_of(ann), first.id, first.revision)
    service.delete_plugin(viewer_of(ann), first.id, restored.revision)
    with pytest.raises(StaleRevision):
        service.restore_plugin(viewer_of(ann), first.id, first.revision)


def test_what_was_changed_meanwhile_is_not_deleted(session: Session, ann: Person) -> None:
    saved = factories.plugin(ann, BASE)
    service.update_plugin(viewer_of(ann), saved.id, 1, replace(BASE, description="Another."))
    with pytest.raises(StaleRevision):
        service.delete_plugin(viewer_of(ann), saved.id, 1)
    check_counts(session)


def test_only_who_manages_a_record_deletes_and_restores_it(session: Session, ann: Person) -> None:
    saved = factories.plugin(ann, BASE)
    colleague, stranger = factories.person(of=ann.account), factories.person(role="staff")
    staff = factories.person(role="staff", of=ann.account)
    with pytest.raises(PermissionDenied):
        service.delete_plugin(viewer_of(colleague), saved.id, 1)
    with pytest.raises(NotFound):
        service.delete_plugin(viewer_of(stranger), saved.id, 1)
    deleted = service.delete_plugin(viewer_of(staff), saved.id, 1)
    for person in (colleague, stranger):
        with pytest.raises(NotFound):
            service.delete_plugin(viewer_of(person), saved.id, deleted.revision)
        with pytest.raises(NotFound):
            service.restore_plugin(viewer_of(person), saved.id, deleted.revision)
        assert names_in_bin(session, person) == []
    service.restore_plugin(viewer_of(ann), saved.id, deleted.revision)
    with pytest.raises(PermissionDenied):
        service.restore_plugin(viewer_of(colleague), saved.id, deleted.revision)
    with pytest.raises(NotFound):
        service.restore_plugin(viewer_of(stranger), saved.id, deleted.revision)


def test_each_sees_in_the_bin_what_they_may_restore(session: Session, ann: Person) -> None:
    bob = factories.person(of=ann.account)
    staff = factories.person(role="staff", of=ann.account)
    root = factories.person(role="superuser")
    other = factories.person(role="staff")
    for owner, name in ((ann, "of_ann"), (bob, "of_bob"), (other, "of_other")):
        binned(owner, name)
    assert names_in_bin(session, ann) == ["of_ann"]
    assert names_in_bin(session, bob) == ["of_bob"]
    assert names_in_bin(session, staff) == ["of_bob", "of_ann"]
    assert names_in_bin(session, other) == ["of_other"]
    assert names_in_bin(session, root) == ["of_other", "of_bob", "of_ann"]


def test_a_line_says_who_deleted_it_and_how_long_it_is_kept(session: Session, ann: Person) -> None:
    staff = factories.person("veruca_salt", role="staff", of=ann.account)
    saved = factories.plugin(ann, BASE)
    service.delete_plugin(viewer_of(staff), saved.id, 1)
    line = load_bin(session, viewer_of(ann)).lines[0]
    assert (line.deleted_by, line.owner_name, line.days_left) == ("Veruca Salt", "Ann Shaw", 30)
    assert (line.locator, line.revision, line.account_name) == (saved.locator, 2, ann.account.name)
    age(saved.id, 29.5)
    assert load_bin(session, viewer_of(ann)).lines[0].days_left == 1


def test_the_name_of_a_binned_record_is_free(session: Session, ann: Person) -> None:
    deleted = binned(ann, "sweets")
    taker = factories.plugin(ann, BASE)
    with pytest.raises(NameTaken) as caught:
        service.restore_plugin(viewer_of(ann), deleted.id, deleted.revision)
    assert (caught.value.name, caught.value.free_name) == ("sweets", "sweets_restored")
    check_counts(session)
    factories.plugin(ann, plugin_values("sweets_restored"))
    with pytest.raises(NameTaken) as caught:
        service.restore_plugin(viewer_of(ann), deleted.id, deleted.revision)
    restored = service.restore_plugin(viewer_of(ann), deleted.id, deleted.revision, caught.value.free_name)
    assert (restored.name, restored.changed) == ("sweets_restored_2", ("name",))
    assert session.get_one(PluginMeta, taker.id).name == "sweets"
    check_counts(session)


@pytest.mark.parametrize("name", ["2025_sweets", "Sweets", "a__b", "", "x" * 65])
def test_a_record_is_restored_under_a_good_name_only(session: Session, ann: Person, name: str) -> None:
    deleted = binned(ann, "sweets")
    with pytest.raises(InvalidInput) as caught:
        service.restore_plugin(viewer_of(ann), deleted.id, deleted.revision, name)
    assert "name" in caught.value.errors
    session.rollback()
    assert session.get_one(PluginMeta, deleted.id).deleted_at is not None


def test_a_name_that_only_an_import_brings_is_restored_unjudged(session: Session, ann: Person) -> None:
    saved = service.create_plugin(viewer_of(ann), replace(BASE, name="2025_sweets"), imported=True)
    deleted = service.delete_plugin(viewer_of(ann), saved.id, 1)
    assert service.restore_plugin(viewer_of(ann), saved.id, deleted.revision).name == "2025_sweets"


def test_readiness_is_judged_anew_when_a_record_comes_back(session: Session, ann: Person) -> None:
    saved = factories.plugin(ann, sql_values("sweets"))
    assert session.get_one(PluginMeta, saved.id).readiness == "not_ready"
    deleted = service.delete_plugin(viewer_of(ann), saved.id, 1)
    factories.sql_connection(ann)
    service.restore_plugin(viewer_of(ann), saved.id, deleted.revision)
    assert session.get_one(PluginMeta, saved.id).readiness == "ready"
    check_counts(session)


def test_after_its_time_a_record_is_neither_listed_nor_restored(session: Session, ann: Person) -> None:
    deleted = binned(ann, "sweets")
    age(deleted.id, KEPT_FOR.days)
    assert names_in_bin(session, ann) == []
    with pytest.raises(NotFound):
        service.restore_plugin(viewer_of(ann), deleted.id, deleted.revision)
    with pytest.raises(NotFound):
        service.delete_plugin(viewer_of(ann), deleted.id, deleted.revision)


def test_cleaning_up_removes_what_is_over_and_keeps_its_history(session: Session, ann: Person) -> None:
    over, recent, live = binned(ann, "over"), binned(ann, "recent"), factories.plugin(ann, BASE)
    age(over.id, KEPT_FOR.days + 1)
    clean_up()
    session.rollback()
    assert set(session.scalars(select(PluginMeta.id))) == {recent.id, live.id}
    for model in (PluginSelector, PluginPrompt, PluginDataBase, PluginTag):
        column = model.__table__.c.plugin_id
        assert set(session.scalars(select(column))) <= {recent.id, live.id}, model
    assert (
        session.scalar(select(func.count()).select_from(Revision).where(Revision.record_id == over.id)) == 2
    )
    assert set(session.scalars(select(PluginSearch.plugin_id))) == {live.id}
    check_counts(session)
    # Its id never comes back.
    assert factories.plugin(ann).id > live.id


def test_cleaning_up_does_a_little_at_a_time(
    session: Session, ann: Person, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr("webapp.plugins.service.bin.REMOVED_AT_ONCE", 2)
    for number in range(3):
        age(binned(ann).id, KEPT_FOR.days + 3 - number)
    for left in (1, 0, 0):
        clean_up()
        session.rollback()
        assert session.scalar(select(func.count()).select_from(PluginMeta)) == left


def test_pages_of_the_bin_hold_every_line_once(
    session: Session, ann: Person, monkeypatch: pytest.MonkeyPatch
) -> None:
    from webapp.plugins.queries import bin as queries
    from webapp.plugins.queries.bin import from_mark

    monkeypatch.setattr(queries, "PAGE_SIZE", 3)
    ids = [binned(ann).id for _ in range(8)]
    moment = utcnow() - dt.timedelta(days=1)
    with transaction() as writing:  # All in one moment: only the id tells them apart.
        writing.execute(update(PluginMeta).values(deleted_at=moment))
    viewer, pages, after = viewer_of(ann), [], None
    while True:
        page = load_bin(session, viewer, after=after)
        pages.append(page)
        if not page.older:
            break
        after = from_mark(page.lines[-1].mark)
    assert [line.id for page in pages for line in page.lines] == ids[::-1]
    assert [page.newer for page in pages] == [False, True, True]
    back = load_bin(session, viewer, before=from_mark(pages[2].lines[0].mark))
    assert back.lines == pages[1].lines and back.newer and back.older
    first = load_bin(session, viewer, before=from_mark(pages[1].lines[0].mark))
    assert first.lines == pages[0].lines and not first.newer and first.older


def test_a_mark_beyond_all_time_stands_for_no_place() -> None:
    from webapp.plugins.queries.bin import from_mark

    assert from_mark((2**62, 1)) is None


# ---- at once ---------------------------------------------------------------------------------------------------


def test_of_deletions_at_once_all_succeed_and_one_writes(app: Flask, session: Session, ann: Person) -> None:
    viewer, saved = viewer_of(ann), factories.plugin(ann, BASE)
    errors = in_threads(app, lambda _: service.delete_plugin(viewer, saved.id, 1) and None, 4)
    assert errors == [None] * 4
    session.rollback()
    assert [action for _, action, _ in revisions(session)] == ["create", "delete"]
    check_counts(session)


def test_of_a_deletion_and_an_edit_at_once_one_is_kept(app: Flask, session: Session, ann: Person) -> None:
    viewer, saved = viewer_of(ann), factories.plugin(ann, BASE)

    def work(number: int) -> None:
        if number % 2:
            service.delete_plugin(viewer, saved.id, 1)
        else:
            service.update_plugin(viewer, saved.id, 1, replace(BASE, description="Another."))

    errors = in_threads(app, work, 2)
    assert errors.count(None) == 1
    assert all(isinstance(error, StaleRevision | NotFound) for error in errors if error)
    session.rollback()
    assert len(revisions(session)) == 2
    check_counts(session)


def test_of_a_restoration_and_a_creation_of_one_name_one_gets_it(
    app: Flask, session: Session, ann: Person
) -> None:
    viewer, deleted = viewer_of(ann), binned(ann, "sweets")

    def work(number: int) -> None:
        if number % 2:
            service.restore_plugin(viewer, deleted.id, deleted.revision)
        else:
            service.create_plugin(viewer, BASE)

    errors = in_threads(app, work, 2)
    assert errors.count(None) == 1
    session.rollback()
    named = select(func.count()).where(PluginMeta.name == "sweets", PluginMeta.deleted_at.is_(None))
    assert session.scalar(named) == 1
    if error := errors[1]:
        assert isinstance(error, NameTaken) and error.free_name == "sweets_restored"
    check_counts(session)


def test_of_restorations_at_once_all_succeed_and_one_writes(
    app: Flask, session: Session, ann: Person
) -> None:
    viewer, deleted = viewer_of(ann), binned(ann, "sweets")
    errors = in_threads(
        app, lambda _: service.restore_plugin(viewer, deleted.id, deleted.revision) and None, 4
    )
    assert errors == [None] * 4
    session.rollback()
    assert len(revisions(session)) == 3
    check_counts(session)


def test_deletions_restorations_and_moves_at_once_end_in_no_deadlock(
    app: Flask, session: Session, ann: Person
) -> None:
    viewer, bob = viewer_of(ann), factories.person(role="staff", of=ann.account)
    tags = ("sherbet", "fudge", "nougat", "praline")
    plugins = [factories.plugin(ann, tags=tags if number % 2 else tags[::-1]) for number in range(4)]
    by_bob = viewer_of(bob)

    def work(number: int) -> None:
        plugin, revision = plugins[number], 1
        for turn in range(6):
            owner = (ann, bob)[(turn + number) % 2]
            revision = service.delete_plugin(by_bob, plugin.id, revision).revision
            revision = service.restore_plugin(by_bob, plugin.id, revision).revision
            revision = service.change_owner(by_bob, plugin.id, revision, owner.profile_id).revision
            service.clone_plugin(viewer, plugin.id)

    assert in_threads(app, work, 4) == [None] * 4
    check_counts(session)


def test_a_tag_of_binned_records_only_counts_nothing(session: Session, ann: Person) -> None:
    deleted = binned(ann)
    assert set(session.scalars(select(Tag.uses))) == {0}
    assert find_binned(session, viewer_of(ann), deleted.id) is not None
