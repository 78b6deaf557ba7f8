"""Saved views as the service keeps them: whose they are, who sees and writes them, and what becomes of them."""

from __future__ import annotations

import datetime as dt
from dataclasses import dataclass

import pytest
from sqlalchemy import delete, func, select, update
from sqlalchemy.orm import Session

from tests import factories
from tests.factories import Person, viewer_of
from webapp.accounts.identity import Viewer
from webapp.accounts.models import Account, DefaultView, SavedView, User, UserProfile
from webapp.accounts.queries import saved_views as queries
from webapp.accounts.queries.saved_views import get_view, list_views, view_key
from webapp.accounts.queries.viewers import get_cli_viewer
from webapp.accounts.service import clean_up
from webapp.accounts.service import saved_views as service
from webapp.accounts.service.saved_views import ViewValues
from webapp.core.clock import utcnow
from webapp.core.errors import Conflict, InvalidInput, NotFound, PermissionDenied
from webapp.db.session import transaction


@dataclass(frozen=True)
class People:
    """Two members and staff of one account, and somebody of another."""

    ann: Person
    bob: Person
    staff: Person
    eve: Person


@pytest.fixture
def people(session: Session) -> People:
    """Return them."""
    here = factories.account("Here")
    return People(
        factories.person("ann", of=here),
        factories.person("bob", of=here),
        factories.person("imogen", of=here, role="staff"),
        factories.person("eve", role="staff"),
    )


def names(session: Session, person: Person) -> list[str]:
    return [view.name for view in list_views(session, viewer_of(person))]


def error_of(viewer: Viewer, values: ViewValues) -> str:
    with pytest.raises(InvalidInput) as refused:
        service.save_view(viewer, values)
    (errors,) = refused.value.errors.values()
    return errors[0].code


# ---- saving ---------------------------------------------------------------------------------------------------


def test_own_views_come_first_by_name_then_those_of_colleagues(session: Session, people: People) -> None:
    for name in ("b", "A", "c"):
        factories.saved_view(people.ann, name)
    factories.saved_view(people.bob, "private")
    factories.saved_view(people.bob, "All of bob", is_shared=True)
    assert names(session, people.ann) == ["A", "b", "c", "All of bob"]
    shown = list_views(session, viewer_of(people.ann))
    assert [(view.is_own, view.owner) for view in shown][2:] == [(True, ""), (False, "Bob")]
    assert names(session, people.bob) == ["All of bob", "private"]
    assert names(session, people.eve) == []


@pytest.mark.parametrize(
    ("name", "code"),
    [("", "empty"), ("   ", "empty"), ("x" * 65, "long"), ("a\nb", "character"), ("a\0b", "character")],
)
def test_a_name_that_cannot_be_used_is_refused(
    session: Session, people: People, name: str, code: str
) -> None:
    assert error_of(viewer_of(people.ann), ViewValues(name, "scope=mine")) == code


def test_a_name_whose_compared_form_is_too_long_is_refused_in_words(session: Session, people: People) -> None:
    assert error_of(viewer_of(people.ann), ViewValues("\ufdfa" * 64, "scope=mine")) == "long"


def test_a_name_is_taken_whatever_its_case_but_only_by_oneself(session: Session, people: People) -> None:
    factories.saved_view(people.ann, "Straße")
    assert error_of(viewer_of(people.ann), ViewValues(" STRASSE ", "scope=mine")) == "unique"
    factories.saved_view(people.bob, "strasse")
    view_id = factories.saved_view(people.ann, "Other")
    with pytest.raises(InvalidInput):
        service.change_view(viewer_of(people.ann), view_id, "straße", is_shared=False)
    service.change_view(viewer_of(people.ann), view_id, "OTHER", is_shared=False)


def test_the_whole_list_is_no_view(session: Session, people: People) -> None:
    assert error_of(viewer_of(people.ann), ViewValues("All", "")) == "plain"


def test_there_is_a_limit_and_it_holds_for_what_comes_back(
    session: Session, people: People, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(service, "VIEWS_MAX", 2)
    viewer = viewer_of(people.ann)
    first = factories.saved_view(people.ann, "1")
    factories.saved_view(people.ann, "2")
    assert error_of(viewer, ViewValues("3", "scope=mine")) == "many"
    service.delete_view(viewer, first)
    factories.saved_view(people.ann, "3")
    with pytest.raises(Conflict):
        service.restore_view(viewer, first)


def test_every_change_is_seen_by_whoever_holds_a_list(session: Session, people: People) -> None:
    def generation() -> int:
        session.rollback()
        return session.scalar(select(Account.generation).where(Account.id == people.ann.account.id)) or 0

    viewer, seen = viewer_of(people.ann), [generation()]
    view_id = factories.saved_view(people.ann)
    seen.append(generation())
    service.change_view(viewer, view_id, "Other", is_shared=True)
    seen.append(generation())
    service.update_view(viewer, view_id, "q=x")
    seen.append(generation())
    service.delete_view(viewer, view_id)
    seen.append(generation())
    service.restore_view(viewer, view_id)
    seen.append(generation())
    assert seen == sorted(set(seen))


# ---- whose ----------------------------------------------------------------------------------------------------


def test_a_shared_view_is_written_by_its_owner_alone(session: Session, people: People) -> None:
    view_id = factories.saved_view(people.ann, "Ours", is_shared=True)
    for other in (people.bob, people.staff):
        viewer = viewer_of(other)
        assert get_view(session, viewer, view_key(view_id)).owner == "Ann"
        with pytest.raises(PermissionDenied):
            service.change_view(viewer, view_id, "Mine", is_shared=True)
        with pytest.raises(PermissionDenied):
            service.update_view(viewer, view_id, "q=x")
    with pytest.raises(PermissionDenied):
        service.delete_view(viewer_of(people.bob), view_id)


def test_staff_delete_what_others_share_and_bring_it_back_as_theirs(session: Session, people: People) -> None:
    view_id = factories.saved_view(people.ann, "Ours", is_shared=True)
    service.delete_view(viewer_of(people.staff), view_id)
    assert names(session, people.ann) == []
    with pytest.raises(PermissionDenied):
        service.restore_view(viewer_of(people.bob), view_id)
    service.restore_view(viewer_of(people.staff), view_id)
    assert list_views(session, viewer_of(people.ann))[0].is_own


def test_somebody_who_is_staff_no_more_deletes_nothing_of_others(session: Session, people: People) -> None:
    view_id = factories.saved_view(people.ann, "Ours", is_shared=True)
    viewer = viewer_of(people.staff)
    with transaction() as writer:
        writer.execute(
            update(UserProfile).where(UserProfile.id == people.staff.profile_id).values(role="member")
        )
    with pytest.raises(PermissionDenied):
        service.delete_view(viewer, view_id)


def test_what_is_private_or_of_another_account_is_as_unknown_as_nothing(
    session: Session, people: People
) -> None:
    private = factories.saved_view(people.ann, "Private")
    shared = factories.saved_view(people.ann, "Ours", is_shared=True)
    for viewer, view_id in (
        (viewer_of(people.bob), private),
        (viewer_of(people.staff), private),
        (viewer_of(people.eve), shared),
        (viewer_of(people.eve), private),
        (viewer_of(people.ann), 987_654),
    ):
        with pytest.raises(NotFound):
            get_view(session, viewer, view_key(view_id))
        with pytest.raises(NotFound):
            service.change_view(viewer, view_id, "x", is_shared=False)
        with pytest.raises(NotFound):
            service.update_view(viewer, view_id, "q=x")
        for act in (service.delete_view, service.restore_view, service.choose_default):
            with pytest.raises(NotFound):
                act(viewer, view_id)


# ---- where the list begins ------------------------------------------------------------------------------------


def default_of(person: Person) -> tuple[int | None, str | None]:
    viewer = get_cli_viewer(person.username)
    return viewer.default_view_id, viewer.default_query


def test_a_default_comes_with_the_viewer_and_follows_the_view(session: Session, people: People) -> None:
    assert default_of(people.ann) == (None, None)
    view_id = factories.saved_view(people.ann, query="q=one")
    other = factories.saved_view(people.ann, "Other", "q=two")
    viewer = viewer_of(people.ann)
    assert service.choose_default(viewer, view_id) is None
    assert default_of(people.ann) == (view_id, "q=one")
    service.update_view(viewer, view_id, "q=new")
    assert default_of(people.ann) == (view_id, "q=new")
    assert service.choose_default(viewer, other) == view_id
    assert default_of(people.ann) == (other, "q=two")
    assert service.choose_default(viewer, None) == other
    assert service.choose_default(viewer, None) is None
    assert default_of(people.ann) == (None, None)


def test_a_default_ends_with_the_view_and_comes_back_with_it(session: Session, people: People) -> None:
    view_id = factories.saved_view(people.ann, is_shared=True)
    for person in (people.ann, people.bob):
        service.choose_default(viewer_of(person), view_id)
    service.delete_view(viewer_of(people.ann), view_id)
    assert default_of(people.ann) == default_of(people.bob) == (None, None)
    service.restore_view(viewer_of(people.ann), view_id)
    assert default_of(people.ann) == default_of(people.bob) == (view_id, "scope=mine")


def test_who_stops_sharing_keeps_the_default_and_the_others_lose_it(session: Session, people: People) -> None:
    view_id = factories.saved_view(people.ann, is_shared=True)
    for person in (people.ann, people.bob):
        service.choose_default(viewer_of(person), view_id)
    service.change_view(viewer_of(people.ann), view_id, "Mine", is_shared=False)
    assert default_of(people.ann) == (view_id, "scope=mine")
    assert default_of(people.bob) == (None, None)


# ---- what becomes of them -------------------------------------------------------------------------------------


def test_a_deleted_view_frees_its_name_and_is_removed_after_a_day(session: Session, people: People) -> None:
    viewer = viewer_of(people.ann)
    view_id = factories.saved_view(people.ann, "Mine")
    service.delete_view(viewer, view_id)
    with pytest.raises(NotFound):
        service.delete_view(viewer, view_id)
    again = factories.saved_view(people.ann, "MINE")
    with pytest.raises(Conflict):
        service.restore_view(viewer, view_id)
    clean_up()
    assert session.scalar(select(func.count()).select_from(SavedView)) == 2
    with transaction() as writer:
        writer.execute(
            update(SavedView)
            .where(SavedView.id == view_id)
            .values(deleted_at=utcnow() - service.KEPT_FOR - dt.timedelta(minutes=1))
        )
    clean_up()
    assert session.scalars(select(SavedView.id)).all() == [again]


def test_the_shared_views_of_somebody_disabled_stay_theirs(session: Session, people: People) -> None:
    factories.saved_view(people.ann, "Ours", is_shared=True)
    with transaction() as writer:
        writer.execute(update(User).where(User.id == people.ann.user_id).values(is_active=False))
    (view,) = list_views(session, viewer_of(people.bob))
    assert (view.name, view.owner) == ("Ours", "Ann")


def test_the_views_of_a_profile_go_with_it(session: Session, people: People) -> None:
    view_id = factories.saved_view(people.ann, "Ours", is_shared=True)
    service.choose_default(viewer_of(people.bob), view_id)
    with transaction() as writer:
        writer.execute(delete(UserProfile).where(UserProfile.id == people.ann.profile_id))
    for model in (SavedView, DefaultView):
        assert session.scalar(select(func.count()).select_from(model)) == 0


def test_a_list_of_views_has_an_end(
    session: Session, people: People, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(queries, "VIEWS_MAX", 1)
    monkeypatch.setattr(queries, "SHARED_SHOWN", 1)
    for name in ("a", "b", "c"):
        factories.saved_view(people.bob, name, is_shared=True)
    factories.saved_view(people.ann, "own")
    assert names(session, people.ann) == ["own", "a"]
