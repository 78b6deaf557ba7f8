"""Editing a plugin as YAML: saving, problems, previews, conflicts, lost sessions and records."""

from __future__ import annotations

from dataclasses import replace
from urllib.parse import parse_qs, urlsplit

import pytest
from sqlalchemy import select
from sqlalchemy.orm import Session
from werkzeug.test import TestResponse

from tests import factories
from tests.factories import Person, sql_values
from tests.integration.plugins.editing import end_sessions, stored
from tests.integration.plugins.merging import BASE, clashes, write
from tests.markup import Element
from tests.pages import PageClient, sign_in, tree
from webapp.history.models import Revision
from webapp.plugins import service
from webapp.plugins.manifest import export_yaml
from webapp.plugins.service import Saved
from webapp.web.csrf import TOKEN_MESSAGE

FORM = {"id": "yaml-form"}
TEXT = export_yaml(BASE)


@pytest.fixture
def ann(session: Session, client: PageClient) -> Person:
    """Return a member who is signed in."""
    person = factories.person("ann_shaw")
    sign_in(client, person)
    return person


@pytest.fixture
def saved(ann: Person) -> Saved:
    """Return a plugin of Ann's."""
    return factories.plugin(ann, BASE)


def path_of(saved: Saved) -> str:
    return f"/plugins/{saved.locator}/edit/yaml"


def text_in(page: Element) -> str:
    raw = "".join(child for child in page.one("textarea", id="text").children if isinstance(child, str))
    return raw.removeprefix("\n")


def send(
    client: PageClient, page: Element, saved: Saved, text: str, button: str = "Save changes", **more: str
) -> TestResponse:
    return client.submit(page, {"text": text, **more}, path=path_of(saved), form=FORM, button=button)


def edited(old: str, new: str) -> str:
    assert old in TEXT
    return TEXT.replace(old, new)


def test_the_manifest_tab_leads_to_the_editor_with_the_canonical_text(
    client: PageClient, ann: Person, saved: Saved
) -> None:
    page = client.page(f"/plugins/{saved.locator}/manifest")
    link = page.one("a", text="Edit as YAML")["href"]
    assert link == path_of(saved)
    shown = client.page(link)
    assert text_in(shown) == TEXT
    assert shown.one("textarea", id="text")["data-check"] == f"{link}/check"


def test_a_colleague_who_only_reads_is_offered_no_editor(
    client: PageClient, session: Session, saved: Saved, ann: Person
) -> None:
    sign_in(client, factories.person(of=ann.account))
    assert client.page(f"/plugins/{saved.locator}/manifest").all("a", text="Edit as YAML") == []
    assert client.get(path_of(saved)).status_code == 403
    answer = client.post(path_of(saved), data={"text": edited("1.0.0", "9.0.0"), "revision": "1"})
    assert answer.status_code == 403
    assert text_in(tree(answer)) == edited("1.0.0", "9.0.0")
    assert stored(session, ann, saved).revision == saved.revision


def test_saving_writes_what_the_text_says(
    client: PageClient, session: Session, ann: Person, saved: Saved
) -> None:
    answer = send(client, client.page(path_of(saved)), saved, edited("version: 1.0.0", "version: 1.1.0"))
    assert answer.status_code == 303
    page = client.page(answer.headers["Location"])
    assert "Saved 1.1.0" in page.text
    assert stored(session, ann, saved).values == replace(BASE, version="1.1.0")
    newest = session.scalars(select(Revision).order_by(Revision.id.desc())).first()
    assert newest is not None
    assert (newest.origin, newest.changed) == ("manifest", ["version"])


def test_a_save_keeps_its_reason_and_can_be_undone_from_its_toast(
    client: PageClient, session: Session, ann: Person, saved: Saved
) -> None:
    text = edited("version: 1.0.0", "version: 1.1.0")
    answer = send(client, client.page(path_of(saved)), saved, text, reason="The spring prices.")
    page = client.page(answer.headers["Location"])
    newest = session.scalars(select(Revision).order_by(Revision.id.desc())).first()
    assert newest is not None
    assert newest.reason == "The spring prices."
    undo = {"action": f"/plugins/{saved.locator}/undo"}
    assert client.submit(page, path=answer.headers["Location"], form=undo, button="Undo").status_code == 303
    assert stored(session, ann, saved).values == BASE


def test_a_reason_that_is_too_long_saves_nothing_and_keeps_both_texts(
    client: PageClient, session: Session, ann: Person, saved: Saved
) -> None:
    text = edited("version: 1.0.0", "version: 1.1.0")
    answer = send(client, client.page(path_of(saved)), saved, text, reason="why " * 500)
    assert answer.status_code == 422
    page = tree(answer)
    assert text_in(page) == text
    assert page.one("input", id="reason")["value"].startswith("why why")
    assert page.one(id="reason-error").text
    assert stored(session, ann, saved).revision == saved.revision


def test_the_text_as_it_stands_saves_nothing_and_says_so(
    client: PageClient, session: Session, ann: Person, saved: Saved
) -> None:
    answer = send(client, client.page(path_of(saved)), saved, "# a comment\n" + TEXT)
    assert "Nothing was changed, so nothing was saved" in client.page(answer.headers["Location"]).text
    assert stored(session, ann, saved).revision == saved.revision


def test_another_class_replaces_the_data(
    client: PageClient, session: Session, ann: Person, saved: Saved
) -> None:
    values = sql_values(BASE.name)
    answer = send(client, client.page(path_of(saved)), saved, export_yaml(values))
    assert answer.status_code == 303
    assert stored(session, ann, saved).values == values


def test_problems_are_listed_with_their_places_and_the_text_stays(
    client: PageClient, session: Session, ann: Person, saved: Saved
) -> None:
    text = edited("version: 1.0.0", "version: 1.10").replace("tags:", "tagz:")
    answer = send(client, client.page(path_of(saved)), saved, text)
    assert answer.status_code == 422
    page = tree(answer)
    assert page.one("title").text.startswith("Error: ")
    assert text_in(page) == text
    summary = page.one(id="problems")
    assert "2 problems. Nothing is saved." in summary.text
    links = summary.all("a")
    assert [link["href"] for link in links] == ["#text", "#text"]
    line = int(links[0]["data-line"])
    assert text.splitlines()[line - 1].strip() == "version: 1.10"
    assert stored(session, ann, saved).revision == saved.revision


def test_a_fix_button_edits_the_text_and_saves_nothing(
    client: PageClient, session: Session, ann: Person, saved: Saved
) -> None:
    page = tree(send(client, client.page(path_of(saved)), saved, edited("version: 1.0.0", "version: 1.10")))
    fixed = send(client, page, saved, text_in(page), button='Write "1.10.0"')
    assert fixed.status_code == 200
    assert text_in(tree(fixed)) == edited("version: 1.0.0", 'version: "1.10.0"')
    assert stored(session, ann, saved).revision == saved.revision
    assert send(client, tree(fixed), saved, text_in(tree(fixed))).status_code == 303
    assert stored(session, ann, saved).values.version == "1.10.0"


def test_a_fix_of_another_text_edits_nothing(client: PageClient, ann: Person, saved: Saved) -> None:
    text = edited("version: 1.0.0", "version: 1.10")
    answer = client.post(path_of(saved), data={"text": text, "revision": "1", "fix": "0123456789abcdef"})
    assert answer.status_code == 422
    assert text_in(tree(answer)) == text
    assert "nothing was edited" in tree(answer).text


def test_a_preview_shows_what_would_change_and_saves_nothing(
    client: PageClient, session: Session, ann: Person, saved: Saved
) -> None:
    text = edited("version: 1.0.0", "version: 2.0.0")
    answer = send(client, client.page(path_of(saved)), saved, text, button="Preview changes")
    assert answer.status_code == 200
    page = tree(answer)
    assert [row.text for row in page.one("table", class_="diff").all("th")] == ["version"]
    assert text_in(page) == text
    assert stored(session, ann, saved).revision == saved.revision
    same = tree(send(client, page, saved, TEXT, button="Preview changes"))
    assert "Saving changes nothing" in same.text


def test_another_name_is_refused_and_leads_to_rename(
    client: PageClient, session: Session, ann: Person, saved: Saved
) -> None:
    answer = send(client, client.page(path_of(saved)), saved, edited("name: sweets", "name: bitters"))
    assert answer.status_code == 422
    page = tree(answer)
    assert "This plugin is called sweets." in page.one(id="problems").text
    assert page.one("a", text="Rename")["href"] == f"/plugins/{saved.locator}/rename"
    assert stored(session, ann, saved).values.name == "sweets"


def test_a_stale_save_is_merged_field_by_field(
    client: PageClient, session: Session, ann: Person, saved: Saved
) -> None:
    page = client.page(path_of(saved))
    veruca = factories.person("veruca_salt", role="staff", of=ann.account)
    write(veruca, saved, replace(BASE, description="Theirs.", tags=("promo",)))
    text = edited("Sales, coupons and contacts.", "Mine.").replace("version: 1.0.0", "version: 1.0.1")
    answer = send(client, page, saved, text)
    assert answer.status_code == 409
    shown = tree(answer)
    assert clashes(shown) == ["Description"]
    choice = shown.all("fieldset")[0].all("input")[0]["name"]
    path = f"/plugins/{saved.locator}/edit"
    done = client.submit(
        shown, {choice: "mine"}, path=path, form={"id": "merge-form"}, button="Save merged 1.0.1"
    )
    assert done.status_code == 303
    values = stored(session, ann, saved).values
    assert (values.description, values.tags, values.version) == ("Mine.", ("promo",), "1.0.1")


def test_a_rename_meanwhile_is_merged_too(
    client: PageClient, session: Session, ann: Person, saved: Saved
) -> None:
    page = client.page(path_of(saved))
    write(ann, saved, replace(BASE, name="sugar"))
    answer = send(client, page, saved, edited("version: 1.0.0", "version: 1.0.1"))
    assert answer.status_code == 409
    assert clashes(tree(answer)) == []
    path = f"/plugins/{saved.locator}/edit"
    client.submit(tree(answer), path=path, form={"id": "merge-form"}, button="Save merged 1.0.1")
    values = stored(session, ann, saved).values
    assert (values.name, values.version) == ("sugar", "1.0.1")


def test_a_failed_token_keeps_the_text(
    client: PageClient, session: Session, ann: Person, saved: Saved
) -> None:
    text = edited("version: 1.0.0", "version: 3.0.0")
    answer = send(client, client.page(path_of(saved)), saved, text, csrf_token="wrong")
    assert answer.status_code == 400
    assert TOKEN_MESSAGE in tree(answer).text
    assert text_in(tree(answer)) == text
    assert stored(session, ann, saved).revision == saved.revision
    assert send(client, tree(answer), saved, text).status_code == 303


def test_the_text_is_there_after_signing_in_again(
    client: PageClient, session: Session, ann: Person, saved: Saved
) -> None:
    page = client.page(path_of(saved))
    end_sessions(session)
    text = edited("version: 1.0.0", "version: 3.0.0")
    login = send(client, page, saved, text)
    assert login.status_code == 401
    fields = {"username": ann.username, "password": ann.password}
    answer = client.submit(tree(login), fields, path="/login", form={"action": "/login"})
    location = answer.headers["Location"]
    assert urlsplit(location).path == path_of(saved)
    assert parse_qs(urlsplit(location).query)["draft"]
    shown = client.page(location)
    assert "It is not saved yet" in shown.text
    assert text_in(shown) == text
    assert send(client, shown, saved, text).status_code == 303
    assert stored(session, ann, saved).values.version == "3.0.0"


def test_a_record_that_was_binned_meanwhile_gives_the_text_back(
    client: PageClient, session: Session, ann: Person, saved: Saved
) -> None:
    page = client.page(path_of(saved))
    service.delete_plugin(factories.viewer_of(ann), saved.id, saved.revision)
    text = edited("version: 1.0.0", "version: 3.0.0")
    answer = send(client, page, saved, text)
    assert answer.status_code == 404
    lost = tree(answer)
    assert lost.one("h1").text == "sweets is in the bin"
    assert text_in(lost) == text
    assert lost.one("a", text="Go to the bin")["href"] == f"/plugins/{saved.locator}/"
    plan = client.submit(
        lost, path=path_of(saved), form={"action": "/manifests/"}, button="Check as a new manifest"
    )
    assert "Plan for 1 document" in tree(plan).text


def test_a_binned_record_that_was_not_edited_leads_to_the_bin(
    client: PageClient, ann: Person, saved: Saved
) -> None:
    service.delete_plugin(factories.viewer_of(ann), saved.id, saved.revision)
    answer = client.get(path_of(saved))
    assert (answer.status_code, answer.headers["Location"]) == (302, f"/plugins/{saved.locator}/")


def test_the_check_tells_problems_and_what_differs(
    client: PageClient, session: Session, ann: Person, saved: Saved
) -> None:
    def check(text: str) -> dict[str, object]:
        found: dict[str, object] = client.post(
            f"{path_of(saved)}/check",
            data={"text": text, "revision": "1"},
            headers={"Accept": "application/json"},
        ).get_json()
        return found

    assert check(TEXT)["summary"] == "Nothing differs from the record"
    assert check(edited("1.0.0", "1.0.1"))["summary"] == "1 field differs from the record: version"
    told = check(edited("version: 1.0.0", "version: 1.10"))
    assert (told["errors"], told["summary"]) == (1, "")
    assert check("")["errors"] == 1
    assert stored(session, ann, saved).revision == saved.revision


def test_texts_that_are_too_large_for_one_record_are_refused(
    client: PageClient, ann: Person, saved: Saved
) -> None:
    answer = client.post(path_of(saved), data={"text": "a: " + "b" * 2_000_000, "revision": "1"})
    assert answer.status_code == 413
