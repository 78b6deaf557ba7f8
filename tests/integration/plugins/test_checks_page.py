"""The page of what a plugin needs and what lint finds: for whom, with which links, at what cost."""

from __future__ import annotations

import datetime as dt
from dataclasses import replace

import pytest
from sqlalchemy import update
from sqlalchemy.orm import Session

from tests import factories
from tests.databases import count_statements
from tests.factories import Person, api_values, plugin_values, sql_values
from tests.markup import Element
from tests.pages import PageClient, sign_in
from webapp.connections.models import Secret
from webapp.core.clock import utcnow
from webapp.core.locators import format_locator
from webapp.db.session import transaction
from webapp.plugins import service
from webapp.plugins.lint import RULES
from webapp.plugins.service import Saved
from webapp.plugins.values import ApiData, Parameter, PluginValues, PromptValues, SelectorValues


@pytest.fixture
def ann(session: Session, client: PageClient) -> Person:
    """Return a member who is signed in."""
    person = factories.person("ann_shaw")
    sign_in(client, person)
    return person


def checks_of(client: PageClient, saved: Saved) -> Element:
    return client.page(f"/plugins/{saved.locator}/checks")


def findings(page: Element) -> list[str]:
    return [item.one("b").text for box in page.all("ul", class_="findings") for item in box.all("li")]


def expire(name: str) -> None:
    """Let time go by: nothing is written that plugins would follow."""
    with transaction() as session:
        session.execute(
            update(Secret).where(Secret.name == name).values(expires_at=utcnow() - dt.timedelta(days=1))
        )


def badly_written() -> PluginValues:
    parameters = (Parameter("sweet", "string", "The sweet."), Parameter("colour.name"))
    return api_values(
        "sweets",
        description="A plugin for data of the user.",
        selector=SelectorValues("search_terms", ("a", "what", "sherbet")),
        prompt=PromptValues(system_role="You help.", temperature=1.0, max_tokens=10),
        data=ApiData("price_service", "/{sweet}/{colour.name}/", parameters=parameters),
    )


def test_every_finding_says_why_and_leads_to_its_field(client: PageClient, ann: Person) -> None:
    factories.api_connection(ann)
    saved = factories.plugin(ann, badly_written())
    page = checks_of(client, saved)
    assert findings(page) == [
        "The description has only general words, such as plugin, tool and data",
        "The search term “a” is so short that it matches almost everything",
        "The search term “what” is so common that it matches almost everything",
        "The parameter colour.name has no description",
        "The temperature is high: 1",
        "An answer may have only 10 tokens",
        "Gemini refuses the parameter name colour.name",
    ]
    links = [link["href"] for box in page.all("ul", class_="findings") for link in box.all("a")]
    anchors = [link.partition("#")[2] for link in links]
    assert anchors == [
        *("description", "search_terms", "search_terms", "parameters-1-description"),
        *("temperature", "max_tokens", "parameters-1-name"),
    ]
    editor = client.page(f"/plugins/{saved.locator}/edit")
    for anchor in anchors:
        assert editor.one("", id=anchor).tag in ("input", "textarea", "select")
    # The field says it too, for whoever follows the link.
    for field in ("description", "search_terms", "temperature", "max_tokens", "parameters"):
        assert editor.all("", None, id=f"{field}-advice"), field
    assert "A model cannot tell this plugin from any other. Name the subject" in page.text
    assert page.one("a", text="Checks4")["aria-current"] == "page"
    assert "Needs attention" in page.text


def test_a_plugin_in_order_says_so_and_shows_the_rules(client: PageClient, ann: Person) -> None:
    saved = factories.plugin(ann)
    page = checks_of(client, saved)
    assert findings(page) == []
    assert "Nothing to improve" in page.text
    assert "The name is accepted by OpenAI, Anthropic, Gemini and MCP clients" in page.text
    assert "tokens (estimated)" in page.text
    table = page.one("details", id="rules")
    assert len(table.all("tr")) == len(RULES) + 1
    for rule in RULES:
        assert rule.about in table.text


def test_hints_are_counted_on_the_overview_and_leave_it_ready(client: PageClient, ann: Person) -> None:
    saved = factories.plugin(
        ann, prompt=PromptValues(system_role="You help.", temperature=1.0, max_tokens=10)
    )
    page = client.page(f"/plugins/{saved.locator}/")
    assert page.one("a", text="2 hints")["href"] == f"/plugins/{saved.locator}/checks#hints"
    assert "Needs attention" not in page.text


def test_the_overview_lists_what_needs_attention_with_its_link(client: PageClient, ann: Person) -> None:
    saved = factories.plugin(ann, selector=SelectorValues("search_terms", ("what",)))
    page = client.page(f"/plugins/{saved.locator}/")
    link = page.one(
        "a",
        text="Change the search terms: The search term “what” is so common that it matches almost everything",
    )
    assert link["href"] == f"/plugins/{saved.locator}/edit#search_terms"


def test_a_reader_sees_what_is_wrong_and_who_may_put_it_right(client: PageClient, ann: Person) -> None:
    saved = factories.plugin(factories.person("bob_stone", of=ann.account), badly_written())
    page = checks_of(client, saved)
    assert len(findings(page)) == 7
    assert not [link for link in page.all("a") if "/edit" in link["href"]]
    overview = client.page(f"/plugins/{saved.locator}/")
    assert "Bob Stone and the staff of" in overview.text
    assert not [link for link in overview.all("a") if "/edit" in link["href"]]


def test_a_secret_that_has_expired_leads_to_its_page(client: PageClient, ann: Person) -> None:
    secret = factories.secret(ann, "sweet_key", expires_at=utcnow() + dt.timedelta(days=1))
    factories.api_connection(ann, api_key_name="sweet_key")
    saved = factories.plugin(ann, api_values())
    assert "has expired" not in checks_of(client, saved).text
    expire("sweet_key")
    for page in (checks_of(client, saved), client.page(f"/plugins/{saved.locator}/")):
        link = page.one("a", text="Open it: Secret sweet_key has expired")
        assert link["href"] == f"/connections/{format_locator('secret', secret.id)}/"
    assert "Secret has expired" in client.page(f"/plugins/{saved.locator}/").text


def test_plugins_that_say_the_same_are_named_and_those_of_others_are_not(
    client: PageClient, ann: Person
) -> None:
    saved = factories.plugin(ann, plugin_values("first"))
    colleague = factories.plugin(factories.person(of=ann.account), plugin_values("second"))
    factories.plugin(factories.person(), plugin_values("foreign"))
    other = plugin_values("other", description="What a person would like to know about the shops.")
    factories.plugin(ann, other)
    gone = factories.plugin(ann, plugin_values("binned"))
    service.delete_plugin(factories.viewer_of(ann), gone.id, gone.revision)
    page = checks_of(client, saved)
    assert findings(page) == ["The same description as second"]
    assert page.one("a", text="second")["href"] == f"/plugins/{colleague.locator}/"
    # It is about two records, so it is never part of the state of one.
    assert "Needs attention" not in client.page(f"/plugins/{saved.locator}/").text


@pytest.mark.parametrize("description", ["", "ab", "“” % _ \" ' * NEAR(x)", "日本"])
def test_odd_descriptions_are_looked_for(client: PageClient, ann: Person, description: str) -> None:
    first, second = (factories.plugin(ann, description=description) for _ in range(2))
    page = checks_of(client, first)
    named = [text for text in findings(page) if text.startswith("The same description")]
    assert named in ([], [f"The same description as {second.name}"])


@pytest.mark.parametrize("count", [1, 50])
def test_the_page_costs_the_same_however_many_plugins_there_are(
    session: Session, client: PageClient, ann: Person, count: int
) -> None:
    factories.sql_connection(ann)
    saved = [factories.plugin(ann, sql_values()) for _ in range(count)][-1]
    with count_statements() as statements:
        checks_of(client, saved)
    assert len(statements) <= 8


def test_a_platform_plugin_is_judged_for_everybody(client: PageClient, ann: Person) -> None:
    common = factories.plugin(
        factories.person(of=factories.platform()), replace(badly_written(), name="common")
    )
    page = checks_of(client, common)
    assert len(findings(page)) == 7
    assert not [link for link in page.all("a") if "/edit" in link["href"] or "/new" in link["href"]]


@pytest.mark.parametrize("part", ["checks", "used-by"])
def test_a_binned_or_foreign_plugin_has_no_such_page(client: PageClient, ann: Person, part: str) -> None:
    foreign, gone = factories.plugin(factories.person()), factories.plugin(ann)
    service.delete_plugin(factories.viewer_of(ann), gone.id, gone.revision)
    answers = [client.get(f"/plugins/{saved.locator}/{part}") for saved in (foreign, gone)]
    assert [answer.status_code for answer in answers] == [404, 404]
