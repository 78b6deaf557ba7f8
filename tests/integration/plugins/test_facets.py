from __future__ import annotations

import random
from collections import Counter
from dataclasses import replace

import pytest
from sqlalchemy import select
from sqlalchemy.orm import Session

from tests import factories
from tests.factories import viewer_of
from tests.integration.plugins.conftest import Neighbours
from tests.integration.plugins.naive import TAGS, Record, load_records, matching
from webapp.accounts.identity import Viewer
from webapp.core.text import fold
from webapp.plugins.models import PluginTag, Tag
from webapp.plugins.queries import candidates, facets
from webapp.plugins.queries.candidates import Count
from webapp.plugins.queries.criteria import Criteria
from webapp.plugins.queries.facets import Counts, are_kept, come_at_once, kept_counts, load_counts
from webapp.plugins.queries.lists import PluginList, prepare, suggest_tags

pytestmark = pytest.mark.linguistic

SCOPES = ("all", "mine", "account", "platform")


def some_criteria(rng: random.Random) -> Criteria:
    return Criteria(
        scope=rng.choice(SCOPES),
        q=rng.choice(("", "", "candy", "naïve", "a", "50%", "x candy")),
        tags=tuple(fold(tag) for tag in rng.sample(TAGS, rng.choice((0, 0, 1, 2)))),
        plugin_class=rng.choice(("", "", "static", "sql", "api")),
        readiness=rng.choice(("", "", "ready", "attention", "not_ready")),
        owner=rng.choice(("", "", "", "ann", "bob", "odette", "eve", "nobody")),
    )


def recounted(records: list[Record], viewer: Viewer, criteria: Criteria) -> int:
    return len(matching(records, viewer, criteria))


@pytest.mark.parametrize("who", ["ann", "bob", "root"])
def test_every_facet_is_what_a_recount_gives(session: Session, neighbours: Neighbours, who: str) -> None:
    records = load_records(session)
    viewer = viewer_of(getattr(neighbours, who))
    rng = random.Random(who)
    for criteria in [Criteria(), Criteria(scope="all"), *(some_criteria(rng) for _ in range(60))]:
        found = prepare(session, viewer, criteria)
        counts = load_counts(session, found)
        _compare(records, viewer, criteria, counts)
        assert found.total == recounted(records, viewer, Criteria(scope=criteria.scope))
        if not criteria.is_searching:
            kept = kept_counts(session, found)
            assert replace(kept, tags=()) == replace(counts, tags=(), untagged=None)


def _compare(records: list[Record], viewer: Viewer, criteria: Criteria, counts: Counts) -> None:
    assert counts.matching == Count(recounted(records, viewer, criteria)), criteria
    for scope, count in counts.scopes.items():
        if viewer.is_superuser and scope == "all" and criteria.scope != "all":
            assert count is None, "known only on the page that shows everything"
        else:
            assert count == Count(recounted(records, viewer, replace(criteria, scope=scope))), (
                criteria,
                scope,
            )
    for name, count in counts.classes.items():
        assert count.number == recounted(records, viewer, replace(criteria, plugin_class=name)), criteria
    for name, count in counts.readiness.items():
        assert count.number == recounted(records, viewer, replace(criteria, readiness=name)), criteria
    for owner in counts.owners:
        assert owner.count.number == recounted(
            records, viewer, replace(criteria, owner=owner.username_key)
        ), criteria
    expected = Counter(fold(tag) for record in matching(records, viewer, criteria) for tag in record.tags)
    assert {tag.key: tag.count.number for tag in counts.tags if tag.count.number} == dict(expected), criteria


def test_a_filter_with_more_matches_than_are_read_gives_lower_bounds(
    session: Session, neighbours: Neighbours, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(candidates, "CANDIDATES", 10)
    monkeypatch.setattr(candidates, "BOUND", 20)
    records, viewer = load_records(session), viewer_of(neighbours.ann)
    for criteria in (Criteria(q="candy"), Criteria(scope="all", q="candy"), Criteria(tags=("sales",))):
        counts = load_counts(session, prepare(session, viewer, criteria))
        true = recounted(records, viewer, criteria)
        assert true > 20, "the data of this test"
        assert counts.matching == Count(20, True)
        assert all(count.more for count in counts.classes.values())
        for name, count in counts.classes.items():
            assert count.number <= recounted(records, viewer, replace(criteria, plugin_class=name))
        for tag in counts.tags:
            assert tag.count.more
            assert tag.count.number <= recounted(
                records, viewer, replace(criteria, tags=(*criteria.tags, tag.key))
            )
    few = Criteria(q="candy", owner="ann", plugin_class="api", readiness="not_ready")
    counts = load_counts(session, prepare(session, viewer, few))
    assert counts.matching == Count(recounted(records, viewer, few)), "few matches are counted exactly"


def test_kept_counts_need_no_record_and_say_that_a_search_is_not_counted(
    session: Session, neighbours: Neighbours
) -> None:
    viewer = viewer_of(neighbours.ann)
    for criteria in (Criteria(), Criteria(scope="all"), Criteria(scope="platform")):
        assert are_kept(prepare(session, viewer, criteria))
    for criteria in (Criteria(q="a"), Criteria(tags=("x",)), Criteria(scope="mine"), Criteria(owner="bob")):
        found = prepare(session, viewer, criteria)
        assert not are_kept(found)
        assert (kept_counts(session, found).matching is None) == criteria.is_searching


def test_counts_come_with_the_page_only_where_few_records_are_in_reach(
    session: Session, neighbours: Neighbours, monkeypatch: pytest.MonkeyPatch
) -> None:
    viewer = viewer_of(neighbours.ann)
    searching = prepare(session, viewer, Criteria(q="candy"))
    assert come_at_once(searching)
    monkeypatch.setattr(facets, "AT_ONCE", 100)
    assert not come_at_once(searching)
    assert come_at_once(prepare(session, viewer, Criteria())), "what is kept is always there"


def test_the_chosen_tags_come_first_and_stay_without_matches(
    session: Session, neighbours: Neighbours
) -> None:
    viewer = viewer_of(neighbours.ann)
    found = prepare(session, viewer, Criteria(q="no such word", tags=("x", "hr")))
    counts = load_counts(session, found)
    assert [tag.key for tag in counts.tags[:2]] == ["x", "hr"]
    assert {tag.key for tag in counts.tags} == {fold(tag) for tag in TAGS}
    assert all(tag.count == Count(0) for tag in counts.tags)


# ---- nobody else's data ---------------------------------------------------------------------------------------


def test_no_count_tag_owner_or_suggestion_shows_another_tenant(
    session: Session, neighbours: Neighbours
) -> None:
    canary = "canary4711"
    factories.plugin(neighbours.eve, factories.plugin_values(canary, description=canary, tags=(canary,)))
    for person in (neighbours.ann, neighbours.bob, neighbours.odette):
        viewer = viewer_of(person)
        for criteria in (
            *(Criteria(scope=scope) for scope in SCOPES),
            *(Criteria(scope=scope, q=canary) for scope in SCOPES),
            *(Criteria(scope=scope, tags=(canary,)) for scope in SCOPES),
            *(Criteria(scope=scope, owner="eve") for scope in SCOPES),
        ):
            found = prepare(session, viewer, criteria)
            for counts in (kept_counts(session, found), load_counts(session, found)):
                _assert_hidden(counts, found, canary)
        assert suggest_tags(session, viewer, canary) == []
        assert canary not in {tag.name for tag in suggest_tags(session, viewer, "")}
    root = viewer_of(neighbours.root)
    assert load_counts(session, prepare(session, root, Criteria(scope="all", q=canary))).matching == Count(1)
    assert load_counts(
        session, prepare(session, root, Criteria(scope="account", q=canary))
    ).matching == Count(0)


def _assert_hidden(counts: Counts, found: PluginList, canary: str) -> None:
    assert "eve" not in {owner.username for owner in counts.owners}
    shown = {tag.key: tag.count for tag in counts.tags}
    assert shown.get(canary, Count(0)).number == 0
    if canary not in found.criteria.tags:
        assert canary not in shown
    if found.criteria.q or canary in found.criteria.tags or found.criteria.owner:
        assert (counts.matching or Count(0)).number == 0


def test_an_owner_out_of_reach_is_the_same_as_nobody(session: Session, neighbours: Neighbours) -> None:
    viewer = viewer_of(neighbours.ann)
    for scope in SCOPES:
        eve = prepare(session, viewer, Criteria(scope=scope, owner="eve"))
        nobody = prepare(session, viewer, Criteria(scope=scope, owner="nobody"))
        assert eve.reading.branches == nobody.reading.branches == ()
        assert load_counts(session, eve) == load_counts(session, nobody)


def test_a_write_is_seen_by_the_next_count(session: Session, neighbours: Neighbours) -> None:
    criteria = Criteria(q="brandnew")
    viewer = viewer_of(neighbours.ann)
    assert load_counts(session, prepare(session, viewer, criteria)).matching == Count(0)
    factories.plugin(neighbours.bob, factories.plugin_values("brandnew_thing", tags=("brandnew",)))
    viewer = viewer_of(neighbours.ann)
    counts = load_counts(session, prepare(session, viewer, criteria))
    assert counts.matching == Count(1)
    assert ("brandnew", Count(1)) in {(tag.key, tag.count) for tag in counts.tags}


# ---- suggestions ----------------------------------------------------------------------------------------------


def test_suggestions_begin_with_what_was_typed_then_hold_it(session: Session) -> None:
    ann = factories.person()
    for number, tags in enumerate(
        (("Sales",), ("Sales", "pre-sales"), ("pre-sales", "salty"), ("pre-sales",))
    ):
        factories.plugin(ann, factories.plugin_values(f"p_{number}", tags=tags))
    found = suggest_tags(session, viewer_of(ann), "SAL")
    assert [(tag.name, tag.records) for tag in found] == [("Sales", 2), ("salty", 1), ("pre-sales", 3)]
    assert [tag.name for tag in suggest_tags(session, viewer_of(ann), "")] == ["pre-sales", "Sales", "salty"]
    assert suggest_tags(session, viewer_of(ann), "%") == []


def test_suggestions_are_twenty_at_most_and_only_tags_in_use(session: Session) -> None:
    ann = factories.person()
    factories.plugin(ann, factories.plugin_values(tags=tuple(f"tag {number}" for number in range(30))))
    assert len(suggest_tags(session, viewer_of(ann), "tag")) == 20
    unused = factories.person(of=ann.account)
    saved = factories.plugin(unused, factories.plugin_values(tags=("soon unused",)))
    from webapp.plugins.service import update_plugin

    update_plugin(viewer_of(unused), saved.id, saved.revision, factories.plugin_values("other", tags=()))
    assert session.scalar(select(Tag.uses).where(Tag.key == "soon unused")) == 0
    assert suggest_tags(session, viewer_of(ann), "soon") == []


def test_the_kept_uses_of_tags_are_what_a_recount_gives(session: Session, neighbours: Neighbours) -> None:
    for tag in session.scalars(select(Tag)):
        carried = session.scalars(select(PluginTag.plugin_id).where(PluginTag.tag_id == tag.id)).all()
        assert tag.uses == len(carried)
