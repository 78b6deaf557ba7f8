"""Round trips through plan and apply: what was applied is unchanged, and the same text gives the same plan."""

from __future__ import annotations

import dataclasses
from typing import Any

import pytest
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st
from sqlalchemy.orm import Session

from tests import factories
from tests.factories import Person
from tests.unit.plugins import strategies
from webapp.manifests import service
from webapp.manifests.emit import dump_yaml_all
from webapp.manifests.plan import Plan
from webapp.manifests.registry import Registry
from webapp.manifests.sources import Source
from webapp.plugins.manifest import export_mapping
from webapp.plugins.queries.bulk import find_by_names
from webapp.plugins.values import PluginValues

SETTINGS = settings(
    max_examples=10, suppress_health_check=[HealthCheck.function_scoped_fixture, HealthCheck.too_slow]
)


@pytest.fixture
def viewer(member: Person) -> Any:
    """Return who applies."""
    return factories.viewer_of(member, origin="manifest")


def _plan(viewer: Any, kinds: Registry[Any], text: str) -> Plan:
    return service.plan(viewer, [Source("x", text)], kinds)


def _export(session: Session, viewer: Any, items: list[PluginValues]) -> str:
    found = find_by_names(session, viewer.account_id, [item.name for item in items])
    return dump_yaml_all(export_mapping(found[item.name].to_values()) for item in items)


@SETTINGS
@given(items=st.lists(strategies.plugin_values(), min_size=1, max_size=4, unique_by=lambda item: item.name))
def test_what_was_applied_is_unchanged(
    session: Session, viewer: Any, kinds: Registry[Any], items: list[PluginValues]
) -> None:
    session.rollback()
    text = dump_yaml_all(export_mapping(item) for item in items)
    first = _plan(viewer, kinds, text)
    assert not first.refused, first.all_problems
    assert first.digest == _plan(viewer, kinds, text).digest
    service.apply(viewer, first, kinds)
    session.rollback()
    again = _plan(viewer, kinds, text)
    # A tag keeps the spelling that the account saw first, which is all that may be left to say.
    assert {change.path for item in again.items for change in item.changes} <= {"metadata.tags"}
    exported = _export(session, viewer, items)
    assert _plan(viewer, kinds, exported).counts == {"unchanged": len(items)}
    session.expire_all()
    assert _export(session, viewer, items) == exported


@SETTINGS
@given(before=strategies.plugin_values(name="subject"), after=strategies.plugin_values(name="subject"))
def test_an_update_leads_from_any_values_to_any_others(
    session: Session, viewer: Any, kinds: Registry[Any], before: PluginValues, after: PluginValues
) -> None:
    session.rollback()
    for values in (before, after):
        text = dump_yaml_all([export_mapping(dataclasses.replace(values, tags=()))])
        plan = _plan(viewer, kinds, text)
        assert not plan.refused, plan.all_problems
        service.apply(viewer, plan, kinds)
        session.rollback()
        assert _plan(viewer, kinds, text).counts == {"unchanged": 1}
        for item in plan.items:
            judged = item.judgement
            assert judged is None or judged.reasons
