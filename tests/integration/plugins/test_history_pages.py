"""The history of a plugin in the browser: timeline, comparison, permalinks, restoring, and Undo after every write."""

from __future__ import annotations

from dataclasses import replace

import pytest
from sqlalchemy import delete
from sqlalchemy.orm import Session

from tests import factories
from tests.factories import Person, plugin_values, viewer_of
from tests.integration.plugins.editing import FORM, NEW, edit_of
from tests.integration.plugins.test_bin_pages import press, toast
from tests.markup import Element, form_fields
from tests.pages import PARTIAL, PageClient, sign_in, tree
from webapp.db.session import transaction
from webapp.history.models import Revision
from webapp.history.queries import REVISIONS_PER_PAGE
from webapp.plugins import service
from webapp.plugins.models import PluginMeta
from webapp.plugins.service import Saved

BASE = plugin_values("sweets", description="Sweets of the shop.", version="1.0.0")


@pytest.fixture
def ann(session: Session, client: PageClient) -> Person:
    """Return a member who is signed in."""
    person = factories.person("ann_shaw")
    sign_in(client, person)
    return person


@pytest.fixture
def saved(ann: Person) -> Saved:
    """Return a plugin with three revisions: two descriptions, then a version with a reason."""
    made = factories.plugin(ann, BASE)
    write(ann, made, 1, description="Sweets of the whole shop.")
    viewer = replace(viewer_of(ann, origin="inline"), reason="Goes with the spring catalogue")
    service.update_field(viewer, made.id, 2, "version", "1.1.0")
    return made


def write(person: Person, saved: Saved, revision: int, **fields: object) -> Saved:
    values = replace(BASE, **fields)  # type: ignore[arg-type]
    return service.update_plugin(viewer_of(person), saved.id, revision, values)


def history_of(saved: Saved, query: str = "") -> str:
    return f"/plugins/{saved.locator}/history{query}"


def restore_of(saved: Saved) -> str:
    return f"/plugins/{saved.locator}/history/restore"


def stored(session: Session, saved: Saved) -> PluginMeta:
    session.rollback()
    session.expire_all()
    return session.get_one(PluginMeta, saved.id)


def timeline(page: Element) -> list[str]:
    return [line.text for line in page.one("ol", class_="line").all("li")]


def differences(page: Element) -> dict[str, str]:
    """Return the compared fields: heading and text of each row."""
    rows = page.one("table", class_="diff").all("tr")
    return {
        row.one("th").text.split("Restore")[0]: " ".join(line.text for line in row.one("td").all("p"))
        for row in rows
    }


def test_the_timeline_says_who_did_what_why_and_through_what(client: PageClient, saved: Saved) -> None:
    page = client.page(history_of(saved))
    newest, second, first = timeline(page)
    assert newest.startswith("ASVersion1.1.0Goes with the spring catalogueAnn Shaw")
    assert newest.endswith("r3 · in place")
    assert "Description" in second and second.endswith("r2 · form")
    assert "Created" in first and first.endswith("r1 · form")
    assert page.one("nav", aria_label="Record").one("a", text="History3")["aria-current"] == "page"
    moment = page.one("ol", class_="line").all("time")[0]
    assert moment["title"].endswith("UTC")


def test_the_last_write_is_compared_with_the_one_before(client: PageClient, saved: Saved) -> None:
    assert differences(client.page(history_of(saved))) == {"Version": "Removed: 1.0.0 Added: 1.1.0"}
    page = client.page(history_of(saved, "?revision=2"))
    assert list(differences(page)) == ["Description"]
    assert [mark.text for mark in page.one("table", class_="diff").all("ins")] == ["whole"]
    created = differences(client.page(history_of(saved, "?revision=1")))
    assert created["Name"] == "Added: sweets"


def test_any_two_revisions_are_compared_either_way(client: PageClient, saved: Saved) -> None:
    page = client.page(history_of(saved, "?compare=two"))
    answer = client.submit(page, {"from": "1", "to": "3"}, path=history_of(saved), form={"id": "pick"})
    assert list(differences(tree(answer))) == ["Description", "Version"]
    back = differences(client.page(history_of(saved, "?from=3&to=1")))
    assert back["Version"] == "Removed: 1.1.0 Added: 1.0.0"
    assert "nothing" not in differences(client.page(history_of(saved, "?revision=1&compare=current")))
    same = client.page(history_of(saved, "?from=2&to=2"))
    assert "Both are revision 2" in same.one("main").text


def test_a_permalink_shows_the_record_and_its_yaml_as_they_were(client: PageClient, saved: Saved) -> None:
    record = client.page(history_of(saved, "?revision=1&view=record")).one("main")
    assert "Sweets of the shop." in record.text and "gobstopper" in record.text
    manifest = client.page(history_of(saved, "?revision=1&view=manifest"))
    assert "version: 1.0.0" in manifest.one("pre", id="manifest").text
    text = client.get(f"/plugins/{saved.locator}/manifest.yaml?revision=1").get_data(as_text=True)
    assert "version: 1.0.0" in text and "Sweets of the shop." in text
    now = client.get(f"/plugins/{saved.locator}/manifest.yaml").get_data(as_text=True)
    assert "version: 1.1.0" in now
    lines = client.page(history_of(saved, "?revision=3&view=yaml")).one("table", class_="diff").text
    assert "version: 1.0.0" in lines and "version: 1.1.0" in lines


@pytest.mark.parametrize(
    ("query", "status", "named"),
    [
        ("?revision=x", 400, "revision=x is not the number of a revision."),
        ("?revision=99", 404, "There is no revision 99."),
        ("?from=1&to=99", 404, "There is no revision 99."),
        ("?from=-1", 400, "from=-1"),
        ("?view=all", 400, "view=all is not known."),
        ("?compare=x", 400, "compare=x is not known."),
        ("?colour=red", 400, "colour"),
    ],
)
def test_an_address_that_cannot_be_used_says_which_part(
    client: PageClient, saved: Saved, query: str, status: int, named: str
) -> None:
    assert named in client.page(history_of(saved, query), status).one("main").text


def test_a_revision_that_is_not_kept_says_so(client: PageClient, session: Session, saved: Saved) -> None:
    with transaction() as writing:
        writing.execute(delete(Revision).where(Revision.record_id == saved.id, Revision.revision < 3))
    page = client.page(history_of(saved))
    assert "Revision 2 is not kept" in page.one("main").text
    assert client.get(f"/plugins/{saved.locator}/manifest.yaml?revision=1").status_code == 404
    answer = client.post(restore_of(saved), data={"revision": "3", "from": "1"})
    assert answer.status_code == 404 and "Revision 1" in tree(answer).one("main").text
    with transaction() as writing:
        writing.execute(delete(Revision).where(Revision.record_id == saved.id))
    assert "No history is kept of this record" in client.page(history_of(saved)).one("main").text


def test_a_long_history_has_pages(client: PageClient, ann: Person, saved: Saved) -> None:
    for revision in range(3, REVISIONS_PER_PAGE + 2):
        service.update_field(viewer_of(ann), saved.id, revision, "version", f"1.1.{revision}")
    page = client.page(history_of(saved))
    assert len(timeline(page)) == REVISIONS_PER_PAGE
    older = client.page(page.one("a", id="older")["href"])
    assert [line[-9:] for line in timeline(older)] == ["r2 · form", "r1 · form"]
    assert older.one("a", id="newest")["href"] == history_of(saved)


def test_htmx_gets_the_revisions_alone(client: PageClient, saved: Saved) -> None:
    answer = client.get(history_of(saved, "?revision=2"), headers=PARTIAL)
    part = tree(answer)
    assert part.find("header", class_="top") is None
    assert "r1 to r2" in part.text
    assert answer.headers["HX-Push-Url"] == history_of(saved, "?revision=2")


def test_nobody_else_sees_a_history(client: PageClient, saved: Saved) -> None:
    sign_in(client, factories.person())
    assert client.get(history_of(saved)).status_code == 404
    assert client.post(restore_of(saved), data={"revision": "3", "from": "1"}).status_code == 404
    assert client.post(f"/plugins/{saved.locator}/undo", data={"revision": "3"}).status_code == 404


def test_a_reader_sees_a_history_without_its_buttons(client: PageClient, ann: Person, saved: Saved) -> None:
    sign_in(client, factories.person(of=ann.account))
    page = client.page(history_of(saved))
    assert not [form for form in page.all("form") if "restore" in form["action"]]
    assert client.post(restore_of(saved), data={"revision": "3", "from": "1"}).status_code == 403
    assert client.post(f"/plugins/{saved.locator}/undo", data={"revision": "3"}).status_code == 403


# ---- going back ------------------------------------------------------------------------------------------------


def restore(client: PageClient, saved: Saved, **fields: str) -> Element:
    answer = client.post(restore_of(saved), data=fields, follow_redirects=True)
    assert answer.status_code == 200
    return tree(answer)


def test_a_revision_is_restored_with_a_reason_and_undone(
    client: PageClient, session: Session, saved: Saved
) -> None:
    page = client.page(history_of(saved, "?from=1&to=3"))
    form = page.one("main").one("footer").one("form", action=restore_of(saved))
    fields = {**dict(form_fields(form)), "reason": "The old text was better"}
    answer = client.post(restore_of(saved), data=fields, csrf=False)
    page = client.page(answer.headers["Location"])
    assert toast(page).text.startswith("sweets is as it was in revision 1 again")
    assert "The old text was betterBrought back from revision 1" in timeline(page)[0]
    assert stored(session, saved).description == BASE.description
    undone = press(client, toast(page), f"/plugins/{saved.locator}/undo")
    page = client.page(undone.headers["Location"])
    assert stored(session, saved).version == "1.1.0"
    assert toast(page).one("button", text="Redo")


def test_one_field_is_restored(client: PageClient, session: Session, saved: Saved) -> None:
    restore(client, saved, revision="3", **{"from": "1"}, part="description")
    found = stored(session, saved)
    assert (found.description, found.version) == (BASE.description, "1.1.0")


def test_a_restore_that_changes_nothing_says_so(client: PageClient, saved: Saved) -> None:
    page = restore(client, saved, revision="3", **{"from": "3"})
    assert "Nothing to restore" in toast(page).text
    assert len(timeline(page)) == 3


def test_a_stale_restore_leads_to_the_merge_page(client: PageClient, ann: Person, saved: Saved) -> None:
    write(ann, saved, 3, description="Somebody else was here.", version="1.1.0")
    answer = client.post(restore_of(saved), data={"revision": "3", "from": "1"})
    assert answer.status_code == 409
    page = tree(answer)
    sides = page.one("form", id="merge-form").text
    assert "Description" in sides and "Somebody else was here." in sides


def test_a_restored_name_that_is_taken_is_an_error_with_a_way_out(
    client: PageClient, session: Session, ann: Person, saved: Saved
) -> None:
    service.rename_plugin(viewer_of(ann), saved.id, 3, "sherbet")
    factories.plugin(ann, plugin_values("sweets"))
    answer = client.post(restore_of(saved), data={"revision": "4", "from": "1", "reason": "Back"})
    page = tree(answer)
    assert answer.status_code == 422
    assert page.one("input", id="reason")["value"] == "Back"
    assert "Another plugin is called sweets by now." in page.one("", id="problems").text
    done = client.submit(page, path=edit_of(saved), form=FORM, button="Save changes")
    assert done.status_code == 303
    assert (stored(session, saved).name, stored(session, saved).version) == ("sweets_restored", "1.0.0")


def test_a_form_that_names_no_revision_is_refused(client: PageClient, saved: Saved) -> None:
    assert client.post(restore_of(saved), data={"revision": "3"}).status_code == 400


def test_a_reason_that_is_too_long_is_refused_and_kept(
    client: PageClient, session: Session, saved: Saved
) -> None:
    long = "x" * 501
    answer = client.submit(
        client.page(edit_of(saved)), {"reason": long, "description": "New."}, path=edit_of(saved), form=FORM
    )
    page = tree(answer)
    assert answer.status_code == 422
    assert page.one("input", id="reason")["value"] == long
    assert "Use at most 500 characters." in page.one("", id="problems").text
    assert (
        client.post(restore_of(saved), data={"revision": "3", "from": "1", "reason": long}).status_code == 422
    )
    assert stored(session, saved).revision == 3


# ---- Undo after every write ------------------------------------------------------------------------------------


def undo_button(page: Element) -> Element:
    return toast(page).one("button", text="Undo")


def test_a_creation_is_undone(client: PageClient, session: Session, ann: Person) -> None:
    answer = client.submit(
        client.page(NEW), {"name": "sherbet", "version": "1.0.0"}, path=NEW, form=FORM, button="Create plugin"
    )
    page = client.page(answer.headers["Location"])
    assert undo_button(page)
    locator = answer.headers["Location"].split("/")[2]
    undone = press(client, toast(page), f"/plugins/{locator}/delete")
    assert "sherbet moved to the bin" in toast(client.page(undone.headers["Location"])).text


def test_an_edit_keeps_its_reason_and_is_undone(client: PageClient, session: Session, saved: Saved) -> None:
    changes = {"description": "Edited.", "reason": "A typing error"}
    answer = client.submit(client.page(edit_of(saved)), changes, path=edit_of(saved), form=FORM)
    page = client.page(answer.headers["Location"])
    undone = press(client, toast(page), f"/plugins/{saved.locator}/undo")
    assert stored(session, saved).description == "Sweets of the whole shop."
    client.page(undone.headers["Location"])
    assert "A typing error" in timeline(client.page(history_of(saved)))[1]


def test_an_undo_that_clashes_asks_and_is_saved_as_decided(
    client: PageClient, session: Session, ann: Person, saved: Saved
) -> None:
    answer = client.submit(
        client.page(edit_of(saved)), {"description": "Edited."}, path=edit_of(saved), form=FORM
    )
    page = client.page(answer.headers["Location"])
    write(ann, saved, 4, description="Somebody else was here.", version="1.1.0")
    asked = press(client, toast(page), f"/plugins/{saved.locator}/undo")
    assert asked.status_code == 409
    merge = tree(asked)
    done = client.submit(
        merge,
        {"choice:description": "mine"},
        path=edit_of(saved),
        form={"id": "merge-form"},
        button="Save merged 1.1.0",
    )
    assert done.status_code == 303
    assert stored(session, saved).description == "Sweets of the whole shop."


def test_an_undo_that_cannot_be_says_why(client: PageClient, session: Session, saved: Saved) -> None:
    with transaction() as writing:
        writing.execute(delete(Revision).where(Revision.record_id == saved.id, Revision.revision == 2))
    answer = client.post(f"/plugins/{saved.locator}/undo", data={"revision": "3"}, follow_redirects=True)
    assert "Nothing was undone. What it said before is not kept" in tree(answer).one("", id="alerts").text


def test_a_restoration_from_the_bin_is_undone(client: PageClient, ann: Person, saved: Saved) -> None:
    service.delete_plugin(viewer_of(ann), saved.id, 3)
    page = client.page(f"/plugins/{saved.locator}/")
    back = client.submit(
        page,
        {"reason": "It is needed after all"},
        path="",
        form={"action": f"/plugins/{saved.locator}/restore"},
    )
    page = client.page(back.headers["Location"])
    assert undo_button(page)
    assert "It is needed after all" in timeline(client.page(history_of(saved)))[0]


@pytest.mark.parametrize(("part", "changes"), [("rename", {"name": "sherbet"}), ("delete", {})])
def test_reasons_of_moves_are_kept(
    client: PageClient, session: Session, ann: Person, saved: Saved, part: str, changes: dict[str, str]
) -> None:
    fields = {"revision": "3", "reason": "Spring cleaning", **changes}
    assert client.post(f"/plugins/{saved.locator}/{part}", data=fields).status_code == 303
    rows = session.query(Revision.reason).filter(Revision.record_id == saved.id, Revision.revision == 4)
    assert rows.one().reason == "Spring cleaning"


def test_the_reason_for_another_owner_is_kept(
    client: PageClient, session: Session, ann: Person, saved: Saved
) -> None:
    bob = factories.person("bob_lee", of=ann.account)
    fields = {"revision": "3", "reason": "Ann is on leave", "owner": bob.username}
    assert client.post(f"/plugins/{saved.locator}/owner", data=fields).status_code == 303
    page = client.page(history_of(saved))
    assert "Ann is on leave" in timeline(page)[0]
    assert differences(page) == {"Owner": "Removed: Ann Shaw Added: Bob Lee"}
