from __future__ import annotations

import datetime as dt
from urllib.parse import parse_qs, urlsplit

import pytest
from sqlalchemy import select
from sqlalchemy.orm import Session

from tests import factories
from tests.factories import Person, plugin_values
from tests.integration.plugins.editing import FORM, again, edit_of, end_sessions, problems, send, stored
from tests.markup import form_fields
from tests.pages import PageClient, sign_in, tree
from webapp.accounts.models import Draft
from webapp.db.session import transaction
from webapp.web.csrf import TOKEN_MESSAGE


@pytest.fixture
def ann(session: Session, client: PageClient) -> Person:
    """Return a member who is signed in."""
    person = factories.person("ann_shaw")
    sign_in(client, person)
    return person


@pytest.mark.parametrize("token", ["", "wrong", "IjEi.ZZ.x"])
def test_a_failed_token_keeps_what_was_typed_and_a_new_one_saves_it(
    client: PageClient, session: Session, ann: Person, token: str
) -> None:
    saved = factories.plugin(ann)
    refused = send(client, edit_of(saved), {"csrf_token": token, "description": "Typed before."})
    assert refused.status_code == 400
    assert problems(refused) == {"": TOKEN_MESSAGE}
    assert stored(session, ann, saved).revision == saved.revision
    assert again(client, refused).status_code == 303
    assert stored(session, ann, saved).values.description == "Typed before."


def test_another_site_changes_nothing(client: PageClient, session: Session, ann: Person) -> None:
    saved = factories.plugin(ann)
    fields = dict(form_fields(client.page(edit_of(saved)).one("form", id="edit-form")))
    response = client.post(
        edit_of(saved), data=fields | {"description": "Evil."}, headers={"Sec-Fetch-Site": "cross-site"}
    )
    assert response.status_code == 403
    assert stored(session, ann, saved).revision == saved.revision


def test_what_was_typed_when_the_session_ended_is_there_after_signing_in(
    client: PageClient, session: Session, ann: Person
) -> None:
    saved = factories.plugin(ann, plugin_values("sweets", annotations=({"a": 1},)))
    page = client.page(edit_of(saved))
    end_sessions(session)
    login = client.submit(
        page,
        {"description": "Typed before.", "annotations-0-value": "[1, 2]"},
        path=edit_of(saved),
        form=FORM,
    )
    assert login.status_code == 401
    response = client.submit(
        tree(login),
        {"username": ann.username, "password": ann.password},
        path="/login",
        form={"action": "/login"},
    )
    location = response.headers["Location"]
    assert urlsplit(location).path == edit_of(saved)
    token = parse_qs(urlsplit(location).query)["draft"][0]
    shown = client.page(location)
    assert "It is not saved yet" in shown.text
    assert shown.one("textarea", id="description").text == "Typed before."
    assert shown.one("input", name="draft")["value"] == token
    assert client.submit(shown, path=edit_of(saved), form=FORM, button="Save changes").status_code == 303
    values = stored(session, ann, saved).values
    assert (values.description, values.annotations) == ("Typed before.", ({"a": [1, 2]},))
    assert session.scalar(select(Draft.id)) is None


def test_a_draft_of_somebody_else_is_not_shown(client: PageClient, session: Session, ann: Person) -> None:
    saved = factories.plugin(ann)
    other = factories.person()
    with transaction() as writing:
        writing.add(
            Draft(
                token="t" * 43,
                user_id=other.user_id,
                path=edit_of(saved),
                fields=[["description", "Secret."]],
                created_at=dt.datetime.now(dt.UTC),
            )
        )
    page = client.page(f"{edit_of(saved)}?draft={'t' * 43}")
    assert "Secret." not in page.text
