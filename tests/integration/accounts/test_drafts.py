"""Nothing that was typed is lost when a session ends."""

from __future__ import annotations

import datetime as dt

import pytest
from sqlalchemy import func, select, update
from sqlalchemy.orm import Session
from werkzeug.datastructures import MultiDict
from werkzeug.test import TestResponse, encode_multipart

from tests import factories
from tests.factories import Person
from tests.markup import Element, form_fields
from tests.pages import PARTIAL, PageClient, sign_in, tree
from webapp.accounts.drafts import KEPT_FOR, PER_PERSON, drop_draft, find_draft
from webapp.accounts.held import hold_fields
from webapp.accounts.models import Draft, LoginSession
from webapp.accounts.service import keep_input
from webapp.connections.crypto import Vault
from webapp.core.clock import utcnow

FORM = "/long-form/caf%C3%A9?class=sql"
TYPED = MultiDict(
    [("name", "gobstopper"), ("tags", "a"), ("tags", "b"), ("text", 'Zeile\r\n"ü" \\ </textarea>')]
)


VAULT = Vault((factories.ENCRYPTION_KEY,))


def sealed(*fields: tuple[str, str]) -> str:
    held = hold_fields(MultiDict(fields), VAULT)
    assert held
    return held


def end_sessions(session: Session) -> None:
    session.execute(update(LoginSession).values(expires_at=utcnow() - dt.timedelta(seconds=1)))
    session.commit()


def send_after_the_end(
    client: PageClient, session: Session, person: Person, **kwargs: object
) -> TestResponse:
    sign_in(client, person)
    end_sessions(session)
    return client.post(FORM, data=TYPED, **kwargs)


def send_parts(client: PageClient, path: str, fields: dict[str, str]) -> TestResponse:
    # Encoded here: the test client would spool a body of this size to a file and leave it open.
    boundary, body = encode_multipart(fields)
    return client.post(path, data=body, content_type=f"multipart/form-data; boundary={boundary}")


def enter(client: PageClient, page: Element, person: Person) -> TestResponse:
    data = {"username": person.username, "password": person.password}
    return client.submit(page, data, path="/login", button="Sign in")


def test_a_form_sent_after_the_session_s_end_is_there_after_signing_in(
    client: PageClient, session: Session
) -> None:
    person = factories.person()
    answer = send_after_the_end(client, session, person)
    assert answer.status_code == 401
    page = tree(answer)
    assert "Your session has ended" in page.text
    assert page.one("form")["enctype"] == "multipart/form-data"
    answer = enter(client, page, person)
    assert answer.status_code == 303
    assert answer.headers["Location"].startswith("/long-form/caf%C3%A9?class=sql&draft=")
    assert client.get(answer.headers["Location"]).json["fields"] == [
        list(pair) for pair in TYPED.items(multi=True)
    ]
    assert client.post(answer.headers["Location"], data=TYPED).status_code == 200
    assert client.get(answer.headers["Location"]).json["fields"] is None


def test_the_token_of_the_form_still_holds_when_the_session_has_ended(
    client: PageClient, session: Session
) -> None:
    # The signed cookie outlives the row, and the token is bound to the cookie.
    person = factories.person()
    sign_in(client, person)
    token = (
        client.page("/account/password")
        .one("form", action="/account/password")
        .one("input", name="csrf_token")["value"]
    )
    end_sessions(session)
    answer = client.post("/action", data={"csrf_token": token}, csrf=False)
    assert (answer.status_code, answer.headers["Location"]) == (303, "/login")


def test_a_form_survives_even_when_the_cookie_is_gone_and_its_token_fails(
    client: PageClient, session: Session
) -> None:
    person = factories.person()
    answer = client.post(FORM, data=TYPED, csrf=False)
    assert answer.status_code == 401
    answer = enter(client, tree(answer), person)
    assert client.get(answer.headers["Location"]).json["fields"][0] == ["name", "gobstopper"]


def test_what_was_typed_survives_refusals_of_the_sign_in(client: PageClient, session: Session) -> None:
    person = factories.person()
    answer = send_after_the_end(client, session, person)
    answer = client.submit(tree(answer), {"username": person.username, "password": "x"}, path="/login")
    assert answer.status_code == 422
    page = tree(answer)
    # The next attempt comes from a page whose token no longer holds.
    with client.session_transaction() as cookie:
        cookie["csrf_token"] = "another"
    answer = enter(client, page, person)
    assert answer.status_code == 400
    answer = enter(client, tree(answer), person)
    assert client.get(answer.headers["Location"]).json["fields"][0] == ["name", "gobstopper"]


def test_somebody_who_signed_in_in_another_tab_sends_the_form_again(
    client: PageClient, session: Session
) -> None:
    person = factories.person()
    sign_in(client, person)
    answer = client.post(FORM, data=TYPED, csrf=False)
    assert answer.status_code == 400
    assert answer.json["kept"]["name"] == "gobstopper"


def test_htmx_puts_the_sign_in_page_in_place_of_the_page(client: PageClient, session: Session) -> None:
    person = factories.person()
    sign_in(client, person)
    end_sessions(session)
    headers = {**PARTIAL, "HX-Current-URL": "http://localhost/long-form/caf%C3%A9?tab=2#x"}
    answer = client.post("/long-form/validate", data=TYPED, headers=headers)
    assert answer.status_code == 401
    assert answer.headers["HX-Retarget"] == "body"
    page = tree(answer)
    assert "Sign in" in page.all("title")[0].text
    assert page.one("input", name="next")["value"] == "/long-form/caf%C3%A9?tab=2"
    answer = enter(client, page, person)
    assert client.get(answer.headers["Location"]).json["fields"][0] == ["name", "gobstopper"]


def test_passwords_are_not_carried_anywhere(client: PageClient, session: Session) -> None:
    sign_in(client, factories.person())
    end_sessions(session)
    data = {"current_password": "canary", "new_password": "canary", "new_password_again": "canary"}
    answer = client.post("/account/password", data=data)
    assert answer.status_code == 401
    text = answer.get_data(as_text=True)
    assert "canary" not in text
    assert 'name="held"' not in text
    assert 'name="next" value="/account/password"' in text


def test_what_is_too_large_to_carry_is_said_to_be_lost(client: PageClient, session: Session) -> None:
    answer = client.post("/long-form/a", data={"text": "x" * 1_000_000})
    assert answer.status_code == 401
    text = answer.get_data(as_text=True)
    assert "too large to keep" in text
    assert 'name="held"' not in text


def test_a_form_as_large_as_a_request_may_be_fits_through_the_sign_in(
    client: PageClient, session: Session
) -> None:
    person = factories.person()
    typed = '"ü"\r\n' * 57_000
    answer = client.post("/long-form/a", data={"text": typed})
    assert answer.status_code == 401
    fields = dict(form_fields(tree(answer).one("form")))
    fields |= {"username": person.username, "password": person.password}
    answer = send_parts(client, "/login", fields)
    assert answer.status_code == 303
    assert client.get(answer.headers["Location"]).json["fields"] == [["text", typed]]


@pytest.mark.parametrize("held", ["[", '[["a","b"]]', "x" * 1_000_001, "ü"])
def test_a_made_up_field_stores_nothing_and_stops_nobody(
    client: PageClient, session: Session, held: str
) -> None:
    person = factories.person()
    data = {"username": person.username, "password": person.password, "next": "/whoami", "held": held}
    answer = send_parts(client, "/login", data)
    assert (answer.status_code, answer.headers["Location"]) == (303, "/whoami")
    assert session.scalar(select(func.count()).select_from(Draft)) == 0


def test_without_a_page_to_go_back_to_nothing_is_stored(client: PageClient, session: Session) -> None:
    person = factories.person()
    data = {
        "username": person.username,
        "password": person.password,
        "held": sealed(("a", "b")),
        "next": "//evil",
    }
    assert client.post("/login", data=data).headers["Location"] == "/"
    assert session.scalar(select(func.count()).select_from(Draft)) == 0


def test_what_was_typed_is_stored_sealed(client: PageClient, session: Session) -> None:
    person = factories.person()
    text = "kind: Secret\nspec:\n  config:\n    ? value\n    : canary\n"
    page = tree(client.post("/long-form/a", data={"text": text}))
    assert "canary" not in page.one("input", name="held")["value"]
    location = enter(client, page, person).headers["Location"]
    assert "canary" not in str(session.scalar(select(Draft.fields)))
    assert client.get(location).json["fields"] == [["text", text]]


def test_a_draft_is_found_by_its_owner_on_its_page_only(session: Session) -> None:
    owner, other = factories.person(), factories.person()
    viewer = factories.viewer_of(owner)
    token = keep_input(viewer, sealed(("name", "x\0y")), "/long-form/a")
    assert find_draft(session, viewer, token, "/long-form/a", VAULT) == MultiDict([("name", "x\0y")])
    assert find_draft(session, viewer, token, "/long-form/b", VAULT) is None
    assert find_draft(session, factories.viewer_of(other), token, "/long-form/a", VAULT) is None
    for unknown in (None, "", "x", "ü", "a\0b", "x" * 100):
        assert find_draft(session, viewer, unknown, "/long-form/a", VAULT) is None
        drop_draft(viewer, unknown)
    drop_draft(factories.viewer_of(other), token)
    assert find_draft(session, viewer, token, "/long-form/a", VAULT) is not None
    drop_draft(viewer, token)
    drop_draft(viewer, token)
    assert find_draft(session, viewer, token, "/long-form/a", VAULT) is None


def test_a_person_keeps_their_newest_drafts(session: Session) -> None:
    other = factories.viewer_of(factories.person())
    kept = keep_input(other, sealed(("a", "b")), "/x")
    viewer = factories.viewer_of(factories.person())
    tokens = [keep_input(viewer, sealed(("count", str(count))), "/x") for count in range(PER_PERSON + 2)]
    found = [find_draft(session, viewer, token, "/x", VAULT) is not None for token in tokens]
    assert found == [False, False] + [True] * PER_PERSON
    assert find_draft(session, other, kept, "/x", VAULT) is not None


def test_signing_in_removes_drafts_that_nobody_came_back_for(client: PageClient, session: Session) -> None:
    person = factories.person()
    token = keep_input(factories.viewer_of(person), sealed(("a", "b")), "/x")
    sign_in(client, person)
    assert find_draft(session, factories.viewer_of(person), token, "/x", VAULT) is not None
    session.execute(update(Draft).values(created_at=utcnow() - KEPT_FOR - dt.timedelta(minutes=1)))
    session.commit()
    sign_in(client, person)
    assert find_draft(session, factories.viewer_of(person), token, "/x", VAULT) is None
