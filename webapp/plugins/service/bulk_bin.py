"""Moving many plugins to the bin and out of it: what one call does to each of them, by bulk statements."""

from __future__ import annotations

import itertools
from collections import Counter, defaultdict
from collections.abc import Iterable, Mapping, Sequence
from dataclasses import replace
from typing import Any, cast

from sqlalchemy import Table, bindparam, delete, func, select, update
from sqlalchemy.orm import Session

from webapp.accounts.identity import Viewer
from webapp.accounts.permissions import may_manage
from webapp.core.clock import utcnow
from webapp.core.text import numbered_names
from webapp.db.session import touch_account, transaction
from webapp.history import service as history
from webapp.plugins.models import (
    PluginAnnotation,
    PluginMeta,
    PluginSearch,
    PluginTag,
    PluginTally,
    Tag,
    bulk_rows,
)
from webapp.plugins.models.bookkeeping import TallyKey
from webapp.plugins.models.identity import LOCATOR_KIND
from webapp.plugins.models.lifecycle import RESTORED, taken_names
from webapp.plugins.queries.bin import is_restorable
from webapp.plugins.queries.selecting import Stored, list_stored
from webapp.plugins.queries.visibility import is_readable, visible_to
from webapp.plugins.service.bulk_edit import (
    NOT_YOURS,
    Act,
    Outcome,
    Refusal,
    Refused,
    Seen,
    Wanted,
    account_of,
    examine,
    perform,
)
from webapp.plugins.values import PluginValues

AT_ONCE = 500
CANDIDATES = 8
MOVED = "Somebody has changed it since you opened this."
META, TAGS, TALLIES = (cast(Table, model.__table__) for model in (PluginMeta, Tag, PluginTally))


def preview_bin(session: Session, viewer: Viewer, seen: Seen) -> Outcome:
    """Return what `bin_plugins` would do now; nothing is written."""
    return _sort_out(viewer, seen, list_stored(session, is_readable(viewer), seen))[0]


def bin_plugins(viewer: Viewer, seen: Seen, *, title: str) -> Outcome:
    """Move plugins to the bin as one act; what somebody has changed since stays and is reported.

    Raises:
        Conflict: another request wrote at the same moment.
        Unavailable: the database was busy for too long.
    """
    with transaction() as session:
        stored = list_stored(session, is_readable(viewer), seen, lock=True)
        outcome, ours = _sort_out(viewer, seen, stored)
        with history.one_unit(
            session, viewer.actor, account_id=account_of(viewer, stored), title=title
        ) as unit:
            bin_unmoved(viewer, {item.id: item.revision for item in ours})
        # An act that wrote nothing leaves no unit behind.
        outcome.unit_id = unit.id if ours else None
    return outcome


def _sort_out(viewer: Viewer, seen: Seen, stored: Sequence[Stored]) -> tuple[Outcome, list[Stored]]:
    outcome, ours = Outcome(gone=len(seen) - len(stored)), []
    for item in stored:
        if not may_manage(viewer, item.account_id, item.profile_id):
            outcome.refused.append(Refusal(item.id, item.name, NOT_YOURS))
        elif item.revision != seen[item.id]:
            outcome.refused.append(Refusal(item.id, item.name, MOVED))
        else:
            ours.append(item)
    outcome.changed = len(ours)
    return outcome, ours


def preview_restore(session: Session, viewer: Viewer, seen: Seen, *, rename: bool) -> Outcome:
    """Return what `restore_plugins` would do now; nothing is written."""
    return examine(session, viewer, seen, TakeOut(seen, rename=rename), is_restorable(viewer, utcnow()))


def restore_plugins(viewer: Viewer, seen: Seen, *, rename: bool, title: str) -> Outcome:
    """Take plugins out of the bin as one act.

    Args:
        viewer: who restores.
        seen: the plugins, at the revisions that they had in the bin.
        rename: give one whose name is taken a free one; else it stays in the bin and is reported.
        title: what the feed calls the act.

    Raises:
        Conflict: somebody took one of the names at the same moment.
        Unavailable: the database was busy for too long.
    """
    where = is_restorable(viewer, utcnow())
    return perform(viewer, seen, TakeOut(seen, rename=rename), title=title, where=where)


class TakeOut(Act):
    """Records that leave the bin; they are judged anew, because their connections may have come or gone."""

    action = "restore"

    def __init__(self, seen: Seen, *, rename: bool) -> None:
        """Take what the person saw, and whether taken names are replaced."""
        self._seen, self._rename = seen, rename
        self._taken: dict[int, set[str]] = defaultdict(set)

    def prepare(self, session: Session, portion: Sequence[Stored]) -> None:
        """Look up which of their names are taken, and of those that could take their place."""
        account_id = portion[0].account_id
        names = {item.name for item in portion}
        taken = self._taken[account_id]  # It also holds the names that earlier portions were given.
        taken |= taken_names(session, account_id, sorted(names))
        if not self._rename:
            return
        offers = {offer for name in names for offer in _first(name)}
        taken |= taken_names(session, account_id, sorted(offers))

    def judge(self, stored: Stored, values: PluginValues) -> Wanted | None:
        """Return the record under its own name, or under a free one."""
        if stored.revision != self._seen[stored.id]:
            raise Refused(MOVED)
        taken, name = self._taken[stored.account_id], stored.name
        if name in taken:
            name = next((offer for offer in _first(name) if offer not in taken), "") if self._rename else ""
            if not name:
                raise Refused(f"Another plugin is called {stored.name} by now.")
        wanted = bulk_rows.clean(replace(values, name=name))
        taken.add(name)
        return Wanted(wanted, () if name == stored.name else ("name",))


def _first(name: str) -> Iterable[str]:
    return itertools.islice(numbered_names(name, RESTORED), CANDIDATES)


def bin_unmoved(viewer: Viewer, revisions: Mapping[int, int]) -> set[int]:
    """Move the plugins to the bin that are still at the revision given for them; return which.

    Plugins that are in the bin already, not in the viewer's sight or not theirs to manage stay as they are.

    Args:
        viewer: who moves them.
        revisions: the revision of each plugin, by id.
    """
    moved: set[int] = set()
    tags: Counter[int] = Counter()
    tallies: Counter[TallyKey] = Counter()
    with transaction() as session:
        session.flush()
        ids = sorted(revisions)
        # In the order of their ids, as every writer of many records locks them.
        for start in range(0, len(ids), AT_ONCE):
            rows = _lock(session, viewer, ids[start : start + AT_ONCE])
            mine = [
                row
                for row in rows
                if row.revision == revisions[row.id]
                and may_manage(viewer, row.account_id, row.user_profile_id)
            ]
            if mine:
                tags += _bin(session, viewer, [row.id for row in mine])
                tallies += Counter(
                    TallyKey(row.account_id, row.user_profile_id, row.plugin_class, row.readiness)
                    for row in mine
                )
                moved |= {row.id for row in mine}
        _count_out(session, tags, tallies)
        for account_id in {key.account_id for key in tallies}:
            touch_account(session, account_id)
        session.expire_all()
    return moved


def _lock(session: Session, viewer: Viewer, ids: Sequence[int]) -> Sequence[Any]:
    columns = (META.c.id, META.c.account_id, META.c.user_profile_id, META.c.plugin_class)
    statement = visible_to(viewer).where(PluginMeta.id.in_(ids)).order_by(PluginMeta.id).with_for_update()
    return session.execute(statement.with_only_columns(*columns, META.c.readiness, META.c.revision)).all()


def _bin(session: Session, viewer: Viewer, ids: Sequence[int]) -> Counter[int]:
    """Move locked plugins and return how many of them carried each tag."""
    history.record_for_all(
        session, viewer.actor, table=META, ids=ids, record_kind=LOCATOR_KIND, changed=(), action="delete"
    )
    session.execute(
        update(META)
        .where(META.c.id.in_(ids))
        .values(deleted_at=utcnow(), deleted_by_id=viewer.user_id, revision=META.c.revision + 1)
    )
    for found in (cast(Table, model.__table__) for model in (PluginSearch, PluginAnnotation)):
        session.execute(delete(found).where(found.c.plugin_id.in_(ids)))
    carried = select(PluginTag.tag_id, func.count().label("number")).where(PluginTag.plugin_id.in_(ids))
    rows = session.execute(carried.group_by(PluginTag.tag_id)).all()
    return Counter({row.tag_id: row.number for row in rows})


def _count_out(session: Session, tags: Counter[int], tallies: Counter[TallyKey]) -> None:
    """Take records out of the counts, in one order for all writers."""
    if tags:
        session.connection().execute(
            update(TAGS).where(TAGS.c.id == bindparam("tag")).values(uses=TAGS.c.uses - bindparam("gone")),
            [{"tag": tag_id, "gone": number} for tag_id, number in sorted(tags.items())],
        )
    for key, number in sorted(tallies.items(), key=lambda item: tuple(vars(item[0]).values())):
        session.execute(
            update(TALLIES)
            .where(*(TALLIES.c[name] == value for name, value in vars(key).items()))
            .values(records=TALLIES.c.records - number)
        )
