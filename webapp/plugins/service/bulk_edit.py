"""One act on many plugins: what each of them becomes, what stays and what is refused; all that can be is written.

The same code judges for a preview and for the act. Memory holds a portion of the records at a time; of all of them only
what the lock needs.
"""

from __future__ import annotations

import itertools
from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass, field
from typing import Any

from sqlalchemy import ColumnElement
from sqlalchemy.orm import Session

from webapp.accounts.identity import Viewer
from webapp.accounts.permissions import may_manage
from webapp.core.errors import InvalidInput
from webapp.db.bulk import Encoded, encode
from webapp.db.session import transaction
from webapp.history import service as history
from webapp.history.queries import list_snapshots_of_many
from webapp.plugins.changes import Change
from webapp.plugins.models import bulk_rows
from webapp.plugins.models.bookkeeping import TallyKey
from webapp.plugins.models.bulk_rows import AT_ONCE, Before, BulkWrite, Write, Written
from webapp.plugins.models.identity import LOCATOR_KIND
from webapp.plugins.queries.selecting import Stored, list_stored
from webapp.plugins.queries.visibility import is_readable
from webapp.plugins.queries.whole import load_whole
from webapp.plugins.service.writing import changed_fields
from webapp.plugins.values import PluginValues

NOT_YOURS = "You may read it but not change it."

Seen = Mapping[int, int]
"""The records that a person chose, by id, at the revisions that they saw."""


@dataclass(frozen=True)
class Refusal:
    """A record that stays as it is, and why."""

    id: int
    name: str
    reason: str
    binned: bool = False


@dataclass
class Outcome:
    """What an act did, or would do: records changed, records that say it already, those refused, those gone."""

    changed: int = 0
    same: int = 0
    refused: list[Refusal] = field(default_factory=list)
    gone: int = 0
    unit_id: int | None = None

    @property
    def is_complete(self) -> bool:
        """Tell whether every record is as the person wanted it."""
        return not self.refused and not self.gone


@dataclass(frozen=True)
class Wanted:
    """What a record is to become; `owner` is the profile of its next owner, 0 leaves it with its own."""

    values: PluginValues
    changed: tuple[str, ...]
    owner: int = 0
    more: Mapping[str, Any] | None = None
    restored: int | None = None


class Refused(Exception):
    """One of the records cannot be had; the message says why."""


class Act:
    """What is done to each of many records."""

    action = "update"

    def allows(self, viewer: Viewer, stored: Stored) -> bool:
        """Tell whether the viewer may do it to a record that they can reach."""
        return may_manage(viewer, stored.account_id, stored.profile_id)

    def prepare(self, session: Session, portion: Sequence[Stored]) -> None:
        """Read what the act has to know of some records, all of one account, before it judges them."""

    def judge(self, stored: Stored, values: PluginValues) -> Wanted | None:
        """Return what a record is to become; None when it stays as it is.

        Raises:
            Refused: it cannot be had; the message says why.
            InvalidInput: it would break a rule.
        """
        raise NotImplementedError


class Edit(Act):
    """A change of what is written on live records."""

    def __init__(self, change: Change, seen: Seen) -> None:
        """Take the change, and what the person saw."""
        self._change, self._seen = change, seen
        self._bases: dict[int, PluginValues] = {}

    def prepare(self, session: Session, portion: Sequence[Stored]) -> None:
        """Read what records that others wrote since said when the person saw them."""
        moved = {item.id: self._seen[item.id] for item in portion if item.revision != self._seen[item.id]}
        found = list_snapshots_of_many(session, LOCATOR_KIND, moved) if moved else {}
        self._bases = {plugin_id: PluginValues.from_dict(snapshot) for plugin_id, snapshot in found.items()}

    def judge(self, stored: Stored, values: PluginValues) -> Wanted | None:
        """Return the record with the change; what somebody else has written since is not overwritten."""
        if stored.revision != self._seen[stored.id]:
            name = self._change.overwrites(self._bases.get(stored.id), values)
            if name:
                raise Refused(f"Somebody has changed its {name} since you opened this.")
        wanted = bulk_rows.clean(self._change.apply(values))
        changed = changed_fields(values, wanted)
        return Wanted(wanted, changed) if changed else None


def preview_edit(session: Session, viewer: Viewer, seen: Seen, change: Change) -> Outcome:
    """Return what `edit_plugins` would do now; nothing is written."""
    return examine(session, viewer, seen, Edit(change, seen))


def edit_plugins(viewer: Viewer, seen: Seen, change: Change, *, title: str) -> Outcome:
    """Change many plugins as one act; a record that cannot be changed stays as it is and is reported.

    Args:
        viewer: who changes them.
        seen: the records, at the revisions that the viewer saw; what commutes with others' writes is merged.
        change: the same for all of them.
        title: what the feed calls the act.

    Raises:
        Conflict: another request wrote at the same moment.
        Unavailable: the database was busy for too long.
    """
    return perform(viewer, seen, Edit(change, seen), title=title)


def examine(
    session: Session, viewer: Viewer, seen: Seen, act: Act, where: ColumnElement[bool] | None = None
) -> Outcome:
    """Return what an act would do to the records in reach; nothing is written."""
    where = is_readable(viewer) if where is None else where
    stored = list_stored(session, where, seen)
    outcome = Outcome(gone=len(seen) - len(stored))
    for _ in _judged(session, viewer, act, where, stored, outcome):
        pass
    return outcome


def perform(
    viewer: Viewer, seen: Seen, act: Act, *, title: str, where: ColumnElement[bool] | None = None
) -> Outcome:
    """Do an act to the records in reach, in one transaction and as one unit of history.

    Args:
        viewer: who does it.
        seen: the records.
        act: what is done to each.
        title: what the feed calls it.
        where: which records are in reach; the live ones that the viewer may read, when not given.
    """
    where = is_readable(viewer) if where is None else where
    with transaction() as session:
        session.flush()
        stored = list_stored(session, where, seen, lock=True)
        outcome = Outcome(gone=len(seen) - len(stored))
        with history.one_unit(
            session, viewer.actor, account_id=account_of(viewer, stored), title=title
        ) as unit:
            write_judged(session, viewer, act, where, stored, outcome)
        # An act that wrote nothing leaves no unit behind.
        outcome.unit_id = unit.id if outcome.changed else None
    return outcome


def write_judged(
    session: Session,
    viewer: Viewer,
    act: Act,
    where: ColumnElement[bool],
    stored: Sequence[Stored],
    outcome: Outcome,
) -> list[int]:
    """Write what an act makes of locked records, with history; return which, and note the rest in `outcome`."""
    done: list[int] = []
    for account_id, portions in itertools.groupby(
        _judged(session, viewer, act, where, stored, outcome), key=lambda found: found[0]
    ):
        bulk = BulkWrite(session, account_id)
        for _, pending in portions:
            if not pending:
                continue
            written = bulk.write(
                [Write(wanted.values, _before(item), wanted.owner) for item, wanted in pending]
            )
            events = [_event(act, left, wanted) for left, (_, wanted) in zip(written, pending, strict=True)]
            history.record_many(
                session, viewer.actor, events, account_id=account_id, record_kind=LOCATOR_KIND
            )
            done += [left.id for left in written]
        bulk.finish()
    return done


Judged = tuple[int, list[tuple[Stored, Wanted]]]


def _judged(
    session: Session,
    viewer: Viewer,
    act: Act,
    where: ColumnElement[bool],
    stored: Sequence[Stored],
    outcome: Outcome,
) -> Iterator[Judged]:
    """Yield portions of records of one account with what they become; note everything else in `outcome`."""
    mine = []
    for item in stored:
        if act.allows(viewer, item):
            mine.append(item)
        else:
            outcome.refused.append(Refusal(item.id, item.name, NOT_YOURS, item.binned))
    for account_id in sorted({item.account_id for item in mine}):
        of_account = [item for item in mine if item.account_id == account_id]
        for start in range(0, len(of_account), AT_ONCE):
            portion = of_account[start : start + AT_ONCE]
            act.prepare(session, portion)
            whole = {row.id: values for row, values in load_whole(session, [i.id for i in portion], where)}
            pending = []
            for item in portion:
                try:
                    wanted = act.judge(item, whole[item.id])
                except (Refused, InvalidInput) as refused:
                    outcome.refused.append(Refusal(item.id, item.name, str(refused), item.binned))
                    continue
                if wanted is None:
                    outcome.same += 1
                else:
                    pending.append((item, wanted))
            outcome.changed += len(pending)
            yield account_id, pending


def account_of(viewer: Viewer, stored: Sequence[Stored]) -> int:
    """Return in whose feed an act stands: the records' account, or the viewer's when there are several."""
    accounts = {item.account_id for item in stored}
    return accounts.pop() if len(accounts) == 1 and viewer.is_superuser else viewer.account_id


def _before(item: Stored) -> Before:
    cell = TallyKey(item.account_id, item.profile_id, item.plugin_class, item.readiness)
    return Before(item.id, item.revision, cell, item.binned)


def _event(act: Act, written: Written, wanted: Wanted) -> history.Event:
    snapshot: Encoded = encode({**vars(written.values), **(wanted.more or {})})
    return history.Event(
        written.id, written.revision, act.action, snapshot, wanted.changed, restored=wanted.restored
    )
