"""Invitations: made by staff, shown once, used once, and everything that a link does not do."""

from __future__ import annotations

import datetime as dt
import re
import threading
from collections.abc import Callable

import pytest
from flask import Flask
from sqlalchemy import func, select, update
from sqlalchemy.orm import Session
from werkzeug.test import TestResponse

from tests import factories
from tests.pages import PageClient, sign_in, tree
from webapp.accounts import service as accounts
from webapp.accounts.models import Invitation, LoginSession, User, UserProfile
from webapp.accounts.service import invitations as service
from webapp.accounts.service.operating import create_user
from webapp.accounts.sessions import hash_token
from webapp.accounts.throttle import PER_PERSON
from webapp.core.clock import utcnow
from webapp.core.errors import InvalidInput, NotFound, PermissionDenied, PlugdeckError
from webapp.db.session import transaction

GOOD = "blue lamp on the stairs"
NEW = {
    "new-username": "wim",
    "new-display_name": "Wim de Boer",
    "new-password": GOOD,
    "new-password_again": GOOD,
}
GONE = "This link does not work"


@pytest.fixture
def boss(session: Session) -> factories.Person:
    """Return the staff of an account."""
    return factories.person("imogen", role="staff", of=factories.account("Hazel & Quince"))


def invite(boss: factories.Person, name: str = "Wim from logistics", role: str = "member") -> str:
    return f"/invite/{service.invite(factories.viewer_of(boss), name, role)}"


def accept(client: PageClient, link: str, form: str, changes: dict[str, str] | None = None) -> TestResponse:
    button = {"new": "Create account and join", "known": "Sign in and join"}.get(form, "")
    return client.submit(client.page(link), changes, path=link, form={"id": f"{form}-form"}, button=button)


def known(person: factories.Person, password: str | None = None) -> dict[str, str]:
    return {"known-username": person.username, "known-password": password or person.password}


def profiles(session: Session, boss: factories.Person) -> int:
    session.rollback()
    statement = select(func.count()).where(UserProfile.account_id == boss.account.id)
    return session.scalar(statement) or 0


def test_staff_get_a_link_that_is_shown_once_and_stored_nowhere(
    client: PageClient, session: Session, boss: factories.Person
) -> None:
    sign_in(client, boss)
    page = client.page("/account/people/invite")
    answer = client.submit(
        page, {"name": " Wim ", "role": "staff"}, path="/account/people/invite", form={"id": "invite-form"}
    )
    assert answer.status_code == 201
    assert answer.headers["Cache-Control"] == "no-store"
    link = tree(answer).one("p", id="invitation-link").text
    token = re.fullmatch(r"http://localhost/invite/([\w-]{43})", link)
    assert token
    row = session.scalars(select(Invitation)).one()
    assert (row.name, row.role, row.token_hash) == ("Wim", "staff", hash_token(token[1]))
    assert row.expires_at - row.created_at == dt.timedelta(days=7)
    session.rollback()
    listed = client.page("/account/people")
    assert "Wim" in listed.one("section", **{"aria-labelledby": "invited"}).text
    assert token[1] not in client.get("/account/people").get_data(as_text=True)


@pytest.mark.parametrize(
    ("changes", "field"),
    [({"name": ""}, "name"), ({"name": "x" * 201}, "name"), ({"role": "superuser"}, "role")],
)
def test_an_invitation_that_cannot_be_is_refused(
    client: PageClient, session: Session, boss: factories.Person, changes: dict[str, str], field: str
) -> None:
    sign_in(client, boss)
    path = "/account/people/invite"
    page = client.page(path)
    answer = client.submit(page, {"name": "Wim", **changes}, path=path, form={"id": "invite-form"})
    assert answer.status_code == 422
    assert tree(answer).one("div", id=f"{field}-error")
    assert session.scalar(select(func.count()).select_from(Invitation)) == 0


def test_a_link_tells_who_invites_where_to(
    client: PageClient, session: Session, boss: factories.Person
) -> None:
    page = client.page(invite(boss, role="staff"))
    assert page.one("h1").text == "Join Hazel & Quince"
    assert "Imogen invites you as staff." in page.text
    assert page.one("input", id="new-display_name")["value"] == "Wim from logistics"


def test_somebody_new_joins_and_is_signed_in(
    app: Flask, client: PageClient, session: Session, boss: factories.Person
) -> None:
    link = invite(boss, role="staff")
    answer = accept(client, link, "new", NEW)
    assert (answer.status_code, answer.headers["Location"]) == (303, "/")
    assert client.get("/whoami").json == {"username": "wim", "role": "staff", "superuser": False}
    assert "You work in Hazel & Quince now" in client.page("/plugins/").text
    user = session.scalars(select(User).where(User.username == "wim")).one()
    assert (user.display_name, user.is_superuser, user.email) == ("Wim de Boer", False, None)
    session.rollback()
    other = app.test_client()
    assert isinstance(other, PageClient)
    assert other.post("/login", data={"username": "wim", "password": GOOD}).status_code == 303
    # Once is once.
    third = app.test_client()
    assert isinstance(third, PageClient)
    assert GONE in third.page(link, 404).text
    answer = third.post(link, data={"action": "new", **NEW, "new-username": "another"})
    assert answer.status_code == 404
    assert profiles(session, boss) == 2


def test_somebody_with_a_password_signs_in_and_joins_in_one_step(
    client: PageClient, session: Session, boss: factories.Person
) -> None:
    person = factories.person("renske", role="staff")
    answer = accept(client, invite(boss), "known", known(person))
    assert answer.status_code == 303
    assert client.get("/whoami").json == {"username": "renske", "role": "member", "superuser": False}
    page = client.page("/plugins/")
    assert "Hazel & Quince" in page.one("header", class_="top").text
    assert person.account.name in page.one("form", action="/account/switch").text


def test_who_has_no_account_left_joins_by_their_password_all_the_same(
    client: PageClient, session: Session, boss: factories.Person
) -> None:
    person = factories.person()
    with transaction() as opened:
        opened.execute(update(UserProfile).where(UserProfile.id == person.profile_id).values(is_active=False))
    assert (
        client.post("/login", data={"username": person.username, "password": person.password}).status_code
        == 422
    )
    assert accept(client, invite(boss), "known", known(person)).status_code == 303
    assert client.get("/whoami").status_code == 200


def test_who_is_signed_in_joins_by_one_button_with_a_session_of_its_own(
    app: Flask, client: PageClient, session: Session, boss: factories.Person
) -> None:
    person = factories.person("renske")
    sign_in(client, person)
    cookie = client.get_cookie("plugdeck")
    assert cookie is not None
    link = invite(boss)
    assert client.page(link).all("form", id="new-form") == []
    answer = accept(client, link, "join")
    assert answer.status_code == 303
    assert "Hazel & Quince" in client.page("/plugins/").one("header", class_="top").text
    assert session.scalar(select(func.count()).select_from(LoginSession)) == 1
    copy = app.test_client()
    copy.set_cookie("plugdeck", cookie.value)
    assert copy.get("/whoami").status_code == 302


def test_who_works_there_already_goes_there_and_the_link_stays_open(
    app: Flask, client: PageClient, session: Session, boss: factories.Person
) -> None:
    person = factories.person("renske")
    there = factories.also_in(person, boss.account, role="staff")
    link = invite(boss)
    assert accept(client, link, "known", known(person)).status_code == 303
    assert client.get("/whoami").json["role"] == "staff"  # Not what the invitation says.
    assert profiles(session, boss) == 2
    assert client.page(link).one("form", id="join-form").one("button").text == "Go to Hazel & Quince"
    other = app.test_client()
    assert isinstance(other, PageClient)
    assert accept(other, link, "new", NEW).status_code == 303
    assert there.profile_id


def test_a_link_does_not_enable_who_was_disabled_there(
    client: PageClient, session: Session, boss: factories.Person
) -> None:
    person = factories.person("renske")
    there = factories.also_in(person, boss.account)
    with transaction() as opened:
        opened.execute(update(UserProfile).where(UserProfile.id == there.profile_id).values(is_active=False))
    link = invite(boss)
    answer = accept(client, link, "known", known(person))
    assert answer.status_code == 403
    assert "You were disabled in Hazel & Quince. Ask Imogen" in tree(answer).text
    assert client.get("/whoami").status_code == 302
    assert client.page(link)


@pytest.mark.parametrize(
    ("changes", "field", "message"),
    [
        ({"new-username": ""}, "username", "Choose a username"),
        ({"new-username": "w im"}, "username", "without spaces"),
        ({"new-username": "IMOGEN"}, "username", "This username is taken. Choose another."),
        ({"new-display_name": ""}, "display_name", "Give a name"),
        ({"new-password": "short", "new-password_again": "short"}, "password", "at least 12 characters"),
        (
            {"new-password": "wimwimwimwim", "new-password_again": "wimwimwimwim"},
            "password",
            "made of the username",
        ),
        ({"new-password_again": "something else"}, "password_again", "differ"),
    ],
)
def test_a_refusal_stands_beside_its_field_and_leaves_the_link_open(
    client: PageClient,
    session: Session,
    boss: factories.Person,
    changes: dict[str, str],
    field: str,
    message: str,
) -> None:
    link = invite(boss)
    answer = accept(client, link, "new", {**NEW, **changes})
    assert answer.status_code == 422
    page = tree(answer)
    assert message in page.one("div", id=f"new-{field}-error").text
    if field != "display_name":
        assert page.one("input", id="new-display_name")["value"] == "Wim de Boer"
    assert not page.one("input", id="new-password")["value"]
    assert GOOD not in answer.get_data(as_text=True)
    assert accept(client, link, "new", NEW).status_code == 303


def test_a_wrong_password_is_told_as_at_sign_in_and_counted_with_it(
    client: PageClient, session: Session, boss: factories.Person
) -> None:
    person = factories.person("renske")
    link = invite(boss)
    for attempt in range(PER_PERSON.amount):
        answer = accept(client, link, "known", known(person, "wrong one"))
        assert answer.status_code == 422, attempt
        assert "The username or the password is wrong" in tree(answer).text
    answer = accept(client, link, "known", known(person))
    assert answer.status_code == 429
    assert int(answer.headers["Retry-After"]) > 0
    answer = client.post("/login", data={"username": person.username, "password": person.password})
    assert answer.status_code == 429


def test_the_holder_of_a_link_cannot_ask_for_a_list_of_usernames(
    client: PageClient, session: Session, boss: factories.Person
) -> None:
    link = invite(boss)
    statuses = [accept(client, link, "new", {**NEW, "new-username": "imogen"}).status_code for _ in range(11)]
    assert statuses == [422] * PER_PERSON.amount + [429]
    assert accept(client, link, "new", NEW).status_code == 429
    # Mistakes that tell nothing about others do not count.
    link = invite(boss)
    for _ in range(PER_PERSON.amount + 1):
        short = {"new-password": "short", "new-password_again": "short"}
        assert accept(client, link, "new", {**NEW, **short}).status_code == 422


def plain(answer: TestResponse) -> tuple[int, str]:
    text = re.sub(
        r'name="csrf_token" value="[^"]*"|X-CSRFToken[^}]*|[0-9a-f]{16}', "", answer.get_data(as_text=True)
    )
    return answer.status_code, text


def test_used_over_revoked_and_unknown_links_get_one_and_the_same_page(
    app: Flask, session: Session, boss: factories.Person
) -> None:
    used, over, revoked = (invite(boss) for _ in range(3))
    other_boss = factories.person("other", role="staff", of=boss.account)
    orphaned = invite(other_boss)
    service.join_as_new(used.rpartition("/")[2], "wim", "Wim", GOOD)
    with transaction() as opened:
        for link, change in (
            (over, {"expires_at": utcnow() - dt.timedelta(seconds=1)}),
            (revoked, {"revoked_at": utcnow()}),
        ):
            token_hash = hash_token(link.rpartition("/")[2])
            opened.execute(update(Invitation).where(Invitation.token_hash == token_hash).values(**change))
        opened.execute(
            update(UserProfile).where(UserProfile.id == other_boss.profile_id).values(role="member")
        )
    answers = set()
    for link in (
        used,
        over,
        revoked,
        orphaned,
        "/invite/" + "x" * 43,
        "/invite/x",
        "/invite/%00",
        "/invite/" + "y" * 500,
    ):
        for method in ("GET", "POST"):
            client = app.test_client()
            answers.add(
                plain(
                    client.open(
                        link, method=method, data=NEW | {"action": "new"} if method == "POST" else None
                    )
                )
            )
    assert len(answers) == 1
    assert next(iter(answers))[0] == 404
    assert GONE in next(iter(answers))[1]
    assert profiles(session, boss) == 3


@pytest.mark.parametrize("change", ["demoted", "disabled here", "disabled everywhere"])
def test_an_invitation_is_worth_what_its_inviter_is(
    client: PageClient, session: Session, boss: factories.Person, change: str
) -> None:
    link = invite(boss)
    with transaction() as opened:
        profile, user = (
            opened.get_one(UserProfile, boss.profile_id),
            opened.get_one(User, boss.user_id),
        )
        if change == "demoted":
            profile.role = "member"
        elif change == "disabled here":
            profile.is_active = False
        else:
            user.is_active = False
    assert client.get(link).status_code == 404
    assert client.post(link, data=NEW | {"action": "new"}).status_code == 404


def test_staff_revoke_a_link_before_it_is_used(
    app: Flask, client: PageClient, session: Session, boss: factories.Person
) -> None:
    link = invite(boss)
    sign_in(client, boss)
    page = client.page("/account/people")
    form = page.one("section", **{"aria-labelledby": "invited"}).one("form")
    assert client.post(form["action"]).status_code == 303
    page = client.page("/account/people")
    assert "The invitation for Wim from logistics is revoked" in page.text
    assert page.all("section", **{"aria-labelledby": "invited"}) == []
    assert app.test_client().get(link).status_code == 404
    client.post(form["action"])
    assert "was used or had ended already" in client.page("/account/people").text


def test_nobody_revokes_or_sees_the_invitations_of_another_account(
    client: PageClient, session: Session, boss: factories.Person
) -> None:
    invite(boss)
    sign_in(client, boss)
    action = (
        client.page("/account/people").one("section", **{"aria-labelledby": "invited"}).one("form")["action"]
    )
    client.post("/logout")
    sign_in(client, factories.person(role="staff"))
    assert "Wim" not in client.page("/account/people").text
    client.post(action)
    session.rollback()
    assert session.scalar(select(Invitation.revoked_at)) is None
    session.rollback()
    assert client.post("/account/people/invitations/nonsense/revoke").status_code == 404


def test_members_do_not_invite(session: Session, boss: factories.Person) -> None:
    viewer = factories.viewer_of(factories.person(of=boss.account))
    with pytest.raises(PermissionDenied):
        service.invite(viewer, "Wim", "member")
    with pytest.raises(InvalidInput):
        service.invite(factories.viewer_of(boss), "Wim", "superuser")


@pytest.mark.parametrize("kind", ["new", "known"])
def test_of_two_who_use_a_link_at_once_one_joins(
    app: Flask, session: Session, boss: factories.Person, kind: str
) -> None:
    token = invite(boss).rpartition("/")[2]
    people = [factories.person(), factories.person()]
    session.rollback()
    start = threading.Barrier(2)
    outcomes: list[str] = []

    def join(number: int) -> None:
        with app.app_context():
            found = accounts.authenticate(people[number].username, people[number].password)
            start.wait(60)
            try:
                if kind == "new":
                    service.join_as_new(token, f"new{number}", "New", GOOD)
                else:
                    service.join_by_password(token, found)
                outcomes.append("joined")
            except PlugdeckError as error:
                outcomes.append(type(error).__name__)

    threads = [threading.Thread(target=join, args=(number,)) for number in range(2)]
    for thread in threads:
        thread.start()
    for thread in threads:
        thread.join(120)
    assert sorted(outcomes) == ["NotFound", "joined"]
    assert profiles(session, boss) == 2
    names = session.scalars(select(User.username).where(User.username.like("new%"))).all()
    assert len(names) == (1 if kind == "new" else 0)


def test_a_failed_token_joins_nobody_and_keeps_what_was_typed(
    client: PageClient, session: Session, boss: factories.Person
) -> None:
    link = invite(boss)
    answer = client.post(link, data=NEW | {"action": "new"}, csrf=False)
    assert answer.status_code == 400
    assert tree(answer).one("input", id="new-username")["value"] == "wim"
    assert profiles(session, boss) == 1
    answer = client.post(link, data={"action": "join"})
    assert answer.status_code == 422
    assert "Sign in, or choose a username" in tree(answer).text


def test_another_site_cannot_make_somebody_join(
    client: PageClient, session: Session, boss: factories.Person
) -> None:
    sign_in(client, factories.person())
    answer = client.post(invite(boss), data={"action": "join"}, headers={"Sec-Fetch-Site": "cross-site"})
    assert answer.status_code == 403
    assert profiles(session, boss) == 1


def test_who_was_changed_between_password_and_joining_does_not_get_in(
    session: Session, boss: factories.Person
) -> None:
    token = invite(boss).rpartition("/")[2]
    for change in ({"is_active": False}, {"password_hash": "another"}):
        person = factories.person()
        found = accounts.authenticate(person.username, person.password)
        with transaction() as opened:
            opened.execute(update(User).where(User.id == person.user_id).values(**change))
        with pytest.raises(accounts.WrongCredentials):
            service.join_by_password(token, found)
    assert profiles(session, boss) == 1


def test_links_use_the_public_address(make_app: Callable[..., Flask]) -> None:
    app = make_app(public_url="http://plugdeck.example")
    with app.app_context():
        boss = factories.person(role="staff")
    client = app.test_client()
    assert isinstance(client, PageClient)
    sign_in(client, boss)
    answer = client.post("/account/people/invite", data={"name": "Wim", "role": "member"})
    assert tree(answer).one("p", id="invitation-link").text.startswith("http://plugdeck.example/invite/")


def test_invitations_that_ended_long_ago_are_forgotten(session: Session, boss: factories.Person) -> None:
    invite(boss)
    invite(boss)
    first = session.scalar(select(func.min(Invitation.id)))
    with transaction() as opened:
        opened.execute(
            update(Invitation)
            .where(Invitation.id == first)
            .values(expires_at=utcnow() - service.KEPT_FOR - dt.timedelta(minutes=1))
        )
    accounts.clean_up()
    assert session.scalar(select(func.count()).select_from(Invitation)) == 1


def test_an_invitation_to_nowhere_is_not_found(session: Session) -> None:
    number = factories.account().number
    create_user("renske", number, "member", GOOD)
    with pytest.raises(NotFound):
        service.join_by_password("x" * 43, accounts.authenticate("renske", GOOD))
