"""Going back: an earlier revision, one field of it, and taking writes back, with what others did since."""

from __future__ import annotations

from dataclasses import replace

import pytest
from sqlalchemy import select
from sqlalchemy.orm import Session

from tests import factories
from tests.factories import Person, plugin_values, viewer_of
from webapp.core.errors import InvalidInput, NotFound, PermissionDenied, StaleRevision
from webapp.history.models import Revision
from webapp.history.undoing import NotUndone, Overlap
from webapp.plugins import service
from webapp.plugins.models import PluginMeta
from webapp.plugins.service import Saved
from webapp.plugins.values import PluginValues

BASE = plugin_values("sweets", description="One.", version="1.0.0")


@pytest.fixture
def ann(session: Session) -> Person:
    """Return the owner."""
    return factories.person("ann_shaw")


@pytest.fixture
def saved(ann: Person) -> Saved:
    """Return a plugin of Ann's at revision 1."""
    return factories.plugin(ann, BASE)


def change(person: Person, saved: Saved, **fields: object) -> Saved:
    """Write fields over what the plugin says now."""
    plugin = _stored(saved)
    values = replace(plugin.to_values(), **fields)  # type: ignore[arg-type]
    return service.update_plugin(viewer_of(person), saved.id, plugin.revision, values)


def _stored(saved: Saved) -> PluginMeta:
    from webapp.db.session import current_session

    session = current_session()
    session.expire_all()
    return session.get_one(PluginMeta, saved.id)


def said(saved: Saved) -> PluginValues:
    return _stored(saved).to_values()


def test_a_revision_is_restored_whole_and_says_so(session: Session, ann: Person, saved: Saved) -> None:
    last = change(ann, saved, description="Two.", version="2.0.0", tags=("other",), prompt=None)
    back = service.restore_revision(viewer_of(ann), saved.id, last.revision, 1)
    assert said(saved) == BASE
    assert (back.revision, back.changed) == (3, ("description", "version", "tags", "prompt"))
    row = session.scalars(
        select(Revision).where(Revision.record_id == saved.id, Revision.revision == 3)
    ).one()
    assert (row.restored, row.action) == (1, "update")


def test_one_field_of_a_revision_is_restored(ann: Person, saved: Saved) -> None:
    last = change(ann, saved, description="Two.", version="2.0.0")
    service.restore_revision(viewer_of(ann), saved.id, last.revision, 1, "description")
    assert said(saved) == replace(BASE, version="2.0.0")


def test_a_part_of_the_data_is_restored_alone(ann: Person, saved: Saved) -> None:
    assert BASE.data is not None
    last = change(ann, saved, data=replace(BASE.data, description="Other.", static_data={"a": 1}))
    service.restore_revision(viewer_of(ann), saved.id, last.revision, 1, "data.static_data")
    assert said(saved).data == replace(BASE.data, description="Other.")


@pytest.mark.parametrize("part", ["nothing", "data.sql_query", "__class__", "owner"])
def test_there_is_nothing_to_restore_in_a_field_that_is_none(ann: Person, saved: Saved, part: str) -> None:
    with pytest.raises(NotFound):
        service.restore_revision(viewer_of(ann), saved.id, 1, 1, part)


def test_a_restore_that_changes_nothing_writes_nothing(ann: Person, saved: Saved) -> None:
    assert service.restore_revision(viewer_of(ann), saved.id, 1, 1).revision == 1


def test_a_stale_restore_is_refused(ann: Person, saved: Saved) -> None:
    change(ann, saved, description="Two.")
    with pytest.raises(StaleRevision):
        service.restore_revision(viewer_of(ann), saved.id, 1, 1)


def test_a_name_that_is_taken_comes_with_a_free_one(ann: Person, saved: Saved) -> None:
    last = service.rename_plugin(viewer_of(ann), saved.id, 1, "sherbet")
    factories.plugin(ann, plugin_values("sweets"))
    with pytest.raises(InvalidInput) as refused:
        service.restore_revision(viewer_of(ann), saved.id, last.revision, 1)
    (error,) = refused.value.errors["name"]
    assert (error.code, error.suggestion) == ("unique", "sweets_restored")
    assert said(saved).name == "sherbet"


def test_a_name_of_old_is_not_judged_as_a_new_one(ann: Person) -> None:
    saved = service.create_plugin(viewer_of(ann), plugin_values("7up"), imported=True)
    last = service.rename_plugin(viewer_of(ann), saved.id, 1, "seven_up")
    assert service.restore_revision(viewer_of(ann), saved.id, last.revision, 1).name == "7up"


def test_only_who_may_change_a_plugin_goes_back(ann: Person, saved: Saved) -> None:
    change(ann, saved, description="Two.")
    colleague, stranger = factories.person(of=ann.account), factories.person()
    with pytest.raises(PermissionDenied):
        service.restore_revision(viewer_of(colleague), saved.id, 2, 1)
    with pytest.raises(PermissionDenied):
        service.undo_writes(viewer_of(colleague), saved.id, 2, 2)
    with pytest.raises(NotFound):
        service.restore_revision(viewer_of(stranger), saved.id, 2, 1)
    with pytest.raises(NotFound):
        service.undo_writes(viewer_of(stranger), saved.id, 2, 2)


# ---- taking writes back ----------------------------------------------------------------------------------------


def test_an_edit_is_taken_back_and_done_again(ann: Person, saved: Saved) -> None:
    edited = change(ann, saved, description="Two.", version="2.0.0")
    undone = service.undo_writes(viewer_of(ann), saved.id, 2, 2)
    assert said(saved) == BASE
    service.undo_writes(viewer_of(ann), saved.id, undone.revision, undone.revision)
    assert said(saved) == replace(BASE, description="Two.", version="2.0.0")
    assert edited.revision == 2


def test_what_others_changed_since_stays(ann: Person, saved: Saved) -> None:
    change(ann, saved, description="Two.")
    change(ann, saved, tags=("sweets", "shop", "new"), version="1.1.0")
    service.undo_writes(viewer_of(ann), saved.id, 2, 2)
    assert said(saved) == replace(BASE, tags=("sweets", "shop", "new"), version="1.1.0")


def test_a_field_that_was_changed_again_is_for_a_person_to_decide(ann: Person, saved: Saved) -> None:
    change(ann, saved, description="Two.")
    change(ann, saved, description="Three.")
    with pytest.raises(Overlap) as refused:
        service.undo_writes(viewer_of(ann), saved.id, 2, 2)
    assert refused.value.labels == ("Description",)
    assert said(saved).description == "Three."


def test_a_run_of_writes_is_taken_back_as_one(ann: Person, saved: Saved) -> None:
    change(ann, saved, description="Two.")
    change(ann, saved, description="Three.", version="3.0.0")
    change(ann, saved, tags=("later",))
    service.undo_writes(viewer_of(ann), saved.id, 2, 3)
    assert said(saved) == replace(BASE, tags=("later",))


def test_a_creation_is_taken_back_into_the_bin(ann: Person, saved: Saved) -> None:
    assert service.undo_writes(viewer_of(ann), saved.id, 1, 1).action == "delete"
    assert _stored(saved).deleted_at is not None
    # A second press finds it there already.
    assert service.undo_writes(viewer_of(ann), saved.id, 1, 1).action == ""


def test_a_creation_that_was_worked_on_since_stays(ann: Person, saved: Saved) -> None:
    change(ann, saved, description="Two.")
    with pytest.raises(NotUndone, match="changed again since"):
        service.undo_writes(viewer_of(ann), saved.id, 1, 1)
    assert _stored(saved).deleted_at is None


def test_a_deletion_and_a_restoration_are_taken_back(ann: Person, saved: Saved) -> None:
    service.delete_plugin(viewer_of(ann), saved.id, 1)
    back = service.undo_writes(viewer_of(ann), saved.id, 2, 2)
    assert (back.action, _stored(saved).deleted_at) == ("restore", None)
    again = service.undo_writes(viewer_of(ann), saved.id, 3, 3)
    assert (again.action, again.revision) == ("delete", 4)


def test_a_deletion_whose_name_is_taken_stays(ann: Person, saved: Saved) -> None:
    service.delete_plugin(viewer_of(ann), saved.id, 1)
    factories.plugin(ann, BASE)
    with pytest.raises(NotUndone, match="sweets_restored is free"):
        service.undo_writes(viewer_of(ann), saved.id, 2, 2)


def test_a_change_of_owner_is_taken_back(ann: Person, saved: Saved) -> None:
    boss, bob = factories.person(of=ann.account, role="staff"), factories.person("bob", of=ann.account)
    service.change_owner(viewer_of(boss), saved.id, 1, bob.profile_id)
    undone = service.undo_writes(viewer_of(boss), saved.id, 2, 2)
    assert (undone.changed, undone.action) == (("owner",), "update")
    assert _stored(saved).user_profile_id == ann.profile_id


def test_who_was_given_the_plugin_on_keeps_it(ann: Person, saved: Saved) -> None:
    boss = factories.person(of=ann.account, role="staff")
    bob, eve = factories.person(of=ann.account), factories.person(of=ann.account)
    service.change_owner(viewer_of(boss), saved.id, 1, bob.profile_id)
    service.change_owner(viewer_of(boss), saved.id, 2, eve.profile_id)
    with pytest.raises(Overlap):
        service.undo_writes(viewer_of(boss), saved.id, 2, 2)


@pytest.mark.parametrize(("first", "last"), [(7, 7), (0, 0), (2, 1), (3, 3)])
def test_a_write_that_is_not_kept_is_not_taken_back(ann: Person, saved: Saved, first: int, last: int) -> None:
    with pytest.raises(NotUndone):
        service.undo_writes(viewer_of(ann), saved.id, first, last)
    assert said(saved) == BASE
