"""Back, Forward, reload and further tabs: the address is the state, and a fragment is never shown as a page."""

from __future__ import annotations

import re
from pathlib import Path

import pytest
from playwright.sync_api import Page, expect
from sqlalchemy.orm import Session

from tests import factories
from tests.browser.conftest import SignIn, Site
from tests.browser.firefox import FIREFOX, firefox
from tests.factories import Person

COUNT = "document.getElementById('count')?.textContent"


@pytest.fixture
def ann(session: Session) -> Person:
    """Return somebody with two plugins of different classes."""
    person = factories.person()
    factories.plugin(person, name="gobstopper_guide")
    factories.plugin(person, factories.sql_values("gobstopper_sales"))
    return person


def test_a_filter_survives_reload_another_site_and_a_further_tab(
    page: Page, ann: Person, signed_in: SignIn
) -> None:
    signed_in(page, ann)
    page.goto("/plugins/")
    page.click("#f-class-sql")
    expect(page.locator(".chip")).to_have_text(["Class sql"])
    address = page.url
    page.reload()
    expect(page.locator(".chip")).to_have_text(["Class sql"])
    # Away from the site and back: what comes from the browser's own stores is the page and not its part.
    page.goto("about:blank")
    page.go_back()
    expect(page.locator("header.top")).to_be_visible()
    expect(page.locator(".chip")).to_have_text(["Class sql"])
    page.go_back()
    expect(page.locator("header.top")).to_be_visible()
    expect(page.locator(".chip")).to_have_count(0)
    expect(page.locator("#count")).to_have_text("2 plugins")
    page.go_forward()
    expect(page.locator(".chip")).to_have_text(["Class sql"])
    expect(page).to_have_title(re.compile("sql.* · Plugins · Plugdeck"))
    other = page.context.new_page()
    other.goto(address)
    expect(other.locator("header.top")).to_be_visible()
    expect(other.locator("#count")).to_have_text("1 of 2 plugins")


def test_two_tabs_do_not_share_a_state(page: Page, ann: Person, signed_in: SignIn) -> None:
    signed_in(page, ann)
    other = page.context.new_page()
    page.goto("/plugins/")
    other.goto("/plugins/")
    page.click("#f-class-sql")
    expect(page.locator(".chip")).to_have_text(["Class sql"])
    other.click("#f-class-static")
    expect(other.locator(".chip")).to_have_text(["Class static"])
    page.reload()
    other.reload()
    expect(page.locator(".chip")).to_have_text(["Class sql"])
    expect(other.locator(".chip")).to_have_text(["Class static"])


def test_what_is_typed_into_find_a_tag_outlives_a_filter(
    page: Page, session: Session, signed_in: SignIn
) -> None:
    person = factories.person()
    for number in range(20):
        factories.plugin(person, factories.plugin_values(tags=(f"tag-{number:02}", "needle")))
    signed_in(page, person)
    page.goto("/plugins/")
    page.fill("#tagfind", "need")
    expect(page.locator("#tag-list li")).to_have_count(1)
    page.click("#f-class-static")
    expect(page.locator(".chip")).to_have_text(["Class static"])
    expect(page.locator("#tagfind")).to_have_value("need")
    expect(page.locator("#tag-list li")).to_have_count(1)
    page.click("#tag-list a")
    expect(page.locator(".chip")).to_have_text(["Tag needle", "Class static"])
    expect(page.locator("#tagfind")).to_have_value("")


@pytest.mark.skipif(FIREFOX is None, reason="firefox-esr is not installed")
def test_back_and_forward_in_firefox(site: Site, session: Session, ann: Person, tmp_path: Path) -> None:
    with firefox(tmp_path / "firefox") as window:
        window.goto(f"{site.url}/login")
        window.type("#username", ann.username)
        window.type("#password", ann.password)
        window.click("main button[type=submit]")
        window.wait_for("location.pathname", "/plugins/")
        window.wait_for(COUNT, "2 plugins")
        window.click("#f-class-sql")
        window.wait_for(COUNT, "1 of 2 plugins")
        window.wait_for("location.search", "?class=sql")
        window.wait_for("document.activeElement.id", "f-class-sql")
        window.type("#q", "gobst")
        window.wait_for("location.search", "?q=gobst&class=sql")
        window.back()
        window.wait_for(COUNT, "2 plugins")
        window.wait_for("document.getElementById('q').value", "")
        window.forward()
        window.wait_for(COUNT, "1 of 2 plugins")
        window.wait_for("document.getElementById('q').value", "gobst")
        window.wait_for("document.querySelectorAll('header.top').length", 1)
        window.reload()
        window.wait_for(COUNT, "1 of 2 plugins")
        # To a record, away from the site, and back by the browser's own stores.
        window.click("#rows .name")
        window.wait_for("document.querySelector('h1')?.textContent.trim()", "gobstopper_sales")
        window.goto("about:blank")
        window.back()
        window.wait_for("document.querySelector('h1')?.textContent.trim()", "gobstopper_sales")
        window.back()
        window.wait_for(COUNT, "1 of 2 plugins")
        window.wait_for("document.querySelectorAll('header.top').length", 1)
