"""Where somebody is signed in, ending it, and going on in another account."""

from __future__ import annotations

import datetime as dt
from collections.abc import Callable

from flask import Flask
from sqlalchemy import select, update
from sqlalchemy.orm import Session

from tests import factories
from tests.pages import PageClient, sign_in
from webapp.accounts.identity import profile_key
from webapp.accounts.models import Account, LoginSession, UserProfile
from webapp.accounts.sessions import IDLE
from webapp.db.session import transaction

FIREFOX = {"User-Agent": "Mozilla/5.0 (X11; Linux x86_64; rv:140.0) Gecko/20100101 Firefox/140.0"}
PHONE = {"User-Agent": "Mozilla/5.0 (iPhone; CPU iPhone OS 18_0 like Mac OS X) Version/18.0 Safari/604.1"}


def enter(app: Flask, person: factories.Person, headers: dict[str, str]) -> PageClient:
    client = app.test_client()
    assert isinstance(client, PageClient)
    answer = client.post(
        "/login", data={"username": person.username, "password": person.password}, headers=headers
    )
    assert answer.status_code == 303
    return client


def is_in(client: PageClient) -> bool:
    return client.get("/whoami").status_code == 200


def test_every_browser_is_described_and_this_one_is_marked(app: Flask, session: Session) -> None:
    person = factories.person()
    first = enter(app, person, FIREFOX)
    enter(app, person, PHONE)
    enter(app, factories.person(), PHONE)
    items = first.page("/account/sessions").one("ul", **{"aria-label": "Sessions"}).all("li")
    assert [item.one("strong").text for item in items] == ["Firefox on Linux", "Safari on iPhone"]
    assert "This browser" in items[0].text
    assert "This browser" not in items[1].text


def test_one_session_is_ended_and_the_others_go_on(app: Flask, session: Session) -> None:
    person = factories.person()
    first, second, third = (enter(app, person, headers) for headers in (FIREFOX, PHONE, FIREFOX))
    page = first.page("/account/sessions")
    phone = next(item for item in page.all("li") if "iPhone" in item.text)
    answer = first.post(
        "/account/sessions/end", data={"session": phone.one("input", name="session")["value"]}
    )
    assert answer.headers["Location"] == "/account/sessions"
    assert [is_in(client) for client in (first, second, third)] == [True, False, True]
    assert "The session is ended" in first.page("/account/sessions").text


def test_signing_out_everywhere_else_keeps_this_browser_in(app: Flask, session: Session) -> None:
    person, other = factories.person(), factories.person()
    first, second, third = (enter(app, who, FIREFOX) for who in (person, person, other))
    page = first.page("/account/sessions")
    first.submit(page, path="/account/sessions", form={"action": "/account/sessions/end-others"})
    assert [is_in(client) for client in (first, second, third)] == [True, False, True]
    page = first.page("/account/sessions")
    assert "Signed out of 1 other session" in page.text
    assert page.all("form", action="/account/sessions/end-others") == []


def test_ending_this_session_signs_out(app: Flask, session: Session) -> None:
    person = factories.person()
    first, second = (enter(app, person, FIREFOX) for _ in range(2))
    page = second.page("/account/sessions")
    key = page.one("input", name="session")["value"]
    answer = first.post("/account/sessions/end", data={"session": key})
    assert answer.headers["Location"] == "/login"
    assert not is_in(first)
    assert is_in(second)


def test_nobody_ends_the_session_of_somebody_else(app: Flask, session: Session) -> None:
    person, other = factories.person(), factories.person()
    mine, theirs = enter(app, person, FIREFOX), enter(app, other, PHONE)
    enter(app, other, PHONE)
    key = theirs.page("/account/sessions").one("input", name="session")["value"]
    for value in (key, "", "1", "x" * 5_000, "\0"):
        answer = mine.post("/account/sessions/end", data={"session": value})
        assert (answer.status_code, answer.headers["Location"]) == (303, "/account/sessions")
        assert "had ended already" in mine.page("/account/sessions").text
    assert is_in(theirs)


def test_the_page_shows_neither_keys_of_rows_nor_what_signs_in(app: Flask, session: Session) -> None:
    person = factories.person()
    client = enter(app, person, FIREFOX)
    enter(app, person, PHONE)
    text = client.get("/account/sessions").get_data(as_text=True)
    rows = session.scalars(select(LoginSession)).all()
    assert all(row.token_hash not in text for row in rows)
    values = [item["value"] for item in client.page("/account/sessions").all("input", name="session")]
    assert not set(values) & {str(row.id) for row in rows}


def test_a_session_that_is_over_is_not_listed(
    app: Flask, session: Session, age_sessions: Callable[..., None]
) -> None:
    person = factories.person()
    enter(app, person, PHONE)
    age_sessions(person, idle=IDLE + dt.timedelta(minutes=1))
    client = enter(app, person, FIREFOX)
    assert "iPhone" not in client.page("/account/sessions").text


# The account switcher


def switch(client: PageClient, person: factories.Person) -> int:
    return client.post("/account/switch", data={"profile": profile_key(person.profile_id)}).status_code


def test_who_works_in_one_account_sees_its_name_alone(client: PageClient, session: Session) -> None:
    sign_in(client, factories.person(of=factories.account("Hazel & Quince")))
    page = client.page("/plugins/")
    assert "Hazel & Quince" in page.one("header", class_="top").text
    assert page.all("form", action="/account/switch") == []


def test_switching_starts_a_session_of_its_own_in_the_other_account(app: Flask, session: Session) -> None:
    person = factories.person()
    there = factories.also_in(person, factories.account("Saltmarsh"), role="staff")
    factories.plugin(person, name="gobstopper")
    factories.plugin(there, name="tide_table")
    client = enter(app, person, FIREFOX)
    assert "gobstopper" in client.page("/plugins/").text
    cookie = client.get_cookie("plugdeck")
    assert cookie is not None
    before = session.scalars(select(LoginSession)).one()
    started, ends, token_hash = before.created_at, before.expires_at, before.token_hash
    session.rollback()

    page = client.page("/plugins/")
    answer = client.submit(
        page, path="/plugins/", form={"action": "/account/switch"}, button="Saltmarsh" + there.account.number
    )
    assert (answer.status_code, answer.headers["Location"]) == (303, "/")
    page = client.page("/plugins/")
    assert "You work in Saltmarsh now" in page.text
    assert "tide_table" in page.text
    assert "gobstopper" not in page.text
    assert client.get("/whoami").json == {"username": person.username, "role": "staff", "superuser": False}

    after = session.scalars(select(LoginSession)).one()
    assert (after.user_profile_id, after.account_id) == (there.profile_id, there.account.id)
    assert after.token_hash != token_hash  # No fixation: the old cookie is dead.
    assert (after.created_at, after.expires_at) == (started, ends)  # And it lasts no longer.
    session.rollback()
    copy = app.test_client()
    assert isinstance(copy, PageClient)
    copy.set_cookie("plugdeck", cookie.value)
    assert not is_in(copy)


def test_a_form_of_the_old_account_is_not_saved_in_the_new_one(app: Flask, session: Session) -> None:
    person = factories.person()
    there = factories.also_in(person, role="staff")
    client = enter(app, person, FIREFOX)
    page = client.page("/account/")
    assert switch(client, there) == 303
    answer = client.submit(
        page, {"display_name": "X"}, path="/account/", form={"id": "profile-form"}, button="Save profile"
    )
    assert answer.status_code == 400


def test_signing_in_again_leads_to_the_account_that_was_used_last(app: Flask, session: Session) -> None:
    person = factories.person()
    there = factories.also_in(person, role="staff")
    client = enter(app, person, FIREFOX)
    switch(client, there)
    client.post("/logout")
    client = enter(app, person, FIREFOX)
    assert client.get("/whoami").json["role"] == "staff"


def test_what_is_not_offered_cannot_be_switched_to(app: Flask, session: Session) -> None:
    person = factories.person()
    disabled, closed = factories.also_in(person), factories.also_in(person)
    stranger = factories.person()
    with transaction() as opened:
        opened.execute(
            update(UserProfile).where(UserProfile.id == disabled.profile_id).values(is_active=False)
        )
        opened.execute(update(Account).where(Account.id == closed.account.id).values(is_active=False))
    client = enter(app, person, FIREFOX)
    page = client.page("/plugins/")
    assert page.all("form", action="/account/switch") == []
    assert disabled.account.name not in page.text
    assert [switch(client, one) for one in (disabled, closed, stranger)] == [404, 404, 404]
    for value in ("", "1", profile_key(987_654), "pluginmeta-rMTAwMDAwMQx"):
        assert client.post("/account/switch", data={"profile": value}).status_code == 404
    assert is_in(client)


def test_two_accounts_of_one_name_are_told_apart(app: Flask, session: Session) -> None:
    person = factories.person()
    places = [factories.also_in(person, factories.account("Twin: a|b")) for _ in range(2)]
    page = enter(app, person, FIREFOX).page("/plugins/")
    texts = [item.text for item in page.one("form", action="/account/switch").all("button")]
    assert len(texts) == 2
    for place in places:
        assert sum(place.account.number in text and "Twin: a|b" in text for text in texts) == 1


def test_a_renamed_account_is_seen_in_the_switcher_of_an_unchanged_list(app: Flask, session: Session) -> None:
    person = factories.person()
    there = factories.also_in(person, factories.account("Old name"))
    client = enter(app, person, FIREFOX)
    client.get("/plugins/")
    tag = client.get("/plugins/").headers["ETag"]
    assert client.get("/plugins/", headers={"If-None-Match": tag}).status_code == 304
    with transaction() as opened:
        opened.execute(update(Account).where(Account.id == there.account.id).values(name="New name"))
    assert "New name" in client.get("/plugins/", headers={"If-None-Match": tag}).get_data(as_text=True)
