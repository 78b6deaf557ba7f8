"""The bin in the browser: deleting with Undo, restoring, names that are taken, and what nobody else may see."""

from __future__ import annotations

import datetime as dt
from dataclasses import replace

import pytest
from flask import Flask
from sqlalchemy import select, update
from sqlalchemy.orm import Session
from werkzeug.test import TestResponse

from tests import factories
from tests.factories import Person, plugin_values, viewer_of
from tests.integration.plugins.editing import FORM, NEW, edit_of, end_sessions
from tests.markup import Element, form_fields
from tests.pages import PageClient, sign_in, tree
from webapp.core.clock import utcnow
from webapp.db.session import transaction
from webapp.history.models import Revision
from webapp.plugins import service
from webapp.plugins.models import PluginMeta
from webapp.plugins.service import Saved

BASE = plugin_values("sweets", description="Sweets of the shop.")
BIN = "/plugins/bin"


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


def record_of(saved: Saved) -> str:
    return f"/plugins/{saved.locator}/"


def press(client: PageClient, page: Element, action: str, **headers: str) -> TestResponse:
    """Press the only button of the form that goes to an address, as without JavaScript."""
    form = page.one("form", action=action)
    return client.post(action, data=dict(form_fields(form)), csrf=False, headers=headers)


def delete_from(client: PageClient, saved: Saved, page: str = "") -> TestResponse:
    """Press Delete in the menu of a page of the record."""
    address = page or record_of(saved)
    return press(
        client,
        client.page(address),
        f"/plugins/{saved.locator}/delete",
        Referer=f"http://localhost{address}",
    )


def toast(page: Element) -> Element:
    return page.one("", id="toasts")


def binned(owner: Person, name: str = "") -> Saved:
    saved = factories.plugin(owner, plugin_values(name))
    return service.delete_plugin(viewer_of(owner), saved.id, saved.revision)


def rows(page: Element) -> list[str]:
    return [link.text for link in page.all("a", None, class_="name")]


# ---- delete and undo -------------------------------------------------------------------------------------------


def test_delete_goes_to_the_list_and_undo_brings_everything_back(
    client: PageClient, session: Session, ann: Person, saved: Saved
) -> None:
    response = delete_from(client, saved)
    assert (response.status_code, response.headers["Location"]) == (303, "/plugins/")
    page = client.page("/plugins/")
    assert toast(page).text.startswith("sweets moved to the bin")
    assert page.find("table") is None
    undone = press(client, page, f"/plugins/{saved.locator}/restore")
    assert (undone.status_code, undone.headers["Location"]) == (303, record_of(saved))
    page = client.page(record_of(saved))
    assert page.one("h1").text == "sweets"
    assert toast(page).text == "sweets is restoredUndo"
    assert session.get_one(PluginMeta, saved.id).to_values() == BASE


def test_undo_leads_back_to_the_tab_that_the_person_was_on(
    client: PageClient, ann: Person, saved: Saved
) -> None:
    delete_from(client, saved, f"/plugins/{saved.locator}/manifest")
    undone = press(client, client.page("/plugins/"), f"/plugins/{saved.locator}/restore")
    assert undone.headers["Location"] == f"/plugins/{saved.locator}/manifest"


def test_a_deletion_from_another_page_stays_there(client: PageClient, ann: Person, saved: Saved) -> None:
    here = "/plugins/?tag=sweets&sort=name"
    response = client.post(
        f"/plugins/{saved.locator}/delete",
        data={"revision": "1"},
        headers={"Referer": f"http://localhost{here}"},
    )
    assert response.headers["Location"] == here
    undone = press(client, client.page(here), f"/plugins/{saved.locator}/restore")
    assert undone.headers["Location"] == here
    assert toast(client.page(here)).one("a", text="Open")["href"] == record_of(saved)


@pytest.mark.parametrize("place", ["https://evil.example/", "//evil.example", "javascript:alert(1)"])
def test_no_form_leads_away_from_this_site(client: PageClient, ann: Person, saved: Saved, place: str) -> None:
    data = {"revision": "1", "next": place}
    headers = {"Referer": place}
    response = client.post(f"/plugins/{saved.locator}/delete", data=data, headers=headers)
    assert response.headers["Location"] == "/plugins/"
    data["revision"] = "2"
    response = client.post(f"/plugins/{saved.locator}/restore", data=data, headers=headers)
    assert response.headers["Location"] == record_of(saved)
    response = client.post(f"/plugins/{saved.locator}/clone", data=data, headers=headers)
    assert response.headers["Location"].startswith("/plugins/pluginmeta-")


def test_pressing_delete_twice_or_undo_twice_is_harmless(
    client: PageClient, session: Session, ann: Person, saved: Saved
) -> None:
    page = client.page(record_of(saved))
    for _ in range(2):
        assert press(client, page, f"/plugins/{saved.locator}/delete").status_code == 303
    page = client.page("/plugins/")
    for _ in range(2):
        assert press(client, page, f"/plugins/{saved.locator}/restore").status_code == 303
    actions = session.scalars(select(Revision.action).order_by(Revision.revision)).all()
    assert actions == ["create", "delete", "restore"]


def test_what_was_changed_meanwhile_is_deleted_only_after_another_look(
    client: PageClient, session: Session, ann: Person, saved: Saved
) -> None:
    page = client.page(record_of(saved))
    veruca = factories.person("veruca_salt", role="staff", of=ann.account)
    service.update_plugin(viewer_of(veruca), saved.id, 1, replace(BASE, description="Sweets for export."))
    response = press(client, page, f"/plugins/{saved.locator}/delete")
    assert response.status_code == 409
    asked = tree(response)
    assert asked.one("h1").text == "Veruca Salt saved first"
    assert "Veruca Salt changed the description" in asked.one("main").text
    assert "export" in asked.one("table", aria_label="What changed").text
    assert asked.one("a", text="Keep it")["href"] == record_of(saved)
    assert session.get_one(PluginMeta, saved.id).deleted_at is None
    session.rollback()
    assert press(client, asked, f"/plugins/{saved.locator}/delete").headers["Location"] == "/plugins/"
    session.expire_all()
    assert session.get_one(PluginMeta, saved.id).deleted_at is not None


@pytest.mark.parametrize("revision", ["", "x", "-1", "9" * 30, "１"])
def test_a_deletion_without_a_revision_asks_first(
    client: PageClient, session: Session, ann: Person, saved: Saved, revision: str
) -> None:
    response = client.post(f"/plugins/{saved.locator}/delete", data={"revision": revision})
    assert response.status_code == 409
    assert tree(response).one("h1").text == "Changed in between"
    assert session.get_one(PluginMeta, saved.id).deleted_at is None


def test_a_reader_may_not_delete_and_sees_no_button(
    client: PageClient, session: Session, ann: Person
) -> None:
    common = factories.plugin(factories.person(of=factories.platform()))
    page = client.page(record_of(common))
    addresses = [form["action"] for form in page.one("main").all("form")]
    assert addresses == ["/plugins/star", f"/plugins/{common.locator}/clone"]
    for name in ("Rename", "Change owner"):
        assert not page.all("a", None, text=name)
    assert client.post(f"/plugins/{common.locator}/delete", data={"revision": "1"}).status_code == 403
    for part in ("rename", "owner"):
        assert client.get(f"/plugins/{common.locator}/{part}").status_code == 403
    assert client.get(f"{record_of(common)}delete").status_code == 405


# ---- the bin ---------------------------------------------------------------------------------------------------


def test_the_bin_lists_what_may_be_restored_newest_first(client: PageClient, ann: Person) -> None:
    assert "The bin is empty" in client.page(BIN).one("main").text
    first, second = binned(ann, "first"), binned(ann, "second")
    binned(factories.person(of=ann.account), "of_another")
    page = client.page(BIN)
    assert rows(page) == ["second", "first"]
    line = page.one("tr", id=f"row-{second.id}").text
    assert "Deleted by Ann Shaw" in line and "30 days" in line
    response = press(client, page, f"/plugins/{first.locator}/restore")
    assert (response.status_code, response.headers["Location"]) == (303, BIN)
    page = client.page(BIN)
    assert rows(page) == ["second"]
    assert toast(page).one("a", text="Open")["href"] == record_of(first)


def test_the_bin_is_linked_from_the_list(client: PageClient, ann: Person) -> None:
    link = client.page("/plugins/").one("a", href=BIN)
    assert link.text == "Bin"
    assert link["hx-boost"] == "false"  # Not a filter: htmx must not put it into the results.


def test_pages_of_the_bin_lead_on_and_back(
    client: PageClient, ann: Person, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr("webapp.plugins.queries.bin.PAGE_SIZE", 2)
    names = [f"plugin_{number}" for number in range(5)]
    for name in names:
        binned(ann, name)
    seen, address = [], BIN
    while address:
        page = client.page(address)
        seen.append(rows(page))
        link = page.find("a", rel="next")
        address = link["href"] if link else ""
    assert seen == [names[:2:-1], names[2:0:-1], names[:1]]
    page = client.page(page.one("a", rel="prev")["href"])
    assert rows(page) == seen[1]
    response = press(client, page, page.one("main").all("form")[0]["action"])
    assert "before=" in response.headers["Location"]  # Back to the very page.


@pytest.mark.parametrize(
    "query",
    ["after=x", "before=W10", "q=sweets", "after=&before=", "sort=name", "after=WyItZGVsZXRlZCIsMSwxXQ&x=1"],
)
def test_what_the_bin_does_not_understand_is_named(client: PageClient, ann: Person, query: str) -> None:
    page = client.page(f"{BIN}?{query}", 400)
    assert page.one("main").all("a")[0]["href"] == BIN
    assert "cannot be used" in page.one("h1").text


def test_a_page_beyond_the_last_line_says_so(client: PageClient, ann: Person) -> None:
    from webapp.web.listing import encode_cursor

    page = client.page(f"{BIN}?after={encode_cursor('-deleted', [1, 1])}")
    assert "Nothing more in this direction" in page.one("main").text


# ---- a record in the bin ---------------------------------------------------------------------------------------


def test_the_locator_of_a_binned_record_shows_it_to_who_may_restore_it(
    client: PageClient, session: Session, ann: Person, saved: Saved
) -> None:
    service.delete_plugin(viewer_of(ann), saved.id, 1)
    assert client.get(f"/r/{saved.locator}").headers["Location"] == record_of(saved)
    page = client.page(record_of(saved))
    main = page.one("main")
    for text in (
        "In the bin",
        "Ann Shaw moved it to the bin",
        "30 more days",
        "Sweets of the shop.",
        "gobstopper",
    ):
        assert text in main.text
    assert not main.all("a", None, text="Edit")
    response = press(client, page, f"/plugins/{saved.locator}/restore")
    assert response.headers["Location"] == record_of(saved)
    assert client.page(record_of(saved)).one("main").one("a", text="Edit")


def test_for_everybody_else_a_binned_record_does_not_exist(
    app: Flask, client: PageClient, session: Session, ann: Person, saved: Saved
) -> None:
    service.delete_plugin(viewer_of(ann), saved.id, 1)
    nothing = PluginMeta(id=987_654).record_locator
    for person in (factories.person(of=ann.account), factories.person(role="staff")):
        other = app.test_client()
        assert isinstance(other, PageClient)
        sign_in(other, person)
        for method, path in (
            ("GET", ""),
            ("GET", "edit"),
            ("GET", "manifest"),
            ("GET", "manifest.yaml"),
            ("GET", "rename"),
            ("GET", "owner"),
            ("POST", "restore"),
            ("POST", "delete"),
            ("POST", "clone"),
        ):
            answers = [
                other.open(f"/plugins/{locator}/{path}", method=method)
                for locator in (saved.locator, nothing)
            ]
            assert [answer.status_code for answer in answers] == [404, 404], path
            assert "sweets" not in answers[0].get_data(as_text=True)
        assert other.get(f"/r/{saved.locator}").status_code == 404


def test_after_its_time_the_record_is_gone_for_its_owner_too(
    client: PageClient, ann: Person, saved: Saved
) -> None:
    service.delete_plugin(viewer_of(ann), saved.id, 1)
    with transaction() as writing:
        writing.execute(update(PluginMeta).values(deleted_at=utcnow() - dt.timedelta(days=30)))
    assert client.get(record_of(saved)).status_code == 404
    assert client.post(f"/plugins/{saved.locator}/restore", data={"revision": "2"}).status_code == 404
    assert "The bin is empty" in client.page(BIN).one("main").text


def test_an_old_undo_shows_the_record_as_it_is_now(
    client: PageClient, session: Session, ann: Person, saved: Saved
) -> None:
    delete_from(client, saved)
    page = client.page("/plugins/")
    restored = service.restore_plugin(viewer_of(ann), saved.id, 2)
    service.delete_plugin(viewer_of(ann), saved.id, restored.revision)
    response = press(client, page, f"/plugins/{saved.locator}/restore")
    assert response.status_code == 409
    assert "restored and deleted again" in tree(response).one("main").text
    assert press(client, tree(response), f"/plugins/{saved.locator}/restore").status_code == 303
    assert session.get_one(PluginMeta, saved.id).deleted_at is None


# ---- a name that is taken --------------------------------------------------------------------------------------


def test_a_taken_name_is_offered_a_free_one(
    client: PageClient, session: Session, ann: Person, saved: Saved
) -> None:
    delete_from(client, saved)
    factories.plugin(ann, BASE)
    action = f"/plugins/{saved.locator}/restore"
    response = press(client, client.page("/plugins/"), action)
    assert response.status_code == 409
    asked = tree(response)
    assert asked.one("input", id="name")["value"] == "sweets_restored"
    assert "sweets is the name of another plugin" in asked.one("main").text
    done = client.submit(asked, path=action, form={"action": action}, button="Restore plugin")
    assert (done.status_code, done.headers["Location"]) == (303, record_of(saved))
    assert client.page(record_of(saved)).one("h1").text == "sweets_restored"
    assert session.get_one(PluginMeta, saved.id).to_values() == replace(BASE, name="sweets_restored")


def test_another_name_is_judged_and_nothing_typed_is_lost(
    client: PageClient, session: Session, ann: Person, saved: Saved
) -> None:
    delete_from(client, saved)
    factories.plugin(ann, BASE)
    action = f"/plugins/{saved.locator}/restore"
    asked = tree(press(client, client.page("/plugins/"), action))
    refused = client.submit(
        asked, {"name": "Sweet Things"}, path=action, form={"action": action}, button="Restore plugin"
    )
    assert refused.status_code == 422
    page = tree(refused)
    assert page.one("input", id="name")["value"] == "Sweet Things"
    fixed = client.submit(page, path=action, form={"action": action}, button="Use sweet_things")
    assert fixed.status_code == 200
    assert tree(fixed).one("input", id="name")["value"] == "sweet_things"
    taken = client.submit(
        tree(fixed), {"name": "sweets"}, path=action, form={"action": action}, button="Restore plugin"
    )
    assert taken.status_code == 409
    page = tree(taken)
    assert page.one("input", id="name")["value"] == "sweets"
    assert "Use sweets_restored" in page.text
    assert session.get_one(PluginMeta, saved.id).deleted_at is not None
    done = client.submit(
        page, {"name": "candy"}, path=action, form={"action": action}, button="Restore plugin"
    )
    assert done.status_code == 303


# ---- an editor that was open meanwhile ---------------------------------------------------------------------------


def test_what_was_typed_into_a_record_that_went_to_the_bin_can_be_gone_on_with(
    client: PageClient, session: Session, ann: Person, saved: Saved
) -> None:
    page = client.page(edit_of(saved))
    veruca = factories.person("veruca_salt", role="staff", of=ann.account)
    service.delete_plugin(viewer_of(veruca), saved.id, 1)
    response = client.submit(page, {"description": "Typed.", "tags": "a, b"}, path=edit_of(saved), form=FORM)
    assert response.status_code == 404
    lost = tree(response)
    assert lost.one("h1").text == "sweets is in the bin"
    assert "Veruca Salt moved it there" in lost.one("main").text
    assert "description: Typed." in lost.one("pre", id="typed").raw
    edited = client.submit(
        lost, path=edit_of(saved), form={"action": edit_of(saved)}, button="Restore and go on"
    )
    assert edited.status_code == 200
    assert "sweets is restored" in tree(edited).one("main").text
    done = client.submit(tree(edited), path=edit_of(saved), form=FORM, button="Save changes")
    assert done.status_code == 303  # No merge page: nothing but the bin came between.
    plugin = session.get_one(PluginMeta, saved.id)
    assert (plugin.to_values(), plugin.revision) == (
        replace(BASE, description="Typed.", tags=("a", "b")),
        4,
    )


def test_what_others_changed_before_the_deletion_is_merged(
    client: PageClient, session: Session, ann: Person, saved: Saved
) -> None:
    page = client.page(edit_of(saved))
    service.update_plugin(viewer_of(ann), saved.id, 1, replace(BASE, version="2.0.0"))
    service.delete_plugin(viewer_of(ann), saved.id, 2)
    lost = tree(client.submit(page, {"description": "Typed."}, path=edit_of(saved), form=FORM))
    edited = client.submit(
        lost, path=edit_of(saved), form={"action": edit_of(saved)}, button="Restore and go on"
    )
    done = client.submit(tree(edited), path=edit_of(saved), form=FORM, button="Save changes")
    assert done.status_code == 409  # The merge page of a stale save, with nothing lost.
    assert "2.0.0" in tree(done).text


def test_the_editor_goes_on_under_a_free_name_when_its_own_is_taken(
    client: PageClient, session: Session, ann: Person, saved: Saved
) -> None:
    page = client.page(edit_of(saved))
    service.delete_plugin(viewer_of(ann), saved.id, 1)
    factories.plugin(ann, BASE)
    lost = tree(client.submit(page, {"description": "Typed."}, path=edit_of(saved), form=FORM))
    refused = client.submit(
        lost, path=edit_of(saved), form={"action": edit_of(saved)}, button="Restore and go on"
    )
    assert refused.status_code == 409
    again = tree(refused)
    assert "description: Typed." in again.one("pre", id="typed").raw
    edited = client.submit(
        again,
        path=edit_of(saved),
        form={"action": edit_of(saved)},
        button="Restore as sweets_restored and go on",
    )
    done = client.submit(tree(edited), path=edit_of(saved), form=FORM, button="Save changes")
    assert done.status_code == 303
    assert session.get_one(PluginMeta, saved.id).to_values() == replace(
        BASE, name="sweets_restored", description="Typed."
    )


def test_text_kept_through_a_sign_in_is_not_lost_in_the_bin(
    client: PageClient, session: Session, ann: Person, saved: Saved
) -> None:
    page = client.page(edit_of(saved))
    end_sessions(session)
    held = client.submit(page, {"description": "Typed."}, path=edit_of(saved), form=FORM)
    assert held.status_code == 401
    service.delete_plugin(viewer_of(ann), saved.id, 1)
    signed_in = client.submit(
        tree(held),
        {"username": ann.username, "password": ann.password},
        path="/login",
        form={"action": "/login"},
    )
    lost = client.page(signed_in.headers["Location"], 404)
    assert "description: Typed." in lost.one("pre", id="typed").raw
    edited = client.submit(
        lost, path=edit_of(saved), form={"action": edit_of(saved)}, button="Restore and go on"
    )
    assert edited.status_code == 200
    assert tree(edited).one("textarea", id="description").raw.strip() == "Typed."


def test_the_editor_of_a_binned_record_leads_to_its_page(
    client: PageClient, ann: Person, saved: Saved
) -> None:
    service.delete_plugin(viewer_of(ann), saved.id, 1)
    response = client.get(edit_of(saved))
    assert (response.status_code, response.headers["Location"]) == (302, record_of(saved))


def test_a_forged_restoration_by_the_editor_restores_nothing(
    client: PageClient, session: Session, ann: Person, saved: Saved
) -> None:
    service.delete_plugin(viewer_of(ann), saved.id, 1)
    response = client.post(
        edit_of(saved), csrf=False, data={"action": "restore", "revision": "1", "name": "x"}
    )
    assert response.status_code == 404
    assert session.get_one(PluginMeta, saved.id).deleted_at is not None
    lost = client.post(edit_of(saved), data={"revision": "1", "name": "y"})
    assert tree(lost).one("form", action=NEW)
