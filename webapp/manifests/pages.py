"""The upload page: what it shows of a plan, and everything that it carries so that no press of a button loses it."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass, replace
from typing import Any, cast

from flask import Response, current_app, request
from flask_login import current_user

from webapp.config import Settings
from webapp.history.writers import ShownWrite, shown_writes
from webapp.manifests import service
from webapp.manifests.forms import PASTED, Upload, digest_of
from webapp.manifests.job_views import recent_imports
from webapp.manifests.moved import News, write_seen
from webapp.manifests.options import PlanOptions
from webapp.manifests.plan import Plan
from webapp.manifests.presenting import ShownPlan, present
from webapp.manifests.registry import Registry
from webapp.manifests.sealing import Sealer, mask_loosely, seal, shown_texts
from webapp.manifests.service import Applied
from webapp.web.editing import OfferedDraft, draft_token
from webapp.web.rendering import render
from webapp.web.toasts import Undo

# Texts above this are not put into the page again: the files are chosen anew.
CARRY_MAX = 4 * 1024 * 1024
TOO_LARGE_TO_CARRY = (
    "The files are too large to be kept in this page. Correct them where they are and choose them again."
)


@dataclass(frozen=True)
class ShownSource:
    """A text that the page carries; one that has problems can be edited there."""

    index: int
    name: str
    text: str
    has_problems: bool


@dataclass(frozen=True)
class ShownNews:
    """A record that others wrote meanwhile, with the last writes in words."""

    name: str
    writes: Sequence[ShownWrite]


@dataclass(frozen=True)
class Note:
    """A sentence over the plan; `kind` is "", warn or bad. `news` says which records moved, and by whom."""

    text: str = ""
    kind: str = ""
    news: Sequence[News] = ()


def show(
    upload: Upload,
    plan: Plan | None = None,
    *,
    status: int = 200,
    note: Note | None = None,
    applied: Applied | None = None,
    offered: OfferedDraft | None = None,
) -> Response:
    """Return the page.

    Args:
        upload: what was sent, or what to start with.
        plan: what came of it.
        status: of the answer.
        note: what there is to say about it.
        applied: what applying the plan did.
        offered: a text that was typed here before and may be gone on with instead.
    """
    note = note or Note()
    texts = shown_texts(plan, registry().schemas()) if plan else {}
    carry = applied is None and sum(map(len, texts.values())) <= CARRY_MAX
    shown = _shown(plan, texts, applied) if plan else None
    sources, pasted = _carried(upload, texts, shown) if carry else ((), "")
    held = _held(upload, plan, texts) if plan and applied is None else {}
    return render(
        "manifests/upload.html",
        status,
        text=pasted if plan else upload.text,
        sources=sources,
        sealed=_seal(plan) if plan and carry else "",
        held=held if carry else {},
        plan=shown,
        applied=applied is not None,
        undo=_undo(applied),
        reason="" if applied else request.form.get("reason", ""),
        note=note.text if carry or applied else f"{note.text} {TOO_LARGE_TO_CARRY}".strip(),
        note_kind=note.kind,
        news=[ShownNews(item.name, shown_writes(item.writes)) for item in note.news],
        options=upload.options,
        options_differ=upload.options != PlanOptions(),
        owners=_owners(),
        draft=draft_token(),
        offered=offered,
        imports=recent_imports() if plan is None else (),
        kinds=[handler.kind for handler in sorted(registry(), key=lambda found: -found.order)],
    )


def may_carry(plan: Plan) -> bool:
    """Tell whether the page can carry the texts of a plan, and so hold on to it until Apply is pressed."""
    return sum(map(len, shown_texts(plan, registry().schemas()).values())) <= CARRY_MAX


def _undo(applied: Applied | None) -> Undo | None:
    """Return the button that takes back what was applied; it belongs to the feed, which lies above this package."""
    if applied is None or applied.unit_id is None:
        return None
    return cast("Undo", current_app.extensions["undo_of_unit"](applied.unit_id))


def _shown(plan: Plan, texts: Mapping[str, str], applied: Applied | None) -> ShownPlan:
    items = applied.items if applied else None
    return present(plan, _for_excerpts(plan, texts), items, user_id=current_user.user_id)


def _carried(
    upload: Upload, texts: Mapping[str, str], shown: ShownPlan | None
) -> tuple[tuple[ShownSource, ...], str]:
    """Return the texts of files to carry, and what was pasted; files that are no text cannot be carried."""
    problems = {found.problem.source for item in shown.items for found in item.problems} if shown else set()
    names = upload.names[upload.is_pasted :]
    kept = [(name, texts[name]) for name in names if name in texts]
    sources = (
        ShownSource(index, name, text, name in problems) for index, (name, text) in enumerate(kept, start=1)
    )
    return tuple(sources), texts.get(PASTED, "") if upload.is_pasted else ""


def _held(upload: Upload, plan: Plan, texts: Mapping[str, str]) -> dict[str, str]:
    """Return the hidden fields by which an Apply means the very plan that is shown.

    A refused plan cannot be applied, so there is none to hold on to; the records that it was compared with are kept.
    """
    seen = {"seen": write_seen(service.seen_of(plan, upload.since))}
    if plan.refused:
        return seen
    given = {name: texts[name] for name in upload.names if name in texts}
    return {**seen, "shown_plan": plan.digest, "shown_given": digest_of(given, upload.options)}


def _for_excerpts(plan: Plan, texts: Mapping[str, str]) -> dict[str, str]:
    """Return the texts to quote from: where YAML could not be read, everything that may be secret is masked."""
    schemas = registry().schemas()
    unreadable = {item.source for item in plan.items if not item.document.readable}
    return {name: mask_loosely(text, schemas) if name in unreadable else text for name, text in texts.items()}


def _owners() -> Sequence[Any] | None:
    owners = registry().owners
    return owners.list_all(viewer()) if owners is not None else ()


def _seal(plan: Plan) -> str:
    documents = (item.document for item in plan.items)
    return seal(documents, registry().schemas(), sealer(), viewer_key())


def viewer() -> Any:
    """Return who is signed in; this package does not know what a viewer is, the handlers do."""
    return replace(current_user._get_current_object(), origin="manifest")


def viewer_key() -> str:
    """Return what the secret values of a page are sealed for."""
    return str(current_user.user_id)


def registry() -> Registry[Any]:
    """Return the kinds of this application."""
    return cast("Registry[Any]", current_app.extensions["manifest_kinds"])


def sealer() -> Sealer:
    """Return what encrypts the values that a page carries."""
    return cast("Sealer", current_app.extensions["vault"])


def settings() -> Settings:
    """Return the settings of this application."""
    return cast("Settings", current_app.extensions["plugdeck"])
