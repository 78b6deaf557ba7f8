"""What was opened last: newest first, for one person only, gone with the sign-in and with the right to see it."""

from __future__ import annotations

import pytest
from flask import Flask
from sqlalchemy.orm import Session

from tests import factories
from tests.databases import count_statements
from tests.factories import Person
from tests.integration.palette.test_palette import group
from tests.pages import PARTIAL, PageClient, sign_in
from webapp.core.locators import format_locator
from webapp.palette.recents import COOKIE, RECENTS_MAX
from webapp.plugins.service import delete_plugin


@pytest.fixture
def ann(client: PageClient, session: Session) -> Person:
    """Return somebody who is signed in."""
    ann = factories.person()
    sign_in(client, ann)
    return ann


def recents(client: PageClient) -> list[str]:
    return group(client.fragment("/palette"), "recents")


def test_records_that_were_opened_come_newest_first_and_once(client: PageClient, ann: Person) -> None:
    one, two = (factories.plugin(ann, factories.plugin_values(name)) for name in ("one", "two"))
    database = format_locator("sqlconnection", factories.sql_connection(ann, "store_db"))
    for path in (f"/plugins/{one.locator}/", f"/connections/{database}/", f"/plugins/{two.locator}/"):
        client.get(path)
    assert recents(client) == ["two", "store_db", "one"]
    client.get(f"/plugins/{one.locator}/")
    assert recents(client) == ["one", "two", "store_db"]


def test_the_record_one_looks_at_is_not_among_them(client: PageClient, ann: Person) -> None:
    one, two = (factories.plugin(ann, factories.plugin_values(name)) for name in ("one", "two"))
    for saved in (one, two):
        client.get(f"/plugins/{saved.locator}/")
    assert group(client.fragment(f"/palette?at={two.locator}"), "recents") == ["one"]


def test_only_the_last_few_are_kept(client: PageClient, ann: Person) -> None:
    for number in range(RECENTS_MAX + 3):
        saved = factories.plugin(ann, factories.plugin_values(f"plugin_{number}"))
        client.get(f"/plugins/{saved.locator}/")
    assert recents(client) == [f"plugin_{number}" for number in range(RECENTS_MAX + 2, 2, -1)]


def test_what_one_may_not_see_any_more_is_gone(client: PageClient, ann: Person) -> None:
    saved = factories.plugin(ann, factories.plugin_values("one"))
    client.get(f"/plugins/{saved.locator}/")
    delete_plugin(factories.viewer_of(ann), saved.id, saved.revision)
    assert recents(client) == []


def test_a_page_that_is_refused_or_fetched_ahead_is_not_kept(client: PageClient, ann: Person) -> None:
    saved = factories.plugin(ann, factories.plugin_values("one"))
    foreign = factories.plugin(factories.person(), factories.plugin_values("two"))
    client.get(f"/plugins/{saved.locator}/", headers={"Sec-Purpose": "prefetch"})
    client.get(f"/plugins/{saved.locator}/", headers={"X-Preload": "1"})
    client.get(f"/plugins/{foreign.locator}/")
    client.get(f"/plugins/{saved.locator}/manifest.json")
    assert client.get_cookie(COOKIE) is None


def test_a_page_that_the_browser_had_already_is_kept_when_it_asks_for_the_palette(
    client: PageClient, ann: Person
) -> None:
    saved = factories.plugin(ann, factories.plugin_values("one"))
    foreign = factories.plugin(factories.person(), factories.plugin_values("two"))
    client.get(f"/plugins/{saved.locator}/", headers={"X-Preload": "1"})
    client.get(f"/palette?at={saved.locator}", headers=PARTIAL)
    client.get(f"/palette?at={foreign.locator}", headers=PARTIAL)
    assert recents(client) == ["one"]


def test_signing_out_forgets_them(client: PageClient, ann: Person) -> None:
    saved = factories.plugin(ann, factories.plugin_values("one"))
    client.get(f"/plugins/{saved.locator}/")
    kept = client.get_cookie(COOKIE)
    assert kept is not None and kept.http_only and kept.same_site == "Lax" and kept.max_age is None
    client.post("/logout")
    assert client.get_cookie(COOKIE) is None


def test_the_next_person_at_the_browser_sees_none_of_them(client: PageClient, ann: Person) -> None:
    colleague = factories.person(of=ann.account)
    saved = factories.plugin(ann, factories.plugin_values("one"))
    client.get(f"/plugins/{saved.locator}/")
    sign_in(client, colleague)  # Without signing out: the other one's session had ended.
    assert recents(client) == []
    other = factories.plugin(colleague, factories.plugin_values("two"))
    client.get(f"/plugins/{other.locator}/")
    assert recents(client) == ["two"]


def test_nobody_can_make_the_cookie_up(client: PageClient, ann: Person, app: Flask) -> None:
    saved = factories.plugin(ann, factories.plugin_values("one"))
    client.get(f"/plugins/{saved.locator}/")
    kept = client.get_cookie(COOKIE)
    assert kept is not None
    for value in ("", "nonsense", kept.value[:-2] + "xx", "WzEsWyJvbmUiXV0.AAAA"):
        client.set_cookie(COOKIE, value)
        assert recents(client) == []


def test_looking_at_a_page_writes_nothing(client: PageClient, ann: Person) -> None:
    saved = factories.plugin(ann, factories.plugin_values("one"))
    with count_statements() as sent:
        client.get(f"/plugins/{saved.locator}/")
    assert [one for one in sent if one.split()[0].upper() in ("INSERT", "UPDATE", "DELETE")] == []
