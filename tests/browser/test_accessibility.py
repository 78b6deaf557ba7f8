"""No page breaks a rule of axe or scrolls sideways, in light, dark, on a phone and at twice the size.

Every page of the route map is looked at (tests/addresses.py), and further states of some of them here.
"""

from __future__ import annotations

from pathlib import Path

import pytest
from playwright.sync_api import Page
from sqlalchemy.orm import Session

from tests import factories
from tests.addresses import DOWNLOADS, PAGES, make_places
from tests.browser.conftest import (
    PHONE,
    SignIn,
    Site,
    check_accessibility,
    check_everywhere,
    check_no_sideways_scrolling,
    check_zoomed,
)
from webapp.plugins import service
from webapp.plugins.usage_values import Occasion, ToolCall, Use

STATES = {
    "export": "/plugins/export?q=a",
    "list": "/plugins/",
    "filtered list": "/plugins/?q=order&class=sql&sort=-version&scope=all",
    "annotated list": "/plugins/?annotation=team%3Aquality&untagged=yes&starred=yes",
    "empty list": "/plugins/?q=qqqqqq",
    "bad filter": "/plugins/?class=nonsense",
    "overview of a year": "/overview/?scope=mine&days=365",
    "overview of the platform": "/overview/?scope=platform",
    "cloud of tags": "/tags/?view=cloud&sort=-plugins",
    "tags alike": "/tags/?show=alike",
    "no such tag": "/tags/?q=qqqqqq",
    "palette": "/palette?q=order",
    "not found": "/plugins/pluginmeta-nothing/",
}


GROUPS = 6


@pytest.mark.parametrize("group", range(GROUPS))
def test_every_page(page: Page, site: Site, session: Session, signed_in: SignIn, group: int) -> None:
    places = make_places(site.app)
    signed_in(page, places.owner)
    for row in list(PAGES)[group::GROUPS]:
        if row in DOWNLOADS:
            continue
        page.goto(places.path(row))
        check_everywhere(page)
        check_zoomed(page)


@pytest.mark.parametrize("path", STATES.values(), ids=STATES.keys())
def test_pages_of_the_demo(page: Page, signed_in: SignIn, path: str) -> None:
    signed_in(page, "imogen")
    page.goto(path)
    check_everywhere(page)


@pytest.mark.parametrize("path", ["/login", "/nothing-here"])
def test_pages_before_signing_in(page: Page, path: str) -> None:
    page.goto(path)
    check_everywhere(page)


def test_a_failed_sign_in(page: Page) -> None:
    page.goto("/login")
    page.get_by_label("Username").fill("nobody")
    page.get_by_label("Password", exact=True).fill("wrong")
    page.get_by_role("main").get_by_role("button", name="Sign in").click()
    page.get_by_role("alert").first.wait_for()
    check_everywhere(page)


@pytest.mark.parametrize(
    ("kind", "part"),
    [
        # What differs from class to class is the record itself and its form.
        pytest.param(
            kind, part, marks=pytest.mark.thorough if kind != "static" and part not in ("", "edit") else ()
        )
        for kind in ("static", "sql", "api")
        for part in ("", "manifest", "checks", "used-by", "used-by?show=calls", "edit")
    ],
)
def test_pages_of_a_record(page: Page, session: Session, signed_in: SignIn, kind: str, part: str) -> None:
    owner = factories.person()
    make = {"static": factories.plugin_values, "sql": factories.sql_values, "api": factories.api_values}[kind]
    saved = factories.plugin(owner, make(annotations=({"team/owner": "sweets"}, {"ids": [1, 2]})))
    viewer, occasion = factories.viewer_of(owner), Occasion("W" * 255)
    service.link_chatbot(viewer, saved.id, occasion.chatbot)
    service.record_use(viewer, saved.id, Use(occasion))
    service.record_tool_call(viewer, saved.id, ToolCall("sweets", occasion, status="failed"))
    signed_in(page, owner)
    page.goto(f"/plugins/{saved.locator}/{part}")
    check_everywhere(page)


def test_a_refused_form(page: Page, session: Session, signed_in: SignIn) -> None:
    signed_in(page, factories.person())
    page.goto("/plugins/new")
    page.get_by_label("Name", exact=True).fill("Everlasting Gobstopper")
    page.get_by_label("Version", exact=True).fill("one")
    page.get_by_role("button", name="Create plugin").click()
    page.locator("#problems").wait_for()
    check_everywhere(page)


def test_a_plan_with_problems_and_one_without(page: Page, session: Session, signed_in: SignIn) -> None:
    signed_in(page, factories.person())
    for name in ("everlasting_gobstopper", "1.5"):
        page.goto("/manifests/")
        page.get_by_label("Paste YAML or JSON").fill(MANIFEST.replace("NAME", name))
        page.get_by_role("button", name="Check only").click()
        page.get_by_text("Plan for").first.wait_for()
        check_everywhere(page)


MANIFEST = Path(__file__).with_name("gobstopper.yaml").read_text()


def test_the_open_menus(page: Page, signed_in: SignIn) -> None:
    signed_in(page, "imogen")
    page.goto("/plugins/")
    page.get_by_role("button", name="Your menu").click()
    page.get_by_role("button", name="Sign out").wait_for()
    check_everywhere(page)


@pytest.mark.parametrize(
    ("path", "menu"),
    [
        ("/plugins/?tag=orders", "Save view"),
        ("/plugins/?ready=not_ready&sort=name", "Not ready"),
        ("/plugins/", "Display"),
    ],
)
def test_the_open_menus_of_the_list(page: Page, signed_in: SignIn, path: str, menu: str) -> None:
    signed_in(page, "imogen")
    page.goto(path)
    page.locator(".head summary", has_text=menu).click()
    page.locator(".head details[open] .panel").wait_for()
    # What a panel covers in part is no target while it is open.
    check_accessibility(page, within=".head details[open]")
    page.emulate_media(color_scheme="dark")
    check_accessibility(page, within=".head details[open]")
    check_no_sideways_scrolling(page)
    page.set_viewport_size(PHONE)
    check_no_sideways_scrolling(page)


def test_the_open_filters_of_a_phone(page: Page, signed_in: SignIn) -> None:
    signed_in(page, "imogen")
    page.goto("/plugins/?tag=orders")
    page.set_viewport_size(PHONE)
    page.locator("[data-filters]").click()
    page.locator("#filters").get_by_role("link").first.wait_for()
    check_accessibility(page)
    page.emulate_media(color_scheme="dark")
    check_accessibility(page)
