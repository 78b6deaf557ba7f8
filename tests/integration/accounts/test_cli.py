"""The commands `accounts` and `users`."""

from __future__ import annotations

import json
from collections.abc import Callable

import click
import pytest
from click.testing import CliRunner, Result
from flask import Flask
from flask.cli import ScriptInfo
from sqlalchemy import select
from sqlalchemy.orm import Session
from structlog.testing import capture_logs

from tests import factories
from webapp.accounts import passwords
from webapp.accounts.cli import accounts_cli, users_cli
from webapp.accounts.models import User, UserProfile
from webapp.core.errors import Conflict, InvalidInput, NotFound, PlugdeckError
from webapp.db.session import transaction

GOOD = "blue lamp on the stairs"

Run = Callable[..., Result]


@pytest.fixture
def run(app: Flask) -> Run:
    """Return a function that runs a command line as `plugdeck` would, without its mapping of errors."""
    group = click.Group(commands={"accounts": accounts_cli, "users": users_cli})

    def run(*words: str, stdin: str | bytes = "") -> Result:
        with capture_logs():
            return CliRunner().invoke(group, words, input=stdin, obj=ScriptInfo(create_app=lambda: app))

    return run


def refusal(result: Result) -> PlugdeckError:
    assert isinstance(result.exception, PlugdeckError), result.output
    return result.exception


def test_an_account_and_its_people_are_made_and_listed(run: Run, session: Session) -> None:
    result = run("accounts", "create", "--name", "Hazel [& Quince]", "--number", "4015-2290-7713")
    assert (result.exit_code, result.output) == (0, "Account 4015-2290-7713 (Hazel [& Quince]) is created.\n")
    result = run(
        *("users", "create", "renske", "--account", "4015-2290-7713", "--role", "staff", "--password-stdin"),
        *("--name", "Renske de Wit"),
        stdin=GOOD + "\n",
    )
    assert (result.exit_code, result.output) == (
        0,
        "User renske is created as staff of account 4015-2290-7713.\n",
    )
    stored = session.scalar(select(User.password_hash))
    assert stored is not None
    assert passwords.verify(GOOD, stored)
    accounts = run("accounts", "list").output
    assert "4015-2290-7713" in accounts
    assert "Hazel [& Quince]" in accounts
    people = run("users", "list").output.splitlines()
    assert people[0].split() == ["Username", "Name", "Account", "Role", "Active"]
    assert people[1].split() == ["renske", "Renske", "de", "Wit", "4015-2290-7713", "staff", "yes"]


def test_lists_are_json_for_programs(run: Run, session: Session) -> None:
    person = factories.person("renske", of=factories.account("Süßes", number="4015-2290-7713"))
    accounts = json.loads(run("accounts", "list", "--output", "json").output)
    assert accounts == [
        {"id": person.account.id, "number": "4015-2290-7713", "name": "Süßes", "is_active": True}
    ]
    people = json.loads(run("users", "list", "--output", "json").output)
    assert people == [
        {
            "profile_id": person.profile_id,
            "username": "renske",
            "display_name": "Renske",
            "account_number": "4015-2290-7713",
            "role": "member",
            "is_active": True,
        }
    ]
    made = json.loads(run("accounts", "create", "--name", "X", "--output", "json").output)
    assert made["name"] == "X"


def test_a_list_goes_on_beyond_a_page_and_nothing_is_cut_in_a_pipe(
    run: Run, session: Session, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr("webapp.accounts.cli.PAGE", 2)
    names = ["x" * 200, *(factories.account().name for _ in range(4))]
    factories.account(names[0])
    output = run("accounts", "list").output
    assert all(name in output for name in names)


def test_a_password_is_set_and_a_person_disabled(run: Run, session: Session) -> None:
    person = factories.person("renske")
    result = run("users", "set-password", "renske", "--password-stdin", stdin=GOOD)
    assert result.exit_code == 0
    stored = session.scalar(select(User.password_hash).where(User.id == person.user_id))
    assert stored is not None
    assert passwords.verify(GOOD, stored)
    session.rollback()
    assert run("users", "disable", "renske").exit_code == 0
    assert session.scalar(select(User.is_active)) is False


@pytest.mark.parametrize(
    "words",
    [
        ("accounts", "create"),
        ("users", "create"),
        ("users", "create", "x", "--account", "1", "--role", "owner", "--password-stdin"),
        ("users", "create", "x", "--account", "1", "--role", "member"),
        ("users", "set-password", "x"),
        ("users", "set-password"),
        ("users", "list", "--output", "xml"),
        ("users", "nothing"),
    ],
)
def test_wrong_usage_is_2(run: Run, words: tuple[str, ...]) -> None:
    assert run(*words).exit_code == 2


def test_a_password_that_is_not_text_is_wrong_usage(run: Run, session: Session) -> None:
    result = run("users", "set-password", "x", "--password-stdin", stdin=b"\xff\xfe")
    assert result.exit_code == 2
    assert "UTF-8" in result.output


def test_refusals_are_errors_of_the_domain(run: Run, session: Session) -> None:
    number = factories.account().number
    factories.person("renske", role="superuser")
    create = ("users", "create", "renske", "--account", number, "--role", "member", "--password-stdin")
    assert isinstance(refusal(run(*create, stdin=GOOD)), Conflict)
    assert isinstance(refusal(run(*create, stdin="")), InvalidInput)
    assert isinstance(refusal(run("users", "disable", "renske")), Conflict)
    assert isinstance(refusal(run("users", "disable", "nobody")), NotFound)
    assert isinstance(refusal(run("accounts", "create", "--name", "X", "--number", "1")), InvalidInput)
    assert isinstance(refusal(run("accounts", "create", "--name", "X", "--number", number)), Conflict)


def test_a_person_is_enabled_again(run: Run, session: Session) -> None:
    factories.person("renske", is_active=False)
    assert run("users", "enable", "renske").output == "User renske is enabled.\n"
    assert session.scalar(select(User.is_active)) is True
    session.rollback()
    assert isinstance(refusal(run("users", "enable", "nobody")), NotFound)


def test_roles_are_set_from_the_command_line(run: Run, session: Session) -> None:
    factories.person("odette", role="superuser")
    person = factories.person("renske")

    def role() -> tuple[str, bool]:
        session.rollback()
        row = session.execute(
            select(UserProfile.role, User.is_superuser)
            .join(User, User.id == UserProfile.user_id)
            .where(UserProfile.id == person.profile_id)
        ).one()
        session.rollback()
        return row[0], row[1]

    result = run("users", "set-role", "renske", "--role", "staff")
    assert result.output == f"User renske is staff of account {person.account.number}.\n"
    assert role() == ("staff", False)
    assert run("users", "set-role", "renske", "--role", "superuser").output == "User renske is superuser.\n"
    assert role() == ("staff", True)
    assert run("users", "set-role", "renske", "--role", "member").exit_code == 0
    assert role() == ("member", False)
    there = factories.also_in(person)
    assert isinstance(refusal(run("users", "set-role", "renske", "--role", "staff")), InvalidInput)
    number = there.account.number
    assert run("users", "set-role", "renske", "--role", "staff", "--account", number).exit_code == 0
    assert role() == ("member", False)
    wrong = ("users", "set-role", "renske", "--role", "staff", "--account")
    assert isinstance(refusal(run(*wrong, factories.account().number)), NotFound)
    assert isinstance(refusal(run(*wrong, "1")), InvalidInput)
    assert isinstance(refusal(run("users", "set-role", "nobody", "--role", "staff")), NotFound)
    assert run("users", "set-role", "renske", "--role", "superuser", "--account", number).exit_code == 2
    assert run("users", "set-role", "renske").exit_code == 2


def test_the_last_superuser_who_can_sign_in_is_neither_demoted_nor_disabled(
    run: Run, session: Session
) -> None:
    factories.person("odette", role="superuser")
    locked_out = factories.person("second", role="superuser")
    with transaction() as opened:
        opened.get_one(UserProfile, locked_out.profile_id).is_active = False
    for command in (("disable", "odette"), ("set-role", "odette", "--role", "staff")):
        assert isinstance(refusal(run("users", *command)), Conflict)
    user = session.scalars(select(User).where(User.username == "odette")).one()
    assert (user.is_superuser, user.is_active) == (True, True)


def test_a_profile_that_is_disabled_is_listed_as_such(run: Run, session: Session) -> None:
    person = factories.person("renske")
    with transaction() as opened:
        opened.get_one(UserProfile, person.profile_id).is_active = False
    assert run("users", "list").output.splitlines()[1].split()[-1] == "no"
