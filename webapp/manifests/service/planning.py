"""Making a plan: what applying manifests would do, document by document, with every problem. Writes nothing.

It knows no kind: the registry's handlers compare. What a viewer is, only they know.
"""

from __future__ import annotations

from collections import Counter, defaultdict
from collections.abc import Callable, Mapping, Sequence
from dataclasses import replace
from typing import TypeVar

from webapp.core import semver
from webapp.manifests.envelope import Manifest
from webapp.manifests.fields import Finding, converted_name
from webapp.manifests.judgement import judge
from webapp.manifests.loader import LoadedDocument, load_sources
from webapp.manifests.moved import Since
from webapp.manifests.options import PlanOptions
from webapp.manifests.plan import Packed, Plan
from webapp.manifests.problems import Problem
from webapp.manifests.registry import CurrentRecord, KindHandler, Registry
from webapp.manifests.sealing import Held, conceal, restore
from webapp.manifests.service.drafts import NAME, VERSION, Draft
from webapp.manifests.service.merging import merge_moved
from webapp.manifests.service.settling import Settling
from webapp.manifests.sources import Limits, Source, size_of
from webapp.manifests.validation import validate

ViewerT = TypeVar("ViewerT")

_NAMED_MAX = 4
_COMPARED_AT_ONCE = 500
# A page shows the two texts of the first hundred updates; these are among the first of each kind.
_TEXTS_KEPT = 200
_REPORTED_EVERY = 100

Report = Callable[[str, int, int], None]


def plan(
    viewer: ViewerT,
    sources: Sequence[Source],
    registry: Registry[ViewerT],
    limits: Limits | None = None,
    held: Held | None = None,
    options: PlanOptions | None = None,
    since: Since | None = None,
    report: Report = lambda _stage, _done, _total: None,
) -> Plan:
    """Return what applying the sources would do for this viewer, with every problem of every document.

    Nothing is written and nothing in the input raises.

    Args:
        viewer: who would apply it, as the handlers of the registry understand it.
        sources: files and pasted texts.
        registry: the kinds that are known.
        limits: how much an import may hold.
        held: secret values that the sources show masked, see `sealing`.
        options: what the plan may do, and whose the records become.
        since: what a page had shown of the records: what others wrote after that is merged, see `moved`.
        report: told every now and then what is being done, in words, and how much of it; it may raise to stop.
    """
    size, read = sum(map(size_of, sources)), Counter[str]()
    schemas = registry.schemas()
    checked: list[tuple[LoadedDocument, Manifest | None, list[Problem]]] = []

    def visit(found: LoadedDocument) -> LoadedDocument:
        document = restore(found, schemas, held or {})
        model, problems = validate(document, schemas)
        if model is not None and not model.secret_paths:
            document = document.without_spec()
        checked.append((document, model, problems))
        if len(checked) % _REPORTED_EVERY == 0:
            read[document.source] = document.end
            report(f"Reading and checking: {len(checked):,} documents so far", read.total(), size)
        return document

    loaded = load_sources(sources, limits, visit)
    by_document: dict[int, list[Problem]] = defaultdict(list)
    for problem in loaded.problems:
        by_document[problem.document].append(problem)
    drafts: list[Draft[ViewerT]] = []
    for document, model, problems in checked if loaded.documents else ():
        handler = registry.find(document.label("kind"))
        name = model.metadata.name if model else document.label("metadata.name")
        drafts.append(
            Draft(
                document=document,
                kind=handler.kind if handler else document.label("kind"),
                name=converted_name(name) or name,
                handler=handler,
                model=model,
                problems=conceal([*by_document.pop(document.number, ()), *problems], document, schemas),
            )
        )
    checked.clear()
    _refuse_repeats(drafts)
    settling = Settling(viewer, registry, options or PlanOptions(), drafts)
    _compare(viewer, drafts, settling, since or Since(), report)
    _note_missing(viewer, drafts, registry)
    whole = tuple(problem for problems in [*by_document.values(), settling.problems] for problem in problems)
    items = [drafts.pop().item() for _ in range(len(drafts))]
    items.reverse()
    return Plan(tuple(items), whole, loaded.texts)


def _refuse_repeats(drafts: Sequence[Draft[ViewerT]]) -> None:
    """Refuse documents for one and the same record, each naming the others."""
    by_key: dict[tuple[str, str], list[Draft[ViewerT]]] = defaultdict(list)
    for draft in drafts:
        if draft.key is not None:
            by_key[draft.key].append(draft)
    for same in by_key.values():
        for draft in same if len(same) > 1 else ():
            # Of thousands of others a few are named, and only they are looked at.
            others = [other for other in same[: _NAMED_MAX + 1] if other is not draft][:_NAMED_MAX]
            named = _listed([_where(other, draft) for other in others], len(same) - 1)
            message = f"{draft.name} is described by {named} too."
            draft.findings.append(Finding(NAME, message, "Keep one of them, or give this one another name."))


def _compare(
    viewer: ViewerT,
    drafts: Sequence[Draft[ViewerT]],
    settling: Settling[ViewerT],
    since: Since,
    report: Report,
) -> None:
    """Find what is stored, some of each kind at once, and note what each document changes.

    Kinds come in the order in which they are written, so that a new name is known before those that refer to it.
    """
    by_kind: dict[str, list[Draft[ViewerT]]] = defaultdict(list)
    for draft in drafts:
        if draft.handler is not None and draft.model is not None:
            by_kind[draft.handler.kind].append(draft)
    done, total = 0, sum(map(len, by_kind.values()))
    for handler in settling.registry:
        same = by_kind.get(handler.kind)
        if not same:
            continue
        kept = 0
        for start in range(0, len(same), _COMPARED_AT_ONCE):
            portion = same[start : start + _COMPARED_AT_ONCE]
            done += len(portion)
            if total > _COMPARED_AT_ONCE:
                report("Comparing with what is stored", done, total)
            stored = handler.find_current(viewer, {draft.name for draft in portion})
            models = [draft.model for draft in portion if draft.model is not None]
            for draft, (model, said) in zip(portion, handler.respell(viewer, models), strict=True):
                draft.model = model
                draft.findings += said
                draft.current = stored.get(draft.name)
                settling.follow(draft)
            settling.names(handler, portion)
            merge_moved(handler, [draft for draft in portion if not draft.reason], since)
            for draft in portion:
                if not draft.reason:
                    _judge(handler, draft)
                    settling.give(draft)
                # Before the next portion is read, so that only this one was in memory whole.
                _drop_compared(handler, draft, keep_text=kept < _TEXTS_KEPT)
                kept += draft.before is not None


def _drop_compared(
    handler: KindHandler[ViewerT, Manifest], draft: Draft[ViewerT], *, keep_text: bool
) -> None:
    """Keep of a stored record only what showing and writing need; thousands of them need not be kept whole."""
    if draft.current is None or draft.model is None:
        return
    if draft.action == "update":
        draft.before = Packed(draft.current.values) if keep_text else None
        draft.current = replace(handler.settle(draft.current, draft.model), values={})
    elif draft.action in ("unchanged", "skip"):
        draft.current = replace(draft.current, values={}, typed=None)


def _judge(handler: KindHandler[ViewerT, Manifest], draft: Draft[ViewerT]) -> None:
    """Note what a document changes of its record, and what there is to say about that."""
    assert draft.model is not None
    current, model = draft.current, draft.model
    draft.findings += handler.judge(current, model)
    if current is None:
        return
    if not current.manageable:
        # Not even which fields differ: that could tell something about a value that this viewer may not see.
        message = f"{draft.name} belongs to {current.owner}, and you may not change it."
        draft.say(
            NAME, message, "Ask them or your account's staff, or give this manifest another name.", error=True
        )
        return
    draft.changes = handler.changes(current, model)
    if not draft.changes:
        return
    before, after = current.version, model.metadata.version
    draft.judgement = judge(handler.weigh(current, model), before, after)
    if _goes_down(before, after):
        draft.say(VERSION, f"The version goes down from {before} to {after}.")


def _note_missing(viewer: ViewerT, drafts: Sequence[Draft[ViewerT]], registry: Registry[ViewerT]) -> None:
    """Say which named records exist neither in the account nor in this import."""
    planned = {draft.key for draft in drafts if not draft.refused and (not draft.reason or draft.current)}
    references = [
        (draft, reference)
        for draft in drafts
        if draft.handler is not None and draft.model is not None and not draft.reason
        for reference in draft.handler.references(draft.model)
        if (registry.get(reference.kind).family, reference.name) not in planned
    ]
    wanted: dict[str, set[str]] = defaultdict(set)
    for _, reference in references:
        wanted[reference.kind].add(reference.name)
    stored: Mapping[str, Mapping[str, CurrentRecord]] = {
        kind: registry.get(kind).find_current(viewer, names) for kind, names in wanted.items()
    }
    for draft, reference in references:
        if reference.name not in stored[reference.kind]:
            draft.findings.append(Finding(reference.path, reference.missing, severity="notice"))


def _goes_down(before: str, after: str) -> bool:
    if not (semver.is_semver(before) and semver.is_semver(after)):
        return False
    return semver.sort_key(after) < semver.sort_key(before)


def _where(draft: Draft[ViewerT], beside: Draft[ViewerT]) -> str:
    document = draft.document
    if document.source == beside.document.source:
        return f"document {document.number} (line {document.line})"
    return f"document {document.number} ({document.source})"


def _listed(words: Sequence[str], total: int) -> str:
    shown = [*words[: _NAMED_MAX - 1], f"{total - _NAMED_MAX + 1} more"] if total > _NAMED_MAX else words
    return shown[0] if len(shown) == 1 else f"{', '.join(shown[:-1])} and {shown[-1]}"
