"""The record page: everything on it, its copy buttons and its share link."""

from __future__ import annotations

import json
import os
import re
import subprocess

import pytest
from playwright.sync_api import Page, expect
from sqlalchemy.orm import Session

from tests import factories
from tests.browser.conftest import MakePage, SignIn, Site
from webapp.plugins.service import Saved, link_chatbot, update_plugin
from webapp.plugins.values import PromptValues, SelectorValues


@pytest.fixture
def owner(session: Session) -> factories.Person:
    """Return the owner of the record."""
    return factories.person()


@pytest.fixture
def saved(owner: factories.Person) -> Saved:
    """Return a record with everything on it."""
    return factories.plugin(owner, name="gobstopper", annotations=({"team/owner": "sweets"}, {"ids": [1, 2]}))


def test_the_page_shows_every_part(
    either_page: Page, owner: factories.Person, saved: Saved, signed_in: SignIn
) -> None:
    page = either_page
    signed_in(page, owner)
    page.goto(f"/plugins/{saved.locator}/")
    expect(page.get_by_role("heading", level=1)).to_have_text("gobstopper")
    expect(page).to_have_title("gobstopper · Plugdeck")
    main = page.get_by_role("main")
    for text in (
        "sherbet",
        "You answer questions about sweets.",
        "team/owner",
        saved.locator,
        owner.account.name,
    ):
        expect(main).to_contain_text(text)
    main.get_by_role("link", name="shop").click()
    expect(page).to_have_url(re.compile(r"/plugins/\?tag=shop"))
    expect(page.locator("#rows")).to_contain_text("gobstopper")


def test_the_share_link_is_copied_and_survives_a_rename(
    make_page: MakePage, owner: factories.Person, saved: Saved, signed_in: SignIn, site: Site
) -> None:
    page = make_page(permissions=["clipboard-read", "clipboard-write"])
    signed_in(page, owner)
    page.goto(f"/plugins/{saved.locator}/")
    page.get_by_role("button", name="Copy link").click()
    expect(page.locator("#live")).to_have_text(re.compile("[Cc]opied"))
    link = page.evaluate("navigator.clipboard.readText()")
    assert link == f"{site.url}/r/{saved.locator}"
    update_plugin(factories.viewer_of(owner), saved.id, saved.revision, factories.plugin_values("renamed"))
    page.goto(link)
    expect(page.get_by_role("heading", level=1)).to_have_text("renamed")
    expect(page).to_have_url(f"{site.url}/plugins/{saved.locator}/")


def test_the_manifest_is_copied_as_it_is_downloaded(
    make_page: MakePage, owner: factories.Person, saved: Saved, signed_in: SignIn
) -> None:
    page = make_page(permissions=["clipboard-read", "clipboard-write"])
    signed_in(page, owner)
    page.goto(f"/plugins/{saved.locator}/manifest")
    page.get_by_role("main").get_by_role("button", name="Copy", exact=True).first.click()
    expect(page.locator("#live")).to_have_text(re.compile("[Cc]opied"))
    copied = page.evaluate("navigator.clipboard.readText()")
    file = page.request.get(f"/plugins/{saved.locator}/manifest.yaml")
    assert copied.strip() == file.text().strip()
    assert "name: gobstopper" in copied


def test_without_a_clipboard_the_text_is_offered_for_copying(
    page: Page, owner: factories.Person, saved: Saved, signed_in: SignIn
) -> None:
    signed_in(page, owner)
    page.add_init_script("navigator.clipboard.writeText = () => Promise.reject(new Error('no'))")
    page.goto(f"/plugins/{saved.locator}/")
    page.get_by_role("button", name="Copy link").click()
    expect(page.locator("#live")).to_contain_text("Control C")


def test_copy_buttons_are_hidden_without_script(
    page_without_javascript: Page, owner: factories.Person, saved: Saved, signed_in: SignIn
) -> None:
    page = page_without_javascript
    signed_in(page, owner)
    page.goto(f"/plugins/{saved.locator}/")
    for button in page.locator("[data-copy]").all():
        expect(button).to_be_hidden()


@pytest.mark.parametrize("kind", ["YAML", "JSON"])
def test_the_manifest_is_downloaded_from_the_menu(
    either_page: Page, owner: factories.Person, saved: Saved, signed_in: SignIn, kind: str
) -> None:
    page = either_page
    signed_in(page, owner)
    page.goto(f"/plugins/{saved.locator}/")
    page.get_by_text("Export").click()
    with page.expect_download() as download:
        page.get_by_role("link", name=kind, exact=True).click()
    assert download.value.suggested_filename == f"gobstopper.{kind.lower()}"
    text = download.value.path().read_text()
    assert "gobstopper" in text
    if kind == "JSON":
        assert json.loads(text)["metadata"]["name"] == "gobstopper"


def test_a_reader_sees_the_record_but_no_button_to_change_it(
    either_page: Page, owner: factories.Person, saved: Saved, signed_in: SignIn
) -> None:
    page = either_page
    reader = factories.person(of=owner.account)
    signed_in(page, reader)
    page.goto(f"/plugins/{saved.locator}/")
    expect(page.get_by_role("heading", level=1)).to_have_text("gobstopper")
    expect(page.get_by_role("link", name="Edit", exact=True)).to_have_count(0)
    answer = page.goto(f"/plugins/{saved.locator}/edit")
    assert answer is not None
    assert answer.status == 403


@pytest.mark.parametrize(
    "locator", ["pluginmeta-nothing", "pluginmeta-rMTAwMDAwMQ", "chatbot-rMTAwMDAwMQx", "7"]
)
def test_what_is_no_locator_looks_like_what_is_not_readable(
    page: Page, owner: factories.Person, saved: Saved, signed_in: SignIn, locator: str
) -> None:
    signed_in(page, factories.person())
    texts = set()
    for address in (
        f"/plugins/{locator}/",
        f"/plugins/{saved.locator}/",
        f"/r/{locator}",
        f"/r/{saved.locator}",
    ):
        answer = page.goto(address)
        assert answer is not None
        assert answer.status == 404
        texts.add(re.sub(r"[0-9a-f]{16}", "", page.get_by_role("main").inner_text()))
    assert len(texts) == 1


def test_what_is_missing_leads_to_the_place_where_it_is_put_right(
    either_page: Page, owner: factories.Person, session: Session, signed_in: SignIn
) -> None:
    page = either_page
    saved = factories.plugin(owner, prompt=None)
    signed_in(page, owner)
    page.goto(f"/plugins/{saved.locator}/")
    expect(page.get_by_role("main")).to_contain_text("Prompt is missing")
    page.get_by_role("link", name=re.compile("Put it right")).first.click()
    expect(page.get_by_role("heading", level=1)).to_have_text("Edit plugin")
    assert page.url.count("#") == 1
    expect(page.locator("#" + page.url.rpartition("#")[2])).to_be_focused()


@pytest.mark.parametrize("finding", ["so short that it matches", "only general words"])
def test_what_lint_finds_leads_to_the_field_which_says_it_too(
    either_page: Page, owner: factories.Person, session: Session, signed_in: SignIn, finding: str
) -> None:
    page = either_page
    values = factories.plugin_values(
        selector=SelectorValues("search_terms", ("a",)), description="A plugin for data of the user."
    )
    saved = factories.plugin(owner, values)
    signed_in(page, owner)
    page.goto(f"/plugins/{saved.locator}/checks")
    page.get_by_role("listitem").filter(has_text=finding).get_by_role("link").click()
    expect(page.get_by_role("heading", level=1)).to_have_text("Edit plugin")
    anchor = page.url.rpartition("#")[2]
    expect(page.locator("#" + anchor)).to_be_focused()
    expect(page.locator(f"#{anchor}-advice")).to_contain_text(finding)


def test_the_tabs_are_pages_with_a_title_and_a_way_back(
    either_page: Page, owner: factories.Person, saved: Saved, signed_in: SignIn
) -> None:
    page = either_page
    link_chatbot(factories.viewer_of(owner), saved.id, "shop_bot")
    signed_in(page, owner)
    page.goto(f"/plugins/{saved.locator}/")
    tabs = page.get_by_role("navigation", name="Record")
    for label, path, title in (
        ("Manifest", "manifest", "Manifest of gobstopper"),
        ("Checks", "checks", "Checks of gobstopper"),
        ("Used by", "used-by", "Use of gobstopper"),
        ("History", "history", "History of gobstopper"),
    ):
        tabs.get_by_role("link", name=label).click()
        expect(page).to_have_title(f"{title} · Plugdeck")
        expect(page).to_have_url(re.compile(rf"/plugins/{saved.locator}/{path}$"))
        expect(tabs.get_by_role("link", name=label)).to_have_attribute("aria-current", "page")
        expect(page.get_by_role("heading", level=1)).to_have_text("gobstopper")
    page.go_back()
    expect(page).to_have_title("Use of gobstopper · Plugdeck")
    expect(page.get_by_role("main")).to_contain_text("shop_bot")


@pytest.mark.parametrize(("entry", "path"), [("YAML", "manifest.yaml"), ("JSON", "manifest.json")])
def test_a_manifest_is_copied_from_any_tab_byte_for_byte(
    make_page: MakePage, owner: factories.Person, saved: Saved, signed_in: SignIn, entry: str, path: str
) -> None:
    page = make_page(permissions=["clipboard-read", "clipboard-write"])
    signed_in(page, owner)
    page.goto(f"/plugins/{saved.locator}/checks")
    page.get_by_label("Copy as").click()
    page.get_by_role("button", name=entry, exact=True).click()
    expect(page.locator("#live")).to_have_text(f"{entry} copied")
    copied = page.evaluate("navigator.clipboard.readText()")
    assert copied == page.request.get(f"/plugins/{saved.locator}/{path}").text()


def test_links_and_commands_are_copied_and_the_command_works(
    make_page: MakePage, owner: factories.Person, saved: Saved, signed_in: SignIn, site: Site
) -> None:
    page = make_page(permissions=["clipboard-read", "clipboard-write"])
    signed_in(page, owner)
    page.goto(f"/plugins/{saved.locator}/")
    copied = {}
    page.get_by_label("Copy as").click()
    for entry in ("Link", "Markdown link", "Locator", "curl"):
        page.get_by_role("button", name=entry, exact=True).click()
        expect(page.locator("#live")).to_have_text(f"{entry} copied")
        copied[entry] = page.evaluate("navigator.clipboard.readText()")
    link = f"{site.url}/r/{saved.locator}"
    assert copied == {
        "Link": link,
        "Markdown link": f"[gobstopper]({link})",
        "Locator": saved.locator,
        "curl": copied["curl"],
    }
    (cookie,) = (item["value"] for item in page.context.cookies() if item.get("name") == "plugdeck")
    answer = subprocess.run(
        ["sh", "-c", copied["curl"]],
        env={"PATH": os.environ["PATH"], "PLUGDECK_COOKIE": cookie},
        capture_output=True,
        timeout=60,
        check=False,
    )
    assert answer.returncode == 0, answer.stderr
    assert answer.stdout.decode() == page.request.get(f"/plugins/{saved.locator}/manifest.yaml").text()
    # Without a session nothing is told, and the command says that it failed or was sent to sign in.
    refused = subprocess.run(
        ["sh", "-c", copied["curl"]],
        env={"PATH": os.environ["PATH"], "PLUGDECK_COOKIE": "x"},
        capture_output=True,
        timeout=60,
        check=False,
    )
    assert b"gobstopper" not in refused.stdout


def test_without_script_every_text_to_pass_on_can_be_selected(
    page_without_javascript: Page, owner: factories.Person, saved: Saved, signed_in: SignIn, site: Site
) -> None:
    page = page_without_javascript
    signed_in(page, owner)
    page.goto(f"/plugins/{saved.locator}/")
    expect(page.get_by_label("Copy as")).to_be_hidden()
    page.get_by_role("link", name="Manifest", exact=True).click()
    texts = page.locator("#copies")
    for text in (f"[gobstopper]({site.url}/r/{saved.locator})", "curl --fail", "plugdeck plugins export"):
        expect(texts).to_contain_text(text)


def test_a_long_text_opens_and_closes_where_it_stands(
    either_page: Page, owner: factories.Person, signed_in: SignIn
) -> None:
    page = either_page
    text = f"{'When somebody asks about sweets. ' * 40}The very end."
    saved = factories.plugin(owner, prompt=PromptValues(system_role=text))
    signed_in(page, owner)
    page.goto(f"/plugins/{saved.locator}/")
    end = page.get_by_text("The very end.")
    expect(end).to_be_hidden()
    page.get_by_text("Show all 1,333 characters").click()
    expect(end).to_be_visible()
    expect(page.locator(".folded .start")).to_be_hidden()
    page.get_by_text("Show less").click()
    expect(end).to_be_hidden()
