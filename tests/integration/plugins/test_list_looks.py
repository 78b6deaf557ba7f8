"""How the list looks for one person: its columns and the height of its rows."""

from __future__ import annotations

import pytest
from sqlalchemy.orm import Session

from tests import factories
from tests.factories import Person
from tests.pages import PARTIAL, PageClient, sign_in
from webapp.accounts.models import User
from webapp.accounts.values import COLUMNS, DEFAULT_COLUMNS
from webapp.plugins.views.list_context import COLUMNS as HEADS

FORM = {"id": "list-looks"}


@pytest.fixture
def ann(session: Session, client: PageClient) -> Person:
    """Return somebody who is signed in, with a plugin."""
    person = factories.person("ann")
    factories.plugin(person)
    sign_in(client, person)
    return person


def looks(client: PageClient, path: str = "/plugins/") -> tuple[list[str], str]:
    table = client.page(path).one("table", class_="list")
    return table["data-hide"].split(), table["data-density"]


def test_every_column_but_the_last_is_shown_to_who_has_chosen_nothing(
    client: PageClient, ann: Person
) -> None:
    assert looks(client) == (["created"], "comfortable")
    boxes = client.page("/plugins/").one("form", **FORM).all("input", name="column")
    assert [box["value"] for box in boxes if "checked" in box] == list(DEFAULT_COLUMNS)


def test_what_is_chosen_is_kept_and_leads_back_to_the_same_page(client: PageClient, ann: Person) -> None:
    page = client.page("/plugins/?q=plugin&sort=name")
    chosen: dict[str, str | list[str]] = {"column": ["owner", "created"], "density": "compact"}
    answer = client.submit(page, chosen, path="/plugins/", form=FORM)
    assert (answer.status_code, answer.headers["Location"]) == (303, "/plugins/?q=plugin&sort=name")
    hidden = [column for column in COLUMNS if column not in ("owner", "created")]
    assert looks(client) == (hidden, "compact")
    checked = [
        item["value"]
        for item in client.page("/account/").one("fieldset", id="columns").all("input")
        if "checked" in item
    ]
    assert checked == ["owner", "created"]


def test_the_profile_chooses_the_same(client: PageClient, ann: Person) -> None:
    page = client.page("/account/")
    client.submit(page, {"columns": []}, path="/account/", form={"id": "profile-form"}, button="Save profile")
    assert looks(client)[0] == list(COLUMNS), "the name is always there"


def test_htmx_is_led_to_the_list_that_it_shows_now_and_the_address_is_replaced(
    client: PageClient, ann: Person
) -> None:
    now = {"HX-Current-URL": "http://localhost/plugins/?q=now", "HX-Source": "form#list-looks"}
    data = {"column": ["class"], "density": "compact", "query": "q=before"}
    answer = client.post("/plugins/columns", data=data, headers=PARTIAL | now)
    assert (answer.status_code, answer.headers["Location"]) == (303, "/plugins/?q=now")
    answer = client.get("/plugins/?q=now", headers=PARTIAL | now)
    assert (answer.headers["HX-Replace-Url"], "HX-Push-Url" in answer.headers) == ("/plugins/?q=now", False)
    foreign = PARTIAL | {"HX-Current-URL": "http://evil.example/plugins/?q=now"}
    assert client.post("/plugins/columns", data=data, headers=foreign).headers["Location"] == (
        "/plugins/?q=before"
    )


def test_nonsense_is_left_out_or_refused(client: PageClient, ann: Person, session: Session) -> None:
    data = {"column": ["class", "nonsense", "class"], "density": "compact"}
    assert client.post("/plugins/columns", data=data).status_code == 303
    session.expire_all()
    assert session.get_one(User, ann.user_id).preferences["columns"] == ["class"]
    assert client.post("/plugins/columns", data={"density": "huge"}).status_code == 422
    assert client.post("/plugins/columns", data=data | {"query": "class=nonsense"}).status_code == 400


def test_a_theme_that_was_never_chosen_stays_one_of_the_device(
    client: PageClient, ann: Person, session: Session
) -> None:
    client.post("/plugins/columns", data={"column": [], "density": "compact"})
    session.expire_all()
    assert session.get_one(User, ann.user_id).preferences == {"columns": [], "density": "compact"}


def test_a_list_that_is_held_is_asked_for_again_when_its_looks_change(
    client: PageClient, ann: Person
) -> None:
    tag = client.get("/plugins/").headers["ETag"]
    client.post("/plugins/columns", data={"column": ["class"], "density": "comfortable"})
    assert client.get("/plugins/", headers={"If-None-Match": tag}).status_code == 200


def test_an_order_by_a_hidden_column_works_and_says_so(client: PageClient, ann: Person) -> None:
    assert not client.page("/plugins/").all(id="sort-note")
    assert not client.page("/plugins/?sort=name").all(id="sort-note")
    note = client.page("/plugins/?sort=created").one(id="sort-note").text
    assert note == "In the order “Created, oldest first”, by a column that is not shown."
    client.post("/plugins/columns", data={"column": ["created"], "density": "comfortable"})
    assert not client.page("/plugins/?sort=created").all(id="sort-note")
    assert client.page("/plugins/").all(id="sort-note")


def test_each_column_that_can_be_hidden_has_a_head() -> None:
    heads = {label.lower() for _, label, _, _ in HEADS} | {"readiness"}
    assert heads == {*COLUMNS, "name"}
