"""The main job from beginning to end without a pointer: sign in, find, open, edit, save, upload, share."""

from __future__ import annotations

import re

from playwright.sync_api import Page, expect
from sqlalchemy.orm import Session

from tests import factories
from tests.browser.conftest import MakePage, Site


def tab_to(page: Page, name: str, presses: int = 60) -> None:
    """Press Tab until the focus is on the control or link of this name, as somebody without a pointer does."""
    for _ in range(presses):
        page.keyboard.press("Tab")
        focused = page.locator(":focus")
        if focused.count() and name in (focused.get_attribute("aria-label") or focused.text_content() or ""):
            return
    raise AssertionError(f"{name} is not reached by {presses} presses of Tab on {page.url}")


def test_the_whole_job_by_keyboard(make_page: MakePage, session: Session, site: Site) -> None:
    ann = factories.person()
    for name in ("store_hours", "store_stock", "gift_box"):
        factories.plugin(ann, factories.plugin_values(name))
    page = make_page(permissions=["clipboard-read", "clipboard-write"])

    # Sign in.
    page.goto("/login")
    expect(page.get_by_label("Username")).to_be_focused()
    page.keyboard.type(ann.username)
    page.keyboard.press("Tab")
    page.keyboard.type(ann.password)
    page.keyboard.press("Enter")
    page.get_by_role("heading", name="Plugins", level=1).wait_for()

    # Find and open: once through the list, once through the palette.
    page.keyboard.press("/")
    page.keyboard.type("stock")
    expect(page.locator("#rows tr")).to_have_count(1)
    page.keyboard.press("Escape")
    page.keyboard.press("Escape")
    expect(page.locator("#rows tr")).to_have_count(3)
    page.keyboard.press("j")
    page.keyboard.press("Enter")
    page.locator("h1.mono").wait_for()
    page.keyboard.press("Control+k")
    page.keyboard.type("stock")
    page.locator(".pal-answer[data-q=stock]").wait_for()
    page.keyboard.press("Enter")
    page.get_by_role("heading", name="store_stock", level=1).wait_for()

    # Edit and save.
    page.keyboard.press("e")
    page.get_by_role("heading", name="Edit plugin").wait_for()
    tab_to(page, "Skip to content", 1)
    page.keyboard.press("Enter")
    while page.locator(":focus").get_attribute("id") != "description":
        page.keyboard.press("Tab")
    page.keyboard.press("Control+a")
    page.keyboard.type("How much of everything is left.")
    page.keyboard.press("Control+s")
    page.get_by_role("heading", name="store_stock", level=1).wait_for()
    expect(page.locator("#main")).to_contain_text("How much of everything is left.")

    # Share.
    page.keyboard.press("c")
    expect(page.locator("#live")).to_have_text("Copied")
    shared = page.evaluate("navigator.clipboard.readText()")
    assert re.search(r"/r/pluginmeta-\w+$", shared)

    # Upload what another one exports.
    page.keyboard.press("g")
    page.keyboard.press("m")
    page.get_by_role("heading", name="Manifests", level=1).wait_for()
    saved = factories.plugin_values("winter_specials")
    from webapp.plugins.manifest import export_yaml

    page.evaluate("text => navigator.clipboard.writeText(text)", export_yaml(saved))
    while page.locator(":focus").get_attribute("name") != "text":
        page.keyboard.press("Tab")
    page.keyboard.press("Control+v")
    tab_to(page, "Check only")
    page.keyboard.press("Enter")
    page.get_by_text("Plan for").first.wait_for()
    tab_to(page, "Apply 1")
    page.keyboard.press("Enter")
    page.get_by_text("winter_specials").first.wait_for()
    page.goto(shared)
    expect(page.locator("h1")).to_have_text("store_stock")
