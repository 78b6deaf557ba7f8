"""Pruning: deleting what a source has applied once and does not describe any more, as a part of applying."""

from __future__ import annotations

from collections.abc import Sequence
from typing import TypeVar

from sqlalchemy.orm import Session

from webapp.core.errors import NotFound, StaleRevision
from webapp.db.session import current_session
from webapp.manifests.plan import Plan, PlanMoved
from webapp.manifests.pruning import Leftover, Prunable, PruneItem, Pruning, in_words
from webapp.manifests.queries import by_kind, find_sources, list_applied
from webapp.manifests.registry import Registry
from webapp.manifests.service.claims import forget, key_of
from webapp.manifests.service.writer import Writer

ViewerT = TypeVar("ViewerT", bound=Writer)


def plan_pruning(
    viewer: ViewerT,
    plan: Plan,
    registry: Registry[ViewerT],
    shelves: Sequence[Prunable[ViewerT]],
    source: str,
) -> Pruning[ViewerT]:
    """Return what applying the plan from a source leaves behind, and whether that can be deleted. Writes nothing.

    Only records of the viewer's account count, and of those only the ones that were last applied from this very source.

    Args:
        viewer: who would apply it.
        plan: what the source describes now.
        registry: the kinds that are known.
        shelves: the kinds of records, in the order in which they are deleted.
        source: its name.
    """
    applied = list_applied(current_session(), viewer.account_id, source)
    left = by_kind(applied - {key_of(item) for item in plan.items})
    found = [
        (shelf, leftover)
        for shelf in shelves
        if shelf.record_kind in left
        for leftover in shelf.find(viewer, left[shelf.record_kind])
    ]
    going = {leftover.locator for _, leftover in found if not leftover.kept}
    items = tuple(
        PruneItem(leftover, shelf, _problem(leftover, plan, registry, going)) for shelf, leftover in found
    )
    there = {leftover.key for _, leftover in found}
    gone = {(kind, record_id) for kind, ids in left.items() for record_id in ids} - there
    return Pruning(source, items, frozenset(gone))


def prune(session: Session, viewer: ViewerT, pruning: Pruning[ViewerT]) -> None:
    """Delete what a pruning says, inside the transaction that applies its plan.

    Raises:
        PlanMoved: a record was changed, or was applied from elsewhere, since the pruning was planned.
        Conflict: something uses a record.
    """
    keys = {item.leftover.key for item in pruning.deletes}
    if not keys <= list_applied(session, viewer.account_id, pruning.source, lock=True):
        raise PlanMoved
    for item in pruning.deletes:
        try:
            item.shelf.delete(viewer, item.leftover)
        except (StaleRevision, NotFound) as error:
            raise PlanMoved from error
    # Whoever brings one of them back from the bin does not lose it again by the next run.
    forget(session, keys | pruning.gone)


def list_taken_over(viewer: Writer, plan: Plan, source: str) -> list[tuple[str, str]]:
    """Return the names of records that applying the plan takes from another source, with the name of that source."""
    keys = {key: item.name for item in plan.items if item.action != "skip" and (key := key_of(item))}
    found = find_sources(current_session(), viewer.account_id, keys)
    return [(name, found[key]) for key, name in keys.items() if found.get(key, source) != source]


def _problem(leftover: Leftover, plan: Plan, registry: Registry[ViewerT], going: set[str]) -> str:
    if leftover.kept:
        return ""
    if not leftover.manageable:
        return f"{leftover.name} belongs to {leftover.owner}, and you may not delete it."
    # What the plan describes is judged by what it says then, everything else by what is stored.
    planned = {item.current.locator for item in plan.items if item.current}
    users = [user.name for user in leftover.users if user.locator not in going | planned]
    users += [
        item.name
        for item in plan.items
        if item.model is not None
        and any(
            (reference.kind, reference.name) == (leftover.kind, leftover.name)
            for reference in registry.handler_of(item.model).references(item.model)
        )
    ]
    if not users:
        return ""
    return f"{leftover.name} cannot be deleted: it is used by {in_words(users)}. Change them, or keep its manifest."
