from __future__ import annotations

import re

import pytest
from sqlalchemy import select
from sqlalchemy.orm import Session

from tests import factories
from tests.factories import Person, plugin_values
from tests.integration.plugins.editing import NEW, again, problems, send
from tests.markup import form_fields
from tests.pages import PageClient, sign_in, tree
from webapp.core.errors import Conflict, Unavailable
from webapp.plugins import service
from webapp.plugins.models import PluginMeta
from webapp.plugins.values import (
    StaticData,
)


@pytest.fixture
def ann(session: Session, client: PageClient) -> Person:
    """Return a member who is signed in."""
    person = factories.person("ann_shaw")
    sign_in(client, person)
    return person


def test_a_plugin_is_created_and_shown(client: PageClient, session: Session, ann: Person) -> None:
    response = send(
        client,
        NEW,
        {
            "name": "opening_hours",
            "description": "When the room is open.\r\nAnd when not.",
            "tags": "library, hours",
            "search_terms": "open\r\nclosed, or not",
            "system_role": "You help.",
            "static_data": "monday: 9\r\nrooms: [a, b]",
        },
    )
    assert response.status_code == 303
    page = client.page(response.headers["Location"])
    assert page.one("h1").text == "opening_hours"
    assert "Created opening_hours" in page.one("", id="toasts").text
    plugin = session.scalars(select(PluginMeta)).one()
    assert plugin.user_profile_id == ann.profile_id
    values = plugin.to_values()
    assert values.description == "When the room is open.\nAnd when not."
    assert values.tags == ("library", "hours")
    assert values.selector and values.selector.search_terms == ("open", "closed, or not")
    assert values.data == StaticData("", {"monday": 9, "rooms": ["a", "b"]})
    assert plugin.readiness == "ready"


def test_the_form_has_the_labels_that_people_know(client: PageClient, ann: Person) -> None:
    page = client.page(NEW)
    labels = [label.text for label in page.all("label")] + [legend.text for legend in page.all("legend")]
    wanted = (
        "Name, Description, Version, Tags, Annotations, Class, Directive, Search terms, Provider, System role, Model, "
        "Temperature, Max tokens, Static data, SQL query, Parameters, Connection, Endpoint, Method, Limit, "
        "Test values, URL params, Headers, Body"
    )
    for label in wanted.split(", "):
        assert labels.count(label) == 1, label


def test_a_refused_plugin_keeps_everything_that_was_typed(
    client: PageClient, session: Session, ann: Person
) -> None:
    typed = {
        "name": "everlastingGobstopper",
        "description": "<b>Sweets</b> & more\r\nand more",
        "version": "0.3",
        "tags": "a, b,, " + "x" * 65,
        "temperature": "0,5",
        "max_tokens": "many",
        "static_data": "a: [1\r\nb: 2",
        "search_terms": "one\r\n\r\ntwo",
        "limit": "ten",
    }
    response = send(client, NEW, typed)
    assert response.status_code == 422
    assert set(problems(response)) == {"name", "version", "tags", "temperature", "max_tokens", "static_data"}
    page = tree(response)
    fields = dict(form_fields(page.one("form", id="edit-form")))
    for name, text in typed.items():
        assert fields[name] == text.strip() or fields[name].replace("\r\n", "\n") == text.replace(
            "\r\n", "\n"
        )
    name = page.one("input", id="name")
    assert name["aria-invalid"] == "true"
    assert name["aria-describedby"].split() == ["name-error", "name-help"]
    assert page.one("title").text.startswith("Error: ")
    assert re.match(r"Line \d, column \d+: ", page.one("", id="static_data-error").text)
    assert session.scalar(select(PluginMeta.id)) is None


def test_one_click_takes_the_suggested_name_and_saves_nothing(
    client: PageClient, session: Session, ann: Person
) -> None:
    refused = send(client, NEW, {"name": "everlastingGobstopper", "description": "Sweets."})
    shown = again(client, refused, button="Use everlasting_gobstopper")
    assert shown.status_code == 200
    page = tree(shown)
    assert page.one("input", id="name")["value"] == "everlasting_gobstopper"
    assert page.one("textarea", id="description").text == "Sweets."
    assert not page.all("", None, id="problems")
    assert session.scalar(select(PluginMeta.id)) is None
    assert again(client, shown).status_code == 303


def test_a_name_is_taken_only_within_the_account(client: PageClient, ann: Person) -> None:
    factories.plugin(ann, plugin_values("sweets"))
    factories.plugin(factories.person(), plugin_values("toffees"))
    assert problems(send(client, NEW, {"name": "sweets"})) == {
        "name": "Name: This account already has a plugin of this name."
    }
    assert send(client, NEW, {"name": "toffees"}).status_code == 303


@pytest.mark.parametrize(
    ("error", "status"), [(Conflict("The name was taken in the meantime."), 409), (Unavailable(), 503)]
)
def test_what_a_race_refuses_keeps_what_was_typed(
    client: PageClient, ann: Person, monkeypatch: pytest.MonkeyPatch, error: Exception, status: int
) -> None:
    def refuse(*_: object, **__: object) -> None:
        raise error

    monkeypatch.setattr(service, "create_plugin", refuse)
    response = send(client, NEW, {"name": "sweets"})
    assert response.status_code == status
    assert str(error) in problems(response)[""]
    assert tree(response).one("input", id="name")["value"] == "sweets"


def test_owner_fields_in_the_request_are_not_taken(client: PageClient, session: Session, ann: Person) -> None:
    other = factories.person()
    foreign = {
        "user_profile_id": str(other.profile_id),
        "account_id": str(other.account.id),
        "owner_profile_id": str(other.profile_id),
        "id": "7",
    }
    assert send(client, NEW, {"name": "sweets", **foreign}).status_code == 303
    plugin = session.scalars(select(PluginMeta)).one()
    assert (plugin.account_id, plugin.user_profile_id) == (ann.account.id, ann.profile_id)
