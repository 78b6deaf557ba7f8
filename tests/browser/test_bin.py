"""Deleting, Undo and the bin, with and without script."""

from __future__ import annotations

import re
from dataclasses import replace

import pytest
from playwright.sync_api import Page, expect
from sqlalchemy.orm import Session

from tests import factories
from tests.browser.conftest import SignIn, check_accessibility, check_everywhere
from tests.factories import Person, viewer_of
from webapp.plugins import service
from webapp.plugins.service import Saved

BASE = factories.plugin_values("gobstopper")


@pytest.fixture
def owner(session: Session) -> Person:
    """Return the owner of the record."""
    return factories.person()


@pytest.fixture
def saved(owner: Person) -> Saved:
    """Return a record."""
    return factories.plugin(owner, BASE)


def choose(page: Page, action: str) -> None:
    """Choose an entry of the menu of a record."""
    page.get_by_label("More actions").click()
    page.locator("details.menu[open]").get_by_text(action, exact=True).click()


def restore_button(page: Page, name: str) -> None:
    page.get_by_role("button", name=f"Restore {name}").click()


def test_delete_and_undo(either_page: Page, owner: Person, saved: Saved, signed_in: SignIn) -> None:
    page = either_page
    signed_in(page, owner)
    page.goto(f"/plugins/{saved.locator}/")
    choose(page, "Delete")
    expect(page).to_have_url(re.compile(r"/plugins/$"))
    toast = page.locator("#toasts .toast")
    expect(toast).to_contain_text("gobstopper moved to the bin")
    expect(page.get_by_text("This account has no plugins yet")).to_be_visible()
    toast.get_by_role("button", name="Undo").click()
    expect(page).to_have_url(re.compile(rf"/plugins/{saved.locator}/$"))
    expect(page.get_by_role("heading", level=1)).to_have_text("gobstopper")
    expect(page.locator("#toasts .toast")).to_contain_text("gobstopper is restored")
    page.goto("/plugins/")
    expect(page.locator("#rows")).to_contain_text("gobstopper")


def test_restore_from_the_bin(either_page: Page, owner: Person, saved: Saved, signed_in: SignIn) -> None:
    page = either_page
    signed_in(page, owner)
    service.delete_plugin(viewer_of(owner), saved.id, 1)
    page.goto("/plugins/")
    page.get_by_role("link", name="Bin", exact=True).click()
    expect(page.get_by_role("heading", level=1)).to_have_text("Bin")
    restore_button(page, "gobstopper")
    expect(page.get_by_text("The bin is empty")).to_be_visible()
    page.locator("#toasts .toast").get_by_role("link", name="Open").click()
    expect(page.get_by_role("heading", level=1)).to_have_text("gobstopper")


def test_the_share_link_of_a_deleted_plugin_leads_to_the_bin_and_back(
    either_page: Page, owner: Person, saved: Saved, signed_in: SignIn
) -> None:
    page = either_page
    signed_in(page, owner)
    service.delete_plugin(viewer_of(owner), saved.id, 1)
    page.goto(f"/r/{saved.locator}")
    expect(page.get_by_role("main")).to_contain_text("In the bin")
    expect(page.get_by_role("main")).to_contain_text("You answer questions about sweets.")
    page.get_by_role("button", name="Restore plugin").click()
    expect(page.get_by_role("link", name="Edit", exact=True)).to_be_visible()


def test_a_taken_name_is_offered_a_free_one(
    either_page: Page, owner: Person, saved: Saved, signed_in: SignIn
) -> None:
    page = either_page
    signed_in(page, owner)
    service.delete_plugin(viewer_of(owner), saved.id, 1)
    factories.plugin(owner, BASE)
    page.goto("/plugins/bin")
    restore_button(page, "gobstopper")
    field = page.get_by_label("Name", exact=True)
    expect(field).to_have_value("gobstopper_restored")
    field.fill("Old Gobstopper")
    page.get_by_role("button", name="Restore plugin").click()
    page.get_by_role("button", name="Use old_gobstopper").click()
    expect(page.get_by_label("Name", exact=True)).to_have_value("old_gobstopper")
    page.get_by_role("button", name="Restore plugin").click()
    expect(page).to_have_url(re.compile(r"/plugins/bin$"))
    expect(page.locator("#toasts .toast")).to_contain_text("old_gobstopper is restored")


def test_what_was_changed_meanwhile_is_deleted_only_after_another_look(
    either_page: Page, owner: Person, saved: Saved, signed_in: SignIn
) -> None:
    page = either_page
    signed_in(page, owner)
    page.goto(f"/plugins/{saved.locator}/")
    staff = factories.person(role="staff", of=owner.account)
    service.update_plugin(viewer_of(staff), saved.id, 1, replace(BASE, version="2.0.0"))
    choose(page, "Delete")
    expect(page.get_by_role("main")).to_contain_text("changed the version")
    page.get_by_role("button", name="Delete anyway").click()
    expect(page.locator("#toasts .toast")).to_contain_text("moved to the bin")


def test_an_editor_that_was_open_goes_on_after_restoring(
    either_page: Page, owner: Person, saved: Saved, signed_in: SignIn
) -> None:
    page = either_page
    signed_in(page, owner)
    page.goto(f"/plugins/{saved.locator}/edit")
    service.delete_plugin(viewer_of(owner), saved.id, 1)
    page.get_by_label("Description", exact=True).first.fill("Typed while it was deleted.")
    page.get_by_role("button", name="Save changes").click()
    expect(page.get_by_role("heading", level=1)).to_have_text("gobstopper is in the bin")
    page.get_by_role("button", name="Restore and go on").click()
    expect(page.get_by_label("Description", exact=True).first).to_have_value("Typed while it was deleted.")
    page.get_by_role("button", name="Save changes").click()
    expect(page.get_by_role("main")).to_contain_text("Typed while it was deleted.")
    expect(page.get_by_role("heading", level=1)).to_have_text("gobstopper")


def test_the_menu_works_by_keyboard(page: Page, owner: Person, saved: Saved, signed_in: SignIn) -> None:
    signed_in(page, owner)
    page.goto(f"/plugins/{saved.locator}/")
    summary = page.get_by_label("More actions")
    summary.focus()
    page.keyboard.press("Enter")
    expect(page.get_by_role("button", name="Clone")).to_be_visible()
    check_accessibility(page)
    page.keyboard.press("Escape")
    expect(page.get_by_role("button", name="Clone")).to_be_hidden()
    expect(summary).to_be_focused()
    page.keyboard.press("Enter")
    for _ in range(4):
        page.keyboard.press("Tab")
    expect(page.get_by_role("button", name="Delete")).to_be_focused()
    page.keyboard.press("Enter")
    expect(page.locator("#toasts .toast")).to_contain_text("moved to the bin")


def test_the_pages_of_the_bin_are_accessible(
    page: Page, owner: Person, saved: Saved, signed_in: SignIn
) -> None:
    root = factories.person(role="superuser", of=owner.account)
    signed_in(page, owner)
    page.goto("/plugins/bin")
    check_everywhere(page)
    service.delete_plugin(viewer_of(owner), saved.id, 1)
    long = factories.plugin(owner, name="a" * 40 + "_" + "b" * 23)
    service.delete_plugin(viewer_of(owner), long.id, 1)
    for address in ("/plugins/bin", f"/plugins/{saved.locator}/"):
        page.goto(address)
        check_everywhere(page)
    factories.plugin(owner, BASE)
    page.goto("/plugins/bin")
    restore_button(page, "gobstopper")
    expect(page.get_by_role("alert").first).to_be_visible()
    check_everywhere(page)
    page.context.clear_cookies()
    signed_in(page, root)
    page.goto("/plugins/bin")
    check_everywhere(page)


def test_the_pages_about_what_came_between_are_accessible(
    page: Page, owner: Person, saved: Saved, signed_in: SignIn
) -> None:
    signed_in(page, owner)
    page.goto(f"/plugins/{saved.locator}/")
    changed = replace(BASE, version="2.0.0", description="Another description. " * 20)
    service.update_plugin(viewer_of(owner), saved.id, 1, changed)
    choose(page, "Delete")
    expect(page.get_by_role("button", name="Delete anyway")).to_be_visible()
    check_everywhere(page)
    page.goto(f"/plugins/{saved.locator}/edit")
    service.delete_plugin(viewer_of(owner), saved.id, 2)
    page.get_by_role("button", name="Save changes").click()
    expect(page.get_by_role("button", name="Restore and go on")).to_be_visible()
    check_everywhere(page)
