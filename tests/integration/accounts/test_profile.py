"""One's own profile: what is kept, what it does to the pages, and what is refused."""

from __future__ import annotations

from collections.abc import Callable

import pytest
from flask import Flask
from sqlalchemy import select
from sqlalchemy.orm import Session
from werkzeug.test import TestResponse

from tests import factories
from tests.pages import PageClient, sign_in, tree
from webapp.accounts.models import Account, User
from webapp.accounts.values import Preferences
from webapp.db.session import transaction

FORM = {"id": "profile-form"}
CHOSEN = {
    "display_name": "Renske de Wit",
    "email": "renske@example.org",
    "time_zone": "europe/amsterdam",
    "theme": "dark",
    "density": "compact",
    "scope": "mine",
}


def save(client: PageClient, changes: dict[str, str | list[str]]) -> TestResponse:
    page = client.page("/account/")
    return client.submit(page, changes, path="/account/", form=FORM, button="Save profile")


def stored(session: Session, person: factories.Person) -> User:
    session.expire_all()
    return session.get_one(User, person.user_id)


def test_everything_that_is_saved_is_shown_again(client: PageClient, session: Session) -> None:
    person = factories.person("renske")
    sign_in(client, person)
    answer = save(client, {**CHOSEN, "single_keys": []})
    assert (answer.status_code, answer.headers["Location"]) == (303, "/account/")
    user = stored(session, person)
    assert (user.display_name, user.email) == ("Renske de Wit", "renske@example.org")
    assert Preferences.from_stored(user.preferences) == Preferences(
        "dark", "compact", "Europe/Amsterdam", single_keys=False, scope="mine"
    )
    session.rollback()
    page = client.page("/account/")
    assert "Your profile is saved" in page.text
    assert page.one("input", id="time_zone")["value"] == "Europe/Amsterdam"
    assert "checked" not in page.one("input", id="single_keys")
    assert [item["value"] for item in page.one("select", id="theme").all("option") if "selected" in item] == [
        "dark"
    ]


def test_choices_stand_in_the_frame_of_every_page(client: PageClient, session: Session) -> None:
    sign_in(client, factories.person())
    before = client.page("/plugins/").one("html")
    assert (before["data-density"], before["data-keys"], before["data-time-zone"]) == ("comfortable", "", "")
    answer = save(client, {**CHOSEN, "single_keys": []})
    cookie = answer.headers["Set-Cookie"]
    assert cookie.startswith("theme=dark;")
    assert "SameSite=Lax" in cookie
    assert "HttpOnly" not in cookie
    html = client.page("/plugins/").one("html")
    assert {name: html[f"data-{name}"] for name in ("theme", "density", "keys", "time-zone")} == {
        "theme": "dark",
        "density": "compact",
        "keys": "off",
        "time-zone": "Europe/Amsterdam",
    }


def test_the_list_begins_where_the_person_likes_it(client: PageClient, session: Session) -> None:
    sign_in(client, factories.person())
    assert client.get("/").headers["Location"] == "/plugins/"
    save(client, {"scope": "platform"})
    assert client.get("/").headers["Location"] == "/plugins/?scope=platform"
    nav = client.page("/account/").one("nav", id="main-nav")
    assert nav.one("a", text="Plugins")["href"] == "/plugins/?scope=platform"
    rail = client.page("/plugins/").one("aside", id="filters")
    assert "Account0" in [item.text for item in rail.all("a") if "aria-current" in item]


def test_the_theme_of_the_profile_comes_with_signing_in(
    app: Flask, client: PageClient, session: Session
) -> None:
    person = factories.person()
    sign_in(client, person)
    save(client, {"theme": "light"})
    other = app.test_client()
    answer = other.post("/login", data={"username": person.username, "password": person.password})
    assert any(value.startswith("theme=light;") for value in answer.headers.getlist("Set-Cookie"))
    save(client, {"theme": "system"})
    answer = other.post("/logout")
    answer = other.post("/login", data={"username": person.username, "password": person.password})
    assert any("theme=;" in value for value in answer.headers.getlist("Set-Cookie"))


def test_the_switch_of_the_theme_outlives_a_page_of_somebody_who_has_chosen_none(
    client: PageClient, session: Session
) -> None:
    person = factories.person()
    client.set_cookie("theme", "dark")
    answer = client.post("/login", data={"username": person.username, "password": person.password})
    assert not any(value.startswith("theme=") for value in answer.headers.getlist("Set-Cookie"))
    assert client.page("/plugins/").one("html")["data-theme"] == "dark"


def test_a_changed_name_is_seen_in_every_list_at_once(client: PageClient, session: Session) -> None:
    person = factories.person("renske")
    elsewhere = factories.also_in(person)
    factories.plugin(person, name="gobstopper")
    sign_in(client, person)
    assert "Renske" in client.page("/plugins/").one("tbody", id="rows").text
    tag = client.get("/plugins/").headers["ETag"]
    assert client.get("/plugins/", headers={"If-None-Match": tag}).status_code == 304

    def generations() -> list[int]:
        return [
            session.scalar(select(Account.generation).where(Account.id == account.id)) or 0
            for account in (person.account, elsewhere.account)
        ]

    before = generations()
    session.rollback()
    save(client, {"display_name": "Somebody Else"})
    assert [after - earlier for after, earlier in zip(generations(), before, strict=True)] == [1, 1]
    session.rollback()
    client.get("/account/")  # Shows what the form had to say.
    answer = client.get("/plugins/", headers={"If-None-Match": tag})
    assert answer.status_code == 200
    assert "Somebody Else" in tree(answer).one("tbody", id="rows").text


def test_other_changes_raise_no_generation(client: PageClient, session: Session) -> None:
    person = factories.person()
    sign_in(client, person)
    before = session.scalar(select(Account.generation).where(Account.id == person.account.id))
    session.rollback()
    save(client, {"density": "compact", "email": "a@example.org"})
    assert session.scalar(select(Account.generation).where(Account.id == person.account.id)) == before


@pytest.mark.parametrize(
    ("changes", "field", "message"),
    [
        ({"display_name": ""}, "display_name", "Give a name"),
        ({"display_name": "   "}, "display_name", "Give a name"),
        ({"display_name": "x" * 201}, "display_name", "at most 200"),
        ({"display_name": "a\u2028b"}, "display_name", "line breaks"),
        ({"email": "nowhere"}, "email", "not an e-mail address"),
        ({"email": "a\0@example.org"}, "email", "not an e-mail address"),
        ({"time_zone": "Atlantis"}, "time_zone", "no such time zone"),
        ({"theme": "pink"}, "theme", "Not a valid choice"),
        ({"scope": "everything"}, "scope", "Not a valid choice"),
    ],
)
def test_a_refusal_stands_beside_its_field_and_loses_nothing(
    client: PageClient, session: Session, changes: dict[str, str], field: str, message: str
) -> None:
    person = factories.person()
    sign_in(client, person)
    answer = save(client, {**CHOSEN, **changes, "single_keys": []})
    assert answer.status_code == 422
    page = tree(answer)
    assert message in page.one("div", id=f"{field}-error").text
    for name in ("display_name", "email"):
        if name != field:
            assert page.one("input", id=name)["value"] == CHOSEN[name]
    assert "checked" not in page.one("input", id="single_keys")
    assert stored(session, person).preferences == {}


def test_a_place_is_offered_as_its_time_zone(client: PageClient, session: Session) -> None:
    sign_in(client, factories.person())
    page = tree(save(client, {"time_zone": "new york", "email": "a@example.org"}))
    answer = client.submit(page, path="/account/", form=FORM, button="Use America/New_York")
    page = tree(answer)
    assert page.one("input", id="time_zone")["value"] == "America/New_York"
    assert page.one("input", id="email")["value"] == "a@example.org"
    answer = client.submit(page, path="/account/", form=FORM, button="Save profile")
    assert answer.status_code == 303
    assert client.page("/plugins/").one("html")["data-time-zone"] == "America/New_York"


def test_a_zone_that_is_not_known_here_any_more_stays(client: PageClient, session: Session) -> None:
    person = factories.person()
    with transaction() as opened:
        opened.get_one(User, person.user_id).preferences = {"time_zone": "Asia/Somewhere_Old"}
    sign_in(client, person)
    assert save(client, {"density": "compact"}).status_code == 303
    assert stored(session, person).preferences["time_zone"] == "Asia/Somewhere_Old"


def test_a_profile_that_another_window_has_changed_is_not_overwritten_unseen(
    client: PageClient, session: Session
) -> None:
    person = factories.person()
    sign_in(client, person)
    opened = client.page("/account/")
    save(client, {"display_name": "From the other window"})
    answer = client.submit(
        opened, {"display_name": "From this one"}, path="/account/", form=FORM, button="Save profile"
    )
    assert answer.status_code == 409
    page = tree(answer)
    assert "differs in: Display name" in page.text
    assert page.one("input", id="display_name")["value"] == "From this one"
    assert stored(session, person).display_name == "From the other window"
    session.rollback()
    again = client.submit(page, path="/account/", form=FORM, button="Save profile")
    assert again.status_code == 303
    assert stored(session, person).display_name == "From this one"


def test_what_was_typed_outlives_the_session(app: Flask, client: PageClient, session: Session) -> None:
    person = factories.person()
    sign_in(client, person)
    page = client.page("/account/")
    client.post("/logout")
    answer = client.submit(
        page, {"display_name": "Typed before"}, path="/account/", form=FORM, button="Save profile"
    )
    assert answer.status_code == 401
    login = tree(answer)
    answer = client.submit(
        login, {"username": person.username, "password": person.password}, path="/login", button="Sign in"
    )
    page = client.page(answer.headers["Location"])
    assert page.one("input", id="display_name")["value"] == "Typed before"
    assert "It is not saved yet" in page.text
    assert client.submit(page, path="/account/", form=FORM, button="Save profile").status_code == 303
    assert stored(session, person).display_name == "Typed before"


def test_a_failed_token_saves_nothing_and_loses_nothing(client: PageClient, session: Session) -> None:
    person = factories.person()
    sign_in(client, person)
    answer = client.post("/account/", data=CHOSEN, csrf=False)
    assert answer.status_code == 400
    assert tree(answer).one("input", id="email")["value"] == CHOSEN["email"]
    assert stored(session, person).email is None


def test_nobody_writes_more_than_their_own_profile(client: PageClient, session: Session) -> None:
    person, other = factories.person(), factories.person()
    sign_in(client, person)
    page = client.page("/account/")
    answer = client.submit(
        page,
        {"display_name": "Me", "user_id": str(other.user_id), "is_superuser": "1", "role": "staff"},
        path="/account/",
        form=FORM,
        button="Save profile",
    )
    assert answer.status_code == 303
    user = stored(session, person)
    assert (user.is_superuser, user.profiles[0].role) == (False, "member")
    assert stored(session, other).display_name != "Me"


def test_over_https_the_theme_is_kept_in_a_secure_cookie(make_app: Callable[..., Flask]) -> None:
    app = make_app(public_url="https://plugdeck.example")
    with app.app_context():
        person = factories.person()
        with transaction() as opened:
            opened.get_one(User, person.user_id).preferences = {"theme": "dark"}
    client, url = app.test_client(), "https://plugdeck.example"
    assert isinstance(client, PageClient)
    client.post("/login", base_url=url, data={}, csrf=False)
    token = client.page("/login", base_url=url).one("input", name="csrf_token")["value"]
    answer = client.post(
        "/login",
        base_url=url,
        data={"username": person.username, "password": person.password, "csrf_token": token},
        csrf=False,
    )
    (theme,) = (value for value in answer.headers.getlist("Set-Cookie") if value.startswith("theme="))
    assert "Secure" in theme
