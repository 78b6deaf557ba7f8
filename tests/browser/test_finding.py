"""Finding and walking in a real browser: stars, annotations, neighbours in the list, what others made meanwhile."""

from __future__ import annotations

import re

import pytest
from playwright.sync_api import Page, expect
from sqlalchemy.orm import Session

from tests import factories
from tests.browser.conftest import MakePage, SignIn, check_everywhere
from tests.factories import Person, plugin_values


@pytest.fixture
def ann(session: Session) -> Person:
    """Return somebody with four plugins."""
    person = factories.person()
    for name, tags, team in (
        ("alpha", ("odd",), "growth"),
        ("bravo", (), "sales"),
        ("carol", ("odd",), "growth"),
        ("delta", ("odd",), "sales"),
    ):
        factories.plugin(person, plugin_values(name, tags=tags, annotations=({"team": team},)))
    return person


def test_a_star_is_given_where_one_stands_and_filters_the_list(
    either_page: Page, ann: Person, signed_in: SignIn, scripted: bool
) -> None:
    page = either_page
    signed_in(page, ann)
    page.goto("/plugins/?sort=name")
    star = page.get_by_role("button", name="Star bravo")
    star.focus()
    page.keyboard.press("Enter")
    expect(star).to_have_attribute("aria-pressed", "true")
    expect(star).to_be_focused()
    expect(page).to_have_url(re.compile(r"sort=name" if scripted else r"sort=name#row-\d+-star$"))
    expect(page.locator("#f-starred-yes .num")).to_have_text("1")
    page.locator("#f-starred-yes").click()
    expect(page.locator("#rows tr")).to_have_count(1)
    page.go_back()
    expect(page.locator("#rows tr")).to_have_count(4)
    expect(page.get_by_role("button", name="Star bravo")).to_have_attribute("aria-pressed", "true")
    page.locator("a.name", has_text="bravo").click()
    star = page.locator("#star")
    expect(star).to_have_attribute("aria-pressed", "true")
    star.click()
    expect(page.locator("#star")).to_have_attribute("aria-pressed", "false")
    if scripted:  # Without, the star was a page of its own.
        page.go_back()
        expect(page.locator("#rows")).to_be_visible()


def test_an_annotation_is_added_by_the_form_and_taken_off_by_its_chip(
    either_page: Page, ann: Person, signed_in: SignIn, scripted: bool
) -> None:
    page = either_page
    signed_in(page, ann)
    page.goto("/plugins/?tag=odd")
    page.get_by_label("Key of an annotation").fill("team")
    if scripted:
        expect(page.locator("#annotation-keys option[value=team]")).to_have_count(1)
    page.get_by_label("Value, or nothing for any").fill("growth")
    page.get_by_role("button", name="Add", exact=True).click()
    expect(page.locator("#rows tr")).to_have_count(2)
    expect(page).to_have_url(re.compile(r"/plugins/\?tag=odd&annotation=team%3Agrowth$"))
    page.get_by_role("link", name="Remove filter Annotation team: growth").click()
    expect(page.locator("#rows tr")).to_have_count(3)
    page.go_back()
    expect(page.locator("#rows tr")).to_have_count(2)
    page.go_forward()
    expect(page.locator("#rows tr")).to_have_count(3)


def test_a_list_is_walked_record_by_record_and_left_where_it_was(
    either_page: Page, ann: Person, signed_in: SignIn
) -> None:
    page = either_page
    signed_in(page, ann)
    page.goto("/plugins/?tag=odd&sort=name")
    page.locator("a.name", has_text="alpha").click()
    expect(page.get_by_role("heading", level=1)).to_have_text("alpha")
    expect(page.get_by_role("link", name="Previous")).to_have_attribute("aria-disabled", "true")
    page.get_by_role("link", name=re.compile("^Next ?: carol")).click()
    expect(page.get_by_role("heading", level=1)).to_have_text("carol")
    page.locator("nav.tabs a", has_text="Manifest").click()
    expect(page.locator("#manifest")).to_be_visible()
    page.get_by_role("link", name=re.compile("^Next ?: delta")).click()
    expect(page.get_by_role("heading", level=1)).to_have_text("delta")
    page.go_back()
    expect(page.locator("#manifest")).to_be_visible()
    page.go_forward()
    expect(page.get_by_role("heading", level=1)).to_have_text("delta")
    page.get_by_role("link", name="Back to the list").click()
    expect(page).to_have_url(re.compile(r"/plugins/\?tag=odd&sort=name#row-\d+-open$"))
    expect(page.locator("a.name", has_text="delta")).to_be_focused()


def test_an_edit_in_place_keeps_the_list(page: Page, ann: Person, signed_in: SignIn) -> None:
    signed_in(page, ann)
    page.goto("/plugins/?sort=name")
    page.locator("a.name", has_text="bravo").click()
    page.locator("#record-version-edit").click()
    page.locator(".cell-form input[name=version]").fill("3.0.0")
    page.keyboard.press("Enter")
    expect(page.locator("#record-head .ver")).to_have_text("3.0.0")
    expect(page.get_by_role("link", name=re.compile("^Next ?: carol"))).to_be_visible()
    page.get_by_role("link", name=re.compile("^Next ?: carol")).click()
    expect(page.get_by_role("heading", level=1)).to_have_text("carol")


def test_what_others_make_is_said_and_the_rows_stay(
    page: Page, ann: Person, session: Session, signed_in: SignIn
) -> None:
    signed_in(page, ann)
    page.clock.install()
    page.goto("/plugins/")
    expect(page.locator("#rows tr")).to_have_count(4)
    bob = factories.person("bob", of=ann.account)
    factories.plugin(bob, plugin_values("echo"))
    page.clock.fast_forward(31_000)
    bar = page.locator("#news")
    expect(bar).to_contain_text("1 new since you opened this")
    expect(page.locator("#rows tr")).to_have_count(4)
    before = page.evaluate("history.length")
    bar.get_by_role("link", name="Show").click()
    expect(page.locator("#rows tr")).to_have_count(5)
    expect(page.locator("#news")).to_be_hidden()
    assert page.evaluate("history.length") == before, "it is the same list"


def test_without_javascript_nothing_is_said(make_page: MakePage, ann: Person, signed_in: SignIn) -> None:
    page = make_page(java_script_enabled=False)
    signed_in(page, ann)
    page.goto("/plugins/")
    expect(page.locator("#news")).to_be_hidden()


def test_everybody_can_use_the_filters(page: Page, ann: Person, signed_in: SignIn) -> None:
    signed_in(page, ann)
    page.goto("/plugins/?annotation=team%3Agrowth&sort=name")
    page.get_by_role("button", name="Star alpha").click()
    expect(page.get_by_role("button", name="Star alpha")).to_have_attribute("aria-pressed", "true")
    check_everywhere(page)
    page.locator("a.name", has_text="alpha").click()
    expect(page.locator("#record-next")).to_be_visible()
    check_everywhere(page)
