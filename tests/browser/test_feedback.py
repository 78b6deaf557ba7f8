"""What the console says of its own accord: toasts, the mark of a request under way, the warning before text is lost."""

from __future__ import annotations

import re

import pytest
from playwright.sync_api import Browser, Page, Route, expect
from sqlalchemy.orm import Session

from tests import factories
from tests.browser.conftest import WIDE, MakePage, SignIn, Site
from tests.factories import Person, plugin_values
from webapp.plugins.service import Saved


@pytest.fixture
def ann(session: Session) -> Person:
    """Return a member with two plugins."""
    person = factories.person()
    factories.plugin(person, plugin_values("gobstopper"))
    factories.plugin(person, plugin_values("sherbet"))
    return person


@pytest.fixture
def saved(ann: Person) -> Saved:
    """Return a third plugin of Ann's."""
    return factories.plugin(ann, plugin_values("toffee", version="1.0.0"))


def delete(page: Page, saved: Saved) -> None:
    page.goto(f"/plugins/{saved.locator}/")
    page.locator("summary[aria-label='More actions']").click()
    page.get_by_role("button", name="Delete", exact=True).click()


def test_the_live_regions_are_in_the_first_page(
    page_without_javascript: Page, ann: Person, signed_in: SignIn
) -> None:
    page = page_without_javascript
    signed_in(page, ann)
    for path in ("/plugins/", "/tags/", "/connections/", "/activity/", "/overview/", "/manifests/"):
        page.goto(path)
        for region, role in (("#alerts", "alert"), ("#toasts", "status"), ("#live", "status")):
            assert page.locator(region).get_attribute("role") == role, f"{path} {region}"
            assert page.locator(region).count() == 1


def test_a_toast_leaves_after_a_while_but_not_under_the_pointer_or_the_focus(
    page: Page, saved: Saved, ann: Person, signed_in: SignIn
) -> None:
    signed_in(page, ann)
    page.clock.install()
    delete(page, saved)
    toast = page.locator("#toasts .toast")
    expect(toast).to_contain_text("toffee moved to the bin")
    toast.hover()
    page.clock.run_for(20_000)
    expect(toast).to_be_visible()
    undo = toast.get_by_role("button", name="Undo")
    undo.focus()
    page.mouse.move(5, 5)
    page.clock.run_for(20_000)
    expect(undo).to_be_focused()
    page.locator("h1").focus()
    page.clock.run_for(6_000)
    expect(toast).to_have_count(0)


def test_z_takes_the_newest_act_back(page: Page, saved: Saved, ann: Person, signed_in: SignIn) -> None:
    signed_in(page, ann)
    delete(page, saved)
    expect(page.locator("#toasts .toast")).to_contain_text("moved to the bin")
    page.keyboard.press("z")
    expect(page.locator("#toasts .toast")).to_contain_text("toffee is restored")


def test_an_error_stays_until_it_is_dismissed_and_pushes_nothing(
    browser: Browser, site: Site, ann: Person, signed_in: SignIn
) -> None:
    # A window of its own: here the browser rightly writes an error on the console.
    with browser.new_context(base_url=site.url, viewport=WIDE, reduced_motion="reduce") as context:
        page = context.new_page()
        signed_in(page, ann)
        page.clock.install()
        page.goto("/plugins/")
        before = page.evaluate("history.length")
        page.route("**/plugins/?*sort=name*", lambda route: route.abort())
        page.locator("#by-name").click()
        error = page.locator("#alerts .toast")
        expect(error).to_contain_text("The server did not answer")
        page.clock.run_for(60_000)
        expect(error).to_be_visible()
        expect(page).to_have_url(re.compile(r"/plugins/$"))
        assert page.evaluate("history.length") == before
        page.unroute("**/plugins/?*sort=name*")
        error.get_by_role("button", name="Try again").click()
        expect(page).to_have_url(re.compile("sort=name"))
        page.clock.run_for(1_000)
        expect(error).to_have_count(0)


def test_what_is_under_way_is_marked_and_dims_only_when_it_takes_long(
    page: Page, ann: Person, signed_in: SignIn
) -> None:
    signed_in(page, ann)
    page.goto("/plugins/")
    held: list[Route] = []
    page.route("**/plugins/?*sort=name*", lambda route: held.append(route))
    page.locator("#by-name").click()
    results = page.locator("#results")
    expect(results).to_have_attribute("aria-busy", "true")
    # The style sheet waits, so that what is quick never flashes.
    timing = "const style = getComputedStyle(document.getElementById('results')); [style.transitionDelay, style.transitionProperty]"
    assert page.evaluate(f"(() => {{ {timing.replace('; [', '; return [')} }})()") == ["0.2s", "opacity"]
    expect(results).to_have_css("opacity", "0.6")
    expect(page.locator("#rows tr")).to_have_count(2)
    held[0].continue_()
    expect(results).not_to_have_attribute("aria-busy", "true")
    expect(results).to_have_css("opacity", "1")
    expect(page).to_have_url(re.compile("sort=name"))


def test_two_tabs_keep_their_own_lists(page: Page, ann: Person, signed_in: SignIn) -> None:
    signed_in(page, ann)
    other = page.context.new_page()
    page.goto("/plugins/?q=gobstopper")
    other.goto("/plugins/?q=sherbet")
    page.locator("#by-name").click()
    expect(page).to_have_url(re.compile("q=gobstopper.*sort=name"))
    other.reload()
    expect(other.locator("#rows tr")).to_have_count(1)
    expect(other.locator("a.name")).to_have_text("sherbet")
    expect(page.locator("a.name")).to_have_text("gobstopper")


def test_a_dark_profile_is_dark_in_the_first_bytes(
    make_page: MakePage, ann: Person, signed_in: SignIn
) -> None:
    page = make_page(color_scheme="light")
    signed_in(page, ann)
    page.goto("/plugins/")
    page.locator("[data-theme-toggle]").first.click()
    with page.expect_response("**/connections/") as answer:
        page.goto("/connections/")
    assert 'data-theme="dark"' in answer.value.text().split("</head>")[0]
