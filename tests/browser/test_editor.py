"""The YAML editor in a browser: what it marks, completes and fixes, and that the text field goes on being the form's."""

from __future__ import annotations

from typing import Any

import pytest
from playwright.sync_api import Locator, Page, expect
from sqlalchemy.orm import Session

from tests import factories
from tests.browser.conftest import PHONE, MakePage, SignIn, check_accessibility, check_everywhere
from tests.factories import Person, plugin_values
from tests.integration.manifests import samples
from tests.integration.plugins.editing import end_sessions
from webapp.plugins.manifest import export_yaml
from webapp.plugins.queries.record import get_record
from webapp.plugins.service import Saved

VALUES = plugin_values("sweets", version="1.0.0", tags=("candy",))
TEXT = export_yaml(VALUES)
WORDS = ".editor-told"
WATCH = """document.addEventListener("securitypolicyviolation", (event) => console.error(`policy: ${event.violatedDirective}`))"""


@pytest.fixture
def ann(session: Session) -> Person:
    """Return a member with a plugin."""
    return factories.person()


@pytest.fixture
def saved(ann: Person) -> Saved:
    """Return the plugin of Ann's."""
    return factories.plugin(ann, VALUES)


@pytest.fixture
def upload(page: Page, ann: Person, signed_in: SignIn) -> Page:
    """Return the page on which manifests are pasted, as Ann sees it; a report of the policy fails the test."""
    page.add_init_script(WATCH)
    signed_in(page, ann)
    page.goto("/manifests/")
    return page


def pasted(page: Page) -> Locator:
    return page.get_by_label("Paste YAML or JSON")


def open_yaml(page: Page, saved: Saved) -> Locator:
    page.goto(f"/plugins/{saved.locator}/edit/yaml")
    return editable(page)


def editable(page: Page, *, scripted: bool = True) -> Locator:
    """Return what one types into: the editor, once it has taken the text field's place, or the text field itself."""
    (expect(field(page)).to_be_hidden if scripted else expect(field(page)).to_be_visible)()
    editor = page.get_by_label("sweets.yaml")
    expect(editor).to_be_visible()
    return editor


def offered(page: Page) -> Locator:
    return page.get_by_role("listbox", name="Completions").get_by_role("option")


def accept(page: Page) -> None:
    """Take the completion that is offered; in the first moment no key does that, so that nobody takes one by mistake."""
    expect(offered(page).first).to_be_visible()
    page.wait_for_timeout(100)
    page.keyboard.press("Enter")


def field(page: Page) -> Locator:
    return page.locator("textarea[name=text]")


def test_an_error_is_marked_listed_and_fixed(upload: Page) -> None:
    pasted(upload).fill(samples.BROKEN)
    told = upload.locator(WORDS)
    expect(told).to_contain_text("3 problems")
    expect(told.get_by_role("listitem")).to_have_count(3)
    expect(upload.locator(".cm-lintRange-error")).to_have_text(["1.1", "tagz", '"a text"'])
    expect(upload.locator(".cm-has-error")).to_have_text(["6", "7", "15"])
    told.get_by_role("button", name='Write "1.1.0"').click()
    expect(told).to_contain_text("2 problems")
    told.get_by_role("button", name="Rename to tags").click()
    expect(told).to_contain_text("1 problem")
    expect(field(upload)).to_have_value(samples.BROKEN.replace("1.1", '"1.1.0"').replace("tagz", "tags"))
    pasted(upload).press("Control+z")
    expect(told).to_contain_text("2 problems")


def test_an_entry_of_the_list_leads_to_its_line(upload: Page) -> None:
    pasted(upload).fill("\n" * 120 + samples.BROKEN)
    upload.locator(WORDS).get_by_role("button", name="Line 127, column 3").click()
    expect(pasted(upload)).to_be_focused()
    upload.keyboard.type("tags")
    expect(field(upload)).to_have_value("\n" * 120 + samples.BROKEN.replace("tagz", "tags"))


def test_the_tooltip_of_a_mark_has_the_fix(upload: Page) -> None:
    pasted(upload).fill(samples.BROKEN)
    expect(upload.locator(WORDS)).to_contain_text("3 problems")
    upload.locator(".cm-lintRange-error", has_text="tagz").hover()
    upload.locator(".cm-tooltip").get_by_role("button", name="Rename to tags").click()
    expect(field(upload)).to_have_value(samples.BROKEN.replace("tagz", "tags"))


def test_a_key_goes_from_problem_to_problem(upload: Page) -> None:
    pasted(upload).fill(samples.BROKEN)
    expect(upload.locator(WORDS)).to_contain_text("3 problems")
    pasted(upload).press("Control+Home")
    pasted(upload).press("F8")
    pasted(upload).press("F8")
    upload.keyboard.type("tags")
    expect(field(upload)).to_have_value(samples.BROKEN.replace("tagz", "tags"))


def test_what_would_happen_is_said(upload: Page) -> None:
    pasted(upload).fill(samples.static())
    expect(upload.locator(WORDS)).to_contain_text("No problems. Plugin lighthouse: create")


def test_keys_values_and_names_are_completed(upload: Page, ann: Person, session: Session) -> None:
    factories.sql_connection(ann, "ships_db")
    editor, options = pasted(upload), offered(upload)
    editor.press_sequentially("ki")
    expect(options).to_have_text(["kindrequired"])
    expect(upload.locator(".cm-completionInfo")).to_have_text("What the manifest describes.")
    accept(upload)
    editor.press_sequentially("SqlP")
    expect(options).to_have_text(["SqlPlugin"])
    accept(upload)
    expect(field(upload)).to_have_value("kind: SqlPlugin")
    editor.press("Enter")
    editor.press_sequentially("spec:")
    editor.press("Enter")
    editor.press_sequentially("conn")
    expect(options).to_have_text(["connectionrequired"])
    accept(upload)
    expect(options).to_have_text(["ships_dbSqlConnection"])
    accept(upload)
    expect(field(upload)).to_have_value("kind: SqlPlugin\nspec:\n  connection: ships_db")


PLACES: tuple[tuple[str, dict[str, Any] | None], ...] = (
    ("|", {"path": [], "key": None, "kind": None}),
    ("kind: Plu|", {"path": [], "key": "kind", "kind": "Plu"}),
    ("kind: Plugin\nspec:\n  |", {"path": ["spec"], "key": None, "kind": "Plugin"}),
    (
        "spec:\n  selector:\n    directive: al|",
        {"path": ["spec", "selector"], "key": "directive", "kind": None},
    ),
    ("spec:\n  a: 1\n  b:\n    c: 2\n  |\n  d: 3", {"path": ["spec"], "key": None, "kind": None}),
    ("spec:\n  a: >\n    text\n  |", {"path": ["spec"], "key": None, "kind": None}),
    ("p:\n  - name: x\n    |", {"path": ["p", "[]"], "key": None, "kind": None}),
    ("p:\n  - name: x\n  - |", {"path": ["p", "[]"], "key": None, "kind": None}),
    ("p:\n- name: x\n- ty|", {"path": ["p", "[]"], "key": None, "kind": None}),
    ("p:\n- name: x\n  q:\n  - r: |", {"path": ["p", "[]", "q", "[]"], "key": "r", "kind": None}),
    ("p:\n- name: x\nq: 1\n|", {"path": [], "key": None, "kind": None}),
    ("kind: A\n---\nkind: B\n|", {"path": [], "key": None, "kind": "B"}),
    ("kind: A\n---\n|\n---\nkind: B", {"path": [], "key": None, "kind": None}),
    ("text: >\n  about k|", None),
    ("text: >\n  k|", None),
    ("text: one\n  k|", None),
    ("a: 1 # k|", None),
    ("# k|", None),
    ("a: {b|", None),
    ("a: [x, y|", None),
    ("a:|", None),
    ("---|", None),
)


def test_where_a_position_is(upload: Page) -> None:
    places = upload.evaluate(
        """async (texts) => {
            const script = document.querySelector("script[src$='editor.js']").src;
            const {placeAt} = await import(new URL("editor/place.js", script));
            const {EditorState} = await import(new URL("../vendor/codemirror/codemirror.js", script));
            return texts.map((text) => {
                const doc = EditorState.create({doc: text.replace("|", "")}).doc;
                const place = placeAt(doc, text.indexOf("|"));
                return place && {path: place.path, key: place.key, kind: place.kind};
            });
        }""",
        [text for text, _ in PLACES],
    )
    assert list(zip([text for text, _ in PLACES], places, strict=True)) == list(PLACES)


def test_keys_that_are_there_are_not_offered_again(upload: Page) -> None:
    pasted(upload).fill("kind: Plugin\nmetadata:\n  name: a\n  ")
    pasted(upload).press("Control+End")
    pasted(upload).press("Control+Space")
    options = offered(upload)
    expect(options.first).to_be_visible()
    names = {text.removesuffix("required") for text in options.all_text_contents()}
    assert names == {"pluginClass", "description", "version", "tags", "annotations"}


def test_escape_and_tab_leave_the_editor_and_tab_alone_indents(upload: Page) -> None:
    editor = pasted(upload)
    editor.fill("a: 1")
    editor.press("Tab")
    expect(field(upload)).to_have_value("  a: 1")
    expect(editor).to_be_focused()
    editor.press("Shift+Tab")
    expect(field(upload)).to_have_value("a: 1")
    editor.press("Escape")
    editor.press("Tab")
    expect(editor).not_to_be_focused()


def test_single_keys_of_the_page_stay_letters(upload: Page) -> None:
    pasted(upload).press_sequentially("/f12")
    expect(field(upload)).to_have_value("/f12")


def test_the_save_key_checks(upload: Page) -> None:
    pasted(upload).fill(samples.static())
    pasted(upload).press("Control+s")
    expect(upload.get_by_role("heading", name="Plan for 1 document")).to_be_visible()


def test_typing_over_lines_is_no_breach_of_the_policy(upload: Page) -> None:
    editor = pasted(upload)
    editor.fill(samples.static())
    editor.press("Control+a")
    editor.press("x")
    expect(field(upload)).to_have_value("x")
    editor.press("Control+z")
    expect(field(upload)).to_have_value(samples.static())


def test_what_something_else_writes_into_the_field_is_taken_over(upload: Page) -> None:
    field(upload).evaluate(
        "(field) => { field.value = 'kind: Plugin'; field.dispatchEvent(new Event('input')); }"
    )
    expect(pasted(upload)).to_have_text("kind: Plugin")


def test_a_file_dropped_on_the_editor_is_chosen_and_not_put_into_the_text(upload: Page) -> None:
    pasted(upload).fill("kind: Plugin")
    pasted(upload).evaluate(
        """(editor) => {
            const data = new DataTransfer();
            data.items.add(new File(["a: 1"], "dropped.yaml"));
            const send = (name) => editor.dispatchEvent(
                new DragEvent(name, {bubbles: true, composed: true, cancelable: true, dataTransfer: data}));
            send("dragenter"); send("dragover"); send("drop");
        }"""
    )
    expect(upload.locator("[data-drop-names]")).to_have_text("1 file dropped.yaml")
    expect(field(upload)).to_have_value("kind: Plugin")


def test_a_very_long_text_stays_a_plain_field(upload: Page) -> None:
    upload.evaluate(
        """() => {
            const copy = document.querySelector("form[data-drop]").cloneNode(true);
            copy.querySelectorAll(".editor, .editor-told").forEach((one) => one.remove());
            const field = copy.querySelector("textarea");
            field.hidden = false;
            field.value = "a: " + "b".repeat(30000);
            document.querySelector("form[data-drop]").replaceWith(copy);
        }"""
    )
    expect(field(upload)).to_be_visible()
    expect(upload.get_by_text("too long for the editor")).to_be_visible()
    expect(upload.locator(".editor")).to_have_count(0)


def test_the_field_stays_when_the_editor_cannot_be_loaded(
    make_page: MakePage, ann: Person, signed_in: SignIn
) -> None:
    page = make_page()
    signed_in(page, ann)
    page.route("**/codemirror.js", lambda route: route.fulfill(status=404))
    page.goto("/manifests/")
    pasted(page).fill(samples.static())
    page.get_by_role("button", name="Check only").click()
    expect(page.get_by_role("heading", name="Plan for 1 document")).to_be_visible()


def test_the_record_is_saved_as_typed(
    either_page: Page, scripted: bool, session: Session, ann: Person, saved: Saved, signed_in: SignIn
) -> None:
    page = either_page
    signed_in(page, ann)
    page.goto(f"/plugins/{saved.locator}/manifest")
    page.get_by_role("link", name="Edit as YAML").click()
    editable(page, scripted=scripted).fill(TEXT.replace("1.0.0", "1.10"))
    page.get_by_role("button", name="Save changes").last.click()
    expect(page.get_by_role("alert")).to_contain_text("1 problem. Nothing is saved.")
    expect(field(page)).to_have_value(TEXT.replace("1.0.0", "1.10"))
    page.get_by_role("link", name="Line").click()
    editable(page, scripted=scripted).fill(TEXT.replace("1.0.0", "1.10.0"))
    page.get_by_role("button", name="Preview changes").click()
    expect(page.get_by_role("heading", name="Saving changes this")).to_be_visible()
    page.get_by_role("button", name="Save changes").last.click()
    expect(page.get_by_text("Saved 1.10.0")).to_be_visible()
    session.rollback()
    assert get_record(session, factories.viewer_of(ann), saved.locator).values.version == "1.10.0"


def test_the_save_key_saves_and_the_check_says_what_differs(
    page: Page, ann: Person, saved: Saved, signed_in: SignIn
) -> None:
    signed_in(page, ann)
    editor = open_yaml(page, saved)
    expect(page.locator(WORDS)).to_contain_text("Nothing differs from the record")
    editor.fill(TEXT.replace("1.0.0", "1.0.1"))
    expect(page.locator(WORDS)).to_contain_text("1 field differs from the record: version")
    expect(page.locator("[data-unsaved]")).to_have_text("1 unsaved change")
    editor.press("Control+s")
    expect(page.get_by_text("Saved 1.0.1")).to_be_visible()


def test_somebody_whose_session_ended_is_told_and_goes_on(
    page: Page, session: Session, ann: Person, saved: Saved, signed_in: SignIn
) -> None:
    signed_in(page, ann)
    editor = open_yaml(page, saved)
    end_sessions(session)
    editor.fill(TEXT.replace("1.0.0", "1.0.1"))
    expect(page.locator(WORDS)).to_contain_text("Your session has ended.")
    page.get_by_role("button", name="Save changes").last.click()
    page.get_by_label("Username").fill(ann.username)
    page.get_by_label("Password").fill(ann.password)
    page.get_by_role("button", name="Sign in").click()
    expect(field(page)).to_have_value(TEXT.replace("1.0.0", "1.0.1"))
    page.get_by_role("button", name="Save changes").last.click()
    expect(page.get_by_text("Saved 1.0.1")).to_be_visible()


def test_the_pages_of_the_editor_are_accessible(
    page: Page, ann: Person, saved: Saved, signed_in: SignIn
) -> None:
    signed_in(page, ann)
    editor = open_yaml(page, saved)
    expect(page.locator(WORDS)).to_contain_text("No problems")
    check_accessibility(page)
    editor.fill(TEXT.replace("1.0.0", "1.10"))
    expect(page.locator(WORDS)).to_contain_text("1 problem")
    check_everywhere(page)
    editor.press("Control+f")
    expect(page.get_by_placeholder("Find")).to_be_visible()
    check_accessibility(page)


def test_the_editor_is_of_use_on_a_phone(
    make_page: MakePage, ann: Person, saved: Saved, signed_in: SignIn
) -> None:
    page = make_page(viewport=PHONE, has_touch=True, is_mobile=True)
    signed_in(page, ann)
    editor = open_yaml(page, saved)
    editor.tap()
    editor.fill(TEXT.replace("1.0.0", "1.10"))
    page.locator(WORDS).get_by_role("button", name='Write "1.10.0"').tap()
    expect(field(page)).to_have_value(TEXT.replace("1.0.0", '"1.10.0"'))
