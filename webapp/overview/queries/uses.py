"""Which plugins were given to models most and least, as far as it happened in the viewer's account.

Of a busy account only the latest uses are counted, so that a look at the overview never costs more than that.
"""

from __future__ import annotations

import datetime as dt
from collections.abc import Sequence
from dataclasses import dataclass
from typing import Any, cast

from sqlalchemy import ColumnElement, Table, false, func, or_, select
from sqlalchemy.orm import Session

from webapp.accounts.identity import Viewer
from webapp.core.locators import format_locator
from webapp.plugins.models import ChatPluginUsage, PluginMeta
from webapp.plugins.models.identity import LOCATOR_KIND
from webapp.plugins.queries.criteria import Branch
from webapp.plugins.queries.visibility import is_readable

SHOWN = 5
COUNTED_MAX = 10_000

_USES = cast(Table, ChatPluginUsage.__table__)


@dataclass(frozen=True)
class UsedPlugin:
    """A plugin and how often it was used."""

    locator: str
    name: str
    uses: int


@dataclass(frozen=True)
class Uses:
    """The most and the least used plugins of a scope; `is_cut` says that there were more uses than were counted.

    `recorded` is how many uses were counted, of whatever plugins: with none of them, nothing was used at all.
    """

    most: tuple[UsedPlugin, ...] = ()
    least: tuple[UsedPlugin, ...] = ()
    recorded: int = 0
    is_cut: bool = False


def find_last_use(session: Session, viewer: Viewer) -> int | None:
    """Return the id of the latest use in the viewer's account; no generation is raised by one (DESIGN §5)."""
    return session.scalar(
        select(_USES.c.id)
        .where(_USES.c.account_id == viewer.account_id)
        .order_by(_USES.c.at.desc(), _USES.c.id.desc())
        .limit(1)
    )


def rank_uses(session: Session, viewer: Viewer, branches: Sequence[Branch], since: dt.datetime) -> Uses:
    """Return the most and the least used plugins of some parts of the data since a moment, in two statements."""
    latest = (
        select(_USES.c.plugin_id)
        .where(_USES.c.account_id == viewer.account_id, _USES.c.at >= since)
        .order_by(_USES.c.at.desc(), _USES.c.id.desc())
        .limit(COUNTED_MAX + 1)
        .subquery()
    )
    counted = select(latest.c.plugin_id, func.count().label("uses")).group_by(latest.c.plugin_id).subquery()
    rows = session.execute(
        select(PluginMeta.id, PluginMeta.name, counted.c.uses, _in(branches))
        .select_from(counted)
        .outerjoin(PluginMeta, (PluginMeta.id == counted.c.plugin_id) & is_readable(viewer))
    ).all()
    recorded = sum(row[2] for row in rows)
    if not recorded:
        return Uses()
    used = [(row[0], row[1], row[2]) for row in rows if row[0] is not None and row[3]]
    used.sort(key=lambda item: (-item[2], item[1]))
    # So few were used at all that the first which were not stand near the beginning.
    unused: Any = session.execute(
        select(PluginMeta.id, PluginMeta.name)
        .where(is_readable(viewer), _in(branches), PluginMeta.id.not_in(select(counted.c.plugin_id)))
        .order_by(PluginMeta.updated_at, PluginMeta.id)
        .limit(SHOWN)
    ).all()
    most = used[:SHOWN]
    rest = used[: SHOWN - 1 : -1]
    least = [*((row[0], row[1], 0) for row in unused), *rest][:SHOWN]
    return Uses(
        tuple(_plugin(*item) for item in most),
        tuple(_plugin(*item) for item in least),
        min(recorded, COUNTED_MAX),
        recorded > COUNTED_MAX,
    )


def _plugin(plugin_id: int, name: str, uses: int) -> UsedPlugin:
    return UsedPlugin(format_locator(LOCATOR_KIND, plugin_id), name, uses)


def _in(branches: Sequence[Branch]) -> ColumnElement[bool]:
    arms = []
    for branch in branches:
        arm: ColumnElement[bool] = PluginMeta.account_id == branch.account_id
        if branch.profile_id is not None:
            arm &= PluginMeta.user_profile_id == branch.profile_id
        arms.append(arm)
    return or_(false(), *arms)
