"""Reading saved views: a profile's own, and those that its colleagues share."""

from __future__ import annotations

from dataclasses import dataclass
from functools import cache
from typing import Any

from sqlalchemy import BigInteger, Integer, Select, bindparam, func, or_, select
from sqlalchemy.orm import Session

from webapp.accounts.identity import Viewer
from webapp.accounts.models import SavedView, User, UserProfile
from webapp.core.errors import NotFound
from webapp.core.locators import format_locator, parse_locator

VIEW_KIND = "savedview"
VIEWS_MAX = 100
"""How many views a profile may have."""
SHARED_SHOWN = 200
"""How many views of colleagues are listed at most."""


@dataclass(frozen=True)
class View:
    """A saved view as its reader may see it; `owner` is empty for their own."""

    id: int
    name: str
    query: str
    is_shared: bool
    owner: str = ""

    @property
    def key(self) -> str:
        """Return what stands for the view in addresses and forms."""
        return view_key(self.id)

    @property
    def is_own(self) -> bool:
        """Tell whether it is the reader's own."""
        return not self.owner


def view_key(view_id: int) -> str:
    """Return what stands for a view in addresses and forms."""
    return format_locator(VIEW_KIND, view_id)


def parse_view_key(key: str) -> int:
    """Return the id of the view that a key stands for.

    Raises:
        NotFound: it is none.
    """
    found = parse_locator(key, VIEW_KIND)
    if found is None:
        raise NotFound
    return found


def list_views(session: Session, viewer: Viewer) -> tuple[View, ...]:
    """Return the viewer's own views by name, then the first `SHARED_SHOWN` that others share, in one statement."""
    rows = session.execute(_listed(), _reader(viewer) | {"limit": VIEWS_MAX + SHARED_SHOWN})
    return tuple(View(*row) for row in rows)


def get_view(session: Session, viewer: Viewer, key: str) -> View:
    """Return one view.

    Raises:
        NotFound: there is none with that key that the viewer may read.
    """
    named = _readable().where(SavedView.id == parse_view_key(key))
    row = session.execute(named, _reader(viewer)).one_or_none()
    if row is None:
        raise NotFound
    return View(*row)


# The statements are built once: for a page of the list that takes as long as asking them.
_PROFILE, _ACCOUNT = bindparam("profile_id", type_=BigInteger), bindparam("account_id", type_=BigInteger)


def _reader(viewer: Viewer) -> dict[str, int]:
    return {"profile_id": viewer.profile_id, "account_id": viewer.account_id}


@cache
def _listed() -> Select[int, str, str, bool, Any]:
    is_foreign = SavedView.user_profile_id != _PROFILE
    ordered = _readable().order_by(is_foreign, SavedView.name_key, SavedView.id)
    return ordered.limit(bindparam("limit", type_=Integer))


@cache
def _readable() -> Select[int, str, str, bool, Any]:
    own = SavedView.user_profile_id == _PROFILE
    return (
        select(
            SavedView.id,
            SavedView.name,
            SavedView.query,
            SavedView.is_shared,
            func.coalesce(
                select(func.coalesce(func.nullif(User.display_name, ""), User.username))
                .join(UserProfile, UserProfile.user_id == User.id)
                .where(UserProfile.id == SavedView.user_profile_id, ~own)
                .correlate(SavedView)
                .scalar_subquery(),
                "",
            ).label("owner"),
        )
        .where(SavedView.account_id == _ACCOUNT, SavedView.deleted_at.is_(None))
        .where(or_(own, SavedView.is_shared))
    )
