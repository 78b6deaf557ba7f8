"""The palette in a real browser: whole by keyboard, on any page, for screen readers, and when the server is slow."""

from __future__ import annotations

import re

import pytest
from playwright.sync_api import Browser, Page, Route, expect
from sqlalchemy.orm import Session

from tests import factories
from tests.browser.conftest import PHONE, MakePage, SignIn, Site, check_accessibility, check_everywhere
from tests.factories import Person


@pytest.fixture
def ann(session: Session) -> Person:
    """Return somebody with a few plugins."""
    ann = factories.person()
    for name in ("store_hours", "store_stock", "gift_box"):
        factories.plugin(ann, factories.plugin_values(name, tags=("Storefront",)))
    return ann


def answered(page: Page, text: str) -> None:
    """Wait until what is shown is the answer to the text."""
    page.locator(f".pal-answer[data-q='{text}']").wait_for()


def test_a_record_is_found_and_opened_without_the_mouse(page: Page, ann: Person, signed_in: SignIn) -> None:
    signed_in(page, ann)
    page.goto("/activity/")
    page.keyboard.press("Control+k")
    field = page.get_by_role("combobox", name="Search or jump to")
    expect(field).to_be_focused()
    page.keyboard.type("store", delay=20)
    answered(page, "store")
    options = page.get_by_role("listbox", name="Results").get_by_role("option")
    expect(options.nth(0)).to_have_attribute("aria-selected", "true")
    expect(field).to_have_attribute("aria-activedescendant", "pal-plugins-1")
    expect(field).to_have_attribute("aria-expanded", "true")
    page.keyboard.press("ArrowDown")
    expect(field).to_have_attribute("aria-activedescendant", "pal-plugins-2")
    page.keyboard.press("ArrowUp")
    page.keyboard.press("ArrowUp")
    expect(options.last).to_have_attribute("aria-selected", "true")
    page.keyboard.press("ArrowDown")
    page.keyboard.press("ArrowDown")
    page.keyboard.press("Enter")
    expect(page.locator("h1")).to_have_text("store_stock")
    page.go_back()
    expect(page.locator("h1")).to_have_text("Activity")
    expect(page.locator("#palette")).to_be_hidden()


def test_enter_before_the_answer_takes_the_first_of_what_was_typed(
    page: Page, ann: Person, signed_in: SignIn
) -> None:
    signed_in(page, ann)
    page.goto("/plugins/")

    def slowly(route: Route) -> None:
        page.wait_for_timeout(300)
        route.continue_()

    page.keyboard.press("Control+k")
    answered(page, "")
    page.route(re.compile(r"/palette\?q=g"), slowly)
    page.keyboard.type("gift")
    page.keyboard.press("Enter")
    expect(page.locator("h1")).to_have_text("gift_box")


def test_it_opens_in_a_new_tab_and_stays_where_it_was(page: Page, ann: Person, signed_in: SignIn) -> None:
    signed_in(page, ann)
    page.goto("/activity/")
    page.keyboard.press("Control+k")
    page.keyboard.type("gift")
    answered(page, "gift")
    with page.context.expect_page() as opened:
        page.keyboard.press("Control+Enter")
    expect(opened.value.locator("h1")).to_have_text("gift_box")
    expect(page.locator("#palette")).to_be_hidden()
    expect(page.locator("h1")).to_have_text("Activity")


def test_the_focus_goes_back_to_where_it_came_from(page: Page, ann: Person, signed_in: SignIn) -> None:
    signed_in(page, ann)
    page.goto("/plugins/")
    page.locator(".jump").focus()
    page.keyboard.press("Enter")
    expect(page.locator("#pal-q")).to_be_focused()
    page.keyboard.press("Escape")
    expect(page.locator("#palette")).to_be_hidden()
    expect(page.locator(".jump")).to_be_focused()
    page.locator("#q").fill("half a word")
    page.keyboard.press("Control+k")
    expect(page.locator("#pal-q")).to_be_focused()
    page.keyboard.press("Control+k")
    expect(page.locator("#q")).to_be_focused()
    expect(page.locator("#q")).to_have_value("half a word")


def test_what_was_opened_comes_first_and_the_record_brings_its_actions(
    page: Page, ann: Person, signed_in: SignIn
) -> None:
    signed_in(page, ann)
    page.goto("/plugins/")
    page.get_by_role("link", name="gift_box", exact=True).click()
    page.get_by_role("heading", name="gift_box", level=1).wait_for()
    page.goto("/plugins/")
    page.keyboard.press("Control+k")
    answered(page, "")
    expect(page.locator("#pal-recents-1")).to_contain_text("gift_box")
    page.keyboard.press("Enter")
    page.get_by_role("heading", name="gift_box", level=1).wait_for()
    page.keyboard.press("Control+k")
    page.keyboard.type("edit")
    answered(page, "edit")
    page.keyboard.press("Enter")
    expect(page.locator("h1")).to_have_text("Edit plugin")


def test_actions_that_stay_on_the_page(ann: Person, signed_in: SignIn, make_page: MakePage) -> None:
    page = make_page(permissions=["clipboard-read", "clipboard-write"], color_scheme="light")
    signed_in(page, ann)
    page.goto("/plugins/")
    page.get_by_role("link", name="gift_box", exact=True).click()
    page.get_by_role("heading", name="gift_box", level=1).wait_for()
    page.keyboard.press("Control+k")
    page.keyboard.type("copy")
    answered(page, "copy")
    page.keyboard.press("Enter")
    expect(page.locator("#palette")).to_be_hidden()
    expect(page.locator("#toasts")).to_contain_text("Link copied")
    assert "/r/pluginmeta-" in page.evaluate("navigator.clipboard.readText()")
    page.keyboard.press("Control+k")
    page.keyboard.type("dark")
    answered(page, "dark")
    page.keyboard.press("Enter")
    expect(page.locator("html")).to_have_attribute("data-theme", "dark")
    expect(page.locator("#palette")).to_be_hidden()
    page.keyboard.press("Control+k")
    page.keyboard.type("shortcuts")
    answered(page, "shortcuts")
    page.locator("#pal-actions-1").click()
    expect(page.get_by_role("dialog", name="Keyboard shortcuts")).to_be_visible()


def test_signing_out_is_a_form_of_the_palette(page: Page, ann: Person, signed_in: SignIn) -> None:
    signed_in(page, ann)
    page.goto("/plugins/")
    page.keyboard.press("Control+k")
    page.keyboard.type("sign out")
    answered(page, "sign out")
    page.keyboard.press("Enter")
    expect(page).to_have_url(re.compile("/login$"))


def test_a_text_that_is_being_composed_is_left_alone(page: Page, ann: Person, signed_in: SignIn) -> None:
    signed_in(page, ann)
    page.goto("/plugins/")
    page.keyboard.press("Control+k")
    answered(page, "")
    page.locator("#pal-q").dispatch_event("keydown", {"key": "Enter", "isComposing": True, "bubbles": True})
    page.locator("#pal-q").dispatch_event("keydown", {"key": "ArrowDown", "keyCode": 229, "bubbles": True})
    expect(page.locator("#palette")).to_be_visible()
    expect(page.locator("#pal-q")).to_have_attribute("aria-activedescendant", re.compile("-1$"))


def test_a_server_that_does_not_answer_is_said_in_the_palette(
    site: Site, browser: Browser, ann: Person, signed_in: SignIn
) -> None:
    # A window of its own: here the browser rightly writes an error on the console.
    page = browser.new_page(base_url=site.url)
    signed_in(page, ann)
    page.goto("/plugins/")
    page.keyboard.press("Control+k")
    answered(page, "")
    page.route(re.compile(r"/palette\?q=g"), lambda route: route.abort())
    page.keyboard.type("gift")
    expect(page.locator("#pal-found")).to_contain_text("The server did not answer")
    page.unroute(re.compile(r"/palette\?q=g"))
    page.keyboard.press("Enter")
    expect(page.locator("h1")).to_have_text("gift_box")
    page.close()


def test_the_open_palette_is_accessible_everywhere(page: Page, ann: Person, signed_in: SignIn) -> None:
    signed_in(page, ann)
    page.goto("/plugins/")
    page.keyboard.press("Control+k")
    answered(page, "")
    check_everywhere(page)
    page.keyboard.type("store")
    answered(page, "store")
    check_everywhere(page)
    page.keyboard.press("x")
    page.keyboard.type("qq")
    page.get_by_text("Nothing is called").wait_for()
    check_accessibility(page)


def test_it_is_an_icon_on_a_phone(make_page: MakePage, ann: Person, signed_in: SignIn) -> None:
    page = make_page(viewport=PHONE)
    signed_in(page, ann)
    page.goto("/plugins/")
    page.get_by_role("link", name="Search or jump to").click()
    page.locator("#pal-q").fill("gift")
    page.get_by_role("option", name=re.compile("gift_box")).click()
    expect(page.locator("h1")).to_have_text("gift_box")


def test_its_page_works_with_and_without_script(either_page: Page, ann: Person, signed_in: SignIn) -> None:
    page = either_page
    signed_in(page, ann)
    page.goto("/palette?q=gift")
    expect(page.locator("h1")).to_have_text("Search or jump to")
    page.fill("#pal-q", "stock")
    page.press("#pal-q", "Enter")
    page.locator(".pal-answer[data-q=stock], h1.mono").first.wait_for()
    if page.locator(".pal-answer").count():
        page.locator("[data-group=plugins] .opt").first.click()
    expect(page.locator("h1")).to_have_text("store_stock")
