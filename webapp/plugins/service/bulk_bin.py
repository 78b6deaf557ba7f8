"""Moving many plugins to the bin at once: what `delete_plugin` does to each of them, by bulk statements."""

from __future__ import annotations

from collections import Counter
from collections.abc import Mapping, Sequence
from typing import Any, cast

from sqlalchemy import Table, bindparam, delete, func, select, update
from sqlalchemy.orm import Session

from webapp.accounts.identity import Viewer
from webapp.accounts.permissions import may_manage
from webapp.core.clock import utcnow
from webapp.db.session import touch_account, transaction
from webapp.history import service as history
from webapp.plugins.models import PluginAnnotation, PluginMeta, PluginSearch, PluginTag, PluginTally, Tag
from webapp.plugins.models.bookkeeping import TallyKey
from webapp.plugins.models.identity import LOCATOR_KIND
from webapp.plugins.queries.visibility import visible_to

AT_ONCE = 500
META, TAGS, TALLIES = (cast(Table, model.__table__) for model in (PluginMeta, Tag, PluginTally))


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
