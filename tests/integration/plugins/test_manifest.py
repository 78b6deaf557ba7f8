"""The manifest of a record as a file, and uploading it again."""

from __future__ import annotations

import json
from typing import Any

import pytest
from hypothesis import HealthCheck, given, settings
from sqlalchemy import func, select
from sqlalchemy.orm import Session

from tests import factories
from tests.factories import Person
from tests.pages import PageClient, sign_in
from tests.unit.plugins import strategies
from webapp.history.models import Revision
from webapp.manifests import service
from webapp.manifests.sources import Source
from webapp.plugins.manifest import export_json, export_yaml
from webapp.plugins.models import PluginMeta
from webapp.plugins.queries.bulk import find_by_names
from webapp.plugins.service import create_plugin
from webapp.plugins.values import PluginValues


@pytest.fixture
def owner(session: Session) -> Person:
    """Return a member who owns what the test makes."""
    return factories.person("marina")


@settings(max_examples=25, suppress_health_check=[HealthCheck.function_scoped_fixture, HealthCheck.too_slow])
@given(values=strategies.plugin_values())
def test_exporting_and_uploading_changes_nothing(
    app: Any, session: Session, owner: Person, values: PluginValues
) -> None:
    viewer = factories.viewer_of(owner)
    session.rollback()
    if values.name in find_by_names(session, owner.account.id, [values.name]):
        return
    saved = create_plugin(viewer, values, imported=True)
    session.expire_all()
    stored = session.get_one(PluginMeta, saved.id).to_values()
    # Tags keep the spelling that the account saw first; everything else is what was written.
    assert json.dumps({**stored.to_dict(), "tags": 0}) == json.dumps({**values.to_dict(), "tags": 0})
    revisions = session.scalar(select(func.count()).select_from(Revision))
    for text in (export_yaml(stored), export_json(stored)):
        kinds = app.extensions["manifest_kinds"]
        plan = service.plan(viewer, [Source("exported", text)], kinds)
        assert plan.counts == {"unchanged": 1}, plan.items
        service.apply(viewer, plan, kinds)
    assert session.scalar(select(func.count()).select_from(Revision)) == revisions


def test_the_yaml_is_a_file_with_the_records_name(
    client: PageClient, owner: Person, session: Session
) -> None:
    saved = factories.plugin(owner, name="lighthouse")
    sign_in(client, owner)
    answer = client.get(f"/plugins/{saved.locator}/manifest.yaml")
    assert answer.headers["Content-Disposition"] == 'attachment; filename="lighthouse.yaml"'
    assert answer.content_type == "application/yaml; charset=utf-8"
    assert answer.get_data(as_text=True) == export_yaml(session.get_one(PluginMeta, saved.id).to_values())


def test_the_json_holds_the_same(client: PageClient, owner: Person) -> None:
    saved = factories.plugin(owner, name="lighthouse")
    sign_in(client, owner)
    answer = client.get(f"/plugins/{saved.locator}/manifest.json")
    assert answer.headers["Content-Disposition"] == 'attachment; filename="lighthouse.json"'
    assert answer.json is not None
    assert answer.json["metadata"]["name"] == "lighthouse"


@pytest.mark.parametrize("what", ["yaml", "json"])
def test_the_file_of_a_record_that_one_may_not_read_is_a_404(
    client: PageClient, owner: Person, what: str
) -> None:
    saved = factories.plugin(factories.person())
    sign_in(client, owner)
    for locator in (saved.locator, "pluginmeta-rMTAwMDAwMwx", "nonsense"):
        assert client.get(f"/plugins/{locator}/manifest.{what}").status_code == 404


def test_downloading_and_uploading_through_the_page_changes_nothing(
    client: PageClient, owner: Person
) -> None:
    saved = factories.plugin(owner, factories.api_values("prices"))
    sign_in(client, owner)
    for what in ("yaml", "json"):
        text = client.get(f"/plugins/{saved.locator}/manifest.{what}").get_data(as_text=True)
        answer = client.post("/manifests/", data={"do": "apply", "text": text})
        assert answer.status_code == 200
        assert "1 unchanged" in answer.get_data(as_text=True)
