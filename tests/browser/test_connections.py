"""Connections and secrets in a real browser: list, form, references, deletion with undo, with and without script."""

from __future__ import annotations

import datetime as dt
import re
from dataclasses import replace

import pytest
from playwright.sync_api import Page, expect
from sqlalchemy import select
from sqlalchemy.orm import Session

from tests import factories
from tests.browser.conftest import PHONE, SignIn, Site, check_accessibility, check_everywhere
from tests.factories import Person
from tests.integration.connections.records import API, KEY, SQL, page_of
from webapp.connections import kinds, service
from webapp.connections.models import Secret, SqlConnection
from webapp.connections.values import SecretValues
from webapp.core.clock import utcnow

FREE = replace(SQL, password=None)


@pytest.fixture
def owner(session: Session) -> Person:
    """Return somebody with an account of their own."""
    return factories.person()


def _fill(page: Page, **texts: str) -> None:
    for label, text in texts.items():
        page.get_by_label(label.replace("_", " "), exact=True).first.fill(text)


def test_a_connection_and_then_the_secret_that_it_names_are_created(
    either_page: Page, owner: Person, session: Session, signed_in: SignIn
) -> None:
    page = either_page
    signed_in(page, owner)
    plugin = factories.plugin(owner, factories.sql_values("ships", connection="ships_db"))
    page.goto(f"/plugins/{plugin.locator}/")
    page.get_by_role("link", name="Create it").click()
    expect(page.get_by_role("heading", level=1)).to_have_text("New SQL connection")
    expect(page.get_by_label("Name", exact=True)).to_have_value("ships_db")
    page.get_by_label("Engine").select_option("PostgreSQL")
    _fill(page, Host="db.example", Database="ships", Username="reader")
    page.get_by_role("button", name="Create SQL connection").click()
    expect(page.get_by_role("heading", level=1)).to_have_text("ships_db")
    expect(page.get_by_role("main")).to_contain_text("5432")
    expect(page.locator("#used-by")).to_contain_text("ships")
    page.goto(f"/plugins/{plugin.locator}/")
    expect(page.get_by_role("main")).to_contain_text("Connection ships_db exists")

    page.goto("/connections/new")
    page.get_by_role("link", name=re.compile("^Secret")).click()
    _fill(page, Name="ships_password", Value="anchors aweigh")
    page.get_by_role("button", name="Create secret").click()
    expect(page.get_by_role("main")).to_contain_text("never shown again")
    assert "anchors aweigh" not in page.content()

    page.goto("/connections/")
    page.get_by_role("link", name="ships_db").click()
    page.get_by_role("link", name="Edit", exact=True).click()
    page.get_by_label("Password (secret)", exact=True).select_option("ships_password")
    page.get_by_role("button", name="Save changes").click()
    expect(page.get_by_role("link", name="ships_password")).to_be_visible()
    session.rollback()
    assert session.scalars(
        select(SqlConnection.password_id).where(SqlConnection.account_id == owner.account.id)
    ).one()


def test_a_refused_form_shows_every_error_and_opens_what_is_folded(
    either_page: Page, owner: Person, signed_in: SignIn
) -> None:
    page = either_page
    signed_in(page, owner)
    page.goto("/connections/new?kind=sql")
    expect(page.locator("#pool_size")).to_be_hidden()
    _fill(page, Name="Ships DB", Host="https://db.example/")
    page.get_by_text("Certificates, proxy, SSH and pool").click()
    _fill(page, Pool_size="0")
    with page.expect_response(
        lambda answer: answer.request.method == "POST" and "check" not in answer.url
    ) as answer:
        page.get_by_role("button", name="Create SQL connection").click()
    assert answer.value.status == 422
    summary = page.locator("#problems")
    for label in ("Name", "Host", "Database", "Pool size"):
        expect(summary.get_by_role("link", name=label, exact=True)).to_be_visible()
    expect(page.locator("#pool_size")).to_be_visible()
    expect(page.get_by_label("Name", exact=True)).to_have_value("Ships DB")
    page.locator("#name-error").get_by_role("button", name="Use ships_db").click()
    expect(page.get_by_label("Name", exact=True)).to_have_value("ships_db")


def test_a_field_is_checked_as_a_person_leaves_it(page: Page, owner: Person, signed_in: SignIn) -> None:
    factories.connection(owner, API)
    signed_in(page, owner)
    page.goto("/connections/new?kind=api")
    _fill(page, Name="tides_api")
    page.get_by_label("Base URL").focus()
    expect(page.locator("#name-error")).to_contain_text("already has a record of this name")
    _fill(page, Base_URL="api.example.com")
    page.get_by_label("Timeout").focus()
    page.locator("#base_url-error").get_by_role("button", name="Use https://api.example.com").click()
    expect(page.get_by_label("Base URL")).to_have_value("https://api.example.com")
    page.get_by_label("Timeout").focus()
    expect(page.locator("#base_url-error")).to_have_count(0)


def test_a_value_that_was_typed_stays_while_other_fields_are_checked(
    page: Page, owner: Person, signed_in: SignIn
) -> None:
    signed_in(page, owner)
    page.goto("/connections/new?kind=secret")
    _fill(page, Value="anchors aweigh", Name="Ships Password")
    page.get_by_label("Version", exact=True).focus()
    expect(page.locator("#name-error")).to_be_visible()
    expect(page.get_by_label("Value", exact=True)).to_have_value("anchors aweigh")
    page.locator("#name-error").get_by_role("button", name="Use ships_password").click()
    page.get_by_role("button", name="Create secret").click()
    expect(page.get_by_role("heading", level=1)).to_have_text("ships_password")


def test_the_list_is_searched_and_filtered_in_place(page: Page, owner: Person, signed_in: SignIn) -> None:
    factories.secret(owner, KEY.name)
    factories.connection(owner, SQL)
    factories.connection(owner, API)
    signed_in(page, owner)
    page.goto("/connections/")
    page.keyboard.press("/")
    page.keyboard.type("ships", delay=40)
    expect(page.locator("#count")).to_have_text("2 of 3 records")
    expect(page).to_have_url(re.compile(r"/connections/\?q=ships$"))
    page.click("#f-kind-sql")
    expect(page.locator("#rows tr")).to_have_count(1)
    expect(page).to_have_title("“ships” + SQL connections · Connections · Plugdeck")
    expect(page.locator("#f-kind-sql")).to_be_focused()
    expect(page.get_by_role("link", name="New SQL connection")).to_be_visible()
    page.click("#by-updated")
    expect(page).to_have_url(re.compile(r"\?q=ships&kind=sql&sort=-updated$"))
    page.go_back()
    page.go_back()
    expect(page.locator("#rows tr")).to_have_count(2)


def test_the_list_works_without_script(
    page_without_javascript: Page, owner: Person, signed_in: SignIn
) -> None:
    page = page_without_javascript
    factories.secret(owner, KEY.name)
    factories.connection(owner, SQL)
    signed_in(page, owner)
    page.goto("/connections/")
    page.get_by_label("Search connections").fill("db.example")
    page.get_by_role("button", name="Apply").click()
    expect(page.locator("#rows tr")).to_have_count(1)
    page.locator("#clear").click()
    page.locator("#f-kind-secret").click()
    expect(page.locator("#rows")).to_contain_text("ships_password")


def test_an_unused_connection_is_deleted_and_undone(
    either_page: Page, owner: Person, signed_in: SignIn, site: Site
) -> None:
    page = either_page
    saved = factories.connection(owner, FREE)
    signed_in(page, owner)
    page.goto(page_of("sql", saved))
    page.get_by_label("More actions").click()
    page.get_by_role("button", name="Delete").click()
    expect(page.locator("#toasts")).to_contain_text("ships_db deleted")
    expect(page.get_by_role("heading", name="There are no connections yet")).to_be_visible()
    page.get_by_role("button", name="Undo").click()
    expect(page).to_have_url(f"{site.url}{page_of('sql', saved)}")
    expect(page.locator("#toasts")).to_contain_text("ships_db is back")


def test_a_used_connection_says_who_uses_it(either_page: Page, owner: Person, signed_in: SignIn) -> None:
    page = either_page
    saved = factories.connection(owner, FREE)
    factories.plugin(owner, factories.sql_values("ships", connection="ships_db"))
    signed_in(page, owner)
    page.goto(page_of("sql", saved))
    page.get_by_label("More actions").click()
    page.get_by_role("link", name="Delete").click()
    expect(page.get_by_role("heading", level=1)).to_have_text("ships_db is in use")
    page.get_by_role("link", name="ships", exact=True).click()
    expect(page.get_by_role("heading", level=1)).to_have_text("ships")


def test_a_secret_is_deleted_after_a_page_that_says_what_that_means(
    either_page: Page, owner: Person, session: Session, signed_in: SignIn
) -> None:
    page = either_page
    saved = factories.secret(owner, "tides_key")
    signed_in(page, owner)
    page.goto(page_of("secret", saved))
    page.get_by_label("More actions").click()
    page.get_by_role("link", name="Delete").click()
    expect(page.get_by_role("main")).to_contain_text("cannot be brought back")
    page.get_by_role("button", name="Delete secret").click()
    expect(page.locator("#toasts")).to_contain_text("tides_key deleted")
    session.rollback()
    assert session.get(Secret, saved.id) is None


def test_a_stale_save_is_decided_side_by_side(
    either_page: Page, owner: Person, session: Session, signed_in: SignIn
) -> None:
    page = either_page
    saved = factories.connection(owner, FREE)
    colleague = factories.person(role="staff", of=owner.account)
    signed_in(page, owner)
    page.goto(page_of("sql", saved, "edit"))
    service.update_connection(
        factories.viewer_of(colleague), saved.id, 1, replace(FREE, hostname="theirs.example", timeout=5)
    )
    _fill(page, Host="mine.example")
    page.get_by_role("button", name="Save changes").click()
    expect(page.get_by_role("heading", level=1)).to_contain_text("saved first")
    page.get_by_role("radio", name=re.compile("^You")).check()
    page.get_by_role("button", name=re.compile("Save merged")).click()
    expect(page.get_by_role("main")).to_contain_text("mine.example")
    expect(page.get_by_role("main")).to_contain_text("5 seconds")


def test_a_session_that_ended_keeps_what_was_typed_but_not_the_value(
    either_page: Page, owner: Person, signed_in: SignIn
) -> None:
    page = either_page
    signed_in(page, owner)
    page.goto("/connections/new?kind=secret")
    page.context.clear_cookies()
    _fill(page, Name="tides_key", Value="anchors aweigh")
    page.get_by_role("button", name="Create secret").click()
    page.get_by_label("Username").fill(owner.username)
    assert "anchors aweigh" not in page.content()
    page.get_by_label("Password", exact=True).fill(owner.password)
    page.get_by_role("main").get_by_role("button", name="Sign in").click()
    expect(page.get_by_label("Name", exact=True)).to_have_value("tides_key")
    expect(page.get_by_label("Value", exact=True)).to_have_value("")
    expect(page.get_by_role("main")).to_contain_text("Write it once more.")


class TestAccessibility:
    @pytest.mark.parametrize(
        "path",
        [
            "/connections/",
            "/connections/?kind=secret&sort=-updated",
            "/connections/?q=qqqq&kind=sql",
            "/connections/?kind=nonsense",
            "/connections/new",
            "/connections/new?kind=sql",
            "/connections/new?kind=api",
            "/connections/new?kind=secret",
        ],
    )
    def test_pages_of_the_demo(self, page: Page, signed_in: SignIn, path: str) -> None:
        signed_in(page, "imogen")
        page.goto(path)
        check_everywhere(page)

    def test_an_empty_list(self, page: Page, owner: Person, signed_in: SignIn) -> None:
        signed_in(page, owner)
        page.goto("/connections/")
        check_everywhere(page)

    @pytest.mark.parametrize("kind", ["sql", "api", "secret"])
    @pytest.mark.parametrize("part", ["", "edit", "manifest", "removal"])
    def test_pages_of_a_record(
        self, page: Page, owner: Person, signed_in: SignIn, kind: str, part: str
    ) -> None:
        secret = factories.secret(owner, "old_key", expires_at=utcnow() - dt.timedelta(days=1))
        extras = {"description": "A long description. " * 20, "annotations": ({"team/owner": "x" * 200},)}
        values = SQL if kind == "sql" else API
        if kind != "secret":
            values = replace(
                values, proxy_password="old_key", tags=("a tag of sixty characters " * 2,), **extras
            )
        saved = secret if kind == "secret" else factories.connection(owner, values)
        signed_in(page, owner)
        page.goto(page_of(kind, saved, part))
        check_everywhere(page)

    def test_a_refused_form(self, page: Page, owner: Person, signed_in: SignIn) -> None:
        signed_in(page, owner)
        page.goto("/connections/new?kind=sql")
        page.get_by_text("Certificates, proxy, SSH and pool").click()
        _fill(page, Name="Ships DB", Pool_size="0")
        page.get_by_role("button", name="Create SQL connection").click()
        page.locator("#problems").wait_for()
        check_everywhere(page)

    @pytest.mark.parametrize("kind", ["sql", "secret"])
    def test_the_merge_page(
        self, page: Page, owner: Person, site: Site, signed_in: SignIn, kind: str
    ) -> None:
        viewer, vault = factories.viewer_of(owner), site.app.extensions["vault"]
        secret = kind == "secret"
        saved = factories.secret(owner, "tides_key") if secret else factories.connection(owner, FREE)
        signed_in(page, owner)
        page.goto(page_of(kind, saved, "edit"))
        if secret:
            theirs = SecretValues("tides_key", description="Theirs.", value="theirs")
            service.update_secret(viewer, saved.id, 1, theirs, vault)
            _fill(page, Value="mine")
        else:
            service.update_connection(viewer, saved.id, 1, replace(FREE, hostname="theirs.example"))
            _fill(page, Host="mine.example")
        _fill(page, Description="Mine.")
        page.get_by_role("button", name="Save changes").click()
        expect(page.get_by_role("heading", level=1)).to_contain_text("saved this in another window")
        check_everywhere(page)

    def test_a_record_of_somebody_else(self, page: Page, owner: Person, signed_in: SignIn) -> None:
        saved = factories.connection(factories.person(of=owner.account), SQL)
        signed_in(page, owner)
        page.goto(page_of("sql", saved))
        check_everywhere(page)

    def test_a_deleted_connection(self, page: Page, owner: Person, signed_in: SignIn) -> None:
        saved = factories.connection(owner, FREE)
        service.delete_record(factories.viewer_of(owner), kinds.SQL, saved.id, 1)
        signed_in(page, owner)
        page.goto(page_of("sql", saved))
        check_everywhere(page)
        page.get_by_role("button", name="Bring it back").click()
        expect(page.locator("#toasts")).to_contain_text("is back")

    def test_the_open_filters_of_a_phone(self, page: Page, signed_in: SignIn) -> None:
        signed_in(page, "imogen")
        page.goto("/connections/?kind=sql")
        page.set_viewport_size(PHONE)
        page.locator("[data-filters]").click()
        page.locator("#filters").get_by_role("link").first.wait_for()
        check_accessibility(page)
