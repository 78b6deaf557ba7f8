"""The relations of a plugin, the seed page's names for them, and what becomes of them when something is deleted."""

from __future__ import annotations

import datetime as dt
from collections.abc import Callable
from typing import Any

import pytest
from flask import Flask
from sqlalchemy import delete, func, select, update
from sqlalchemy.orm import Session

from tests import factories
from webapp.connections.models import ApiConnection, SqlConnection
from webapp.core.clock import utcnow
from webapp.core.errors import Conflict
from webapp.db.session import transaction
from webapp.plugins import service
from webapp.plugins.models import (
    ChatBotPlugin,
    ChatPluginUsage,
    ChatToolCall,
    PluginDataApi,
    PluginDataSql,
    PluginDataStatic,
    PluginMeta,
    PluginSelectorHistory,
    Tag,
)
from webapp.plugins.usage_values import Occasion, Selection, ToolCall, Use

PAST = (ChatPluginUsage, ChatToolCall, PluginSelectorHistory)


def _use_it(person: factories.Person, plugin_id: int) -> None:
    """Leave a row of each kind behind."""
    viewer, occasion = factories.viewer_of(person), Occasion("shop_bot", "session-1")
    service.link_chatbot(viewer, plugin_id, "shop_bot")
    service.record_selection(
        viewer, plugin_id, Selection("search_terms", occasion, "sherbet", "Any sherbet?")
    )
    service.record_use(viewer, plugin_id, Use(occasion, "Any sherbet?"))
    service.record_tool_call(viewer, plugin_id, ToolCall("static_1", occasion, {"inquiry_type": "sherbet"}))


def _count(session: Session, model: Any) -> int:
    return session.scalar(select(func.count()).select_from(model)) or 0


@pytest.mark.parametrize(
    ("values", "data"),
    [
        (factories.plugin_values, PluginDataStatic),
        (factories.sql_values, PluginDataSql),
        (factories.api_values, PluginDataApi),
    ],
)
def test_the_parts_by_both_their_names(session: Session, values: Callable[..., Any], data: type) -> None:
    plugin = session.get_one(PluginMeta, factories.plugin(factories.person(), values()).id)
    assert plugin.selector is not None and plugin.selector is plugin.plugin_selector_plugin
    assert plugin.prompt is not None and plugin.prompt is plugin.plugin_prompt_plugin
    assert isinstance(plugin.data, data) and plugin.data is plugin.plugin_data_base_plugin
    found = session.scalars(
        select(PluginMeta)
        .join(PluginMeta.plugin_selector_plugin)
        .where(PluginMeta.plugin_prompt_plugin.has())
    )
    assert found.one() is plugin


def test_the_owner_and_the_tags(session: Session) -> None:
    owner = factories.person()
    plugin = session.get_one(PluginMeta, factories.plugin(owner, tags=("b", "a")).id)
    assert plugin.user_profile.id == plugin.user_profile_id == owner.profile_id
    assert [tag.name for tag in plugin.tags] == plugin.tags_list == ["b", "a"]
    assert [(item.position, item.tag) for item in plugin.tagged_items] == list(enumerate(plugin.tags))


def test_moments_are_aware_and_in_utc_and_only_one_of_them_moves(session: Session) -> None:
    before = utcnow()
    owner = factories.person()
    saved = factories.plugin(owner, name="it")
    plugin = session.get_one(PluginMeta, saved.id)
    created = plugin.created_at
    assert before <= created <= plugin.updated_at <= utcnow()
    assert created.tzinfo is plugin.updated_at.tzinfo is dt.UTC
    values = factories.plugin_values("it", version="2.0.0")
    service.update_plugin(factories.viewer_of(owner), saved.id, saved.revision, values)
    plugin = session.get_one(PluginMeta, saved.id)
    assert plugin.created_at == created < plugin.updated_at


def test_what_happened_by_both_its_names(session: Session) -> None:
    owner = factories.person()
    plugin_id = factories.plugin(owner, name="gobstopper").id
    _use_it(owner, plugin_id)
    factories.plugin(owner)
    plugin = session.get_one(PluginMeta, plugin_id)
    assert [link.chatbot for link in plugin.chatbot_links] == ["shop_bot"]
    assert plugin.chatbotplugin_set is plugin.chatbot_links
    pairs = (
        (plugin.usages, plugin.chatpluginusage_set, ChatPluginUsage),
        (plugin.tool_calls, plugin.chattoolcall_set, ChatToolCall),
        (plugin.selector_history, plugin.selector_history, PluginSelectorHistory),
    )
    for natural, seed, model in pairs:
        (row,) = session.scalars(natural.select())
        assert isinstance(row, model)
        assert session.scalars(seed.select()).one() is row
        assert (row.plugin_name, row.account_id, row.session_key) == (
            "gobstopper",
            owner.account.id,
            "session-1",
        )
        assert dt.timedelta() <= utcnow() - row.at < dt.timedelta(minutes=10)


def test_tags_are_never_stale(make_app: Callable[..., Flask], session: Session) -> None:
    """Another session writes tags, and spells one anew: after a refresh, and in the next request, it is seen."""
    owner = factories.person()
    plugin_id = factories.plugin(owner, name="it", tags=("sweets", "shop")).id
    plugin = session.get_one(PluginMeta, plugin_id)
    assert plugin.tags_list == ["sweets", "shop"]
    session.rollback()
    assert plugin.tags_list == ["sweets", "shop"]
    with make_app().app_context():
        service.update_plugin(
            factories.viewer_of(owner), plugin_id, 1, factories.plugin_values("it", tags=("shop", "candy"))
        )
        with transaction() as writing:
            writing.execute(update(Tag).where(Tag.key == "shop").values(name="Shop"))
    if session.get_bind().dialect.name == "sqlite":
        session.rollback()  # Its read transaction shows the database as it was when it began.
    session.refresh(plugin)
    assert plugin.tags_list == ["Shop", "candy"]
    assert [tag.name for tag in plugin.tags] == ["Shop", "candy"]


def test_the_bin_keeps_everything_and_a_restored_plugin_has_it_again(session: Session) -> None:
    owner = factories.person()
    saved = factories.plugin(owner)
    _use_it(owner, saved.id)
    deleted = service.delete_plugin(factories.viewer_of(owner), saved.id, saved.revision)
    assert [_count(session, model) for model in (*PAST, ChatBotPlugin)] == [1, 1, 1, 1]
    service.restore_plugin(factories.viewer_of(owner), saved.id, deleted.revision)
    plugin = session.get_one(PluginMeta, saved.id)
    assert len(session.scalars(plugin.usages.select()).all()) == len(plugin.chatbot_links) == 1


def test_what_happened_outlives_a_plugin_that_is_removed_for_good(session: Session) -> None:
    owner = factories.person()
    saved = factories.plugin(owner, name="gobstopper")
    _use_it(owner, saved.id)
    service.delete_plugin(factories.viewer_of(owner), saved.id, saved.revision)
    with transaction() as writing:
        writing.execute(update(PluginMeta).values(deleted_at=utcnow() - dt.timedelta(days=31)))
    with transaction() as writing:
        service.empty_bin(writing)
    assert _count(session, PluginMeta) == 0
    for model in PAST:
        row = session.scalars(select(model)).one()
        assert (row.plugin_id, row.plugin_name) == (saved.id, "gobstopper")
    assert _count(session, ChatBotPlugin) == 0, "a link to nothing is none"
    # The id is never given to another plugin, so nobody inherits what happened.
    assert factories.plugin(owner, name="gobstopper").id > saved.id


def test_a_clone_begins_without_a_past(session: Session) -> None:
    owner = factories.person()
    saved = factories.plugin(owner)
    _use_it(owner, saved.id)
    clone = session.get_one(PluginMeta, service.clone_plugin(factories.viewer_of(owner), saved.id).id)
    for relation in (clone.usages, clone.tool_calls, clone.selector_history):
        assert session.scalars(relation.select()).all() == []
    assert clone.chatbot_links == []


@pytest.mark.parametrize(("model", "values"), [(SqlConnection, "sql"), (ApiConnection, "api")])
def test_a_connection_in_use_cannot_be_deleted_by_any_way(session: Session, model: Any, values: str) -> None:
    """The page lists the users (connections/test_removal.py); here the model, and the database itself."""
    owner = factories.person()
    made = {"sql": factories.sql_connection, "api": factories.api_connection}[values](owner)
    plugin_values = {"sql": factories.sql_values, "api": factories.api_values}[values]("gobstopper")
    plugin_id = factories.plugin(owner, plugin_values).id
    with pytest.raises(Conflict), transaction() as writing:
        writing.delete(writing.get_one(model, made))
    with pytest.raises(Conflict), transaction() as writing:
        writing.execute(delete(model).where(model.id == made))
    plugin = session.get_one(PluginMeta, plugin_id)
    assert plugin.data is not None
    assert plugin.data.connection_id == made  # type: ignore[attr-defined]
    assert plugin.ready
