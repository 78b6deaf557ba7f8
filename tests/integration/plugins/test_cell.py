from __future__ import annotations

from dataclasses import replace

import pytest
from sqlalchemy.orm import Session

from tests import factories
from tests.factories import Person, plugin_values
from tests.integration.plugins.cells import (
    LIST,
    cell_of,
    edit,
    inside,
    open_cell,
    parts,
    record_of,
    send,
    toast,
    undo,
)
from tests.integration.plugins.editing import stored
from tests.integration.plugins.merging import write
from tests.pages import PageClient, sign_in, tree
from webapp.db.session import transaction
from webapp.plugins.models import PluginMeta
from webapp.plugins.service import Saved

BASE = plugin_values(
    "gobstopper", description="Red ones\r\nand green ones.", version="1.2.3", tags=("sweets", "shop")
)


@pytest.fixture
def ann(session: Session, client: PageClient) -> Person:
    """Return a member who is signed in."""
    person = factories.person("ann_shaw")
    sign_in(client, person)
    return person


@pytest.fixture
def veruca(session: Session, ann: Person) -> Person:
    """Return a colleague who manages the account."""
    return factories.person("veruca_salt", role="staff", of=ann.account)


@pytest.fixture
def saved(ann: Person) -> Saved:
    """Return a plugin of Ann's."""
    return factories.plugin(ann, BASE)


# ---- in place ---------------------------------------------------------------------------------------------------


def test_a_cell_opens_with_the_field_its_revision_and_the_way_back(
    client: PageClient, ann: Person, saved: Saved
) -> None:
    form = open_cell(client, saved, "version", "/plugins/?tag=sweets&sort=name")
    field = form.one("input", id=f"row-{saved.id}-version")
    assert (field["value"], form.one("label").text) == ("1.2.3", "Version of gobstopper")
    assert form.one("input", name="revision")["value"] == "1"
    assert form.one("input", name="back")["value"] == "/plugins/?tag=sweets&sort=name"
    assert form["action"] == form["hx-post"] == cell_of(saved, "version")
    assert open_cell(client, saved, "tags", record_of(saved)).one("input", id="record-tags")["value"] == (
        "sweets, shop"
    )


@pytest.mark.parametrize(
    ("field", "text", "value"),
    [
        ("version", " 2.0.0-rc.1 ", "2.0.0-rc.1"),
        ("description", "Two\r\nlines", "Two\nlines"),
        ("description", "", ""),
        ("tags", "Shop, new one", ("shop", "new one")),
        ("tags", "", ()),
    ],
)
def test_a_save_writes_the_field_and_nothing_else(
    client: PageClient, session: Session, ann: Person, saved: Saved, field: str, text: str, value: object
) -> None:
    response = edit(client, saved, field, text)
    assert response.status_code == 200
    now = stored(session, ann, saved)
    assert now.values == replace(BASE, **{field: value})  # type: ignore[arg-type]
    assert now.revision == 2


def test_the_row_the_counts_and_a_word_come_back_to_the_list(
    client: PageClient, ann: Person, saved: Saved
) -> None:
    factories.plugin(ann, plugin_values("other"))
    response = edit(client, saved, "tags", "sweets, brand new", "/plugins/?tag=sweets")
    found = parts(response)
    assert set(found) == {f"#row-{saved.id}", "#count", "#bulk-all", "#facets", "#toasts"}
    row = found[f"#row-{saved.id}"].one("tr")
    assert row.one("td", class_="c-tags").one("a", class_="tag").text == "brand new"
    assert row.one("a", id=f"row-{saved.id}-tags-edit")
    assert "brand new1" in found["#facets"].text.replace(" 1", "1")
    assert found["#count"].text == "2 of 2 plugins"
    assert "Saved the tags of gobstopper" in found["#toasts"].text
    # Wherever the form has gone meanwhile, its answer finds its places.
    assert (response.headers["HX-Retarget"], response.headers["HX-Reswap"]) == ("body", "none")


def test_the_parts_that_show_it_come_back_to_the_record(
    client: PageClient, ann: Person, saved: Saved
) -> None:
    found = parts(edit(client, saved, "description", "", record_of(saved)))
    assert set(found) == {"#record-head", "#record-lead", "#record-aside", "#toasts"}
    assert "There is no description yet." in found["#record-lead"].text
    assert "Needs attention" in found["#record-head"].text
    assert "Revision 2" in found["#record-aside"].text
    assert found["#record-head"].one("a", id="record-version-edit")


def test_what_was_not_touched_stays_exactly_as_it_is(
    client: PageClient, session: Session, ann: Person, saved: Saved
) -> None:
    form = open_cell(client, saved, "description")
    response = send(client, form, {})
    assert "Nothing to save" in toast(response).text
    assert not toast(response).all("form")
    assert stored(session, ann, saved).values == BASE


def test_a_row_that_matches_no_more_stays_and_says_so(client: PageClient, ann: Person, saved: Saved) -> None:
    page = "/plugins/?tag=sweets"
    response = edit(client, saved, "tags", "shop", page)
    row = parts(response)[f"#row-{saved.id}"].one("tr")
    assert row["class"] == "moved"
    assert "no longer matches the filter" in row["title"]
    assert "no longer matches the filter" in toast(response).text
    assert parts(response)["#count"].text == "0 of 1 plugin"
    assert f"row-{saved.id}" not in {item["id"] for item in client.page(page).all("tr")}


def test_a_search_and_an_order_that_the_row_has_left_are_told_too(
    client: PageClient, ann: Person, saved: Saved
) -> None:
    response = edit(client, saved, "description", "Blue ones.", "/plugins/?q=green")
    assert "no longer matches" in toast(response).text
    response = edit(client, saved, "version", "9.0.0", "/plugins/?sort=-version")
    assert "its place in the order" in toast(response).text
    response = edit(client, saved, "description", "Green ones.", "/plugins/?q=green")
    assert "class" not in parts(response)[f"#row-{saved.id}"].one("tr")


def test_counts_that_take_long_are_loaded_afterwards(client: PageClient, session: Session) -> None:
    saved = factories.plugin(factories.person(), BASE)
    sign_in(client, factories.person(role="superuser"))
    found = parts(edit(client, saved, "version", "2.0.0", "/plugins/?scope=all&q=gobstopper"))
    assert set(found) == {f"#row-{saved.id}", "#later", "#toasts"}
    url = found["#later"].one("div")["hx-get"]
    assert url == "/plugins/counts?q=gobstopper&scope=all"
    assert client.fragment(url).text.startswith("1 of 1 plugin")


# ---- errors -----------------------------------------------------------------------------------------------------


@pytest.mark.parametrize(
    ("field", "text", "message", "fix"),
    [
        ("version", "1.2", "Write three numbers", "Use 1.2.0"),
        ("version", "", "Give it a version", "Use 1.0.0"),
        ("tags", f"fine, {'x' * 65}", "Use at most 64 characters", ""),
        ("description", "x" * 10_001, "Use at most 10,000 characters", ""),
    ],
)
def test_an_error_stands_in_the_cell_with_what_was_typed(
    client: PageClient,
    session: Session,
    ann: Person,
    saved: Saved,
    field: str,
    text: str,
    message: str,
    fix: str,
) -> None:
    response = edit(client, saved, field, text)
    assert response.status_code == 422
    form = tree(response).one("form")
    control = form.one("", id=f"row-{saved.id}-{field}")
    assert (control.raw.strip() if field == "description" else control["value"]) == text
    assert control["aria-invalid"] == "true"
    error = form.one("", id=control["aria-describedby"])
    assert message.lower() in error.text.lower()
    assert [button.text for button in error.all("button")] == ([fix] if fix else [])
    assert stored(session, ann, saved).revision == 1


def test_a_form_without_the_field_empties_nothing(
    client: PageClient, session: Session, ann: Person, saved: Saved
) -> None:
    response = client.post(cell_of(saved, "tags"), data={"revision": "1"}, headers=inside(LIST))
    assert response.status_code == 422
    assert stored(session, ann, saved).values == BASE


def test_a_failed_token_keeps_what_was_typed(
    client: PageClient, session: Session, ann: Person, saved: Saved
) -> None:
    form = open_cell(client, saved, "version")
    with client.session_transaction() as cookie:
        cookie["csrf_token"] = "another"
    response = send(client, form, {"version": "2.0.0"}, csrf=False)
    assert response.status_code == 400
    again = tree(response).one("form")
    assert again.one("input", name="version")["value"] == "2.0.0"
    assert "nothing was saved" in again.text
    assert stored(session, ann, saved).revision == 1
    assert send(client, again, {}, csrf=False).status_code == 200
    assert stored(session, ann, saved).values.version == "2.0.0"


def test_an_unknown_field_and_another_name_of_a_record_are_not_found(
    client: PageClient, ann: Person, saved: Saved
) -> None:
    assert client.get(cell_of(saved, "name")).status_code == 404
    assert client.get("/plugins/pluginmeta-nothing/cell/version").status_code == 404


# ---- somebody else was first ------------------------------------------------------------------------------------


def test_a_write_that_left_the_field_alone_does_not_stand_in_the_way(
    client: PageClient, session: Session, ann: Person, veruca: Person, saved: Saved
) -> None:
    form = open_cell(client, saved, "version")
    write(veruca, saved, replace(BASE, description="Theirs.", tags=("x",)))
    assert send(client, form, {"version": "2.0.0"}).status_code == 200
    now = stored(session, ann, saved)
    assert now.values == replace(BASE, description="Theirs.", tags=("x",), version="2.0.0")
    assert now.revision == 3


@pytest.mark.parametrize(
    ("field", "theirs", "mine"),
    [("version", "1.3.0", "1.4.0"), ("description", "<b>Theirs</b>", "Mine")],
)
def test_the_same_field_shows_who_changed_it_to_what_and_two_ways_on(
    client: PageClient,
    session: Session,
    ann: Person,
    veruca: Person,
    saved: Saved,
    field: str,
    theirs: str,
    mine: str,
) -> None:
    form = open_cell(client, saved, field)
    write(veruca, saved, replace(BASE, **{field: theirs}))  # type: ignore[arg-type]
    write(ann, saved, replace(BASE, **{field: theirs}, tags=()), 2)  # type: ignore[arg-type]
    response = send(client, form, {field: mine})
    assert response.status_code == 409
    clash = tree(response).one("form")
    # The last writer of this field, not of the record.
    assert f"Veruca Salt changed the {field} meanwhile" in clash.text
    assert clash.one("div", class_="theirs").text == theirs
    assert [button.text for button in clash.all("button")][-2:] == ["Keep theirs", "Save mine"]
    assert stored(session, ann, saved).revision == 3
    kept = send(client, clash, {"action": "theirs"})
    assert kept.status_code == 200
    assert "#toasts" not in parts(kept)
    assert stored(session, ann, saved).revision == 3
    assert send(client, clash, {"action": "mine"}).status_code == 200
    assert getattr(stored(session, ann, saved).values, field) == mine


def test_tags_of_both_sides_are_kept(
    client: PageClient, session: Session, ann: Person, veruca: Person, saved: Saved
) -> None:
    form = open_cell(client, saved, "tags")
    write(veruca, saved, replace(BASE, tags=("sweets", "shop", "theirs")))
    response = send(client, form, {"tags": "shop, mine"})
    assert set(stored(session, ann, saved).values.tags) == {"shop", "mine", "theirs"}
    assert "beside what somebody else changed" in toast(response).text
    undo(client, response)
    assert set(stored(session, ann, saved).values.tags) == {"sweets", "shop", "theirs"}


def test_a_revision_that_was_never_there_overwrites_nothing(
    client: PageClient, session: Session, ann: Person, saved: Saved
) -> None:
    form = open_cell(client, saved, "version")
    assert send(client, form, {"revision": "77", "version": "2.0.0"}).status_code == 409
    assert stored(session, ann, saved).values == BASE


# ---- undo -------------------------------------------------------------------------------------------------------


@pytest.mark.parametrize(
    ("field", "value"), [("version", "2.0.0"), ("description", "Other."), ("tags", "a, b")]
)
def test_an_undo_writes_the_field_back_and_can_be_undone(
    client: PageClient, session: Session, ann: Person, saved: Saved, field: str, value: str
) -> None:
    response = edit(client, saved, field, value)
    back = undo(client, response)
    assert back.status_code == 200
    assert f"Took back the {field} of gobstopper" in toast(back).text
    assert stored(session, ann, saved).values == BASE
    assert f"#row-{saved.id}" in parts(back)
    assert toast(back).one("button", text="Redo")
    undo(client, back)
    assert getattr(stored(session, ann, saved).values, field) in (value, ("a", "b"))


def test_an_undo_leaves_what_others_wrote_meanwhile(
    client: PageClient, session: Session, ann: Person, veruca: Person, saved: Saved
) -> None:
    response = edit(client, saved, "version", "2.0.0")
    write(veruca, saved, replace(BASE, version="2.0.0", description="Theirs."), 2)
    assert undo(client, response).status_code == 200
    assert stored(session, ann, saved).values == replace(BASE, description="Theirs.")
    response = edit(client, saved, "version", "2.0.0")
    write(veruca, saved, replace(BASE, version="3.0.0", description="Theirs."), 5)
    refused = undo(client, response)
    assert refused.status_code == 409
    assert "Nothing was undone" in toast(refused).text
    assert stored(session, ann, saved).values.version == "3.0.0"


# ---- who may ----------------------------------------------------------------------------------------------------


@pytest.mark.parametrize(
    ("who", "status"),
    [("colleague", 403), ("staff", 200), ("superuser", 200), ("stranger", 404), ("reader", 403)],
)
def test_who_may_edit_a_cell(client: PageClient, session: Session, who: str, status: int) -> None:
    home = factories.platform() if who == "reader" else factories.account()
    saved = factories.plugin(factories.person(of=home), BASE)
    person = {
        "colleague": lambda: factories.person(of=home),
        "staff": lambda: factories.person(role="staff", of=home),
        "superuser": lambda: factories.person(role="superuser"),
        "stranger": lambda: factories.person(role="staff"),
        "reader": lambda: factories.person(role="staff"),
    }[who]()
    sign_in(client, person)
    assert client.get(cell_of(saved, "version"), headers=inside(LIST)).status_code == status
    assert client.get(cell_of(saved, "version")).status_code == status
    data = {"revision": "1", "version": "9.9.9", "back": "/plugins/?scope=all", "place": "row"}
    response = client.post(cell_of(saved, "version"), data=data, headers=inside("/plugins/?scope=all"))
    assert response.status_code == status
    assert (stored(session, factories.person(role="superuser"), saved).values.version == "9.9.9") == (
        status == 200
    )
    if status != 200:
        lost = tree(response)
        assert lost.one("textarea").raw.strip() == "9.9.9"
        assert "gobstopper" not in response.get_data(as_text=True)


def test_a_record_that_was_deleted_meanwhile_leaves_what_was_typed(
    client: PageClient, session: Session, ann: Person, saved: Saved
) -> None:
    form = open_cell(client, saved, "description")
    with transaction() as writing:
        writing.get_one(PluginMeta, saved.id).delete()
    response = send(client, form, {"description": "Much\r\ntext"})
    assert response.status_code == 404
    lost = tree(response)
    assert "data-cell" in lost.all("div")[0]
    assert lost.one("textarea").raw.strip().replace("\r\n", "\n") == "Much\ntext"
    assert "readonly" in lost.one("textarea")
    assert client.get(cell_of(saved, "description"), headers=inside(LIST)).status_code == 404


# ---- without htmx -----------------------------------------------------------------------------------------------


def test_without_htmx_a_cell_is_a_page_that_leads_back_to_the_list(
    client: PageClient, session: Session, ann: Person, saved: Saved
) -> None:
    path, back = cell_of(saved, "tags"), "/plugins/?tag=shop"
    page = client.page(path, headers={"Referer": f"http://localhost{back}"})
    assert page.one("h1").text == "Edit tags of gobstopper"
    assert page.one("a", text="Cancel")["href"] == back
    response = client.submit(page, {"tags": "shop, new"}, path=path, button="Save tags")
    assert response.status_code == 303
    assert response.headers["Location"] == f"{back}#row-{saved.id}"
    assert stored(session, ann, saved).values.tags == ("shop", "new")
    after = client.page(back)
    assert "Saved the tags of gobstopper" in after.one("div", id="toasts").text
    response = client.submit(after, path=back, form={"data-undo": f"row-{saved.id}-tags-edit"}, button="Undo")
    assert response.headers["Location"].startswith(back)
    assert stored(session, ann, saved).values == BASE


def test_without_htmx_errors_and_fixes_are_pages(
    client: PageClient, session: Session, ann: Person, saved: Saved
) -> None:
    path = cell_of(saved, "version")
    response = client.submit(client.page(path), {"version": "2"}, path=path, button="Save version")
    assert response.status_code == 422
    assert tree(response).one("title").text.startswith("Error: ")
    fixed = client.submit(tree(response), path=path, button="Use 2.0.0")
    assert fixed.status_code == 200
    response = client.submit(tree(fixed), path=path, button="Save version")
    assert response.headers["Location"] == record_of(saved)
    assert stored(session, ann, saved).values.version == "2.0.0"


def test_without_htmx_a_clash_is_a_page(
    client: PageClient, session: Session, ann: Person, veruca: Person, saved: Saved
) -> None:
    path = cell_of(saved, "version")
    page = client.page(path)
    write(veruca, saved, replace(BASE, version="1.3.0"))
    response = client.submit(page, {"version": "1.4.0"}, path=path, button="Save version")
    assert response.status_code == 409
    kept = client.submit(tree(response), path=path, button="Keep theirs")
    assert kept.headers["Location"] == record_of(saved)
    client.submit(tree(response), path=path, button="Save mine")
    assert stored(session, ann, saved).values.version == "1.4.0"


@pytest.mark.parametrize(
    "back",
    [
        "https://evil.example/plugins/",
        "//evil.example/",
        "/account/password",
        "/plugins/?nothing=1",
        "",
        "/plugins/?draft=x",
    ],
)
def test_the_way_back_is_the_list_or_the_record(
    client: PageClient, ann: Person, saved: Saved, back: str
) -> None:
    data = {"revision": "1", "version": "3.0.0", "back": back, "place": "page"}
    response = client.post(cell_of(saved, "version"), data=data)
    where = "/plugins/#row-" if back.startswith("/plugins/?") else record_of(saved)
    assert response.headers["Location"].startswith(where)
