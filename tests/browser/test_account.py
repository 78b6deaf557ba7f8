"""Profile, sessions, switching, people and invitations in the browser, with and without JavaScript."""

from __future__ import annotations

import re

import pytest
from playwright.sync_api import Page, expect
from sqlalchemy import select
from sqlalchemy.orm import Session

from tests import factories
from tests.browser.conftest import PHONE, MakePage, SignIn, Site, check_accessibility, check_everywhere
from webapp.accounts.models import User
from webapp.accounts.service import invitations
from webapp.db.session import transaction
from webapp.history.models import Revision
from webapp.plugins.models import PluginMeta


@pytest.fixture
def boss(session: Session) -> factories.Person:
    """Return the staff of an account with a colleague who owns two plugins."""
    boss = factories.person(role="staff", of=factories.account("Hazel & Quince"))
    colleague = factories.person(of=boss.account)
    factories.plugin(colleague)
    factories.plugin(colleague)
    return boss


def invite(boss: factories.Person, site: Site) -> str:
    return f"{site.url}/invite/{invitations.invite(factories.viewer_of(boss), 'Wim', 'member')}"


def test_preferences_take_effect_on_the_next_page(
    either_page: Page, session: Session, signed_in: SignIn
) -> None:
    page = either_page
    owner = factories.person()
    factories.plugin(owner)
    signed_in(page, owner)
    page.goto("/plugins/")
    row = page.locator("#rows tr").first
    assert (row.bounding_box() or {})["height"] == pytest.approx(34, abs=1)
    page.get_by_role("button", name="Your menu").click()
    page.get_by_role("link", name="Account settings").click()
    expect(page.get_by_role("heading", level=1)).to_have_text("Profile")
    page.get_by_label("Theme").select_option("Dark")
    page.get_by_label("Density").select_option("Compact")
    page.get_by_label("Time zone").fill("Pacific/Kiritimati")
    page.get_by_label("Plugins begin with").select_option("Your own plugins")
    page.get_by_role("button", name="Save profile").click()
    expect(page.get_by_text("Your profile is saved")).to_be_visible()
    html = page.locator("html")
    expect(html).to_have_attribute("data-theme", "dark")
    page.get_by_role("navigation", name="Main").get_by_role("link", name="Plugins").click()
    expect(page).to_have_url(re.compile(r"/plugins/\?scope=mine$"))
    expect(html).to_have_attribute("data-density", "compact")
    assert (row.bounding_box() or {})["height"] == pytest.approx(28, abs=1)


def test_the_time_zone_of_the_profile_decides_what_yesterday_is(
    make_page: MakePage, session: Session, signed_in: SignIn
) -> None:
    owner = factories.person()
    saved = factories.plugin(owner)
    with transaction() as opened:
        opened.get_one(User, owner.user_id).preferences = {"time_zone": "Pacific/Kiritimati"}
    page = make_page(timezone_id="UTC")
    signed_in(page, owner)
    page.goto(f"/plugins/{saved.locator}/")
    words = page.evaluate(
        """async () => {
            const source = document.querySelector('script[type=module]').src.replace('app.js', 'times.js');
            const { relative } = await import(source);
            const now = new Date('2026-03-05T23:00:00Z');
            return ['2026-03-05T10:30:00Z', '2026-03-05T09:00:00Z', '2025-12-31T10:30:00Z', '2025-12-31T09:00:00Z']
                .map((moment) => relative(new Date(moment), now));
        }"""
    )
    # At Kiritimati (UTC+14) the 6th began at 10:00 UTC of the 5th, and the year at 10:00 UTC of 31 December.
    assert words == ["12 h ago", "Yesterday", "1 Jan", "31 Dec 2025"]


def test_single_keys_can_be_turned_off_and_saving_by_key_stays(
    page: Page, session: Session, signed_in: SignIn
) -> None:
    owner = factories.person()
    factories.plugin(owner)
    signed_in(page, owner)
    page.goto("/plugins/")
    page.keyboard.press("/")
    expect(page.get_by_label("Search plugins")).to_be_focused()
    page.goto("/account/")
    page.get_by_label("Single-key shortcuts").uncheck()
    expect(page.locator("[data-unsaved]")).to_have_text("1 unsaved change")
    page.keyboard.press("Control+s")
    expect(page.get_by_text("Your profile is saved")).to_be_visible()
    page.goto("/plugins/")
    page.keyboard.press("/")
    page.keyboard.press("f")
    expect(page.get_by_label("Search plugins")).not_to_be_focused()
    expect(page.locator(".search kbd")).to_be_hidden()


def test_a_refused_profile_offers_the_zone_that_was_meant(
    either_page: Page, session: Session, signed_in: SignIn
) -> None:
    page = either_page
    signed_in(page, factories.person())
    page.goto("/account/")
    page.get_by_label("Time zone").fill("new york")
    page.get_by_label("E-mail").fill("a@example.org")
    page.get_by_role("button", name="Save profile").click()
    page.get_by_role("button", name="Use America/New_York").click()
    expect(page.get_by_label("Time zone")).to_have_value("America/New_York")
    expect(page.get_by_label("E-mail")).to_have_value("a@example.org")
    page.get_by_role("button", name="Save profile").click()
    expect(page.get_by_text("Your profile is saved")).to_be_visible()


def test_another_browser_is_signed_out_from_here(
    either_page: Page, make_page: MakePage, session: Session, signed_in: SignIn
) -> None:
    page, elsewhere = either_page, make_page()
    owner = factories.person()
    signed_in(page, owner)
    signed_in(elsewhere, owner)
    elsewhere.goto("/plugins/")
    page.goto("/account/sessions")
    page.get_by_role("button", name="End session").click()
    expect(page.get_by_text("The session is ended")).to_be_visible()
    elsewhere.goto("/plugins/")
    expect(elsewhere.get_by_role("heading", level=1)).to_have_text("Sign in")


def test_the_account_is_switched_in_the_top_bar(
    either_page: Page, session: Session, signed_in: SignIn
) -> None:
    page = either_page
    owner = factories.person(of=factories.account("First account"))
    there = factories.also_in(owner, factories.account("Second account"))
    factories.plugin(there, name="tide_table")
    signed_in(page, owner)
    page.goto("/plugins/")
    page.get_by_role("button", name="Switch account, now First account").click()
    page.get_by_role("button", name="Second account").click()
    expect(page.get_by_role("link", name="tide_table", exact=True)).to_be_visible()
    expect(page.get_by_role("button", name="Switch account, now Second account")).to_be_visible()
    page.set_viewport_size(PHONE)
    page.get_by_role("button", name="Switch account").click()
    expect(page.get_by_role("button", name="First account")).to_be_visible()


def test_staff_disable_somebody_and_hand_over_what_they_own(
    either_page: Page, session: Session, signed_in: SignIn, boss: factories.Person
) -> None:
    page = either_page
    colleague = session.scalars(select(User).where(User.id == boss.user_id + 1)).one().display_name
    session.rollback()
    signed_in(page, boss)
    page.goto("/account/people")
    page.get_by_label(f"Actions for {colleague}").click()
    page.get_by_role("button", name="Disable").click()
    expect(page.get_by_role("heading", level=1)).to_have_text(f"Hand over what {colleague} owns")
    expect(page.get_by_role("button", name="Undo")).to_be_visible()
    page.get_by_label("New owner").select_option(index=1)
    page.get_by_role("button", name="Hand over 2 records").click()
    expect(page.get_by_text(f"2 plugins of {colleague} belong to")).to_be_visible()
    row = page.get_by_role("row").filter(has_text=colleague)
    expect(row).to_contain_text("Disabled")
    page.get_by_label(f"Actions for {colleague}").click()
    page.get_by_role("button", name="Enable").click()
    expect(row).not_to_contain_text("Disabled")
    owners = session.scalars(
        select(PluginMeta.user_profile_id).where(PluginMeta.account_id == boss.account.id)
    ).all()
    assert set(owners) == {boss.profile_id}
    changes = session.scalars(select(Revision.changed).where(Revision.account_id == boss.account.id)).all()
    assert changes.count(["owner"]) == 2


def test_a_role_is_changed_and_taken_back_from_the_toast(
    either_page: Page, session: Session, signed_in: SignIn, boss: factories.Person
) -> None:
    page = either_page
    signed_in(page, boss)
    page.goto("/account/people")
    row = page.get_by_role("row").nth(2)
    row.get_by_label("Actions for").click()
    page.get_by_role("button", name="Make staff").click()
    expect(row).to_contain_text("Staff")
    page.get_by_role("button", name="Undo").click()
    expect(row).to_contain_text("Member")


def test_an_invitation_leads_somebody_new_into_the_account(
    either_page: Page, make_page: MakePage, session: Session, signed_in: SignIn, boss: factories.Person
) -> None:
    page, newcomer = either_page, make_page()
    signed_in(page, boss)
    page.goto("/account/people")
    page.get_by_role("link", name="Invite person").click()
    page.get_by_label("Name").fill("Wim from logistics")
    page.get_by_role("button", name="Create link").click()
    link = page.locator("#invitation-link").text_content() or ""
    newcomer.goto(link.strip())
    expect(newcomer.get_by_role("heading", level=1)).to_have_text("Join Hazel & Quince")
    form = newcomer.locator("#new-form")
    name = f"wim{boss.user_id}"
    form.get_by_label("Username").fill(name)
    form.get_by_label("Password", exact=True).fill("blue lamp on the stairs")
    form.get_by_label("Password again").fill("blue lamp on the stairs")
    form.get_by_role("button", name="Create account and join").click()
    expect(newcomer.get_by_text("You work in Hazel & Quince now")).to_be_visible()
    newcomer.goto(link.strip())
    expect(newcomer.get_by_role("heading", level=1)).to_have_text("This link does not work")
    page.goto("/account/people")
    expect(page.get_by_role("row").filter(has_text=name)).to_contain_text("Wim from logistics")


def test_the_link_is_copied_by_a_button(
    make_page: MakePage, session: Session, signed_in: SignIn, boss: factories.Person
) -> None:
    page = make_page(permissions=["clipboard-read", "clipboard-write"])
    signed_in(page, boss)
    page.goto("/account/people/invite")
    page.get_by_label("Name").fill("Wim")
    page.get_by_role("button", name="Create link").click()
    page.get_by_role("button", name="Copy link").click()
    expect(page.locator("#live")).to_have_text("Copied")
    assert page.evaluate("navigator.clipboard.readText()") == page.locator("#invitation-link").text_content()


@pytest.mark.parametrize(
    "path",
    ["/account/", "/account/sessions", "/account/people", "/account/people/invite", "/account/settings"],
)
def test_every_page_is_accessible(page: Page, signed_in: SignIn, path: str) -> None:
    signed_in(page, "imogen")
    page.goto(path)
    check_everywhere(page)


def test_states_of_the_pages_of_people_are_accessible(
    page: Page, session: Session, signed_in: SignIn, site: Site, boss: factories.Person
) -> None:
    factories.also_in(boss)
    invite(boss, site)
    signed_in(page, boss)
    page.goto("/account/people")
    check_everywhere(page)
    page.get_by_label("Actions for").last.click()
    check_accessibility(page)
    page.get_by_role("button", name="Disable").click()
    check_everywhere(page)
    page.get_by_role("button", name=re.compile("Hand over")).click()
    page.locator("#problems").wait_for()
    check_everywhere(page)
    page.goto("/account/people/invite")
    page.get_by_label("Name").fill("Wim")
    page.get_by_role("button", name="Create link").click()
    page.locator("#invitation-link").wait_for()
    check_everywhere(page)
    page.goto("/plugins/")
    page.get_by_role("button", name="Switch account").click()
    check_accessibility(page)


def test_what_the_holder_of_a_link_sees_is_accessible(
    make_page: MakePage, session: Session, signed_in: SignIn, site: Site, boss: factories.Person
) -> None:
    page = make_page()
    link = invite(boss, site)
    page.goto(link)
    check_everywhere(page)
    page.get_by_role("button", name="Create account and join").click()
    page.locator("#problems").wait_for()
    check_everywhere(page)
    signed_in(page, factories.person())
    page.goto(link)
    check_everywhere(page)
    page.goto("/invite/nothing")
    check_everywhere(page)
