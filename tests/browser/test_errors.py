"""Messages that are pages, and parts of a page: how they look, in a large and in a small place."""

from __future__ import annotations

from collections.abc import Callable

import pytest
from playwright.sync_api import Page, expect
from sqlalchemy.orm import Session

from tests import factories
from tests.browser.conftest import PHONE, SignIn, Site, check_accessibility, check_everywhere
from tests.factories import Person
from tests.servers import HttpBrowser

# A filter that the server refuses, carried along by the field that finds tags.
BAD_FILTER = """document.getElementById("tagfind").form.append(
  Object.assign(document.createElement("input"), {type: "hidden", id: "bad", name: "class", value: "x"}))"""
FRAGMENT = {"HX_Request": "true", "HX_Request_Type": "partial"}


@pytest.fixture
def ann(session: Session) -> Person:
    """Return somebody with one plugin."""
    person = factories.person()
    factories.plugin(person, name="everlasting_gobstopper")
    return person


@pytest.fixture
def fragment_of(site: Site, ann: Person) -> Callable[[str], str]:
    """Return a function that gives the fragment that the server answers with at an address."""

    def ask(path: str) -> str:
        http = HttpBrowser(site.server)
        http.sign_in(ann)
        return http.get(path, **FRAGMENT).text

    return ask


@pytest.mark.parametrize("path", ["/nothing", "/plugins/?class=x"])
def test_a_message_is_an_accessible_page(page: Page, ann: Person, signed_in: SignIn, path: str) -> None:
    signed_in(page, ann)
    page.goto(path)
    expect(page.locator("main code")).to_be_visible()
    check_everywhere(page)


def test_a_stranger_is_led_to_the_sign_in_page(either_page: Page) -> None:
    either_page.goto("/nothing")
    expect(either_page.locator("h1")).to_have_text("Nothing here")
    either_page.locator("main").get_by_role("link", name="Sign in").click()
    expect(either_page.locator("h1")).to_have_text("Sign in")


@pytest.mark.parametrize("phone", [False, True])
def test_a_refusal_takes_the_place_of_the_rows_and_of_the_tags(
    page: Page, ann: Person, signed_in: SignIn, phone: bool
) -> None:
    signed_in(page, ann)
    page.goto("/plugins/")
    page.evaluate("document.getElementById('q').removeAttribute('maxlength')")
    page.evaluate(BAD_FILTER)
    page.fill("#tagfind", "x")
    expect(page.locator("#tag-list #error")).to_contain_text("This address cannot be used")
    check_accessibility(page)
    inside = page.locator("#tag-list #error").bounding_box()
    rail = page.locator("#filters").bounding_box()
    assert inside is not None
    assert rail is not None
    assert inside["x"] >= rail["x"]
    assert inside["x"] + inside["width"] <= rail["x"] + rail["width"]
    page.evaluate("document.getElementById('bad').remove()")
    page.fill("#tagfind", "")
    expect(page.locator("#tag-list #error")).to_have_count(0)
    if phone:
        page.set_viewport_size(PHONE)
    page.fill("#q", "x" * 201)
    expect(page.locator("#results #error")).to_be_visible()
    check_accessibility(page)


@pytest.mark.parametrize("status", [500, 503])
def test_a_failure_in_the_background_is_shown_where_the_answer_belongs(
    page: Page, ann: Person, signed_in: SignIn, fragment_of: Callable[[str], str], status: int
) -> None:
    text = fragment_of("/plugins/?class=x").replace('data-status="400"', f'data-status="{status}"')
    signed_in(page, ann)
    page.goto("/plugins/")
    # The console of the browser names every answer of the server; this one is asked for.
    page.evaluate(
        """([text, status]) => {
            const real = window.fetch;
            window.fetch = (...given) => String(given[0]).includes("q=")
              ? Promise.resolve(new Response(text, {status, headers: {"Content-Type": "text/html"}}))
              : real(...given);
        }""",
        [text, status],
    )
    page.fill("#q", "gobstopper")
    expect(page.locator("#results #error h2")).to_be_visible()
    expect(page.locator("#q")).to_have_value("gobstopper")
