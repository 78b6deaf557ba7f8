"""Choosing many plugins and acting on them: by pointer, by keyboard, over pages, and all of it without script."""

from __future__ import annotations

import re
from typing import Any

import pytest
from playwright.sync_api import Page, expect
from sqlalchemy.orm import Session

from tests import factories
from tests.browser.conftest import SignIn, check_everywhere
from tests.factories import Person, plugin_values, viewer_of
from webapp.plugins import service


@pytest.fixture
def ann(session: Session) -> Person:
    """Return somebody with 60 plugins, the first of them of a colleague."""
    account = factories.account()
    person = factories.person(of=account)
    writings = [service.PluginWriting(plugin_values(f"sweet_{number:02}")) for number in range(1, 60)]
    service.write_plugins(viewer_of(person), service.prepare_plugins(writings))
    factories.plugin(factories.person(of=account), plugin_values("sweet_00"))
    return person


def box(page: Page, number: int) -> Any:
    return page.get_by_role("checkbox", name=f"Select sweet_{number:02}", exact=True)


def tagged(page: Page, number: int) -> Any:
    return page.locator("#rows tr", has_text=f"sweet_{number:02}").locator(".c-tags")


def test_many_are_tagged_and_taken_back_with_and_without_script(
    either_page: Page, ann: Person, signed_in: SignIn, scripted: bool
) -> None:
    page = either_page
    signed_in(page, ann)
    page.goto("/plugins/?sort=name")
    expect(page.locator("#bulk")).to_be_hidden()
    for number in (0, 2, 3):
        box(page, number).check()
    page.locator("#bulk").get_by_role("button", name="Tag", exact=True).click()
    field = (
        page.locator("#bulk-form input[name=tags]") if not scripted else page.locator(".tagbox input").last
    )
    field.fill("promo")
    if scripted:
        field.press("Enter")
        expect(page.locator("#bulk-preview")).to_contain_text("2 plugins will change")
    page.get_by_role("button", name="Add tags to 2 plugins").click()
    report = page.locator("#bulk-report")
    expect(report).to_contain_text("Tagged 2 plugins")
    expect(report).to_contain_text("sweet_00")
    expect(report).to_contain_text("You may read it but not change it.")
    if scripted:
        expect(page.get_by_role("button", name="Done", exact=True)).to_be_focused()
        expect(tagged(page, 2)).to_contain_text("+1")
    page.get_by_role("button", name="Undo what was done").click()
    expect(page.locator(".toast")).to_contain_text("Undid: Added tag promo")
    expect(page).to_have_url(re.compile(r"/plugins/\?sort=name$"))
    expect(tagged(page, 2)).not_to_contain_text("+1")


def test_a_report_that_is_closed_leaves_its_undo_for_a_moment(
    page: Page, ann: Person, signed_in: SignIn
) -> None:
    signed_in(page, ann)
    page.goto("/plugins/?sort=name")
    for number in (0, 2):
        box(page, number).check()
    page.locator("#bulk").get_by_role("button", name="Tag", exact=True).click()
    page.locator(".tagbox input").last.fill("promo")
    page.locator(".tagbox input").last.press("Enter")
    page.get_by_role("button", name="Add tags to 1 plugin").click()
    page.get_by_role("button", name="Done", exact=True).click()
    expect(page.locator("#toasts")).to_contain_text("Tagged 1 plugin")
    page.keyboard.press("z")
    expect(page.locator("#toasts")).to_contain_text("Undid: Added tag promo")
    expect(tagged(page, 2)).not_to_contain_text("+1")


def test_a_range_and_other_pages_stay_selected_and_escape_lets_go(
    page: Page, ann: Person, signed_in: SignIn
) -> None:
    signed_in(page, ann)
    page.goto("/plugins/?sort=name")
    box(page, 1).check()
    box(page, 4).click(modifiers=["Shift"])
    selected = page.locator("#selected")
    expect(selected).to_have_text("4 selected")
    page.locator("#older").click()
    expect(box(page, 55)).to_be_visible()
    box(page, 55).check()
    expect(selected).to_have_text("5 selected, 1 on this page")
    page.get_by_role("checkbox", name="Select all on this page").check()
    expect(selected).to_have_text("14 selected, 10 on this page")
    page.locator("#newer").click()
    expect(box(page, 2)).to_be_checked()
    expect(selected).to_have_text("14 selected, 4 on this page")
    page.get_by_label(re.compile("that match")).check()
    expect(selected).to_have_text("All 60 selected")
    expect(box(page, 30)).to_be_checked()
    box(page, 30).uncheck()
    expect(selected).to_have_text("49 selected")
    page.keyboard.press("Escape")
    expect(page.locator("#bulk")).to_be_hidden()
    expect(box(page, 2)).not_to_be_checked()


def test_the_keyboard_selects_deletes_and_goes_on_where_it_was(
    page: Page, ann: Person, signed_in: SignIn
) -> None:
    signed_in(page, ann)
    page.goto("/plugins/?sort=name")
    box(page, 5).focus()
    page.keyboard.press("Space")
    box(page, 7).focus()
    page.keyboard.press("Shift+X")
    expect(page.locator("#selected")).to_have_text("3 selected")
    page.locator("#bulk-delete").focus()
    page.keyboard.press("Enter")
    button = page.get_by_role("button", name="Delete 3 plugins")
    expect(button).to_be_focused()
    check_everywhere(page)
    page.keyboard.press("Escape")
    expect(page.locator("#bulk-delete")).to_be_focused()
    page.keyboard.press("Enter")
    expect(button).to_be_focused()
    page.keyboard.press("Enter")
    expect(page.locator(".toast")).to_contain_text("Deleted 3 plugins")
    expect(page.locator("#count")).to_have_text("57 plugins")
    expect(page.locator("#bulk")).to_be_hidden()
    expect(page.get_by_role("link", name="sweet_08", exact=True)).to_be_focused()


def test_the_bar_and_its_menu_are_for_everybody(page: Page, ann: Person, signed_in: SignIn) -> None:
    signed_in(page, ann)
    page.goto(
        "/plugins/?sort=name&q=sweet_01"
    )  # Of a longer list the bar covers a part of the rows below it.
    box(page, 1).check()
    check_everywhere(page)
    page.get_by_role("button", name="More", exact=True).click()
    page.get_by_role("button", name="Change the version").click()
    expect(page.locator("#bulk-form select")).to_be_focused()
    page.get_by_role("button", name="Change the version of 1 plugin").click()
    expect(page.locator(".toast")).to_contain_text("Changed the version of 1 plugin")
    # The selection is kept for the next act; its button has the focus, or the one that opens it.
    expect(page.locator("#selected")).to_have_text("1 selected")
    expect(page.locator("#bulk-more-button")).to_be_focused()
