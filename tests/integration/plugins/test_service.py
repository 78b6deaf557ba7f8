from __future__ import annotations

import threading
from collections.abc import Callable
from dataclasses import replace

import pytest
from flask import Flask
from sqlalchemy import func, select
from sqlalchemy.orm import Session

from tests import factories
from tests.factories import Person, plugin_values, viewer_of
from webapp.accounts.models import Account
from webapp.core.errors import Conflict, InvalidInput, NotFound, PermissionDenied, StaleRevision
from webapp.db.session import transaction
from webapp.extensions import db
from webapp.history.models import Revision
from webapp.plugins import service
from webapp.plugins.models import PluginMeta
from webapp.plugins.values import PluginValues, StaticData

BASE = plugin_values("sweets", annotations=({"size": 1},))


@pytest.fixture
def ann(session: Session) -> Person:
    """Return a member."""
    return factories.person("ann_shaw")


def revisions(session: Session) -> list[tuple[int, str, list[str]]]:
    rows = session.execute(
        select(Revision.revision, Revision.action, Revision.changed).order_by(Revision.revision)
    )
    return [(row.revision, row.action, row.changed) for row in rows]


def generation(session: Session, account_id: int) -> int:
    session.rollback()
    return session.scalars(select(Account.generation).where(Account.id == account_id)).one()


def test_a_write_leaves_one_revision_with_the_record_as_it_is(session: Session, ann: Person) -> None:
    saved = service.create_plugin(viewer_of(ann), BASE)
    changed = replace(BASE, description="Another.", tags=("a",))
    after = service.update_plugin(viewer_of(ann), saved.id, saved.revision, changed)
    assert (after.revision, after.changed) == (2, ("description", "tags"))
    assert revisions(session) == [(1, "create", []), (2, "update", ["description", "tags"])]
    snapshot = session.scalars(select(Revision.snapshot).where(Revision.revision == 2)).one()
    assert PluginValues.from_dict(snapshot) == changed


def test_a_write_that_changes_nothing_leaves_no_revision_and_no_generation(
    session: Session, ann: Person
) -> None:
    saved = service.create_plugin(viewer_of(ann), BASE)
    before = generation(session, ann.account.id)
    again = service.update_plugin(viewer_of(ann), saved.id, saved.revision, BASE)
    assert (again.revision, again.changed) == (1, ())
    assert generation(session, ann.account.id) == before
    assert len(revisions(session)) == 1


@pytest.mark.parametrize("other", [True, 1.0, "1", [1]])
def test_another_kind_of_value_is_a_change(session: Session, ann: Person, other: object) -> None:
    saved = service.create_plugin(viewer_of(ann), BASE)
    after = service.update_plugin(
        viewer_of(ann), saved.id, saved.revision, replace(BASE, annotations=({"size": other},))
    )
    assert after.changed == ("annotations",)


def test_another_order_of_keys_is_a_change(session: Session, ann: Person) -> None:
    values = replace(BASE, data=StaticData("", {"a": 1, "b": 2}))
    saved = service.create_plugin(viewer_of(ann), values)
    after = service.update_plugin(
        viewer_of(ann), saved.id, saved.revision, replace(values, data=StaticData("", {"b": 2, "a": 1}))
    )
    assert after.changed == ("data",)


def test_every_write_raises_the_generation_of_its_account(session: Session, ann: Person) -> None:
    other = factories.person()
    before, elsewhere = generation(session, ann.account.id), generation(session, other.account.id)
    saved = service.create_plugin(viewer_of(ann), BASE)
    service.update_plugin(viewer_of(ann), saved.id, saved.revision, replace(BASE, description="Another."))
    assert generation(session, ann.account.id) == before + 2
    assert generation(session, other.account.id) == elsewhere


def test_a_stale_write_is_refused_and_says_which_revision_there_is(session: Session, ann: Person) -> None:
    saved = service.create_plugin(viewer_of(ann), BASE)
    service.update_plugin(viewer_of(ann), saved.id, 1, replace(BASE, description="First."))
    with pytest.raises(StaleRevision) as caught:
        service.update_plugin(viewer_of(ann), saved.id, 1, replace(BASE, description="Second."))
    assert (caught.value.expected, caught.value.actual) == (1, 2)
    assert len(revisions(session)) == 2


def test_only_who_manages_a_plugin_changes_it(session: Session, ann: Person) -> None:
    saved = service.create_plugin(viewer_of(ann), BASE)
    changed = replace(BASE, description="Another.")
    colleague, stranger = factories.person(of=ann.account), factories.person(role="staff")
    with pytest.raises(PermissionDenied):
        service.update_plugin(viewer_of(colleague), saved.id, 1, changed)
    with pytest.raises(NotFound):
        service.update_plugin(viewer_of(stranger), saved.id, 1, changed)
    with pytest.raises(NotFound):
        service.update_plugin(viewer_of(ann), 999_999, 1, changed)
    staff = factories.person(role="staff", of=ann.account)
    assert service.update_plugin(viewer_of(staff), saved.id, 1, changed).revision == 2


def test_a_plugin_of_the_platform_is_changed_by_its_own_people_only(session: Session, ann: Person) -> None:
    owner = factories.person(of=factories.platform())
    saved = service.create_plugin(viewer_of(owner), BASE)
    with pytest.raises(PermissionDenied):
        service.update_plugin(viewer_of(ann), saved.id, 1, replace(BASE, description="Another."))


def test_a_plugin_in_the_bin_is_not_found(session: Session, ann: Person) -> None:
    saved = service.create_plugin(viewer_of(ann), BASE)
    with transaction() as writing:
        plugin = writing.get(PluginMeta, saved.id)
        assert plugin is not None
        plugin.delete()
    with pytest.raises(NotFound):
        service.update_plugin(viewer_of(ann), saved.id, 1, replace(BASE, description="Another."))


def test_staff_create_for_others_and_members_only_for_themselves(session: Session, ann: Person) -> None:
    staff = factories.person(role="staff", of=ann.account)
    saved = service.create_plugin(viewer_of(staff), BASE, owner_profile_id=ann.profile_id)
    plugin = session.get(PluginMeta, saved.id)
    assert plugin is not None and plugin.user_profile_id == ann.profile_id
    with pytest.raises(PermissionDenied):
        service.create_plugin(viewer_of(ann), plugin_values(), owner_profile_id=staff.profile_id)
    with pytest.raises(PermissionDenied):
        service.create_plugin(viewer_of(ann), plugin_values(), owner_profile_id=factories.person().profile_id)


def test_all_errors_come_at_once(session: Session, ann: Person) -> None:
    with pytest.raises(InvalidInput) as caught:
        service.create_plugin(viewer_of(ann), replace(BASE, name="a.b", version="1", tags=("a,b",)))
    assert set(caught.value.errors) == {"name", "version", "tags"}
    assert session.scalar(select(func.count()).select_from(PluginMeta)) == 0


def test_only_an_import_brings_a_name_that_starts_with_a_digit(session: Session, ann: Person) -> None:
    with pytest.raises(InvalidInput):
        service.create_plugin(viewer_of(ann), replace(BASE, name="2025_sweets"))
    saved = service.create_plugin(viewer_of(ann), replace(BASE, name="2025_sweets"), imported=True)
    with pytest.raises(InvalidInput):
        service.update_plugin(viewer_of(ann), saved.id, 1, replace(BASE, name="2026_sweets"))
    assert (
        service.update_plugin(
            viewer_of(ann), saved.id, 1, replace(BASE, name="2025_sweets", description="Kept.")
        ).revision
        == 2
    )


def in_threads(app: Flask, work: Callable[[int], None], count: int) -> list[BaseException | None]:
    """Do the work at once in several threads, each with a context of its own; return what each raised."""
    start, results = threading.Barrier(count), [None] * count
    found: list[BaseException | None] = list(results)

    def run(number: int) -> None:
        with app.app_context():
            start.wait(60)
            try:
                work(number)
            except Exception as error:
                found[number] = error
            finally:
                db.session.remove()

    threads = [threading.Thread(target=run, args=(number,)) for number in range(count)]
    for thread in threads:
        thread.start()
    for thread in threads:
        thread.join(120)
    return found


def test_of_writes_at_once_with_one_revision_one_is_kept(app: Flask, session: Session, ann: Person) -> None:
    viewer = viewer_of(ann)
    saved = service.create_plugin(viewer, BASE)

    def work(number: int) -> None:
        service.update_plugin(viewer, saved.id, 1, replace(BASE, description=f"Writer {number}."))

    errors = in_threads(app, work, 5)
    assert errors.count(None) == 1
    assert all(isinstance(error, StaleRevision) for error in errors if error)
    session.rollback()
    assert len(revisions(session)) == 2


def test_of_one_name_at_once_one_is_created(app: Flask, session: Session, ann: Person) -> None:
    viewer = viewer_of(ann)

    def work(_: int) -> None:
        service.create_plugin(viewer, BASE)

    errors = in_threads(app, work, 5)
    assert errors.count(None) == 1
    assert all(isinstance(error, InvalidInput | Conflict) for error in errors if error)
    session.rollback()
    assert session.scalar(select(func.count()).select_from(PluginMeta)) == 1
