"""What an open list learns about what others have made since."""

from __future__ import annotations

import datetime as dt

import pytest
from sqlalchemy import select, update
from sqlalchemy.orm import Session

from tests import factories
from tests.databases import count_statements
from tests.factories import Person, plugin_values, viewer_of
from tests.pages import PageClient, sign_in
from webapp.accounts.models import LoginSession
from webapp.accounts.sessions import IDLE, SEEN_EVERY
from webapp.core.clock import utcnow
from webapp.db.session import transaction
from webapp.plugins.queries import newer
from webapp.plugins.service import update_plugin


@pytest.fixture
def ann(session: Session, client: PageClient) -> Person:
    """Return somebody who is signed in."""
    person = factories.person("ann")
    factories.plugin(person)
    sign_in(client, person)
    return person


@pytest.fixture
def bob(ann: Person) -> Person:
    """Return somebody else of the account."""
    return factories.person("bob", of=ann.account)


def opened(client: PageClient, query: str = "") -> str:
    return client.page(f"/plugins/{query}").one("p", id="news")["data-newer"]


def said(client: PageClient, address: str) -> str | None:
    response = client.get(address, headers={"Accept": "application/json"})
    if response.status_code == 204:
        return None
    assert response.status_code == 200
    return str(response.json["text"])


def test_what_others_make_is_counted_and_what_they_change_is_not(
    client: PageClient, ann: Person, bob: Person
) -> None:
    old = factories.plugin(bob, plugin_values("old"))
    address = opened(client)
    assert said(client, address) is None
    update_plugin(viewer_of(bob), old.id, old.revision, plugin_values("old", description="Else."))
    assert said(client, address) is None
    factories.plugin(bob)
    assert said(client, address) == "1 new since you opened this"
    factories.plugin(bob)
    assert said(client, address) == "2 new since you opened this"
    assert said(client, opened(client)) is None


def test_own_writes_are_not_new(client: PageClient, ann: Person) -> None:
    address = opened(client)
    factories.plugin(ann)
    assert said(client, address) is None


@pytest.mark.parametrize(
    ("query", "count"),
    [
        ("?tag=fresh", 1),
        ("?q=gobstopper", 1),
        ("?scope=mine", 0),
        ("?owner=bob", 2),
        ("?untagged=yes", 1),
        ("?sort=name", 2),
    ],
)
def test_only_what_matches_the_filter_counts(
    client: PageClient, ann: Person, bob: Person, query: str, count: int
) -> None:
    factories.plugin(bob, plugin_values(tags=("fresh",)))
    address = opened(client, query)
    factories.plugin(bob, plugin_values("gobstopper", tags=("fresh",)))
    factories.plugin(bob, plugin_values(tags=()))
    assert said(client, address) == (f"{count} new since you opened this" if count else None)


def test_other_tenants_do_not_count(client: PageClient, ann: Person) -> None:
    eve = factories.person("eve")
    address = opened(client, "?scope=all")
    factories.plugin(eve)
    assert said(client, address) is None
    factories.plugin(factories.person("odette", of=factories.platform()))
    assert said(client, address) == "1 new since you opened this"
    sign_in(client, factories.person("root", of=ann.account, role="superuser"))
    address = opened(client, "?scope=all")
    factories.plugin(eve)
    assert said(client, address) == "1 new since you opened this"


def test_the_count_is_bounded(
    client: PageClient, ann: Person, bob: Person, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(newer, "NEWER_MAX", 2)
    address = opened(client)
    for _ in range(3):
        factories.plugin(bob)
    assert said(client, address) == "2+ new since you opened this"


def test_nothing_new_costs_one_statement_and_nothing_is_written(
    client: PageClient, ann: Person, session: Session
) -> None:
    address = opened(client)
    long_ago = utcnow() - 2 * SEEN_EVERY
    with transaction():
        session.execute(update(LoginSession).values(last_seen_at=long_ago))
    with count_statements() as sent:
        assert said(client, address) is None
    assert len(sent) == 1, "who asks, and at which generation"
    session.rollback()
    assert session.scalar(select(LoginSession.last_seen_at)) == long_ago
    client.page("/plugins/")
    session.rollback()
    seen = session.scalar(select(LoginSession.last_seen_at))
    assert seen is not None
    assert seen > long_ago, "a page that a person asks for counts"


def test_an_open_page_does_not_keep_a_person_signed_in(
    client: PageClient, ann: Person, session: Session
) -> None:
    address = opened(client)
    with transaction():
        session.execute(update(LoginSession).values(last_seen_at=utcnow() - IDLE + dt.timedelta(seconds=1)))
    assert said(client, address) is None
    with transaction():
        session.execute(update(LoginSession).values(last_seen_at=utcnow() - IDLE))
    response = client.get(address, headers={"Accept": "application/json", "Sec-Fetch-Dest": "empty"})
    assert response.status_code == 401


@pytest.mark.parametrize(
    "query", ["", "since=x", "since=-1", "since=" + "9" * 17, "since=1&class=x", "since=1&size=3"]
)
def test_a_bad_question_is_a_400(client: PageClient, ann: Person, query: str) -> None:
    assert client.get(f"/plugins/newer?{query}").status_code == 400
