"""Recording what happens with plugins, who may, who sees it, and that no cache is emptied by it."""

from __future__ import annotations

from concurrent.futures import ThreadPoolExecutor

import pytest
from flask import Flask
from sqlalchemy import select
from sqlalchemy.orm import Session

from tests import factories
from tests.databases import count_statements
from tests.markup import Element
from tests.pages import PageClient, sign_in
from webapp.core.errors import InvalidInput, NotFound
from webapp.plugins import service
from webapp.plugins.models import ChatBotPlugin, ChatPluginUsage, ChatToolCall, PluginSelectorHistory
from webapp.plugins.queries import usage
from webapp.plugins.usage_values import (
    ARGUMENTS_MAX,
    INPUT_MAX,
    LINE_MAX,
    Occasion,
    Selection,
    ToolCall,
    Use,
)


@pytest.fixture
def ann(session: Session) -> factories.Person:
    """Return a member."""
    return factories.person("ann")


@pytest.fixture
def plugin(ann: factories.Person) -> service.Saved:
    """Return a plugin of theirs."""
    return factories.plugin(ann, name="gobstopper")


def test_recording_never_raises_the_generation_and_a_link_does(
    session: Session, ann: factories.Person, plugin: service.Saved
) -> None:
    viewer = factories.viewer_of(ann)
    service.record_use(viewer, plugin.id, Use())
    service.record_tool_call(viewer, plugin.id, ToolCall("static_1"))
    service.record_selection(viewer, plugin.id, Selection("always"))
    assert factories.viewer_of(ann).account_generation == viewer.account_generation
    assert service.link_chatbot(viewer, plugin.id, "shop_bot")
    assert factories.viewer_of(ann).account_generation == viewer.account_generation + 1


def test_whoever_may_read_may_use_and_nobody_else(
    session: Session, ann: factories.Person, plugin: service.Saved
) -> None:
    colleague, stranger = factories.person(of=ann.account), factories.person()
    binned = factories.plugin(ann)
    service.delete_plugin(factories.viewer_of(ann), binned.id, binned.revision)
    service.record_use(factories.viewer_of(colleague), plugin.id, Use())
    for person, plugin_id in ((stranger, plugin.id), (ann, binned.id), (ann, 9_999)):
        viewer = factories.viewer_of(person)
        for act in (
            lambda: service.record_use(viewer, plugin_id, Use()),  # noqa: B023
            lambda: service.record_tool_call(viewer, plugin_id, ToolCall("f")),  # noqa: B023
            lambda: service.record_selection(viewer, plugin_id, Selection("llm")),  # noqa: B023
            lambda: service.link_chatbot(viewer, plugin_id, "bot"),  # noqa: B023
            lambda: service.unlink_chatbot(viewer, plugin_id, "bot"),  # noqa: B023
        ):
            with pytest.raises(NotFound):
                act()


def test_what_happened_is_kept_as_it_was(
    session: Session, ann: factories.Person, plugin: service.Saved
) -> None:
    viewer, occasion = factories.viewer_of(ann), Occasion("shop_bot", "session-1")
    service.record_tool_call(
        viewer, plugin.id, ToolCall("sweets", occasion, {"b": [1, None], "a": "ü"}, "failed", "No answer.")
    )
    service.record_selection(
        viewer, plugin.id, Selection("search_terms", occasion, "sherbet", "Any sherbet?")
    )
    call = session.scalars(select(ChatToolCall)).one()
    assert (call.function_name, call.status, call.message) == ("sweets", "failed", "No answer.")
    assert list(call.arguments.items()) == [("b", [1, None]), ("a", "ü")]
    chosen = session.scalars(select(PluginSelectorHistory)).one()
    assert (chosen.directive, chosen.search_term, chosen.input_text) == (
        "search_terms",
        "sherbet",
        "Any sherbet?",
    )


def test_an_answer_that_was_given_never_fails_over_its_record(
    session: Session, ann: factories.Person, plugin: service.Saved
) -> None:
    viewer = factories.viewer_of(ann)
    odd = "\0\ud800" + "x" * 20_000
    endless: list[object] = []
    endless.append(endless)
    service.record_use(viewer, plugin.id, Use(Occasion(odd, odd), odd))
    for arguments in (odd, {"a": float("nan"), "b": b"\xff"}, endless, "y" * (ARGUMENTS_MAX + 1)):
        service.record_tool_call(viewer, plugin.id, ToolCall(odd, Occasion(), arguments))
    service.record_selection(viewer, plugin.id, Selection("llm", Occasion(odd), odd, odd))
    used = session.scalars(select(ChatPluginUsage)).one()
    assert used.input_text[:3] == "\ufffd\ufffdx"
    assert (len(used.input_text), used.input_text[-1]) == (INPUT_MAX, "…")
    assert len(used.chatbot) == len(used.session_key) == LINE_MAX
    _, plain, cyclic, large = (
        call.arguments for call in session.scalars(select(ChatToolCall).order_by(ChatToolCall.id))
    )
    assert plain == {"a": None, "b": "/w=="}
    assert isinstance(cyclic, str)
    assert len(large) == ARGUMENTS_MAX


def test_a_chatbot_is_linked_once_and_unlinked_without_losing_its_past(
    session: Session, ann: factories.Person, plugin: service.Saved
) -> None:
    viewer = factories.viewer_of(ann)
    assert service.link_chatbot(viewer, plugin.id, " Wonka’s bot ")
    assert not service.link_chatbot(viewer, plugin.id, "Wonka’s bot")
    service.record_use(viewer, plugin.id, Use(Occasion("Wonka’s bot")))
    assert session.scalars(select(ChatBotPlugin.chatbot)).all() == ["Wonka’s bot"]
    assert service.unlink_chatbot(viewer, plugin.id, "Wonka’s bot")
    assert not service.unlink_chatbot(viewer, plugin.id, "Wonka’s bot")
    assert len(session.scalars(select(ChatPluginUsage)).all()) == 1
    for name in ("", " ", "two\nlines", "x" * 256):
        with pytest.raises(InvalidInput) as refused:
            service.link_chatbot(viewer, plugin.id, name)
        assert refused.value.errors.keys() == {"chatbot"}


def test_of_links_at_once_one_is_new_and_none_is_refused(
    app: Flask, session: Session, ann: factories.Person, plugin: service.Saved
) -> None:
    viewer = factories.viewer_of(ann)
    session.rollback()

    def link(_: int) -> bool:
        with app.app_context():
            return service.link_chatbot(viewer, plugin.id, "shop_bot")

    with ThreadPoolExecutor(4) as threads:
        assert sorted(threads.map(link, range(4))) == [False, False, False, True]
    assert session.scalars(select(ChatBotPlugin.chatbot)).all() == ["shop_bot"]


def test_each_account_sees_its_own_use_of_a_plugin_of_the_platform(session: Session) -> None:
    common = factories.plugin(factories.person("odette", of=factories.platform()))
    ann, eve = factories.person(), factories.person()
    root = factories.person(role="superuser")
    service.link_chatbot(factories.viewer_of(ann), common.id, "bot_of_ann")
    service.record_use(factories.viewer_of(ann), common.id, Use(Occasion("bot_of_ann"), "hush"))
    found = usage.find_use(session, factories.viewer_of(ann), common.id)
    assert found is not None
    assert [(bot.name, bot.uses_text) for bot in found.chatbots] == [("bot_of_ann", "1 use")]
    for somebody in (eve, root):
        assert usage.find_use(session, factories.viewer_of(somebody), common.id) is None


def test_counting_ends_somewhere(
    session: Session, ann: factories.Person, plugin: service.Saved, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(usage, "COUNTED_MAX", 2)
    monkeypatch.setattr(usage, "CHATBOTS_SHOWN", 1)
    viewer = factories.viewer_of(ann)
    for bot in ("b", "a", "c"):
        service.link_chatbot(viewer, plugin.id, bot)
        service.record_use(viewer, plugin.id, Use(Occasion("a")))
    found = usage.find_use(session, viewer, plugin.id)
    assert found is not None
    assert [(bot.name, bot.uses_text) for bot in found.chatbots] == [("a", "2+ uses")]
    assert (found.links_text, found.more_text) == ("2+", "1+")


def _section(page: Element) -> Element | None:
    return next(
        (part for part in page.all("section") if part.all("h2") and part.all("h2")[0].text.startswith("Use")),
        None,
    )


def test_the_page_says_who_uses_it_only_where_there_is_something_to_say(
    session: Session, client: PageClient, ann: factories.Person, plugin: service.Saved
) -> None:
    sign_in(client, ann)
    address = f"/plugins/{plugin.locator}/"
    with count_statements() as before:
        assert _section(client.page(address)) is None
    viewer = factories.viewer_of(ann)
    service.link_chatbot(viewer, plugin.id, "<b>shop</b>")
    service.record_use(viewer, plugin.id, Use(Occasion("<b>shop</b>")))
    service.record_tool_call(viewer, plugin.id, ToolCall("f", status="failed"))
    with count_statements() as after:
        section = _section(client.page(address))
    assert section is not None
    assert section.all("li")[0].text == "<b>shop</b>1 use"
    assert "Last used" in section.text
    assert "Last call failed" in section.text
    assert len(after) == len(before) + 1


def test_a_plugin_that_is_used_without_a_chatbot_says_when(
    session: Session, client: PageClient, ann: factories.Person, plugin: service.Saved
) -> None:
    sign_in(client, ann)
    service.record_use(factories.viewer_of(ann), plugin.id, Use())
    section = _section(client.page(f"/plugins/{plugin.locator}/"))
    assert section is not None
    assert section.all("h2")[0].text == "Use"
    assert "Last used" in section.text
    assert "call" not in section.text
    service.record_tool_call(factories.viewer_of(ann), plugin.id, ToolCall("f"))
    section = _section(client.page(f"/plugins/{plugin.locator}/"))
    assert section is not None
    assert "Last call succeeded" in section.text
