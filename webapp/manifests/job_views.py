"""The pages of large imports: how far one is, what it would do, what it did; stop it, apply it."""

from __future__ import annotations

from dataclasses import asdict, replace
from typing import Any, cast

from flask import Blueprint, Response, current_app, redirect, url_for
from flask_login import current_user

from webapp.config import Settings
from webapp.core.errors import InvalidInput, NotFound
from webapp.core.text import is_storable
from webapp.db.session import current_session
from webapp.jobs import service as jobs
from webapp.jobs.queries import get_job, has_payload, list_jobs
from webapp.jobs.values import JobOwner, ShownJob
from webapp.manifests.forms import Upload
from webapp.manifests.importing import (
    APPLY_KIND,
    KINDS_PREFIX,
    PLAN_KIND,
    JobLimits,
    is_large,
    payload_of,
    title_of,
)
from webapp.manifests.reports import PlanReport, read_report
from webapp.web import htmx
from webapp.web.editing import read_reason
from webapp.web.rendering import render_either
from webapp.web.toasts import Undo, say

TOO_LATE = "It was too late to stop this import"
STOPPED = "The import was stopped and nothing was written"
STOPPING = "The import stops at its next step"

bp = Blueprint("manifest_jobs", __name__, url_prefix="/manifests/jobs")


@bp.get("/<key>")
def job(key: str) -> Response:
    """Show an import; the page asks for its progress again until it is over."""
    found = get_job(current_session(), _owner(), _checked(key))
    if htmx.wants_fragment() and not found.is_open:
        return htmx.vary(htmx.redirect_page(Response(status=200), url_for("manifest_jobs.job", key=key)))
    return render_either(
        "manifests/job.html", "manifests/_progress.html", job=found, report=_report(found), **_next(found)
    )


@bp.post("/<key>/cancel")
def cancel(key: str) -> Response:
    """Stop an import."""
    state = jobs.request_cancel(_owner(), _checked(key))
    words = {"cancelled": STOPPED, "running": STOPPING}.get(state, TOO_LATE)
    say(words, category="info" if words != TOO_LATE else "warning")
    return _to(key)


@bp.post("/<key>/apply")
def apply(key: str) -> Response:
    """Apply exactly the plan that the page shows, as another job."""
    found = get_job(current_session(), _owner(), _checked(key))
    report = _report(found)
    if report is None or report.refused or found.result.get("applied"):
        raise NotFound
    arguments = {**found.arguments, "digest": report.digest, "reason": read_reason()}
    return _to(jobs.go_on(key, APPLY_KIND, _owner(), title=found.title, arguments=arguments))


def start_if_large(upload: Upload) -> Response | None:
    """Answer a large upload with the page of its job; None for one that is checked at once."""
    settings = cast("Settings", current_app.extensions["plugdeck"])
    limits = JobLimits(settings.import_job_bytes, settings.import_job_documents)
    if upload.press not in ("apply", "check") or upload.bad_option or not is_large(upload.sources, limits):
        return None
    kind = APPLY_KIND if upload.press == "apply" else PLAN_KIND
    try:
        arguments = {"reason": read_reason(), "options": asdict(upload.options)}
    except InvalidInput:
        return None  # The page that would have applied it at once says what is wrong with it.
    payload = payload_of(upload, current_app.extensions["vault"])
    title = title_of(upload.sources)
    return _to(jobs.enqueue(kind, _owner(), title=title, arguments=arguments, payload=payload))


def recent_imports() -> list[ShownJob]:
    """Return the viewer's latest large imports, newest first."""
    return list_jobs(current_session(), _owner(), KINDS_PREFIX)


def _next(found: ShownJob) -> dict[str, Any]:
    report = _report(found)
    may_apply = (
        report is not None and not report.refused and report.writes > 0 and not found.result.get("applied")
    )
    wanted = may_apply and not found.is_open and jobs.NEXT not in found.result
    kept = wanted and has_payload(current_session(), found.key)
    return {
        "applies": found.kind == APPLY_KIND,
        "may_apply": kept,
        "gone": wanted and not kept,
        "next_key": str(found.result.get(jobs.NEXT, "")),
        "applied": bool(found.result.get("applied")),
        "reason": str(found.arguments.get("reason", "")),
        "undo": _undo(found),
        "moved": bool(found.result.get("moved")),
        "message": str(found.result.get("message", "")),
    }


def _undo(found: ShownJob) -> Undo | None:
    """Return the button that takes back what was applied; it belongs to the feed, which lies above this package."""
    unit = found.result.get("unit")
    return cast("Undo", current_app.extensions["undo_of_unit"](unit)) if unit else None


def _report(found: ShownJob) -> PlanReport | None:
    return read_report(found.result["report"]) if "report" in found.result else None


def _owner() -> JobOwner:
    """Return who is signed in; this package does not know what a viewer is."""
    viewer: Any = replace(current_user._get_current_object())
    return JobOwner(viewer.user_id, viewer.profile_id, viewer.account_id)


def _checked(key: str) -> str:
    """Return a key that a database can be asked for; raises NotFound for any other."""
    if not is_storable(key):
        raise NotFound
    return key


def _to(key: str) -> Response:
    return cast("Response", redirect(url_for("manifest_jobs.job", key=key), 303))
