"""The demo people: one sign-in for each role, and names that can exist together."""

from webapp.core.text import is_snake_case
from webapp.demo.people import ACCOUNTS, PEOPLE, SIGN_INS, DemoPerson


def _person(username: str) -> DemoPerson:
    return next(person for person in PEOPLE if person.username == username)


def test_usernames_and_names_are_unique_across_accounts() -> None:
    assert len({person.username for person in PEOPLE}) == len(PEOPLE)
    assert len({person.display_name for person in PEOPLE}) == len(PEOPLE)
    assert all(is_snake_case(person.username) for person in PEOPLE)


def test_account_numbers_are_unique_and_every_person_has_an_account() -> None:
    numbers = {account.number for account in ACCOUNTS}
    assert len(numbers) == len(ACCOUNTS)
    assert {person.account_number for person in PEOPLE} == numbers


def test_every_account_has_staff_and_members() -> None:
    for account in ACCOUNTS:
        roles = {person.role for person in PEOPLE if person.account_number == account.number}
        assert roles == {"staff", "member"}


def test_there_is_exactly_one_superuser() -> None:
    assert sum(person.is_superuser for person in PEOPLE) == 1


def test_each_sign_in_belongs_to_a_person_with_that_role() -> None:
    assert [sign_in.role for sign_in in SIGN_INS] == ["member", "staff", "superuser"]
    for sign_in in SIGN_INS:
        person = _person(sign_in.username)
        assert person.is_superuser == (sign_in.role == "superuser")
        assert person.is_superuser or person.role == sign_in.role


def test_member_and_staff_sign_in_to_the_same_account() -> None:
    # So that one person can look at what the other just changed.
    member, staff = (_person(sign_in.username) for sign_in in SIGN_INS[:2])
    assert member.account_number == staff.account_number
