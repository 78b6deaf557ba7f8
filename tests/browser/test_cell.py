"""Editing in place: keys, leaving, errors, clashes, focus, undo, ended sessions; on the list and on the record."""

from __future__ import annotations

import re
from dataclasses import replace

import pytest
from playwright.sync_api import Browser, Locator, Page, expect
from sqlalchemy import delete, func, select
from sqlalchemy.orm import Session

from tests import factories
from tests.browser.conftest import PHONE, WIDE, MakePage, SignIn, Site, check_everywhere
from tests.factories import Person, plugin_values
from webapp.accounts.models import LoginSession
from webapp.db.session import transaction
from webapp.history.models import Revision
from webapp.plugins.models import PluginMeta
from webapp.plugins.queries.record import Record, get_record
from webapp.plugins.service import Saved, update_plugin

BASE = plugin_values(
    "gobstopper", description="Red ones and green ones.", version="1.2.3", tags=("sweets", "shop")
)


@pytest.fixture
def owner(session: Session) -> Person:
    """Return somebody who writes plugins."""
    return factories.person()


@pytest.fixture
def saved(owner: Person) -> Saved:
    """Return a record to edit, in a list of three."""
    factories.plugin(owner, plugin_values("apple", tags=("sweets",)))
    factories.plugin(owner, plugin_values("zebra", tags=("sweets",)))
    return factories.plugin(owner, BASE)


def _list(page: Page, signed_in: SignIn, owner: Person, query: str = "?sort=name") -> None:
    signed_in(page, owner)
    page.goto(f"/plugins/{query}")


def _link(page: Page, saved: Saved, field: str) -> Locator:
    return page.locator(f"#row-{saved.id}-{field}-edit")


def _open(page: Page, saved: Saved, field: str) -> Locator:
    """Open a cell with the keyboard; return its control."""
    _link(page, saved, field).focus()
    page.keyboard.press("Enter")
    control = page.get_by_label(f"{field.capitalize()} of gobstopper", exact=True)
    expect(control).to_be_focused()
    return control


def _stored(session: Session, owner: Person, saved: Saved) -> Record:
    session.rollback()
    session.expire_all()
    return get_record(session, factories.viewer_of(owner), saved.locator)


def _row(page: Page, saved: Saved) -> Locator:
    return page.locator(f"#row-{saved.id}")


# ---- keys -------------------------------------------------------------------------------------------------------


def test_enter_saves_and_the_row_the_counts_and_the_focus_follow(
    page: Page, owner: Person, saved: Saved, session: Session, signed_in: SignIn
) -> None:
    _list(page, signed_in, owner, "?tag=sweets&sort=name")
    control = _open(page, saved, "tags")
    control.press_sequentially("liquorice")
    control.press("Enter")
    control.press("Enter")
    expect(page.locator("#toasts")).to_contain_text("Saved the tags of gobstopper")
    expect(_link(page, saved, "tags")).to_be_focused()
    expect(_row(page, saved).locator(".c-tags")).to_contain_text("liquorice")
    expect(page.locator("#facets")).to_contain_text("liquorice")
    expect(_row(page, saved).locator(".c-upd time")).to_have_text("Just now")
    expect(page.locator("form[data-cell]")).to_have_count(0)
    assert _stored(session, owner, saved).values.tags == ("sweets", "shop", "liquorice")
    # The row follows once more, from where it is.
    control = _open(page, saved, "version")
    control.fill("2.0.0")
    control.press("Enter")
    expect(_row(page, saved).locator(".ver")).to_have_text("2.0.0")
    expect(_link(page, saved, "version")).to_be_focused()


def test_enter_saves_a_description_and_shift_enter_makes_a_line(
    page: Page, owner: Person, saved: Saved, session: Session, signed_in: SignIn
) -> None:
    _list(page, signed_in, owner)
    control = _open(page, saved, "description")
    control.press("End")
    control.press("Shift+Enter")
    control.press_sequentially("And blue ones.")
    control.press("Enter")
    expect(_row(page, saved)).to_contain_text("Red ones and green ones. And blue ones.")
    assert _stored(session, owner, saved).values.description == "Red ones and green ones.\nAnd blue ones."


def test_escape_gives_back_and_asks_nobody(
    page: Page, owner: Person, saved: Saved, session: Session, signed_in: SignIn
) -> None:
    _list(page, signed_in, owner)
    posts: list[str] = []
    page.on("request", lambda asked: posts.append(asked.url) if asked.method == "POST" else None)
    for field in ("version", "description", "tags"):
        control = _open(page, saved, field)
        control.press_sequentially("other")
        control.press("Escape")
        if field == "tags" and page.locator("form[data-cell]").count():
            control.press("Escape")  # The first one closed the suggestions.
        expect(page.locator("form[data-cell]")).to_have_count(0)
        expect(_link(page, saved, field)).to_be_focused()
    # Enter and leaving without a change are the same.
    _open(page, saved, "version").press("Enter")
    expect(_link(page, saved, "version")).to_be_focused()
    _open(page, saved, "version")
    page.get_by_role("heading", level=1).click()
    expect(page.locator("form[data-cell]")).to_have_count(0)
    assert posts == []
    expect(_row(page, saved).locator(".ver")).to_have_text("1.2.3")
    assert _stored(session, owner, saved).revision == 1


def test_leaving_saves_and_the_focus_stays_where_the_person_went(
    page: Page, owner: Person, saved: Saved, session: Session, signed_in: SignIn
) -> None:
    _list(page, signed_in, owner)
    _open(page, saved, "version").fill("3.0.0")
    page.locator("#q").click()
    expect(_row(page, saved).locator(".ver")).to_have_text("3.0.0")
    expect(page.locator("#q")).to_be_focused()
    _open(page, saved, "description").fill("Left for another cell.")
    _link(page, saved, "tags").click()
    expect(_row(page, saved)).to_contain_text("Left for another cell.")
    # The cell that was opened meanwhile is still there, and its own save does not stumble over the first one.
    control = page.get_by_label("Tags of gobstopper", exact=True)
    expect(control).to_be_focused()
    control.press_sequentially("blue")
    control.press("Enter")
    control.press("Enter")
    expect(_row(page, saved).locator(".c-tags")).to_contain_text("+1")
    now = _stored(session, owner, saved).values
    assert (now.version, now.description, now.tags) == (
        "3.0.0",
        "Left for another cell.",
        ("sweets", "shop", "blue"),
    )


def test_a_link_that_is_pressed_while_a_cell_is_saved_waits_for_it(
    page: Page, owner: Person, saved: Saved, signed_in: SignIn, site: Site
) -> None:
    _list(page, signed_in, owner)
    page.route("**/cell/version", lambda route: (page.wait_for_timeout(150), route.continue_()))
    _open(page, saved, "version").fill("4.0.0")
    page.get_by_role("link", name="gobstopper", exact=True).click()
    expect(page).to_have_url(f"{site.url}/plugins/{saved.locator}/?in=sort%3Dname")
    expect(page.locator("#record-head")).to_contain_text("4.0.0")
    page.go_back()
    _open(page, saved, "version").fill("not one")
    page.locator("#facets").get_by_role("link", name=re.compile("^static")).click()
    # It was refused: the person stays with it.
    expect(page.locator("[data-cell=refused]")).to_contain_text("Write three numbers")
    expect(page.get_by_label("Version of gobstopper", exact=True)).to_have_value("not one")
    assert "class=" not in page.url
    page.locator("#facets").get_by_role("link", name=re.compile("^static")).click()
    expect(page.locator("#alerts")).to_contain_text("A change is not saved yet")
    expect(page.get_by_label("Version of gobstopper", exact=True)).to_be_focused()
    page.keyboard.press("Escape")
    page.locator("#facets").get_by_role("link", name=re.compile("^static")).click()
    expect(page).to_have_url(re.compile("class=static"))


def test_nothing_is_saved_while_a_word_is_composed(
    page: Page, owner: Person, saved: Saved, signed_in: SignIn
) -> None:
    _list(page, signed_in, owner)
    control = _open(page, saved, "description")
    for key in ("Enter", "Escape"):
        control.evaluate(
            "(box, key) => box.dispatchEvent(new KeyboardEvent('keydown', {key, isComposing: true, bubbles: true, cancelable: true}))",
            key,
        )
    expect(page.locator("form[data-cell=open]")).to_have_count(1)
    expect(control).to_be_focused()


def test_a_double_click_on_the_cell_opens_it_and_hover_moves_nothing(
    page: Page, owner: Person, saved: Saved, signed_in: SignIn
) -> None:
    _list(page, signed_in, owner)
    cell = _row(page, saved).locator(".c-ver")
    before = _row(page, saved).bounding_box()
    cell.hover()
    expect(_link(page, saved, "version")).to_have_css("opacity", "1")
    cell.dblclick()
    expect(page.get_by_label("Version of gobstopper", exact=True)).to_be_focused()
    expect(page.locator("form[data-cell]")).to_have_count(1)
    assert _row(page, saved).bounding_box() == before


# ---- errors, clashes, trouble -----------------------------------------------------------------------------------


def test_an_error_stays_in_the_cell_with_its_fix(
    page: Page, owner: Person, saved: Saved, signed_in: SignIn
) -> None:
    _list(page, signed_in, owner)
    control = _open(page, saved, "version")
    control.fill("2.1")
    control.press("Enter")
    cell = _row(page, saved).locator(".c-ver")
    expect(cell).to_contain_text("Write three numbers")
    control = page.get_by_label("Version of gobstopper", exact=True)
    expect(control).to_be_focused()
    expect(control).to_have_value("2.1")
    expect(control).to_have_attribute("aria-invalid", "true")
    check_everywhere(page)
    cell.get_by_role("button", name="Use 2.1.0").click()
    expect(control).to_have_value("2.1.0")
    control.press("Enter")
    expect(_row(page, saved).locator(".ver")).to_have_text("2.1.0")


def test_a_clash_is_decided_in_the_cell(
    page: Page, owner: Person, saved: Saved, session: Session, signed_in: SignIn
) -> None:
    _list(page, signed_in, owner)
    colleague = factories.person("veruca_salt", role="staff", of=owner.account)
    viewer = factories.viewer_of(colleague)
    control = _open(page, saved, "description")
    update_plugin(viewer, saved.id, 1, replace(BASE, description="Only <b>blue</b> ones.", version="2.0.0"))
    control.fill("Only red ones.")
    control.press("Enter")
    cell = page.locator("[data-cell=clash]")
    expect(cell).to_contain_text("Veruca Salt changed the description meanwhile, to: Only <b>blue</b> ones.")
    expect(page.get_by_label("Description of gobstopper", exact=True)).to_have_value("Only red ones.")
    expect(page.get_by_label("Description of gobstopper", exact=True)).to_be_focused()
    # Leaving decides nothing.
    page.get_by_role("heading", level=1).click()
    expect(cell).to_be_visible()
    cell.get_by_role("button", name="Save mine").click()
    expect(_row(page, saved)).to_contain_text("Only red ones.")
    expect(_row(page, saved).locator(".ver")).to_have_text("2.0.0")
    expect(_link(page, saved, "description")).to_be_focused()
    control = _open(page, saved, "description")
    update_plugin(viewer, saved.id, 3, replace(BASE, description="Theirs again.", version="2.0.0"))
    control.fill("Mine again.")
    control.press("Enter")
    expect(cell).to_be_visible()
    expect(page.get_by_label("Description of gobstopper", exact=True)).to_be_focused()
    page.keyboard.press("Escape")
    expect(cell).to_have_count(0)
    expect(_row(page, saved)).to_contain_text("Theirs again.")
    expect(_link(page, saved, "description")).to_be_focused()
    assert _stored(session, owner, saved).values.description == "Theirs again."


def test_a_record_that_is_gone_leaves_the_text_to_copy(
    page: Page, owner: Person, saved: Saved, signed_in: SignIn
) -> None:
    _list(page, signed_in, owner)
    control = _open(page, saved, "description")
    with transaction() as writing:
        writing.get_one(PluginMeta, saved.id).delete()
    control.fill("Much that I have typed.")
    control.press("Enter")
    typed = page.get_by_label("What you typed into the description")
    expect(typed).to_have_value("Much that I have typed.")
    expect(typed).to_have_attribute("readonly", "")
    check_everywhere(page)
    page.get_by_role("link", name="Close").click()
    expect(page.locator("[data-cell]")).to_have_count(0)


@pytest.mark.parametrize(
    ("status", "body"), [(413, '<section id="error">Too large</section>'), (400, "<h1>Bad gateway</h1>")]
)
def test_an_answer_about_something_else_does_not_take_the_place_of_what_was_typed(
    page: Page, owner: Person, saved: Saved, signed_in: SignIn, status: int, body: str
) -> None:
    _list(page, signed_in, owner)
    control = _open(page, saved, "version")
    page.route("**/cell/version", lambda route: route.fulfill(status=status, body=body))
    control.fill("5.0.0")
    control.press("Enter")
    expect(page.locator("#alerts")).to_contain_text("Your text is still here.")
    expect(control).to_have_value("5.0.0")
    page.unroute("**/cell/version")
    control.press("Enter")
    expect(_row(page, saved).locator(".ver")).to_have_text("5.0.0")


def test_without_an_answer_the_text_stays_and_can_be_sent_again(
    browser: Browser, site: Site, owner: Person, saved: Saved, signed_in: SignIn
) -> None:
    # A window of its own: here the browser rightly writes an error on the console.
    with browser.new_context(base_url=site.url, viewport=WIDE, reduced_motion="reduce") as context:
        page = context.new_page()
        _list(page, signed_in, owner)
        control = _open(page, saved, "version")
        page.route("**/cell/version", lambda route: route.abort())
        control.fill("5.0.0")
        control.press("Enter")
        expect(page.locator("#alerts")).to_contain_text("The server did not answer. Your text is still here.")
        expect(control).to_have_value("5.0.0")
        page.unroute("**/cell/version")
        page.locator("#alerts").get_by_role("button", name="Try again").click()
        expect(_row(page, saved).locator(".ver")).to_have_text("5.0.0")


def test_an_undo_writes_it_back_and_the_focus_returns(
    page: Page, owner: Person, saved: Saved, session: Session, signed_in: SignIn
) -> None:
    _list(page, signed_in, owner)
    control = _open(page, saved, "version")
    control.fill("2.0.0")
    control.press("Enter")
    page.locator("#toasts").get_by_role("button", name="Undo").click()
    expect(page.locator("#toasts")).to_contain_text("Took back the version of gobstopper")
    expect(_row(page, saved).locator(".ver")).to_have_text("1.2.3")
    expect(_link(page, saved, "version")).to_be_focused()
    expect(page.locator("#toasts .toast")).to_have_count(1)
    assert _stored(session, owner, saved).values == BASE


# ---- the end of a session ---------------------------------------------------------------------------------------


def test_a_session_that_ends_in_a_cell_leads_back_to_it(
    page: Page, owner: Person, saved: Saved, session: Session, signed_in: SignIn, site: Site
) -> None:
    _list(page, signed_in, owner, "?tag=sweets&sort=name")
    control = _open(page, saved, "tags")
    with transaction() as writing:
        writing.execute(delete(LoginSession).where(LoginSession.user_id == owner.user_id))
    control.press_sequentially("typed before")
    control.press("Enter")
    control.press("Enter")
    expect(page.get_by_role("heading", level=1)).to_have_text("Sign in")
    expect(page.locator("table")).to_have_count(0)
    page.get_by_label("Username").fill(owner.username)
    page.get_by_label("Password").fill(owner.password)
    page.get_by_role("button", name="Sign in").click()
    control = page.get_by_label("Tags of gobstopper", exact=True)
    expect(control).to_be_focused()
    expect(page.locator("[data-cell=draft]")).to_contain_text("typed before")
    expect(page).to_have_url(f"{site.url}/plugins/?tag=sweets&sort=name")
    expect(page.locator("#resume")).to_have_count(0)
    control.press("Enter")
    expect(page.locator("#toasts")).to_contain_text("Saved the tags")
    expect(_row(page, saved).locator(".c-tags a.tag")).to_have_text(["shop", "typed before"])
    assert _stored(session, owner, saved).values.tags == ("sweets", "shop", "typed before")


def test_where_the_row_is_gone_the_page_says_where_to_go_on(
    page: Page, owner: Person, saved: Saved, session: Session, signed_in: SignIn
) -> None:
    _list(page, signed_in, owner, "?tag=shop")
    control = _open(page, saved, "version")
    with transaction() as writing:
        writing.execute(delete(LoginSession).where(LoginSession.user_id == owner.user_id))
    update_plugin(factories.viewer_of(owner), saved.id, 1, replace(BASE, tags=()))
    control.fill("6.0.0")
    control.press("Enter")
    page.get_by_label("Username").fill(owner.username)
    page.get_by_label("Password").fill(owner.password)
    page.get_by_role("button", name="Sign in").click()
    expect(page.locator("#resume")).to_contain_text("typed into the version of gobstopper")
    page.get_by_role("link", name="Go on with it").click()
    expect(page.get_by_label("Version of gobstopper")).to_have_value("6.0.0")
    page.get_by_role("button", name="Save version").click()
    expect(page).to_have_url(re.compile(r"/plugins/\?tag=shop#row-"))
    assert _stored(session, owner, saved).values.version == "6.0.0"


# ---- who may, and where else ------------------------------------------------------------------------------------


def test_the_links_are_there_only_where_the_viewer_may_edit(
    page: Page, owner: Person, saved: Saved, session: Session, signed_in: SignIn
) -> None:
    colleague = factories.person(of=owner.account)
    theirs = factories.plugin(colleague, plugin_values("theirs"))
    _list(page, signed_in, owner)
    expect(_link(page, saved, "version")).to_be_visible()
    expect(_link(page, theirs, "version")).to_be_hidden()
    _row(page, theirs).locator(".c-ver").dblclick()
    expect(page.locator("[data-cell]")).to_have_count(0)
    page.goto(f"/plugins/{theirs.locator}/")
    expect(page.locator(".edit")).to_have_count(0)


def test_the_record_is_edited_where_it_is_shown(
    page: Page, owner: Person, saved: Saved, session: Session, signed_in: SignIn
) -> None:
    signed_in(page, owner)
    page.goto(f"/plugins/{saved.locator}/")
    for field, text, where in (
        ("version", "7.0.0", "#record-head"),
        ("description", "Another text.", "#record-lead"),
    ):
        page.locator(f"#record-{field}-edit").click()
        control = page.get_by_label(f"{field.capitalize()} of gobstopper", exact=True)
        expect(control).to_be_focused()
        control.fill(text)
        control.press("Enter")
        expect(page.locator(where)).to_contain_text(text)
        expect(page.locator(f"#record-{field}-edit")).to_be_focused()
    page.locator("#record-tags-edit").click()
    control = page.get_by_label("Tags of gobstopper", exact=True)
    control.press("Backspace")
    control.press("Enter")
    expect(page.locator("#record-aside .tag")).to_have_text(["sweets"])
    expect(page.locator("#record-tags-edit")).to_be_focused()
    expect(page.locator("#record-aside")).to_contain_text("7.0.0")
    assert _stored(session, owner, saved).revision == 4


def test_without_script_every_edit_is_a_page(
    page_without_javascript: Page,
    owner: Person,
    saved: Saved,
    session: Session,
    signed_in: SignIn,
    site: Site,
) -> None:
    page = page_without_javascript
    _list(page, signed_in, owner, "?scope=mine")
    link = _link(page, saved, "version")
    link.focus()
    expect(link).to_have_css("opacity", "1")
    page.keyboard.press("Enter")
    expect(page.get_by_role("heading", level=1)).to_have_text("Edit version of gobstopper")
    page.get_by_label("Version of gobstopper").fill("8.0.0")
    page.get_by_role("button", name="Save version").click()
    expect(page).to_have_url(f"{site.url}/plugins/?scope=mine#row-{saved.id}")
    expect(_row(page, saved).locator(".ver")).to_have_text("8.0.0")
    page.locator("#toasts").get_by_role("button", name="Undo").click()
    expect(_row(page, saved).locator(".ver")).to_have_text("1.2.3")
    # A list in which only some rows are mine shows no links that would be refused.
    page.goto("/plugins/?scope=account")
    expect(_link(page, saved, "version")).to_be_hidden()


def test_a_phone_edits_in_the_list_and_on_the_record(
    make_page: MakePage, owner: Person, saved: Saved, session: Session, signed_in: SignIn
) -> None:
    page = make_page(viewport=PHONE, has_touch=True, is_mobile=True)
    _list(page, signed_in, owner)
    _link(page, saved, "tags").tap()
    control = page.get_by_label("Tags of gobstopper", exact=True)
    control.press_sequentially("small")
    page.locator("form[data-cell]").get_by_role("button", name="Save", exact=True).tap()
    expect(_row(page, saved).locator(".c-tags")).to_contain_text("+1")
    page.goto(f"/plugins/{saved.locator}/")
    page.locator("#record-version-edit").tap()
    page.get_by_label("Version of gobstopper", exact=True).fill("9.0.0")
    page.locator("form[data-cell]").get_by_role("button", name="Save", exact=True).tap()
    expect(page.locator("#record-head")).to_contain_text("9.0.0")
    assert _stored(session, owner, saved).values.tags == ("sweets", "shop", "small")


@pytest.mark.parametrize("field", ["version", "description", "tags"])
def test_an_open_cell_is_accessible_everywhere(
    page: Page, owner: Person, saved: Saved, signed_in: SignIn, field: str
) -> None:
    # One row alone: an open cell lies over the links of those below it, which axe takes for small targets.
    _list(page, signed_in, owner, "?q=gobstopper&tag=shop")
    _open(page, saved, field)
    check_everywhere(page)
    page.keyboard.press("Escape")
    page.goto(f"/plugins/{saved.locator}/")
    page.locator(f"#record-{field}-edit").click()
    expect(page.get_by_label(f"{field.capitalize()} of gobstopper", exact=True)).to_be_focused()
    check_everywhere(page)
    page.keyboard.press("Escape")
    page.goto(f"/plugins/{saved.locator}/cell/{field}")
    check_everywhere(page)


def test_one_save_is_one_revision_however_often_it_is_sent(
    page: Page, owner: Person, saved: Saved, session: Session, signed_in: SignIn
) -> None:
    _list(page, signed_in, owner)
    control = _open(page, saved, "version")
    control.fill("2.0.0")
    page.keyboard.press("Enter")
    page.keyboard.press("Enter")
    page.locator("#q").click()
    expect(_row(page, saved).locator(".ver")).to_have_text("2.0.0")
    session.rollback()
    count = session.scalar(select(func.count()).select_from(Revision).where(Revision.record_id == saved.id))
    assert count == 2
