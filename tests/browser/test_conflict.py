"""Two people edit one record: the second gets both versions side by side, and nothing is overwritten."""

from __future__ import annotations

import re
from dataclasses import replace

import pytest
from playwright.sync_api import Page, expect
from sqlalchemy.orm import Session

from tests import factories
from tests.browser.conftest import SignIn, check_everywhere
from tests.factories import Person
from webapp.db.session import transaction
from webapp.plugins.models import PluginMeta
from webapp.plugins.service import Saved, update_plugin
from webapp.plugins.values import PluginValues

VALUES = factories.plugin_values("gobstopper", description="The description that both of them started from.")


@pytest.fixture
def colleague(session: Session) -> Person:
    """Return the one who saves first."""
    return factories.person(role="staff")


@pytest.fixture
def owner(colleague: Person) -> Person:
    """Return the one who saves second."""
    return factories.person(of=colleague.account)


@pytest.fixture
def saved(owner: Person) -> Saved:
    """Return the record that both of them edit."""
    return factories.plugin(owner, VALUES)


def _save_first(colleague: Person, saved: Saved, **changes: object) -> None:
    update_plugin(factories.viewer_of(colleague), saved.id, saved.revision, replace(VALUES, **changes))  # type: ignore[arg-type]


def _stored(session: Session, saved: Saved) -> PluginValues:
    session.rollback()
    session.expire_all()
    return session.get_one(PluginMeta, saved.id).to_values()


def _collide(page: Page, colleague: Person, saved: Saved) -> None:
    page.goto(f"/plugins/{saved.locator}/edit")
    _save_first(colleague, saved, description="What the colleague has written.", version="1.1.0")
    page.get_by_label("Description", exact=True).first.fill("What I have written.")
    page.get_by_label("Tags", exact=True).fill("sweets, shop, mine")
    with page.expect_response(
        lambda answer: answer.request.method == "POST" and "/edit" in answer.url
    ) as answer:
        page.get_by_role("button", name="Save changes").click()
    assert answer.value.status == 409
    expect(page.get_by_role("main")).to_contain_text("What the colleague has written.")
    expect(page.get_by_role("main")).to_contain_text("What I have written.")
    expect(page.get_by_role("main")).to_contain_text("The description that both of them started from.")


def test_a_stale_save_overwrites_nothing_and_merges_what_does_not_overlap(
    either_page: Page, owner: Person, colleague: Person, saved: Saved, session: Session, signed_in: SignIn
) -> None:
    page = either_page
    signed_in(page, owner)
    _collide(page, colleague, saved)
    assert _stored(session, saved).description == "What the colleague has written."
    page.get_by_role("radio", name=re.compile("You")).check()
    page.get_by_role("button", name=re.compile("Save merged")).click()
    expect(page.get_by_role("heading", level=1)).to_have_text("gobstopper")
    kept = _stored(session, saved)
    assert (kept.description, kept.version) == ("What I have written.", "1.1.0")
    assert kept.tags == ("sweets", "shop", "mine")


def test_theirs_can_be_kept(
    either_page: Page, owner: Person, colleague: Person, saved: Saved, session: Session, signed_in: SignIn
) -> None:
    page = either_page
    signed_in(page, owner)
    _collide(page, colleague, saved)
    page.locator("[data-clash] input[value=theirs]").check()
    page.get_by_role("button", name=re.compile("Save merged")).click()
    expect(page.get_by_role("heading", level=1)).to_have_text("gobstopper")
    kept = _stored(session, saved)
    assert (kept.description, kept.tags) == ("What the colleague has written.", ("sweets", "shop", "mine"))


def test_the_keys_choose_a_side(
    page: Page, owner: Person, colleague: Person, saved: Saved, session: Session, signed_in: SignIn
) -> None:
    signed_in(page, owner)
    _collide(page, colleague, saved)
    page.keyboard.press("1")
    expect(page.locator("[data-clash] input[value=theirs]")).to_be_checked()
    page.keyboard.press("2")
    expect(page.locator("[data-clash] input[value=mine]")).to_be_checked()


def test_a_third_save_in_between_merges_again(
    either_page: Page, owner: Person, colleague: Person, saved: Saved, session: Session, signed_in: SignIn
) -> None:
    page = either_page
    signed_in(page, owner)
    _collide(page, colleague, saved)
    values = _stored(session, saved)
    update_plugin(
        factories.viewer_of(colleague), saved.id, saved.revision + 1, replace(values, version="1.2.0")
    )
    page.locator("[data-clash] input[value=mine]").check()
    page.get_by_role("button", name=re.compile("Save merged")).click()
    if page.get_by_role("heading", level=1).inner_text() != "gobstopper":
        assert _stored(session, saved).description == "What the colleague has written."
        for mine in page.locator("[data-clash] input[value=mine]").all():
            mine.check()
        page.get_by_role("button", name=re.compile("Save merged")).click()
    expect(page.get_by_role("heading", level=1)).to_have_text("gobstopper")
    kept = _stored(session, saved)
    assert (kept.description, kept.version) == ("What I have written.", "1.2.0")


def test_changes_can_be_discarded_or_edited_on(
    page_without_javascript: Page,
    owner: Person,
    colleague: Person,
    saved: Saved,
    session: Session,
    signed_in: SignIn,
) -> None:
    page = page_without_javascript
    signed_in(page, owner)
    _collide(page, colleague, saved)
    page.locator("[data-clash] input[value=mine]").check()
    page.get_by_role("button", name="Edit the result").click()
    expect(page.get_by_role("heading", level=1)).to_have_text("Edit plugin")
    expect(page.get_by_label("Description", exact=True).first).to_have_value("What I have written.")
    expect(page.get_by_label("Version", exact=True)).to_have_value("1.1.0")
    page.get_by_role("link", name="Cancel").click()
    expect(page.get_by_role("main")).to_contain_text("What the colleague has written.")
    assert _stored(session, saved).description == "What the colleague has written."


def test_changes_of_different_fields_need_no_decision(
    either_page: Page, owner: Person, colleague: Person, saved: Saved, session: Session, signed_in: SignIn
) -> None:
    page = either_page
    signed_in(page, owner)
    page.goto(f"/plugins/{saved.locator}/edit")
    _save_first(colleague, saved, version="1.1.0")
    page.get_by_label("Description", exact=True).first.fill("Only I have changed this one here.")
    page.get_by_role("button", name="Save changes").click()
    expect(page.get_by_role("main")).to_contain_text("Nothing to decide")
    page.get_by_role("button", name=re.compile("Save merged")).click()
    expect(page.get_by_role("heading", level=1)).to_have_text("gobstopper")
    kept = _stored(session, saved)
    assert (kept.description, kept.version) == ("Only I have changed this one here.", "1.1.0")


def test_the_merge_page_is_accessible(
    page: Page, owner: Person, colleague: Person, saved: Saved, session: Session, signed_in: SignIn
) -> None:
    signed_in(page, owner)
    _collide(page, colleague, saved)
    check_everywhere(page)


def test_a_record_that_is_gone_gives_the_text_back(
    either_page: Page, owner: Person, colleague: Person, saved: Saved, session: Session, signed_in: SignIn
) -> None:
    page = either_page
    signed_in(page, owner)
    page.goto(f"/plugins/{saved.locator}/edit")
    with transaction() as writing:
        writing.get_one(PluginMeta, saved.id).delete()
    page.get_by_label("Description", exact=True).first.fill("Typed into a record that is gone.")
    page.get_by_role("button", name="Save changes").click()
    expect(page.get_by_role("main")).to_contain_text("Typed into a record that is gone.")
    expect(page.get_by_role("main")).to_contain_text("Nothing was saved")
    page.get_by_role("button", name="New plugin from this").click()
    expect(page.get_by_label("Description", exact=True).first).to_have_value(
        "Typed into a record that is gone."
    )
