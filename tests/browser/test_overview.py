"""The overview by pointer and by keyboard, with and without JavaScript; what an account begins with."""

from __future__ import annotations

import re

from playwright.sync_api import Page, expect
from sqlalchemy.orm import Session

from tests import factories
from tests.browser.conftest import PHONE, SignIn, check_everywhere
from webapp.plugins.samples import SAMPLE


def test_a_chart_opens_its_table_and_a_number_leads_to_its_list(either_page: Page, signed_in: SignIn) -> None:
    page = either_page
    signed_in(page, "imogen")
    page.goto("/plugins/")
    if not page.get_by_role("link", name="Overview").is_visible():
        page.get_by_role("button", name="Menu", exact=True).click()
    page.get_by_role("link", name="Overview").click()
    expect(page.get_by_role("heading", level=1)).to_have_text("Overview")
    box = page.locator("section", has=page.get_by_role("heading", name="By class"))
    box.get_by_text("As a table").click()
    number = box.get_by_role("row", name="sql").get_by_role("link").last
    count = number.inner_text()
    number.click()
    expect(page.get_by_role("heading", level=1)).to_have_text("Plugins")
    expect(page.locator("#count")).to_contain_text(f"{count} of")
    page.go_back()
    page.get_by_role("link", name="365 days").click()
    expect(page.get_by_role("heading", name="Changes per week")).to_be_visible()
    assert page.url.endswith("/overview/?days=365")


def test_the_tables_are_reached_by_keyboard_and_break_no_rule(page: Page, signed_in: SignIn) -> None:
    signed_in(page, "imogen")
    page.goto("/overview/")
    for summary in page.locator("details.behind > summary").all():
        summary.focus()
        page.keyboard.press("Enter")
    expect(page.locator("details.behind[open]")).to_have_count(4)
    check_everywhere(page)


def test_a_phone_shows_what_is_latest_first(page: Page, signed_in: SignIn) -> None:
    signed_in(page, "imogen")
    page.set_viewport_size(PHONE)
    page.goto("/overview/")
    chart = page.get_by_role("region", name="Changes per day, chart")
    shown = chart.evaluate(
        "box => box.querySelector('svg').getBoundingClientRect().right - box.getBoundingClientRect().right"
    )
    assert shown <= 0


def test_the_sample_comes_and_goes_by_one_press_each(
    either_page: Page, session: Session, signed_in: SignIn
) -> None:
    page = either_page
    signed_in(page, factories.person())
    page.goto("/plugins/")
    page.get_by_role("button", name="Add a sample plugin").click()
    expect(page.get_by_role("heading", level=1)).to_contain_text(SAMPLE.name)
    page.get_by_role("button", name="Undo").click()
    expect(page.get_by_role("heading", name="This account has no plugins yet")).to_be_visible()
    page.get_by_role("link", name="Open it in Manifests").click()
    expect(page).to_have_url(re.compile(r"/manifests/\?example=Plugin$"))
    expect(page.get_by_role("heading", level=1)).to_have_text("Manifests")


def test_the_first_steps_break_no_rule(page: Page, session: Session, signed_in: SignIn) -> None:
    signed_in(page, factories.person())
    for path in ("/plugins/", "/overview/"):
        page.goto(path)
        page.get_by_role("button", name="Add a sample plugin").wait_for()
        check_everywhere(page)
