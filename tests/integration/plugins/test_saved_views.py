"""Saved views in the list: saving, opening, updating, sharing, deleting, beginning with one; plain and by htmx."""

from __future__ import annotations

from urllib.parse import quote

import pytest
from sqlalchemy.orm import Session
from werkzeug.datastructures import MultiDict

from tests import factories
from tests.factories import Person, plugin_values
from tests.markup import form_fields
from tests.pages import PARTIAL, PageClient, sign_in, tree
from webapp.accounts.queries.saved_views import view_key


@pytest.fixture
def ann(session: Session, client: PageClient) -> Person:
    """Return somebody who is signed in, with a plugin."""
    person = factories.person("ann")
    factories.plugin(person, plugin_values("red_apples", tags=("fruit",)))
    sign_in(client, person)
    return person


def rail(client: PageClient, path: str) -> dict[str, bool]:
    """Return the views that the rail of a page offers, and whether each is current."""
    section = client.page(path).one("section", id="views")
    assert "hidden" not in section
    return {link.text: "aria-current" in link for link in section.all("a") if link["id"]}


SAVE = {"action": "/plugins/views"}


# ---- saving and opening ---------------------------------------------------------------------------------------


def test_a_state_of_the_list_is_saved_and_opened_by_its_plain_address(
    client: PageClient, ann: Person
) -> None:
    page = client.page("/plugins/?sort=name&tag=FRUIT&class=")
    answer = client.submit(page, {"name": "  Fruit, by name "}, path="/plugins/", form=SAVE)
    assert (answer.status_code, answer.headers["Location"]) == (303, "/plugins/?tag=FRUIT&sort=name")
    page = client.page("/plugins/?sort=name&tag=FRUIT")
    assert "“Fruit, by name” is saved as a view" in page.one(id="toasts").text
    link = page.one("section", id="views").one("a", text="Fruit, by name")
    assert (link["href"], link["aria-current"]) == ("/plugins/?tag=FRUIT&sort=name", "true")
    menu = page.one(id="view")
    assert menu.one("summary").text == "Fruit, by name"
    assert menu["data-own"].startswith("savedview-")


def test_the_whole_list_offers_nothing_to_save_and_is_one_click_away(client: PageClient, ann: Person) -> None:
    plain = client.page("/plugins/")
    assert "hidden" in plain.one(id="view")
    assert "hidden" in plain.one("section", id="views"), "nobody has a view yet"
    factories.saved_view(ann, "Mine", "scope=mine")
    assert rail(client, "/plugins/?scope=mine") == {"All plugins": False, "Mine": True}
    assert rail(client, "/plugins/") == {"All plugins": True, "Mine": False}
    assert rail(client, "/plugins/?q=x") == {"All plugins": False, "Mine": False}
    assert client.page("/plugins/?q=x").one("a", id="v-all")["href"] == "/plugins/"


def test_the_page_of_a_view_is_the_view_still(client: PageClient, ann: Person) -> None:
    for number in range(60):
        factories.plugin(ann, plugin_values(f"many_{number}"))
    factories.saved_view(ann, "Mine", "scope=mine")
    older = client.page("/plugins/?scope=mine").one("a", id="older")["href"]
    assert rail(client, older) == {"All plugins": False, "Mine": True}


def test_a_refused_name_stands_beside_its_field_and_nothing_is_lost(client: PageClient, ann: Person) -> None:
    factories.saved_view(ann, "Mine", "scope=mine")
    page = client.page("/plugins/?q=fruit")
    typed = {"name": "MINE", "shared": "y"}
    answer = client.submit(page, typed, path="/plugins/", form=SAVE)
    assert answer.status_code == 422
    again = tree(answer)
    assert "You have a view of that name" in again.one(id="name-error").text
    assert (again.one("input", id="name")["value"], "checked" in again.one("input", id="shared")) == (
        "MINE",
        True,
    )
    answer = client.submit(again, {"name": "Fruit"}, path="/plugins/views", form=SAVE)
    assert answer.headers["Location"] == "/plugins/?q=fruit"


def test_htmx_gets_the_menu_the_rail_and_a_word(client: PageClient, ann: Person) -> None:
    answer = client.post(
        "/plugins/views", data={"name": "Fruit", "query": "q=fruit", "here": "q=fruit"}, headers=PARTIAL
    )
    assert (answer.status_code, answer.headers["HX-Push-Url"]) == (200, "false")
    parts = tree(answer)
    assert [part["hx-target"] for part in parts.all("hx-partial")] == ["#views", "#toasts"]
    assert "data-focus" in parts.one(id="view").one("summary")
    refused = client.post("/plugins/views", data={"name": "", "query": "q=x"}, headers=PARTIAL)
    assert refused.status_code == 422
    menu = tree(refused).one(id="view")
    assert "open" in menu.one("details")
    assert "Give a name." in menu.one(id="view-name-error").text


def test_a_state_that_the_list_does_not_understand_is_not_saved(client: PageClient, ann: Person) -> None:
    answer = client.post("/plugins/views", data={"name": "x", "query": "class=nonsense"})
    assert answer.status_code == 400
    assert "class=nonsense" in tree(answer).one(id="error").text
    assert client.post("/plugins/views", data={"name": "x", "query": ""}).status_code == 422


def test_a_failed_token_saves_nothing_and_loses_nothing(client: PageClient, ann: Person) -> None:
    data = {"name": "Fruit", "query": "q=fruit", "csrf_token": "stale"}
    answer = client.post("/plugins/views", data=data, csrf=False)
    assert answer.status_code == 400
    assert tree(answer).one("input", id="name")["value"] == "Fruit"
    assert "hidden" in client.page("/plugins/").one("section", id="views")


# ---- changing -------------------------------------------------------------------------------------------------


def test_a_view_means_another_list_and_undo_takes_that_back(client: PageClient, ann: Person) -> None:
    factories.saved_view(ann, "Mine", "scope=mine")
    page = client.page("/plugins/?scope=mine&tag=fruit")
    assert "hidden" in page.one("button", id="view-again"), "only a script knows which view was opened"
    answer = client.submit(page, path="/plugins/", form={"id": "view-update"})
    assert answer.headers["Location"] == "/plugins/?tag=fruit&scope=mine"
    page = client.page("/plugins/?tag=fruit&scope=mine")
    assert page.one(id="view").one("summary").text == "Mine"
    client.submit(page, path="/plugins/", form={"action": "/plugins/views/update"}, button="Undo")
    assert rail(client, "/plugins/?scope=mine")["Mine"]


def test_a_view_is_renamed_and_shared_on_a_page_of_its_own(client: PageClient, ann: Person) -> None:
    key = view_key(factories.saved_view(ann, "Mine", "scope=mine"))
    page = client.page(f"/plugins/views/{key}")
    answer = client.submit(
        page, {"name": "", "shared": "y"}, path=f"/plugins/views/{key}", button="Save view"
    )
    assert answer.status_code == 422
    assert "Give a name." in tree(answer).one(id="name-error").text
    answer = client.submit(
        tree(answer), {"name": "Of mine"}, path=f"/plugins/views/{key}", button="Save view"
    )
    assert answer.headers["Location"] == "/plugins/views"
    page = client.page("/plugins/views")
    assert "“Of mine” is shared with" in page.one(id="toasts").text
    assert "Shared" in page.one("li", id=key).text
    undo = page.one(id="toasts").one("form")
    client.post(undo["action"], data=MultiDict(form_fields(undo)))
    line = client.page("/plugins/views").one("li", id=key)
    assert line.one("strong").text == "Mine"
    assert "Shared" not in line.text


def test_a_view_is_deleted_and_brought_back_where_one_is(client: PageClient, ann: Person) -> None:
    key = view_key(factories.saved_view(ann, "Mine", "scope=mine"))
    page = client.page("/plugins/?scope=mine")
    answer = client.submit(page, path="/plugins/", form={"action": f"/plugins/views/{key}/delete"})
    assert answer.headers["Location"] == "/plugins/?scope=mine"
    page = client.page("/plugins/?scope=mine")
    assert "The view “Mine” is deleted" in page.one(id="toasts").text
    assert "hidden" in page.one("section", id="views")
    answer = client.submit(page, path="/plugins/", form={"action": f"/plugins/views/{key}/restore"})
    assert answer.headers["Location"] == "/plugins/?scope=mine"
    assert rail(client, "/plugins/?scope=mine")["Mine"]


# ---- colleagues -----------------------------------------------------------------------------------------------


def test_colleagues_see_shared_views_and_whose_they_are(client: PageClient, ann: Person) -> None:
    bob = factories.person("bob", of=ann.account)
    shared = factories.saved_view(bob, "Theirs", "q=fruit", is_shared=True)
    factories.saved_view(bob, "Canary", "q=canary")
    factories.saved_view(factories.person("eve"), "Canary too", "q=canary", is_shared=True)
    assert list(rail(client, "/plugins/")) == ["All plugins", "Theirs shared by Bob"]
    menu = client.page("/plugins/?q=fruit").one(id="view")
    assert "Shared by Bob" in menu.text
    assert not menu.all("form", action=f"/plugins/views/{view_key(shared)}/delete")
    page = client.page("/plugins/views")
    assert "Shared by Bob" in page.text
    assert "Canary" not in page.text
    assert client.get(f"/plugins/views/{view_key(shared)}").status_code == 403
    assert client.post(f"/plugins/views/{view_key(shared)}/delete").status_code == 403


def test_staff_may_delete_what_is_shared(client: PageClient, ann: Person) -> None:
    key = view_key(factories.saved_view(ann, "Ours", "q=fruit", is_shared=True))
    sign_in(client, factories.person(of=ann.account, role="staff"))
    page = client.page("/plugins/views")
    client.submit(page, path="/plugins/views", form={"action": f"/plugins/views/{key}/delete"})
    page = client.page("/plugins/views")
    assert not page.all("li", id=key)
    client.submit(page, path="/plugins/views", form={"action": f"/plugins/views/{key}/restore"})
    assert "Shared by Ann" in client.page("/plugins/views").one("li", id=key).text


@pytest.mark.parametrize("what", ["foreign", "private", "unknown", "malformed"])
def test_a_view_that_one_may_not_see_is_none(client: PageClient, ann: Person, what: str) -> None:
    key = {
        "foreign": lambda: view_key(factories.saved_view(factories.person(), is_shared=True)),
        "private": lambda: view_key(factories.saved_view(factories.person(of=ann.account))),
        "unknown": lambda: view_key(987_654),
        "malformed": lambda: "savedview-7",
    }[what]()
    assert client.get(f"/plugins/views/{key}").status_code == 404
    data = {"name": "x", "view": key, "query": "q=x"}
    for path in (f"{key}", f"{key}/delete", f"{key}/restore", "update", "default"):
        assert client.post(f"/plugins/views/{path}", data=data).status_code == 404, path


# ---- where the list begins ------------------------------------------------------------------------------------


def test_the_list_begins_with_the_default_view_but_an_address_is_what_it_says(
    client: PageClient, ann: Person
) -> None:
    key = view_key(factories.saved_view(ann, "Fruit", "tag=fruit&sort=name"))
    page = client.page("/plugins/?tag=fruit&sort=name")
    answer = client.submit(
        page, path="/plugins/", form={"action": "/plugins/views/default"}, button="Begin with this view"
    )
    assert answer.headers["Location"] == "/plugins/?tag=fruit&sort=name"
    assert client.get("/").headers["Location"] == "/plugins/?tag=fruit&sort=name"
    page = client.page("/plugins/")
    assert page.one("nav", id="main-nav").one("a", text="Plugins")["href"] == "/plugins/?tag=fruit&sort=name"
    assert not page.all("span", class_="chip"), "the whole list is what its address says"
    assert "Plugins begin here" in page.one("section", id="views").text
    assert "Plugins begin here" in client.page("/plugins/views").one("li", id=key).text
    assert "You begin with a view" in client.page("/account/").text
    client.post("/plugins/views/default", data={"view": ""})
    assert client.get("/").headers["Location"] == "/plugins/"


def test_the_default_view_comes_before_the_scope_of_the_profile(client: PageClient, ann: Person) -> None:
    page = client.page("/account/")
    client.submit(
        page, {"scope": "platform"}, path="/account/", form={"id": "profile-form"}, button="Save profile"
    )
    key = view_key(factories.saved_view(ann, "Fruit", "tag=fruit"))
    client.post("/plugins/views/default", data={"view": key})
    assert client.get("/").headers["Location"] == "/plugins/?tag=fruit"
    client.post(f"/plugins/views/{key}/delete")
    assert client.get("/").headers["Location"] == "/plugins/?scope=platform"


def test_a_list_that_is_held_changes_with_the_default_and_with_the_views_of_others(
    client: PageClient, ann: Person
) -> None:
    def is_held() -> bool:
        nonlocal tag
        answer = client.get("/plugins/", headers={"If-None-Match": tag})
        held = answer.status_code == 304
        while "ETag" not in answer.headers:  # A word was waiting.
            answer = client.get("/plugins/")
        tag = answer.headers["ETag"]
        return held

    tag = client.get("/plugins/").headers["ETag"]
    assert is_held()
    shared = view_key(factories.saved_view(factories.person(of=ann.account), "Theirs", is_shared=True))
    assert not is_held()
    client.post("/plugins/views/default", data={"view": shared})
    assert not is_held()
    assert is_held()


def test_a_view_that_the_list_understands_no_more_leads_on_and_can_be_deleted(
    client: PageClient, ann: Person
) -> None:
    view_id = factories.saved_view(ann, "Old", "class=cobol")
    key = view_key(view_id)
    client.post("/plugins/views/default", data={"view": key})
    page = client.page(client.get("/").headers["Location"], 400)
    links = {link.text: link["href"] for link in page.one(id="error").all("a")}
    assert links["Look at your views"] == "/plugins/views"
    assert links["Go to plugins"] == "/plugins/"
    line = client.page("/plugins/views").one("li", id=key)
    assert "class=cobol is not known" in line.text
    assert "cannot be opened any more" in line.text
    assert not [link for link in line.all("a") if link.text == "Old"]
    client.post(f"/plugins/views/{key}/delete")
    assert client.get("/").headers["Location"] == "/plugins/"
    assert "Look at your views" not in client.page("/plugins/?class=cobol", 400).text


def test_a_view_of_an_owner_who_is_gone_is_an_empty_list(client: PageClient, ann: Person) -> None:
    factories.saved_view(ann, "Theirs", "owner=nobody")
    assert rail(client, "/plugins/?owner=nobody")["Theirs"]


# ---- their page -----------------------------------------------------------------------------------------------


def test_views_are_listed_with_their_filters_in_words(client: PageClient, ann: Person) -> None:
    query = f"q=sweet&tag={quote('a&b')}&owner=ann&class=sql&ready=not_ready&scope=all&sort=-version"
    key = view_key(factories.saved_view(ann, "Everything", query))
    page = client.page("/plugins/views")
    assert " ".join(page.one("li", id=key).one("p").text.split()) == (
        "Search sweet · Tag a&b · Owner ann · Class sql · Readiness Not ready · Scope All"
        " · Order Version, highest first"
    )
    assert "1 view of your own" in page.text


def test_the_rail_shows_the_first_views_and_the_current_one(
    client: PageClient, ann: Person, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr("webapp.plugins.views.saved_view_context.RAIL_OWN", 2)
    for name in "abcd":
        factories.saved_view(ann, name, f"q={name}")
    assert list(rail(client, "/plugins/")) == ["All plugins", "a", "b"]
    assert list(rail(client, "/plugins/?q=d")) == ["All plugins", "a", "b", "d"]
    assert (
        client.page("/plugins/").one("section", id="views").one("a", text="All views")["href"]
        == "/plugins/views"
    )


def test_names_of_people_are_shown_as_text(client: PageClient, ann: Person) -> None:
    nasty = "<script>alert(1)</script>"
    factories.saved_view(ann, nasty, f"q={quote(nasty)}")
    for path in ("/plugins/", f"/plugins/?q={quote(nasty)}", "/plugins/?q=x", "/plugins/views"):
        page = client.page(path)
        assert not [script for script in page.all("script") if "src" not in script]
        assert nasty in page.text
