"""Aliases in manifests: the plan puts the tag in their place and says so, so that an old file changes nothing."""

from __future__ import annotations

from typing import Any

import pytest
from flask import Flask
from sqlalchemy.orm import Session

from tests import factories
from tests.factories import Person, viewer_of
from tests.integration.tags.gardening import all_tags, rename, tags_of
from webapp.manifests import service as manifests
from webapp.manifests.plan import Plan
from webapp.manifests.sources import Source
from webapp.plugins.manifest import export_yaml


@pytest.fixture
def bob(session: Session) -> Person:
    """Return a person of the staff."""
    return factories.person("bob", role="staff")


def make_plan(app: Flask, somebody: Person, text: str) -> Plan:
    registry: Any = app.extensions["manifest_kinds"]
    return manifests.plan(viewer_of(somebody), [Source("file.yaml", text)], registry)


def test_a_manifest_of_before_a_rename_changes_nothing(app: Flask, session: Session, bob: Person) -> None:
    values = factories.plugin_values("first", tags=("x", "Candy"))
    factories.plugin(bob, values)
    rename(session, bob, "candy", "sweets")
    [item] = make_plan(app, bob, export_yaml(values)).items
    assert item.action == "unchanged"
    [notice] = item.notices
    assert notice.message == "Candy is an alias here: the plugin gets the tag sweets."
    assert notice.suggestion == "sweets"


def test_a_new_plugin_gets_the_tag_once(app: Flask, session: Session, bob: Person) -> None:
    factories.plugin(bob, tags=("candy",))
    rename(session, bob, "candy", "sweets")
    values = factories.plugin_values("second", tags=("CANDY", "x", "Sweets"))
    registry: Any = app.extensions["manifest_kinds"]
    plan = make_plan(app, bob, export_yaml(values))
    assert [item.action for item in plan.items] == ["create"]
    manifests.apply(viewer_of(bob, origin="manifest"), plan, registry)
    assert tags_of(session, "second") == ["sweets", "x"]
    assert all_tags(session, bob) == {"sweets": 2, "x": 1}
