from __future__ import annotations

import random
from collections.abc import Callable
from contextlib import suppress
from dataclasses import replace
from typing import Any

import pytest
from flask import Flask
from sqlalchemy import delete, select
from sqlalchemy.orm import Session

from tests.factories import viewer_of
from tests.integration.plugins.conftest import Neighbours
from tests.integration.plugins.naive import Record, fill, load_records, matching, ordered, recount
from tests.thorough import some_of
from webapp.core.errors import NotFound
from webapp.db.session import transaction
from webapp.plugins.models import PluginMeta, PluginSearch, PluginTag
from webapp.plugins.queries import listing, reading
from webapp.plugins.queries.criteria import Annotated, Criteria
from webapp.plugins.queries.listing import Page, from_mark, load_page, place_shapes, to_mark
from webapp.plugins.queries.lists import PluginList, prepare
from webapp.plugins.service import star_plugin
from webapp.web.listing import decode_cursor, encode_cursor

SORTS = tuple(reading.SORTS)
FILTERS = (
    Criteria(),
    Criteria(scope="all"),
    Criteria(scope="mine"),
    Criteria(scope="platform", plugin_class="sql"),
    Criteria(plugin_class="api"),
    Criteria(scope="all", plugin_class="static", readiness="ready"),
    Criteria(readiness="not_ready"),
    Criteria(owner="bob"),
    Criteria(scope="all", owner="odette", tags=("hr",)),
    Criteria(tags=("sales",)),
    Criteria(scope="all", tags=("sales", "a_b")),
    Criteria(q="candy"),
    Criteria(scope="all", q="candy", plugin_class="sql"),
    Criteria(q="a"),
    Criteria(scope="all", q="naïve 50%", tags=("x",)),
    Criteria(untagged=True),
    Criteria(scope="all", untagged=True, plugin_class="sql"),
    Criteria(untagged=True, tags=("sales",)),
    Criteria(starred=True),
    Criteria(scope="all", starred=True, tags=("sales",)),
    Criteria(annotations=(Annotated("team"),)),
    Criteria(scope="all", annotations=(Annotated("team", "growth"),), readiness="ready"),
    Criteria(scope="all", annotations=(Annotated("team", "sales"), Annotated("team", "growth"))),
    Criteria(annotations=(Annotated("review/due", '{"by": [1, true]}'),), q="candy"),
    Criteria(scope="all", starred=True, untagged=True, annotations=(Annotated("team"),)),
)
Choose = Callable[..., str | None]


def smallest(_rows: int, _matching: int, _shares: Any, drivers: dict[str, int], **_more: Any) -> str | None:
    return min(drivers, key=lambda name: drivers[name]) if drivers else None


def never(*_args: Any, **_more: Any) -> str | None:
    return None


def read(session: Session, found: PluginList, sort: str, descending: bool, **place: Any) -> Page:
    # Through the mark in the address, as a link does it.
    places = {name: from_mark(sort, to_mark(sort, value)) for name, value in place.items()}
    return load_page(session, found.reading, sort, descending=descending, **places)


def names(rows: Any) -> list[str]:
    return [row.name for row in rows]


@pytest.mark.wider
@pytest.mark.linguistic
@pytest.mark.parametrize("sorts", [SORTS[turn::3] for turn in range(3)], ids=" ".join)
def test_every_sort_pages_through_exactly_the_matches_both_ways(
    session: Session, neighbours: Neighbours, monkeypatch: pytest.MonkeyPatch, sorts: tuple[str, ...]
) -> None:
    monkeypatch.setattr(listing, "PAGE_SIZE", 7)
    for sort in sorts:
        _check_pages(session, neighbours, sort)


@pytest.mark.wider
@pytest.mark.parametrize("choose", [smallest, never])
def test_collecting_and_walking_give_the_same_pages(
    session: Session, neighbours: Neighbours, monkeypatch: pytest.MonkeyPatch, choose: Choose
) -> None:
    monkeypatch.setattr(listing, "PAGE_SIZE", 9)
    monkeypatch.setattr(reading, "choose_driver", choose)
    monkeypatch.setattr("webapp.plugins.queries.lists.PROBED_FROM", 0)
    for sort in ("class", "owner", "updated"):
        _check_pages(session, neighbours, sort)


def _star_some(session: Session, people: Neighbours) -> None:
    ids = session.scalars(select(PluginMeta.id).order_by(PluginMeta.id)).all()
    for person in (people.ann, people.root):
        for plugin_id in ids[person.user_id % 3 :: 9]:
            with suppress(NotFound):  # Ann does not see what is Eve's.
                star_plugin(viewer_of(person), plugin_id)


def _check_pages(session: Session, neighbours: Neighbours, sort: str) -> None:
    _star_some(session, neighbours)
    records = load_records(session)
    for person in (neighbours.ann, neighbours.root):
        viewer = viewer_of(person)
        for criteria in some_of(FILTERS, SORTS.index(sort), 4):
            found = prepare(session, viewer, criteria)
            for descending in (False, True):
                expected = names(ordered(matching(records, viewer, criteria), sort, descending=descending))
                where = f"{criteria} by {sort}, descending={descending}, for {person.username}"
                forwards, last = _walk(session, found, sort, descending)
                assert forwards == expected, where
                backwards = list(last)
                page = last_page = _last_page(session, found, sort, descending)
                assert names(last_page.rows) == backwards
                collected = backwards
                while page.newer:
                    page = read(session, found, sort, descending, before=page.newer)
                    collected = names(page.rows) + collected
                assert collected == expected, where


def _walk(session: Session, found: PluginList, sort: str, descending: bool) -> tuple[list[str], list[str]]:
    page = read(session, found, sort, descending)
    seen = names(page.rows)
    while page.older:
        page = read(session, found, sort, descending, after=page.older)
        assert page.rows, "a link led to an empty page though nothing has changed"
        seen += names(page.rows)
    return seen, names(page.rows)


def _last_page(session: Session, found: PluginList, sort: str, descending: bool) -> Page:
    page = read(session, found, sort, descending)
    while page.older:
        page = read(session, found, sort, descending, after=page.older)
    return page


def test_a_row_shows_the_record_as_it_is(session: Session, neighbours: Neighbours) -> None:
    viewer = viewer_of(neighbours.ann)
    page = load_page(session, prepare(session, viewer, Criteria()).reading, "name", descending=False)
    by_name = {record.name: record for record in load_records(session)}
    for row in page.rows:
        record = by_name[row.name]
        assert (row.plugin_class, row.version, row.readiness) == (
            record.plugin_class,
            record.version,
            record.readiness,
        )
        assert row.tags == record.tags, "in the order the person wrote them"
        assert row.description == " ".join(record.description.split())
        assert row.updated_at == record.updated_at
        assert row.owner_username == record.username_key
        assert row.owner_name == record.username_key.title()


@pytest.mark.parametrize("seed", range(3))
def test_writes_between_two_pages_neither_repeat_nor_lose_what_stays(
    session: Session, neighbours: Neighbours, monkeypatch: pytest.MonkeyPatch, seed: int
) -> None:
    monkeypatch.setattr(listing, "PAGE_SIZE", 7)
    rng = random.Random(seed)
    sort, descending = rng.choice(SORTS), rng.random() < 0.5
    criteria = Criteria(scope="all")
    viewer = viewer_of(neighbours.ann)
    before = {record.name for record in matching(load_records(session), viewer, criteria)}
    gone: set[str] = set()
    page = read(session, prepare(session, viewer, criteria), sort, descending)
    seen = names(page.rows)
    while page.older:
        gone |= _delete_some(session, rng, neighbours.ann.account.id, spare=set())
        fill(session, random.Random(rng.random()), neighbours.bob, 0)
        viewer = viewer_of(neighbours.ann)
        page = read(session, prepare(session, viewer, criteria), sort, descending, after=page.older)
        seen += names(page.rows)
    assert len(seen) == len(set(seen)), "a plugin came twice"
    assert before - gone <= set(seen), "a plugin that stayed was never shown"
    assert set(seen) <= before


def _delete_some(session: Session, rng: random.Random, account_id: int, spare: set[str]) -> set[str]:
    with transaction():
        rows = session.execute(
            select(PluginMeta.id, PluginMeta.name).where(PluginMeta.account_id == account_id)
        ).all()
        chosen = [row for row in rng.sample(rows, min(3, len(rows))) if row.name not in spare]
        for row in chosen:
            for model, column in (
                (PluginTag, PluginTag.plugin_id),
                (PluginSearch, PluginSearch.plugin_id),
                (PluginMeta, PluginMeta.id),
            ):
                session.execute(delete(model).where(column == row.id))
        recount(session)
    return {row.name for row in chosen}


def test_a_page_of_a_deleted_row_still_leads_on_and_back(
    session: Session, neighbours: Neighbours, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(listing, "PAGE_SIZE", 5)
    viewer = viewer_of(neighbours.ann)
    found = prepare(session, viewer, Criteria())
    first = read(session, found, "name", False)
    second = read(session, found, "name", False, after=first.older)
    with transaction():
        for model, column in (
            (PluginTag, PluginTag.plugin_id),
            (PluginSearch, PluginSearch.plugin_id),
            (PluginMeta, PluginMeta.id),
        ):
            session.execute(delete(model).where(column.in_([first.rows[-1].id, second.rows[0].id])))
    again = read(session, found, "name", False, after=first.older)
    assert names(again.rows)[:4] == names(second.rows)[1:]
    assert again.newer is not None
    back = read(session, found, "name", False, before=again.newer)
    assert names(back.rows) == names(first.rows)[:-1]
    assert back.newer is None


def test_a_mark_of_another_filter_still_means_its_place(session: Session, neighbours: Neighbours) -> None:
    viewer = viewer_of(neighbours.ann)
    records = load_records(session)
    everything = prepare(session, viewer, Criteria())
    for sort in ("class", "owner"):
        anywhere = load_page(session, everything.reading, sort, descending=False).rows
        for criteria in (Criteria(plugin_class="sql"), Criteria(owner="bob")):
            found = prepare(session, viewer, criteria)
            expected = ordered(matching(records, viewer, criteria), sort, descending=False)
            for row in anywhere[::9]:
                page = load_page(session, found.reading, sort, descending=False, after=row.place)
                beyond = [record for record in expected if _key(record, sort) > row.place]
                assert names(page.rows) == names(beyond)[: listing.PAGE_SIZE]


def _key(record: Record, sort: str) -> tuple[Any, ...]:
    first = record.plugin_class if sort == "class" else record.username_key
    return first, record.name, record.id


@pytest.mark.parametrize("sort", SORTS)
def test_marks_survive_the_address(app: Flask, session: Session, neighbours: Neighbours, sort: str) -> None:
    found = prepare(session, viewer_of(neighbours.ann), Criteria())
    for row in load_page(session, found.reading, sort, descending=True).rows:
        text = encode_cursor(f"-{sort}", to_mark(sort, row.place))
        values = decode_cursor(text, f"-{sort}", place_shapes(sort))
        assert values is not None
        assert from_mark(sort, values) == row.place
        assert decode_cursor(text, sort, place_shapes(sort)) is None, "a mark of the other direction"


def test_a_list_of_nobody_and_of_unknown_tags_is_empty(session: Session, neighbours: Neighbours) -> None:
    viewer = viewer_of(neighbours.ann)
    for criteria in (
        Criteria(owner="nobody"),
        Criteria(owner="eve"),
        Criteria(scope="all", owner="eve"),
        Criteria(scope="mine", owner="bob"),
        Criteria(tags=("no such tag",)),
        Criteria(tags=("sales", "no such tag")),
    ):
        page = load_page(session, prepare(session, viewer, criteria).reading, "name", descending=False)
        assert page.rows == ()
    nowhere = replace(viewer, platform_account_id=None)
    page = load_page(
        session, prepare(session, nowhere, Criteria(scope="platform")).reading, "name", descending=False
    )
    assert page.rows == ()
