"""The main job from beginning to end without a pointer: sign in, find, open, edit, save, upload, share."""

from __future__ import annotations

import re

from playwright.sync_api import Locator, Page, expect
from sqlalchemy.orm import Session

from tests import factories
from tests.browser.conftest import MakePage
from webapp.plugins.manifest import export_yaml


def tab_into(page: Page, control: Locator, presses: int = 90) -> None:
    """Press Tab until the focus is on a control, as somebody without a pointer does."""
    for _ in range(presses):
        if control.evaluate("element => element.matches(':focus')"):
            return
        page.keyboard.press("Tab")
    raise AssertionError(f"{control} is not reached by {presses} presses of Tab on {page.url}")


def test_the_whole_job_by_keyboard(make_page: MakePage, session: Session) -> None:
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
    page.keyboard.press("Tab")
    expect(page.get_by_role("link", name="Skip to content")).to_be_focused()
    page.keyboard.press("Enter")
    tab_into(page, page.get_by_label("Description", exact=True))
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
    page.evaluate("text => navigator.clipboard.writeText(text)", export_yaml(saved))
    tab_into(page, page.get_by_label("Paste YAML or JSON"))
    page.keyboard.press("Control+v")
    page.keyboard.press("Escape")  # Tab is a key of the editor until Escape gives it back.
    tab_into(page, page.get_by_role("button", name="Check only").last)
    page.keyboard.press("Enter")
    page.get_by_role("heading", name="Plan for 1 document").wait_for()
    tab_into(page, page.get_by_role("button", name="Apply 1 change"))
    page.keyboard.press("Enter")
    page.get_by_role("heading", name="1 document applied").wait_for()
    assert "winter_specials" in page.locator("#main").inner_text()

    # Whoever gets the link finds the record.
    page.goto(shared)
    expect(page.locator("h1")).to_have_text("store_stock")
