"""Uploading manifests in a browser, with and without JavaScript: choose, drop, correct, apply."""

from __future__ import annotations

import re
from dataclasses import replace
from pathlib import Path

from playwright.sync_api import Page, expect
from sqlalchemy.orm import Session

from tests import factories
from tests.browser.conftest import SignIn, check_everywhere
from tests.integration.manifests import samples
from webapp.plugins.queries.bulk import find_by_names
from webapp.plugins.service import update_plugin

MAIN = "main"


def _button(page: Page, name: str) -> None:
    page.get_by_role("button", name=name, exact=True).last.click()


def test_files_are_chosen_corrected_and_applied(
    either_page: Page, session: Session, signed_in: SignIn, tmp_path: Path
) -> None:
    page = either_page
    signed_in(page, factories.person())
    for name, text in (("good.yaml", samples.static("fresnel_lens")), ("bad.yaml", samples.BROKEN)):
        (tmp_path / name).write_text(text)
    page.goto("/manifests/")
    page.set_input_files("input[type=file]", [tmp_path / "good.yaml", tmp_path / "bad.yaml"])
    _button(page, "Apply")
    expect(page.get_by_role("alert")).to_contain_text("3 problems. Nothing is written.")
    # The first is that of the plan; the editor below has its own.
    page.get_by_role("button", name='Write "1.1.0"').first.click()
    page.get_by_role("button", name="Rename to tags").first.click()
    expect(page.locator("#problems")).to_contain_text("1 problem. Nothing is written.")
    field = page.locator("[name=source_text]").nth(1)
    expect(field).to_have_value(re.compile(r'version: "1\.1\.0"\n  tags:'))
    page.get_by_label("Text of bad.yaml").fill(field.input_value().replace('"a text"', "{a: text}"))
    _button(page, "Apply")
    expect(page.get_by_role("heading", name="2 documents applied")).to_be_visible()
    page.get_by_text("fog_horn", exact=True).click()
    page.get_by_role("link", name="Open fog_horn").click()
    expect(page.get_by_role("heading", name="fog_horn", level=1)).to_be_visible()


def test_a_file_dropped_anywhere_is_chosen(page: Page, session: Session, signed_in: SignIn) -> None:
    signed_in(page, factories.person())
    page.goto("/manifests/")
    page.evaluate(
        """text => {
            const data = new DataTransfer();
            data.items.add(new File([text], "dropped.yaml"));
            const send = (name) => document.querySelector("h1").dispatchEvent(
                new DragEvent(name, {bubbles: true, cancelable: true, dataTransfer: data}));
            send("dragenter"); send("dragover"); send("drop");
        }""",
        samples.static("dropped_light"),
    )
    expect(page.locator("[data-drop-names]")).to_have_text("1 file dropped.yaml")
    _button(page, "Check only")
    expect(page.get_by_role("heading", name="Plan for 1 document")).to_be_visible()
    expect(page.get_by_text("Nothing is written yet")).to_be_visible()
    _button(page, "Apply 1 change")
    expect(page.get_by_role("heading", name="1 document applied")).to_be_visible()


def test_the_pages_of_an_upload_are_accessible(page: Page, session: Session, signed_in: SignIn) -> None:
    signed_in(page, factories.person())
    page.goto("/manifests/?example=SqlPlugin")
    check_everywhere(page)
    text = samples.documents(samples.static(), samples.BROKEN, samples.UNREADABLE, samples.sql())
    page.get_by_label("Paste YAML or JSON").fill(text)
    _button(page, "Apply")
    expect(page.locator("#problems")).to_be_focused()
    check_everywhere(page)
    page.get_by_label("Pasted text", exact=True).fill(samples.documents(samples.static(), samples.sql()))
    _button(page, "Apply")
    page.get_by_label("Paste YAML or JSON").fill(samples.static(**{"41 m": "42 m"}))
    _button(page, "Check only")
    check_everywhere(page)


def _meanwhile(session: Session, person: factories.Person, **changes: object) -> None:
    """Let the person write the lighthouse in another window."""
    session.rollback()
    plugin = find_by_names(session, person.account.id, ["lighthouse"])["lighthouse"]
    values = replace(plugin.to_values(), **changes)  # type: ignore[arg-type]
    update_plugin(factories.viewer_of(person), plugin.id, plugin.revision, values)


def test_what_somebody_wrote_meanwhile_is_kept_or_chosen(
    either_page: Page, session: Session, signed_in: SignIn
) -> None:
    page, person = either_page, factories.person()
    staff = factories.person(role="staff", of=person.account)
    signed_in(page, person)
    page.goto("/manifests/")
    page.get_by_label("Paste YAML or JSON").fill(samples.static())
    _button(page, "Apply")
    page.get_by_label("Paste YAML or JSON").fill(samples.static(visitor="sailor", **{"41 m": "42 m"}))
    _button(page, "Check only")
    expect(page.get_by_role("heading", name="Plan for 1 document")).to_be_visible()
    _meanwhile(session, staff, description="What a child asks.", tags=("light",))
    _button(page, "Apply 1 change")
    expect(page.get_by_text("check the new plan")).to_be_visible()
    expect(page.get_by_text("saved first.")).to_be_visible()
    _button(page, "Apply 1 change")
    expect(page.get_by_text("Choose a side for every field")).to_be_visible()
    page.get_by_role("radio").first.check()
    _button(page, "Apply 1 change")
    expect(page.get_by_role("heading", name="1 document applied")).to_be_visible()
    session.rollback()
    stored = find_by_names(session, person.account.id, ["lighthouse"])["lighthouse"]
    assert (stored.description, stored.tags_list) == ("What a child asks.", ["light"])
    assert getattr(stored.data, "static_data", None) == {"height": "42 m"}


def test_options_stay_as_they_were_chosen(either_page: Page, session: Session, signed_in: SignIn) -> None:
    page = either_page
    signed_in(page, factories.person())
    page.goto("/manifests/")
    page.locator("details.options > summary").click()
    page.get_by_label("When the name exists").select_option("Create it under a free name")
    page.get_by_label("Paste YAML or JSON").fill(samples.static())
    _button(page, "Apply")
    expect(page.get_by_role("heading", name="1 document applied")).to_be_visible()
    expect(page.get_by_label("When the name exists")).to_have_value("rename")
    page.get_by_label("Paste YAML or JSON").fill(samples.static(**{"41 m": "42 m"}))
    _button(page, "Check only")
    expect(page.get_by_text("lighthouse_2", exact=True)).to_be_visible()
    _button(page, "Apply 1 change")
    expect(page.get_by_role("heading", name="1 document applied")).to_be_visible()


def test_a_plan_that_moved_is_accessible(page: Page, session: Session, signed_in: SignIn) -> None:
    person = factories.person(role="staff")
    factories.person(of=person.account)
    signed_in(page, person)
    page.goto("/manifests/")
    page.get_by_label("Paste YAML or JSON").fill(samples.static())
    _button(page, "Apply")
    changed = samples.static(visitor="sailor", **{"height: 41 m": "height: 42 m\n      colour: white"})
    page.get_by_label("Paste YAML or JSON").fill(changed)
    page.locator("details.options > summary").click()
    _button(page, "Check only")
    expect(page.get_by_role("heading", name="Plan for 1 document")).to_be_visible()
    _meanwhile(session, person, description="What a child asks.", tags=("light",))
    _button(page, "Apply 1 change")
    expect(page.get_by_role("radio")).to_have_count(2)
    page.locator(".plan .more details > summary").last.click()
    page.locator("details.options > summary").click()
    check_everywhere(page)


def test_typed_text_is_not_lost_by_leaving_without_a_word(
    page: Page, session: Session, signed_in: SignIn
) -> None:
    signed_in(page, factories.person())
    page.goto("/manifests/")
    page.get_by_label("Paste YAML or JSON").fill("kind: Plugin")
    asked: list[str] = []

    def stay(dialog: object) -> None:
        asked.append(dialog.type)  # type: ignore[attr-defined]
        dialog.dismiss()  # type: ignore[attr-defined]

    page.on("dialog", stay)
    with page.expect_event("dialog"):
        page.get_by_role("link", name="Plugins", exact=True).click(no_wait_after=True)
    assert asked == ["beforeunload"]
