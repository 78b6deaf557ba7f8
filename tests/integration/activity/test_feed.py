"""The feed: what stands in it, its filters, its pages, and what nobody else may see."""

from __future__ import annotations

import datetime as dt
from collections.abc import Callable
from dataclasses import replace

import pytest
from flask import Flask
from sqlalchemy import event, update
from sqlalchemy.orm import Session

from tests import factories
from tests.factories import Person, plugin_values, viewer_of
from tests.integration.activity.conftest import Apply
from tests.integration.manifests import samples
from tests.markup import Element
from tests.pages import PARTIAL, PageClient, sign_in, tree
from webapp.activity.queries.feed import PAGE_SIZE
from webapp.core.clock import utcnow
from webapp.db.session import transaction
from webapp.extensions import db
from webapp.history.models import Revision
from webapp.plugins import service

FEED = "/activity/"


def lines(page: Element) -> list[str]:
    feed = page.find("ol", class_="feed")
    return [line.one("div", class_="what").text for line in feed.all("li")] if feed else []


def test_the_feed_tells_who_did_what_to_which_record_and_why(
    client: PageClient, ann: Person, apply: Apply
) -> None:
    saved = factories.plugin(ann, plugin_values("sweets"))
    factories.secret(ann, "sweet_key")
    viewer = replace(viewer_of(ann, origin="inline"), reason="Prices went up")
    service.update_field(viewer, saved.id, 1, "version", "2.0.0")
    apply(ann, samples.static(), samples.secret())
    page = client.page(FEED)
    assert lines(page)[1:] == [
        "Ann Shaw changed plugin sweets: version Prices went up",
        "Ann Shaw created secret sweet_key",
        "Ann Shaw created plugin sweets",
    ]
    assert lines(page)[0].startswith("Ann Shaw · Applied 2 files 1 plugin created, 1 secret created")
    link = page.all("a", text="sweets", class_="name")[0]
    assert link["href"].endswith(f"{saved.locator}/history?revision=2")
    assert client.page(link["href"])


def test_a_record_in_the_bin_leads_there(client: PageClient, ann: Person) -> None:
    saved = factories.plugin(ann, plugin_values("sweets"))
    service.delete_plugin(viewer_of(ann), saved.id, 1)
    page = client.page(FEED)
    assert lines(page)[0].startswith("Ann Shaw deleted plugin sweets in the bin")
    assert page.all("a", None, class_="name")[0]["href"] == f"/plugins/{saved.locator}/"
    # To a colleague it is gone.
    sign_in(client, factories.person(of=ann.account))
    assert not client.page(FEED).all("a", None, class_="name")


@pytest.mark.parametrize(
    ("query", "expected"),
    [
        ("action=delete", ["deleted plugin sherbet"]),
        ("kind=secret", ["created secret sweet_key"]),
        ("through=inline", ["changed plugin sweets: version"]),
        ("person=bob_lee", ["deleted plugin sherbet", "created plugin sherbet"]),
        ("person=BOB_LEE&action=create", ["created plugin sherbet"]),
        ("person=nobody_here", []),
        ("kind=apiconnection", []),
    ],
)
def test_filters_in_the_address(client: PageClient, ann: Person, query: str, expected: list[str]) -> None:
    bob = factories.person("bob_lee", of=ann.account)
    saved = factories.plugin(ann, plugin_values("sweets"))
    service.update_field(viewer_of(ann, origin="inline"), saved.id, 1, "version", "2.0.0")
    gone = factories.plugin(bob, plugin_values("sherbet"))
    service.delete_plugin(viewer_of(bob), gone.id, 1)
    factories.secret(ann, "sweet_key")
    page = client.page(f"{FEED}?{query}")
    assert [line.removeprefix("Ann Shaw ").removeprefix("Bob Lee ") for line in lines(page)] == expected
    if not expected:
        assert "Nothing was done that matches" in page.one("main").text


@pytest.mark.parametrize(
    ("query", "found"),
    [("action=update", False), ("action=create", True), ("kind=secret", True), ("kind=sqlconnection", False)],
)
def test_acts_are_found_by_what_they_hold(
    client: PageClient, ann: Person, apply: Apply, query: str, found: bool
) -> None:
    apply(ann, samples.static(), samples.secret())
    assert bool(lines(client.page(f"{FEED}?{query}"))) is found


def test_days_are_those_of_the_person(client: PageClient, session: Session, ann: Person) -> None:
    saved = factories.plugin(ann, plugin_values("sweets"))
    with transaction() as writing:
        moment = dt.datetime(2026, 3, 1, 23, 30, tzinfo=dt.UTC)
        writing.execute(update(Revision).where(Revision.record_id == saved.id).values(at=moment))
    assert lines(client.page(f"{FEED}?from=2026-03-01&to=2026-03-01"))
    assert not lines(client.page(f"{FEED}?from=2026-03-02"))
    changes = {"time_zone": "Europe/Amsterdam"}
    assert client.submit(client.page("/account/"), changes, path="/account/").status_code == 303
    assert not lines(client.page(f"{FEED}?to=2026-03-01"))
    page = client.page(f"{FEED}?from=2026-03-02")
    assert page.one("title").text.startswith("from 2026-03-02 · Activity")
    assert lines(page) and "Days are counted in Europe/Amsterdam." in page.one("main").text


@pytest.mark.parametrize(
    ("query", "named"),
    [
        ("action=burn", "action=burn is not known."),
        ("kind=plugin", "kind=plugin is not known."),
        ("through=mail", "through=mail is not known."),
        ("scope=mine", "scope=mine is not known."),
        ("from=yesterday", "from=yesterday is not a day."),
        ("to=2026-02-30", "to=2026-02-30 is not a day."),
        ("from=2026-03-02&to=2026-03-01", "The first day, 2026-03-02, is later than the last, 2026-03-01."),
        ("after=x", "after is not a page of this list."),
        ("q=x", "q is not a filter of this list."),
        ("sort=at", "sort is not a filter of this list."),
        ("colour=red", "colour is not a filter of this list."),
        (f"person={'x' * 300}", "person is longer than a username."),
    ],
)
def test_a_filter_that_cannot_be_used_is_named(
    client: PageClient, ann: Person, query: str, named: str
) -> None:
    assert named in client.page(f"{FEED}?{query}", 400).one("main").text


def test_pages_follow_each_other_without_gap_or_repetition(
    client: PageClient, session: Session, ann: Person, apply: Apply
) -> None:
    saved = factories.plugin(ann, plugin_values("sweets"))
    for revision in range(1, 70):
        service.update_field(viewer_of(ann), saved.id, revision, "version", f"1.0.{revision}")
    apply(ann, samples.static())
    # Many lines of one moment: the order of types and ids decides.
    with transaction() as writing:
        writing.execute(update(Revision).values(at=utcnow()))
    first = client.page(FEED)
    second = client.page(first.one("a", id="older")["href"])
    ids = [line["id"] for page in (first, second) for line in page.one("ol", class_="feed").all("li")]
    assert len(ids) == len(set(ids)) == 71
    assert len(lines(first)) == PAGE_SIZE
    assert second.find("a", id="older") is None
    assert lines(client.page(second.one("a", id="newer")["href"])) == lines(first)


def test_an_empty_feed_says_what_will_stand_there(client: PageClient, ann: Person) -> None:
    assert "Nothing was done here yet" in client.page(FEED).one("main").text


def test_htmx_gets_the_lines_and_what_depends_on_the_filter(client: PageClient, ann: Person) -> None:
    factories.plugin(ann)
    answer = client.get(f"{FEED}?action=create", headers=PARTIAL)
    part = tree(answer)
    assert lines(part) and part.find("header", class_="top") is None
    assert answer.headers["HX-Push-Url"] == f"{FEED}?action=create"


def test_the_number_of_questions_does_not_grow_with_the_lines(
    app: Flask, client: PageClient, ann: Person, apply: Apply, count_queries: Callable[[str], int]
) -> None:
    factories.plugin(ann)
    few = count_queries(FEED)
    for _ in range(8):
        factories.plugin(ann)
    apply(ann, samples.static())
    assert count_queries(FEED) == few


@pytest.fixture
def count_queries(app: Flask, client: PageClient) -> Callable[[str], int]:
    """Return a function that counts the statements of a page."""

    def count(path: str) -> int:
        client.page(path)
        statements: list[str] = []

        def note(*arguments: object) -> None:
            statements.append(str(arguments[2]))

        with app.app_context():
            engine = db.engine
        event.listen(engine, "before_cursor_execute", note)
        try:
            client.page(path)
        finally:
            event.remove(engine, "before_cursor_execute", note)
        return len(statements)

    return count


# ---- who sees what ---------------------------------------------------------------------------------------------


def test_a_tenant_never_sees_another_ones_feed(client: PageClient, ann: Person, apply: Apply) -> None:
    factories.plugin(ann, plugin_values("canary"))
    key = apply(ann, samples.static())
    sign_in(client, factories.person(role="staff"))
    for query in ("", "?scope=all", "?scope=platform", f"?person={ann.username}&scope=all"):
        assert not lines(client.page(f"{FEED}{query}"))
    for path in (f"/activity/{key}", f"/activity/{key}/sources/1"):
        assert client.get(path).status_code == 404
    assert client.post(f"/activity/{key}/undo").status_code == 404
    # A foreign username is no more than a word.
    assert "Ann Shaw" not in client.get(f"{FEED}?person={ann.username}").get_data(as_text=True)


def test_members_read_the_feed_of_the_platform_and_superusers_all(client: PageClient, ann: Person) -> None:
    odette = factories.person("odette", of=factories.platform())
    factories.plugin(odette, plugin_values("common"))
    factories.plugin(ann, plugin_values("sweets"))
    assert lines(client.page(f"{FEED}?scope=platform")) == ["Odette created plugin common"]
    assert len(lines(client.page(f"{FEED}?scope=all"))) == 2
    sign_in(client, factories.person(role="superuser"))
    assert not lines(client.page(FEED))
    assert len(lines(client.page(f"{FEED}?scope=all"))) == 2


@pytest.mark.parametrize("key", ["unit-x", "pluginmeta-rMTAwMDAwMQx", "unit-rMTAwMDk5OQx", "unit-"])
def test_what_is_no_act_is_not_there(client: PageClient, ann: Person, key: str) -> None:
    assert client.get(f"/activity/{key}").status_code == 404
