from __future__ import annotations

import pytest
from hypothesis import example, given, settings
from hypothesis import strategies as st
from sqlalchemy.orm import Session

from tests import factories
from tests.databases import count_statements
from tests.factories import viewer_of
from tests.integration.plugins.conftest import Neighbours
from tests.integration.plugins.naive import WORDS, load_records, matching
from webapp.plugins.queries import lists, planning, reading
from webapp.plugins.queries.criteria import Criteria
from webapp.plugins.queries.listing import load_page
from webapp.plugins.queries.lists import prepare

pytestmark = pytest.mark.linguistic

PIECES = (
    *WORDS,
    *(
        "cand",
        "ndy",
        "größe",
        "GRÖSSE",
        "finance",
        "ance",
        "日本",
        "日本語",
        "k\\s",
        "0%",
        "%",
        "_",
        "e_c",
        '"hi',
        "'",
        "x",
    ),
    *(
        "map",
        "p_1",
        "sales",
        "sales s",
        "ünd",
        "Ü",
        "10",
        "100%",
        "nothing",
        "zz",
        "i̇",
        "a_b",
        "*",
        "OR",
        "NEAR(",
        "body:",
    ),
)
queries = st.one_of(
    st.sampled_from(PIECES),
    st.lists(st.sampled_from(PIECES), min_size=2, max_size=3).map(" ".join),
    st.text(alphabet="candyß%_\"'\\*() ﬁİa0", max_size=8),
)


@pytest.fixture(params=["chosen", "index", "scan"])
def way(request: pytest.FixtureRequest, monkeypatch: pytest.MonkeyPatch) -> str:
    """Search the way the counts suggest, always by the index, or always by a scan."""
    if request.param == "index":
        monkeypatch.setattr(lists, "PROBED_FROM", 0)
        monkeypatch.setattr(planning, "COLLECT_COST", 0)
    if request.param == "scan":
        monkeypatch.setattr(reading, "choose_driver", lambda *_args, **_more: None)
    name: str = request.param
    return name


def test_a_search_finds_what_a_plain_look_at_every_record_finds(
    session: Session, neighbours: Neighbours, way: str
) -> None:
    records = load_records(session)
    viewer, root = viewer_of(neighbours.ann), viewer_of(neighbours.root)

    @settings(max_examples=40)
    @given(queries, st.sampled_from(["all", "account", "mine"]))
    @example("50%", "all")
    @example("a_b", "all")
    @example('say "hi"', "all")
    @example("back\\slash", "all")
    @example("finance", "account")
    @example("x", "account")
    def check(q: str, scope: str) -> None:
        for person in (viewer, root):
            criteria = Criteria(scope=scope, q=q)
            page = load_page(session, prepare(session, person, criteria).reading, "name", descending=False)
            expected = {record.id for record in matching(records, person, criteria)}
            found = {row.id for row in page.rows}
            # Fifty rows come at most; which fifty is the business of the tests of paging.
            assert found <= expected
            assert len(found) == min(50, len(expected)), f"{q!r} in {scope} by {way}"

    check()


def test_words_of_a_search_must_all_match(session: Session) -> None:
    ann = factories.person()
    for name, description in (("one", "red apples"), ("two", "green apples"), ("three", "red pears")):
        factories.plugin(ann, factories.plugin_values(name, description=description, tags=()))
    assert _names(session, ann, "red apples") == ["one"]
    assert _names(session, ann, "APPLES  red") == ["one"]
    assert _names(session, ann, "apples pears") == []
    assert _names(session, ann, "pple") == ["one", "two"]


def test_one_or_two_characters_match_beginnings_only(session: Session) -> None:
    ann = factories.person()
    for name, tags in (("go_there", ()), ("cargo", ("shipping",)), ("parcel", ("Go fast",))):
        factories.plugin(ann, factories.plugin_values(name, description="go on", tags=tags))
    assert _names(session, ann, "go") == ["go_there", "parcel"]
    assert _names(session, ann, "g") == ["go_there", "parcel"]
    assert _names(session, ann, "ca") == ["cargo"]
    assert _names(session, ann, "go parc") == ["parcel"]


def test_no_letter_on_the_way_to_a_name_empties_the_list(session: Session, way: str) -> None:
    ann = factories.person()
    factories.plugin(
        ann, factories.plugin_values("order_status", description="Where it is", tags=("On-time",))
    )
    for typed, first in (("order status", 1), ("where is", 3), ("order time", 1)):
        for end in range(first, len(typed) + 1):
            assert _names(session, ann, typed[:end]) == ["order_status"], f"{typed[:end]!r} by {way}"
    assert _names(session, ann, "order tu") == [], "a short word begins one"


@pytest.mark.parametrize("q", ["%", "_", "%%%", "___", '"', "'", "\\", "a%b", "*", "^", "NOT", "-"])
def test_no_character_is_a_wildcard_or_breaks_the_search(session: Session, q: str) -> None:
    ann = factories.person()
    factories.plugin(ann, factories.plugin_values("plain", description="Nothing special here", tags=()))
    assert _names(session, ann, q) == (["plain"] if q == "NOT" and "not" in "nothing" else [])


def test_a_search_sees_the_record_after_each_write(session: Session) -> None:
    from webapp.plugins.service import update_plugin

    ann = factories.person()
    values = factories.plugin_values("parrot", description="It talks", tags=("bird",))
    saved = factories.plugin(ann, values)
    assert _names(session, ann, "talks") == ["parrot"]
    changed = factories.plugin_values("parrot", description="It sleeps", tags=("pet",))
    update_plugin(viewer_of(ann), saved.id, saved.revision, changed)
    assert _names(session, ann, "talks") == _names(session, ann, "bird") == []
    assert _names(session, ann, "sleeps") == _names(session, ann, "pet") == ["parrot"]


def test_hits_are_counted_in_one_statement_for_all_accounts(
    session: Session, neighbours: Neighbours, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(lists, "PROBED_FROM", 0)
    viewer = viewer_of(neighbours.ann)
    prepare(session, viewer, Criteria(scope="all"))
    with count_statements() as statements:
        prepare(session, viewer, Criteria(scope="all", q="candy"))
    assert len(statements) == 1
    with count_statements() as statements:
        prepare(session, viewer, Criteria(scope="all", q="candy"))
    assert statements == [], "the hits are kept until something is written"


def _names(session: Session, person: factories.Person, q: str) -> list[str]:
    found = prepare(session, viewer_of(person), Criteria(q=q))
    return [row.name for row in load_page(session, found.reading, "name", descending=False).rows]
