"""What somebody has typed into a long form outlives the tab that it was typed in."""

from __future__ import annotations

import contextlib
import re
from collections.abc import Callable

import pytest
from playwright.sync_api import Error, Page, expect
from sqlalchemy.orm import Session

from tests import factories
from tests.browser.conftest import MakePage, SignIn, check_everywhere
from webapp.plugins import service

KEPT = re.compile("Draft kept")


def kept(page: Page, type_it: Callable[[], None]) -> None:
    """Type, and wait until the server has it."""
    with page.expect_response(lambda answer: "/account/drafts?" in answer.url) as answer:
        type_it()
    assert answer.value.status == 204


def crash(page: Page) -> None:
    """Kill the process of the tab: no handler of the page runs."""
    with contextlib.suppress(Error):  # The driver says in several ways that the page is gone.
        page.goto("chrome://crash", timeout=2_000)
    page.close()


@pytest.fixture
def windows(make_page: MakePage, signed_in: SignIn) -> Callable[[], Page]:
    """Return a function that opens further tabs of one browser."""
    return make_page().context.new_page


def test_the_form_of_a_plugin_comes_back_after_a_crash_and_goes_when_it_is_saved(
    windows: Callable[[], Page], session: Session, signed_in: SignIn
) -> None:
    owner = factories.person()
    saved = factories.plugin(owner, name="sweets")
    tab = windows()
    signed_in(tab, owner)
    tab.goto(f"/plugins/{saved.locator}/edit")
    description = tab.get_by_label("Description", exact=True).first
    kept(tab, lambda: description.fill("Typed before the crash."))
    expect(tab.locator("[data-draft-kept]").first).to_have_text(KEPT)
    crash(tab)

    # Somebody else changes another field meanwhile: the draft is based on the revision that was open.
    viewer = factories.viewer_of(owner)
    service.update_plugin(
        viewer, saved.id, saved.revision, factories.plugin_values("sweets", version="9.0.0")
    )
    tab = windows()
    tab.goto(f"/plugins/{saved.locator}/edit")
    offer = tab.locator("#draft-offer")
    expect(offer).to_contain_text("You have an unsaved draft, kept just now. It changes Description.")
    check_everywhere(tab)
    offer.get_by_role("link", name="Restore draft").click()
    expect(tab.get_by_text("This is what you had typed before.")).to_be_visible()
    expect(tab.get_by_label("Description", exact=True).first).to_have_value("Typed before the crash.")
    tab.get_by_role("button", name="Save changes").first.click()
    tab.get_by_role("button", name="Save merged 9.0.0").click()
    expect(tab.get_by_role("status").filter(has_text="Saved")).to_be_visible()
    expect(tab.get_by_role("main")).to_contain_text("Typed before the crash.")
    expect(tab.get_by_role("main")).to_contain_text("9.0.0")

    tab.goto(f"/plugins/{saved.locator}/edit")
    expect(tab.get_by_role("heading", level=1)).to_be_visible()
    expect(tab.locator("#draft-offer")).to_have_count(0)


def test_two_tabs_keep_two_drafts_and_a_discarded_one_is_gone(
    windows: Callable[[], Page], session: Session, signed_in: SignIn
) -> None:
    tabs = [windows(), windows()]
    signed_in(tabs[0], factories.person())
    for number, tab in enumerate(tabs):
        tab.goto("/plugins/new")
        name = tab.get_by_label("Name", exact=True)
        kept(tab, lambda name=name, number=number: name.fill(f"sweets_{number}"))  # type: ignore[misc]
    for tab in tabs:
        crash(tab)

    tab = windows()
    for name in ("sweets_1", "sweets_0"):
        tab.goto("/plugins/new")
        tab.get_by_role("link", name="Restore draft").click()
        expect(tab.get_by_label("Name", exact=True)).to_have_value(name)
        tab.goto("/plugins/new")
        tab.get_by_role("button", name="Discard draft").click()
        expect(tab.get_by_role("status").filter(has_text="Draft discarded")).to_be_visible()
    expect(tab.locator("#draft-offer")).to_have_count(0)


def test_the_texts_of_both_yaml_editors_come_back(
    windows: Callable[[], Page], session: Session, signed_in: SignIn
) -> None:
    owner = factories.person()
    saved = factories.plugin(owner, name="sweets")
    path = f"/plugins/{saved.locator}/edit/yaml"
    for address, words in ((path, "cannot be read yet"), ("/manifests/", "It has 1 line.")):
        tab = windows()
        signed_in(tab, owner)
        tab.goto(address)
        editor = tab.locator(".cm-content")
        editor.click()
        tab.keyboard.press("Control+A")
        kept(tab, lambda tab=tab: tab.keyboard.type("kind: [Plug"))  # type: ignore[misc]
        crash(tab)
        tab = windows()
        tab.goto(address)
        expect(tab.locator("#draft-offer")).to_contain_text(words)
        check_everywhere(tab)
        tab.get_by_role("link", name="Restore draft").click()
        expect(tab.get_by_text("This is what you had typed before.")).to_be_visible()
        expect(tab.locator("textarea[name=text]")).to_have_value(re.compile(r"kind: \[Plug"))
        tab.close(run_before_unload=False)


def test_the_value_of_a_secret_is_never_kept(
    windows: Callable[[], Page], session: Session, signed_in: SignIn
) -> None:
    tab = windows()
    signed_in(tab, factories.person())
    tab.goto("/connections/new?kind=secret")
    tab.get_by_label("Value", exact=True).fill("hunter2-hunter2")
    kept(tab, lambda: tab.get_by_label("Name", exact=True).fill("warehouse_password"))
    crash(tab)
    tab = windows()
    tab.goto("/connections/new?kind=sql")
    expect(tab.get_by_role("heading", level=1)).to_be_visible()
    expect(tab.locator("#draft-offer")).to_have_count(0)
    tab.goto("/connections/new?kind=secret")
    tab.get_by_role("link", name="Restore draft").click()
    expect(tab.get_by_label("Name", exact=True)).to_have_value("warehouse_password")
    expect(tab.get_by_label("Value", exact=True)).to_have_value("")
    expect(tab.get_by_text("The value is not kept in the page.")).to_be_visible()
