"""The rows of the list as HTML, filled in from a stencil: links of tags, hostile texts, whose row it is."""

from __future__ import annotations

import datetime as dt
from collections.abc import Iterator
from html.parser import HTMLParser

import pytest
from flask import Flask
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st
from werkzeug.datastructures import MultiDict

from tests.unit.plugins.viewers import viewer
from webapp.plugins.queries.listing import Row
from webapp.plugins.views.list_state import parse_state
from webapp.plugins.views.rows import RowTags, render_rows

pytestmark = pytest.mark.sqlite_only

MOMENT = dt.datetime(2026, 6, 5, 14, 2, 7, tzinfo=dt.UTC)
ROW = Row(
    id=7,
    account_id=1,
    locator="pluginmeta-abcdefghij",
    name="candy_finder",
    description="Finds candy.",
    plugin_class="sql",
    version="1.2.3",
    readiness="attention",
    updated_at=MOMENT,
    created_at=MOMENT,
    tags=(),
    owner_username="willy",
    owner_name="Willy Wonka",
    owner_initials="WW",
    place=(),
)


class Parts(HTMLParser):
    """What a browser finds in some HTML: tags with their attributes, and text."""

    def __init__(self, html: str) -> None:
        super().__init__()
        self.found: list[tuple[str, dict[str, str | None]]] = []
        self.text = ""
        self.feed(str(html))
        self.close()

    def handle_starttag(self, tag: str, attrs: list[tuple[str, str | None]]) -> None:
        self.found.append((tag, dict(attrs)))

    def handle_data(self, data: str) -> None:
        self.text += data

    def links(self, css: str) -> list[str | None]:
        return [attrs["href"] for tag, attrs in self.found if tag == "a" and attrs.get("class") == css]


@pytest.fixture
def _context(app: Flask) -> Iterator[None]:
    with app.test_request_context():
        yield


TEXT = st.text(st.characters(exclude_categories=("Cs", "Cc")), min_size=1, max_size=40)


@pytest.mark.usefixtures("_context")
@settings(suppress_health_check=[HealthCheck.function_scoped_fixture])
@given(name=TEXT, description=TEXT, owner=TEXT, tags=st.lists(TEXT, max_size=4))
def test_no_text_of_a_person_becomes_markup(name: str, description: str, owner: str, tags: list[str]) -> None:
    row = ROW._replace(
        name=name, description=description, owner_username=owner, owner_name=owner, tags=tuple(tags)
    )
    harmless = ROW._replace(tags=tuple("abcd"[: len(tags)]))
    hostile, plain = (
        Parts(render_rows(viewer(), parse_state(MultiDict()), [one])) for one in (row, harmless)
    )
    assert [(tag, set(attrs)) for tag, attrs in hostile.found] == [
        (tag, set(attrs)) for tag, attrs in plain.found
    ]
    assert name in hostile.text
    assert description in hostile.text
    assert hostile.found[0][1]["data-owner"] == owner


@pytest.mark.usefixtures("_context")
@pytest.mark.parametrize("tag", ["candy", "a&b", "50 %", "ü/ö", "+1", "%00", "x=y"])
def test_a_tag_leads_to_the_list_with_that_tag_added(tag: str) -> None:
    state = parse_state(MultiDict([("q", "100 %"), ("tag", "sweet"), ("sort", "name")]))
    links = Parts(RowTags(state).render((tag, tag))).links("tag")
    assert links == [state.url(tag=("sweet", tag))] * 2


@pytest.mark.usefixtures("_context")
def test_two_tags_are_links_and_the_rest_is_counted_and_named() -> None:
    state = parse_state(MultiDict([("tag", "Sweet")]))
    shown = Parts(RowTags(state).render(("sweet", "candy", "gum", "mint")))
    assert len(shown.links("tag")) == 2
    assert shown.text == "candygum+2 more: sweet, mint"


@pytest.mark.usefixtures("_context")
def test_a_row_says_whose_it_is_as_far_as_the_viewer_may_know() -> None:
    who = viewer(account_id=1, account_number="0000-0000-0001")
    own, foreign = (
        Parts(render_rows(who, parse_state(MultiDict()), [ROW._replace(account_id=account)])).found[0][1]
        for account in (1, 2)
    )
    assert (own["data-account"], foreign["data-account"]) == ("0000-0000-0001", "")
    assert (own["data-owner"], own["id"]) == ("willy", "row-7")


@pytest.mark.usefixtures("_context")
def test_times_are_there_for_people_and_for_scripts() -> None:
    parts = Parts(render_rows(viewer(), parse_state(MultiDict()), [ROW]))
    times = [attrs for tag, attrs in parts.found if tag == "time"]
    assert [time["datetime"] for time in times] == ["2026-06-05T14:02:07Z"] * 2
    assert [time["title"] for time in times] == ["2026-06-05 14:02 UTC"] * 2
    assert "5 Jun 2026" in parts.text


@pytest.mark.usefixtures("_context")
def test_only_a_row_after_a_write_says_that_it_is_fresh_or_moved() -> None:
    state = parse_state(MultiDict())
    kept, fresh, moved = (
        Parts(render_rows(viewer(), state, [ROW], fresh=fresh, moved=words)).found[0][1]
        for fresh, words in ((False, ""), (True, ""), (True, "It no longer matches."))
    )
    assert not {"data-mine", "class", "title"} & kept.keys()
    assert "data-mine" in fresh
    assert (moved["class"], moved["title"]) == ("moved", "It no longer matches.")
