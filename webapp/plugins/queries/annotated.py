"""Plugins by their annotations: the conditions of a list, how many there are, and the keys that are in use."""

from __future__ import annotations

from collections.abc import Sequence
from typing import Any, cast

from sqlalchemy import ColumnElement, Select, Table, exists, func, literal, select
from sqlalchemy.orm import Session

from webapp.accounts.identity import Viewer
from webapp.accounts.models import Account
from webapp.caching.store import cached
from webapp.core.annotations import annotation_value_key
from webapp.plugins.models import PluginAnnotation
from webapp.plugins.queries.criteria import Annotated
from webapp.plugins.queries.sql import META

ANNOTATIONS = cast(Table, PluginAnnotation.__table__)
KEYS_MAX = 200


def is_annotated(wanted: Annotated) -> ColumnElement[bool]:
    """Return the condition that a row of `plugin_meta` has an annotation, for a scan in sort order."""
    return exists().where(ANNOTATIONS.c.plugin_id == META.c.id, *_says(wanted)).correlate(META)


def annotated_ids(account_id: int | None, wanted: Annotated) -> Select[Any]:
    """Return the select of the ids of live plugins that have an annotation, each once; None is every account."""
    # Every account is named, so that one index serves a superuser too.
    accounts = select(Account.id) if account_id is None else [account_id]
    return (
        select(ANNOTATIONS.c.plugin_id)
        .where(ANNOTATIONS.c.account_id.in_(accounts), *_says(wanted))
        .distinct()
    )


def count_annotated(
    session: Session, wanted: Sequence[tuple[int | None, Annotated]], limits: Sequence[int]
) -> tuple[int, ...]:
    """Return, in one statement, how many plugins each account has with an annotation, counted up to its limit."""
    counts = [
        select(func.count()).select_from(annotated_ids(account_id, item).limit(limit).subquery())
        for (account_id, item), limit in zip(wanted, limits, strict=True)
    ]
    row = session.execute(select(*(count.scalar_subquery() for count in counts))).one()
    return tuple(row)


def list_keys(session: Session, viewer: Viewer, account_ids: Sequence[int]) -> tuple[str, ...]:
    """Return the keys of annotations that plugins of some accounts have, in order, `KEYS_MAX` of each at most."""

    def load() -> tuple[str, ...]:
        found: set[str] = set()
        for account_id in account_ids:
            found.update(session.scalars(_keys(account_id)))
        return tuple(sorted(found))

    return cached("plugins.annotation_keys", viewer.generations, (tuple(account_ids),), load)


def _says(wanted: Annotated) -> list[ColumnElement[bool]]:
    found = [ANNOTATIONS.c.key == wanted.key]
    if wanted.value is not None:
        found.append(ANNOTATIONS.c.value_key == annotation_value_key(wanted.value))
    return found


def _keys(account_id: int) -> Select[Any]:
    """Return the select of the keys of an account: one step along the index for each, however many records have it."""

    def first(after: ColumnElement[str] | str) -> Select[Any]:
        return (
            select(ANNOTATIONS.c.key)
            .where(ANNOTATIONS.c.account_id == account_id, ANNOTATIONS.c.key > after)
            .order_by(ANNOTATIONS.c.key)
            .limit(1)
        )

    steps = select(first("").scalar_subquery().label("key"), literal(1).label("step")).cte(
        "steps", recursive=True
    )
    following = select(first(steps.c.key).correlate(steps).scalar_subquery(), steps.c.step + 1).where(
        steps.c.key.is_not(None), steps.c.step < KEYS_MAX
    )
    found = steps.union_all(following)
    return select(found.c.key).where(found.c.key.is_not(None))
