"""Gardening in a real browser, with and without JavaScript: find, rename, merge, undo; axe on every state."""

from __future__ import annotations

import re

import pytest
from playwright.sync_api import Page, expect
from sqlalchemy.orm import Session

from tests import factories
from tests.browser.conftest import SignIn, check_everywhere
from tests.factories import Person, viewer_of
from tests.integration.tags.gardening import aliases, tag_id, tags_of
from webapp.tags import service
from webapp.tags.values import tag_locator


@pytest.fixture
def bob(session: Session) -> Person:
    """Return a person of the staff whose account has some tags."""
    person = factories.person(role="staff")
    for number, tags in enumerate((("return", "orders"), ("returns", "orders", "x"), ("orders",))):
        factories.plugin(person, name=f"plugin_{number}", tags=tags)
    service.add_alias(viewer_of(person), tag_id(session, person, "x"), "letters")
    return person


def test_a_tag_is_renamed_and_that_is_undone(
    either_page: Page, bob: Person, session: Session, signed_in: SignIn
) -> None:
    page = either_page
    signed_in(page, bob)
    page.goto("/tags/")
    page.get_by_role("link", name="Rename orders").click()
    expect(page.get_by_role("heading", level=1)).to_have_text("Rename tag orders")
    expect(page.locator("#scale")).to_contain_text("3 plugins")
    page.get_by_label("New name").fill("purchases")
    page.get_by_role("button", name="Rename tag").click()
    expect(page.get_by_role("heading", level=1)).to_have_text("purchases")
    expect(page.locator("#aliases")).to_contain_text("orders")
    assert tags_of(session, "plugin_1") == ["returns", "purchases", "x"]
    page.locator("#toasts").get_by_role("button", name="Undo").click()
    expect(page.locator("#toasts")).to_contain_text(
        "Undid: Renamed tag orders to purchases, 3 plugins, 1 tag"
    )
    expect(page.get_by_role("heading", level=1)).to_have_text("orders")
    assert tags_of(session, "plugin_1") == ["returns", "orders", "x"]
    assert aliases(session, bob) == {"letters": "x"}


def test_the_key_that_edits_a_row_renames_a_tag(page: Page, bob: Person, signed_in: SignIn) -> None:
    signed_in(page, bob)
    page.goto("/tags/")
    page.keyboard.press("j")
    page.keyboard.press("e")
    expect(page.get_by_role("heading", level=1)).to_have_text("Rename tag orders")


def test_one_alias_after_the_other_is_written_without_a_pointer(
    either_page: Page, bob: Person, session: Session, signed_in: SignIn
) -> None:
    page = either_page
    signed_in(page, bob)
    page.goto(f"/tags/{tag_locator(tag_id(session, bob, 'orders'))}/")
    page.locator("#name").fill("purchases")
    page.locator("#name").press("Enter")
    expect(page.locator("#toasts")).to_contain_text("purchases is an alias of orders now")
    expect(page.locator("#name")).to_be_focused()
    page.keyboard.type("buys")
    page.keyboard.press("Enter")
    expect(page.locator("#toasts")).to_contain_text("buys is an alias of orders now")
    page.get_by_role("button", name="Remove alias buys").click()
    expect(page.locator("#aliases")).to_be_focused()
    assert aliases(session, bob) == {"letters": "x", "purchases": "orders"}


def test_tags_that_look_alike_are_merged(
    either_page: Page, bob: Person, session: Session, signed_in: SignIn
) -> None:
    page = either_page
    signed_in(page, bob)
    page.goto("/tags/?show=alike")
    page.get_by_role("link", name="Merge into return").click()
    expect(page.locator("#scale")).to_contain_text("1 plugin")
    page.get_by_role("button", name="Merge 1 tag into return").click()
    expect(page.get_by_role("heading", level=1)).to_have_text("return")
    assert tags_of(session, "plugin_1") == ["return", "orders", "x"]
    assert aliases(session, bob) == {"letters": "x", "returns": "return"}


def test_the_preview_follows_the_choice(page: Page, bob: Person, signed_in: SignIn) -> None:
    signed_in(page, bob)
    page.goto("/tags/")
    page.get_by_label("Select orders").check()
    page.get_by_label("Select x", exact=True).check()
    page.get_by_role("button", name="Merge selected tags").click()
    expect(page.locator("#choose-first")).to_be_visible()
    check_everywhere(page)
    page.get_by_label("orders", exact=False).check()
    expect(page.get_by_role("button", name="Merge 1 tag into orders")).to_be_visible()
    expect(page).to_have_url(re.compile(r"&into=tag-"))
    check_everywhere(page)
    page.locator("#other").fill("returns")
    page.locator("#other").press("Enter")
    expect(page.get_by_role("button", name="Merge 2 tags into returns")).to_be_visible()


def test_a_search_runs_while_typing(page: Page, bob: Person, signed_in: SignIn) -> None:
    signed_in(page, bob)
    page.goto("/tags/")
    page.locator("#q").press_sequentially("letter", delay=30)
    expect(page.locator("#rows tr")).to_have_count(1)
    expect(page.locator("#count")).to_have_text("1 of 4 tags")
    expect(page).to_have_url(re.compile(r"/tags/\?q=letter$"))
    page.locator("#clear").click()
    expect(page.locator("#rows tr")).to_have_count(4)
    page.locator("#view-cloud").click()
    expect(page.locator(".cloud a")).to_have_count(4)
    page.go_back()
    expect(page.locator("#rows tr")).to_have_count(4)


def test_the_pages_of_a_tag_break_no_rule(
    page: Page, bob: Person, session: Session, signed_in: SignIn
) -> None:
    signed_in(page, bob)
    tag = f"/tags/{tag_locator(tag_id(session, bob, 'x'))}/"
    for path in (tag, f"{tag}rename", "/tags/?show=alike", "/tags/?view=cloud"):
        page.goto(path)
        check_everywhere(page)
