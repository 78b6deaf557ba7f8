"""The page of one secret or connection, and its manifest, in which the value of a secret is left out."""

from __future__ import annotations

from flask import Response, url_for

from webapp.accounts.signin import get_viewer
from webapp.connections.manifest import export_json, export_yaml
from webapp.connections.queries.deleted import find_deleted
from webapp.connections.queries.pages import RecordView, get_view
from webapp.connections.queries.uses import list_uses
from webapp.connections.uses import Use, Uses
from webapp.connections.views import bp
from webapp.connections.views.record_context import frame, overview
from webapp.core.errors import NotFound
from webapp.db.session import current_session
from webapp.web.highlight import yaml_lines
from webapp.web.rendering import download, render
from webapp.web.sharing import record_url


@bp.get("/connections/<locator>/")
def record(locator: str) -> Response:
    """Show everything about one secret or connection, but never the value of a secret; a deleted one may come back."""
    session, viewer = current_session(), get_viewer()
    try:
        found = get_view(session, viewer, locator)
    except NotFound:
        deleted = find_deleted(session, viewer, locator)
        if deleted is None:
            raise
        return render(
            "connections/deleted.html", deleted=deleted, lines=yaml_lines(export_yaml(deleted.values))
        )
    uses = list_uses(session, found.kind, found.id)
    return render(
        "connections/record.html",
        **frame(found),
        **overview(session, viewer, found),
        uses=uses,
        users=shown_users(uses),
    )


@bp.get("/connections/<locator>/manifest")
def manifest_page(locator: str) -> Response:
    """Show the canonical manifest of one secret or connection."""
    session = current_session()
    found = get_view(session, get_viewer(), locator)
    text = export_yaml(found.values)
    return render(
        "connections/manifest.html",
        **frame(found),
        uses=list_uses(session, found.kind, found.id),
        lines=yaml_lines(text),
        size=len(text.encode()),
    )


@bp.get("/connections/<locator>/manifest.yaml")
def manifest_yaml(locator: str) -> Response:
    """Download the manifest as YAML."""
    found = _view(locator)
    return download(export_yaml(found.values), f"{found.values.name}.yaml", "application/yaml")


@bp.get("/connections/<locator>/manifest.json")
def manifest_json(locator: str) -> Response:
    """Download the manifest as JSON."""
    found = _view(locator)
    return download(export_json(found.values), f"{found.values.name}.json", "application/json")


def shown_users(uses: Uses) -> list[tuple[Use, str]]:
    """Return who uses a record, each with the address of its page."""
    return [
        (use, record_url(use.locator) or url_for("records.share", locator=use.locator)) for use in uses.shown
    ]


def _view(locator: str) -> RecordView:
    return get_view(current_session(), get_viewer(), locator)
