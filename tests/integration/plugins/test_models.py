"""Writing a plugin through its own members: conversion, validation, derived columns, the bin (seed: PluginMeta)."""

from __future__ import annotations

import datetime as dt
from dataclasses import replace

import pytest
import structlog
from sqlalchemy import func, select
from sqlalchemy.orm import Session

from tests import factories
from webapp.core import semver
from webapp.core.errors import InvalidInput, SmarterValueError
from webapp.db.session import transaction
from webapp.history.models import Revision
from webapp.plugins.models import PluginDataBase, PluginMeta, PluginSearch, Tag
from webapp.plugins.models.identity import SAMKinds
from webapp.plugins.service import changed_fields, create_plugin, update_plugin
from webapp.plugins.values import ApiData, PluginValues, SelectorValues, SqlData, StaticData


def _get(session: Session, plugin_id: int) -> PluginMeta:
    return session.get_one(PluginMeta, plugin_id)


def _save(owner: factories.Person, values: PluginValues) -> int:
    """Save a plugin through the model alone, as code that knows no viewer does."""
    with transaction():
        record = PluginMeta(account_id=owner.account.id, user_profile_id=owner.profile_id)
        record.assign(values)
        record.save()
        return record.id


@pytest.mark.parametrize(
    ("written", "kept"),
    [
        ("everlastingGobstopper", "everlasting_gobstopper"),
        ("Everlasting Gobstopper", "everlasting_gobstopper"),
        ("everlasting-gobstopper", "everlasting_gobstopper"),
        ("already_good", "already_good"),
        ("2nd_try", "2nd_try"),
    ],
)
def test_save_converts_a_name_and_says_so_in_the_log(session: Session, written: str, kept: str) -> None:
    with structlog.testing.capture_logs() as logs:
        saved = _save(factories.person(), factories.plugin_values(written))
    assert _get(session, saved).name == kept
    assert bool([entry for entry in logs if entry["event"] == "plugin_name_converted"]) == (written != kept)


@pytest.mark.parametrize("name", ["", "!!!", "é", "x" * 65])
def test_save_refuses_a_name_that_no_conversion_helps(session: Session, name: str) -> None:
    with pytest.raises(InvalidInput) as raised:
        _save(factories.person(), replace(factories.plugin_values(), name=name))
    assert "name" in raised.value.errors
    assert isinstance(raised.value, SmarterValueError)
    assert session.scalar(select(func.count()).select_from(PluginMeta)) == 0


def test_full_clean_reports_every_error_of_every_field_at_once(session: Session) -> None:
    owner = factories.person()
    values = factories.plugin_values(
        "x" * 65,
        version="one",
        tags=("good", "with,comma"),
        annotations=({"bad key": 1},),
        plugin_class="other",
    )
    record = PluginMeta(account_id=owner.account.id, user_profile_id=owner.profile_id)
    record.assign(replace(values, data=None))
    with pytest.raises(InvalidInput) as raised:
        record.full_clean()
    assert raised.value.errors.keys() == {"name", "version", "tags", "annotations", "plugin_class"}


def test_a_taken_name_is_an_error_of_the_field_and_only_within_the_account(session: Session) -> None:
    owner, stranger = factories.person(), factories.person()
    factories.plugin(owner, name="everlasting_gobstopper")
    factories.plugin(stranger, name="everlasting_gobstopper")
    with pytest.raises(InvalidInput) as raised:
        factories.plugin(owner, name="everlasting_gobstopper")
    assert [error.code for error in raised.value.errors["name"]] == ["unique"]


def test_a_name_in_the_bin_is_free(session: Session) -> None:
    owner = factories.person()
    saved = factories.plugin(owner, name="everlasting_gobstopper")
    with transaction() as writing:
        _get(writing, saved.id).delete(owner.user_id)
    assert factories.plugin(owner, name="everlasting_gobstopper").id != saved.id


def test_a_new_name_starts_with_a_letter_but_an_old_one_is_left_alone(session: Session) -> None:
    owner = factories.person()
    with pytest.raises(InvalidInput):
        factories.plugin(owner, name="2nd_try")
    old = _save(owner, factories.plugin_values("2nd_try"))
    values = factories.plugin_values("2nd_try", description="Its name is as it always was.")
    assert update_plugin(factories.viewer_of(owner), old, 1, values).name == "2nd_try"


def test_derived_columns_follow_the_record(session: Session) -> None:
    owner = factories.person("Ann")
    plugin = _get(session, factories.plugin(owner, version="1.10.0").id)
    assert plugin.version_key == semver.sort_key("1.10.0")
    assert plugin.owner_key == "ann"
    assert plugin.readiness == "ready"
    assert plugin.ready


@pytest.mark.parametrize(
    ("changes", "readiness"),
    [
        ({}, "ready"),
        ({"selector": None}, "not_ready"),
        ({"selector": SelectorValues("search_terms", ())}, "not_ready"),
        ({"selector": SelectorValues("always")}, "ready"),
        ({"prompt": None}, "not_ready"),
        ({"data": None}, "not_ready"),
        ({"data": StaticData()}, "not_ready"),
        ({"description": ""}, "attention"),
    ],
)
def test_readiness_is_stored_as_it_is_judged(
    session: Session, changes: dict[str, object], readiness: str
) -> None:
    plugin = _get(session, factories.plugin(factories.person(), **changes).id)
    assert plugin.readiness == readiness == plugin.judge().state


def test_a_connection_is_found_by_its_name_within_the_account_only(session: Session) -> None:
    owner, stranger = factories.person(), factories.person()
    factories.sql_connection(stranger, "warehouse")
    lonely = _get(session, factories.plugin(owner, factories.sql_values("lonely")).id)
    assert (lonely.readiness, lonely.data.connection_id) == ("not_ready", None)
    connection = factories.sql_connection(owner, "warehouse")
    joined = _get(session, factories.plugin(owner, factories.sql_values("joined")).id)
    assert (joined.readiness, joined.data.connection_id) == ("ready", connection)


@pytest.mark.parametrize(
    "values",
    [
        factories.plugin_values("it", tags=(), annotations=({"a/b": [1, "two", {"c": None}]}, {"d": True})),
        factories.plugin_values("it", data=StaticData("Words.", ["any", {"json": 1.5}, "ünï"])),
        factories.plugin_values("it", data=StaticData("Nothing.", None), prompt=None, selector=None),
        factories.sql_values("it"),
        factories.api_values("it"),
        PluginValues("it", "static"),
        PluginValues("it", "sql", data=SqlData()),
        PluginValues("it", "api", data=ApiData()),
    ],
)
def test_what_is_written_is_what_is_read(session: Session, values: PluginValues) -> None:
    saved = create_plugin(factories.viewer_of(factories.person()), values)
    assert _get(session, saved.id).to_values() == values
    snapshot = session.scalars(select(Revision.snapshot)).one()
    assert PluginValues.from_dict(snapshot) == values


@pytest.mark.parametrize("before", [factories.plugin_values, factories.sql_values, factories.api_values])
@pytest.mark.parametrize("after", [factories.plugin_values, factories.sql_values, factories.api_values])
def test_the_class_can_change_and_takes_its_data_along(
    session: Session, before: object, after: object
) -> None:
    owner = factories.person()
    saved = create_plugin(factories.viewer_of(owner), before("it"))  # type: ignore[operator]
    values = replace(after("it"), description="Another class, another kind of data.")  # type: ignore[operator]
    update_plugin(factories.viewer_of(owner), saved.id, saved.revision, values)
    assert _get(session, saved.id).to_values() == values
    assert session.scalar(select(func.count()).select_from(PluginDataBase)) == 1


def test_tags_keep_their_order_and_the_first_spelling(session: Session) -> None:
    owner = factories.person()
    factories.plugin(owner, tags=("Sweets", "straße"))
    saved = factories.plugin(owner, tags=("STRASSE", "new", "sweets"))
    plugin = _get(session, saved.id)
    assert plugin.tags_list == ["straße", "new", "Sweets"]
    assert session.scalar(select(func.count()).select_from(Tag)) == 3


def test_every_save_raises_the_revision_and_the_time_of_change(session: Session) -> None:
    owner = factories.person()
    saved = factories.plugin(owner, name="it")
    before = _get(session, saved.id).updated_at
    again = update_plugin(
        factories.viewer_of(owner), saved.id, saved.revision, factories.plugin_values("it", version="2.0.0")
    )
    assert (saved.revision, again.revision) == (1, 2)
    assert again.changed == ("version",)
    assert _get(session, saved.id).updated_at > before


def test_a_save_that_changes_nothing_makes_no_revision(session: Session) -> None:
    owner = factories.person()
    values = factories.plugin_values("it")
    saved = create_plugin(factories.viewer_of(owner), values)
    generation = factories.viewer_of(owner).account_generation
    assert update_plugin(factories.viewer_of(owner), saved.id, saved.revision, values).changed == ()
    assert session.scalar(select(func.count()).select_from(Revision)) == 1
    assert factories.viewer_of(owner).account_generation == generation


def test_changed_fields_name_what_differs() -> None:
    one = factories.plugin_values("it")
    assert changed_fields(one, one) == ()
    assert changed_fields(one, replace(one, tags=("shop", "sweets"), version="2.0.0")) == ("version", "tags")


def test_delete_moves_to_the_bin_and_out_of_search(session: Session) -> None:
    owner = factories.person()
    saved = factories.plugin(owner)
    with transaction() as writing:
        _get(writing, saved.id).delete(owner.user_id)
    plugin = _get(session, saved.id)
    assert plugin.deleted_at is not None
    assert plugin.deleted_at <= dt.datetime.now(dt.UTC)
    assert (plugin.deleted_by_id, plugin.revision) == (owner.user_id, 2)
    assert session.scalar(select(func.count()).select_from(PluginSearch)) == 0
    with transaction() as writing:
        _get(writing, saved.id).delete()  # A second time changes nothing.
    assert _get(session, saved.id).revision == 2


def test_identity_members_before_and_after_the_first_save(session: Session) -> None:
    owner = factories.person()
    fresh = PluginMeta(name="it", plugin_class="sql")
    assert (fresh.pk, fresh.hashed_id, fresh.record_locator) == (None, None, None)
    assert (fresh.kind, fresh.rfc1034_compliant_kind, fresh.rfc1034_compliant_name) == (
        SAMKinds.SQL_PLUGIN,
        "sql",
        "it",
    )
    saved = factories.plugin(owner)
    plugin = _get(session, saved.id)
    assert plugin.record_locator == saved.locator == f"pluginmeta-{plugin.hashed_id}"
    assert PluginMeta.id_from_hashed_id(str(plugin.hashed_id)) == saved.id
    assert PluginMeta.get_object_by_locator(saved.locator) is plugin
    assert PluginMeta.get_object_by_locator("pluginmeta-rAAAAx") is None
    with pytest.raises(SmarterValueError):
        _ = PluginMeta(plugin_class="other").kind
