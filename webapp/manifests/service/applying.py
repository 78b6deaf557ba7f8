"""Applying a plan: exactly what it says, in one transaction, all of it or nothing."""

from __future__ import annotations

import gc
from collections import defaultdict
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from dataclasses import dataclass, replace
from typing import TypeVar

from sqlalchemy.orm import Session

from webapp.core.errors import InvalidInput, StaleRevision
from webapp.db.session import transaction
from webapp.history import service as history
from webapp.manifests.envelope import Manifest
from webapp.manifests.fields import Finding
from webapp.manifests.plan import Plan, PlanItem, PlanMoved, PlanRefused, PlanUndecided, place
from webapp.manifests.pruning import Pruning
from webapp.manifests.registry import CurrentRecord, DocumentRefused, KindHandler, Registry, Writing
from webapp.manifests.sealing import masked_texts
from webapp.manifests.service.claims import claim, key_of
from webapp.manifests.service.pruning import prune
from webapp.manifests.service.writer import Writer

ViewerT = TypeVar("ViewerT", bound=Writer)


@dataclass(frozen=True)
class Applied:
    """What applying a plan did; every item that has a page links to the record as it is now.

    `unit_id` is the act in history; None when there was nothing to write.
    """

    plan: Plan
    items: tuple[PlanItem, ...]
    unit_id: int | None = None


Finish = Callable[[Session, "Applied"], None]


def apply(
    viewer: ViewerT,
    plan: Plan,
    registry: Registry[ViewerT],
    *,
    source: str = "",
    pruning: Pruning[ViewerT] | None = None,
    finish: Finish | None = None,
) -> Applied:
    """Do exactly what the plan says, in one transaction: all of it or nothing.

    What others refer to is written first, whatever the order of the documents. In history it is one act, which keeps
    the texts as they were given, with the values of secrets masked.

    Args:
        viewer: who applies it.
        plan: what to do.
        registry: the kinds that are known.
        source: where the documents come from, such as the name of a repository. Their records belong to it from then
            on, the unchanged ones too; without one, to none.
        pruning: what to delete besides.
        finish: called at the end inside the transaction; what it raises takes everything back.

    Raises:
        PlanRefused: the plan holds a refused document, or a service refused one.
        PlanUndecided: a choice between two sides is left to make.
        PlanMoved: a record is not at the revision that the plan was made against.
        Conflict: another request wrote at the same moment.
        Unavailable: the database was busy for too long.
    """
    if plan.refused:
        raise PlanRefused(plan)
    if plan.undecided:
        raise PlanUndecided
    written: dict[int, CurrentRecord] = {}
    unit_id: int | None = None
    with _refusals(plan):
        # Before the transaction, which others wait for.
        writes = [handler.prepare(viewer, writings) for handler, writings in _families(plan, registry)]
        deletes = bool(pruning and pruning.deletes)
        texts = masked_texts(plan, registry.schemas()) if writes or deletes else {}
        with transaction() as session, _no_collection():
            _check_unmoved(viewer, plan, registry)
            if writes or deletes:
                with history.one_unit(
                    session, viewer.actor, account_id=viewer.account_id, title=f"Applied {named(plan)}"
                ) as unit:
                    # First, because a large text is in memory several times on its way into the database.
                    history.keep_sources(session, unit, texts)
                    texts.clear()
                    while writes:
                        # Taken out, so that what is written need not stay in memory.
                        written |= writes.pop(0)()
                    if pruning:
                        prune(session, viewer, pruning)
                # What turns out to write nothing leaves no act behind.
                unit_id = unit.id if unit.records else None
            items = tuple(
                replace(item, current=written.get(item.number, item.current)) for item in plan.items
            )
            # What is skipped belongs to whoever it belonged to.
            kept = [item for item in items if item.action != "skip"]
            claim(session, viewer.account_id, source, [key for item in kept if (key := key_of(item))])
            applied = Applied(plan, items, unit_id)
            if finish is not None:
                finish(session, applied)
    return applied


def named(plan: Plan) -> str:
    """Return what was applied in a few words: the name of the one source, or how many there were."""
    names = list(dict.fromkeys(item.source for item in plan.items))
    return names[0] if len(names) == 1 else f"{len(names):,} files"


def _families(
    plan: Plan, registry: Registry[ViewerT]
) -> list[tuple[KindHandler[ViewerT, Manifest], list[Writing[Manifest]]]]:
    """Return what is to be written by family, those first that others refer to.

    Within a family it goes by name, so that two imports of the same records wait for each other and never in a
    circle; that is also why the kinds of a family are written together.
    """
    found: dict[tuple[int, str], tuple[KindHandler[ViewerT, Manifest], list[Writing[Manifest]]]] = {}
    for item in sorted(plan.items, key=lambda item: item.name):
        if item.model is not None and item.writes:
            handler = registry.handler_of(item.model)
            _, writings = found.setdefault((handler.order, handler.family), (handler, []))
            owner_id = item.owner.profile_id if item.owner else None
            writings.append(Writing(item.number, item.model, item.current, owner_id))
    return [family for _, family in sorted(found.items(), key=lambda entry: entry[0])]


def _check_unmoved(viewer: ViewerT, plan: Plan, registry: Registry[ViewerT]) -> None:
    by_kind: dict[str, list[PlanItem]] = defaultdict(list)
    for item in plan.items:
        if item.model is not None:
            by_kind[registry.handler_of(item.model).kind].append(item)
    for kind, items in by_kind.items():
        now = registry.get(kind).find_stamps(viewer, {item.name for item in items})
        if any(now.get(item.name) != (item.current.stamp if item.current else None) for item in items):
            raise PlanMoved


@contextmanager
def _refusals(plan: Plan) -> Iterator[None]:
    """Say in terms of the plan why a service did not write."""
    try:
        yield
    except StaleRevision as error:
        raise PlanMoved from error
    except DocumentRefused as refusal:
        found = refusal.error
        if any(error.code == "unique" for errors in found.errors.values() for error in errors):
            raise PlanMoved from refusal
        # The schema let something through that the service does not take: the document is at fault, not the request.
        items = tuple(_refused(item, found) if item.number == refusal.number else item for item in plan.items)
        raise PlanRefused(replace(plan, items=items)) from refusal


@contextmanager
def _no_collection() -> Iterator[None]:
    """Let nobody wait for the lock while Python looks for garbage among all the documents of a large plan.

    What there is now is left alone; what comes and goes meanwhile is still collected.
    """
    gc.freeze()
    try:
        yield
    finally:
        gc.unfreeze()


def _refused(item: PlanItem, error: InvalidInput) -> PlanItem:
    problems = place(item.document, [Finding((), error.message)])
    return replace(item, action="refused", problems=tuple(problems))
