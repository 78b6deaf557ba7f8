"""Uploading manifests: choose, drop or paste, check, apply; and the JSON Schemas of the kinds."""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import replace
from typing import Any

from flask import Blueprint, Response, current_app, jsonify, request, url_for
from flask_login import current_user
from werkzeug.datastructures import MultiDict

from webapp.core.errors import Conflict, InvalidInput, Unavailable
from webapp.manifests import pages, service
from webapp.manifests.checks import told
from webapp.manifests.edits import MOVED, edit
from webapp.manifests.forms import Upload, held_fields, read_fields, read_upload
from webapp.manifests.job_views import start_if_large
from webapp.manifests.moved import Since
from webapp.manifests.pages import Note, show
from webapp.manifests.plan import Plan, PlanMoved, PlanRefused, PlanUndecided
from webapp.manifests.publishing import json_schema
from webapp.manifests.sealing import unseal
from webapp.manifests.sources import Limits
from webapp.web.csrf import TOKEN_MESSAGE, holds, keeps_input, token_failed
from webapp.web.editing import OfferedDraft, read_reason, sent_draft
from webapp.web.errors import BadParameter

EXTRA_BYTES = 1024 * 1024
# Somebody who sends even more finds out by a broken connection.
DRAINED_TIMES = 4
SCHEMA_SECONDS = 300

CHECKED = "Checked. Nothing is written yet: press Apply to do what stands here."
UNCHANGED = "Checked. There is nothing to write."
UNSEEN = (
    "Records that exist would change, so here is the plan first. "
    "Nothing is written yet: press Apply to do what stands here."
)
EDITED = "Edited and checked again. Nothing is written yet."
EDITED_SINCE = (
    "This is the plan for what you changed. Nothing is written yet: press Apply to do what stands here."
)
HELD = "This is what you had typed before. Nothing is written yet."
MOVED_TOO = "Somebody has changed what you saw:"
AS_WRITTEN = "The document is taken as it is written. Nothing is written yet."
BAD_OPTION = "One of the options is not known, so nothing is written. Choose again."

bp = Blueprint("manifests", __name__, url_prefix="/manifests")


@bp.url_value_preprocessor
def allow_import(endpoint: str | None, _values: dict[str, Any] | None) -> None:
    """Let a signed-in person send more than the rest of the application takes; it runs before the body is read."""
    if endpoint == "manifests.check":
        return  # A text that is checked at every pause in typing has to be small.
    if not current_user.is_authenticated:
        return  # A cookie alone is not enough: it may be that of a session that has ended.
    limit = pages.settings().max_import_bytes + EXTRA_BYTES
    request.max_content_length = limit
    request.max_form_memory_size = limit
    if limit < (request.content_length or 0) <= DRAINED_TIMES * limit:
        _drain(request.content_length or 0)


@bp.get("/")
def upload() -> Response:
    """Show the form; `?example=KIND` starts with a small manifest of that kind."""
    kind = request.args.get("example")
    if kind is None:
        return _show_draft()
    handler = pages.registry().find(kind)
    if handler is None:
        message = f"There is no kind {kind[:64]}. Choose one of the examples."
        raise BadParameter("example", kind, message, url_for("manifests.upload"))
    return show(Upload(text=handler.example))


@bp.post("/", endpoint="send")
@keeps_input
@holds(lambda: held_fields(request))
def send() -> Response:
    """Check what was sent and, when Apply was pressed and nothing stands in the way, apply it.

    A plan that was shown is applied as it was shown or not at all. Without one, Apply creates at once what is new; what
    would change a record that exists is shown first.
    """
    viewer, sent = pages.viewer(), read_upload(request)
    if not token_failed() and (answer := start_if_large(sent)) is not None:
        _drop_draft()
        return answer
    if sent.press == "as_written":
        sent = replace(sent, since=sent.since.without(sent.value))
    plan = _plan(viewer, sent)
    if token_failed():
        return show(sent, plan, status=400, note=Note(TOKEN_MESSAGE, "bad"))
    if sent.bad_option:
        return show(sent, plan, status=422, note=Note(BAD_OPTION, "bad"))
    if sent.press not in ("apply", "check", "as_written"):
        edited = edit(sent, plan)
        if edited is None:
            return show(sent, plan, status=422, note=Note(MOVED, "warn"))
        plan = _plan(viewer, edited)
        return show(edited, plan, status=422 if plan.refused else 200, note=_note(viewer, sent, plan, EDITED))
    if plan.refused:
        return show(sent, plan, status=422, note=_note(viewer, sent, plan, ""))
    if sent.press != "apply":
        checked = CHECKED if plan.writes else UNCHANGED
        return show(
            sent, plan, note=_note(viewer, sent, plan, AS_WRITTEN if sent.press == "as_written" else checked)
        )
    held_back = _hold_back(viewer, sent, plan)
    return held_back or _apply(viewer, sent, plan)


def _note(viewer: Any, sent: Upload, plan: Plan, text: str) -> Note:
    """Return the sentence over a plan, with what others wrote to its records since they were shown last."""
    news = service.list_news(viewer, plan, sent.since, pages.registry(), complete=False)
    return Note(f"{text} {MOVED_TOO}".strip(), "warn", news) if news else Note(text)


def _hold_back(viewer: Any, sent: Upload, plan: Plan) -> Response | None:
    """Return the new plan where Apply meant another one; None when this is the one that was shown, or none was."""
    the_same = bool(sent.shown.plan) and sent.shown.given == sent.digest
    news = service.list_news(viewer, plan, sent.since, pages.registry(), complete=the_same)
    if news or (the_same and sent.shown.plan != plan.digest):
        return show(sent, plan, status=409, note=Note(PlanMoved.default_message, "warn", news))
    if sent.shown.plan and not the_same:
        return show(sent, plan, note=Note(EDITED_SINCE))
    if plan.undecided:
        return show(sent, plan, status=422, note=Note(PlanUndecided.default_message, "bad"))
    if not sent.shown.plan and plan.counts.get("update") and pages.may_carry(plan):
        return show(sent, plan, note=Note(UNSEEN))
    return None


def _apply(viewer: Any, sent: Upload, plan: Plan) -> Response:
    try:
        applied = service.apply(replace(viewer, reason=read_reason()), plan, pages.registry())
    except InvalidInput as error:
        return show(sent, plan, status=422, note=Note(f"Reason: {error.errors['reason'][0].message}", "bad"))
    except PlanRefused as error:
        return show(sent, error.plan, status=422)
    except Conflict as error:
        words = error.message if isinstance(error, PlanMoved) else PlanMoved.default_message
        since = replace(sent, since=Since(dict(service.seen_of(plan, sent.since)), sent.since.choices))
        anew = _plan(viewer, since)
        news = service.list_news(viewer, anew, since.since, pages.registry(), complete=True)
        return show(since, anew, status=409, note=Note(words, "warn", news))
    except Unavailable as error:
        return show(sent, plan, status=503, note=Note(error.message, "warn"))
    _drop_draft()
    return show(Upload(options=sent.options), plan, applied=applied)


@bp.post("/check")
def check() -> Response:
    """Say what is wrong with texts while they are being typed, and what applying them would do; nothing is written."""
    sent = read_upload(request)
    return jsonify(told(_plan(pages.viewer(), sent), sent.names))


@bp.get("/schema/<kind>.json")
def schema(kind: str) -> Response:
    """Return the JSON Schema of a kind, for editors and for checking elsewhere; it holds nothing of any account."""
    handler = pages.registry().get(kind)
    response = jsonify(json_schema(handler.kind, handler.schema))
    response.mimetype = "application/schema+json"
    response.headers["Cache-Control"] = f"public, max-age={SCHEMA_SECONDS}"
    return response


def _drain(length: int) -> None:
    """Read a body that is too large and forget it: a browser that is still sending shows no answer."""
    stream = request.environ["wsgi.input"]
    while length > 0 and (piece := stream.read(min(length, EXTRA_BYTES))):
        length -= len(piece)


def _plan(viewer: Any, upload: Upload) -> Plan:
    held = unseal(upload.sealed, pages.sealer(), pages.viewer_key())
    limits = Limits(max_bytes=pages.settings().max_import_bytes)
    return service.plan(viewer, upload.sources, pages.registry(), limits, held, upload.options, upload.since)


def _show_draft() -> Response:
    """Show the form, with everything that a person had sent when their session ended."""
    find: Callable[[str, str], MultiDict[str, str] | None] = current_app.extensions["find_draft"]
    held = find(request.args.get("draft", ""), request.path)
    if held is None:
        return show(Upload(), offered=_find_offer())
    sent = read_fields(held)
    if not sent.sources:
        return show(sent)
    plan = _plan(pages.viewer(), sent)
    return show(sent, plan, note=Note(HELD))


def _find_offer() -> OfferedDraft | None:
    """Return the text that was typed here and never applied; what is kept belongs to accounts, which lie above."""
    offer: Callable[[str], OfferedDraft | None] = current_app.extensions["offer_draft"]
    return offer(url_for("manifests.send"))


def _drop_draft() -> None:
    drop: Callable[[str], None] = current_app.extensions["drop_draft"]
    drop(sent_draft())
