from __future__ import annotations

import pytest
from sqlalchemy import select
from sqlalchemy.orm import Session
from werkzeug.test import TestResponse

from tests import factories
from tests.factories import Person, plugin_values, sql_values
from tests.integration.plugins.editing import NEW, edit_of, end_sessions
from tests.markup import form_fields
from tests.pages import PARTIAL, PageClient, sign_in, tree
from webapp.plugins.models import PluginMeta
from webapp.plugins.service import Saved


@pytest.fixture
def ann(session: Session, client: PageClient) -> Person:
    """Return a member who is signed in."""
    person = factories.person("ann_shaw")
    sign_in(client, person)
    return person


def check(client: PageClient, field: str, saved: Saved | None = None, **data: str) -> TestResponse:
    path = edit_of(saved) if saved else NEW
    fields = dict(form_fields(client.page(path).one("form", id="edit-form")))
    query = {"field": field} | ({"record": saved.locator} if saved else {})
    return client.post("/plugins/check-field", query_string=query, data=fields | data, headers=PARTIAL)


def test_a_field_is_checked_as_a_person_leaves_it(client: PageClient, session: Session, ann: Person) -> None:
    answer = check(client, "name", name="helloWorld")
    assert answer.status_code == 200
    part = tree(answer)
    assert [item["id"] for item in part.all("input")] == ["name"]
    assert part.one("", id="name-error").text == "Use lower-case words joined by underscores.Use hello_world"
    assert session.scalar(select(PluginMeta.id)) is None


def test_a_field_that_is_right_comes_back_without_errors(client: PageClient, ann: Person) -> None:
    part = tree(check(client, "version", version="1.0.1"))
    assert part.one("input", id="version")["value"] == "1.0.1"
    assert not part.all("", None, id="version-error")


def test_lint_speaks_as_a_person_leaves_a_field_and_keeps_nobody_from_saving(
    client: PageClient, ann: Person
) -> None:
    part = tree(check(client, "description", description="A plugin for data of the user."))
    area = part.one("textarea", id="description")
    assert area["aria-describedby"] == "description-advice description-help"
    assert "only general words" in part.one("", id="description-advice").text
    assert not area["aria-invalid"]
    assert "advice" not in tree(check(client, "description", description="When the shop is open.")).text
    # What is wrong comes first, and alone.
    part = tree(check(client, "temperature", temperature="3"))
    assert part.all("", None, id="temperature-error")
    assert not part.all("", None, id="temperature-advice")
    part = tree(check(client, "temperature", temperature="1"))
    assert "The temperature is high: 1" in part.one("", id="temperature-advice").text


@pytest.mark.parametrize(
    "others",
    [
        {
            "static_data": "a: [",
            "temperature": "x",
            "max_tokens": "",
            "limit": "-1",
            "plugin_class": "static",
        },
        {"plugin_class": "nonsense", "directive": "nonsense", "body": "{", "version": "one"},
        {
            "plugin_class": "sql",
            "parameters-0-name": "a b",
            "parameters-0-default": "[",
            "parameters-0-type": "x",
        },
        {
            "plugin_class": "api",
            "annotations-0-key": "",
            "annotations-0-value": "[",
            "test_values-0-value": "{",
        },
    ],
)
def test_lint_takes_a_form_of_which_other_fields_are_wrong(
    client: PageClient, ann: Person, others: dict[str, str]
) -> None:
    answer = check(client, "description", **others, description="Short.")
    assert answer.status_code == 200


def test_a_taken_name_is_said_at_once_but_only_of_this_account(client: PageClient, ann: Person) -> None:
    saved = factories.plugin(ann, plugin_values("sweets"))
    factories.plugin(factories.person(), plugin_values("toffees"))
    assert "already has a plugin of this name" in tree(check(client, "name", name="sweets")).text
    assert "already" not in tree(check(client, "name", name="toffees")).text
    assert "already" not in tree(check(client, "name", saved, name="sweets")).text


def test_a_query_is_checked_with_its_parameters(client: PageClient, ann: Person) -> None:
    saved = factories.plugin(ann, sql_values("sweets"))
    assert (
        "{size}"
        in tree(check(client, "sql_query", saved, sql_query="SELECT {size}"))
        .one("", id="sql_query-error")
        .text
    )


def test_the_check_knows_no_other_field_and_no_foreign_record(client: PageClient, ann: Person) -> None:
    foreign = factories.plugin(factories.person())
    for query in ({"field": "revision"}, {"field": ""}, {}, {"field": "name", "record": foreign.locator}):
        answer = client.post("/plugins/check-field", query_string=query, data={"name": "x"}, headers=PARTIAL)
        assert answer.status_code == 404


def test_a_check_after_the_session_ended_says_so_and_leaves_the_page(
    client: PageClient, session: Session, ann: Person
) -> None:
    saved = factories.plugin(ann)
    fields = dict(form_fields(client.page(edit_of(saved)).one("form", id="edit-form")))
    end_sessions(session)
    answer = client.post(
        "/plugins/check-field",
        query_string={"field": "name", "record": saved.locator},
        data=fields | {"description": "Typed before."},
        headers=PARTIAL | {"HX-Current-URL": f"http://localhost{edit_of(saved)}"},
    )
    assert answer.status_code == 401
    assert answer.headers["HX-Reswap"] == "none"
    part = tree(answer).one("hx-partial")
    assert part["hx-target"] == "#alerts"
    assert "Your session has ended." in part.text
    # The page may be saved at the same moment: its answer holds a form whose token is in the cookie.
    assert "Set-Cookie" not in answer.headers
