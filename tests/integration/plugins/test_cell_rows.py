"""The rows of the list are the same for everybody; who may edit a cell stands outside of them."""

from __future__ import annotations

import re

import brotli
import pytest
from flask import Flask
from sqlalchemy.orm import Session

from tests import factories
from tests.factories import Person, plugin_values
from tests.integration.plugins.cells import edit
from tests.integration.plugins.conftest import Neighbours
from tests.markup import Element
from tests.pages import PARTIAL, PageClient, sign_in

BROTLI_LEVEL = 4  # What Flask-Compress sends.
FRAGMENT_MAX = 15 * 1024


def _rows(app: Flask, person: Person, path: str) -> tuple[Element, str]:
    client = app.test_client()
    assert isinstance(client, PageClient)
    sign_in(client, person)
    response = client.get(path)
    text = response.get_data(as_text=True)
    body = re.search(r'<tbody[^>]* id="rows".*?</tbody>', text, re.S)
    assert body
    return client.page(path).one("tbody", id="rows"), body[0].partition(">")[2]


def _editable(body: Element) -> set[str]:
    """Return the names of the rows whose cells the page offers to edit, as static/js/cells.js decides it."""
    kind, own, account = body["data-manages"], body["data-owner"], body["data-account"]
    return {
        row.one("a", class_="name").text
        for row in body.all("tr")
        if kind == "all"
        or (row["data-account"] == account and (kind == "account" or row["data-owner"] == own))
    }


@pytest.mark.parametrize(
    ("who", "path", "kind"),
    [
        ("ann", "/plugins/", "own"),
        ("ann", "/plugins/?scope=mine", "all"),
        ("ann", "/plugins/?owner=ann", "all"),
        ("ann", "/plugins/?owner=bob", "own"),
        ("bob", "/plugins/", "all"),
        ("bob", "/plugins/?scope=all", "account"),
        ("bob", "/plugins/?scope=platform", "account"),
        ("odette", "/plugins/?scope=all", "all"),
        ("root", "/plugins/?scope=all", "all"),
    ],
)
def test_the_table_says_which_rows_its_viewer_manages(
    app: Flask, neighbours: Neighbours, who: str, path: str, kind: str
) -> None:
    body, _ = _rows(app, getattr(neighbours, who), path)
    assert body["data-manages"] == kind


def test_the_cached_rows_hold_no_right_of_whoever_looked_first(app: Flask, session: Session) -> None:
    home = factories.account()
    people = {
        role: factories.person(role=role if role != "other" else "member", of=home)
        for role in ("staff", "member", "other")
    }
    for role, person in people.items():
        factories.plugin(person, plugin_values(f"of_{role}"))
    factories.plugin(factories.person(of=factories.platform()), plugin_values("of_platform"))
    path = "/plugins/?scope=all"
    shown = {role: _rows(app, person, path) for role, person in people.items()}
    assert len({rows for _, rows in shown.values()}) == 1
    assert _editable(shown["staff"][0]) == {"of_staff", "of_member", "of_other"}
    assert _editable(shown["member"][0]) == {"of_member"}
    assert _editable(shown["other"][0]) == {"of_other"}


def test_the_owner_of_a_platform_plugin_edits_it_on_the_platform_only(app: Flask, session: Session) -> None:
    """The same username in another account is another profile."""
    home, platform = factories.account(), factories.platform()
    ann = factories.person("ann", of=home)
    factories.plugin(ann, plugin_values("hers"))
    there = factories.person("odd", of=platform)
    factories.plugin(there, plugin_values("theirs"))
    body, _ = _rows(app, ann, "/plugins/?scope=all")
    accounts = {row.one("a", class_="name").text: row["data-account"] for row in body.all("tr")}
    assert accounts == {"hers": home.number, "theirs": platform.number}
    assert _editable(body) == {"hers"}


def test_the_fresh_row_is_that_of_the_list_but_for_the_right(
    client: PageClient, app: Flask, session: Session
) -> None:
    ann = factories.person()
    saved = factories.plugin(ann, plugin_values("hers"))
    sign_in(client, ann)
    fresh = edit(client, saved, "version", "2.0.0").get_data(as_text=True)
    _, listed = _rows(app, ann, "/plugins/")
    row = re.search(r"<tr.*?</tr>", fresh, re.S)
    assert row
    assert row[0].replace(" data-mine", "") == listed.strip().removesuffix("</tbody>").strip()


@pytest.mark.sqlite_only
def test_a_fragment_of_fifty_rows_is_small(client: PageClient, neighbours: Neighbours) -> None:
    sign_in(client, neighbours.ann)
    response = client.get("/plugins/?scope=all", headers=PARTIAL)
    text = response.get_data()
    assert text.count(b"<tr") == 51
    assert len(brotli.compress(text, quality=BROTLI_LEVEL)) < FRAGMENT_MAX
