"""Columns and saved views in a real browser: at once, by keyboard and by history, and without script."""

from __future__ import annotations

import re

import pytest
from playwright.sync_api import Page, expect
from sqlalchemy.orm import Session

from tests import factories
from tests.browser.conftest import PHONE, SignIn, check_no_sideways_scrolling
from tests.factories import Person


@pytest.fixture
def ann(session: Session) -> Person:
    """Return somebody with three plugins in an account of their own."""
    person = factories.person()
    for name, tags in (("red_apples", ("fruit",)), ("green_pears", ("fruit",)), ("old_bread", ())):
        factories.plugin(person, factories.plugin_values(name, tags=tags))
    return person


def test_columns_and_density_change_at_once_and_are_kept(page: Page, ann: Person, signed_in: SignIn) -> None:
    signed_in(page, ann)
    page.goto("/plugins/?q=fruit")
    before = page.evaluate("history.length")
    expect(page.get_by_role("columnheader", name="Owner")).to_be_visible()
    page.locator("summary", has_text="Display").click()
    page.get_by_label("Owner", exact=True).uncheck()
    expect(page.get_by_role("columnheader", name="Owner")).to_have_count(0)
    expect(page.locator("#column-owner")).to_be_focused()
    page.get_by_label("Created", exact=True).check()
    expect(page.get_by_role("columnheader", name="Created")).to_be_visible()
    height = page.locator("#rows tr").first.bounding_box()
    page.get_by_label("Compact").check()
    expect(page.locator("table.list")).to_have_attribute("data-density", "compact")
    compact = page.locator("#rows tr").first.bounding_box()
    assert height
    assert compact
    assert compact["height"] < height["height"]
    assert page.evaluate("history.length") == before, "other looks are no other place"
    page.keyboard.press("Escape")
    expect(page.locator("summary", has_text="Display")).to_be_focused()
    page.reload()
    expect(page.get_by_role("columnheader", name="Created")).to_be_visible()
    expect(page.get_by_role("columnheader", name="Owner")).to_have_count(0)


def test_the_menu_that_saves_a_view_takes_its_name_at_once(
    page: Page, ann: Person, signed_in: SignIn
) -> None:
    signed_in(page, ann)
    page.goto("/plugins/?q=fruit")
    page.locator("summary", has_text="Save view").press("Enter")
    expect(page.get_by_label("Name of the view")).to_be_focused()
    page.keyboard.type("Fruit")
    page.keyboard.press("Enter")
    expect(page.locator("#toasts")).to_contain_text("is saved as a view")


def test_a_phone_keeps_its_lines_whatever_is_hidden(page: Page, ann: Person, signed_in: SignIn) -> None:
    signed_in(page, ann)
    page.goto("/plugins/")
    page.locator("summary", has_text="Display").click()
    for column in ("Readiness", "Class", "Updated"):
        page.get_by_label(column, exact=True).uncheck()
        expect(page.locator("table.list")).to_have_attribute("data-hide", re.compile(column.lower()))
    page.set_viewport_size(PHONE)
    name, tags = page.locator("#rows .c-name").last, page.locator("#rows .c-tags").last
    box, below = name.bounding_box(), tags.bounding_box()
    assert box
    assert below
    assert box["width"] > 200, "the name has its room"
    assert below["y"] > box["y"]
    check_no_sideways_scrolling(page)


def test_a_view_is_saved_updated_and_deleted_without_leaving_the_list(
    page: Page, ann: Person, signed_in: SignIn
) -> None:
    signed_in(page, ann)
    page.goto("/plugins/?tag=fruit")
    page.locator("#view summary").click()
    page.get_by_label("Name of the view").fill("Fruit")
    page.keyboard.press("Enter")
    expect(page.locator("#view summary")).to_have_text("Fruit")
    expect(page.locator("#view summary")).to_be_focused()
    expect(page.locator("#views").get_by_role("link", name="Fruit")).to_have_attribute("aria-current", "true")
    expect(page.locator("#toasts")).to_contain_text("“Fruit” is saved as a view")
    page.click("#by-name")
    expect(page).to_have_url(re.compile(r"\?tag=fruit&sort=name$"))
    again = page.get_by_role("button", name="Update “Fruit”")
    again.click()
    expect(page.locator("#view summary")).to_have_text("Fruit")
    expect(page.locator("#toasts")).to_contain_text("means this list now")
    page.locator("#views").get_by_role("link", name="All plugins").click()
    expect(page).to_have_url(re.compile(r"/plugins/$"))
    expect(page.locator("#view")).to_be_hidden()
    page.locator("#views").get_by_role("link", name="Fruit").click()
    expect(page).to_have_url(re.compile(r"\?tag=fruit&sort=name$"))
    page.locator("#view summary").click()
    page.get_by_role("button", name="Delete view").click()
    expect(page.locator("#view summary")).to_have_text("Save view")
    expect(page.locator("#views")).to_be_hidden()
    page.locator("#toasts .toast", has_text="is deleted").get_by_role("button", name="Undo").click()
    expect(page.locator("#toasts")).to_contain_text("is back")
    expect(page.locator("#view summary")).to_have_text("Fruit")


def test_a_refused_name_keeps_the_menu_open_and_the_focus(page: Page, ann: Person, signed_in: SignIn) -> None:
    factories.saved_view(ann, "Fruit", "q=x")
    signed_in(page, ann)
    page.goto("/plugins/?tag=fruit")
    page.locator("#view summary").click()
    page.get_by_label("Name of the view").fill("FRUIT")
    page.locator("#view").get_by_role("button", name="Save view").click()
    expect(page.locator("#view-name-error")).to_contain_text("You have a view of that name")
    expect(page.get_by_label("Name of the view")).to_be_focused()
    expect(page.get_by_label("Name of the view")).to_have_value("FRUIT")
    expect(page).to_have_url(re.compile(r"\?tag=fruit$"))


def test_the_list_begins_with_a_view_and_back_leads_where_one_was(
    either_page: Page, ann: Person, signed_in: SignIn
) -> None:
    page = either_page
    factories.saved_view(ann, "Fruit", "tag=fruit&sort=name")
    signed_in(page, ann)
    page.goto("/plugins/?tag=fruit&sort=name")
    page.locator("#view summary").click()
    page.get_by_role("button", name="Begin with this view").click()
    expect(page.locator("#toasts")).to_contain_text("Plugins begin with this view now")
    page.goto("/account/")
    page.locator("#main-nav").get_by_role("link", name="Plugins").click()
    expect(page).to_have_url(re.compile(r"/plugins/\?tag=fruit&sort=name$"))
    expect(page.locator("#rows tr")).to_have_count(2)
    page.locator("#views").get_by_role("link", name="All plugins").click()
    expect(page).to_have_url(re.compile(r"/plugins/$"))
    expect(page.locator("#rows tr")).to_have_count(3)
    page.go_back()
    expect(page.locator("#rows tr")).to_have_count(2)
    expect(page.locator("#view summary")).to_have_text("Fruit")
    page.go_forward()
    expect(page.locator("#rows tr")).to_have_count(3)
    page.goto("/")
    expect(page).to_have_url(re.compile(r"/plugins/\?tag=fruit&sort=name$"))


def test_views_and_columns_work_without_script(
    page_without_javascript: Page, ann: Person, signed_in: SignIn
) -> None:
    page = page_without_javascript
    signed_in(page, ann)
    page.goto("/plugins/?tag=fruit")
    page.locator("#view summary").click()
    page.get_by_label("Name of the view").fill("Fruit")
    page.locator("#view").get_by_role("button", name="Save view").click()
    expect(page.locator("#toasts")).to_contain_text("“Fruit” is saved as a view")
    page.locator("summary", has_text="Display").click()
    page.get_by_label("Owner", exact=True).uncheck()
    page.locator("#list-looks").get_by_role("button", name="Apply").click()
    expect(page.get_by_role("columnheader", name="Owner")).to_have_count(0)
    expect(page).to_have_url(re.compile(r"\?tag=fruit$"))
    page.goto("/plugins/?tag=fruit&sort=name")
    page.locator("#view summary").click()
    page.get_by_role("button", name="Update view").click()
    expect(page.locator("#view summary")).to_have_text("Fruit")
