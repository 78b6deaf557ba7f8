"""The sign-in page: who gets in, what a refusal tells, and where it leads."""

from __future__ import annotations

import datetime as dt
import re
from collections.abc import Callable

import pytest
from flask import Flask
from sqlalchemy import func, select, update
from sqlalchemy.orm import Session

from tests import factories
from tests.pages import PageClient, sign_in
from webapp.accounts import passwords
from webapp.accounts.models import LoginSession, RateLimit, User
from webapp.accounts.throttle import PER_ADDRESS, PER_PERSON
from webapp.core.clock import utcnow
from webapp.db.session import transaction
from webapp.demo.people import SIGN_INS

WRONG = "The username or the password is wrong"


def body_without_token(text: str) -> str:
    text = re.sub(r'name="csrf_token" value="[^"]*"', "", text)
    return re.sub(r"X-CSRFToken[^}]*", "", text)


def test_the_page_has_the_labels_that_people_know(client: PageClient) -> None:
    page = client.page("/login")
    labels = {label.text: label["for"] for label in page.all("label")}
    assert labels == {"Username": "username", "Password": "password"}
    assert page.one("button", text="Sign in")["type"] == "submit"


def test_signing_in_leads_home_and_a_second_visit_goes_on(client: PageClient, session: Session) -> None:
    person = factories.person()
    page = client.page("/login")
    answer = client.submit(
        page, {"username": person.username, "password": person.password}, path="/login", button="Sign in"
    )
    assert answer.status_code == 303
    assert answer.headers["Location"] == "/"
    assert client.get("/login").headers["Location"] == "/"
    assert client.get("/login?next=/whoami").headers["Location"] == "/whoami"
    assert client.get("/login?next=/login").headers["Location"] == "/"


def test_a_username_is_the_same_in_any_case_and_with_spaces_around(
    client: PageClient, session: Session
) -> None:
    factories.person("Renske_Größe")
    answer = client.post("/login", data={"username": " renske_grösse ", "password": factories.PASSWORD})
    assert answer.status_code == 303


def test_spaces_belong_to_a_password(client: PageClient, session: Session) -> None:
    person = factories.person()
    answer = client.post("/login", data={"username": person.username, "password": f" {person.password}"})
    assert answer.status_code == 422


def test_a_refusal_does_not_tell_who_exists(client: PageClient, session: Session) -> None:
    factories.person("renske")
    factories.person("gone", is_active=False)
    with transaction() as opened:
        opened.add(
            User(username="nowhere", username_key="nowhere", password_hash=passwords.hash_password("p" * 12))
        )
    attempts = {
        "unknown": ("nobody", factories.PASSWORD),
        "mistaken": ("renske", "not the password"),
        "disabled": ("gone", factories.PASSWORD),
        "without a profile": ("nowhere", "p" * 12),
        "too long": ("renske", "x" * 300),
        "empty": ("renske", ""),
        "with a nul": ("ren\0ske", factories.PASSWORD),
        "very long name": ("r" * 5_000, factories.PASSWORD),
    }
    answers = {}
    for name, (username, password) in attempts.items():
        answer = client.post("/login", data={"username": username, "password": password})
        text = body_without_token(answer.get_data(as_text=True)).replace("\0", "\ufffd")
        answers[name] = (answer.status_code, text.replace(username.replace("\0", "\ufffd"), "NAME"))
    assert {status for status, _ in answers.values()} == {422}
    assert len(set(answers.values())) == 1, answers
    assert WRONG in answers["unknown"][1]


@pytest.mark.parametrize("case", ["unknown", "mistaken", "disabled", "long", "nul"])
def test_a_refusal_costs_one_check_of_a_password_whoever_it_is(
    client: PageClient, session: Session, monkeypatch: pytest.MonkeyPatch, case: str
) -> None:
    factories.person("renske")
    factories.person("gone", is_active=False)
    checks: list[str] = []
    hasher = passwords._hasher(passwords.CHEAP).current_hasher
    verify = hasher.verify
    monkeypatch.setattr(hasher, "verify", lambda *args: checks.append("check") or verify(*args))
    username = {"unknown": "nobody", "disabled": "gone", "nul": "a\0b"}.get(case, "renske")
    password = "x" * 1_000 if case == "long" else factories.PASSWORD if case == "disabled" else "wrong"
    assert client.post("/login", data={"username": username, "password": password}).status_code == 422
    assert checks == ["check"]


def test_a_refused_page_keeps_the_username_and_never_the_password(client: PageClient) -> None:
    answer = client.post(
        "/login", data={"username": '"><b>x', "password": "canary secret", "next": "/whoami"}
    )
    text = answer.get_data(as_text=True)
    assert 'value="&#34;&gt;&lt;b&gt;x"' in text
    assert "canary secret" not in text
    assert 'name="next" value="/whoami"' in text


@pytest.mark.parametrize(
    "target",
    ["//evil.example", "/\\evil.example", "/%5cevil.example", "https://evil.example", "/\t/evil.example"],
)
def test_signing_in_never_leads_to_another_site(client: PageClient, session: Session, target: str) -> None:
    person = factories.person()
    assert not client.page(f"/login?next={target}").all("input", name="next")
    answer = client.post(
        "/login", data={"username": person.username, "password": person.password, "next": target}
    )
    assert answer.headers["Location"] == "/"
    assert client.get("/login", query_string={"next": target}).headers["Location"] == "/"


def test_a_session_fixed_before_signing_in_is_not_the_one_after(
    app: Flask, client: PageClient, session: Session
) -> None:
    client.get("/login")
    before = client.get_cookie("plugdeck")
    with client.session_transaction() as cookie:
        cookie["planted"] = "by somebody else"
        token_before = cookie["csrf_token"]
    sign_in(client, factories.person())
    with client.session_transaction() as cookie:
        assert "planted" not in cookie
        assert cookie["csrf_token"] != token_before
    attacker = app.test_client()
    assert before is not None
    attacker.set_cookie("plugdeck", before.value)
    assert attacker.get("/whoami").status_code == 302


def test_signing_in_again_ends_the_session_of_this_browser_only(
    app: Flask, client: PageClient, session: Session
) -> None:
    first, second = factories.person(), factories.person()
    elsewhere = app.test_client()
    sign_in(elsewhere, first)
    sign_in(client, first)
    old = client.get_cookie("plugdeck")
    assert old is not None
    sign_in(client, second)
    copy = app.test_client()
    copy.set_cookie("plugdeck", old.value)
    assert copy.get("/whoami").status_code == 302
    assert client.get("/whoami").json["username"] == second.username
    assert elsewhere.get("/whoami").json["username"] == first.username


def test_a_copied_cookie_is_dead_after_signing_out(app: Flask, client: PageClient, session: Session) -> None:
    sign_in(client, factories.person())
    cookie = client.get_cookie("plugdeck")
    assert cookie is not None
    copy = app.test_client()
    copy.set_cookie("plugdeck", cookie.value)
    assert copy.get("/whoami").status_code == 200
    answer = client.post("/logout")
    assert (answer.status_code, answer.headers["Location"]) == (303, "/login")
    assert answer.headers["Clear-Site-Data"] == '"cache"'
    assert copy.get("/whoami").status_code == 302
    assert client.get("/whoami").status_code == 302
    assert session.scalar(select(func.count()).select_from(LoginSession)) == 0


def test_signing_out_works_when_it_has_been_done_already(app: Flask, client: PageClient) -> None:
    assert client.post("/logout").status_code == 303
    assert client.post("/logout", csrf=False).status_code == 303


def test_nobody_is_signed_out_by_a_link_or_another_site(client: PageClient, session: Session) -> None:
    sign_in(client, factories.person())
    assert client.get("/logout").status_code == 405
    assert client.post("/logout", csrf=False).status_code == 400
    assert client.post("/logout", headers={"Sec-Fetch-Site": "cross-site"}).status_code == 403
    assert client.post("/logout", headers={"Origin": "https://evil.example"}).status_code == 403
    assert client.get("/whoami").status_code == 200


def test_nobody_is_signed_in_by_another_site(client: PageClient, session: Session) -> None:
    person = factories.person()
    data = {"username": person.username, "password": person.password}
    assert client.post("/login", data=data, csrf=False).status_code == 400
    assert client.post("/login", data=data | {"csrf_token": "x"}, csrf=False).status_code == 400
    assert client.post("/login", data=data, headers={"Sec-Fetch-Site": "cross-site"}).status_code == 403
    assert client.get("/whoami").status_code == 302


def test_a_page_that_was_open_too_long_is_shown_again_with_what_was_typed(
    client: PageClient, session: Session
) -> None:
    data = {"username": "renske", "password": "canary", "next": "/whoami", "held": "what was sealed"}
    answer = client.post("/login", data=data, csrf=False)
    text = answer.get_data(as_text=True)
    assert answer.status_code == 400
    assert "not signed in" in text
    assert "canary" not in text
    assert 'value="renske"' in text
    assert 'value="what was sealed"' in text


def test_the_second_click_of_a_double_click_goes_on(client: PageClient, session: Session) -> None:
    person = factories.person()
    page = client.page("/login?next=/whoami")
    data = {"username": person.username, "password": person.password}
    assert client.submit(page, data, path="/login").status_code == 303
    answer = client.submit(page, data, path="/login")
    assert (answer.status_code, answer.headers["Location"]) == (303, "/whoami")


def test_a_hash_with_other_costs_is_renewed_at_sign_in(client: PageClient, session: Session) -> None:
    person = factories.person()
    passwords.use_costs(passwords.Costs(time=2, memory=16, parallelism=1))
    try:
        sign_in(client, person)
    finally:
        passwords.use_costs(passwords.CHEAP)
    stored = session.scalar(select(User.password_hash).where(User.id == person.user_id))
    assert stored is not None
    assert "m=16,t=2" in stored


def test_after_too_many_wrong_passwords_even_the_right_one_has_to_wait(
    client: PageClient, session: Session
) -> None:
    person, other = factories.person(), factories.person()
    wrong = {"username": person.username.upper(), "password": "wrong"}
    for _ in range(PER_PERSON.amount):
        assert client.post("/login", data=wrong).status_code == 422
    answer = client.post(
        "/login", data={"username": person.username, "password": person.password, "next": "/whoami"}
    )
    assert answer.status_code == 429
    assert 14 * 60 < int(answer.headers["Retry-After"]) <= 15 * 60
    text = answer.get_data(as_text=True)
    assert "Too many attempts. Wait 15 minutes and try again." in text
    assert 'name="next" value="/whoami"' in text
    # Somebody else, from the same place and from another one, is not held up.
    sign_in(client, other)
    answer = client.post(
        "/login",
        data={"username": person.username, "password": person.password},
        environ_base={"REMOTE_ADDR": "203.0.113.9"},
    )
    assert answer.status_code == 303


def test_unknown_people_are_limited_like_known_ones(client: PageClient, session: Session) -> None:
    statuses = [
        client.post("/login", data={"username": "nobody", "password": "x"}).status_code
        for _ in range(PER_PERSON.amount + 1)
    ]
    assert statuses == [422] * PER_PERSON.amount + [429]


def test_one_place_may_not_try_many_people(client: PageClient, session: Session) -> None:
    statuses = [
        client.post("/login", data={"username": f"person{count}", "password": "x"}).status_code
        for count in range(PER_ADDRESS.amount + 1)
    ]
    assert statuses == [422] * PER_ADDRESS.amount + [429]


def test_the_wait_ends_with_the_window_and_a_success_starts_anew(
    client: PageClient, session: Session
) -> None:
    person = factories.person()
    for _ in range(PER_PERSON.amount + 1):
        answer = client.post("/login", data={"username": person.username, "password": "wrong"})
    assert answer.status_code == 429
    session.execute(update(RateLimit).values(expires_at=utcnow() - dt.timedelta(seconds=1)))
    session.commit()
    sign_in(client, person)
    client.post("/logout")
    for _ in range(PER_PERSON.amount):
        answer = client.post("/login", data={"username": person.username, "password": "wrong"})
    assert answer.status_code == 422
    session.rollback()


def test_right_passwords_are_never_limited(client: PageClient, session: Session) -> None:
    person = factories.person()
    for _ in range(PER_PERSON.amount + 2):
        sign_in(client, person)


def test_signing_in_removes_what_is_over(client: PageClient, session: Session) -> None:
    person = factories.person()
    sign_in(client, person)
    over = utcnow() - dt.timedelta(seconds=1)
    session.execute(update(LoginSession).values(expires_at=over))
    session.add(RateLimit(key="old", hits=3, expires_at=over))
    session.commit()
    sign_in(client, person)
    assert session.scalar(select(func.count()).select_from(LoginSession)) == 1
    assert session.get(RateLimit, "old") is None


def test_the_demo_names_somebody_who_can_sign_in(make_app: Callable[..., Flask]) -> None:
    hint = make_app(demo=True).test_client().page("/login").all("code")[0].text
    assert hint in {person.username for person in SIGN_INS}
    assert "Demo" not in make_app().test_client().page("/login").text


def test_the_log_names_no_typed_username(
    client: PageClient, session: Session, capsys: pytest.CaptureFixture[str]
) -> None:
    client.post("/login", data={"username": "canary password by mistake", "password": "canary"})
    output = capsys.readouterr()
    assert "sign_in_refused" in output.out + output.err
    assert "canary" not in output.out + output.err
