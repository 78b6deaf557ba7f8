"""A record within the list that it was opened from."""

from __future__ import annotations

import itertools
from urllib.parse import parse_qs, quote, urlsplit

import pytest
from sqlalchemy.orm import Session

from tests import factories
from tests.databases import count_statements
from tests.factories import Person, plugin_values, viewer_of
from tests.integration.plugins.conftest import Neighbours
from tests.integration.plugins.naive import load_records, matching, ordered
from tests.markup import Element
from tests.pages import PageClient, sign_in
from tests.thorough import some_of
from webapp.extensions import cache
from webapp.plugins.queries import listing, reading, walking
from webapp.plugins.queries.criteria import Criteria
from webapp.plugins.queries.listing import load_page
from webapp.plugins.queries.lists import prepare
from webapp.plugins.queries.walking import find_neighbours
from webapp.plugins.service import delete_plugin

SORTS = tuple(reading.SORTS)
LISTS = (
    Criteria(),
    Criteria(scope="all"),
    Criteria(scope="mine", q="candy"),
    Criteria(scope="all", plugin_class="sql", tags=("sales",)),
    Criteria(scope="all", owner="odette"),
)


@pytest.fixture
def ann(session: Session, client: PageClient) -> Person:
    """Return somebody who is signed in, with five plugins."""
    person = factories.person("ann")
    for name in ("alpha", "bravo", "carol", "delta", "eagle"):
        factories.plugin(
            person, plugin_values(name, tags=("odd",) if name in ("alpha", "carol", "eagle") else ())
        )
    sign_in(client, person)
    return person


def rows(page: Element) -> list[Element]:
    return [link for link in page.all("a", class_="name") if "-open" in link["id"]]


def step(page: Element, name: str) -> str | None:
    found = [link for link in page.all("a") if link["id"] == f"record-{name}"]
    return found[0]["title"] if found else None


@pytest.mark.wider
@pytest.mark.linguistic
@pytest.mark.parametrize("sorts", [SORTS[turn::3] for turn in range(3)], ids=" ".join)
def test_every_record_of_a_list_knows_what_is_beside_it(
    session: Session, neighbours: Neighbours, monkeypatch: pytest.MonkeyPatch, sorts: tuple[str, ...]
) -> None:
    monkeypatch.setattr(listing, "PAGE_SIZE", 7)
    monkeypatch.setattr(walking, "PAGE_SIZE", 7)
    records = load_records(session)
    for sort, person in itertools.product(sorts, (neighbours.ann, neighbours.root)):
        viewer = viewer_of(person)
        for criteria in some_of(LISTS, SORTS.index(sort), 2):
            found = prepare(session, viewer, criteria)
            for descending in (False, True):
                expected = ordered(matching(records, viewer, criteria), sort, descending=descending)
                _check_walk(session, found.reading, sort, descending, [record.name for record in expected])


def _check_walk(
    session: Session, read: reading.Reading, sort: str, descending: bool, expected: list[str]
) -> None:
    page = load_page(session, read, sort, descending=descending)
    second = load_page(session, read, sort, descending=descending, after=page.older) if page.older else page
    marks = {"after": page.older or (), "before": second.newer or ()}
    beside = list(zip([None, *expected], expected, [*expected[1:], None], strict=False))
    shown = {row.name: row.id for row in (*page.rows, *second.rows)}
    for previous, name, following in beside[:14]:
        for place in ({}, {"after": marks["after"]}, {"before": marks["before"]}):
            found = find_neighbours(session, read, shown[name], sort, descending=descending, **place)
            names = [item and item.name for item in (found.previous, found.following)]
            assert names == [previous, following], (name, sort, descending, place)
            if not place:
                assert found.is_on_page == (name in [row.name for row in page.rows])


def test_a_record_leads_on_and_back_to_its_row(client: PageClient, ann: Person) -> None:
    page = client.page("/plugins/?tag=odd&sort=name")
    link = rows(page)[1]
    assert parse_qs(urlsplit(link["href"]).query)["in"] == ["tag=odd&sort=name"]
    record = client.page(link["href"])
    assert (step(record, "previous"), step(record, "next")) == ("alpha", "eagle")
    keys = {item["data-key"]: item["id"] for item in record.all("a") if item["data-key"] in ("[", "]")}
    assert keys == {"[": "record-previous", "]": "record-next"}
    row = link["id"]
    assert record.one("a", id="record-back")["href"] == f"/plugins/?tag=odd&sort=name#{row}"
    following = client.page(record.one("a", id="record-next")["href"])
    assert (step(following, "previous"), step(following, "next")) == ("carol", None)
    assert following.one("a", role="link")["aria-disabled"] == "true"


def test_whoever_walks_on_stays_with_the_page_that_they_read(client: PageClient, ann: Person) -> None:
    record = client.page(rows(client.page("/plugins/?sort=name"))[1]["href"])
    for tab in record.one("nav", class_="tabs").all("a"):
        name = urlsplit(tab["href"]).path.rpartition("/")[2]
        following = client.page(tab["href"]).one("a", id="record-next")["href"]
        assert urlsplit(following).path.rpartition("/")[2] == name


def test_the_plain_list_is_a_list_too_but_a_bare_address_is_not(client: PageClient, ann: Person) -> None:
    href = rows(client.page("/plugins/"))[0]["href"]
    assert href.endswith("/?in=")
    assert step(client.page(href), "next") == "delta"
    bare = client.page(href.partition("?")[0])
    assert not [link for link in bare.all("a") if link["id"].startswith("record-next")]
    assert bare.one("nav", aria_label="Breadcrumb").one("a")["href"] == "/plugins/"


def test_every_page_of_the_record_keeps_the_list(client: PageClient, ann: Person) -> None:
    href = rows(client.page("/plugins/?sort=name"))[1]["href"]
    record = client.page(href)
    tabs = record.one("nav", class_="tabs").all("a")
    assert [urlsplit(tab["href"]).query for tab in tabs] == ["in=sort%3Dname"] * 5
    for tab in tabs:
        page = client.page(tab["href"])
        assert (step(page, "previous"), step(page, "next")) == ("alpha", "carol")
    edit = next(link["href"] for link in record.all("a", class_="btn") if "/edit" in link["href"])
    form = client.page(edit).one("form", id="edit-form")
    assert urlsplit(form["action"]).query == "in=sort%3Dname"
    share = record.one("span", class_="locator").one("button")["data-copy"]
    assert "?" not in share, "what is shared is the record alone"


@pytest.mark.parametrize(
    "inside", ["sort=size", "tag=", "after=nothing", "nonsense=1", "tag=a%2Cb", "annotation=%C3%A4"]
)
def test_a_list_that_cannot_be_read_is_left_out(client: PageClient, ann: Person, inside: str) -> None:
    locator = factories.plugin(ann).locator
    page = client.page(f"/plugins/{locator}/?in={quote(inside, safe='')}")
    if inside != "tag=":
        assert step(page, "next") is None
        assert page.one("nav", aria_label="Breadcrumb")


def test_a_record_that_has_left_the_list_still_leads_on(
    client: PageClient, ann: Person, monkeypatch: pytest.MonkeyPatch
) -> None:
    href = next(link["href"] for link in rows(client.page("/plugins/?sort=name")) if link.text == "bravo")
    within = href.partition("?")[0] + "?in=" + quote("tag=odd&sort=name", safe="")
    page = client.page(within)
    assert (step(page, "previous"), step(page, "next")) == ("alpha", "carol")


def test_the_way_back_leads_to_the_page_that_shows_the_record(
    client: PageClient, ann: Person, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(listing, "PAGE_SIZE", 2)
    monkeypatch.setattr(walking, "PAGE_SIZE", 2)
    page = client.page("/plugins/?sort=name")
    record = client.page(rows(page)[1]["href"])
    assert record.one("a", id="record-back")["href"].startswith("/plugins/?sort=name#")
    third = client.page(record.one("a", id="record-next")["href"])
    back = third.one("a", id="record-back")["href"]
    assert [link.text for link in rows(client.page(back.partition("#")[0]))] == ["carol", "delta"]
    second_page = client.page(page.one("a", id="older")["href"])
    record = client.page(rows(second_page)[0]["href"])
    assert (step(record, "previous"), step(record, "next")) == ("bravo", "delta")
    assert record.one("a", id="record-back")["href"].partition("#")[0] == page.one("a", id="older")["href"]


def test_a_deleted_neighbour_is_passed_over(client: PageClient, ann: Person) -> None:
    links = {link.text: link["href"] for link in rows(client.page("/plugins/?sort=name"))}
    saved = factories.plugin(ann, plugin_values("bravo_two"))
    assert step(client.page(links["bravo"]), "next") == "bravo_two"
    delete_plugin(viewer_of(ann), saved.id, saved.revision)
    assert step(client.page(links["bravo"]), "next") == "carol"


def test_neighbours_of_other_accounts_are_never_named(client: PageClient, ann: Person) -> None:
    factories.plugin(factories.person("eve"), plugin_values("bravo_secret"))
    links = {link.text: link["href"] for link in rows(client.page("/plugins/?sort=name&scope=all"))}
    page = client.page(links["bravo"])
    assert step(page, "next") == "carol"
    assert "secret" not in page.text


def test_a_record_inside_its_page_costs_one_statement_more(client: PageClient, ann: Person) -> None:
    href = rows(client.page("/plugins/?sort=name"))[1]["href"]
    client.page(href)
    counts = []
    for address in (href.partition("?")[0], href):
        cache.clear()
        client.page("/plugins/?sort=name")
        with count_statements() as sent:
            client.page(address)
        counts.append(len(sent))
    assert counts[1] == counts[0] + 1
