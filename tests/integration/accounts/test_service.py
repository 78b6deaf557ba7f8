"""Creating accounts and people, setting passwords, disabling, and the viewer of a command."""

from __future__ import annotations

import re

import pytest
from flask import Flask
from sqlalchemy import func, select, update
from sqlalchemy.orm import Session

from tests import factories
from tests.pages import PageClient, sign_in
from webapp.accounts import passwords, service
from webapp.accounts.models import Account, LoginSession, User, UserProfile
from webapp.accounts.queries import find_credentials, get_cli_viewer, list_accounts, list_users, load_viewer
from webapp.core.errors import Conflict, InvalidInput, NotFound
from webapp.db.session import transaction

GOOD = "blue lamp on the stairs"


def test_an_account_gets_the_number_it_is_given_or_a_free_one(session: Session) -> None:
    assert service.create_account("Hazel", "4015-2290-7713").number == "4015-2290-7713"
    made = [service.create_account("Many") for _ in range(3)]
    assert len({account.number for account in made}) == 3
    assert all(re.fullmatch(r"\d{4}-\d{4}-\d{4}", account.number) for account in made)


def test_a_taken_number_is_refused_and_a_random_one_avoids_it(
    session: Session, monkeypatch: pytest.MonkeyPatch
) -> None:
    service.create_account("Hazel", "0000-0000-0007")
    with pytest.raises(Conflict, match="0000-0000-0007 is taken"):
        service.create_account("Quince", "0000-0000-0007")
    drawn = iter([7, 7, 8])
    monkeypatch.setattr("secrets.randbelow", lambda _limit: next(drawn))
    assert service.create_account("Quince").number == "0000-0000-0008"
    monkeypatch.setattr("secrets.randbelow", lambda _limit: 7)
    with pytest.raises(Conflict, match="--number"):
        service.create_account("Quince")


@pytest.mark.parametrize(
    ("name", "number", "field"),
    [
        ("", None, "name"),
        ("   ", None, "name"),
        ("x" * 201, None, "name"),
        ("a\nb", None, "name"),
        ("a\ud800", None, "name"),
        ("Hazel", "", "number"),
        ("Hazel", "123", "number"),
        ("Hazel", "4015-2290-7713\n", "number"),
        ("Hazel", "٤015-2290-7713", "number"),
    ],
)
def test_an_account_that_cannot_be_is_refused(
    session: Session, name: str, number: str | None, field: str
) -> None:
    with pytest.raises(InvalidInput) as caught:
        service.create_account(name, number)
    assert set(caught.value.errors) == {field}
    assert session.scalar(select(func.count()).select_from(Account)) == 0


@pytest.mark.parametrize(
    ("role", "profile_role", "is_superuser"),
    [("member", "member", False), ("staff", "staff", False), ("superuser", "staff", True)],
)
def test_a_person_has_one_profile_with_their_role(
    session: Session, role: str, profile_role: str, is_superuser: bool
) -> None:
    account = service.create_account("Hazel")
    user_id = service.create_user("Renske", account.number, role, GOOD, "Renske de Wit", "r@example.org")
    user = session.get_one(User, user_id)
    profile = session.scalars(select(UserProfile)).one()
    assert (user.username, user.username_key, user.display_name) == ("Renske", "renske", "Renske de Wit")
    assert (user.email, user.is_superuser, user.is_active) == ("r@example.org", is_superuser, True)
    assert (profile.role, profile.account_id, profile.user_id) == (profile_role, account.id, user_id)
    assert passwords.verify(GOOD, user.password_hash)
    assert GOOD not in user.password_hash


def test_a_username_is_taken_in_any_case_and_any_account(session: Session) -> None:
    first, second = service.create_account("Hazel"), service.create_account("Quince")
    service.create_user("Größe", first.number, "member", GOOD)
    with pytest.raises(Conflict, match="GRÖSSE is taken"):
        service.create_user("GRÖSSE", second.number, "member", GOOD)
    assert session.scalar(select(func.count()).select_from(UserProfile)) == 1


@pytest.mark.parametrize(
    ("changes", "field"),
    [
        ({"username": ""}, "username"),
        ({"username": "a b"}, "username"),
        ({"username": "a\0b"}, "username"),
        ({"username": "a\ud800"}, "username"),
        ({"username": "x" * 151}, "username"),
        ({"username": "ﷺ" * 20}, "username"),
        ({"role": "owner"}, "role"),
        ({"password": "short"}, "password"),
        ({"password": "renskerenske"}, "password"),
        ({"display_name": "a\nb"}, "name"),
        ({"email": "nowhere"}, "email"),
        ({"account_number": "x\ud800"}, "account"),
    ],
)
def test_a_person_who_cannot_be_is_refused(session: Session, changes: dict[str, str], field: str) -> None:
    number = service.create_account("Hazel").number
    given = {"username": "renske", "account_number": number, "role": "member", "password": GOOD} | changes
    with pytest.raises(InvalidInput) as caught:
        service.create_user(**given)
    assert set(caught.value.errors) == {field}
    assert session.scalar(select(func.count()).select_from(User)) == 0


def test_a_person_needs_an_account_that_exists(session: Session) -> None:
    with pytest.raises(NotFound, match="0000-0000-0000"):
        service.create_user("renske", "0000-0000-0000", "member", GOOD)
    assert session.scalar(select(func.count()).select_from(User)) == 0


def test_people_are_created_within_a_caller_s_transaction_or_not_at_all(session: Session) -> None:
    with pytest.raises(RuntimeError), transaction():
        service.create_user("renske", service.create_account("Hazel").number, "member", GOOD)
        raise RuntimeError
    assert session.scalar(select(func.count()).select_from(User)) == 0
    assert session.scalar(select(func.count()).select_from(Account)) == 0


def test_setting_a_password_ends_the_sessions_of_that_person_only(
    app: Flask, client: PageClient, session: Session
) -> None:
    person, other = factories.person(), factories.person()
    elsewhere = app.test_client()
    sign_in(client, person)
    sign_in(elsewhere, other)
    service.set_password(person.username.upper(), GOOD)
    assert client.get("/whoami").status_code == 302
    assert elsewhere.get("/whoami").status_code == 200
    answer = client.post("/login", data={"username": person.username, "password": GOOD})
    assert answer.status_code == 303


def test_a_password_cannot_be_set_for_nobody_or_to_a_weak_one(session: Session) -> None:
    person = factories.person()
    for unknown in ("nobody", "a\0b", ""):
        with pytest.raises(NotFound):
            service.set_password(unknown, GOOD)
    with pytest.raises(InvalidInput):
        service.set_password(person.username, "password1234")


def test_disabling_a_person_ends_their_sessions(client: PageClient, session: Session) -> None:
    person = factories.person()
    sign_in(client, person)
    service.disable_user(person.username)
    service.disable_user(person.username)
    assert client.get("/whoami").status_code == 302
    assert session.scalar(select(func.count()).select_from(LoginSession)) == 0
    assert session.scalar(select(User.is_active).where(User.id == person.user_id)) is False
    with pytest.raises(NotFound):
        service.disable_user("nobody")


def test_the_last_active_superuser_cannot_be_disabled(session: Session) -> None:
    first = factories.person(role="superuser")
    second = factories.person(role="superuser")
    factories.person(role="superuser", is_active=False)
    factories.person(role="staff")
    service.disable_user(first.username)
    with pytest.raises(Conflict, match="last active superuser"):
        service.disable_user(second.username)
    assert session.scalar(select(User.is_active).where(User.id == second.user_id)) is True


def test_who_was_changed_between_password_and_session_does_not_get_in(session: Session) -> None:
    for change in ({"is_active": False}, {"password_hash": "another"}):
        person = factories.person()
        found = service.authenticate(person.username, person.password)
        session.execute(update(User).where(User.id == person.user_id).values(**change))
        session.commit()
        with pytest.raises(service.WrongCredentials):
            service.sign_in(found)
    assert session.scalar(select(func.count()).select_from(LoginSession)) == 0


def test_a_person_with_several_profiles_enters_the_oldest_active_account(session: Session) -> None:
    person = factories.person()
    for _ in range(2):
        with transaction() as opened:
            other = factories.account()
            opened.add(UserProfile(user_id=person.user_id, account_id=other.id, role="staff"))
    viewer, draft = service.sign_in(service.authenticate(person.username, person.password))
    assert (viewer.profile_id, viewer.account_id, draft) == (person.profile_id, person.account.id, None)
    session.execute(update(Account).where(Account.id == person.account.id).values(is_active=False))
    session.commit()
    viewer, _ = service.sign_in(service.authenticate(person.username, person.password))
    assert viewer.profile_id > person.profile_id
    assert load_viewer(session, viewer.token) == viewer


def test_a_command_acts_as_a_person_who_is_active(session: Session) -> None:
    person = factories.person("Renske", role="superuser", of=factories.platform())
    viewer = get_cli_viewer("renske")
    assert (viewer.profile_id, viewer.origin, viewer.is_superuser) == (person.profile_id, "cli", True)
    assert (viewer.login_session_id, viewer.token) == (None, "")
    assert viewer.platform_account_id == person.account.id
    service.create_user("second", person.account.number, "superuser", GOOD)
    service.disable_user("renske")
    for unknown in ("renske", "nobody", "a\0b", "a\ud800", ""):
        with pytest.raises(NotFound, match="no active user"):
            get_cli_viewer(unknown)


def test_an_unknown_token_stands_for_nobody(session: Session) -> None:
    for token in ("", "x", "ü", "x" * 10_000):
        assert load_viewer(session, token) is None
    assert find_credentials(session, "a\0b") is None


def test_lists_come_in_pages_in_the_order_of_making(session: Session) -> None:
    numbers = [service.create_account(f"Account {count}").number for count in range(3)]
    service.create_user("one", numbers[0], "member", GOOD, "One")
    service.create_user("two", numbers[1], "superuser", GOOD)
    service.disable_user("one")
    first = list_accounts(session, limit=2)
    rest = list_accounts(session, after_id=first[-1].id, limit=2)
    assert [row.number for row in first + rest] == numbers
    rows = [(row.username, row.display_name, row.role, row.is_active) for row in list_users(session)]
    assert rows == [("one", "One", "member", False), ("two", "two", "superuser", True)]
    assert list_users(session, after_id=list_users(session)[-1].profile_id) == []
