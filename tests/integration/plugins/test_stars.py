from __future__ import annotations

import pytest
from sqlalchemy import func, select
from sqlalchemy.orm import Session

from tests import factories
from tests.databases import count_statements
from tests.factories import Person, plugin_values, viewer_of
from tests.markup import Element
from tests.pages import PARTIAL, PageClient, sign_in
from webapp.accounts.models import Account
from webapp.core.errors import Conflict, NotFound
from webapp.plugins.models import Star
from webapp.plugins.service import Saved, delete_plugin, restore_plugin, star_plugin, stars, unstar_plugin


@pytest.fixture
def ann(session: Session, client: PageClient) -> Person:
    """Return somebody who is signed in."""
    person = factories.person("ann")
    sign_in(client, person)
    return person


def names(page: Element) -> list[str]:
    return [link.text for link in page.all("a", class_="name") if "-open" in link["id"]]


def starred_rows(page: Element) -> list[str]:
    found = [button for button in page.all("button") if "-star" in button["id"]]
    return [
        button["aria-label"].removeprefix("Star ") for button in found if button["aria-pressed"] == "true"
    ]


def press(client: PageClient, saved: Saved, *, on: bool = True, **more: str) -> str:
    fields = {"star" if on else "unstar": saved.locator, "place": "row", **more}
    headers = PARTIAL | {"HX-Current-URL": "http://localhost/plugins/"}
    response = client.post("/plugins/star", data=fields, headers=headers)
    assert response.status_code == 200
    assert response.headers["HX-Retarget"] == f"#row-{saved.id}-star"
    return response.get_data(as_text=True)


def test_a_star_shows_in_the_row_on_the_record_and_in_the_filter(client: PageClient, ann: Person) -> None:
    one, other = factories.plugin(ann, plugin_values("one")), factories.plugin(ann, plugin_values("other"))
    assert starred_rows(client.page("/plugins/")) == []
    answer = press(client, one)
    assert 'name="unstar"' in answer
    assert 'aria-pressed="true"' in answer
    assert '<span class="num">1</span>' in answer, "the rail says how many there are now"
    page = client.page("/plugins/")
    assert starred_rows(page) == ["one"]
    assert page.one("a", id="f-starred-yes").text == "Starred1"
    filtered = client.page("/plugins/?starred=yes")
    assert names(filtered) == ["one"]
    assert filtered.one("span", class_="chip").text.startswith("Only starred")
    assert client.page(f"/plugins/{one.locator}/").one("button", id="star")["aria-pressed"] == "true"
    assert client.page(f"/plugins/{other.locator}/").one("button", id="star")["aria-pressed"] == "false"
    press(client, one, on=False)
    assert starred_rows(client.page("/plugins/")) == []


def test_without_javascript_a_star_leads_back_to_its_row(client: PageClient, ann: Person) -> None:
    saved = factories.plugin(ann)
    response = client.post(
        "/plugins/star",
        data={"star": saved.locator, "place": "row"},
        headers={"Referer": "http://localhost/plugins/?sort=name"},
    )
    assert (response.status_code, response.location) == (
        303,
        f"/plugins/?sort=name#row-{saved.id}-star",
    )
    response = client.post("/plugins/star", data={"unstar": saved.locator})
    assert response.location == f"/plugins/{saved.locator}/#star"


def test_stars_are_personal_though_rows_are_shared(client: PageClient, ann: Person) -> None:
    saved = factories.plugin(ann, plugin_values("sweets"))
    press(client, saved)
    assert starred_rows(client.page("/plugins/")) == ["sweets"]
    bob = factories.person("bob", of=ann.account)
    sign_in(client, bob)
    page = client.page("/plugins/")
    assert names(page) == ["sweets"]
    assert starred_rows(page) == []
    assert names(client.page("/plugins/?starred=yes")) == []


def test_a_star_changes_the_page_but_not_the_account(
    client: PageClient, ann: Person, session: Session
) -> None:
    saved = factories.plugin(ann)
    generation = select(Account.generation).where(Account.id == ann.account.id)
    before, tag = session.scalar(generation), client.get("/plugins/").headers["ETag"]
    assert client.get("/plugins/", headers={"If-None-Match": tag}).status_code == 304
    press(client, saved)
    session.rollback()
    assert session.scalar(generation) == before
    assert client.get("/plugins/", headers={"If-None-Match": tag}).status_code == 200


def test_pressing_twice_is_the_same_as_once(ann: Person, session: Session) -> None:
    saved = factories.plugin(ann)
    for act, number in ((star_plugin, 1), (star_plugin, 1), (unstar_plugin, 0), (unstar_plugin, 0)):
        act(viewer_of(ann), saved.id)
        assert session.scalar(select(func.count()).select_from(Star)) == number


def test_what_one_may_not_read_cannot_be_starred(client: PageClient, ann: Person, session: Session) -> None:
    theirs = factories.plugin(factories.person("eve"))
    with pytest.raises(NotFound):
        star_plugin(viewer_of(ann), theirs.id)
    answers = {
        client.post("/plugins/star", data={"star": locator}, headers=PARTIAL).status_code
        for locator in (theirs.locator, "pluginmeta-nothing", "")
    }
    assert answers == {404}
    assert session.scalar(select(func.count()).select_from(Star)) == 0


def test_a_restored_plugin_is_still_starred(client: PageClient, ann: Person) -> None:
    saved = factories.plugin(ann, plugin_values("sweets"))
    press(client, saved)
    deleted = delete_plugin(viewer_of(ann), saved.id, saved.revision)
    page = client.page("/plugins/?starred=yes")
    assert names(page) == []
    assert page.one("a", id="f-starred-yes").text == "Starred0"
    restore_plugin(viewer_of(ann), saved.id, deleted.revision)
    assert starred_rows(client.page("/plugins/?starred=yes")) == ["sweets"]


def test_a_platform_plugin_can_be_starred(client: PageClient, ann: Person) -> None:
    saved = factories.plugin(factories.person("odette", of=factories.platform()), plugin_values("clock"))
    press(client, saved)
    assert names(client.page("/plugins/?starred=yes")) == []
    assert starred_rows(client.page("/plugins/?starred=yes&scope=all")) == ["clock"]


def test_an_edited_row_keeps_its_star(client: PageClient, ann: Person) -> None:
    saved = factories.plugin(ann, plugin_values("sweets"))
    press(client, saved)
    response = client.post(
        f"/plugins/{saved.locator}/cell/description",
        data={"revision": 1, "description": "Better.", "back": "/plugins/", "place": "row", "action": "save"},
        headers=PARTIAL,
    )
    assert 'aria-pressed="true"' in response.get_data(as_text=True)


def test_there_is_an_end_to_stars(client: PageClient, ann: Person, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(stars, "STARS_MAX", 1)
    first = factories.plugin(ann)
    press(client, first)
    star_plugin(viewer_of(ann), first.id)  # It has its star already.
    other = factories.plugin(ann)
    with pytest.raises(Conflict):
        star_plugin(viewer_of(ann), other.id)
    response = client.post("/plugins/star", data={"star": other.locator}, headers=PARTIAL)
    assert response.status_code == 409
    assert "as many as there can be" in response.get_data(as_text=True)


def test_who_has_no_star_pays_nothing_for_them(client: PageClient, ann: Person) -> None:
    saved = factories.plugin(ann)
    with count_statements() as sent:
        client.page("/plugins/")
    assert not sent.matching("stars")
    press(client, saved)
    client.page("/plugins/")
    with count_statements() as sent:
        client.page("/plugins/")
    assert len(sent) == 1, "who asks, and at which generation"
