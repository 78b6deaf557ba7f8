from __future__ import annotations

import pytest

from webapp.accounts.identity import Viewer, initials
from webapp.accounts.permissions import may_manage, may_manage_account, may_manage_person, may_read

OWN, PLATFORM, OTHER = 10, 1, 20
MINE, COLLEAGUE = 100, 101


def viewer(role: str) -> Viewer:
    return Viewer(
        user_id=1,
        username="renske",
        display_name="Renske de Wit",
        is_superuser=role == "superuser",
        profile_id=MINE,
        role="staff" if role == "superuser" else role,
        account_id=OWN,
        account_name="Hazel",
        account_number="4015-2290-7713",
        account_generation=7,
        platform_account_id=PLATFORM,
        platform_generation=3,
        installation="i",
        epoch=1,
    )


READS = {
    ("member", OWN): True,
    ("member", PLATFORM): True,
    ("member", OTHER): False,
    ("staff", OWN): True,
    ("staff", PLATFORM): True,
    ("staff", OTHER): False,
    ("superuser", OWN): True,
    ("superuser", PLATFORM): True,
    ("superuser", OTHER): True,
}
MANAGES = {
    ("member", OWN, MINE): True,
    ("member", OWN, COLLEAGUE): False,
    ("member", PLATFORM, COLLEAGUE): False,
    ("member", OTHER, COLLEAGUE): False,
    # A profile id that matches in an account that does not is nobody's right.
    ("member", OTHER, MINE): False,
    ("staff", OWN, MINE): True,
    ("staff", OWN, COLLEAGUE): True,
    ("staff", PLATFORM, COLLEAGUE): False,
    ("staff", OTHER, COLLEAGUE): False,
    ("staff", OTHER, MINE): False,
    ("superuser", OWN, MINE): True,
    ("superuser", OWN, COLLEAGUE): True,
    ("superuser", PLATFORM, COLLEAGUE): True,
    ("superuser", OTHER, COLLEAGUE): True,
}


@pytest.mark.parametrize(("role", "account"), READS)
def test_who_reads_what(role: str, account: int) -> None:
    assert may_read(viewer(role), account) is READS[role, account]


@pytest.mark.parametrize(("role", "account", "owner"), MANAGES)
def test_who_manages_what(role: str, account: int, owner: int) -> None:
    assert may_manage(viewer(role), account, owner) is MANAGES[role, account, owner]


def test_without_a_platform_account_nobody_reads_none() -> None:
    alone = Viewer(**{**vars(viewer("member")), "platform_account_id": None, "platform_generation": 0})
    assert not may_read(alone, PLATFORM)
    assert alone.generations.accounts == ((OWN, 7),)


def test_the_viewer_s_generations_are_those_of_their_pages() -> None:
    assert viewer("member").generations.accounts == ((PLATFORM, 3), (OWN, 7))


@pytest.mark.parametrize(
    ("role", "label", "is_staff"),
    [("member", "Member", False), ("staff", "Staff", True), ("superuser", "Superuser", True)],
)
def test_a_role_is_named_as_people_read_it(role: str, label: str, is_staff: bool) -> None:
    assert (viewer(role).role_label, viewer(role).is_staff) == (label, is_staff)


@pytest.mark.parametrize(
    ("name", "letters"),
    [("Renske de Wit", "RW"), ("renske", "RE"), ("x", "X"), ("", "?"), ("!!", "?"), ("a.b_c", "AC")],
)
def test_initials_stand_for_any_name(name: str, letters: str) -> None:
    assert initials(name) == letters


def test_history_names_the_viewer_and_how_they_came() -> None:
    actor = viewer("member").actor
    assert (actor.user_id, actor.name, actor.origin) == (1, "Renske de Wit", "form")


def test_the_token_of_the_cookie_is_in_no_log_line() -> None:
    somebody = Viewer(**{**vars(viewer("member")), "token": "canary-token"})
    assert "canary-token" not in repr(somebody)
    assert somebody.get_id() == "canary-token"


@pytest.mark.parametrize(("role", "may"), [("member", False), ("staff", True), ("superuser", True)])
def test_staff_and_superusers_manage_the_account(role: str, may: bool) -> None:
    assert may_manage_account(viewer(role)) is may


@pytest.mark.parametrize(
    ("role", "profile_id", "is_superuser", "may"),
    [
        ("member", COLLEAGUE, False, False),
        ("staff", COLLEAGUE, False, True),
        ("staff", COLLEAGUE, True, False),
        ("staff", MINE, False, False),
        ("superuser", COLLEAGUE, True, True),
        ("superuser", MINE, True, False),
    ],
)
def test_nobody_manages_themselves_and_only_superusers_a_superuser(
    role: str, profile_id: int, is_superuser: bool, may: bool
) -> None:
    assert may_manage_person(viewer(role), profile_id, is_superuser=is_superuser) is may
