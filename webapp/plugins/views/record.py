"""The page of one plugin, its manifest, and the share link."""

from __future__ import annotations

from collections.abc import Iterable
from dataclasses import dataclass
from typing import Any

from flask import Response, request, url_for
from sqlalchemy.orm import Session

from webapp.accounts.identity import Viewer, initials
from webapp.accounts.signin import get_viewer
from webapp.core.errors import NotFound
from webapp.db.session import current_session
from webapp.manifests.form_text import show_list, show_value, show_yaml
from webapp.manifests.shown_annotations import show_annotations
from webapp.plugins.manifest import export_yaml
from webapp.plugins.outline import outline
from webapp.plugins.queries.record import Record, find_connection, get_record, judge_record
from webapp.plugins.queries.stars import load_stars
from webapp.plugins.queries.usage import find_use
from webapp.plugins.readiness import Check
from webapp.plugins.values import Parameter, StaticData
from webapp.plugins.views import bp
from webapp.plugins.views.annotated import annotation_links
from webapp.plugins.views.bin_pages import show_binned
from webapp.plugins.views.resuming import find_resume
from webapp.plugins.views.stars import RECORD, star_button
from webapp.plugins.views.walking import find_walk
from webapp.web.highlight import plain_lines, yaml_lines
from webapp.web.rendering import render
from webapp.web.sharing import record_url, share_url

DIRECTIVE_WORDS = {
    "search_terms": "offered when a prompt contains one of these",
    "always": "offered with every prompt",
    "llm": "offered when the model chooses it",
}


@dataclass(frozen=True)
class ShownCheck:
    """A line of the readiness panel.

    `href` leads to the part of the editor that it is about, `create` to the form for what does not exist yet.
    """

    text: str
    kind: str
    href: str | None
    create: str | None = None


@bp.get("/plugins/<locator>/")
def record(locator: str) -> Response:
    """Show everything about one plugin, or that it is in the bin to somebody who may restore it."""
    session, viewer = current_session(), get_viewer()
    try:
        found = get_record(session, viewer, locator)
    except NotFound:
        return show_binned(session, viewer, locator)
    return render(
        "plugins/record.html",
        **overview(session, viewer, found),
        connection_url=_connection_url(find_connection(session, found)),
        directives=DIRECTIVE_WORDS,
        yaml_lines=yaml_lines,
        plain_lines=plain_lines,
        show_value=show_value,
        show_yaml=show_yaml,
        allowed=_allowed,
        outline=_outline(found),
        resume=find_resume(session, viewer, request.args.get("draft")),
    )


@bp.get("/plugins/<locator>/manifest")
def manifest_page(locator: str) -> Response:
    """Show the canonical manifest of one plugin."""
    session, viewer = current_session(), get_viewer()
    found = get_record(session, viewer, locator)
    text = export_yaml(found.values)
    return render(
        "plugins/manifest.html",
        **frame(found),
        readiness=judge_record(session, found).state,
        lines=yaml_lines(text),
        size=len(text.encode()),
    )


def frame(found: Record) -> dict[str, Any]:
    """Return what the head of every page of a record needs."""
    session, viewer = current_session(), get_viewer()
    return {
        "record": found,
        "walk": find_walk(session, viewer, found),
        "star": star_button(found, RECORD, is_on=found.id in load_stars(session, viewer)),
        "values": found.values,
        "share_url": share_url(found.locator),
        "owner_initials": initials(found.owner_name),
    }


def overview(session: Session, viewer: Viewer, found: Record) -> dict[str, Any]:
    """Return what the parts of the overview need that follow an edit of a single field."""
    judgement = judge_record(session, found)
    return {
        **frame(found),
        "tab": "overview",
        "readiness": judgement.state,
        "checks": _shown_checks(viewer, found, judgement.checks, judgement.warnings),
        "annotations": show_annotations(found.values.annotations),
        "annotation_links": annotation_links(found.values.annotations),
        "use": find_use(session, viewer, found.id),
    }


def edit_anchor(part: str, plugin_class: str) -> str | None:
    """Return the id of the field of the editor that puts a part right; None when it is not written there."""
    data = {"static": "static_data", "sql": "sql_query", "api": "endpoint"}.get(plugin_class)
    return {
        "selector": "search_terms",
        "prompt": "system_role",
        "data": data,
        "connection": "connection",
        "description": "description",
    }.get(part)


def _create_url(viewer: Viewer, found: Record, check: Check) -> str | None:
    """Return where to create what a plugin waits for: anybody may in their own account, and nobody elsewhere."""
    if not check.missing or found.account_id != viewer.account_id:
        return None
    wanted = "secret" if check.part == "secret" else found.values.plugin_class
    return url_for("connections.new", kind=wanted, name=check.missing)


def _connection_url(locator: str | None) -> str | None:
    return None if locator is None else record_url(locator)


def _shown_checks(
    viewer: Viewer, found: Record, checks: Iterable[Check], warnings: Iterable[Check]
) -> list[ShownCheck]:
    kinds = [("ok" if check.passed else "bad", check) for check in checks]
    kinds += [("warn", check) for check in warnings]
    shown = []
    for kind, check in kinds:
        anchor = (
            edit_anchor(check.part, found.values.plugin_class) if kind != "ok" and found.manageable else None
        )
        href = url_for("plugins.edit", locator=found.locator, _anchor=anchor) if anchor else None
        shown.append(ShownCheck(check.text, kind, href, _create_url(viewer, found, check)))
    return shown


def _allowed(parameter: Parameter) -> str:
    return show_list(parameter.enum or ())


def _outline(found: Record) -> Any:
    data = found.values.data
    if isinstance(data, StaticData) and data.static_data is not None:
        return outline(data.static_data)
    return None
