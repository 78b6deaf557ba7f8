"""The people of an account: who sees them, what staff may do to whom, and that it holds at once."""

from __future__ import annotations

import threading
from collections.abc import Callable

import pytest
from flask import Flask
from sqlalchemy import update
from sqlalchemy.orm import Session
from werkzeug.test import TestResponse

from tests import factories
from tests.pages import PageClient, sign_in, tree
from webapp.accounts.identity import profile_key
from webapp.accounts.models import User, UserProfile
from webapp.accounts.queries import get_cli_viewer
from webapp.accounts.service.people import change_role, disable_person, enable_person
from webapp.core.errors import InvalidInput, NotFound, PermissionDenied, PlugdeckError
from webapp.db.session import transaction

STAFF_PAGES = ("/account/people", "/account/people/invite", "/account/settings")


def act(
    client: PageClient, person: factories.Person, action: str, data: dict[str, str] | None = None
) -> TestResponse:
    return client.post(f"/account/people/{profile_key(person.profile_id)}/{action}", data=data or {})


def profile(session: Session, person: factories.Person) -> UserProfile:
    session.rollback()
    session.expire_all()
    found = session.get_one(UserProfile, person.profile_id)
    session.expunge(found)
    session.rollback()
    return found


@pytest.fixture
def boss(session: Session) -> factories.Person:
    """Return the staff of an account."""
    return factories.person("imogen", role="staff", of=factories.account("Hazel"))


@pytest.fixture
def colleague(boss: factories.Person) -> factories.Person:
    """Return a member of the same account."""
    return factories.person("tobias", of=boss.account)


def test_staff_see_everybody_of_their_account_and_nobody_else(
    client: PageClient, session: Session, boss: factories.Person, colleague: factories.Person
) -> None:
    factories.person("stranger", of=factories.account("Elsewhere"))
    chief = factories.person("odette", role="superuser", of=boss.account)
    factories.plugin(colleague)
    factories.plugin(colleague)
    sign_in(client, boss)
    page = client.page("/account/people")
    rows = page.one("table", **{"aria-label": "People"}).one("tbody").all("tr")
    texts = [row.text for row in rows]
    assert [row["id"] for row in rows] == [profile_key(one.profile_id) for one in (boss, chief, colleague)]
    assert "(you)" in texts[0]
    assert "Staff" in texts[0]
    assert "Just now" not in texts[1]
    assert "Superuser" in texts[1]
    assert "Never" in texts[1]
    assert rows[2].one("a", href="/plugins/?owner=tobias").text.startswith("2")
    assert "stranger" not in page.text
    assert "Elsewhere" not in page.text


def test_members_are_refused_and_not_led_there(
    client: PageClient, session: Session, boss: factories.Person, colleague: factories.Person
) -> None:
    sign_in(client, colleague)
    tabs = client.page("/account/").one("nav", **{"aria-label": "Account settings"})
    assert [item.text for item in tabs.all("a")] == ["Profile", "Password", "Sessions"]
    key = profile_key(boss.profile_id)
    for path in (*STAFF_PAGES, f"/account/people/{key}/hand-over", "/account/people/nonsense/hand-over"):
        assert client.get(path).status_code == 403, path
    posts = ["/account/people/invite", "/account/settings", "/account/people/invitations/x/revoke"]
    posts += [f"/account/people/{key}/{action}" for action in ("role", "disable", "enable", "hand-over")]
    for path in posts:
        assert client.post(path, data={"role": "member", "name": "x"}).status_code == 403, path
    assert profile(session, boss).is_active


def test_a_key_of_another_account_is_the_same_404_as_none(
    client: PageClient, session: Session, boss: factories.Person
) -> None:
    stranger = factories.person("stranger")
    sign_in(client, boss)
    keys = [profile_key(stranger.profile_id), profile_key(987_654), "nonsense", "userprofile-1", "1"]
    for action in ("role", "disable", "enable", "hand-over"):
        for key in keys:
            answer = client.post(f"/account/people/{key}/{action}", data={"role": "staff", "receiver": ""})
            assert answer.status_code == 404, (action, key)
            assert "stranger" not in answer.get_data(as_text=True)
    for key in keys:
        assert client.get(f"/account/people/{key}/hand-over").status_code == 404
    assert profile(session, stranger).is_active


def test_a_role_holds_from_the_next_request_on(
    app: Flask, client: PageClient, session: Session, boss: factories.Person, colleague: factories.Person
) -> None:
    theirs = app.test_client()
    sign_in(theirs, colleague)
    sign_in(client, boss)
    assert theirs.get("/account/people").status_code == 403
    assert act(client, colleague, "role", {"role": "staff"}).status_code == 303
    assert theirs.get("/account/people").status_code == 200
    page = client.page("/account/people")
    assert "Tobias is staff now" in page.text
    undo = page.one("div", id="toasts").one("form")
    client.post(undo["action"], data={"role": undo.one("input", name="role")["value"]})
    assert theirs.get("/account/people").status_code == 403


def test_disabling_ends_the_sessions_in_this_account_at_once(
    app: Flask, client: PageClient, session: Session, boss: factories.Person, colleague: factories.Person
) -> None:
    theirs = app.test_client()
    sign_in(theirs, colleague)
    sign_in(client, boss)
    answer = act(client, colleague, "disable")
    assert (answer.status_code, answer.headers["Location"]) == (303, "/account/people")
    assert theirs.get("/whoami").status_code == 302
    again = theirs.post("/login", data={"username": colleague.username, "password": colleague.password})
    assert again.status_code == 422
    assert "The username or the password is wrong" in again.get_data(as_text=True)
    with pytest.raises(NotFound):
        get_cli_viewer(colleague.username)
    session.rollback()
    page = client.page("/account/people")
    assert "Tobias is disabled and signed out of Hazel" in page.text
    undo = page.one("div", id="toasts").one("form")
    assert client.post(undo["action"], data={}).status_code == 303
    assert (
        theirs.post(
            "/login", data={"username": colleague.username, "password": colleague.password}
        ).status_code
        == 303
    )


def test_somebody_disabled_here_goes_on_elsewhere(
    app: Flask, client: PageClient, session: Session, boss: factories.Person, colleague: factories.Person
) -> None:
    there = factories.also_in(colleague, factories.account("Elsewhere"))
    here, elsewhere = app.test_client(), app.test_client()
    sign_in(here, colleague)
    sign_in(elsewhere, colleague)
    elsewhere.post("/account/switch", data={"profile": profile_key(there.profile_id)})
    sign_in(client, boss)
    act(client, colleague, "disable")
    assert here.get("/whoami").status_code == 302
    assert elsewhere.get("/whoami").status_code == 200
    assert "Hazel" not in elsewhere.get("/plugins/").get_data(as_text=True)
    sign_in(here, colleague)
    assert "Elsewhere" in here.get("/plugins/").get_data(as_text=True)


def test_disabling_an_owner_leads_on_to_handing_over(
    client: PageClient, session: Session, boss: factories.Person, colleague: factories.Person
) -> None:
    factories.plugin(colleague)
    sign_in(client, boss)
    answer = act(client, colleague, "disable")
    key = profile_key(colleague.profile_id)
    assert answer.headers["Location"] == f"/account/people/{key}/hand-over"
    page = client.page(answer.headers["Location"])
    assert "Tobias is disabled and signed out" in page.text
    assert page.one("form", id="hand-over-form").one("button").text == "Hand over 1 record"


REFUSED = [
    # who, whom, action, status
    ("boss", "boss", "role", 403),
    ("boss", "boss", "disable", 403),
    ("boss", "boss", "enable", 403),
    ("boss", "chief", "role", 403),
    ("boss", "chief", "disable", 403),
    ("boss", "chief", "enable", 403),
    ("chief", "chief", "role", 403),
    ("chief", "chief", "disable", 403),
    ("chief", "second", "role", 403),
]


@pytest.mark.parametrize(("who", "whom", "action", "status"), REFUSED)
def test_what_nobody_may_do(
    app: Flask,
    client: PageClient,
    session: Session,
    boss: factories.Person,
    who: str,
    whom: str,
    action: str,
    status: int,
) -> None:
    people = {
        "boss": boss,
        "chief": factories.person("odette", role="superuser", of=boss.account),
        "second": factories.person("second", role="superuser", of=boss.account),
    }
    sign_in(client, people[who])
    before = profile(session, people[whom])
    answer = act(client, people[whom], action, {"role": "member" if before.role == "staff" else "staff"})
    assert answer.status_code == status
    after = profile(session, people[whom])
    assert (after.role, after.is_active) == (before.role, before.is_active)
    # And no button offers it.
    row = client.page("/account/people").one("tr", id=profile_key(people[whom].profile_id))
    assert not any(form["action"].endswith(f"/{action}") for form in row.all("form"))


def test_a_superuser_disables_another_one_and_enables_them_again(
    client: PageClient, session: Session, boss: factories.Person
) -> None:
    chief = factories.person("odette", role="superuser", of=boss.account)
    second = factories.person("second", role="superuser", of=boss.account)
    sign_in(client, chief)
    assert act(client, second, "disable").status_code == 303
    assert not profile(session, second).is_active
    assert act(client, second, "enable").status_code == 303
    assert profile(session, second).is_active


def test_only_member_and_staff_are_roles(
    client: PageClient, session: Session, boss: factories.Person, colleague: factories.Person
) -> None:
    sign_in(client, boss)
    for role in ("superuser", "", "owner", "member "):
        assert act(client, colleague, "role", {"role": role}).status_code == 422
    session.expire_all()
    assert not session.get_one(User, colleague.user_id).is_superuser


def test_the_last_superuser_who_can_sign_in_is_kept(session: Session, boss: factories.Person) -> None:
    """Two superusers: one cannot sign in any more, so the other one must stay, whoever asks."""
    chief = factories.person(role="superuser", of=boss.account)
    second = factories.person(role="superuser", of=boss.account)
    viewer = factories.viewer_of(chief)
    with transaction() as opened:
        opened.execute(update(User).where(User.id == chief.user_id).values(is_active=False))
    with pytest.raises(PermissionDenied):
        disable_person(viewer, second.profile_id)
    assert profile(session, second).is_active


def test_a_viewer_who_lost_their_role_meanwhile_changes_nothing(
    session: Session, boss: factories.Person, colleague: factories.Person
) -> None:
    viewer = factories.viewer_of(boss)
    for change in ({"role": "member"}, {"role": "staff", "is_active": False}):
        with transaction() as opened:
            opened.execute(update(UserProfile).where(UserProfile.id == boss.profile_id).values(**change))
        for attempt in (
            lambda: change_role(viewer, colleague.profile_id, "staff"),
            lambda: disable_person(viewer, colleague.profile_id),
            lambda: enable_person(viewer, colleague.profile_id),
        ):
            with pytest.raises(PermissionDenied, match="any more"):
                attempt()
    with pytest.raises(InvalidInput):
        change_role(viewer, colleague.profile_id, "superuser")


@pytest.mark.parametrize("action", ["demote", "disable"])
def test_two_staff_who_take_each_other_out_at_once_leave_one(
    app: Flask, session: Session, boss: factories.Person, action: str
) -> None:
    other = factories.person("other", role="staff", of=boss.account)
    viewers = {one.profile_id: factories.viewer_of(one) for one in (boss, other)}
    session.rollback()
    start = threading.Barrier(2)
    outcomes: list[str] = []

    def attack(mine: int, theirs: int) -> None:
        with app.app_context():
            start.wait(60)
            try:
                if action == "demote":
                    change_role(viewers[mine], theirs, "member")
                else:
                    disable_person(viewers[mine], theirs)
                outcomes.append("done")
            except PlugdeckError as error:
                outcomes.append(type(error).__name__)

    ids = [boss.profile_id, other.profile_id]
    threads = [threading.Thread(target=attack, args=pair) for pair in (ids, ids[::-1])]
    for thread in threads:
        thread.start()
    for thread in threads:
        thread.join(120)
    assert sorted(outcomes) == ["PermissionDenied", "done"]
    left = [profile(session, one) for one in (boss, other)]
    assert sum(one.is_active and one.role == "staff" for one in left) == 1


def test_the_list_goes_on_page_by_page(
    client: PageClient, session: Session, boss: factories.Person, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr("webapp.accounts.queries.people.list_people.__defaults__", ("", 2))
    for name in ("ann", "bob", "zoe"):
        factories.person(name, of=boss.account)
    sign_in(client, boss)
    path, seen = "/account/people", []
    for _ in range(3):
        page = client.page(path)
        rows = page.one("table", **{"aria-label": "People"}).one("tbody").all("tr")
        seen += [row.one("strong").text for row in rows]
        more = page.all("a", rel="next")
        if not more:
            break
        path = more[0]["href"]
    assert seen == ["Ann", "Bob", "Imogen", "Zoe"]
    assert "Nobody comes after this" in client.page("/account/people?after=zzzz").text
    for bad in ("%00", "x" * 300):
        assert client.get(f"/account/people?after={bad}").status_code == 400


def test_somebody_disabled_everywhere_is_told_as_such(
    client: PageClient, session: Session, boss: factories.Person, colleague: factories.Person
) -> None:
    with transaction() as opened:
        opened.execute(update(User).where(User.id == colleague.user_id).values(is_active=False))
    sign_in(client, boss)
    row = client.page("/account/people").one("tr", id=profile_key(colleague.profile_id))
    assert "Disabled everywhere" in row.text


def test_what_changes_on_one_worker_holds_on_the_other_at_the_next_request(
    make_app: Callable[..., Flask],
    add_pages: Callable[[Flask], Flask],
    session: Session,
    boss: factories.Person,
    colleague: factories.Person,
) -> None:
    here, there = add_pages(make_app()).test_client(), add_pages(make_app()).test_client()
    assert isinstance(here, PageClient)
    sign_in(here, boss)
    sign_in(there, colleague)
    assert there.get("/account/people").status_code == 403
    act(here, colleague, "role", {"role": "staff"})
    assert there.get("/account/people").status_code == 200
    act(here, colleague, "role", {"role": "member"})
    assert there.get("/account/people").status_code == 403
    tag = there.get("/plugins/").headers["ETag"]
    assert there.get("/plugins/", headers={"If-None-Match": tag}).status_code == 304
    page = here.page("/account/settings")
    here.submit(page, {"name": "New name"}, path="/account/settings", form={"id": "settings-form"})
    answer = there.get("/plugins/", headers={"If-None-Match": tag})
    assert "New name" in answer.get_data(as_text=True)
    act(here, colleague, "disable")
    assert there.get("/plugins/").status_code == 302


# The account itself


def rename(client: PageClient, name: str) -> TestResponse:
    page = client.page("/account/settings")
    return client.submit(page, {"name": name}, path="/account/settings", form={"id": "settings-form"})


def test_staff_rename_the_account(client: PageClient, session: Session, boss: factories.Person) -> None:
    sign_in(client, boss)
    before = factories.viewer_of(boss).account_generation
    session.rollback()
    assert rename(client, "  Hazel & Quince ").status_code == 303
    assert "The account is called Hazel &amp; Quince now" in client.get("/account/settings").get_data(
        as_text=True
    )
    after = factories.viewer_of(boss)
    assert (after.account_name, after.account_generation) == ("Hazel & Quince", before + 1)
    session.rollback()
    assert rename(client, "Hazel & Quince").status_code == 303
    assert factories.viewer_of(boss).account_generation == before + 1


@pytest.mark.parametrize("name", ["", "   ", "x" * 201, "a\u2029b"])
def test_a_name_that_cannot_be_is_refused(
    client: PageClient, session: Session, boss: factories.Person, name: str
) -> None:
    sign_in(client, boss)
    assert rename(client, name).status_code == 422
    assert factories.viewer_of(boss).account_name == "Hazel"


def test_a_name_that_was_changed_meanwhile_is_not_overwritten_unseen(
    app: Flask, client: PageClient, session: Session, boss: factories.Person
) -> None:
    sign_in(client, boss)
    page = client.page("/account/settings")
    rename(client, "By a colleague")
    form = {"id": "settings-form"}
    answer = client.submit(page, {"name": "By me"}, path="/account/settings", form=form)
    assert answer.status_code == 409
    page = tree(answer)
    assert "renamed to By a colleague" in page.text
    assert page.one("input", id="name")["value"] == "By me"
    assert client.submit(page, path="/account/settings", form=form).status_code == 303
    assert factories.viewer_of(boss).account_name == "By me"
