"""The active-record members that move a plugin as a whole: delete, restore, rename, clone, change of owner.

Like `save()` they validate and flush inside the caller's `transaction()`; services add permission and history.
"""

from __future__ import annotations

import datetime as dt
import itertools
from collections.abc import Sequence
from dataclasses import replace
from typing import TYPE_CHECKING

from sqlalchemy import select
from sqlalchemy.orm import Session, object_session

from webapp.accounts.models import UserProfile
from webapp.core import rules
from webapp.core.clock import utcnow
from webapp.core.errors import InvalidInput, NameTaken, SmarterValueError
from webapp.core.text import numbered_names
from webapp.db.session import current_session
from webapp.plugins.models import bookkeeping
from webapp.plugins.models.writing import ActiveRecord, Stored

if TYPE_CHECKING:
    from webapp.plugins.models.meta import PluginMeta

KEPT_FOR = dt.timedelta(days=30)
"""How long a record can be restored; after that a clean-up removes it."""
COPY = "copy"
RESTORED = "restored"
NAMES_AT_ONCE = 50


class Lifecycle(ActiveRecord):
    """Moving one plugin: into the bin and back, to another name, to another owner, to a second record."""

    def delete(self, deleted_by_id: int | None = None) -> None:
        """Move the record to the bin, where its name is free and it can be restored (seed: delete)."""
        session = object_session(self) or current_session()
        if self.deleted_at is not None:
            return
        counted, carried = bookkeeping.tally_key(session, self.id), bookkeeping.tag_ids(session, self.id)
        self.deleted_at = utcnow()
        self.deleted_by_id = deleted_by_id
        self.revision += 1
        session.flush()
        self._follow(session, Stored(counted, carried, keeps_tags=False, keeps_annotations=False))

    def restore(self, name: str | None = None) -> None:
        """Take the record out of the bin, under another name when one is given; a live record stays as it is.

        It is judged anew: its connection may have come or gone meanwhile.

        Raises:
            NameTaken: a live record of the account has the name.
            InvalidInput: the other name, or what is stored, breaks a rule.
        """
        session = object_session(self) or current_session()
        if self.deleted_at is None:
            return
        if name is not None:
            _require_name(name)
        with session.no_autoflush:
            self.name = name or self.name
            self.deleted_at = None
            self.deleted_by_id = None
            if self._name_is_taken():
                raise NameTaken(self.name, free_name(session, self.account_id, self.name, RESTORED))
            self.save()

    def rename(self, name: str) -> None:
        """Give the record another name; its id, and with it every link to it, stays (seed: rename).

        Raises:
            InvalidInput: the name breaks a rule or another live record of the account has it.
        """
        _require_name(name)
        session = object_session(self) or current_session()
        with session.no_autoflush:
            self.name = name
            self.save()

    def clone(self, user_profile: UserProfile, name: str | None = None) -> PluginMeta:
        """Return a new record with everything that is written on this one (seed: clone).

        Its connection is looked up by name in the account of its owner; while there is none, it is not ready.

        Args:
            user_profile: whose it will be.
            name: of the new record; the first free one of "x_copy", "x_copy_2", … when not given.

        Raises:
            InvalidInput: the name breaks a rule or is taken.
        """
        from webapp.plugins.models.meta import PluginMeta  # The class is built from this mixin.

        session = object_session(self) or current_session()
        if name is None:
            name = free_name(session, user_profile.account_id, self.name, COPY)
        _require_name(name)
        twin = PluginMeta(account_id=user_profile.account_id, user_profile_id=user_profile.id)
        twin.assign(replace(self.to_values(), name=name))
        twin.save()
        return twin

    def change_owner(self, user_profile: UserProfile) -> None:
        """Hand the record to another person of its account.

        Raises:
            SmarterValueError: the profile belongs to another account.
        """
        if user_profile.account_id != self.account_id:
            raise SmarterValueError("The new owner belongs to another account. Choose somebody of this one.")
        session = object_session(self) or current_session()
        with session.no_autoflush:
            self.user_profile_id = user_profile.id
            self.save()
        session.expire(self, ["user_profile"])


def free_name(session: Session, account_id: int, name: str, word: str) -> str:
    """Return the first of "name_word", "name_word_2", … that no live plugin of the account has."""
    candidates = numbered_names(name, word)
    while True:
        names = list(itertools.islice(candidates, NAMES_AT_ONCE))
        taken = taken_names(session, account_id, names)
        free = next((candidate for candidate in names if candidate not in taken), None)
        if free is not None:
            return free


def _require_name(name: str) -> None:
    # Strictly: `save()` converts, but who renames has to get the name that was written.
    if errors := rules.check_name(name, new=False):
        raise InvalidInput({"name": errors})


def taken_names(session: Session, account_id: int, names: Sequence[str]) -> set[str]:
    """Return those of the names that live plugins of the account have."""
    from webapp.plugins.models.meta import PluginMeta  # The class is built from these mixins.

    taken: set[str] = set()
    for start in range(0, len(names), bookkeeping.AT_ONCE):
        taken |= set(
            session.scalars(
                select(PluginMeta.name).where(
                    PluginMeta.account_id == account_id,
                    PluginMeta.deleted_at.is_(None),
                    PluginMeta.name.in_(names[start : start + bookkeeping.AT_ONCE]),
                )
            )
        )
    return taken
