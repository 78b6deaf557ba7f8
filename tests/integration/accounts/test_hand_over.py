"""Handing over what somebody owns: everything, at once, with history and counts."""

from __future__ import annotations

import pytest
from flask import Flask
from sqlalchemy import func, select, update
from sqlalchemy.orm import Session
from werkzeug.test import TestResponse

from tests import factories
from tests.pages import PageClient, sign_in, tree
from webapp.accounts import belongings
from webapp.accounts.identity import profile_key
from webapp.accounts.models import Account, UserProfile
from webapp.accounts.service.people import hand_over
from webapp.connections.crypto import Vault
from webapp.connections.models import ApiConnection, Secret, SqlConnection
from webapp.connections.service import create_secret
from webapp.connections.values import SecretValues
from webapp.core.clock import utcnow
from webapp.core.errors import InvalidInput, NotFound
from webapp.db.session import transaction
from webapp.history.models import Revision
from webapp.plugins.models import PluginMeta, PluginTally
from webapp.plugins.queries.owners import list_owners
from webapp.plugins.service import delete_plugin, restore_plugin

Team = dict[str, factories.Person]


@pytest.fixture
def team(session: Session) -> Team:
    """Return staff, somebody who owns things, somebody to get them, and somebody elsewhere."""
    account = factories.account("Hazel")
    return {
        "boss": factories.person("imogen", role="staff", of=account),
        "giver": factories.person("tobias", of=account),
        "receiver": factories.person("Ágnes", of=account),
        "stranger": factories.person("stranger"),
    }


@pytest.fixture
def owned(app: Flask, session: Session, team: Team) -> Team:
    """Return the team after tobias has made plugins of all classes, connections and a secret."""
    giver = team["giver"]
    vault = app.extensions["vault"]
    assert isinstance(vault, Vault)
    create_secret(factories.viewer_of(giver), SecretValues(name="key", value="top secret"), vault)
    factories.sql_connection(giver)
    factories.api_connection(giver)
    factories.plugin(giver, name="one")
    factories.plugin(giver, factories.sql_values("two"))
    factories.plugin(giver, factories.api_values("three"))
    binned = factories.plugin(giver, name="binned")
    delete_plugin(factories.viewer_of(giver), binned.id, binned.revision)
    factories.plugin(team["receiver"], name="already_theirs")
    factories.plugin(team["boss"], name="of_the_boss")
    return team


def give(client: PageClient, giver: factories.Person, receiver: factories.Person) -> TestResponse:
    path = f"/account/people/{profile_key(giver.profile_id)}/hand-over"
    page = client.page(path)
    form = {"id": "hand-over-form"}
    return client.submit(page, {"receiver": profile_key(receiver.profile_id)}, path=path, form=form)


def owners(session: Session) -> dict[str, int]:
    session.rollback()
    found = {}
    for model in (PluginMeta, SqlConnection, ApiConnection, Secret):
        found |= {row[0]: row[1] for row in session.execute(select(model.name, model.user_profile_id))}
    session.rollback()
    return found


def test_everything_goes_to_the_new_owner(client: PageClient, session: Session, owned: Team) -> None:
    giver, receiver, boss = (owned[name] for name in ("giver", "receiver", "boss"))
    generation = session.scalar(select(Account.generation).where(Account.id == giver.account.id)) or 0
    session.rollback()
    sign_in(client, boss)
    page = client.page(f"/account/people/{profile_key(giver.profile_id)}/hand-over")
    text = page.one("form", id="hand-over-form").text
    for words in ("3 plugins", "1 plugin in the bin", "2 connections", "1 secret", "Hand over 7 records"):
        assert words in text
    answer = give(client, giver, receiver)
    assert (answer.status_code, answer.headers["Location"]) == (303, "/account/people")
    said = client.page("/account/people").one("div", id="toasts").text
    assert "3 plugins, 1 plugin in the bin, 2 connections and 1 secret of Tobias belong to Ágnes now" in said
    after = owners(session)
    theirs = {name for name, owner in after.items() if owner == receiver.profile_id}
    assert theirs == {
        *("one", "two", "three", "binned", "already_theirs", "warehouse", "price_service", "key")
    }
    assert after["of_the_boss"] == boss.profile_id
    assert session.scalar(select(Account.generation).where(Account.id == giver.account.id)) == generation + 1


def test_history_says_that_the_owner_changed_and_who_did_it(
    client: PageClient, session: Session, owned: Team
) -> None:
    boss = owned["boss"]
    sign_in(client, boss)
    give(client, owned["giver"], owned["receiver"])
    session.rollback()
    for record in session.scalars(
        select(PluginMeta).where(PluginMeta.user_profile_id == owned["receiver"].profile_id)
    ):
        rows = session.scalars(
            select(Revision)
            .where(Revision.record_kind == "pluginmeta", Revision.record_id == record.id)
            .order_by(Revision.revision)
        ).all()
        if record.name == "already_theirs":
            assert (record.revision, len(rows)) == (1, 1)
            continue
        last = rows[-1]
        assert (last.revision, last.action, last.changed) == (record.revision, "update", ["owner"])
        assert (last.actor_id, last.actor_name, last.origin) == (boss.user_id, "Imogen", "form")
        owner = {
            "from": {"username": "tobias", "name": "Tobias"},
            "to": {"username": "Ágnes", "name": "Ágnes"},
        }
        assert last.snapshot == {**rows[-2].snapshot, "owner": owner}
        assert (utcnow() - last.at).total_seconds() < 60
    secret = session.scalars(select(Secret)).one()
    row = session.scalars(
        select(Revision).where(Revision.record_kind == "secret").order_by(Revision.revision.desc())
    ).first()
    assert row is not None
    assert (row.record_id, row.revision, row.changed) == (secret.id, secret.revision, ["owner"])
    assert "top secret" not in str(row.snapshot)


def test_lists_counts_and_search_follow(client: PageClient, session: Session, owned: Team) -> None:
    giver, receiver = owned["giver"], owned["receiver"]
    sign_in(client, owned["boss"])
    assert "one" in client.page("/plugins/?owner=tobias").one("tbody", id="rows").text
    give(client, giver, receiver)
    rows = client.page("/plugins/?owner=ágnes&sort=name").one("tbody", id="rows")
    assert [item.text for item in rows.all("a", **{"class": "name"})] == [
        "already_theirs",
        "one",
        "three",
        "two",
    ]
    assert "Ágnes" in rows.text
    assert client.page("/plugins/?owner=tobias").all("tbody", None, id="rows") == []
    counted = dict(
        session.execute(
            select(PluginTally.user_profile_id, func.sum(PluginTally.records)).group_by(
                PluginTally.user_profile_id
            )
        ).all()
    )
    live = dict(
        session.execute(
            select(PluginMeta.user_profile_id, func.count())
            .where(PluginMeta.deleted_at.is_(None))
            .group_by(PluginMeta.user_profile_id)
        ).all()
    )
    assert {key: int(value) for key, value in counted.items() if value} == live
    keys = session.scalars(
        select(PluginMeta.owner_key).where(PluginMeta.user_profile_id == receiver.profile_id)
    )
    assert set(keys) == {"ágnes"}
    session.rollback()
    row = client.page("/account/people").one("tr", id=profile_key(receiver.profile_id))
    assert row.one("a", href="/plugins/?owner=%C3%81gnes").text.startswith("4")


def test_the_new_owner_may_change_what_they_got_and_the_old_one_not(
    app: Flask, client: PageClient, session: Session, owned: Team
) -> None:
    sign_in(client, owned["boss"])
    give(client, owned["giver"], owned["receiver"])
    locator = next(
        row.record_locator for row in session.scalars(select(PluginMeta).where(PluginMeta.name == "one"))
    )
    session.rollback()
    theirs, before = app.test_client(), app.test_client()
    sign_in(theirs, owned["receiver"])
    sign_in(before, owned["giver"])
    assert theirs.get(f"/plugins/{locator}/edit").status_code == 200
    assert before.get(f"/plugins/{locator}/edit").status_code == 403


def test_it_can_be_done_for_somebody_who_is_disabled_and_for_oneself(
    client: PageClient, session: Session, owned: Team
) -> None:
    boss, giver = owned["boss"], owned["giver"]
    sign_in(client, boss)
    client.post(f"/account/people/{profile_key(giver.profile_id)}/disable")
    give(client, giver, boss)
    give(client, boss, owned["receiver"])
    assert owners(session)["of_the_boss"] == owners(session)["one"] == owned["receiver"].profile_id


def test_who_cannot_get_it_is_refused_and_nothing_moves(
    client: PageClient, session: Session, owned: Team
) -> None:
    giver, boss = owned["giver"], owned["boss"]
    out = factories.person("out", of=giver.account)
    with transaction() as opened:
        opened.execute(update(UserProfile).where(UserProfile.id == out.profile_id).values(is_active=False))
    sign_in(client, boss)
    path = f"/account/people/{profile_key(giver.profile_id)}/hand-over"
    offered = [item.text for item in client.page(path).one("select", id="receiver").all("option")]
    assert offered == ["Choose a person", "Imogen (imogen)", "Ágnes (Ágnes)"]
    before = owners(session)
    for wrong in ("", "x", *(profile_key(one.profile_id) for one in (giver, out, owned["stranger"]))):
        answer = client.post(path, data={"receiver": wrong})
        assert answer.status_code == 422
        assert "Choose somebody else" in tree(answer).one("div", id="receiver-error").text
        assert "stranger" not in answer.get_data(as_text=True)
    assert owners(session) == before


def test_who_owns_nothing_has_nothing_to_hand_over(client: PageClient, session: Session, team: Team) -> None:
    sign_in(client, team["boss"])
    path = f"/account/people/{profile_key(team['giver'].profile_id)}/hand-over"
    assert "Nothing to hand over" in client.page(path).text
    answer = client.post(path, data={"receiver": profile_key(team["receiver"].profile_id)})
    assert answer.status_code == 303
    assert "nothing to hand over" in client.page("/account/people").text


def test_without_anybody_else_there_is_a_next_step(client: PageClient, session: Session) -> None:
    alone = factories.person(role="staff")
    factories.plugin(alone)
    sign_in(client, alone)
    page = client.page(f"/account/people/{profile_key(alone.profile_id)}/hand-over")
    assert "Nobody to hand it over to" in page.text
    assert page.one("main").all("a", href="/account/people/invite")


def test_nobody_hands_over_across_accounts(session: Session, owned: Team) -> None:
    viewer = factories.viewer_of(owned["boss"])
    with pytest.raises(NotFound):
        hand_over(viewer, owned["stranger"].profile_id, owned["boss"].profile_id)
    with pytest.raises(InvalidInput):
        hand_over(viewer, owned["giver"].profile_id, owned["stranger"].profile_id)


def test_a_failure_in_the_middle_moves_nothing(
    session: Session, owned: Team, monkeypatch: pytest.MonkeyPatch
) -> None:
    def fail(*_: object) -> int:
        raise RuntimeError

    kinds = [*belongings._kinds, belongings.Kind("thing", "things", lambda *_: {}, fail)]
    monkeypatch.setattr(belongings, "_kinds", kinds)
    before = owners(session)
    with pytest.raises(RuntimeError):
        hand_over(factories.viewer_of(owned["boss"]), owned["giver"].profile_id, owned["receiver"].profile_id)
    assert owners(session) == before


def test_the_new_owner_takes_it_out_of_the_bin(session: Session, owned: Team) -> None:
    receiver = owned["receiver"]
    hand_over(factories.viewer_of(owned["boss"]), owned["giver"].profile_id, receiver.profile_id)
    binned = session.scalars(select(PluginMeta).where(PluginMeta.name == "binned")).one()
    saved = restore_plugin(factories.viewer_of(receiver), binned.id, binned.revision)
    assert saved.name == "binned"
    assert owners(session)["binned"] == receiver.profile_id


def test_who_is_disabled_here_is_not_offered_as_the_owner_of_a_single_plugin(
    session: Session, team: Team
) -> None:
    account_id = team["boss"].account.id
    with transaction() as opened:
        statement = update(UserProfile).where(UserProfile.id == team["giver"].profile_id)
        opened.execute(statement.values(is_active=False))
    assert [owner.username for owner in list_owners(session, account_id)] == ["imogen", "Ágnes"]
