"""Changing one's own password."""

from __future__ import annotations

import pytest
from flask import Flask
from sqlalchemy import func, select
from sqlalchemy.orm import Session
from werkzeug.test import TestResponse

from tests import factories
from tests.pages import PageClient, sign_in, tree
from webapp.accounts.models import LoginSession, User
from webapp.accounts.throttle import PER_PERSON

NEW = "blue lamp on the stairs"


def change(client: PageClient, current: str, new: str, again: str | None = None) -> TestResponse:
    page = client.page("/account/password")
    data = {
        "current_password": current,
        "new_password": new,
        "new_password_again": new if again is None else again,
    }
    return client.submit(page, data, path="/account/password", button="Change password")


def test_the_page_needs_a_viewer_and_names_its_fields(client: PageClient, session: Session) -> None:
    assert client.get("/account/password").status_code == 302
    sign_in(client, factories.person())
    labels = {label.text for label in client.page("/account/password").all("label")}
    assert labels >= {"Current password", "New password", "New password again"}


def test_a_change_ends_every_other_session_and_keeps_this_browser_in(
    app: Flask, client: PageClient, session: Session
) -> None:
    person = factories.person()
    elsewhere = app.test_client()
    sign_in(elsewhere, person)
    sign_in(client, person)
    cookie = client.get_cookie("plugdeck")
    assert cookie is not None
    copy = app.test_client()
    copy.set_cookie("plugdeck", cookie.value)
    answer = change(client, person.password, NEW)
    assert (answer.status_code, answer.headers["Location"]) == (303, "/account/password")
    assert "Your password is changed" in client.page("/account/password").text
    assert client.get("/whoami").status_code == 200
    assert elsewhere.get("/whoami").status_code == 302
    assert copy.get("/whoami").status_code == 302
    assert session.scalar(select(func.count()).select_from(LoginSession)) == 1
    client.post("/logout")
    old = client.post("/login", data={"username": person.username, "password": person.password})
    assert old.status_code == 422
    new = client.post("/login", data={"username": person.username, "password": NEW})
    assert new.status_code == 303


@pytest.mark.parametrize(
    ("current", "new", "again", "field", "message"),
    [
        ("wrong", NEW, NEW, "current_password", "not your current password"),
        (factories.PASSWORD, "short", "short", "new_password", "at least 12 characters"),
        (factories.PASSWORD, "renske-de-wit", "renske-de-wit", "new_password", "made of the username"),
        (factories.PASSWORD, "password1234", "password1234", "new_password", "tried first"),
        (factories.PASSWORD, NEW, NEW + "!", "new_password_again", "differ"),
        ("", NEW, NEW, "current_password", "Give your current password"),
        (factories.PASSWORD, "", "", "new_password", "Give a new password"),
    ],
)
def test_a_refusal_stands_beside_its_field_and_changes_nothing(
    client: PageClient, session: Session, current: str, new: str, again: str, field: str, message: str
) -> None:
    person = factories.person("renske-de-wit")
    stored = session.scalar(select(User.password_hash))
    session.rollback()
    sign_in(client, person)
    answer = change(client, current, new, again)
    assert answer.status_code == 422
    page = tree(answer)
    control = page.one("input", id=field)
    assert control["aria-invalid"] == "true"
    assert message in page.one("div", id=f"{field}-error").text
    assert not control["value"]
    assert session.scalar(select(User.password_hash)) == stored
    assert client.get("/whoami").status_code == 200


def test_guessing_the_current_password_counts_like_guessing_at_sign_in(
    client: PageClient, session: Session
) -> None:
    person = factories.person()
    sign_in(client, person)
    statuses = [change(client, "wrong", NEW).status_code for _ in range(PER_PERSON.amount + 1)]
    assert statuses == [422] * PER_PERSON.amount + [429]
    answer = change(client, person.password, NEW)
    assert answer.status_code == 429
    assert int(answer.headers["Retry-After"]) > 0
    assert "Too many attempts" in tree(answer).text
    client.post("/logout")
    answer = client.post("/login", data={"username": person.username, "password": person.password})
    assert answer.status_code == 429


def test_refusals_of_the_new_password_are_not_guesses(client: PageClient, session: Session) -> None:
    person = factories.person()
    sign_in(client, person)
    for _ in range(PER_PERSON.amount + 1):
        assert change(client, person.password, "short").status_code == 422


def test_a_form_whose_token_fails_is_shown_again_and_changes_nothing(
    client: PageClient, session: Session
) -> None:
    person = factories.person()
    sign_in(client, person)
    data = {"current_password": person.password, "new_password": NEW, "new_password_again": NEW}
    answer = client.post("/account/password", data=data, csrf=False)
    assert answer.status_code == 400
    assert "nothing was saved" in tree(answer).text
    assert NEW not in answer.get_data(as_text=True)
    client.post("/logout")
    sign_in(client, person)
