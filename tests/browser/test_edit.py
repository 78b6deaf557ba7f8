"""Creating and editing: tags, rows, live checks, suggestions, and nothing typed is ever lost."""

from __future__ import annotations

import re

import pytest
from playwright.sync_api import Page, expect
from sqlalchemy.orm import Session

from tests import factories
from tests.browser.conftest import SignIn, Site
from tests.factories import Person
from webapp.plugins.models import PluginMeta
from webapp.plugins.service import Saved


@pytest.fixture
def owner(session: Session) -> Person:
    """Return somebody who writes plugins."""
    return factories.person()


@pytest.fixture
def saved(owner: Person) -> Saved:
    """Return a record to edit."""
    return factories.plugin(owner, name="gobstopper", tags=("sweets", "shop"))


def _open(page: Page, signed_in: SignIn, owner: Person, saved: Saved | None = None) -> None:
    signed_in(page, owner)
    page.goto(f"/plugins/{saved.locator}/edit" if saved else "/plugins/new")


def _stored(session: Session, plugin_id: int) -> PluginMeta:
    session.rollback()
    session.expire_all()
    return session.get_one(PluginMeta, plugin_id)


def test_a_plugin_is_created(either_page: Page, owner: Person, signed_in: SignIn) -> None:
    page = either_page
    _open(page, signed_in, owner)
    page.get_by_label("Name", exact=True).fill("sherbet_fountain")
    page.get_by_label("Description", exact=True).first.fill("What a person may ask about sherbet.")
    page.get_by_label("Version", exact=True).fill("1.2.3")
    page.get_by_label("Static data", exact=True).fill("colour: yellow\nprices: [1, 2]\n")
    page.get_by_role("button", name="Create plugin").click()
    expect(page.get_by_role("heading", level=1)).to_have_text("sherbet_fountain")
    expect(page.get_by_role("main")).to_contain_text("1.2.3")
    expect(page.get_by_role("main")).to_contain_text("yellow")


def test_a_change_is_saved_and_said(
    either_page: Page, owner: Person, saved: Saved, session: Session, signed_in: SignIn, site: Site
) -> None:
    page = either_page
    _open(page, signed_in, owner, saved)
    page.get_by_label("Description", exact=True).first.fill("Another description of the sweet.")
    page.get_by_role("button", name="Save changes").click()
    expect(page).to_have_url(f"{site.url}/plugins/{saved.locator}/")
    expect(page.get_by_role("main")).to_contain_text("Another description of the sweet.")
    expect(page.locator("#toasts")).to_contain_text("Saved")
    assert _stored(session, saved.id).revision == saved.revision + 1


def test_control_s_saves(page: Page, owner: Person, saved: Saved, signed_in: SignIn, site: Site) -> None:
    _open(page, signed_in, owner, saved)
    page.get_by_label("Version", exact=True).fill("2.0.0")
    page.keyboard.press("Control+s")
    expect(page).to_have_url(f"{site.url}/plugins/{saved.locator}/")


def test_a_refused_form_shows_every_error_and_keeps_every_text(
    either_page: Page, owner: Person, signed_in: SignIn
) -> None:
    page = either_page
    _open(page, signed_in, owner)
    page.get_by_label("Name", exact=True).fill("Everlasting Gobstopper")
    page.get_by_label("Version", exact=True).fill("one")
    page.get_by_label("Temperature", exact=True).fill("7")
    page.get_by_label("Static data", exact=True).fill("a: [1\nb: <kept>")
    with page.expect_response(
        lambda answer: answer.request.method == "POST" and "check" not in answer.url
    ) as answer:
        page.get_by_role("button", name="Create plugin").click()
    assert answer.value.status == 422
    summary = page.locator("#problems")
    for label in ("Name", "Version", "Temperature", "Static data"):
        expect(summary.get_by_role("link", name=label, exact=True)).to_be_visible()
        expect(page.get_by_label(label, exact=True)).to_have_attribute("aria-invalid", "true")
    expect(page.get_by_label("Name", exact=True)).to_have_value("Everlasting Gobstopper")
    expect(page.get_by_label("Static data", exact=True)).to_have_value("a: [1\nb: <kept>")
    expect(page).to_have_title(re.compile("^Error"))


def test_the_summary_takes_the_focus_and_leads_to_the_field(
    page: Page, owner: Person, signed_in: SignIn
) -> None:
    _open(page, signed_in, owner)
    page.get_by_label("Name", exact=True).fill("ok_name")
    page.get_by_label("Version", exact=True).fill("one")
    page.get_by_role("button", name="Create plugin").click()
    expect(page.locator("#problems")).to_be_focused()
    page.locator("#problems").get_by_role("link", name="Version").click()
    expect(page.get_by_label("Version", exact=True)).to_be_focused()


def test_the_suggested_name_is_one_press_away(either_page: Page, owner: Person, signed_in: SignIn) -> None:
    page = either_page
    _open(page, signed_in, owner)
    page.get_by_label("Name", exact=True).fill("everlastingGobstopper")
    page.get_by_label("Description", exact=True).first.fill("Typed before the suggestion was taken.")
    page.get_by_role("button", name="Create plugin").click()
    page.locator("#name-error").get_by_role("button", name="Use everlasting_gobstopper").click()
    expect(page.get_by_label("Name", exact=True)).to_have_value("everlasting_gobstopper")
    expect(page.get_by_label("Description", exact=True).first).to_have_value(
        "Typed before the suggestion was taken."
    )
    expect(page.locator("#name-error")).to_have_count(0)
    page.get_by_role("button", name="Create plugin").click()
    expect(page.get_by_role("heading", level=1)).to_have_text("everlasting_gobstopper")


def test_a_field_is_checked_when_the_person_leaves_it(
    page: Page, owner: Person, saved: Saved, signed_in: SignIn
) -> None:
    _open(page, signed_in, owner)
    name = page.get_by_label("Name", exact=True)
    name.fill("Not A Name")
    name.press("Tab")
    expect(page.locator("#name-error")).to_contain_text("lower-case words")
    expect(page.get_by_label("Name", exact=True)).to_have_attribute(
        "aria-describedby", re.compile("name-error")
    )
    expect(page.get_by_label("Description", exact=True).first).to_be_focused()
    name.fill("gobstopper")
    name.press("Tab")
    expect(page.locator("#name-error")).to_contain_text("already")
    name.fill("fine_name")
    name.press("Tab")
    expect(page.locator("#name-error")).to_have_count(0)


def test_a_name_of_another_account_is_not_told_as_taken(
    page: Page, saved: Saved, session: Session, signed_in: SignIn
) -> None:
    _open(page, signed_in, factories.person())
    name = page.get_by_label("Name", exact=True)
    name.fill("gobstopper")
    with page.expect_response(re.compile("check-field")):
        name.press("Tab")
    expect(page.locator("#name-error")).to_have_count(0)


def test_tags_are_added_suggested_and_removed(
    page: Page, owner: Person, saved: Saved, session: Session, signed_in: SignIn
) -> None:
    factories.plugin(owner, tags=("chocolate", "chili"))
    _open(page, signed_in, owner, saved)
    entry = page.get_by_label("Tags", exact=True)
    entry.press_sequentially("cho")
    page.get_by_role("option", name=re.compile("chocolate")).click()
    entry.press_sequentially("brand new,")
    entry.press_sequentially("SWEETS")
    entry.press("Enter")
    box = page.locator("[data-tagbox]").first
    expect(box.locator(".tag")).to_have_text(["sweets", "shop", "chocolate", "brand new"])
    box.get_by_role("button", name="Remove tag shop").click()
    entry.press_sequentially("typed but not added")
    page.get_by_role("button", name="Save changes").click()
    expect(page.get_by_role("heading", level=1)).to_have_text("gobstopper")
    assert _stored(session, saved.id).tags_list == ["sweets", "chocolate", "brand new", "typed but not added"]


def test_suggestions_can_be_chosen_by_keys(
    page: Page, owner: Person, saved: Saved, signed_in: SignIn
) -> None:
    factories.plugin(owner, tags=("chocolate", "chili"))
    _open(page, signed_in, owner, saved)
    entry = page.get_by_label("Tags", exact=True)
    entry.press_sequentially("ch")
    expect(page.get_by_role("listbox").get_by_role("option")).to_have_count(2)
    entry.press("ArrowDown")
    entry.press("Enter")
    expect(page.locator("[data-tagbox]").first.locator(".tag")).to_have_count(3)
    entry.press("Backspace")
    expect(page.locator("[data-tagbox]").first.locator(".tag")).to_have_text(["sweets", "shop"])


def test_tags_of_another_account_are_never_suggested(page: Page, session: Session, signed_in: SignIn) -> None:
    factories.plugin(factories.person(), tags=("topsecret",))
    _open(page, signed_in, factories.person())
    entry = page.get_by_label("Tags", exact=True)
    with page.expect_response(re.compile("tags.json")) as answer:
        entry.press_sequentially("topsec")
    assert answer.value.json() == []


def test_tags_are_a_plain_list_without_script(
    page_without_javascript: Page, owner: Person, saved: Saved, session: Session, signed_in: SignIn
) -> None:
    page = page_without_javascript
    _open(page, signed_in, owner, saved)
    expect(page.get_by_label("Tags", exact=True)).to_have_value("sweets, shop")
    page.get_by_label("Tags", exact=True).fill("shop, new one, Shop")
    page.get_by_role("button", name="Save changes").click()
    expect(page.get_by_role("heading", level=1)).to_have_text("gobstopper")
    assert _stored(session, saved.id).tags_list == ["shop", "new one"]


def test_annotations_are_rows_that_come_and_go(
    either_page: Page, owner: Person, session: Session, signed_in: SignIn
) -> None:
    page = either_page
    saved = factories.plugin(owner, name="annotated", annotations=({"team": "sweets"}, {"floor": 3}))
    _open(page, signed_in, owner, saved)
    page.get_by_role("button", name="Add annotation").click()
    page.get_by_label("Key 3").fill("plugdeck.example/since")
    page.get_by_label("Value 3").fill("2026")
    page.get_by_role("button", name="Remove annotation 1").click()
    expect(page.get_by_label("Key 1")).to_have_value("floor")
    page.get_by_role("button", name="Save changes").click()
    expect(page.get_by_role("heading", level=1)).to_have_text("annotated")
    assert _stored(session, saved.id).annotations == [{"floor": 3}, {"plugdeck.example/since": 2026}]


def test_the_class_decides_which_fields_are_there(page: Page, owner: Person, signed_in: SignIn) -> None:
    factories.sql_connection(owner, "warehouse")
    _open(page, signed_in, owner)
    expect(page.get_by_label("Static data", exact=True)).to_be_visible()
    expect(page.get_by_label("SQL query", exact=True)).to_be_hidden()
    page.get_by_label("Class", exact=True).select_option("sql")
    expect(page.get_by_label("Static data", exact=True)).to_be_hidden()
    page.get_by_label("SQL query", exact=True).fill("SELECT 1 WHERE {colour} = 1")
    page.get_by_label("Connection", exact=True).select_option("warehouse")
    page.get_by_role("button", name="Add parameter").click()
    page.get_by_label("Parameter 1", exact=True).fill("colour")
    page.get_by_label("Name", exact=True).fill("by_colour")
    page.get_by_role("button", name="Create plugin").click()
    expect(page.get_by_role("heading", level=1)).to_have_text("by_colour")
    expect(page.get_by_role("main")).to_contain_text("warehouse")


def test_the_class_decides_without_script_by_a_button(
    page_without_javascript: Page, owner: Person, signed_in: SignIn
) -> None:
    page = page_without_javascript
    _open(page, signed_in, owner)
    page.get_by_label("Name", exact=True).fill("by_call")
    page.get_by_label("Class", exact=True).select_option("api")
    page.get_by_role("button", name="Show fields").click()
    expect(page.get_by_label("Name", exact=True)).to_have_value("by_call")
    page.get_by_label("Endpoint", exact=True).fill("/v1/sweets")
    page.get_by_label("Method", exact=True).select_option("POST")
    page.get_by_role("button", name="Create plugin").click()
    expect(page.get_by_role("main")).to_contain_text("/v1/sweets")


def test_leaving_with_unsaved_changes_asks_first(
    page: Page, owner: Person, saved: Saved, signed_in: SignIn
) -> None:
    asked: list[str] = []

    def stay(dialog: object) -> None:
        asked.append(dialog.type)  # type: ignore[attr-defined]
        dialog.dismiss()  # type: ignore[attr-defined]

    page.on("dialog", stay)
    _open(page, signed_in, owner, saved)
    page.get_by_label("Version", exact=True).fill("9.9.9")
    expect(page.locator("[data-unsaved]")).to_have_text("1 unsaved change")
    page.get_by_role("link", name="Manifests").first.click()
    expect(page.get_by_label("Version", exact=True)).to_have_value("9.9.9")
    assert asked == ["beforeunload"]


def test_leaving_without_changes_asks_nothing(
    page: Page, owner: Person, saved: Saved, signed_in: SignIn
) -> None:
    _open(page, signed_in, owner, saved)
    page.get_by_role("link", name="Cancel").click()
    expect(page.get_by_role("heading", level=1)).to_have_text("gobstopper")


def test_a_session_that_ended_loses_nothing_that_was_typed(
    either_page: Page, owner: Person, saved: Saved, session: Session, signed_in: SignIn
) -> None:
    page = either_page
    _open(page, signed_in, owner, saved)
    page.get_by_label("Description", exact=True).first.fill("Typed while the session ended elsewhere.")
    page.context.clear_cookies()
    page.get_by_role("button", name="Save changes").click()
    expect(page.get_by_role("heading", name="Sign in")).to_be_visible()
    page.get_by_label("Username").fill(owner.username)
    page.get_by_label("Password", exact=True).fill(owner.password)
    page.get_by_role("main").get_by_role("button", name="Sign in").click()
    expect(page.get_by_label("Description", exact=True).first).to_have_value(
        "Typed while the session ended elsewhere."
    )
    page.get_by_role("button", name="Save changes").click()
    expect(page.get_by_role("main")).to_contain_text("Typed while the session ended elsewhere.")


def test_a_field_left_after_the_session_ended_says_so_and_stays(
    page: Page, owner: Person, saved: Saved, signed_in: SignIn
) -> None:
    _open(page, signed_in, owner, saved)
    page.context.clear_cookies()
    for version in ("1.2.", "1.2.4"):
        page.get_by_label("Version", exact=True).fill(version)
        page.get_by_label("Name", exact=True).focus()
        expect(page.get_by_role("alert")).to_contain_text("Your session has ended.")
    expect(page.locator("#alerts .toast")).to_have_count(1)
    expect(page.get_by_label("Version", exact=True)).to_have_value("1.2.4")
    assert page.context.cookies() == []


def test_the_text_of_people_stays_text_in_the_form(
    page: Page, owner: Person, session: Session, signed_in: SignIn
) -> None:
    nasty = '</textarea><script>window.hacked=1</script> "quoted" {{ 7*7 }}'
    saved = factories.plugin(owner, name="nasty", description=nasty)
    _open(page, signed_in, owner, saved)
    expect(page.get_by_label("Description", exact=True).first).to_have_value(nasty)
    assert page.evaluate("window.hacked") is None
    page.get_by_label("Version", exact=True).fill("1.0.1")
    page.get_by_role("button", name="Save changes").click()
    expect(page.get_by_role("heading", level=1)).to_have_text("nasty")
    assert _stored(session, saved.id).description == nasty
