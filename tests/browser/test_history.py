"""History in the browser: timeline, comparison, restoring, Undo, and the feed that tells of all of it."""

from __future__ import annotations

import re
from dataclasses import replace

import pytest
from playwright.sync_api import Page, expect
from sqlalchemy.orm import Session

from tests import factories
from tests.browser.conftest import SignIn, Site, check_everywhere
from tests.factories import Person, plugin_values, viewer_of
from webapp.history.queries import unit_key
from webapp.manifests import service as manifests
from webapp.manifests.sources import Source
from webapp.plugins import service
from webapp.plugins.manifest import export_yaml
from webapp.plugins.service import Saved

BASE = plugin_values("gobstopper", description="Sweets of the shop.", version="1.0.0")


@pytest.fixture
def owner(session: Session) -> Person:
    """Return the owner of the record."""
    return factories.person()


@pytest.fixture
def saved(owner: Person) -> Saved:
    """Return a record with three revisions."""
    made = factories.plugin(owner, BASE)
    longer = replace(BASE, description="Sweets of the whole shop.", tags=("sweets", "shop", "new"))
    service.update_plugin(replace(viewer_of(owner), reason="Asked for"), made.id, 1, longer)
    return service.update_plugin(viewer_of(owner), made.id, 2, replace(longer, version="1.1.0"))


def apply_two(site: Site, owner: Person) -> str:
    """Apply two manifests as one act and return its address."""
    viewer = viewer_of(owner, origin="manifest")
    registry = site.app.extensions["manifest_kinds"]
    text = "---\n".join(export_yaml(plugin_values(name)) for name in ("hair_toffee", "lickable_wallpaper"))
    plan = manifests.plan(viewer, [Source("two.yaml", "# both\n" + text)], registry)
    applied = manifests.apply(viewer, plan, registry)
    assert applied.unit_id
    return f"/activity/{unit_key(applied.unit_id)}"


def test_timeline_compare_restore_and_undo(
    either_page: Page, owner: Person, saved: Saved, signed_in: SignIn
) -> None:
    page = either_page
    signed_in(page, owner)
    page.goto(f"/plugins/{saved.locator}/")
    page.get_by_role("navigation", name="Record").get_by_role("link", name="History").click()
    lines = page.get_by_role("list", name="Revisions").get_by_role("listitem")
    expect(lines).to_have_count(3)
    expect(page.get_by_role("heading", name="r2 to r3")).to_be_visible()
    lines.nth(1).get_by_role("link").click()
    expect(page).to_have_url(re.compile(r"history\?revision=2$"))
    compared = page.get_by_role("table", name="Fields that changed")
    expect(compared.locator("ins")).to_have_text(["whole ", "new"])
    page.get_by_role("link", name="Any two").click()
    page.get_by_label("From revision 1").check()
    page.get_by_label("To revision 3").check()
    page.get_by_role("button", name="Compare").click()
    expect(page.get_by_role("heading", name="r1 to r3")).to_be_visible()
    expect(compared.locator("tr")).to_have_count(3)
    page.get_by_label("Reason for restoring revision 1 (optional)").fill("Too long")
    page.get_by_role("button", name="Restore revision 1", exact=True).click()
    expect(page.locator("#toasts .toast")).to_contain_text("is as it was in revision 1 again")
    expect(lines.first).to_contain_text("Too long")
    page.locator("#toasts .toast").get_by_role("button", name="Undo").click()
    expect(page.locator("#toasts .toast")).to_contain_text("gobstopper is as it was before")
    expect(lines).to_have_count(5)


def test_one_field_is_restored(page: Page, owner: Person, saved: Saved, signed_in: SignIn) -> None:
    signed_in(page, owner)
    page.goto(f"/plugins/{saved.locator}/history?from=1&to=3")
    page.get_by_role("button", name="Restore Description of revision 1").click()
    expect(page.locator("#toasts .toast")).to_contain_text(
        "gobstopper has the description of revision 1 again"
    )
    page.goto(f"/plugins/{saved.locator}/")
    expect(page.get_by_role("main")).to_contain_text("Sweets of the shop.")
    expect(page.locator(".head .ver")).to_have_text("1.1.0")


def test_the_views_of_a_revision_are_links(
    page: Page, owner: Person, saved: Saved, signed_in: SignIn
) -> None:
    signed_in(page, owner)
    page.goto(f"/plugins/{saved.locator}/history?revision=1")
    page.get_by_role("link", name="As it was").click()
    expect(page.get_by_role("region", name="Revision", exact=True)).to_contain_text("Sweets of the shop.")
    page.get_by_role("link", name="Manifest", exact=True).last.click()
    expect(page.locator("#manifest")).to_contain_text("version: 1.0.0")
    expect(page).to_have_url(re.compile(r"revision=1&view=manifest$"))
    page.go_back()
    expect(page.get_by_role("region", name="Revision", exact=True)).to_contain_text("Sweets of the shop.")


def test_a_save_is_undone_from_its_toast(
    either_page: Page, owner: Person, saved: Saved, signed_in: SignIn
) -> None:
    page = either_page
    signed_in(page, owner)
    page.goto(f"/plugins/{saved.locator}/edit")
    page.get_by_label("Description", exact=True).fill("Edited.")
    page.get_by_label("Reason (optional)").fill("A try")
    page.get_by_role("button", name="Save changes").last.click()
    toast = page.locator("#toasts .toast")
    expect(toast).to_contain_text("Saved 1.1.0")
    toast.get_by_role("button", name="Undo").click()
    expect(page.get_by_role("main")).to_contain_text("Sweets of the whole shop.")
    expect(toast.get_by_role("button", name="Redo")).to_be_visible()


def test_an_act_opens_in_the_feed_and_is_undone(
    site: Site, page: Page, owner: Person, signed_in: SignIn
) -> None:
    apply_two(site, owner)
    signed_in(page, owner)
    page.goto("/activity/")
    feed = page.get_by_role("list", name="What was done")
    feed.locator("summary", has_text="Applied two.yaml").click()
    expect(feed.locator(".wrote > li")).to_have_count(2)
    feed.get_by_role("button", name="Undo all of it").click()
    expect(page.locator("#toasts .toast")).to_contain_text("Undid: Applied two.yaml, 2 plugins")
    expect(page.get_by_role("heading", level=1)).to_have_text("Undid: Applied two.yaml")
    page.locator("#toasts .toast").get_by_role("button", name="Redo").click()
    expect(page.get_by_role("heading", level=1)).to_have_text("Redid: Applied two.yaml")


def test_the_feed_is_filtered_without_leaving_the_page(
    either_page: Page, owner: Person, saved: Saved, signed_in: SignIn
) -> None:
    page = either_page
    signed_in(page, owner)
    page.goto("/activity/")
    expect(page.locator(".feed > li")).to_have_count(3)
    page.get_by_role("complementary", name="Filters").get_by_role("link", name="Created").click()
    expect(page).to_have_url(re.compile(r"/activity/\?action=create$"))
    expect(page.locator(".feed > li")).to_have_count(1)
    page.get_by_role("link", name="Clear filters").click()
    expect(page.locator(".feed > li")).to_have_count(3)


def test_pages_of_history_are_accessible(
    site: Site, page: Page, owner: Person, saved: Saved, signed_in: SignIn
) -> None:
    act = apply_two(site, owner)
    signed_in(page, owner)
    history = f"/plugins/{saved.locator}/history"
    for path in (history, f"{history}?compare=two", f"{history}?revision=1&view=record", "/activity/", act):
        page.goto(path)
        check_everywhere(page)
