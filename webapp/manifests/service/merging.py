"""Merging documents with records that others changed after the plan that a person saw."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import replace
from typing import Any, TypeVar

from pydantic import ValidationError

from webapp.core.locators import parse_locator
from webapp.db.session import current_session
from webapp.history.queries import find_last_revision, list_snapshots_of_many, list_writes
from webapp.manifests.envelope import Manifest
from webapp.manifests.moved import ItemMerge, News, Seen, Since
from webapp.manifests.plan import Plan
from webapp.manifests.registry import CurrentRecord, KindHandler, Registry
from webapp.manifests.service.drafts import NAME, Draft
from webapp.manifests.service.writer import Writer
from webapp.manifests.wording import findings_for

ViewerT = TypeVar("ViewerT")

NEWS_MAX = 10
GONE_MAX = 1_000


def merge_moved(
    handler: KindHandler[ViewerT, Manifest], drafts: Sequence[Draft[ViewerT]], since: Since
) -> None:
    """Merge the documents of one kind whose records have moved on since their plan was first shown.

    Only records that the viewer may change are merged, and only from a revision of this very record.
    """
    moved: list[tuple[Draft[ViewerT], CurrentRecord, Seen]] = []
    for draft in drafts:
        current = draft.current
        seen = since.records.get(current.locator or "") if current else None
        if current is None or seen is None or draft.refused or not current.manageable:
            continue
        if seen.base < current.revision:
            moved.append((draft, current, seen))
    if not moved:
        return
    wanted = {current.id: seen.base for _, current, seen in moved}
    snapshots = list_snapshots_of_many(current_session(), handler.record_kind, wanted)
    for draft, current, seen in moved:
        _merge(handler, draft, current, seen, snapshots.get(current.id), since)


def _merge(
    handler: KindHandler[ViewerT, Manifest],
    draft: Draft[ViewerT],
    current: CurrentRecord,
    seen: Seen,
    before: Mapping[str, Any] | None,
    since: Since,
) -> None:
    assert draft.model is not None
    writes = list_writes(current_session(), handler.record_kind, current.id, seen.base, current.revision)
    if writes and all(write.changed == ("owner",) for write in writes):
        # Whose a record is does not stand in a manifest, so nothing can be lost.
        return
    merged = handler.merge(current, before, writes, draft.model)
    news = seen.last < current.revision
    # What was chosen against an older text of theirs is asked again.
    choices = {} if news else since.choices_of(current.locator or "")
    draft.merge = ItemMerge(
        given=draft.model,
        base=seen.base,
        version=str(before["version"]) if before is not None else "",
        writes=writes,
        clashes=merged.found.clashes,
        taken=merged.found.taken,
        choices=choices,
        news=news,
    )
    try:
        draft.model = merged.resolve(choices)
    except ValidationError as error:
        found = findings_for(error.errors(include_url=False)[0])[0]
        message = f"Merged with what others wrote, this breaks a rule: {found.message}"
        draft.findings.append(replace(found, message=message, suggestion=None))
        return
    for finding in type(draft.model).findings(dict(handler.mapping(draft.model))):
        if finding.severity == "error":
            message = f"Merged with what others wrote, this breaks a rule: {finding.message}"
            draft.say(NAME, message, finding.hint, error=True)


def seen_of(plan: Plan, since: Since) -> list[tuple[str, Seen]]:
    """Return what the page of a plan carries: each stored record with the revisions that it is compared with."""
    found = []
    for item in plan.items:
        current = item.current
        if current is None or current.locator is None or item.action == "refused" or not current.manageable:
            continue
        known = since.records.get(current.locator)
        base = known.base if known is not None and known.base <= current.revision else current.revision
        found.append((current.locator, Seen(base, current.revision)))
    return found


def list_news(
    viewer: Writer, plan: Plan, since: Since, registry: Registry[Any], *, complete: bool
) -> list[News]:
    """Return what others wrote after the plan that was shown last, the first `NEWS_MAX` records.

    A record that was shown and is not there any more was deleted or renamed; one that is there and was not shown has
    been created or was given the name.

    Args:
        viewer: who reads.
        plan: as it is now.
        since: what had been shown.
        registry: the kinds that are known.
        complete: whether every record of the plan had been shown, because the texts are the same.
    """
    session = current_session()
    found: list[News] = []
    known = {item.current.locator for item in plan.items if item.current is not None}
    for item in plan.items:
        current = item.current
        if current is None or item.model is None or not current.manageable or len(found) >= NEWS_MAX:
            continue
        seen = since.records.get(current.locator or "")
        if (seen is None and complete) or (seen is not None and seen.last < current.revision):
            kind = registry.handler_of(item.model).record_kind
            last = seen.last if seen else 0
            found.append(News(item.name, list_writes(session, kind, current.id, last, current.revision)))
    created = {item.name for item in plan.items if item.action == "create"}
    # Whatever a form says that it had shown: of so many records that are gone, `NEWS_MAX` are found long before.
    for locator in sorted(since.records.keys() - known)[:GONE_MAX]:
        gone = (
            _find_gone(viewer, locator, since.records[locator], registry) if len(found) < NEWS_MAX else None
        )
        if gone is not None and (complete or gone.name in created):
            found.append(gone)
    return found


def _find_gone(viewer: Writer, locator: str, seen: Seen, registry: Registry[Any]) -> News | None:
    session = current_session()
    for kind in {handler.record_kind for handler in registry}:
        record_id = parse_locator(locator, kind)
        last = find_last_revision(session, kind, record_id) if record_id is not None else None
        # The locator comes from a form: only what belongs to the viewer's account is looked at.
        if last is None or last.account_id != viewer.account_id or last.revision <= seen.last:
            continue
        writes = list_writes(session, kind, last.record_id, seen.last, last.revision)
        return News(str(last.snapshot.get("name", "")), writes)
    return None
