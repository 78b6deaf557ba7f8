from __future__ import annotations

from dataclasses import replace

import pytest
from sqlalchemy import select
from sqlalchemy.orm import Session

from tests import factories
from tests.factories import Person, api_values, plugin_values, sql_values
from tests.integration.plugins.editing import FORM, NEW, again, edit_of, problems, send, stored
from tests.markup import form_fields
from tests.pages import PageClient, sign_in, tree
from webapp.db.session import transaction
from webapp.history.models import Revision
from webapp.plugins import service
from webapp.plugins.models import PluginMeta
from webapp.plugins.values import (
    ApiData,
    Header,
    Parameter,
    PluginValues,
    SqlData,
    StaticData,
    TestValue,
    UrlParam,
)


@pytest.fixture
def ann(session: Session, client: PageClient) -> Person:
    """Return a member who is signed in."""
    person = factories.person("ann_shaw")
    sign_in(client, person)
    return person


# ---- edit ------------------------------------------------------------------------------------------------------

ALL_CLASSES = {
    "static": plugin_values(
        "sweets",
        annotations=(
            {"a/b": "1.10"},
            {"n": 1.5},
            {"t": True},
            {"l": [1, {"x": None}]},
            {"text": "two\nlines"},
        ),
        data=StaticData("About.\n", {"a": {"b": [1, "1", None]}, "long": "x" * 300}),
    ),
    "sql": sql_values(
        "sweets",
        data=SqlData(
            "warehouse",
            "SELECT 1\n  WHERE {a} = {b}\n",
            "About.",
            (
                Parameter("a", "string", "A.\nB.", True, ("x", "y, z"), "x"),
                Parameter("b", "number", default=2.0),
            ),
            (TestValue("a", "500"), TestValue("b", 3), TestValue("c", None)),
            None,
        ),
    ),
    "api": api_values(
        "sweets",
        data=ApiData(
            "price_service",
            "/v1/{a}/",
            "PATCH",
            "About.",
            (UrlParam("u", "1"), UrlParam("v", "")),
            (Header("X-A", "b, c"),),
            {"k": ["v", 1.25]},
            (Parameter("a"),),
            (TestValue("a", {"x": 1}),),
            5,
        ),
    ),
}


@pytest.mark.parametrize("plugin_class", ALL_CLASSES)
def test_saving_an_untouched_form_changes_nothing(
    client: PageClient, session: Session, ann: Person, plugin_class: str
) -> None:
    saved = factories.plugin(ann, ALL_CLASSES[plugin_class])
    response = send(client, edit_of(saved))
    assert response.status_code == 303
    assert "Nothing was changed" in client.page(response.headers["Location"]).one("", id="toasts").text
    record = stored(session, ann, saved)
    assert record.revision == saved.revision
    assert repr(record.values) == repr(ALL_CLASSES[plugin_class])


@pytest.mark.parametrize("plugin_class", ALL_CLASSES)
def test_one_changed_field_changes_one_field(
    client: PageClient, session: Session, ann: Person, plugin_class: str
) -> None:
    saved = factories.plugin(ann, ALL_CLASSES[plugin_class])
    response = send(client, edit_of(saved), {"description": "Another description.", "version": "1.1.0"})
    assert "Saved 1.1.0" in client.page(response.headers["Location"]).one("", id="toasts").text
    record = stored(session, ann, saved)
    assert record.revision == saved.revision + 1
    wanted = replace(ALL_CLASSES[plugin_class], description="Another description.", version="1.1.0")
    assert repr(record.values) == repr(wanted)
    revision = session.scalars(select(Revision).where(Revision.revision == record.revision)).one()
    assert (revision.changed, revision.actor_name, revision.origin) == (
        ["description", "version"],
        "Ann Shaw",
        "form",
    )


def test_a_part_that_a_manifest_left_out_is_not_made_up(
    client: PageClient, session: Session, ann: Person
) -> None:
    bare = PluginValues("bare", "sql")
    saved = factories.plugin(ann, bare)
    send(client, edit_of(saved), {"description": "Now with a description."})
    assert stored(session, ann, saved).values == replace(bare, description="Now with a description.")


def test_another_class_is_shown_without_losing_what_was_typed(
    client: PageClient, session: Session, ann: Person
) -> None:
    saved = factories.plugin(ann, plugin_values("sweets"))
    shown = send(client, edit_of(saved), {"plugin_class": "sql", "static_data": "typed: 1"}, "Show fields")
    assert shown.status_code == 200
    page = tree(shown)
    hidden = {item["data-when"]: "hidden" in item for item in page.all("div") if item["data-when"]}
    assert hidden == {"static": True, "sql api": False, "sql": False, "api": True}
    assert page.one("textarea", id="static_data").text == "typed: 1"
    response = again(client, shown, {"sql_query": "SELECT 1"})
    assert response.status_code == 303
    assert stored(session, ann, saved).values.data == SqlData(sql_query="SELECT 1", description="The sweets.")


def test_rows_are_added_and_removed_without_saving(client: PageClient, session: Session, ann: Person) -> None:
    saved = factories.plugin(ann, plugin_values("sweets", annotations=({"a": 1}, {"b": 2})))
    shown = send(client, edit_of(saved), {"description": "Typed."}, "Add annotation")
    assert shown.status_code == 200
    shown = again(client, shown, {"annotations-2-key": "c", "annotations-2-value": "three"}, "Add annotation")
    page = tree(shown)
    assert [
        item["name"] for item in page.one("ul", data_rows="annotations").all("input", None, class_="k")
    ] == [f"annotations-{number}-key" for number in range(4)]
    button = page.one("button", value="annotations-0")
    fields = dict(form_fields(page.one("form", id="edit-form")))
    shown = client.post(edit_of(saved), data=fields | {button["name"]: button["value"]})
    assert shown.status_code == 200
    assert stored(session, ann, saved).revision == saved.revision
    assert again(client, shown).status_code == 303
    values = stored(session, ann, saved).values
    assert values.annotations == ({"b": 2}, {"c": "three"})
    assert values.description == "Typed."


def test_the_next_version_is_one_click_away(client: PageClient, ann: Person) -> None:
    saved = factories.plugin(ann, plugin_values("sweets", version="1.2.3"))
    page = client.page(edit_of(saved))
    buttons = [button for button in page.all("button") if button["value"].startswith("version-")]
    assert [button.text for button in buttons] == ["1.2.4 patch", "1.3.0 minor", "2.0.0 major"]
    assert {button["form"] for button in buttons} == {"edit-form"}
    fields = dict(form_fields(page.one("form", id="edit-form")))
    shown = tree(client.post(edit_of(saved), data=fields | {"use_suggestion": "version-minor"}))
    assert shown.one("input", id="version")["value"] == "1.3.0"


def test_a_missing_connection_stays_to_be_chosen(client: PageClient, session: Session, ann: Person) -> None:
    factories.sql_connection(ann, "orders")
    factories.api_connection(ann, "prices")
    factories.sql_connection(factories.person(), "foreign")
    saved = factories.plugin(ann, sql_values("sweets", connection="gone"))
    choice = client.page(edit_of(saved)).one("select", id="connection")
    assert [option.text for option in choice.all("option")] == [
        "Not chosen",
        "gone (missing)",
        "orders",
        "prices",
    ]
    assert problems(send(client, edit_of(saved), {"connection": "prices"}))["connection"].endswith(
        "prices is an API connection. Choose an SQL connection."
    )
    assert send(client, edit_of(saved), {"connection": "orders"}).status_code == 303
    assert stored(session, ann, saved).values.data.connection == "orders"  # type: ignore[union-attr]


def test_a_parameter_is_refused_beside_its_row(client: PageClient, ann: Person) -> None:
    saved = factories.plugin(ann, sql_values("sweets"))
    response = send(client, edit_of(saved), {"parameters-0-default": "blue", "sql_query": "SELECT {size}"})
    assert problems(response) == {
        "sql_query": "SQL query: The placeholder {size} is not a parameter. Add it to the parameters or take it out.",
        "parameters-0-default": "Parameters, row 1, Default: Use one of the allowed values, or add it to them.",
    }
    page = tree(response)
    assert page.one("", id="parameters-0-default")["aria-describedby"] == "parameters-0-default-error"


def test_a_name_may_be_changed_and_is_checked_as_a_new_one(
    client: PageClient, session: Session, ann: Person
) -> None:
    saved = service.create_plugin(factories.viewer_of(ann), plugin_values("2025_sweets"), imported=True)
    assert send(client, edit_of(saved), {"description": "Kept its name."}).status_code == 303
    assert "name" in problems(send(client, edit_of(saved), {"name": "2026_sweets"}))
    assert send(client, edit_of(saved), {"name": "sweets_2026"}).status_code == 303
    assert stored(session, ann, saved).values.name == "sweets_2026"


@pytest.mark.parametrize(
    "data", [{}, {"revision": "1"}, {"name": "x", "annotations-a-key": "1", "parameters-0": "x"}]
)
def test_a_strange_request_is_refused_and_changes_nothing(
    client: PageClient, session: Session, ann: Person, data: dict[str, str]
) -> None:
    saved = factories.plugin(ann)
    assert client.post(edit_of(saved), data=data).status_code == 422
    assert stored(session, ann, saved).revision == saved.revision


def test_data_that_is_too_large_for_a_form_stays_and_the_rest_can_be_edited(
    client: PageClient, session: Session, ann: Person
) -> None:
    values = plugin_values("large", data=StaticData("About.", {"rows": ["x" * 100] * 15_000}))
    saved = factories.plugin(ann, values)
    page = client.page(edit_of(saved))
    assert not page.all("textarea", None, id="static_data")
    assert "too large to edit here" in page.text
    # Once with an error in between, once after somebody else has saved.
    refused = send(client, edit_of(saved), {"description": "Another.", "version": "1"})
    assert problems(refused).keys() == {"version"}
    service.update_plugin(factories.viewer_of(ann), saved.id, 1, replace(values, tags=("a",)))
    conflict = again(client, refused, {"version": "2.0.0"})
    assert conflict.status_code == 409
    done = client.submit(
        tree(conflict), path=edit_of(saved), form={"id": "merge-form"}, button="Save merged 2.0.0"
    )
    assert done.status_code == 303
    assert stored(session, ann, saved).values == replace(
        values, description="Another.", version="2.0.0", tags=("a",)
    )


# ---- permissions -----------------------------------------------------------------------------------------------


def test_saving_what_one_may_only_read_is_refused_and_keeps_the_text(
    client: PageClient, session: Session, ann: Person
) -> None:
    saved = factories.plugin(factories.person(of=ann.account))
    response = client.post(
        edit_of(saved), data={"name": "mine_now", "description": "Typed.", "version": "1.0.0"}
    )
    assert response.status_code == 403
    page = tree(response)
    assert page.one("input", name="description")["value"] == "Typed."
    assert stored(session, ann, saved).revision == saved.revision


def test_the_text_for_a_record_that_is_gone_starts_a_new_one(
    client: PageClient, session: Session, ann: Person
) -> None:
    saved = factories.plugin(ann, plugin_values("sweets", annotations=({"a": 1},)))
    page = client.page(edit_of(saved))
    with transaction() as writing:
        plugin = writing.get(PluginMeta, saved.id)
        assert plugin is not None
        plugin.delete()
    response = client.submit(page, {"description": "Typed."}, path=edit_of(saved), form=FORM)
    assert response.status_code == 404
    lost = tree(response)
    assert "description: Typed." in lost.one("pre", id="typed").raw
    shown = client.submit(lost, path=edit_of(saved), form={"action": NEW}, button="New plugin from this")
    assert shown.status_code == 200
    assert again(client, shown).status_code == 303
    values = session.scalars(select(PluginMeta).where(PluginMeta.deleted_at.is_(None))).one().to_values()
    assert (values.name, values.description, values.annotations) == ("sweets", "Typed.", ({"a": 1},))


def test_what_was_typed_is_answered_alike_for_no_record_and_a_foreign_one(
    client: PageClient, ann: Person
) -> None:
    foreign = factories.plugin(factories.person())
    data = {"name": "sweets", "version": "1.0.0", "plugin_class": "static", "description": "Typed."}
    texts = set()
    for locator in (foreign.locator, "pluginmeta-rMDEwMDAwMDF4x", "nonsense"):
        answer = client.post(f"/plugins/{locator}/edit", data=data)
        assert answer.status_code == 404
        main = tree(answer).one("main")
        texts.add((main.text, tuple(form_fields(main.one("form", action=NEW))[1:])))
    assert len(texts) == 1
