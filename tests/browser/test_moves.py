"""Clone, rename and change of owner, with and without script."""

from __future__ import annotations

import re

import pytest
from playwright.sync_api import Page, expect
from sqlalchemy.orm import Session

from tests import factories
from tests.browser.conftest import SignIn, check_everywhere
from tests.browser.test_bin import choose
from tests.factories import Person, viewer_of
from webapp.plugins import service
from webapp.plugins.service import Saved


@pytest.fixture
def owner(session: Session) -> Person:
    """Return the owner of the record."""
    return factories.person()


@pytest.fixture
def colleague(owner: Person) -> Person:
    """Return somebody of the same account."""
    return factories.person(of=owner.account)


@pytest.fixture
def saved(owner: Person) -> Saved:
    """Return a record."""
    return factories.plugin(owner, name="gobstopper")


def test_clone_and_undo(either_page: Page, owner: Person, saved: Saved, signed_in: SignIn) -> None:
    page = either_page
    signed_in(page, owner)
    page.goto(f"/plugins/{saved.locator}/")
    choose(page, "Clone")
    expect(page.get_by_role("heading", level=1)).to_have_text("gobstopper_copy")
    toast = page.locator("#toasts .toast")
    expect(toast).to_contain_text("gobstopper_copy is a copy of gobstopper")
    toast.get_by_role("button", name="Undo").click()
    expect(page.get_by_role("heading", level=1)).to_have_text("gobstopper")
    expect(page.locator("#toasts .toast")).to_contain_text("gobstopper_copy moved to the bin")


def test_a_clone_is_renamed_from_its_toast(
    either_page: Page, owner: Person, saved: Saved, signed_in: SignIn
) -> None:
    page = either_page
    signed_in(page, owner)
    page.goto(f"/plugins/{saved.locator}/")
    choose(page, "Clone")
    page.locator("#toasts .toast").get_by_role("link", name="Rename").click()
    field = page.get_by_label("Name", exact=True)
    expect(field).to_have_value("gobstopper_copy")
    field.fill("Everlasting Gobstopper")
    page.get_by_role("button", name="Rename plugin").click()
    page.get_by_role("button", name="Use everlasting_gobstopper").click()
    expect(page.get_by_label("Name", exact=True)).to_have_value("everlasting_gobstopper")
    page.get_by_role("button", name="Rename plugin").click()
    expect(page.get_by_role("heading", level=1)).to_have_text("everlasting_gobstopper")
    page.locator("#toasts .toast").get_by_role("button", name="Undo").click()
    expect(page.get_by_role("heading", level=1)).to_have_text("gobstopper_copy")


def test_the_name_is_checked_while_it_is_typed(
    page: Page, owner: Person, saved: Saved, signed_in: SignIn
) -> None:
    factories.plugin(owner, name="sherbet")
    signed_in(page, owner)
    page.goto(f"/plugins/{saved.locator}/rename")
    field = page.get_by_label("Name", exact=True)
    field.fill("sherbet")
    field.press("Tab")
    expect(page.get_by_text("This account already has a plugin of this name.")).to_be_visible()
    field.fill("Sherbet Lemon")
    field.press("Tab")
    page.get_by_role("button", name="Use sherbet_lemon").click()
    expect(field).to_have_value("sherbet_lemon")
    expect(field).to_be_focused()
    field.press("Enter")
    expect(page.get_by_role("heading", level=1)).to_have_text("sherbet_lemon")


def test_hand_over_and_take_back(
    either_page: Page, owner: Person, colleague: Person, saved: Saved, signed_in: SignIn
) -> None:
    page = either_page
    signed_in(page, owner)
    page.goto(f"/plugins/{saved.locator}/")
    choose(page, "Change owner")
    page.get_by_label("New owner").select_option(colleague.username)
    page.get_by_role("button", name="Change owner").click()
    expect(page).to_have_url(re.compile(rf"/plugins/{saved.locator}/$"))
    toast = page.locator("#toasts .toast")
    expect(toast).to_contain_text(f"gobstopper now belongs to {colleague.username.title()}")
    expect(page.get_by_role("link", name="Edit", exact=True)).to_have_count(0)
    toast.get_by_role("button", name="Undo").click()
    expect(page.get_by_role("link", name="Edit", exact=True)).to_be_visible()


def test_the_pages_are_accessible(
    page: Page, owner: Person, colleague: Person, saved: Saved, signed_in: SignIn
) -> None:
    signed_in(page, owner)
    for part in ("rename", "owner"):
        page.goto(f"/plugins/{saved.locator}/{part}")
        check_everywhere(page)
    page.goto(f"/plugins/{saved.locator}/rename")
    service.rename_plugin(viewer_of(owner), saved.id, 1, "everlasting_gobstopper")
    page.get_by_label("Name", exact=True).fill("sherbet")
    page.get_by_role("button", name="Rename plugin").click()
    expect(page.get_by_text("was changed after you opened this page")).to_be_visible()
    check_everywhere(page)
    page.goto(f"/plugins/{saved.locator}/owner")
    page.get_by_role("button", name="Change owner").click()
    expect(page.locator("#problems")).to_be_visible()
    check_everywhere(page)


def test_an_account_of_one_says_that_there_is_nobody_else(
    page: Page, owner: Person, saved: Saved, signed_in: SignIn
) -> None:
    signed_in(page, owner)
    page.goto(f"/plugins/{saved.locator}/owner")
    expect(page.get_by_role("main")).to_contain_text("Nobody else to hand it to")
    check_everywhere(page)
