"""The manifest of one plugin as a file: canonical, so that uploading it again changes nothing."""

from __future__ import annotations

from flask import Response, request, url_for

from webapp.accounts.signin import get_viewer
from webapp.db.session import current_session
from webapp.plugins.manifest import export_json, export_yaml
from webapp.plugins.queries.record import find_values, get_record
from webapp.plugins.values import PluginValues
from webapp.plugins.views import bp
from webapp.web.errors import NothingThere
from webapp.web.rendering import download
from webapp.web.revisions import parse_asked


@bp.get("/plugins/<locator>/manifest.yaml")
def manifest_yaml(locator: str) -> Response:
    """Download the manifest as YAML; `?revision=N` as it was then."""
    values = _values(locator)
    return download(export_yaml(values), f"{values.name}.yaml", "application/yaml")


@bp.get("/plugins/<locator>/manifest.json")
def manifest_json(locator: str) -> Response:
    """Download the manifest as JSON."""
    values = _values(locator)
    return download(export_json(values), f"{values.name}.json", "application/json")


def _values(locator: str) -> PluginValues:
    session = current_session()
    record = get_record(session, get_viewer(), locator)
    if "revision" not in request.args:
        return record.values
    path = url_for(request.endpoint or "", locator=locator)
    revision = parse_asked(request.args, path, record.revision).chosen
    values = find_values(session, record, revision)
    if values is None:
        message = f"Revision {revision:,} of this plugin is not kept."
        raise NothingThere("revision", str(revision), message, path)
    return values
