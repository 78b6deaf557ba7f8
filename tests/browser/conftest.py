"""Browser tests: the system's Chromium on a real server with the demo data, with and without JavaScript.

One server and one browser serve all tests of a worker. Tests that write make an account of their own, so none sees
another's records. A console error, a broken request or a breach of the content security policy fails the test.
"""

from __future__ import annotations

import os
import re
import shutil
from collections.abc import Callable, Iterator
from dataclasses import dataclass
from pathlib import Path
from typing import Any

import pytest
from axe_playwright_python.sync_playwright import Axe
from flask import Flask
from playwright.sync_api import Browser, BrowserContext, Page, ViewportSize, expect, sync_playwright
from sqlalchemy.orm import Session

from tests.databases import Databases
from tests.factories import Person, settings_for
from tests.pages import PageClient
from tests.servers import RunningServer, running_server
from tests.thorough import THOROUGH
from webapp.accounts.frame import THEME_COOKIE
from webapp.app import create_app
from webapp.db.session import current_session
from webapp.demo.service import load_demo
from webapp.extensions import db

# The headless shell is the same engine without the window around it: it opens a page four times as fast.
NAMES = ("chromium-headless-shell", "chromium", "chromium-browser")
CHROMIUM = os.environ.get("PLUGDECK_CHROMIUM") or next(filter(None, map(shutil.which, NAMES)), None)
ARGUMENTS = (
    "--no-sandbox",
    "--disable-background-networking",
    "--disable-component-update",
    "--disable-sync",
    "--disable-dev-shm-usage",
    "--host-resolver-rules=MAP * ~NOTFOUND, EXCLUDE 127.0.0.1",
)
TIMEOUT_MS = 30_000
WIDE: ViewportSize = {"width": 1280, "height": 900}
PHONE: ViewportSize = {"width": 390, "height": 844}
RULES = ("wcag2a", "wcag2aa", "wcag21a", "wcag21aa", "wcag22aa", "best-practice")
LOOKS = {"check_everywhere", "check_zoomed"}
"""What looks more closely when there is time."""
AXE = Axe().axe_script
RUN_AXE = "async ([within, options]) => (await axe.run(within ?? document, options)).violations"
# A refusal (403, 404, 409, 422) is an answer like any other; the browser still writes it on the console.
EXPECTED = re.compile(r"Failed to load resource: the server responded with a status of 4\d\d")

expect.set_options(timeout=TIMEOUT_MS)


@pytest.hookimpl(tryfirst=True)  # Before tests are chosen by their marks.
def pytest_collection_modifyitems(items: list[pytest.Item]) -> None:
    """Mark the tests of this folder; without Chromium they are skipped here and fail in CI.

    A whole browser on a busy machine now and then loses a race that no person could lose, so a test that failed is
    given two more tries; the summary names each of them (R).
    """
    here = Path(__file__).parent
    for item in items:
        if here in item.path.parents:
            item.add_marker(pytest.mark.browser)
            item.add_marker(pytest.mark.flaky(reruns=2))
            if LOOKS & _names_in(item):
                item.add_marker(pytest.mark.wider)
            if CHROMIUM is None and not os.environ.get("CI"):
                item.add_marker(
                    pytest.mark.skip(reason="Chromium is not installed (apt-get install chromium)")
                )


def _names_in(item: pytest.Item) -> set[str]:
    return set(item.function.__code__.co_names) if isinstance(item, pytest.Function) else set()


@dataclass(frozen=True)
class Site:
    """The server under test, and its database for factories."""

    server: RunningServer
    app: Flask
    passwords: dict[str, str]

    @property
    def url(self) -> str:
        """Return the address of its first page."""
        return self.server.url


@pytest.fixture(scope="session")
def site(databases: Databases, tmp_path_factory: pytest.TempPathFactory) -> Iterator[Site]:
    """Serve the demo data with two workers, as `make run` does."""
    folder = tmp_path_factory.mktemp("site")
    with databases.create("sqlite") as database:
        app = create_app(settings_for(folder / "tests", database.url))
        app.test_client_class = PageClient
        with app.app_context():
            loaded = load_demo(app.extensions["manifest_kinds"])
            assert loaded is not None
        with running_server(folder, database.url, workers=2, import_job_documents="20") as server:
            yield Site(server, app, {entry.username: entry.password for entry in loaded.sign_ins})
        with app.app_context():
            db.engine.dispose()


@pytest.fixture
def session(site: Site) -> Iterator[Session]:
    """Return a session on the database of the server; what factories need."""
    with site.app.app_context():
        yield current_session()


@pytest.fixture(scope="session")
def browser() -> Iterator[Browser]:
    """Run the system's Chromium."""
    assert CHROMIUM, "Chromium is missing. CI has to install it before the tests."
    with sync_playwright() as playwright:
        browser = playwright.chromium.launch(executable_path=CHROMIUM, args=list(ARGUMENTS))
        yield browser
        browser.close()


MakePage = Callable[..., Page]


@pytest.fixture
def make_page(site: Site, browser: Browser) -> Iterator[MakePage]:
    """Return a function that opens a window of its own; its arguments are those of a Playwright context."""
    contexts: list[BrowserContext] = []
    problems: list[str] = []

    def make(**options: Any) -> Page:
        options = {"viewport": WIDE, "reduced_motion": "reduce", "locale": "en-GB", **options}
        context = browser.new_context(base_url=site.url, **options)
        context.set_default_timeout(TIMEOUT_MS)
        contexts.append(context)
        page = context.new_page()
        _watch(page, problems)
        return page

    yield make
    for context in contexts:
        context.close()
    assert not problems, "\n".join(problems)


def _watch(page: Page, problems: list[str]) -> None:
    def on_console(message: Any) -> None:
        if message.type in ("error", "warning") and not EXPECTED.search(message.text):
            problems.append(f"console {message.type}: {message.text}")

    page.on("console", on_console)
    page.on("pageerror", lambda error: problems.append(f"uncaught: {error}"))
    page.on(
        "response",
        lambda answer: problems.append(f"{answer.status} {answer.url}") if answer.status >= 500 else None,
    )


@pytest.fixture
def page(make_page: MakePage) -> Page:
    """Return a window with JavaScript."""
    return make_page()


@pytest.fixture
def page_without_javascript(make_page: MakePage) -> Page:
    """Return a window in which no script runs."""
    return make_page(java_script_enabled=False)


@pytest.fixture(params=["script", pytest.param("no script", marks=pytest.mark.thorough)])
def scripted(request: pytest.FixtureRequest) -> bool:
    """Tell whether scripts run in `either_page`; what works without them is what the tests of pages do all day."""
    return bool(request.param == "script")


@pytest.fixture
def either_page(scripted: bool, make_page: MakePage) -> Page:
    """Return a window, once with and once without JavaScript."""
    return make_page(java_script_enabled=scripted)


SignIn = Callable[[Page, Person | str], None]


@pytest.fixture
def signed_in(site: Site) -> SignIn:
    """Return a function that signs a window in, as a person made by a factory or as a demo user."""

    def sign_in(page: Page, person: Person | str) -> None:
        # Here and not at the server: passwords are checked at no cost, as in all tests but those of signing in.
        client = site.app.test_client()
        username, password = (
            (person, site.passwords[person])
            if isinstance(person, str)
            else (person.username, person.password)
        )
        answer = client.post("/login", data={"username": username, "password": password})
        assert answer.status_code in (302, 303), f"{username} was not signed in: {answer.status}"
        kept = [client.get_cookie(name) for name in (site.app.config["SESSION_COOKIE_NAME"], THEME_COOKIE)]
        page.context.add_cookies(
            [{"name": cookie.key, "value": cookie.value, "url": site.url} for cookie in kept if cookie]
        )

    return sign_in


def check_accessibility(page: Page, rules: tuple[str, ...] = RULES, within: str | None = None) -> None:
    """Fail when axe finds a violation, naming the elements; `within` is what lies over the rest of the page."""
    if not page.evaluate("'axe' in window"):
        page.evaluate(AXE)
    found = page.evaluate(
        RUN_AXE, [within, {"resultTypes": ["violations"], "preload": False, "runOnly": list(rules)}]
    )
    lines = [
        f"{item['id']}: {item['help']}\n    "
        + "\n    ".join(node["html"][:200] for node in item["nodes"][:5])
        for item in found
    ]
    assert not lines, f"{page.url}\n" + "\n".join(lines)


def check_everywhere(page: Page) -> None:
    """Fail when axe finds a violation in light, dark or on a phone, or when the page is wider than its window."""
    check_accessibility(page)
    check_no_sideways_scrolling(page)
    page.emulate_media(color_scheme="dark")
    if THOROUGH:
        check_accessibility(page, ("color-contrast",))
    page.set_viewport_size(PHONE)
    check_accessibility(page)
    check_no_sideways_scrolling(page)
    page.emulate_media(color_scheme="light")
    if THOROUGH:
        check_accessibility(page, ("color-contrast",))
    page.set_viewport_size(WIDE)


def check_zoomed(page: Page) -> None:
    """Fail when something is cut off at 200 % (1280 pixels seen as 640), at 320 pixels, or in forced colours."""
    for width in (640, 320):
        page.set_viewport_size({"width": width, "height": 720})
        check_no_sideways_scrolling(page)
    if THOROUGH:
        page.emulate_media(forced_colors="active")
        check_accessibility(page, ("wcag2a",))
        page.emulate_media(forced_colors="none")
    page.set_viewport_size(WIDE)


def check_no_sideways_scrolling(page: Page) -> None:
    """Fail when the page is wider than its window."""
    wide = page.evaluate("document.documentElement.scrollWidth - document.documentElement.clientWidth")
    assert wide <= 0, f"{page.url} is {wide} pixels too wide at {page.viewport_size}"
