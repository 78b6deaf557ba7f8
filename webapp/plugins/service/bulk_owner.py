"""Handing many plugins to one person: what `change_owner` does to each of them, as one act."""

from __future__ import annotations

from collections.abc import Mapping, Sequence

from sqlalchemy import select
from sqlalchemy.orm import Session

from webapp.accounts.identity import Viewer
from webapp.accounts.models import User, UserProfile
from webapp.history.queries import list_changed_since
from webapp.plugins.models.identity import LOCATOR_KIND
from webapp.plugins.queries.owners import PossibleOwner, find_owner_named
from webapp.plugins.queries.selecting import Stored
from webapp.plugins.service.bulk_edit import Act, Outcome, Refused, Seen, Wanted, examine, perform
from webapp.plugins.values import PluginValues

NOBODY = "Nobody of this username can own plugins of its account."
MOVED = "Somebody has changed its owner since you opened this."


def preview_owner(session: Session, viewer: Viewer, seen: Seen, username: str) -> Outcome:
    """Return what `change_owners` would do now; nothing is written."""
    return examine(session, viewer, seen, HandOver(username, seen))


def change_owners(viewer: Viewer, seen: Seen, username: str, *, title: str) -> Outcome:
    """Hand plugins to the person of this username in the account of each, as one act.

    Raises:
        Conflict: another request wrote at the same moment.
        Unavailable: the database was busy for too long.
    """
    return perform(viewer, seen, HandOver(username, seen), title=title)


class HandOver(Act):
    """Another owner for live records."""

    def __init__(self, username: str, seen: Seen) -> None:
        """Take whom the records are handed to, and what the person saw."""
        self._username, self._seen = username, seen
        self._receivers: dict[int, PossibleOwner | None] = {}
        self._givers: dict[int, Mapping[str, str]] = {}
        self._moved: set[int] = set()

    def prepare(self, session: Session, portion: Sequence[Stored]) -> None:
        """Look up who owns the records now, who is to own them, and which were handed over meanwhile."""
        account_id = portion[0].account_id
        if account_id not in self._receivers:
            self._receivers[account_id] = find_owner_named(session, account_id, self._username)
        self._givers |= list_people(session, {item.profile_id for item in portion} - self._givers.keys())
        moved = {item.id: self._seen[item.id] for item in portion if item.revision != self._seen[item.id]}
        changed = list_changed_since(session, LOCATOR_KIND, moved)
        self._moved = {plugin_id for plugin_id, fields in changed.items() if "owner" in fields}

    def judge(self, stored: Stored, values: PluginValues) -> Wanted | None:
        """Return the record with its new owner."""
        receiver = self._receivers[stored.account_id]
        if receiver is None:
            raise Refused(NOBODY)
        if receiver.profile_id == stored.profile_id:
            return None
        if stored.id in self._moved:
            raise Refused(MOVED)
        owners = {
            "from": self._givers[stored.profile_id],
            "to": {"username": receiver.username, "name": receiver.name},
        }
        return Wanted(values, ("owner",), receiver.profile_id, {"owner": owners})


def list_people(session: Session, profile_ids: set[int]) -> dict[int, dict[str, str]]:
    """Return how history names the people of some profiles."""
    if not profile_ids:
        return {}
    rows = session.execute(
        select(UserProfile.id, User.username, User.display_name)
        .join(User, User.id == UserProfile.user_id)
        .where(UserProfile.id.in_(profile_ids))
    )
    return {row.id: {"username": row.username, "name": row.display_name or row.username} for row in rows}
