"""The palette's answers: for whom, in which order, at what cost, and without script."""

from __future__ import annotations

import random

import pytest
from flask import Flask
from sqlalchemy.orm import Session

from tests import factories
from tests.databases import count_statements
from tests.factories import Person
from tests.integration.plugins.naive import fill
from tests.markup import Element
from tests.pages import PageClient, sign_in
from webapp.core.locators import format_locator
from webapp.plugins.service import delete_plugin


@pytest.fixture
def ann(session: Session) -> Person:
    """Return somebody with a few plugins."""
    ann = factories.person(of=factories.account("Hazel"))
    for name in ("store_hours", "store", "store_stock", "old_store", "restore_point"):
        factories.plugin(ann, factories.plugin_values(name, description="Something sweet."))
    factories.plugin(
        ann, factories.plugin_values("catalogue", description="What is in store.", tags=("Storefront",))
    )
    return ann


def links(page: Element, key: str) -> list[Element]:
    """Return the lines of a group."""
    found = page.find("section", data_group=key)
    return found.all(where=lambda item: item["class"] == "opt") if found else []


def group(page: Element, key: str) -> list[str]:
    """Return the labels of a group, without what stands behind them."""
    return [line.all("span")[1].text for line in links(page, key)]


def test_names_come_before_other_fields_and_the_exact_one_first(
    app: Flask, client: PageClient, ann: Person
) -> None:
    sign_in(client, ann)
    found = group(client.fragment("/palette?q=store"), "plugins")
    assert found[:3] == ["store", "store_hours", "store_stock"]
    assert found[3:] == ["old_store", "restore_point", "catalogue"]


def test_a_name_is_found_among_many_that_hold_the_word(client: PageClient, session: Session) -> None:
    bob = factories.person()
    fill(session, random.Random(5), bob, 300)
    factories.plugin(bob, factories.plugin_values("zz_candy_shop", description="Sweet."))
    sign_in(client, bob)
    assert group(client.fragment("/palette?q=zz+candy"), "plugins") == ["zz_candy_shop"]
    assert group(client.fragment("/palette?q=zz_"), "plugins") == ["zz_candy_shop"]


def test_connections_secrets_and_tags_are_found(client: PageClient, ann: Person) -> None:
    factories.sql_connection(ann, "store_db")
    factories.secret(ann, "store_key")
    sign_in(client, ann)
    page = client.fragment("/palette?q=store")
    assert group(page, "connections") == ["store_db", "store_key"]
    assert group(page, "tags") == ["Storefront"]
    assert links(page, "tags")[0]["href"] == "/plugins/?tag=Storefront&scope=all"


def test_nobody_finds_what_another_account_has(client: PageClient, ann: Person) -> None:
    eve = factories.person(role="staff")
    factories.sql_connection(ann, "store_db")
    sign_in(client, eve)
    text = client.fragment("/palette?q=store").text
    assert "store_hours" not in text and "store_db" not in text and "Storefront" not in text
    assert "Nothing is called “store”" in text


def test_the_platforms_records_come_after_ones_own_and_say_whose_they_are(
    client: PageClient, ann: Person
) -> None:
    factories.plugin(factories.person(of=factories.platform()), factories.plugin_values("store"))
    sign_in(client, ann)
    page = client.fragment("/palette?q=store")
    assert group(page, "plugins")[:2] == ["store", "store"]
    assert "Plugdeck platform" in links(page, "plugins")[1].text
    assert "Plugdeck platform" not in links(page, "plugins")[0].text


def test_a_superuser_finds_the_records_of_every_account(client: PageClient, ann: Person) -> None:
    sign_in(client, factories.person(role="superuser"))
    page = client.fragment("/palette?q=store")
    assert group(page, "plugins")[0] == "store"
    assert "Hazel" in links(page, "plugins")[0].text


def test_a_plugin_in_the_bin_is_not_found(client: PageClient, ann: Person) -> None:
    saved = factories.plugin(ann, factories.plugin_values("store_old_hours"))
    delete_plugin(factories.viewer_of(ann), saved.id, saved.revision)
    sign_in(client, ann)
    assert "store_old_hours" not in client.fragment("/palette?q=store").text


def test_saved_views_are_found_by_name_and_owner(client: PageClient, ann: Person) -> None:
    factories.saved_view(ann, "Fruit of mine", "q=fruit")
    factories.saved_view(ann, "Too old", "class=cobol")
    factories.saved_view(factories.person("walter", of=ann.account), "Theirs", "q=x", is_shared=True)
    factories.saved_view(factories.person(), "Fruit of others", "q=x", is_shared=True)
    sign_in(client, ann)
    assert group(client.fragment("/palette"), "views") == ["Fruit of mine", "Theirs"]
    page = client.fragment("/palette?q=fruit")
    assert group(page, "views") == ["Fruit of mine"]
    assert links(page, "views")[0]["href"] == "/plugins/?q=fruit"
    assert group(client.fragment("/palette?q=view+walter"), "views") == ["Theirs"]


def test_pages_and_actions_are_those_of_the_role(client: PageClient, ann: Person, app: Flask) -> None:
    sign_in(client, ann)
    page = client.fragment("/palette")
    assert {"Plugins", "Manifests", "Connections", "Activity", "Bin", "Profile", "Help"} <= set(
        group(page, "pages")
    )
    assert not {"People", "Account"} & set(group(page, "pages"))
    assert {"New plugin", "Export plugins", "Sign out"} <= set(group(page, "actions"))
    staff = app.test_client()
    assert isinstance(staff, PageClient)
    sign_in(staff, factories.person(role="staff"))
    assert {"People", "Account"} <= set(group(staff.fragment("/palette"), "pages"))


def test_every_page_that_is_offered_is_there(client: PageClient, session: Session) -> None:
    sign_in(client, factories.person(role="staff"))
    page = client.fragment("/palette")
    links = [link["href"] for link in page.all("a")]
    assert len(links) > 10
    for href in links:
        assert client.get(href).status_code == 200, href


def test_another_account_of_ones_own_is_an_action(client: PageClient, ann: Person) -> None:
    factories.also_in(ann, factories.account("Quince"))
    sign_in(client, ann)
    page = client.fragment("/palette?q=quince")
    assert group(page, "actions") == ["Switch to Quince"]
    answer = client.submit(page, path="/palette", form={"action": "/account/switch"})
    assert answer.status_code == 303
    assert "Quince" in client.page("/plugins/").one("header", class_="top").text


def test_the_record_one_looks_at_brings_its_actions(client: PageClient, ann: Person) -> None:
    saved = factories.plugin(ann, factories.plugin_values("gift_box"))
    sign_in(client, ann)
    link = client.page(f"/plugins/{saved.locator}/history").one("a", class_="jump")
    assert link["href"] == f"/palette?at={saved.locator}"
    page = client.page(link["href"])
    assert group(page, "about") == ["Edit gift_box", "Copy link", "History", "Clone"]
    assert group(client.fragment(f"{link['href']}&q=hist"), "about") == ["History"]


def test_a_reader_is_not_offered_to_edit(client: PageClient, ann: Person) -> None:
    saved = factories.plugin(ann, factories.plugin_values("gift_box"))
    sign_in(client, factories.person(of=ann.account))
    assert group(client.fragment(f"/palette?at={saved.locator}"), "about") == [
        "Copy link",
        "History",
        "Clone",
    ]


def test_a_foreign_record_at_hand_is_the_same_as_none(client: PageClient, ann: Person) -> None:
    saved = factories.plugin(ann, factories.plugin_values("gift_box"))
    sign_in(client, factories.person())
    none = format_locator("pluginmeta", saved.id + 1000)
    assert group(client.fragment(f"/palette?at={saved.locator}"), "about") == []
    assert group(client.fragment(f"/palette?at={none}"), "about") == []


def test_the_filter_of_the_list_is_what_is_exported(client: PageClient, ann: Person) -> None:
    sign_in(client, ann)
    headers = {"HX-Current-URL": "http://localhost/plugins/?class=static&q=store"}
    page = client.fragment("/palette?q=export", headers=headers)
    assert links(page, "actions")[0]["href"] == "/plugins/export?class=static&q=store"
    for address in ("http://localhost/activity/?q=x", "http://evil.example/plugins/?q=x", "http://["):
        elsewhere = client.fragment("/palette?q=export", headers={"HX-Current-URL": address})
        assert links(elsewhere, "actions")[0]["href"] == "/plugins/export"


def test_a_text_goes_on_as_a_search_and_as_a_name(client: PageClient, ann: Person) -> None:
    sign_in(client, ann)
    page = client.page("/palette?q=Winter+Specials")
    assert "Nothing is called “Winter Specials”" in page.text
    assert group(page, "search") == [
        "New plugin named winter_specials",
        "Search all fields for “Winter Specials”",
    ]
    assert links(page, "search")[1]["href"] == "/plugins/?q=Winter+Specials"
    form = client.page(links(page, "search")[0]["href"])
    assert form.one("input", id="name")["value"] == "winter_specials"


@pytest.mark.parametrize(
    ("query", "names"),
    [
        (f"q={'x' * 201}", "longer than 200"),
        ("q=a%00b", "q holds a character"),
        ("q=a&q=b", "q is given 2 times"),
        ("at=nonsense", "at is not the locator"),
        ("at=userprofile-rMTAwMDAwMQx", "at is not the locator"),
        ("what=1", "what is not"),
    ],
)
def test_what_cannot_be_used_is_refused_by_its_name(
    client: PageClient, ann: Person, query: str, names: str
) -> None:
    sign_in(client, ann)
    assert names in client.page(f"/palette?{query}", status=400).text
    assert names in client.fragment(f"/palette?{query}", status=400).text


def test_the_page_without_script_holds_the_same_links(client: PageClient, ann: Person) -> None:
    sign_in(client, ann)
    page, fragment = client.page("/palette?q=store"), client.fragment("/palette?q=store")
    shown = [item["href"] for item in page.one("div", class_="pal-answer").all("a")]
    assert shown == [item["href"] for item in fragment.all("a")]
    assert page.one("input", id="pal-q")["value"] == "store"
    assert page.one("form", id="pal-form")["action"] == "/palette"


def test_typing_costs_the_same_however_much_there_is(
    client: PageClient, session: Session, ann: Person
) -> None:
    few, many = factories.person(), factories.person()
    factories.plugin(few, factories.plugin_values("candy_one"))
    fill(session, random.Random(7), many, 60)
    counts = []
    for somebody in (few, many):
        browser = client.application.test_client()
        assert isinstance(browser, PageClient)
        sign_in(browser, somebody)
        browser.fragment("/palette?q=warm")
        with count_statements() as sent:
            browser.fragment("/palette?q=candy")
        counts.append(len(sent))
    assert counts[0] == counts[1] <= 9


def test_every_page_of_a_viewer_opens_it_and_none_of_nobody(client: PageClient, ann: Person) -> None:
    assert client.page("/login").find("dialog", id="palette") is None
    sign_in(client, ann)
    for path in ("/plugins/", "/activity/", "/account/", "/help/"):
        assert client.page(path).one("dialog", id="palette").one("input", id="pal-q"), path
    assert client.page("/palette").find("dialog", id="palette") is None
