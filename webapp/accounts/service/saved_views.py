"""What people do with saved views: save, rename, share, update, delete and bring back, and choose where they begin.

A view is written by its owner alone; the staff of an account may also delete what others share with it (ADR 0016).
"""

from __future__ import annotations

import datetime as dt
from dataclasses import dataclass

import structlog
from sqlalchemy import delete, func, select
from sqlalchemy.orm import Session

from webapp.accounts.identity import Viewer
from webapp.accounts.models import DefaultView, SavedView, UserProfile
from webapp.accounts.queries.saved_views import VIEWS_MAX
from webapp.accounts.service.fields import refuse, text_errors, tidy
from webapp.accounts.service.people import require_staff
from webapp.core.clock import utcnow
from webapp.core.errors import Conflict, FieldError, InvalidInput, NotFound, PermissionDenied
from webapp.core.text import fold
from webapp.db.session import touch_account, transaction

VIEW_NAME_MAX = 64
NAME_KEY_MAX = 200
KEPT_FOR = dt.timedelta(days=1)
"""How long a deleted view can be brought back."""
TAKEN = "You have a view of that name. Choose another name."

log = structlog.get_logger(__name__)


@dataclass(frozen=True)
class ViewValues:
    """What a person says about a view; `query` is the canonical query string of the list."""

    name: str
    query: str
    is_shared: bool = False


@dataclass(frozen=True)
class Written:
    """The view that a write was about, and what it was before."""

    id: int
    name: str
    query: str
    is_shared: bool


def save_view(viewer: Viewer, values: ViewValues) -> Written:
    """Save a state of the list under a name.

    Raises:
        InvalidInput: the name is refused or taken, the state is the plain list, or there are too many views.
    """
    name = _checked(values.name)
    if not values.query:
        raise InvalidInput.of(
            "query", "This is the whole list. Set a filter or another order first.", "plain"
        )
    with transaction() as session:
        _lock_profile(session, viewer)
        _check_room(session, viewer)
        _check_free(session, viewer.profile_id, name)
        view = SavedView(
            account_id=viewer.account_id,
            user_profile_id=viewer.profile_id,
            name=name,
            name_key=fold(name),
            query=values.query,
            is_shared=values.is_shared,
        )
        session.add(view)
        session.flush()
        touch_account(session, viewer.account_id)
        written = _written(view)
    log.info("view_saved", view_id=written.id, shared=values.is_shared, by=viewer.user_id)
    return written


def change_view(viewer: Viewer, view_id: int, name: str, *, is_shared: bool) -> Written:
    """Rename the viewer's own view, share it with the account or stop that; return what it was.

    Nobody else begins with a view that is shared no more.

    Raises:
        NotFound: there is no such view that the viewer may read.
        PermissionDenied: it is somebody else's.
        InvalidInput: the name is refused or taken.
    """
    name = _checked(name)
    with transaction() as session:
        view = _get_own(session, viewer, view_id)
        _check_free(session, viewer.profile_id, name, besides=view.id)
        before = _written(view)
        view.name, view.name_key, view.is_shared = name, fold(name), is_shared
        view.updated_at = utcnow()
        if not is_shared:
            foreign = DefaultView.user_profile_id != viewer.profile_id
            session.execute(delete(DefaultView).where(DefaultView.saved_view_id == view.id, foreign))
        touch_account(session, viewer.account_id)
    log.info("view_changed", view_id=view_id, shared=is_shared, by=viewer.user_id)
    return before


def update_view(viewer: Viewer, view_id: int, query: str) -> Written:
    """Let the viewer's own view mean another state of the list; return what it was.

    Raises:
        NotFound: there is no such view that the viewer may read.
        PermissionDenied: it is somebody else's.
    """
    with transaction() as session:
        view = _get_own(session, viewer, view_id)
        before = _written(view)
        view.query, view.updated_at = query, utcnow()
        touch_account(session, viewer.account_id)
    log.info("view_updated", view_id=view_id, by=viewer.user_id)
    return before


def delete_view(viewer: Viewer, view_id: int) -> Written:
    """Delete a view, one's own or as staff one that is shared; for a day it can be brought back.

    Raises:
        NotFound: there is no such view that the viewer may read.
        PermissionDenied: it is somebody else's, and the viewer is not staff.
    """
    with transaction() as session:
        view = _get_removable(session, viewer, view_id)
        if view.deleted_at is not None:
            raise NotFound
        view.deleted_at = utcnow()
        touch_account(session, viewer.account_id)
        written = _written(view)
    log.info("view_deleted", view_id=view_id, by=viewer.user_id)
    return written


def restore_view(viewer: Viewer, view_id: int) -> Written:
    """Bring back a view that was deleted; who began with it begins with it again.

    Raises:
        NotFound: there is no such view, or the viewer could not have deleted it.
        PermissionDenied: it is somebody else's, and the viewer is not staff.
        Conflict: its owner has another view of that name, or as many as they may have.
    """
    with transaction() as session:
        view = _get_removable(session, viewer, view_id)
        if view.deleted_at is not None:
            if _is_taken(session, view.user_profile_id, view.name_key, besides=view.id):
                raise Conflict(f"There is another view called {view.name} now. Rename that one first.")
            if _count(session, view.user_profile_id) >= VIEWS_MAX:
                raise Conflict(f"There are {VIEWS_MAX} views now. Delete one first.")
            view.deleted_at = None
            touch_account(session, viewer.account_id)
        written = _written(view)
    log.info("view_restored", view_id=view_id, by=viewer.user_id)
    return written


def choose_default(viewer: Viewer, view_id: int | None) -> int | None:
    """Let the list begin with a view, or with none; return the id of the one before.

    Raises:
        NotFound: there is no such view that the viewer may read.
    """
    with transaction() as session:
        _lock_profile(session, viewer)
        if view_id is not None:
            _get_readable(session, viewer, view_id)
        row = session.get(DefaultView, viewer.profile_id)
        before = None if row is None else row.saved_view_id
        if row is None and view_id is not None:
            row = DefaultView(user_profile_id=viewer.profile_id, account_id=viewer.account_id)
            row.saved_view_id = view_id
            session.add(row)
        elif row is not None and view_id is not None:
            row.saved_view_id = view_id
        elif row is not None:
            session.delete(row)
    log.info("default_view_chosen", view_id=view_id, by=viewer.user_id)
    return before


def forget_deleted_views(session: Session) -> None:
    """Remove for good the views that were deleted long ago, inside the caller's transaction."""
    session.execute(delete(SavedView).where(SavedView.deleted_at < utcnow() - KEPT_FOR))


def _checked(name: str) -> str:
    name = " ".join(tidy(name).split(" "))
    errors = text_errors(name, VIEW_NAME_MAX)
    if not errors and len(fold(name)) > NAME_KEY_MAX:
        errors = [FieldError("This name is too long once it is compared. Use a shorter one.", "long")]
    refuse({"name": errors})
    return name


def _lock_profile(session: Session, viewer: Viewer) -> None:
    """Let the writes of one profile come one after the other, so that limits and names hold."""
    profile = session.scalar(
        select(UserProfile.id)
        .where(UserProfile.id == viewer.profile_id, UserProfile.account_id == viewer.account_id)
        .with_for_update()
    )
    if profile is None:
        raise NotFound


def _get_readable(session: Session, viewer: Viewer, view_id: int) -> SavedView:
    view = _get_any(session, viewer, view_id)
    if view.deleted_at is not None:
        raise NotFound
    return view


def _get_own(session: Session, viewer: Viewer, view_id: int) -> SavedView:
    view = _get_readable(session, viewer, view_id)
    if view.user_profile_id != viewer.profile_id:
        raise PermissionDenied("Only who saved a view changes it. Save one of your own from it.")
    return view


def _get_removable(session: Session, viewer: Viewer, view_id: int) -> SavedView:
    view = _get_any(session, viewer, view_id)
    if view.user_profile_id != viewer.profile_id:
        if not viewer.is_staff:
            raise PermissionDenied("Only who saved a view, or the staff of the account, deletes it.")
        require_staff(session, viewer)
    return view


def _get_any(session: Session, viewer: Viewer, view_id: int) -> SavedView:
    """Return a view that the viewer may read, deleted or not, locked until the end."""
    _lock_profile(session, viewer)
    view = session.scalar(
        select(SavedView)
        .where(SavedView.id == view_id, SavedView.account_id == viewer.account_id)
        .with_for_update()
        .execution_options(populate_existing=True)
    )
    if view is None or not (view.is_shared or view.user_profile_id == viewer.profile_id):
        raise NotFound
    return view


def _check_free(session: Session, profile_id: int, name: str, besides: int | None = None) -> None:
    if _is_taken(session, profile_id, fold(name), besides):
        raise InvalidInput.of("name", TAKEN, "unique")


def _is_taken(session: Session, profile_id: int, key: str, besides: int | None = None) -> bool:
    found = select(SavedView.id).where(
        SavedView.user_profile_id == profile_id, SavedView.name_key == key, SavedView.deleted_at.is_(None)
    )
    return session.scalar(found.where(SavedView.id != (besides or 0))) is not None


def _check_room(session: Session, viewer: Viewer) -> None:
    if _count(session, viewer.profile_id) >= VIEWS_MAX:
        raise InvalidInput.of("name", f"You have {VIEWS_MAX} views. Delete one first.", "many")


def _count(session: Session, profile_id: int) -> int:
    live = (SavedView.user_profile_id == profile_id) & SavedView.deleted_at.is_(None)
    return session.scalar(select(func.count()).select_from(SavedView).where(live)) or 0


def _written(view: SavedView) -> Written:
    return Written(view.id, view.name, view.query, view.is_shared)
