"""Clone, rename and change of owner in the browser, with their Undo, and with what goes wrong."""

from __future__ import annotations

from dataclasses import replace

import pytest
from sqlalchemy import select
from sqlalchemy.orm import Session

from tests import factories
from tests.factories import Person, plugin_values, sql_values, viewer_of
from tests.integration.plugins.editing import end_sessions
from tests.integration.plugins.test_bin_pages import press, record_of, toast
from tests.pages import PARTIAL, PageClient, sign_in, tree
from webapp.plugins import service
from webapp.plugins.models import PluginMeta
from webapp.plugins.queries import owners
from webapp.plugins.service import Saved

BASE = plugin_values("sweets")


@pytest.fixture
def ann(session: Session, client: PageClient) -> Person:
    """Return a member who is signed in."""
    person = factories.person("ann_shaw")
    sign_in(client, person)
    return person


@pytest.fixture
def saved(ann: Person) -> Saved:
    """Return a plugin of Ann's."""
    return factories.plugin(ann, BASE)


@pytest.fixture
def bob(ann: Person) -> Person:
    """Return a colleague of Ann's."""
    return factories.person("bob_lee", of=ann.account)


def part_of(saved: Saved, part: str) -> str:
    return f"/plugins/{saved.locator}/{part}"


def stored(session: Session, saved: Saved) -> PluginMeta:
    session.rollback()
    session.expire_all()
    return session.get_one(PluginMeta, saved.id)


# ---- clone -----------------------------------------------------------------------------------------------------


def test_clone_goes_to_the_copy_and_undo_takes_it_away(
    client: PageClient, session: Session, ann: Person, saved: Saved
) -> None:
    response = press(
        client,
        client.page(record_of(saved)),
        part_of(saved, "clone"),
        Referer=f"http://localhost{record_of(saved)}",
    )
    address = response.headers["Location"]
    assert response.status_code == 303 and address != record_of(saved)
    page = client.page(address)
    assert page.one("h1").text == "sweets_copy"
    assert toast(page).text.startswith("sweets_copy is a copy of sweets")
    assert toast(page).one("a", text="Rename")["href"] == f"{address}rename"
    undone = press(client, toast(page), f"{address}delete")
    assert undone.headers["Location"] == record_of(saved)
    names = select(PluginMeta.name).where(PluginMeta.deleted_at.is_(None))
    assert session.scalars(names).all() == ["sweets"]


def test_a_reader_clones_a_plugin_of_the_platform_and_sees_what_is_missing(
    client: PageClient, ann: Person
) -> None:
    odette = factories.person(of=factories.platform())
    factories.sql_connection(odette)
    common = factories.plugin(odette, sql_values("stock"))
    response = press(client, client.page(record_of(common)), part_of(common, "clone"))
    page = client.page(response.headers["Location"])
    assert page.one("h1").text == "stock_copy"
    assert "Not ready" in page.one("main").text
    assert page.one("main").one("a", text="Edit")


# ---- rename ----------------------------------------------------------------------------------------------------


def test_rename_keeps_the_link_and_can_be_undone(
    client: PageClient, session: Session, ann: Person, saved: Saved
) -> None:
    page = client.page(part_of(saved, "rename"))
    assert page.one("input", id="name")["value"] == "sweets"
    assert saved.locator in page.one("main").text
    path = part_of(saved, "rename")
    response = client.submit(
        page, {"name": "candy"}, path=path, form={"action": path}, button="Rename plugin"
    )
    assert (response.status_code, response.headers["Location"]) == (303, record_of(saved))
    page = client.page(record_of(saved))
    assert page.one("h1").text == "candy"
    assert toast(page).text.startswith("candy is the new name of sweets")
    assert client.get(f"/r/{saved.locator}").headers["Location"] == record_of(saved)
    assert press(client, toast(page), path).status_code == 303
    assert stored(session, saved).to_values() == BASE


def test_undo_of_a_rename_never_overwrites_a_later_one(
    client: PageClient, session: Session, ann: Person, saved: Saved
) -> None:
    path = part_of(saved, "rename")
    client.submit(
        client.page(path), {"name": "candy"}, path=path, form={"action": path}, button="Rename plugin"
    )
    page = client.page(record_of(saved))
    veruca = factories.person("veruca_salt", role="staff", of=ann.account)
    service.rename_plugin(viewer_of(veruca), saved.id, 2, "fudge")
    response = press(client, toast(page), path)
    assert response.status_code == 409
    asked = tree(response)
    assert asked.one("h1").text == "Rename fudge"
    assert "Veruca Salt changed the name" in asked.one("main").text
    assert asked.one("input", id="name")["value"] == "sweets"
    assert stored(session, saved).name == "fudge"
    again = client.submit(asked, path=path, form={"action": path}, button="Rename plugin")
    assert again.status_code == 303
    assert stored(session, saved).name == "sweets"


@pytest.mark.parametrize(
    ("typed", "suggested"), [("Sweet Things", "sweet_things"), ("2025_sweets", "sweets_2025"), ("", "")]
)
def test_a_name_that_breaks_a_rule_is_shown_with_its_fix(
    client: PageClient, session: Session, ann: Person, saved: Saved, typed: str, suggested: str
) -> None:
    path = part_of(saved, "rename")
    refused = client.submit(
        client.page(path), {"name": typed}, path=path, form={"action": path}, button="Rename plugin"
    )
    assert refused.status_code == 422
    page = tree(refused)
    assert page.one("input", id="name")["value"] == typed
    assert page.one("", id="problems").one("a")["href"] == "#name"
    if suggested:
        fixed = client.submit(page, path=path, form={"action": path}, button=f"Use {suggested}")
        assert fixed.status_code == 200
        assert tree(fixed).one("input", id="name")["value"] == suggested
        done = client.submit(tree(fixed), path=path, form={"action": path}, button="Rename plugin")
        assert done.status_code == 303
        assert stored(session, saved).name == suggested


def test_a_taken_name_is_said_beside_the_field(
    client: PageClient, session: Session, ann: Person, saved: Saved
) -> None:
    factories.plugin(ann, plugin_values("candy"))
    path = part_of(saved, "rename")
    refused = client.submit(
        client.page(path), {"name": "candy"}, path=path, form={"action": path}, button="Rename plugin"
    )
    assert refused.status_code == 422
    assert "already has a plugin of this name" in tree(refused).one("", id="name-error").text


def test_the_same_name_says_that_nothing_was_saved(client: PageClient, ann: Person, saved: Saved) -> None:
    path = part_of(saved, "rename")
    client.submit(client.page(path), path=path, form={"action": path}, button="Rename plugin")
    assert toast(client.page(record_of(saved))).text == "Nothing was changed, so nothing was saved"


def test_the_field_is_checked_as_in_the_editor(client: PageClient, ann: Person, saved: Saved) -> None:
    page = client.page(part_of(saved, "rename"))
    field = page.one("input", id="name")
    answer = client.post(field["hx-post"], data={"name": "Sweet Things", "revision": "1"}, headers=PARTIAL)
    assert answer.status_code == 200
    assert "Use sweet_things" in tree(answer).text
    # The field of the answer is the field of the page, but for what is wrong with it.
    assert tree(answer).one("input", id="name")["hx-post"] == field["hx-post"]


@pytest.mark.parametrize(
    ("part", "name", "typed"), [("rename", "name", "candy"), ("owner", "owner", "bob_lee")]
)
def test_what_was_typed_outlives_the_session(
    client: PageClient,
    session: Session,
    ann: Person,
    bob: Person,
    saved: Saved,
    part: str,
    name: str,
    typed: str,
) -> None:
    path = part_of(saved, part)
    page = client.page(path)
    end_sessions(session)
    button = "Rename plugin" if part == "rename" else "Change owner"
    held = client.submit(page, {name: typed}, path=path, form={"action": path}, button=button)
    assert held.status_code == 401
    response = client.submit(
        tree(held),
        {"username": ann.username, "password": ann.password},
        path="/login",
        form={"action": "/login"},
    )
    page = client.page(response.headers["Location"])
    done = client.submit(page, path=path, form={"action": path}, button=button)
    assert done.status_code == 303
    plugin = stored(session, saved)
    assert (plugin.name, plugin.user_profile_id) in (("candy", ann.profile_id), ("sweets", bob.profile_id))


@pytest.mark.parametrize(
    ("part", "name", "typed"), [("rename", "name", "candy"), ("owner", "owner", "bob_lee")]
)
def test_a_failed_token_saves_nothing_and_keeps_what_was_typed(
    client: PageClient,
    session: Session,
    ann: Person,
    bob: Person,
    saved: Saved,
    part: str,
    name: str,
    typed: str,
) -> None:
    response = client.post(part_of(saved, part), csrf=False, data={name: typed, "revision": "1"})
    assert response.status_code == 400
    assert typed in response.get_data(as_text=True)
    assert stored(session, saved).revision == 1


# ---- owner -----------------------------------------------------------------------------------------------------


def test_a_plugin_is_handed_over_and_taken_back(
    client: PageClient, session: Session, ann: Person, bob: Person, saved: Saved
) -> None:
    factories.person("gone", of=ann.account, is_active=False)
    factories.person("stranger")
    path = part_of(saved, "owner")
    page = client.page(path)
    assert [option["value"] for option in page.one("select", id="owner").all("option")] == ["", "bob_lee"]
    assert "no longer change it" in page.one("main").text
    response = client.submit(
        page, {"owner": "bob_lee"}, path=path, form={"action": path}, button="Change owner"
    )
    assert (response.status_code, response.headers["Location"]) == (303, record_of(saved))
    page = client.page(record_of(saved))
    assert toast(page).text.startswith("sweets now belongs to Bob Lee")
    assert not page.one("main").all("a", None, text="Edit")
    assert stored(session, saved).user_profile_id == bob.profile_id
    undone = press(client, toast(page), path)
    assert undone.status_code == 303
    assert stored(session, saved).user_profile_id == ann.profile_id
    assert client.page(record_of(saved)).one("main").one("a", text="Edit")


def test_what_was_given_away_is_not_taken_back_after_a_change(
    client: PageClient, session: Session, ann: Person, bob: Person, saved: Saved
) -> None:
    path = part_of(saved, "owner")
    client.submit(
        client.page(path), {"owner": "bob_lee"}, path=path, form={"action": path}, button="Change owner"
    )
    page = client.page(record_of(saved))
    service.update_plugin(viewer_of(bob), saved.id, 2, replace(BASE, version="2.0.0"))
    assert press(client, toast(page), path).status_code == 403
    assert stored(session, saved).user_profile_id == bob.profile_id


@pytest.mark.parametrize("username", ["", "nobody", "stranger", "gone", "x\0y"])
def test_only_people_of_the_account_can_own_it(
    client: PageClient, session: Session, ann: Person, bob: Person, saved: Saved, username: str
) -> None:
    factories.person("gone", of=ann.account, is_active=False)
    factories.person("stranger")
    response = client.post(part_of(saved, "owner"), data={"owner": username, "revision": "1"})
    assert response.status_code == 422
    assert tree(response).one("", id="owner-error")
    assert stored(session, saved).user_profile_id == ann.profile_id


def test_a_reader_learns_nothing_about_the_people_of_the_platform(client: PageClient, ann: Person) -> None:
    odette = factories.person("odette", of=factories.platform())
    common = factories.plugin(odette)
    answers = {
        client.post(part_of(common, "owner"), data={"owner": name, "revision": "1"}).status_code
        for name in ("odette", "nobody", ann.username)
    }
    assert answers == {403}


def test_a_stale_change_of_owner_shows_what_happened(
    client: PageClient, session: Session, ann: Person, bob: Person, saved: Saved
) -> None:
    path = part_of(saved, "owner")
    page = client.page(path)
    service.rename_plugin(viewer_of(ann), saved.id, 1, "candy")
    response = client.submit(
        page, {"owner": "bob_lee"}, path=path, form={"action": path}, button="Change owner"
    )
    assert response.status_code == 409
    asked = tree(response)
    assert "Ann Shaw changed the name" in asked.one("main").text
    chosen = [
        option["value"] for option in asked.one("select", id="owner").all("option") if "selected" in option
    ]
    assert chosen == ["bob_lee"]
    assert client.submit(asked, path=path, form={"action": path}, button="Change owner").status_code == 303
    assert stored(session, saved).user_profile_id == bob.profile_id


def test_in_an_account_of_many_people_the_username_is_typed(
    client: PageClient,
    session: Session,
    ann: Person,
    bob: Person,
    saved: Saved,
    monkeypatch: pytest.MonkeyPatch,
) -> None:
    monkeypatch.setattr(owners, "OWNERS_MAX", 1)
    monkeypatch.setattr("webapp.plugins.views.move_pages.OWNERS_MAX", 1)
    path = part_of(saved, "owner")
    page = client.page(path)
    assert page.one("input", id="owner")["type"] == "text"
    response = client.submit(
        page, {"owner": " Bob_Lee "}, path=path, form={"action": path}, button="Change owner"
    )
    assert response.status_code == 303
    assert stored(session, saved).user_profile_id == bob.profile_id


def test_who_is_alone_in_an_account_is_told_so(client: PageClient, ann: Person, saved: Saved) -> None:
    assert "Nobody else to hand it to" in client.page(part_of(saved, "owner")).one("main").text
