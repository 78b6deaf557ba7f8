"""The list in a real browser: searching while typing, filters, pages, Back, a phone, and all of it without script."""

from __future__ import annotations

import random
import re
from typing import Any

import pytest
from playwright.sync_api import Page, Route, expect
from sqlalchemy.orm import Session

from tests import factories
from tests.browser.conftest import PHONE, MakePage, SignIn
from tests.factories import AccountRef, Person
from tests.integration.plugins.naive import fill
from webapp.plugins.seeding import seed


@pytest.fixture
def ann(session: Session) -> Person:
    """Return somebody with 130 plugins of their own account."""
    person = factories.person()
    fill(session, random.Random(3), person, 130)
    factories.plugin(person, factories.plugin_values("gobstopper_guide", tags=("Sales", "needle")))
    return person


def rows(page: Page) -> Any:
    return page.locator("#rows tr")


def test_a_search_runs_while_typing_and_the_text_stays(page: Page, ann: Person, signed_in: SignIn) -> None:
    signed_in(page, ann)
    page.goto("/plugins/")
    before = page.evaluate("history.length")
    page.keyboard.press("/")
    page.keyboard.type("gobst", delay=40)
    expect(rows(page)).to_have_count(1)
    expect(page.locator("#count")).to_have_text("1 of 131 plugins")
    page.keyboard.type("opper", delay=40)
    expect(page).to_have_url(re.compile(r"/plugins/\?q=gobstopper$"))
    expect(page).to_have_title("“gobstopper” · Plugins · Plugdeck")
    expect(page.locator("#q")).to_be_focused()
    expect(page.locator("#q")).to_have_value("gobstopper")
    assert page.evaluate("history.length") == before, "typing adds nothing to the history"


def test_an_answer_never_takes_back_what_was_typed_meanwhile(
    page: Page, ann: Person, signed_in: SignIn
) -> None:
    signed_in(page, ann)
    page.goto("/plugins/")

    def slowly(route: Route) -> None:
        page.wait_for_timeout(400)
        route.continue_()

    page.route(re.compile(r"/plugins/\?q="), slowly)
    page.locator("#q").press_sequentially("needle", delay=180)
    expect(rows(page)).to_have_count(1)
    expect(page.locator("#q")).to_have_value("needle")


def test_filters_sort_and_pages_are_steps_of_the_history(page: Page, ann: Person, signed_in: SignIn) -> None:
    signed_in(page, ann)
    page.goto("/plugins/?q=candy")
    page.click("#f-class-sql")
    expect(page).to_have_url(re.compile(r"\?q=candy&class=sql$"))
    expect(page.locator("#f-class-sql")).to_be_focused()
    expect(page.locator(".chip")).to_have_text(["Class sql"])
    page.click("#by-name")
    expect(page).to_have_url(re.compile(r"&sort=name$"))
    expect(page.locator("#by-name")).to_be_focused()
    expect(page.locator("#sort")).to_have_value("name")
    page.select_option("#sort", "-version")
    expect(page).to_have_url(re.compile(r"&sort=-version$"))
    page.click("#clear")
    expect(page.locator("#q")).to_have_value("")
    expect(page.locator("#count")).to_have_text("131 plugins")
    page.go_back()
    expect(page.locator("#q")).to_have_value("candy")
    expect(page.locator(".chip")).to_have_text(["Class sql"])
    page.go_back()
    expect(page.locator("#sort")).to_have_value("name")
    page.go_back()
    page.go_back()
    expect(page).to_have_url(re.compile(r"\?q=candy$"))
    expect(page.locator(".chip")).to_have_count(0)


def test_older_and_newer_begin_at_the_top(page: Page, ann: Person, signed_in: SignIn) -> None:
    signed_in(page, ann)
    page.goto("/plugins/?sort=name")
    first = rows(page).first.inner_text()
    page.locator("#older").scroll_into_view_if_needed()
    page.click("#older")
    expect(page.locator("#newer")).to_be_visible()
    expect(page.locator("h1")).to_be_in_viewport()
    assert rows(page).first.inner_text() != first
    page.click("#newer")
    expect(page.locator("#newer")).to_have_count(0)
    assert rows(page).first.inner_text() == first
    # The link is gone; whoever uses the keyboard goes on from the content and not from the top of the document.
    expect(page.locator("#main")).to_be_focused()


def test_a_refused_value_is_shown_and_changes_no_address(page: Page, ann: Person, signed_in: SignIn) -> None:
    signed_in(page, ann)
    page.goto("/plugins/")
    page.evaluate("document.getElementById('q').removeAttribute('maxlength')")
    page.fill("#q", "x" * 201)
    expect(page.locator("#results")).to_contain_text("The search is longer than 200 characters.")
    expect(page).to_have_url(re.compile(r"/plugins/$"))
    page.fill("#q", "needle")
    expect(rows(page)).to_have_count(1)


def test_find_a_tag_narrows_the_tags_of_the_rail(page: Page, ann: Person, signed_in: SignIn) -> None:
    signed_in(page, ann)
    page.goto("/plugins/")
    page.fill("#tagfind", "need")
    expect(page.locator("#tag-list a")).to_have_text(["needle1"])
    page.click("#tag-list a")
    expect(page).to_have_url(re.compile(r"\?tag=needle$"))
    expect(rows(page)).to_have_count(1)
    page.click("#rows a.tag")
    expect(page).to_have_url(re.compile(r"\?tag=needle&tag=Sales$"))


def test_the_filters_of_a_phone_open_with_and_without_script(
    make_page: MakePage, ann: Person, signed_in: SignIn
) -> None:
    for script in (True, False):
        page = make_page(viewport=PHONE, java_script_enabled=script)
        signed_in(page, ann)
        page.goto("/plugins/?tag=sales")
        button = page.locator("[data-filters]")
        expect(button).to_have_text("Filters 1")
        expect(page.locator("#f-class-sql")).to_be_hidden()
        button.click()
        expect(page.locator("#f-class-sql")).to_be_visible()
        page.click("#f-class-sql")
        expect(page).to_have_url(re.compile(r"\?tag=sales&class=sql$"))
        if script:
            expect(page.locator("#filters")).to_be_visible()
            page.click(".rail-head button")
        expect(page.locator("#filters")).to_be_hidden()
        expect(button).to_have_text("Filters 2")


def test_everything_works_without_script(
    page_without_javascript: Page, ann: Person, signed_in: SignIn
) -> None:
    page = page_without_javascript
    signed_in(page, ann)
    page.goto("/plugins/")
    page.click("#f-class-static")
    page.fill("#q", "candy")
    page.press("#q", "Enter")
    expect(page).to_have_url(re.compile(r"q=candy.*class=static"))
    page.select_option("#sort", "name")
    page.get_by_role("button", name="Apply").click()
    expect(page).to_have_url(re.compile(r"sort=name"))
    page.fill("#tagfind", "sales")
    page.press("#tagfind", "Enter")
    expect(page.locator(".chip")).to_have_text(["Tag Sales", "Class static"])
    page.get_by_role("link", name="Remove filter Class static").click()
    expect(page.locator(".chip")).to_have_text(["Tag Sales"])
    page.get_by_role("link", name="Clear filters").click()
    expect(page.locator("#count")).to_have_text("131 plugins")
    page.click("#older")
    expect(page.locator("#newer")).to_be_visible()


def test_the_counts_of_a_large_account_follow_its_page(
    page: Page, session: Session, signed_in: SignIn
) -> None:
    password = "a password of the seeded people"
    filled = seed(2_300, accounts=1, people=1, password=password, history=False)[0]
    account = AccountRef(filled.id, filled.number, "Seed")
    signed_in(page, Person(0, 0, account, filled.usernames[0], password, "staff"))
    with page.expect_response(re.compile("/plugins/counts")):
        page.goto("/plugins/?q=customer")
    expect(page.locator("#count")).to_have_text(re.compile(r"^\d{3} of 2,277 plugins$"))
    total = page.locator("#count").inner_text().split(" ")[0]
    expect(page.locator("#f-scope-account .num")).to_have_text(total)
    with page.expect_response(re.compile("/plugins/counts")):
        page.click("#f-class-api")
    expect(page.locator("#count")).not_to_have_text(re.compile(r"\+"))
    expect(page.locator("#f-scope-account .num")).to_have_text(
        page.locator("#count").inner_text().split(" ")[0]
    )


def test_nothing_stays_dimmed_after_a_click(page: Page, ann: Person, signed_in: SignIn) -> None:
    signed_in(page, ann)
    page.goto("/plugins/")
    # Each of these links is replaced by its own answer.
    for click in ("#facets a[href*='class=static']", "#chips a", "#by-name", "#older", "#newer"):
        page.locator(click).first.click()
        expect(page.locator("[aria-busy]")).to_have_count(0)
        expect(page.locator("#results")).to_have_css("opacity", "1")


def test_the_export_follows_the_search_and_is_downloaded(page: Page, ann: Person, signed_in: SignIn) -> None:
    signed_in(page, ann)
    page.goto("/plugins/")
    page.locator("#q").fill("needle")
    expect(rows(page)).to_have_count(1)
    page.locator("#export summary").click()
    with page.expect_download() as waiting:
        page.get_by_role("link", name="YAML", exact=True).click()
    assert waiting.value.suggested_filename == "gobstopper_guide.yaml"
    expect(page).to_have_url(re.compile(r"/plugins/\?q=needle$"))


def test_a_wide_window_cuts_no_name_and_a_notebook_leaves_words_of_a_description(
    page: Page, session: Session, signed_in: SignIn
) -> None:
    ann = factories.person()
    name, words = (
        "regional_wholesale_invoice_status",
        "Finds an invoice by its number and says whether it is paid yet.",
    )
    factories.plugin(ann, factories.plugin_values(name, description=words, tags=("invoices", "wholesale")))
    signed_in(page, ann)
    page.set_viewport_size({"width": 1920, "height": 900})
    page.goto("/plugins/")
    link, described = page.locator("#rows a.name"), page.locator("#rows .c-desc > span")
    assert link.evaluate("e => e.scrollWidth <= e.clientWidth"), "the name is there as a whole"
    link.hover()
    expect(link).not_to_have_attribute("title", name)
    page.set_viewport_size({"width": 1280, "height": 720})
    assert page.locator("#rows .c-desc").evaluate("e => e.clientWidth") > 160
    whole = "all => all.length === 2 && all.every((tag) => tag.scrollWidth <= tag.clientWidth)"
    assert page.locator("#rows .c-tags .tag .cut").evaluate_all(whole)
    assert page.evaluate("document.documentElement.scrollWidth") == 1280
    page.locator("h1").hover()
    link.hover()
    expect(link).to_have_attribute("title", name)
    described.hover()
    expect(described).to_have_attribute("title", words)
