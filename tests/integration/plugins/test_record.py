from __future__ import annotations

import re
from collections.abc import Callable
from dataclasses import replace

import pytest
from flask import Flask
from sqlalchemy.orm import Session

from tests import factories
from tests.databases import count_statements
from tests.factories import Person, api_values, plugin_values, sql_values
from tests.markup import Element
from tests.pages import PageClient, sign_in
from webapp.core.locators import format_locator
from webapp.db.session import transaction
from webapp.plugins import service
from webapp.plugins.models import PluginMeta
from webapp.plugins.values import (
    ApiData,
    Header,
    Parameter,
    PluginValues,
    SelectorValues,
    SqlData,
    StaticData,
    TestValue,
    UrlParam,
)

PAYLOADS = (
    "<script>alert(1)</script>",
    "\"'><img src=x onerror=alert(1)>",
    '" hx-get="/logout" x="',
    "{{ 7 * 191 }}{% raw %}",
    "javascript:alert(1)",
    "</textarea></title><svg onload=alert(1)>",
)


@pytest.fixture
def ann(session: Session, client: PageClient) -> Person:
    """Return a member who is signed in."""
    person = factories.person("ann_shaw")
    sign_in(client, person)
    return person


def part(page: Element, heading: str) -> Element:
    """Return the section under a heading."""
    (found,) = [item for item in page.all("h2") if item.text.split("  ")[0].startswith(heading)]
    section = found.above("section")
    assert section is not None
    return section


def facts(section: Element) -> dict[str, str]:
    """Return the terms of a section with their text."""
    return {term.text: value.text for term, value in zip(section.all("dt"), section.all("dd"), strict=True)}


# ---- what the page shows --------------------------------------------------------------------------------------


def test_the_page_shows_everything_about_a_static_plugin(client: PageClient, ann: Person) -> None:
    saved = factories.plugin(
        ann,
        plugin_values(
            "sweet_shop",
            version="1.2.3",
            annotations=({"team/owner": "desk"}, {"size": 3}, {"docs": "https://example.com/sweets"}),
        ),
    )
    page = client.page(f"/plugins/{saved.locator}/")
    assert page.one("h1").text == "sweet_shop"
    assert "What a person would like to know" in page.text
    assert facts(part(page, "Selector")) == {
        "Directive": "search_terms offered when a prompt contains one of these",
        "Search terms": "gobstoppersherbet",
    }
    assert facts(part(page, "Prompt"))["Max tokens"] == "2,048"
    assert "You answer questions about sweets." in part(page, "Prompt").text
    assert "1 key, " in part(page, "Static data").text
    assert "colour: red" in part(page, "Static data").text
    details = facts(part(page, "Details"))
    assert details["Locator"].startswith(saved.locator)
    assert (details["Account"], details["Version"], details["Revision"]) == (ann.account.name, "1.2.3", "1")
    assert details["Owner"].endswith("Ann Shaw")
    assert [link["href"] for link in part(page, "Tags").all("a", class_="tag")] == [
        "/plugins/?tag=sweets",
        "/plugins/?tag=shop",
    ]
    link, same = part(page, "Annotations").one("dd", text="https://example.com/sweets").all("a")
    assert same["href"].startswith("/plugins/?annotation=")
    assert (link["href"], link["rel"]) == ("https://example.com/sweets", "noopener noreferrer")
    assert part(page, "Annotations").all("dt")[0]["title"] == "team/owner"
    for moment in part(page, "Details").all("time"):
        assert re.fullmatch(r"\d{4}-\d\d-\d\d \d\d:\d\d UTC", moment["title"])


def test_the_page_of_an_sql_plugin_shows_query_and_parameters(client: PageClient, ann: Person) -> None:
    factories.sql_connection(ann)
    data = SqlData(
        "warehouse",
        "SELECT name\nFROM sweets WHERE colour = {colour}",
        "By colour.",
        (Parameter("colour", "string", "Which.", True, ("red", "green, pale"), "red"),),
        (TestValue("colour", "red"), TestValue("other", None)),
        None,
    )
    saved = factories.plugin(ann, sql_values(data=data))
    page = client.page(f"/plugins/{saved.locator}/")
    assert "FROM sweets WHERE colour = {colour}" in part(page, "SQL query").raw
    assert facts(part(page, "SQL query")) == {
        "Connection": "warehouse Complete",
        "Limit": "All rows",
    }
    row = part(page, "Parameters").all("tr")[1]
    assert [cell.text for cell in row.all("td")] == ["string", "Which.", 'red, "green, pale"', "red"]
    assert "required" in row.text


def test_the_page_of_an_api_plugin_shows_its_call(client: PageClient, ann: Person) -> None:
    data = ApiData(
        "price_service",
        "/v1/prices/",
        "POST",
        url_params=(UrlParam("unit", "kg"),),
        headers=(Header("Accept", "application/json"),),
        body={"a": [1, None]},
        limit=1,
    )
    saved = factories.plugin(ann, api_values(data=data))
    found = facts(part(client.page(f"/plugins/{saved.locator}/"), "API call"))
    assert found == {
        "Endpoint": "POST /v1/prices/",
        "Connection": "price_service Does not exist",
        "Limit": "1 entry",
        "URL params": "unit=kg",
        "Headers": "Accept: application/json",
    }


@pytest.mark.parametrize("plugin_class", ["static", "sql", "api"])
def test_a_bare_plugin_has_a_page_that_says_what_is_missing(
    client: PageClient, ann: Person, plugin_class: str
) -> None:
    saved = factories.plugin(ann, PluginValues("bare", plugin_class))
    page = client.page(f"/plugins/{saved.locator}/")
    panel = part(page, "Readiness")
    assert "Not ready" in page.text
    missing = [item for item in panel.all("li") if "Missing:" in item.text]
    assert len(missing) == (3 if plugin_class == "static" else 4)
    for link in panel.all("a"):
        path, _, anchor = link["href"].partition("#")
        assert client.page(path).one("", id=anchor)


def test_a_missing_connection_can_be_created_or_another_chosen(client: PageClient, ann: Person) -> None:
    saved = factories.plugin(ann, sql_values())
    create, choose = part(client.page(f"/plugins/{saved.locator}/"), "Readiness").all("a")
    assert (create["href"], choose["href"]) == (
        "/connections/new?kind=sql&name=warehouse",
        f"/plugins/{saved.locator}/edit#connection",
    )
    page = client.page(create["href"])
    assert page.one("input", id="name")["value"] == "warehouse"


def test_a_colleague_may_create_what_a_plugin_waits_for_and_a_stranger_may_not(
    app: Flask, client: PageClient, ann: Person
) -> None:
    common = factories.plugin(
        factories.person(of=factories.platform()), api_values("tides", connection="sea")
    )
    saved = factories.plugin(factories.person(of=ann.account), api_values(connection="sea"))
    (link,) = part(client.page(f"/plugins/{saved.locator}/"), "Readiness").all("a")
    assert link["href"] == "/connections/new?kind=api&name=sea"
    assert not part(client.page(f"/plugins/{common.locator}/"), "Readiness").all("a")


def test_the_connection_of_a_plugin_leads_to_its_page(client: PageClient, ann: Person) -> None:
    connection_id = factories.sql_connection(ann)
    saved = factories.plugin(ann, sql_values())
    link = part(client.page(f"/plugins/{saved.locator}/"), "SQL query").one("a", class_="name")
    assert (link.text, link["href"]) == (
        "warehouse",
        f"/connections/{format_locator('sqlconnection', connection_id)}/",
    )
    assert client.page(link["href"]).one("h1").text == "warehouse"


def test_a_connection_of_another_account_does_not_count(client: PageClient, ann: Person) -> None:
    factories.sql_connection(factories.person())
    saved = factories.plugin(ann, sql_values())
    assert "Connection warehouse does not exist" in client.page(f"/plugins/{saved.locator}/").text


def test_reading_a_page_writes_nothing(client: PageClient, ann: Person) -> None:
    factories.sql_connection(ann)
    saved = factories.plugin(ann, sql_values())
    with count_statements() as statements:
        client.page(f"/plugins/{saved.locator}/")
    assert not statements.matching("UPDATE plugin")
    assert len(statements) <= 8


def test_what_people_wrote_stays_text(client: PageClient, ann: Person) -> None:
    nasty = " ".join(PAYLOADS)
    values = plugin_values(
        "nasty",
        description=nasty,
        tags=tuple(text[:60].replace(",", "") for text in PAYLOADS),
        annotations=tuple({f"key/{number}": text} for number, text in enumerate(PAYLOADS)),
        selector=SelectorValues("search_terms", PAYLOADS),
        data=StaticData(nasty, {text: [text] for text in PAYLOADS}),
    )
    saved = factories.plugin(ann, values)
    for path in ("", "manifest", "edit"):
        page = client.page(f"/plugins/{saved.locator}/{path}")
        assert "1337" not in page.text
        assert len(page.all("script")) == 2
        assert not page.all("img")
        for item in page.walk():
            assert not [name for name in item.attrs if name.startswith("on")]
            if asked := item["hx-get"] or item["hx-post"]:
                assert asked.startswith(("/plugins/check-field", "/plugins/star", "/palette", "/help/keys"))
    page = client.page(f"/plugins/{saved.locator}/")
    assert page.one("p", class_="lead").text == nasty
    assert not [link for link in part(page, "Annotations").all("a") if link["href"].startswith("javascript")]


def test_the_page_is_not_kept_by_any_cache(client: PageClient, ann: Person) -> None:
    saved = factories.plugin(ann)
    for path in ("", "manifest", "edit"):
        response = client.get(f"/plugins/{saved.locator}/{path}")
        assert response.headers["Cache-Control"] == "no-store"


# ---- the manifest tab -----------------------------------------------------------------------------------------


def test_the_manifest_tab_shows_numbered_lines(client: PageClient, ann: Person) -> None:
    saved = factories.plugin(ann, plugin_values("sweet_shop"))
    page = client.page(f"/plugins/{saved.locator}/manifest")
    code = page.one("pre", id="manifest")
    downloaded = client.get(f"/plugins/{saved.locator}/manifest.yaml").get_data(as_text=True)
    assert code.raw == downloaded
    assert code.one("span", id="L1")["data-n"] == "1"
    assert page.one("h1").text == "sweet_shop"


def test_every_download_is_offered(client: PageClient, ann: Person) -> None:
    saved = factories.plugin(ann)
    page = client.page(f"/plugins/{saved.locator}/")
    menu = page.all("details", None, class_="menu")[1]
    links = [link["href"] for link in menu.all("a")]
    assert links == [
        *(f"/plugins/{saved.locator}/manifest.{kind}" for kind in ("yaml", "json")),
        f"/plugins/export?id={saved.locator}&format=csv",
    ]
    for link in links:
        assert client.get(link).status_code == 200


# ---- the share link -------------------------------------------------------------------------------------------


def test_the_share_link_leads_to_the_record_and_survives_a_rename(client: PageClient, ann: Person) -> None:
    saved = factories.plugin(ann, plugin_values("old_name"))
    page = client.page(f"/plugins/{saved.locator}/")
    (copied,) = {
        button["data-copy"] for button in page.all("button") if button["data-copy"].startswith("http")
    }
    assert copied == f"http://localhost/r/{saved.locator}"
    service.update_plugin(factories.viewer_of(ann), saved.id, saved.revision, plugin_values("new_name"))
    response = client.get(copied.removeprefix("http://localhost"))
    assert (response.status_code, response.headers["Location"]) == (302, f"/plugins/{saved.locator}/")
    assert client.page(f"/plugins/{saved.locator}/").one("h1").text == "new_name"


def test_the_share_link_uses_the_public_address(make_app: Callable[..., Flask]) -> None:
    app = make_app(public_url="http://plugdeck.example")
    with app.app_context():
        person = factories.person()
        saved = factories.plugin(person)
    client = app.test_client()
    assert isinstance(client, PageClient)
    sign_in(client, person)
    page = client.page(f"/plugins/{saved.locator}/")
    assert [
        button
        for button in page.all("button")
        if button["data-copy"] == f"http://plugdeck.example/r/{saved.locator}"
    ]


def test_the_share_link_leads_on_for_whoever_may_see_the_record_at_this_moment(
    app: Flask, client: PageClient, ann: Person
) -> None:
    saved = factories.plugin(ann)
    colleague = factories.person(of=ann.account)
    theirs = app.test_client()
    sign_in(theirs, colleague)
    superuser = app.test_client()
    sign_in(superuser, factories.person(role="superuser"))
    for _ in range(2):
        answers = {one.get(f"/r/{saved.locator}").status_code for one in (client, theirs, superuser)}
        assert answers == {302}
    gone = service.delete_plugin(factories.viewer_of(ann), saved.id, saved.revision)
    assert theirs.get(f"/r/{saved.locator}").status_code == 404
    assert client.get(f"/r/{saved.locator}").status_code == 302  # Who owns it may restore it.
    service.restore_plugin(factories.viewer_of(ann), saved.id, gone.revision)
    assert theirs.get(f"/r/{saved.locator}").status_code == 302


def test_a_share_link_that_was_opened_before_costs_one_statement(client: PageClient, ann: Person) -> None:
    saved = factories.plugin(ann)
    client.get(f"/r/{saved.locator}")
    with count_statements() as sent:
        assert client.get(f"/r/{saved.locator}").status_code == 302
    assert len(sent) == 1


def test_the_share_link_asks_a_stranger_to_sign_in_first(client: PageClient, ann: Person) -> None:
    saved = factories.plugin(ann)
    client.post("/logout")
    response = client.get(f"/r/{saved.locator}")
    assert response.status_code == 302
    assert f"next=/r/{saved.locator}" in response.headers["Location"]


# ---- who may see it -------------------------------------------------------------------------------------------


def body(client: PageClient, path: str, method: str = "GET") -> tuple[int, str]:
    """Return status and text of an answer without what differs from request to request."""
    response = client.open(path, method=method)
    text = response.get_data(as_text=True)
    text = text.replace(response.headers["X-Request-ID"], "REQUEST")
    return response.status_code, re.sub(r"IjM[\w.-]+|Im[\w.-]{30,}|[\w-]{50,}\.[\w-]+\.[\w-]+", "TOKEN", text)


@pytest.mark.parametrize(
    "path", ["/plugins/{}/", "/plugins/{}/edit", "/plugins/{}/manifest", "/plugins/{}/manifest.yaml", "/r/{}"]
)
def test_what_is_not_there_and_what_is_not_mine_are_the_same_404(
    client: PageClient, ann: Person, path: str
) -> None:
    # Deleted by a colleague: the bin is theirs to restore from.
    mine, gone = factories.plugin(ann), factories.plugin(factories.person(of=ann.account))
    foreign = factories.plugin(factories.person())
    delete(gone.id)
    good = mine.locator
    nowhere = [
        foreign.locator,
        gone.locator,
        format_locator("pluginmeta", 999_999),
        format_locator("pluginmeta", 2**63 - 1),
        good.replace("pluginmeta", "sqlconnection"),
        good.replace("pluginmeta", "PluginMeta"),
        good[:-1],
        good + "x",
        good[:-2] + "=x",
        good.upper(),
        f"%20{good}",
        "pluginmeta-rMDEwMDAwMDF4x",
        "pluginmeta-",
        "pluginmeta-rx",
        str(mine.id),
        "x" * 500,
        "%00",
        "pluginmeta-r☃x",
        "constructor",
    ]
    answers = {body(client, path.format(locator)) for locator in nowhere}
    assert {status for status, _ in answers} == {404}
    assert len(answers) == 1, [text[-900:] for _, text in answers]
    assert body(client, path.format(good))[0] in (200, 302)


def delete(plugin_id: int) -> None:
    with transaction() as session:
        plugin = session.get(PluginMeta, plugin_id)
        assert plugin is not None
        plugin.delete()


def test_a_colleague_reads_and_may_not_edit(client: PageClient, ann: Person) -> None:
    other = factories.person("bob_stone", of=ann.account)
    saved = factories.plugin(other)
    page = client.page(f"/plugins/{saved.locator}/")
    assert not [link for link in page.all("a") if link["href"].endswith("/edit")]
    assert "Bob Stone and the staff of" in page.text
    assert client.get(f"/plugins/{saved.locator}/edit").status_code == 403
    assert not part(page, "Readiness").all("a")


@pytest.mark.parametrize("role", ["staff", "superuser"])
def test_staff_and_superusers_may_edit_what_others_own(
    session: Session, client: PageClient, role: str
) -> None:
    owner = factories.person()
    sign_in(client, factories.person(role=role, of=owner.account))
    saved = factories.plugin(owner)
    page = client.page(f"/plugins/{saved.locator}/")
    assert page.all("a", None, text="Edit")
    client.page(f"/plugins/{saved.locator}/edit")


def test_everybody_reads_the_plugins_of_the_platform(client: PageClient, ann: Person) -> None:
    saved = factories.plugin(factories.person(of=factories.platform()), replace(plugin_values("shared")))
    assert client.page(f"/plugins/{saved.locator}/").one("h1").text == "shared"
    assert client.get(f"/plugins/{saved.locator}/edit").status_code == 403


def test_the_page_needs_a_sign_in(client: PageClient, ann: Person) -> None:
    saved = factories.plugin(ann)
    client.post("/logout")
    for path in (f"/plugins/{saved.locator}/", f"/plugins/{saved.locator}/edit", "/plugins/new"):
        assert client.get(path).status_code == 302
