"""The help as people use it: beside a heading, from a form with unsaved text, on a phone, without script."""

from __future__ import annotations

import pytest
from playwright.sync_api import Page, expect
from sqlalchemy.orm import Session

from tests import factories
from tests.browser.conftest import SignIn, check_everywhere


@pytest.mark.parametrize("path", ["/help/", "/help/selector", "/help/manifest", "/help/revision"])
def test_pages_of_the_help_are_accessible(page: Page, path: str) -> None:
    page.goto(path)
    check_everywhere(page)


def test_one_concept_leads_to_the_next_and_back(either_page: Page) -> None:
    either_page.goto("/help/")
    either_page.get_by_role("link", name="Selector", exact=True).click()
    either_page.click("a[rel=next]")
    expect(either_page.locator("h1")).to_have_text("Prompt")
    either_page.click("a[rel=prev]")
    either_page.click(".crumbs a")
    expect(either_page.locator("h1")).to_have_text("Help")


def test_help_in_a_form_loses_nothing_that_was_typed(page: Page, session: Session, signed_in: SignIn) -> None:
    signed_in(page, factories.person())
    page.goto("/plugins/new")
    page.fill("#name", "everlasting_gobstopper")
    with page.context.expect_page() as opened:
        page.get_by_role("link", name="What is a selector?").click()
    expect(opened.value.locator("h1")).to_have_text("Selector")
    assert page.url.endswith("/plugins/new")
    expect(page.locator("#name")).to_have_value("everlasting_gobstopper")


def test_the_question_mark_of_the_rail_leaves_the_list(
    page: Page, session: Session, signed_in: SignIn
) -> None:
    """The rail is loaded by htmx and its links stay in the page; this one does not."""
    owner = factories.person()
    factories.plugin(owner)
    signed_in(page, owner)
    page.goto("/plugins/")
    page.get_by_role("link", name="What is a tag?").click()
    expect(page.locator("h1")).to_have_text("Tag")
    page.go_back()
    expect(page.locator("h1")).to_have_text("Plugins")
