"""Who is let in, how long, and what everybody else is answered."""

from __future__ import annotations

import datetime as dt
import re
from collections.abc import Callable
from typing import Any

import pytest
from flask import Flask
from sqlalchemy import event, func, select, update
from sqlalchemy.orm import Session

from tests import factories
from tests.pages import PageClient, sign_in
from webapp.accounts.models import Account, LoginSession, User, UserProfile
from webapp.accounts.sessions import ABSOLUTE, IDLE, SEEN_EVERY, hash_token, note_seen
from webapp.core.clock import utcnow
from webapp.extensions import db

Age = Callable[..., None]


def sessions_of(session: Session, person: factories.Person) -> int:
    return (
        session.scalar(
            select(func.count()).select_from(LoginSession).where(LoginSession.user_id == person.user_id)
        )
        or 0
    )


def is_in(client: PageClient) -> bool:
    response = client.get("/whoami")
    assert response.status_code in (200, 302)
    return response.status_code == 200


def test_the_viewer_of_a_request_costs_one_statement(client: PageClient, session: Session) -> None:
    factories.platform()
    sign_in(client, factories.person("renske"))
    statements: list[str] = []

    def note(*args: Any) -> None:
        if args[2] != "BEGIN":
            statements.append(args[2])

    event.listen(db.engine, "before_cursor_execute", note)
    assert client.get("/whoami").json == {"username": "renske", "role": "member", "superuser": False}
    assert len(statements) == 1
    statements.clear()
    client.get("/account/password")
    assert len(statements) == 1
    event.remove(db.engine, "before_cursor_execute", note)


def test_a_page_without_a_route_is_not_found_whoever_asks(client: PageClient, session: Session) -> None:
    assert client.get("/nowhere").status_code == 404
    sign_in(client, factories.person())
    assert client.get("/nowhere").status_code == 404


PUBLIC = {
    "accounts.accept_invitation",
    "accounts.invitation",
    "operations.healthz",
    "operations.metrics",
    "operations.readyz",
    "accounts.login",
    "accounts.sign_in",
    "accounts.logout",
    "manifests.schema",
    "help.index",
    "help.concept",
    "help.keys",
}


def test_every_route_but_the_public_ones_needs_a_viewer(app: Flask, client: PageClient) -> None:
    marked = {name for name, view in app.view_functions.items() if getattr(view, "_is_public", False)}
    assert marked == PUBLIC
    asked = 0
    for rule in app.url_map.iter_rules():
        path = re.sub("<[^>]+>", "1", rule.rule)
        for method in sorted((rule.methods or set()) - {"OPTIONS", "HEAD"}):
            answer = client.open(path, method=method)
            if rule.endpoint in PUBLIC or answer.status_code == 404:  # The converter takes no "1".
                continue
            asked += 1
            where = answer.headers.get("Location", "/login")
            assert answer.status_code in (302, 303, 401), (method, path)
            assert where.startswith("/login"), (method, path)
    assert asked >= 6


def test_nobody_s_request_sets_no_cookie_that_it_does_not_need(client: PageClient) -> None:
    for path in ("/", "/healthz", "/readyz", "/whoami", "/account/password"):
        assert "Set-Cookie" not in client.get(path).headers, path
    assert "Set-Cookie" in client.get("/login").headers


def test_a_signed_in_page_sets_no_cookie(client: PageClient, session: Session) -> None:
    sign_in(client, factories.person())
    assert "Set-Cookie" not in client.get("/whoami").headers
    assert "Set-Cookie" not in client.get("/account/password").headers


def test_the_cookie_holds_a_token_that_the_database_does_not(client: PageClient, session: Session) -> None:
    sign_in(client, factories.person())
    with client.session_transaction() as cookie:
        token = cookie["_user_id"]
        assert set(cookie) == {"_user_id", "csrf_token"}
    row = session.scalars(select(LoginSession)).one()
    assert row.token_hash == hash_token(token) != token


def test_the_cookie_is_http_only_same_site_and_small(client: PageClient, session: Session) -> None:
    person = factories.person()
    answer = client.post("/login", data={"username": person.username, "password": person.password})
    cookie = answer.headers["Set-Cookie"]
    assert cookie.startswith("plugdeck=")
    assert "HttpOnly" in cookie
    assert "SameSite=Lax" in cookie
    assert "Secure" not in cookie
    assert "Expires" not in cookie
    assert len(cookie) < 500


def test_over_https_the_cookie_is_secure_and_bound_to_the_host(make_app: Callable[..., Flask]) -> None:
    app = make_app(public_url="https://plugdeck.example")
    with app.app_context():
        person = factories.person()
    client = app.test_client()
    client.post("/login", base_url="https://plugdeck.example", data={}, csrf=False)
    answer = client.post(
        "/login",
        base_url="https://plugdeck.example",
        data={"username": person.username, "password": person.password},
        headers={"X-CSRFToken": _token(client)},
        csrf=False,
    )
    assert answer.status_code == 303
    cookie = answer.headers["Set-Cookie"]
    assert cookie.startswith("__Host-plugdeck=")
    assert "Secure" in cookie
    assert "Path=/" in cookie
    assert "Domain" not in cookie
    assert answer.headers["Strict-Transport-Security"]


def _token(client: PageClient) -> str:
    page = client.page("/login", base_url="https://plugdeck.example")
    return page.one("input", name="csrf_token")["value"]


def test_a_session_that_was_idle_too_long_is_over(
    client: PageClient, session: Session, age_sessions: Age
) -> None:
    person = factories.person()
    sign_in(client, person)
    age_sessions(person, idle=IDLE - dt.timedelta(minutes=1))
    assert is_in(client)
    age_sessions(person, idle=IDLE + dt.timedelta(minutes=1))
    assert not is_in(client)


def test_a_session_ends_after_its_absolute_time_however_busy(
    client: PageClient, session: Session, age_sessions: Age
) -> None:
    person = factories.person()
    sign_in(client, person)
    row = session.scalars(select(LoginSession)).one()
    assert row.expires_at - row.created_at == ABSOLUTE
    age_sessions(person, left=dt.timedelta(seconds=-1))
    assert not is_in(client)


def test_being_here_is_noted_at_most_every_five_minutes(
    client: PageClient, session: Session, age_sessions: Age
) -> None:
    person = factories.person()
    sign_in(client, person)
    seen = select(LoginSession.last_seen_at)
    for idle, noted in ((SEEN_EVERY - dt.timedelta(minutes=1), False), (SEEN_EVERY, True)):
        age_sessions(person, idle=idle)
        before = session.scalar(seen)
        session.rollback()
        assert is_in(client)
        after = session.scalar(seen)
        session.rollback()
        assert before is not None
        assert after is not None
        assert (after > before) is noted


def test_a_busy_database_does_not_hold_up_a_request_that_was_only_to_be_noted(
    client: PageClient, session: Session, age_sessions: Age
) -> None:
    person = factories.person()
    sign_in(client, person)
    age_sessions(person, idle=dt.timedelta(hours=1))
    before = session.scalar(select(LoginSession.last_seen_at))
    session.rollback()
    with db.engine.connect() as other:
        # On SQLite any writer, on PostgreSQL one of the very same row.
        other.execute(update(LoginSession).values(user_agent="busy"))
        started = utcnow()
        assert is_in(client)
        assert utcnow() - started < dt.timedelta(seconds=5)
        other.rollback()
    assert session.scalar(select(LoginSession.last_seen_at)) == before
    session.rollback()
    assert is_in(client)
    assert session.scalar(select(LoginSession.last_seen_at)) != before


def test_noting_a_session_that_is_gone_changes_nothing(app: Flask, session: Session) -> None:
    assert note_seen(db.engine, 123, utcnow())


def test_a_disabled_person_is_out_at_the_next_request(client: PageClient, session: Session) -> None:
    person = factories.person()
    sign_in(client, person)
    session.execute(update(User).values(is_active=False))
    session.commit()
    assert not is_in(client)


def test_people_of_a_closed_account_are_out_at_the_next_request(client: PageClient, session: Session) -> None:
    person = factories.person()
    sign_in(client, person)
    session.execute(update(Account).values(is_active=False))
    session.commit()
    assert not is_in(client)
    client.post("/login", data={"username": person.username, "password": person.password})
    assert not is_in(client)


def test_a_change_of_role_counts_at_the_next_request(client: PageClient, session: Session) -> None:
    sign_in(client, factories.person("renske", role="staff"))
    assert client.get("/whoami").json == {"username": "renske", "role": "staff", "superuser": False}
    session.execute(update(UserProfile).values(role="member"))
    session.execute(update(User).values(is_superuser=True))
    session.commit()
    assert client.get("/whoami").json == {"username": "renske", "role": "member", "superuser": True}


def test_a_page_view_leads_to_the_sign_in_page_and_back(client: PageClient) -> None:
    answer = client.get("/long-form/a?q=caf%C3%A9&tag=a&tag=b")
    assert answer.status_code == 302
    assert answer.headers["Location"] == "/login?next=/long-form/a%3Fq%3Dcaf%25C3%25A9%26tag%3Da%26tag%3Db"
    page = client.page(answer.headers["Location"])
    assert page.one("input", name="next")["value"] == "/long-form/a?q=caf%C3%A9&tag=a&tag=b"


def test_htmx_is_told_to_leave_the_page_for_the_sign_in_page(client: PageClient) -> None:
    headers = {
        "HX-Request": "true",
        "HX-Request-Type": "partial",
        "HX-Current-URL": "http://localhost/plugins/?q=a",
    }
    answer = client.get("/whoami", headers=headers)
    assert answer.status_code == 401
    assert answer.headers["HX-Redirect"] == "/login?next=/plugins/%3Fq%3Da"
    assert answer.get_data() == b""
    answer = client.delete("/action", headers=headers)
    assert answer.status_code == 401
    assert answer.headers["HX-Redirect"] == "/login?next=/plugins/%3Fq%3Da"


@pytest.mark.parametrize(
    "url", ["http://evil.example/plugins/", "//evil.example", "", "http://localhost//evil"]
)
def test_htmx_does_not_carry_a_foreign_address_into_next(client: PageClient, url: str) -> None:
    headers = {"HX-Request": "true", "HX-Request-Type": "partial", "HX-Current-URL": url}
    answer = client.get("/whoami", headers=headers)
    assert answer.headers["HX-Redirect"] == "/login?next=/whoami"
    assert client.post("/action", headers=headers).headers["HX-Redirect"] == "/login"


def test_a_button_pressed_after_the_session_leads_back_to_its_page(client: PageClient) -> None:
    answer = client.post("/action", headers={"Referer": "http://localhost/plugins/?q=a"})
    assert answer.status_code == 303
    assert answer.headers["Location"] == "/login?next=/plugins/%3Fq%3Da"
    answer = client.post("/action", headers={"Referer": "http://evil.example/"})
    assert answer.headers["Location"] == "/login"


def test_a_script_that_wants_data_gets_a_status_and_not_a_page(client: PageClient) -> None:
    answer = client.get("/whoami", headers={"Sec-Fetch-Dest": "empty"})
    assert (answer.status_code, answer.get_data()) == (401, b"")


def test_the_theme_is_that_of_the_cookie_and_nothing_else(client: PageClient) -> None:
    assert client.page("/login").one("html")["data-theme"] == ""
    client.set_cookie("theme", "dark")
    assert client.page("/login").one("html")["data-theme"] == "dark"
    client.set_cookie("theme", '"><script>')
    assert client.page("/login").one("html")["data-theme"] == ""


def test_the_frame_names_the_person_and_marks_their_page(client: PageClient, session: Session) -> None:
    sign_in(client, factories.person("renske_de_wit", of=factories.account("Hazel & Quince")))
    page = client.page("/account/password")
    assert "Renske De Wit" in page.text
    assert "Hazel & Quince" in page.text
    assert page.one("a", href="/account/password")["aria-current"] == "page"
    assert page.one("a", text="Account settings")["aria-current"] == "true"


def test_a_cookie_that_was_tampered_with_lets_nobody_in(client: PageClient, session: Session) -> None:
    sign_in(client, factories.person())
    cookie = client.get_cookie("plugdeck")
    assert cookie is not None
    client.set_cookie("plugdeck", cookie.value[:-2] + ("AA" if cookie.value[-2:] != "AA" else "BB"))
    assert not is_in(client)


def test_the_page_of_a_broken_database_is_still_a_page(
    client: PageClient, session: Session, monkeypatch: pytest.MonkeyPatch
) -> None:
    from sqlalchemy.exc import OperationalError

    from webapp.accounts import signin

    sign_in(client, factories.person())

    def fail(*_args: object) -> None:
        raise OperationalError("SELECT", {}, Exception("connection refused"))

    monkeypatch.setattr(signin, "load_viewer", fail)
    answer = client.get("/whoami", broken=True)
    assert answer.status_code in (500, 503)
    assert "request id" in answer.get_data(as_text=True).lower() or "Quote" in answer.get_data(as_text=True)
