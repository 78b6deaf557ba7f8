"""Every page of the route map: well formed, named by its title, and made of the very parts that htmx gets alone.

The client inspects each answer (tests/pages.py): one h1 that the title names, labels, unique ids, references that lead
somewhere, nothing inside what cannot hold it.
"""

from __future__ import annotations

import itertools
import re
from collections.abc import Callable

import pytest
from flask import Flask
from sqlalchemy.orm import Session

from tests import factories
from tests.addresses import NOT_PAGES, PAGES, make_places
from tests.databases import count_statements
from tests.factories import Person
from tests.markup import Element, form_fields
from tests.pages import PageClient, sign_in
from webapp.plugins import service

# The page, and which of its elements holds what the fragment is.
PARTS = {
    "/plugins/": "results",
    "/connections/": "results",
    "/activity/": "results",
    "/tags/": "results",
    "/plugins/<locator>/history": "history",
    "/connections/<locator>/history": "history",
}


def test_every_address_has_a_row(app: Flask) -> None:
    rules = {rule.rule for rule in app.url_map.iter_rules() if "GET" in (rule.methods or ())}
    rows = {re.split(r"[? ]", row)[0] for row in PAGES} | NOT_PAGES
    assert rules - rows == set(), "a new address: is it a page, and where is it looked at?"
    assert rows - rules == set()


@pytest.mark.both
def test_every_page_is_well_formed(app: Flask, client: PageClient, session: Session) -> None:
    places = make_places(app)
    sign_in(client, places.owner)
    titles = {}
    for row in PAGES:
        answer = client.get(places.path(row))
        assert answer.status_code == 200, row
        if answer.mimetype == "text/html":
            titles.setdefault(client.page(places.path(row)).one("head").one("title").text, []).append(row)
    # No two kinds of page have one name, but for the two ways to the same record.
    assert [rows for rows in titles.values() if len(rows) > 1] == []


@pytest.mark.sqlite_only
@pytest.mark.parametrize("row", PARTS)
def test_a_page_holds_what_its_fragment_holds(
    app: Flask, client: PageClient, session: Session, row: str
) -> None:
    places = make_places(app)
    sign_in(client, places.owner)
    path = places.path(row)
    page, fragment = client.page(path), client.fragment(path)
    beside = {item["hx-target"]: item for item in fragment.all("hx-partial", None)}
    holder = page.one(id=PARTS[row])
    assert _words(fragment, without=("hx-partial", "title")) == _words(holder)
    for target, part in beside.items():
        if target.startswith("#"):
            new = part.one(id=target[1:]) if part["hx-swap"] == "outerHTML" else part
            assert _words(new) == _words(page.one(id=target[1:])), target


@pytest.mark.sqlite_only
def test_what_an_act_wrote_is_the_same_in_the_feed_and_on_its_page(
    app: Flask, client: PageClient, session: Session
) -> None:
    places = make_places(app)
    sign_in(client, places.owner)
    path = places.path("/activity/<unit>")
    parts = [found.one("ul", **{"class": "wrote"}) for found in (client.page(path), client.fragment(path))]
    assert _words(parts[0]) == _words(parts[1])


@pytest.mark.sqlite_only
def test_a_cell_asks_for_the_same_in_its_place_and_on_a_page_of_its_own(
    app: Flask, client: PageClient, session: Session
) -> None:
    places = make_places(app)
    sign_in(client, places.owner)
    path = places.path("/plugins/<locator>/cell/<field>")
    forms = [
        found.one("form", **{"data-cell": "open"})
        for found in (client.page(path), client.fragment(path.partition("?")[0]))
    ]
    fields = [{name for name, _ in form_fields(form)} for form in forms]
    assert fields[0] - {"place"} == fields[1] - {"place"}


def _words(element: Element, without: tuple[str, ...] = ()) -> str:
    """Return the text of an element and the addresses of its links, in order."""
    found = []
    for item in element.walk():
        if item.tag in without or (without and item.above(*without)):
            continue
        found += [child.strip() for child in item.children if isinstance(child, str) and child.strip()]
        found += [
            item[name] for name in ("id", "href", "action", "hx-get") if name in item and item is not element
        ]
    return "\n".join(found)


_numbers = itertools.count()


# ---- statements ------------------------------------------------------------------------------------------------


def _plugins(owner: Person, count: int) -> None:
    for _ in range(count):
        factories.plugin(owner)


def _binned(owner: Person, count: int) -> None:
    for _ in range(count):
        saved = factories.plugin(owner)
        service.delete_plugin(factories.viewer_of(owner), saved.id, saved.revision)


def _connections(owner: Person, count: int) -> None:
    for _ in range(count):
        factories.secret(owner, f"sweet_key_{next(_numbers)}")


def _people(owner: Person, count: int) -> None:
    for _ in range(count):
        factories.person(of=owner.account)


def _tagged(owner: Person, count: int) -> None:
    for _ in range(count):
        factories.plugin(owner, factories.plugin_values(tags=(f"sweet {next(_numbers)}",)))


def _views(owner: Person, count: int) -> None:
    for _ in range(count):
        factories.saved_view(owner, f"View {next(_numbers)}")


LISTS: dict[str, Callable[[Person, int], None]] = {
    "/plugins/": _plugins,
    "/plugins/bin": _binned,
    "/connections/": _connections,
    "/account/people": _people,
    "/activity/": _plugins,
    "/plugins/views": _views,
    "/tags/": _tagged,
    "/tags/?view=cloud": _tagged,
    "/overview/": _tagged,
}


@pytest.mark.parametrize("path", LISTS)
def test_a_list_of_fifty_asks_no_more_than_a_list_of_one(app: Flask, session: Session, path: str) -> None:
    asked = []
    for count in (1, 50):
        owner = factories.person(role="staff")
        LISTS[path](owner, count)
        client = app.test_client()
        sign_in(client, owner)
        client.get(path)  # Whatever is noted once an installation or a person.
        LISTS[path](owner, 1)  # Nothing of it is cached any more.
        with count_statements() as statements:
            assert client.get(path).status_code == 200
        asked.append(len(statements))
    assert asked[1] <= asked[0], asked


def test_the_history_of_fifty_revisions_asks_no_more_than_that_of_one(app: Flask, session: Session) -> None:
    asked = []
    for count in (1, 50):
        owner = factories.person()
        saved = factories.plugin(owner, name="sweets")
        for number in range(count):
            values = factories.plugin_values("sweets", version=f"1.0.{number + 1}")
            saved = service.update_plugin(factories.viewer_of(owner), saved.id, saved.revision, values)
        client = app.test_client()
        sign_in(client, owner)
        client.get(f"/plugins/{saved.locator}/history")
        with count_statements() as statements:
            assert client.get(f"/plugins/{saved.locator}/history").status_code == 200
        asked.append(len(statements))
    assert asked[1] <= asked[0], asked
