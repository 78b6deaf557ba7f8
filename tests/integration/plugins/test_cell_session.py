"""A session that ends while a cell is edited: to the sign-in page and back to the same place, with what was typed."""

from __future__ import annotations

import pytest
from sqlalchemy.orm import Session
from werkzeug.test import TestResponse

from tests import factories
from tests.factories import Person, plugin_values
from tests.integration.plugins.cells import cell_of, edit, inside, open_cell, record_of, send
from tests.integration.plugins.editing import end_sessions, stored
from tests.markup import Element
from tests.pages import PageClient, sign_in, tree
from webapp.db.session import transaction
from webapp.plugins.models import PluginMeta
from webapp.plugins.service import Saved

LIST = "/plugins/?tag=sweets&sort=name"


@pytest.fixture
def ann(session: Session, client: PageClient) -> Person:
    """Return a member who is signed in."""
    person = factories.person("ann_shaw")
    sign_in(client, person)
    return person


@pytest.fixture
def saved(ann: Person) -> Saved:
    """Return a plugin of Ann's."""
    return factories.plugin(ann, plugin_values("gobstopper", version="1.0.0", tags=("sweets", "shop")))


def _interrupted(
    client: PageClient, session: Session, saved: Saved, field: str, text: str, page: str = LIST
) -> TestResponse:
    form = open_cell(client, saved, field, page)
    end_sessions(session)
    return send(client, form, {field: text}, page)


def _enter(client: PageClient, page: Element, person: Person) -> str:
    data = {"username": person.username, "password": person.password}
    response = client.submit(page, data, path="/login", button="Sign in")
    assert response.status_code == 303
    return response.headers["Location"]


def test_the_sign_in_page_takes_the_place_of_the_page_and_never_of_the_cell(
    client: PageClient, session: Session, ann: Person, saved: Saved
) -> None:
    response = _interrupted(client, session, saved, "tags", "sweets, new")
    assert response.status_code == 401
    assert response.headers["HX-Retarget"] == "body"
    page = tree(response)
    assert page.one("h1").text == "Sign in"
    assert page.one("input", name="next")["value"] == cell_of(saved, "tags")
    assert stored(session, ann, saved).revision == 1


@pytest.mark.parametrize("where", ["list", "record"])
def test_after_signing_in_the_cell_is_open_again_where_it_was(
    client: PageClient, session: Session, ann: Person, saved: Saved, where: str
) -> None:
    origin = LIST if where == "list" else record_of(saved)
    page = tree(_interrupted(client, session, saved, "tags", "sweets, new", origin))
    answer = client.get(_enter(client, page, ann))
    assert answer.status_code == 302
    back = answer.headers["Location"]
    assert back.startswith(f"{origin}{'&' if '?' in origin else '?'}draft=")
    shown = client.page(back)
    note = shown.one("", id="resume")
    assert "typed into the tags of gobstopper" in note.text
    go = note.one("a")
    assert shown.one("a", id=go["data-resume"])["href"] == cell_of(saved, "tags")
    # What the script asks for, and the page of its own that the link leads to.
    form = tree(client.get(go["data-opens"], headers=inside(back))).one("form")
    assert form["data-cell"] == "draft"
    assert form.one("input", name="tags")["value"] == "sweets, new"
    assert form.one("input", name="back")["value"] == origin
    assert client.page(go["href"]).one("input", name="tags")["value"] == "sweets, new"
    assert send(client, form, {}, origin).status_code == 200
    assert stored(session, ann, saved).values.tags == ("sweets", "new")
    # It is saved: nothing is offered again.
    assert not client.page(back).all("", None, id="resume")


def test_without_htmx_the_cell_s_own_page_comes_back(
    client: PageClient, session: Session, ann: Person, saved: Saved
) -> None:
    path = cell_of(saved, "version")
    page = client.page(path, headers={"Referer": f"http://localhost{LIST}"})
    end_sessions(session)
    response = client.submit(page, {"version": "2.0.0"}, path=path, button="Save version")
    assert response.status_code == 401
    location = _enter(client, tree(response), ann)
    again = client.page(location)
    assert "This is what you had typed" in again.text
    response = client.submit(again, path=path, button="Save version")
    assert response.headers["Location"] == f"{LIST}#row-{saved.id}"
    assert stored(session, ann, saved).values.version == "2.0.0"


def test_a_draft_of_a_record_that_is_gone_can_still_be_copied(
    client: PageClient, session: Session, ann: Person, saved: Saved
) -> None:
    page = tree(_interrupted(client, session, saved, "description", "Much text"))
    with transaction() as writing:
        writing.get_one(PluginMeta, saved.id).delete()
    answer = client.get(_enter(client, page, ann))
    assert answer.status_code == 404
    assert tree(answer).one("textarea").raw.strip() == "Much text"


def test_somebody_else_who_signs_in_sees_no_draft(
    client: PageClient, session: Session, ann: Person, saved: Saved
) -> None:
    page = tree(_interrupted(client, session, saved, "description", "Ann's secret text"))
    location = _enter(client, page, ann)
    other = client.application.test_client()
    assert isinstance(other, PageClient)
    sign_in(other, factories.person(of=ann.account, role="staff"))
    assert "secret text" not in other.get(location).get_data(as_text=True)
    token = location.partition("draft=")[2]
    assert not other.page(f"/plugins/?draft={token}").all("", None, id="resume")


def test_an_undo_after_the_end_of_the_session_leads_back_to_the_list(
    client: PageClient, session: Session, ann: Person, saved: Saved
) -> None:
    response = edit(client, saved, "version", "2.0.0", LIST)
    form = tree(response).one("form", **{"data-undo": f"row-{saved.id}-version-edit"})
    end_sessions(session)
    answer = send(client, form, {}, LIST)
    assert answer.status_code == 401
    back = client.get(_enter(client, tree(answer), ann))
    assert (back.status_code, back.headers["Location"]) == (302, LIST)


def test_opening_a_cell_after_the_end_leaves_the_page_for_the_sign_in_page(
    client: PageClient, session: Session, ann: Person, saved: Saved
) -> None:
    end_sessions(session)
    response = client.get(cell_of(saved, "version"), headers=inside(LIST))
    assert response.status_code == 401
    assert response.headers["HX-Redirect"].startswith("/login?next=/plugins/")


def test_a_draft_that_is_none_of_mine_leaves_the_list_as_it_is(
    client: PageClient, ann: Person, saved: Saved
) -> None:
    for token in ("", "x", "a" * 43, "'"):
        page = client.page(f"/plugins/?tag=sweets&draft={token}")
        assert not page.all("", None, id="resume")
        # No link of the page takes it along.
        assert "draft=" not in page.one("main").text
        assert not [link for link in page.all("a") if "draft=" in link["href"]]
