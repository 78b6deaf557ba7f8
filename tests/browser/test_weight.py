"""What a page weighs and how it is asked for: bytes and requests, never times."""

from __future__ import annotations

import random
import re
from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import dataclass, field
from typing import Any
from urllib.parse import urlsplit

import pytest
from playwright.sync_api import Page, expect
from sqlalchemy.orm import Session

from tests import factories
from tests.browser.conftest import SignIn
from tests.factories import Person
from tests.integration.plugins.naive import fill

FIRST_PAGE_MAX = 130_000
INTERACTION_MAX = 15_000
# Decorations that the style sheet names; everything else is named by the page itself.
BY_THE_STYLE_SHEET = re.compile(r"\.(woff2|svg)$")


@dataclass
class Traffic:
    """What a window has asked for: the size of each answer as it was sent, and who asked for it."""

    sizes: dict[str, int] = field(default_factory=dict)
    askers: dict[str, str] = field(default_factory=dict)
    marks: dict[str, bool] = field(default_factory=dict)

    @property
    def total(self) -> int:
        """Return the bytes of all answers."""
        return sum(self.sizes.values())


@contextmanager
def watched(page: Page) -> Iterator[Traffic]:
    """Note what the page asks for meanwhile."""
    found, paths = Traffic(), {}
    client = page.context.new_cdp_session(page)

    def sent(event: dict[str, Any]) -> None:
        path = urlsplit(event["request"]["url"]).path
        paths[event["requestId"]] = path
        found.askers[path] = event["initiator"]["type"]
        found.marks[path] = "X-Preload" in event["request"]["headers"]

    def done(event: dict[str, Any]) -> None:
        # One that began before is not of this step.
        if path := paths.get(event["requestId"]):
            found.sizes[path] = int(event["encodedDataLength"])

    client.on("Network.requestWillBeSent", sent)
    client.on("Network.loadingFinished", done)
    client.send("Network.enable")
    yield found
    page.wait_for_load_state("networkidle")
    client.detach()


@pytest.fixture
def ann(session: Session) -> Person:
    """Return somebody with more plugins than a page shows."""
    person = factories.person()
    fill(session, random.Random(3), person, 60)
    return person


def test_the_first_page_is_light_and_comes_in_one_round(page: Page, ann: Person, signed_in: SignIn) -> None:
    signed_in(page, ann)
    with watched(page) as first:
        page.goto("/plugins/")
        page.wait_for_load_state("networkidle")
    assert first.total < FIRST_PAGE_MAX, sorted(first.sizes.items(), key=lambda item: -item[1])
    static = {path for path in first.askers if path.startswith("/static/")}
    assert all(re.match(r"/static/[0-9a-f]{12}/", path) for path in static), "an address without the build"
    late = {path for path in static if first.askers[path] not in ("parser", "other")}
    assert late == set(), "asked for by a script: name it in the page (module_urls)"
    # Scripts and style sheets are all named by the page; one that another names is asked for a round later.
    html = page.content()
    unnamed = {path for path in static if path not in html and not BY_THE_STYLE_SHEET.search(path)}
    assert unnamed == set()
    # And what was asked for once is not asked for again.
    with watched(page) as second:
        page.locator(".list .name").first.click()
        expect(page.locator(".tabs").first).to_be_visible()
    assert {path: size for path, size in second.sizes.items() if path in static and size} == {}


def test_nothing_moves_while_a_page_loads(page: Page, ann: Person, signed_in: SignIn) -> None:
    signed_in(page, ann)
    page.add_init_script(
        "window.moved = []; new PerformanceObserver((list) => { for (const entry of list.getEntries()) "
        "if (!entry.hadRecentInput) window.moved.push(entry.value); }).observe({ type: 'layout-shift', buffered: true });"
    )
    for path in ("/plugins/", "/plugins/new", "/connections/", "/activity/", "/account/"):
        page.goto(path)
        page.wait_for_load_state("networkidle")
        page.evaluate("document.fonts.ready.then(() => undefined)")
        assert sum(page.evaluate("window.moved")) < 0.02, path


def test_a_step_in_the_list_is_one_small_answer(page: Page, ann: Person, signed_in: SignIn) -> None:
    signed_in(page, ann)
    page.goto("/plugins/")
    expect(page.locator("#rows tr")).to_have_count(50)
    with watched(page) as traffic:
        page.click("#f-class-sql")
        expect(page.locator(".chip")).to_have_text(["Class sql"])
    assert list(traffic.sizes) == ["/plugins/"]
    assert traffic.total < INTERACTION_MAX
    with watched(page) as traffic:
        page.click("#by-name")
        expect(page).to_have_url(re.compile("sort=name"))
    assert list(traffic.sizes) == ["/plugins/"]
    assert traffic.total < INTERACTION_MAX


def test_a_page_is_asked_for_while_the_pointer_rests_on_its_link(
    page: Page, ann: Person, signed_in: SignIn
) -> None:
    signed_in(page, ann)
    page.goto("/plugins/")
    link = page.locator(".list .name").first
    path = urlsplit(str(link.get_attribute("href"))).path
    with page.expect_response(lambda answer: urlsplit(answer.url).path == path) as answer:
        link.hover()
    assert answer.value.headers["cache-control"] == "private, max-age=5"
    with watched(page) as traffic:
        link.click()
        expect(page.locator(".tabs").first).to_be_visible()
    assert traffic.sizes.get(str(path), 0) == 0, "the page was asked for twice"
    # It counts as opened all the same.
    name = page.get_by_role("heading", level=1).inner_text()
    page.goto("/palette")
    expect(page.get_by_role("main")).to_contain_text("Opened lately")
    expect(page.get_by_role("main")).to_contain_text(name)
    page.goto("/plugins/")
    # Nothing that writes or signs out is ever asked for; neither is anything for a pointer that passes by.
    page.get_by_role("button", name="Your menu").click()
    with watched(page) as traffic:
        page.get_by_role("button", name="Sign out").hover()
        page.get_by_role("link", name="Account settings").hover()
        page.wait_for_timeout(300)
    assert traffic.askers == {}


def test_a_page_that_was_asked_for_before_a_write_is_asked_for_again(
    page: Page, ann: Person, signed_in: SignIn
) -> None:
    signed_in(page, ann)
    page.goto("/plugins/")
    row = page.locator("#rows tr").first
    link = row.locator(".name")
    path = urlsplit(str(link.get_attribute("href"))).path
    with page.expect_response(lambda answer: urlsplit(answer.url).path == path):
        link.hover()
    row.hover()
    row.locator(".c-ver .edit").click()
    page.keyboard.press("Control+A")
    page.keyboard.type("99.0.0")
    page.keyboard.press("Enter")
    expect(row.locator(".ver")).to_have_text("99.0.0")
    row.locator(".name").click()
    expect(page.get_by_role("main")).to_contain_text("99.0.0")
