"""Acts on many plugins in the browser, without JavaScript: choosing, the form, the act, its report and its Undo."""

from __future__ import annotations

import pytest
from flask import Flask
from sqlalchemy import select
from sqlalchemy.orm import Session

from tests import factories
from tests.factories import Person, plugin_values, viewer_of
from tests.integration.plugins.test_bin_pages import toast
from tests.markup import Element, form_fields
from tests.pages import PARTIAL, PageClient, sign_in, tree
from webapp.history.models import Unit
from webapp.plugins import service
from webapp.plugins.models import PluginMeta
from webapp.plugins.selection import pack
from webapp.plugins.service import Saved
from webapp.plugins.views import bulk_selection

TAG = "/plugins/bulk/tag"


@pytest.fixture
def ann(session: Session, client: PageClient) -> Person:
    """Return a member who is signed in."""
    person = factories.person("ann_shaw")
    sign_in(client, person)
    return person


@pytest.fixture
def saved(ann: Person) -> list[Saved]:
    """Return three plugins of Ann's."""
    return [factories.plugin(ann, plugin_values(name)) for name in ("sherbet", "sweets", "toffee")]


def tags(session: Session, name: str) -> tuple[str, ...]:
    session.rollback()
    session.expire_all()
    found = session.scalars(select(PluginMeta).where(PluginMeta.name == name)).one()
    return tuple(found.tags_list)


def fields_of(form: Element) -> dict[str, str]:
    return dict(form_fields(form))


def opened(client: PageClient, act: str, **data: object) -> Element:
    answer = client.post(f"/plugins/bulk/{act}", data=data)
    assert answer.status_code == 200, answer.get_data(as_text=True)
    return tree(answer).one("form", id="bulk-form")


def test_ticked_rows_are_tagged_and_one_press_takes_it_back(
    client: PageClient, session: Session, saved: list[Saved]
) -> None:
    page = client.page("/plugins/?sort=name")
    bar = page.one("form", id="bulk")
    assert [box["form"] for box in page.one("tbody").all("input", name="id")] == ["bulk"] * 3
    assert bar.one("button", text="Tag")["formaction"] == TAG
    sent = {"id": [saved[0].locator, saved[2].locator], "list": bar.one("input", name="list")["value"]}
    form = opened(client, "tag", **sent)
    assert "sherbet, toffee" in form.text and "2 plugins can be changed." in form.text
    fields = {**fields_of(form), "tags": "promo, Sale", "reason": "For Friday"}
    preview = tree(client.post(TAG, data={**fields, "action": "preview"}))
    assert "2 plugins will change." in preview.text and tags(session, "sherbet") == ("sweets", "shop")
    answer = client.post(TAG, data={**fields, "action": "do"})
    assert (answer.status_code, answer.headers["Location"]) == (303, "/plugins/?sort=name")
    assert tags(session, "toffee") == ("sweets", "shop", "promo", "Sale")
    assert tags(session, "sweets") == ("sweets", "shop")
    unit = session.scalars(select(Unit)).one()
    assert (unit.title, unit.reason) == ("Added tags promo, Sale", "For Friday")
    said = toast(client.page("/plugins/?sort=name"))
    assert "Tagged 2 plugins" in said.text
    undo = said.one("form")
    back = client.post(undo["action"], data=fields_of(undo))
    assert back.headers["Location"] == "/plugins/?sort=name"
    assert tags(session, "toffee") == ("sweets", "shop")


def test_all_that_match_is_what_the_list_shows_on_every_page(
    client: PageClient, session: Session, ann: Person, saved: list[Saved]
) -> None:
    for number in range(60):
        factories.plugin(ann, plugin_values(f"apple_{number}", tags=("fruit",)))
    page = client.page("/plugins/?tag=fruit&sort=name")
    label = page.one("input", name="all").parent
    assert label is not None and label.text == "All 60 that match"
    form = opened(client, "tag", all="1", list="tag=fruit&sort=name")
    assert "and 55 more" in form.text
    factories.plugin(ann, plugin_values("apple_late", tags=("fruit",)))
    client.post(TAG, data={**fields_of(form), "tags": "promo"})
    assert tags(session, "apple_59") == ("fruit", "promo")
    # What matches since the form was opened is not touched.
    assert tags(session, "apple_late") == ("fruit",) and tags(session, "sweets") == ("sweets", "shop")
    assert client.page("/plugins/").find("input", name="all")
    assert not client.page("/plugins/?q=toffee").find("input", name="all")


def test_what_is_refused_is_reported_with_links_and_what_is_missing_is_not_named(
    client: PageClient, session: Session, ann: Person, saved: list[Saved]
) -> None:
    bob = factories.person("bob", of=ann.account)
    theirs = factories.plugin(bob, plugin_values("bonbon"))
    foreign = factories.plugin(factories.person("eve"), plugin_values("secret_plan"))
    revisions = {saved[0].id: 1, theirs.id: 1, foreign.id: 1}
    answer = client.post(TAG, data={"chosen": pack(revisions), "tags": "promo", "next": "/plugins/"})
    report = tree(answer).one("main")
    assert answer.status_code == 200 and report.one("h2").text == "Tagged 1 plugin"
    assert "bonbon" in report.text and "You may read it but not change it." in report.text
    assert "1 plugin is not there any more." in report.text and "secret_plan" not in report.text
    assert report.one("a", href=f"/plugins/{theirs.locator}/")
    undo = report.one("button", text="Undo what was done").above("form")
    assert undo is not None
    client.post(undo["action"], data=fields_of(undo))
    assert tags(session, "sherbet") == ("sweets", "shop")
    none = client.post("/plugins/bulk/delete", data={"chosen": pack({theirs.id: 1})})
    assert none.status_code == 409 and tree(none).one("h2").text == "Nothing was changed"


def test_a_selection_of_nothing_is_told_alike_whether_it_is_unknown_or_foreign(
    client: PageClient, saved: list[Saved]
) -> None:
    foreign = factories.plugin(factories.person("eve"), plugin_values("secret_plan"))
    for data in ({}, {"id": foreign.locator}, {"id": "pluginmeta-nothing"}, {"chosen": "!"}):
        answer = client.post(TAG, data=data)
        assert answer.status_code == 422 and "Nothing is selected" in answer.get_data(as_text=True)
    assert client.get("/plugins/bulk/explode").status_code == 404
    assert client.post(TAG, data={"all": "1", "list": "colour=red"}).status_code == 400


def test_too_many_are_refused_with_what_to_do(
    client: PageClient, saved: list[Saved], monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(bulk_selection, "SELECTED_MAX", 2)
    answer = client.post(TAG, data={"all": "1", "list": ""})
    assert answer.status_code == 422 and "Narrow the list" in answer.get_data(as_text=True)


@pytest.mark.parametrize(
    ("act", "bad", "says"),
    [
        ("tag", {"tags": ""}, "Write at least one tag."),
        ("untag", {"tags": "x" * 65}, "use at most 64 characters."),
        ("version", {"how": "set", "version": "one"}, "Write three numbers, such as 1.0.0."),
        ("version", {"how": "sideways"}, "Choose how the version changes."),
        ("description", {"description": "x" * 10_001}, "Use at most 10,000 characters."),
        ("annotation", {"how": "set", "key": "no spaces", "value": "x"}, "Use letters, digits"),
        ("annotation", {"how": "set", "key": "", "value": "x"}, "Write the key of the annotation."),
        ("owner", {"owner": "nobody"}, "Nobody who can sign in to this account"),
        ("delete", {"reason": "x" * 501}, "Use at most 500 characters."),
    ],
)
def test_a_form_that_is_refused_keeps_what_was_typed(
    client: PageClient, session: Session, saved: list[Saved], act: str, bad: dict[str, str], says: str
) -> None:
    chosen = pack({item.id: 1 for item in saved})
    answer = client.post(f"/plugins/bulk/{act}", data={"chosen": chosen, **bad})
    assert answer.status_code == 422
    form = tree(answer).one("form", id="bulk-form")
    assert says in form.text and fields_of(form)["chosen"] == chosen
    assert session.scalars(select(Unit)).all() == []


def test_each_act_does_what_its_form_says(
    client: PageClient, session: Session, ann: Person, saved: list[Saved]
) -> None:
    factories.person("bob", of=ann.account)
    revision = 1
    for act, fields, said in (
        ("untag", {"tags": "SHOP"}, "Removed tags from 3 plugins"),
        ("version", {"how": "major"}, "Changed the version of 3 plugins"),
        ("description", {"description": "The same for all."}, "Set the description of 3 plugins"),
        ("annotation", {"how": "set", "key": "team", "value": "12"}, "Changed an annotation of 3 plugins"),
        ("annotation", {"how": "clear", "key": "team"}, "Changed an annotation of 3 plugins"),
        ("owner", {"owner": "bob"}, "Changed the owner of 3 plugins"),
    ):
        chosen = pack({item.id: revision for item in saved})
        assert client.post(f"/plugins/bulk/{act}", data={"chosen": chosen, **fields}).status_code == 303
        assert said in toast(client.page("/plugins/")).text
        revision += 1
    session.rollback()
    found = session.scalars(select(PluginMeta)).first()
    assert found is not None
    assert (found.version, found.description, found.tags_list) == ("2.0.0", "The same for all.", ["sweets"])
    assert found.user_profile.user.username == "bob"


def test_the_dialog_gets_the_form_and_a_word_when_it_is_done(
    client: PageClient, session: Session, saved: list[Saved]
) -> None:
    form = tree(client.post(TAG, data={"id": saved[0].locator}, headers=PARTIAL)).one("form", id="bulk-form")
    assert form["hx-target"] == "#bulk-sheet"
    fields = {**fields_of(form), "tags": "promo"}
    preview = client.post(
        TAG, data={**fields, "action": "preview"}, headers={**PARTIAL, "HX-Source": "div#bulk-preview"}
    )
    assert "1 plugin will change." in tree(preview).text
    assert "bulk-form" not in preview.get_data(as_text=True)
    done = client.post(TAG, data={**fields, "action": "do"}, headers=PARTIAL)
    assert "Tagged 1 plugin" in done.get_data(as_text=True)
    assert done.headers["HX-Trigger"] == '{"bulk-done": {"changed": 1, "gone": false, "report": false}}'
    again = client.get("/plugins/", headers={**PARTIAL, "HX-Source": "div#results"})
    assert again.headers["HX-Replace-Url"] == "/plugins/" and "HX-Push-Url" not in again.headers


def test_the_bin_gives_back_many(
    client: PageClient, session: Session, ann: Person, saved: list[Saved]
) -> None:
    for item in saved:
        service.delete_plugin(viewer_of(ann), item.id, 1)
    factories.plugin(ann, plugin_values("toffee"))
    page = client.page("/plugins/bin")
    ids = [box["value"] for box in page.one("tbody").all("input", name="id")]
    form = opened(client, "restore", id=ids, next="/plugins/bin")
    assert "2 plugins will change." in form.text and "Another plugin is called toffee by now." in form.text
    answer = client.post("/plugins/bulk/restore", data={**fields_of(form), "rename": "y"})
    assert (answer.status_code, answer.headers["Location"]) == (303, "/plugins/bin")
    assert "Restored 3 plugins" in toast(client.page("/plugins/bin")).text
    assert tags(session, "toffee_restored") == ("sweets", "shop")


def test_a_selection_is_exported_and_so_is_all_of_a_list(client: PageClient, saved: list[Saved]) -> None:
    one = client.post("/plugins/export", data={"id": saved[0].locator, "format": "yaml", "list": "sort=name"})
    assert one.status_code == 200 and "sherbet" in one.get_data(as_text=True)
    every = client.post("/plugins/export", data={"all": "1", "format": "csv", "list": "q=toffee&sort=name"})
    assert every.headers["Location"] == "/plugins/export?q=toffee&format=csv"


def test_two_people_see_only_their_own_acts(app: Flask, client: PageClient, saved: list[Saved]) -> None:
    other = app.test_client()
    assert isinstance(other, PageClient)
    sign_in(other, factories.person("eve", role="staff"))
    answer = other.post("/plugins/bulk/delete", data={"chosen": pack({item.id: 1 for item in saved})})
    assert answer.status_code == 409 and "sherbet" not in answer.get_data(as_text=True)
    assert len(client.page("/plugins/").one("tbody").all("tr")) == 3
