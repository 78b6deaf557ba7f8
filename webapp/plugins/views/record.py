"""The page of one plugin, and those of its manifest and of what lint finds."""

from __future__ import annotations

from flask import Response, make_response, render_template, request
from sqlalchemy.orm import Session

from webapp.accounts.frame import page_etag
from webapp.accounts.identity import Viewer
from webapp.accounts.kept_pages import kept_page
from webapp.accounts.reading import reading_session
from webapp.accounts.signin import get_viewer
from webapp.core.errors import NotFound
from webapp.core.locators import parse_locator
from webapp.db.session import current_session
from webapp.plugins.manifest import export_yaml
from webapp.plugins.models.identity import LOCATOR_KIND
from webapp.plugins.queries.record import get_record, judge_record
from webapp.plugins.queries.same_words import list_twins
from webapp.plugins.queries.usage import PluginUse, find_use
from webapp.plugins.views import bp
from webapp.plugins.views.bin_pages import show_binned
from webapp.plugins.views.record_checks import (
    list_rules,
    passed_words,
    shown_checks,
    shown_findings,
)
from webapp.plugins.views.record_context import details_of, frame, overview
from webapp.plugins.views.resuming import find_resume
from webapp.plugins.views.walking import kept_query
from webapp.web.highlight import yaml_lines
from webapp.web.rendering import render, weak_etag


@bp.get("/plugins/<locator>/")
def record(locator: str) -> Response:
    """Show everything about one plugin, or that it is in the bin to somebody who may restore it."""
    session, viewer = current_session(), get_viewer()
    draft = request.args.get("draft")
    # A superuser reads accounts whose generations nobody has asked for.
    tag = None if draft or viewer.is_superuser else page_etag(viewer)
    use = find_use(session, viewer, parse_locator(locator, LOCATOR_KIND) or 0)
    try:
        if tag is None:
            return make_response(_render_record(session, viewer, locator, use, draft))
        # What chatbots do raises no generation, and the list around the record may stand in a header.
        parts = weak_etag(tag, use, kept_query())

        def make() -> str:
            return _render_record(reading_session(viewer), viewer, locator, use)

        return make_response(kept_page(viewer.generations, parts, make))
    except NotFound:
        return show_binned(session, viewer, locator)


def _render_record(
    session: Session, viewer: Viewer, locator: str, use: PluginUse | None, draft: str | None = None
) -> str:
    found = get_record(session, viewer, locator)
    judgement = judge_record(session, found)
    return render_template(
        "plugins/record.html",
        **overview(session, viewer, found, use, judgement) | details_of(session, found, judgement),
        resume=find_resume(session, viewer, draft),
    )


@bp.get("/plugins/<locator>/manifest")
def manifest_page(locator: str) -> Response:
    """Show the canonical manifest of one plugin, and every text by which it is passed on."""
    session, viewer = current_session(), get_viewer()
    found = get_record(session, viewer, locator)
    text = export_yaml(found.values)
    return render(
        "plugins/manifest.html",
        **frame(session, viewer, found, "manifest"),
        lines=yaml_lines(text),
        size=len(text.encode()),
    )


@bp.get("/plugins/<locator>/checks")
def checks(locator: str) -> Response:
    """Show what a plugin needs before it can be used, and what could be better about it."""
    session, viewer = current_session(), get_viewer()
    found = get_record(session, viewer, locator)
    judgement = judge_record(session, found)
    return render(
        "plugins/checks.html",
        **frame(session, viewer, found, "checks", judgement),
        checks=shown_checks(session, viewer, found, judgement),
        findings=shown_findings(found, judgement.findings),
        passed=passed_words(found.values, judgement.findings),
        twins=list_twins(session, found),
        rules=list_rules(),
    )
