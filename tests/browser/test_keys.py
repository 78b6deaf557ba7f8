"""Keys: moving through lists, going to pages, closing one level at a time, staying silent while somebody types."""

from __future__ import annotations

import re
from typing import Any

import pytest
from playwright.sync_api import Page, expect
from sqlalchemy.orm import Session

from tests import factories
from tests.browser.conftest import MakePage, SignIn, check_everywhere
from tests.factories import Person
from webapp.accounts.models import User
from webapp.db.session import transaction
from webapp.plugins.service import delete_plugin


@pytest.fixture
def ann(session: Session) -> Person:
    """Return somebody with three plugins, the newest of them `plugin_c`."""
    ann = factories.person()
    for name in ("plugin_a", "plugin_b", "plugin_c"):
        factories.plugin(ann, factories.plugin_values(name))
    return ann


@pytest.fixture
def listed(page: Page, ann: Person, signed_in: SignIn) -> Page:
    """Return a window that shows the list."""
    signed_in(page, ann)
    page.goto("/plugins/?sort=name")
    return page


def cursor(page: Page) -> Any:
    return page.locator("tr.at a.name")


def test_j_and_k_move_through_the_rows_and_enter_opens(listed: Page) -> None:
    page = listed
    page.keyboard.press("j")
    expect(cursor(page)).to_have_text("plugin_a")
    expect(cursor(page)).to_be_focused()
    page.keyboard.press("j")
    page.keyboard.press("j")
    page.keyboard.press("j")
    expect(cursor(page)).to_have_text("plugin_c")
    expect(page.locator("#live")).to_have_text("Last row")
    page.keyboard.press("k")
    expect(cursor(page)).to_have_text("plugin_b")
    page.keyboard.press("Enter")
    expect(page.locator("h1")).to_have_text("plugin_b")


def test_the_cursor_stays_with_its_row_when_the_list_changes(listed: Page) -> None:
    page = listed
    page.keyboard.press("j")
    page.keyboard.press("j")
    page.click("#by-name")
    expect(page).to_have_url(re.compile("sort=-name$"))
    expect(cursor(page)).to_have_text("plugin_b")
    page.fill("#q", "plugin_c")
    expect(page.locator("#rows tr")).to_have_count(1)
    page.keyboard.press("Escape")
    expect(page.locator("#rows tr")).to_have_count(3)


def test_a_row_is_edited_and_opened_in_a_new_tab_by_keys(listed: Page) -> None:
    page = listed
    page.keyboard.press("j")
    with page.context.expect_page() as opened:
        page.keyboard.press("Control+Enter")
    expect(opened.value.locator("h1")).to_have_text("plugin_a")
    opened.value.close()
    page.bring_to_front()
    page.keyboard.press("e")
    expect(page.locator("h1")).to_have_text("Edit plugin")
    expect(page.locator("#name")).to_have_value("plugin_a")
    expect(page).to_have_url(re.compile("in=sort%3Dname"))


def test_somebody_who_only_reads_is_told_instead_of_led_to_a_refusal(
    page: Page, ann: Person, signed_in: SignIn
) -> None:
    signed_in(page, factories.person(of=ann.account))
    page.goto("/plugins/?sort=name")
    page.keyboard.press("j")
    page.keyboard.press("e")
    expect(page.locator("#toasts")).to_contain_text("You may read this one")
    expect(page.locator("h1")).to_have_text("Plugins")


def test_a_connection_of_somebody_else_is_read_and_not_edited(
    page: Page, ann: Person, signed_in: SignIn
) -> None:
    factories.api_connection(ann, name="billing")
    signed_in(page, ann)
    page.goto("/connections/")
    page.keyboard.press("j")
    page.keyboard.press("e")
    expect(page.locator("h1")).to_have_text("Edit API connection")
    signed_in(page, factories.person(of=ann.account))
    page.goto("/connections/")
    page.keyboard.press("j")
    page.keyboard.press("e")
    expect(page.locator("#toasts")).to_contain_text("You may read this one")


def test_a_link_is_copied_from_the_list_and_from_the_record(
    make_page: MakePage, ann: Person, signed_in: SignIn
) -> None:
    page = make_page(permissions=["clipboard-read", "clipboard-write"])
    signed_in(page, ann)
    page.goto("/plugins/?sort=name")
    page.keyboard.press("j")
    page.keyboard.press("c")
    expect(page.locator("#toasts")).to_contain_text("Link copied")
    copied = page.evaluate("navigator.clipboard.readText()")
    page.goto(copied)
    expect(page.locator("h1")).to_have_text("plugin_a")
    page.evaluate("navigator.clipboard.writeText('')")
    page.keyboard.press("c")
    expect(page.locator("#live")).to_have_text("Copied")
    assert page.evaluate("navigator.clipboard.readText()") == copied


def test_two_keys_lead_to_the_pages(listed: Page) -> None:
    page = listed
    for key, heading in (
        ("m", "Manifests"),
        ("c", "Connections"),
        ("a", "Activity"),
        ("h", "Help"),
        ("p", "Plugins"),
    ):
        page.keyboard.press("g")
        page.keyboard.press(key)
        expect(page.locator("h1")).to_have_text(re.compile(heading))
    page.keyboard.press("n")
    expect(page.locator("h1")).to_have_text("New plugin")


def test_the_first_of_two_keys_is_forgotten_after_a_while(listed: Page) -> None:
    page = listed
    page.clock.install()
    page.keyboard.press("g")
    page.clock.run_for(2_000)
    page.keyboard.press("a")
    page.keyboard.press("j")
    expect(cursor(page)).to_have_text("plugin_a")
    expect(page.locator("h1")).to_have_text("Plugins")


def test_z_takes_back_what_was_just_done(listed: Page) -> None:
    page = listed
    page.keyboard.press("j")
    page.keyboard.press("Enter")
    page.get_by_role("heading", name="plugin_a", level=1).wait_for()
    page.locator("summary[aria-label='More actions']").click()
    page.get_by_role("button", name="Delete", exact=True).click()
    page.locator("#toasts").get_by_role("button", name="Undo").wait_for()
    page.keyboard.press("z")
    expect(page.get_by_role("status").filter(has_text=re.compile("restored", re.I)).first).to_be_visible()


def test_escape_closes_one_level_at_a_time(listed: Page) -> None:
    page = listed
    page.keyboard.press("j")
    page.locator("#export summary").click()
    expect(page.locator("#export details")).to_have_attribute("open", "")
    page.keyboard.press("Control+k")
    expect(page.locator("#palette")).to_be_visible()
    page.keyboard.press("Escape")
    expect(page.locator("#palette")).to_be_hidden()
    expect(page.locator("#export details")).to_have_attribute("open", "")
    page.keyboard.press("Escape")
    expect(page.locator("#export details")).not_to_have_attribute("open", "")
    expect(page.locator("tr.at")).to_have_count(1)
    page.keyboard.press("/")
    page.keyboard.type("plugin_b")
    expect(page.locator("#rows tr")).to_have_count(1)
    page.keyboard.press("Escape")
    expect(page.locator("#q")).to_have_value("")
    expect(page.locator("#q")).to_be_focused()
    expect(page.locator("#rows tr")).to_have_count(3)
    page.keyboard.press("Escape")
    expect(page.locator("#q")).not_to_be_focused()
    expect(page.locator("tr.at")).to_have_count(1)
    page.keyboard.press("Escape")
    expect(page.locator("tr.at")).to_have_count(0)


def test_escape_clears_the_selection_before_it_leaves_the_row(listed: Page) -> None:
    page = listed
    page.keyboard.press("j")
    page.keyboard.press("x")
    expect(page.locator("#selected")).to_have_text("1 selected")
    page.keyboard.press("Escape")
    expect(page.locator("#bulk")).to_be_hidden()
    expect(cursor(page)).to_be_focused()
    page.keyboard.press("Enter")
    expect(page.locator("h1")).to_have_text("plugin_a")


def test_letters_that_are_typed_or_composed_are_letters(listed: Page) -> None:
    page = listed
    page.keyboard.press("/")
    page.keyboard.type("jknegp?")
    expect(page.locator("#q")).to_have_value("jknegp?")
    expect(page.locator("tr.at, dialog[open]")).to_have_count(0)
    page.locator("#q").fill("")
    page.locator("#q").blur()
    page.locator("body").dispatch_event("keydown", {"key": "j", "isComposing": True, "bubbles": True})
    page.locator("body").dispatch_event("keydown", {"key": "j", "ctrlKey": True, "bubbles": True})
    expect(page.locator("tr.at")).to_have_count(0)
    page.locator("#sort").focus()
    page.keyboard.press("n")
    expect(page.locator("h1")).to_have_text("Plugins")


def test_single_keys_can_be_turned_off_and_the_palette_stays(
    page: Page, ann: Person, signed_in: SignIn
) -> None:
    with transaction() as session:
        user = session.get(User, ann.user_id)
        assert user is not None
        user.preferences = {"single_keys": False}
    signed_in(page, ann)
    page.goto("/plugins/?sort=name")
    for key in ("j", "n", "?", "/"):
        page.keyboard.press(key)
    expect(page.locator("tr.at, dialog[open]")).to_have_count(0)
    expect(page.locator("#q")).not_to_be_focused()
    expect(page.locator("[aria-keyshortcuts]")).to_have_count(0)
    page.keyboard.press("Control+k")
    expect(page.locator("#pal-q")).to_be_focused()
    expect(page.locator("#pal-list kbd").first).to_be_hidden()


def test_the_sheet_opens_from_the_key_and_the_menu_and_is_accessible(listed: Page) -> None:
    page = listed
    page.keyboard.press("?")
    dialog = page.get_by_role("dialog", name="Keyboard shortcuts")
    expect(dialog.get_by_text("Next row")).to_be_visible()
    page.keyboard.press("j")
    expect(page.locator("tr.at")).to_have_count(0)
    check_everywhere(page)
    page.keyboard.press("Escape")
    expect(dialog).to_be_hidden()
    page.get_by_role("button", name="Your menu").click()
    page.get_by_role("link", name="Keyboard shortcuts").click()
    expect(dialog).to_be_visible()
    expect(page.locator("#user-menu")).to_be_hidden()


def test_the_sheet_is_a_page_without_script(
    page_without_javascript: Page, ann: Person, signed_in: SignIn
) -> None:
    page = page_without_javascript
    signed_in(page, ann)
    page.goto("/plugins/")
    page.get_by_role("button", name="Your menu").click()
    page.get_by_role("link", name="Keyboard shortcuts").click()
    expect(page.locator("h1")).to_have_text("Keyboard shortcuts")
    expect(page.get_by_text("Next row")).to_be_visible()


def test_buttons_say_their_keys(listed: Page) -> None:
    page = listed
    expect(page.get_by_role("link", name="New plugin")).to_have_attribute("aria-keyshortcuts", "n")
    expect(page.get_by_role("link", name="New plugin")).to_have_attribute("title", "New plugin (n)")
    expect(page.locator("#main-nav a").first).to_have_attribute("title", "Plugins (g then p)")


@pytest.mark.parametrize("path", ["/plugins/bin", "/connections/", "/activity/"])
def test_other_lists_have_a_cursor_too(page: Page, ann: Person, signed_in: SignIn, path: str) -> None:
    factories.sql_connection(ann)
    saved = factories.plugin(ann)
    delete_plugin(factories.viewer_of(ann), saved.id, saved.revision)
    signed_in(page, ann)
    page.goto(path)
    page.keyboard.press("j")
    expect(page.locator("main .at")).to_have_count(1)
    expect(page.locator("main .at :focus")).to_have_count(1)
