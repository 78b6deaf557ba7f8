"""Signing in and out, with and without JavaScript."""

from __future__ import annotations

import re

import pytest
from playwright.sync_api import Page, expect
from sqlalchemy.orm import Session

from tests import factories
from tests.browser.conftest import MakePage, SignIn, Site


def _sign_in(page: Page, username: str, password: str) -> None:
    page.get_by_label("Username").fill(username)
    page.get_by_label("Password", exact=True).fill(password)
    page.get_by_role("main").get_by_role("button", name="Sign in").click()


def test_a_demo_user_signs_in_and_out(either_page: Page, site: Site) -> None:
    page = either_page
    page.goto("/")
    expect(page.get_by_role("heading", level=1)).to_have_text("Sign in")
    _sign_in(page, "tobias", site.passwords["tobias"])
    expect(page).to_have_url(f"{site.url}/plugins/")
    expect(page.get_by_role("heading", level=1)).to_have_text("Plugins")
    page.get_by_role("button", name="Your menu").click()
    page.get_by_role("button", name="Sign out").click()
    expect(page).to_have_url(re.compile("/login"))
    page.goto("/plugins/")
    expect(page.get_by_role("heading", level=1)).to_have_text("Sign in")


def test_a_wrong_password_is_told_without_losing_the_name(either_page: Page) -> None:
    page = either_page
    page.goto("/login")
    _sign_in(page, "tobias", "not this one")
    expect(page.get_by_role("alert").first).to_be_visible()
    expect(page.get_by_label("Username")).to_have_value("tobias")
    expect(page.get_by_label("Password", exact=True)).to_have_value("")


def test_signing_in_goes_on_to_the_page_that_was_asked_for(
    either_page: Page, session: Session, site: Site
) -> None:
    owner = factories.person()
    saved = factories.plugin(owner)
    either_page.goto(f"/plugins/{saved.locator}/")
    _sign_in(either_page, owner.username, owner.password)
    expect(either_page).to_have_url(f"{site.url}/plugins/{saved.locator}/")


@pytest.mark.parametrize(
    "target", ["https://evil.example/", "//evil.example/", "/\\evil.example", "javascript:alert(1)"]
)
def test_signing_in_never_leaves_the_site(page: Page, site: Site, session: Session, target: str) -> None:
    owner = factories.person()
    page.goto("/login?next=" + target)
    _sign_in(page, owner.username, owner.password)
    expect(page).to_have_url(f"{site.url}/plugins/")


def test_the_back_button_after_signing_out_shows_nothing(
    page: Page, session: Session, signed_in: SignIn
) -> None:
    owner = factories.person()
    saved = factories.plugin(owner, name="everlasting_gobstopper")
    signed_in(page, owner)
    page.goto(f"/plugins/{saved.locator}/")
    expect(page.get_by_role("heading", level=1)).to_have_text("everlasting_gobstopper")
    page.get_by_role("button", name="Your menu").click()
    page.get_by_role("button", name="Sign out").click()
    expect(page).to_have_url(re.compile("/login"))
    page.go_back()
    expect(page.get_by_text("everlasting_gobstopper")).to_have_count(0)


def test_a_search_after_the_session_has_ended_asks_to_sign_in(
    page: Page, session: Session, signed_in: SignIn
) -> None:
    owner = factories.person()
    factories.plugin(owner)
    signed_in(page, owner)
    page.goto("/plugins/")
    page.context.clear_cookies()
    page.get_by_label("Search plugins").fill("sweets")
    expect(page.get_by_role("heading", name="Sign in")).to_be_visible()


def test_the_theme_is_kept_on_the_next_page(make_page: MakePage, signed_in: SignIn) -> None:
    page = make_page(color_scheme="light")
    signed_in(page, "tobias")
    page.goto("/plugins/")
    page.get_by_role("button", name="Switch light or dark").click()
    expect(page.locator("html")).to_have_attribute("data-theme", "dark")
    page.goto("/manifests/")
    expect(page.locator("html")).to_have_attribute("data-theme", "dark")


def test_what_needs_script_is_not_shown_without_it(page_without_javascript: Page, signed_in: SignIn) -> None:
    signed_in(page_without_javascript, "tobias")
    page_without_javascript.goto("/plugins/")
    expect(page_without_javascript.locator("[data-theme-toggle]")).to_have_count(1)
    expect(page_without_javascript.locator("[data-theme-toggle]")).to_be_hidden()
