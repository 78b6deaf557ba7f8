"""Rename, merge, aliases and removal of tags, and taking each back: records, counts, history, who may."""

from __future__ import annotations

import pytest
from flask import Flask
from sqlalchemy.orm import Session

from tests import factories
from tests.factories import Person, viewer_of
from tests.integration.plugins.recount import check_counts
from tests.integration.tags.gardening import aliases, all_tags, last_revision, merge, rename, tag_id, tags_of
from webapp.activity import service as acts
from webapp.activity.kinds import Kinds
from webapp.core.errors import Conflict, InvalidInput, NotFound, PermissionDenied
from webapp.history.models import Unit
from webapp.history.queries import unit_key
from webapp.plugins import service as plugins
from webapp.tags import service
from webapp.tags.queries.reach import load_reach

pytestmark = pytest.mark.linguistic


@pytest.fixture
def bob(session: Session) -> Person:
    """Return a person of the staff."""
    return factories.person("bob", role="staff")


@pytest.fixture
def ann(bob: Person) -> Person:
    """Return a member of the same account."""
    return factories.person("ann", of=bob.account)


@pytest.fixture
def kinds(app: Flask) -> Kinds:
    """Return the kinds of records of the application."""
    found: Kinds = app.extensions["history_kinds"]
    return found


def undo(session: Session, somebody: Person, unit_id: int | None, kinds: Kinds) -> acts.Report:
    assert unit_id is not None
    session.rollback()
    return acts.undo_unit(viewer_of(somebody), unit_key(unit_id), kinds)


def test_a_renamed_tag_keeps_its_place_and_each_record_says_so(
    session: Session, bob: Person, ann: Person
) -> None:
    first = factories.plugin(ann, name="first", tags=("x", "Candy", "y"))
    factories.plugin(bob, name="second", tags=("candy",))
    other = factories.plugin(bob, name="third", tags=("x",))
    done = rename(session, bob, "candy", "Sweets")
    assert done.plugins == 2
    assert tags_of(session, "first") == ["x", "Sweets", "y"]
    assert tags_of(session, "second") == ["Sweets"]
    assert all_tags(session, bob) == {"Sweets": 2, "x": 2, "y": 1}
    assert aliases(session, bob) == {"Candy": "Sweets"}
    revision = last_revision(session, first.id)
    assert (revision.revision, revision.action, revision.changed) == (2, "update", ["tags"])
    assert revision.snapshot["tags"] == ["x", "Sweets", "y"]
    assert revision.unit_id == done.unit_id
    assert last_revision(session, other.id).revision == 1
    unit = session.get_one(Unit, done.unit_id)
    assert unit.title == "Renamed tag Candy to Sweets"
    assert unit.records == 3
    check_counts(session)


def test_a_tag_may_be_spelled_in_another_case(session: Session, bob: Person, kinds: Kinds) -> None:
    saved = factories.plugin(bob, name="first", tags=("API",))
    done = rename(session, bob, "API", "api")
    assert tags_of(session, "first") == ["api"]
    assert aliases(session, bob) == {}
    assert last_revision(session, saved.id).snapshot["tags"] == ["api"]
    report = undo(session, bob, done.unit_id, kinds)
    assert report.is_complete
    assert tags_of(session, "first") == ["API"]
    assert last_revision(session, saved.id).snapshot["tags"] == ["API"]
    check_counts(session)


def test_a_tag_cannot_take_the_name_of_another_one(session: Session, bob: Person) -> None:
    factories.plugin(bob, tags=("candy", "sweets", "goods"))
    rename(session, bob, "goods", "wares")
    with pytest.raises(InvalidInput) as refused:
        rename(session, bob, "candy", "SWEETS")
    assert refused.value.errors["name"][0].code == "unique"
    with pytest.raises(InvalidInput) as refused:
        rename(session, bob, "candy", "Goods")
    assert refused.value.errors["name"][0].code == "alias"
    with pytest.raises(InvalidInput):
        rename(session, bob, "candy", "a,b")
    assert all_tags(session, bob) == {"candy": 1, "sweets": 1, "wares": 1}


def test_a_rename_is_undone_with_everything_and_done_again(
    session: Session, bob: Person, kinds: Kinds
) -> None:
    saved = factories.plugin(bob, name="first", tags=("x", "candy"))
    factories.plugin(bob, name="second", tags=("candy",))
    done = rename(session, bob, "candy", "sweets")
    report = undo(session, bob, done.unit_id, kinds)
    assert report.is_complete
    assert len(report.of("undone")) == 3
    assert all_tags(session, bob) == {"candy": 2, "x": 1}
    assert aliases(session, bob) == {}
    assert tags_of(session, "first") == ["x", "candy"]
    assert last_revision(session, saved.id).snapshot["tags"] == ["x", "candy"]
    check_counts(session)
    again = undo(session, bob, report.undo_id, kinds)
    assert again.is_complete
    assert all_tags(session, bob) == {"sweets": 2, "x": 1}
    assert aliases(session, bob) == {"candy": "sweets"}
    check_counts(session)


def test_merged_tags_become_one_in_the_place_of_the_first(session: Session, bob: Person) -> None:
    factories.plugin(bob, name="both", tags=("candies", "x", "candy"))
    factories.plugin(bob, name="one", tags=("x", "candies", "y"))
    factories.plugin(bob, name="two", tags=("sweet", "x", "candies"))
    factories.plugin(bob, name="none", tags=("candy",))
    done = merge(session, bob, ["candies", "sweet"], "candy")
    assert done.plugins == 3
    assert tags_of(session, "both") == ["x", "candy"]
    assert tags_of(session, "one") == ["x", "candy", "y"]
    assert tags_of(session, "two") == ["candy", "x"]
    assert all_tags(session, bob) == {"candy": 4, "x": 3, "y": 1}
    assert aliases(session, bob) == {"candies": "candy", "sweet": "candy"}
    check_counts(session)


def test_a_merge_is_undone_with_everything_and_done_again(
    session: Session, bob: Person, kinds: Kinds
) -> None:
    factories.plugin(bob, name="both", tags=("candies", "x", "candy"))
    factories.plugin(bob, name="one", tags=("x", "candies", "y"))
    factories.plugin(bob, name="two", tags=("sweet", "x", "candies"))
    service.add_alias(viewer_of(bob), tag_id(session, bob, "candies"), "bonbons")
    done = merge(session, bob, ["candies", "sweet"], "candy")
    assert aliases(session, bob) == {"bonbons": "candy", "candies": "candy", "sweet": "candy"}
    report = undo(session, bob, done.unit_id, kinds)
    assert report.is_complete, report.of("refused")
    assert all_tags(session, bob) == {"candies": 3, "candy": 1, "sweet": 1, "x": 3, "y": 1}
    assert aliases(session, bob) == {"bonbons": "candies"}
    assert sorted(tags_of(session, "both")) == ["candies", "candy", "x"]
    assert tags_of(session, "one") == ["x", "candies", "y"]
    assert sorted(tags_of(session, "two")) == ["candies", "sweet", "x"]
    check_counts(session)
    again = undo(session, bob, report.undo_id, kinds)
    assert again.is_complete, again.of("refused")
    assert all_tags(session, bob) == {"candy": 3, "x": 3, "y": 1}
    assert aliases(session, bob) == {"bonbons": "candy", "candies": "candy", "sweet": "candy"}
    check_counts(session)


def test_what_others_changed_since_stays_and_is_reported(session: Session, bob: Person, kinds: Kinds) -> None:
    kept = factories.plugin(bob, name="kept", tags=("candies",))
    gone = factories.plugin(bob, name="gone", tags=("candies",))
    factories.plugin(bob, name="other", tags=("candy",))
    done = merge(session, bob, ["candies"], "candy")
    plugins.delete_plugin(viewer_of(bob), gone.id, 2)
    plugins.update_field(viewer_of(bob), kept.id, 2, "description", "New words.")
    report = undo(session, bob, done.unit_id, kinds)
    assert [result.span.name for result in report.of("refused")] == ["gone"]
    assert tags_of(session, "kept") == ["candies"]
    assert all_tags(session, bob) == {"candies": 1, "candy": 1}
    check_counts(session)


def test_plugins_in_the_bin_follow_and_come_out_with_the_tag_of_today(
    session: Session, bob: Person, kinds: Kinds
) -> None:
    binned = factories.plugin(bob, name="binned", tags=("x", "candies", "candy", "sweet"))
    plugins.delete_plugin(viewer_of(bob), binned.id, 1)
    only = factories.plugin(bob, name="only", tags=("sweet", "x"))
    plugins.delete_plugin(viewer_of(bob), only.id, 1)
    factories.plugin(bob, tags=("candies",))
    done = merge(session, bob, ["candies", "sweet"], "candy")
    assert tags_of(session, "binned") == ["x", "candy"]
    assert tags_of(session, "only") == ["candy", "x"]
    assert undo(session, bob, done.unit_id, kinds).is_complete
    assert tags_of(session, "binned") == ["x", "candies", "candy", "sweet"]
    assert tags_of(session, "only") == ["sweet", "x"]
    rename(session, bob, "sweet", "Treats")
    plugins.restore_plugin(viewer_of(bob), only.id, 2)
    assert tags_of(session, "only") == ["Treats", "x"]
    assert all_tags(session, bob) == {"candies": 1, "candy": 0, "Treats": 1, "x": 1}
    check_counts(session)


def test_whoever_writes_an_alias_gets_the_tag(session: Session, bob: Person) -> None:
    saved = factories.plugin(bob, name="first", tags=("candy",))
    viewer = viewer_of(bob)
    service.add_alias(viewer, tag_id(session, bob, "candy"), "Bonbons")
    factories.plugin(bob, name="second", tags=("BONBONS", "candy", "x"))
    assert tags_of(session, "second") == ["candy", "x"]
    same = plugins.update_field(viewer, saved.id, 1, "tags", ("bonbons",))
    assert not same.changed
    more = plugins.update_field(viewer, saved.id, 1, "tags", ("bonbons", "CANDY", "y"))
    assert more.revision == 2
    assert tags_of(session, "first") == ["candy", "y"]
    assert last_revision(session, saved.id).snapshot["tags"] == ["candy", "y"]
    check_counts(session)


def test_many_records_at_once_take_the_tag_for_its_alias(session: Session, bob: Person) -> None:
    factories.plugin(bob, name="first", tags=("candy",))
    service.add_alias(viewer_of(bob), tag_id(session, bob, "candy"), "bonbons")
    writings = [
        plugins.PluginWriting(factories.plugin_values(f"many_{number}", tags=("bonbons", "x", "candy")))
        for number in range(3)
    ]
    plugins.write_plugins(viewer_of(bob), plugins.prepare_plugins(writings))
    assert tags_of(session, "many_1") == ["candy", "x"]
    assert all_tags(session, bob) == {"candy": 4, "x": 3}
    check_counts(session)


def test_there_are_no_chains_of_aliases(session: Session, bob: Person) -> None:
    factories.plugin(bob, tags=("a", "b", "c"))
    rename(session, bob, "a", "a2")
    merge(session, bob, ["a2"], "b")
    merge(session, bob, ["b"], "c")
    assert aliases(session, bob) == {"a": "c", "a2": "c", "b": "c"}
    rename(session, bob, "c", "a")
    assert aliases(session, bob) == {"a2": "a", "b": "a", "c": "a"}
    check_counts(session)


def test_an_alias_is_no_tag_and_no_alias_of_another_one(session: Session, bob: Person) -> None:
    factories.plugin(bob, tags=("candy", "x"))
    viewer, candy, x = viewer_of(bob), tag_id(session, bob, "candy"), tag_id(session, bob, "x")
    service.add_alias(viewer, candy, "bonbons")
    for name, code in (("X", "unique"), ("Candy", "same"), ("BONBONS", "alias"), ("a,b", "comma")):
        with pytest.raises(InvalidInput) as refused:
            service.add_alias(viewer, candy, name)
        assert refused.value.errors["name"][0].code == code
    with pytest.raises(InvalidInput):
        service.add_alias(viewer, x, "bonbons")
    assert service.remove_alias(viewer, candy, "Bonbons").unit_id
    with pytest.raises(NotFound):
        service.remove_alias(viewer, candy, "bonbons")
    assert aliases(session, bob) == {}
    factories.plugin(bob, tags=("bonbons",))
    assert all_tags(session, bob) == {"bonbons": 1, "candy": 1, "x": 1}


def test_an_alias_is_taken_back(session: Session, bob: Person, kinds: Kinds) -> None:
    factories.plugin(bob, tags=("candy",))
    made = service.add_alias(viewer_of(bob), tag_id(session, bob, "candy"), "bonbons")
    report = undo(session, bob, made.unit_id, kinds)
    assert report.is_complete
    assert aliases(session, bob) == {}
    undo(session, bob, report.undo_id, kinds)
    assert aliases(session, bob) == {"bonbons": "candy"}


def test_an_unused_tag_is_removed_and_brought_back(session: Session, bob: Person, kinds: Kinds) -> None:
    saved = factories.plugin(bob, tags=("candy", "x"))
    candy = tag_id(session, bob, "candy")
    with pytest.raises(Conflict):
        service.remove_tag(viewer_of(bob), candy)
    service.add_alias(viewer_of(bob), candy, "bonbons")
    plugins.update_field(viewer_of(bob), saved.id, 1, "tags", ("x",))
    done = service.remove_tag(viewer_of(bob), candy)
    assert all_tags(session, bob) == {"x": 1}
    assert aliases(session, bob) == {}
    report = undo(session, bob, done.unit_id, kinds)
    assert all_tags(session, bob) == {"candy": 0, "x": 1}
    assert aliases(session, bob) == {"bonbons": "candy"}
    assert undo(session, bob, report.undo_id, kinds).is_complete
    assert all_tags(session, bob) == {"x": 1}


def test_a_tag_that_waits_in_the_bin_is_not_removed(session: Session, bob: Person) -> None:
    saved = factories.plugin(bob, tags=("candy",))
    plugins.delete_plugin(viewer_of(bob), saved.id, 1)
    with pytest.raises(Conflict, match="bin"):
        service.remove_tag(viewer_of(bob), tag_id(session, bob, "candy"))


def test_a_member_gardens_tags_that_only_their_own_plugins_carry(
    session: Session, bob: Person, ann: Person
) -> None:
    factories.plugin(ann, tags=("own", "shared"))
    factories.plugin(bob, tags=("shared",))
    assert rename(session, ann, "own", "mine").plugins == 1
    with pytest.raises(PermissionDenied, match="1 plugin of another person carries it"):
        rename(session, ann, "shared", "ours")
    with pytest.raises(PermissionDenied):
        merge(session, ann, ["shared"], "mine")
    assert merge(session, ann, ["mine"], "shared").plugins == 1
    with pytest.raises(PermissionDenied):
        service.add_alias(viewer_of(ann), tag_id(session, ann, "shared"), "common")
    check_counts(session)


def test_the_tags_of_another_account_are_as_unknown_as_none(session: Session, bob: Person) -> None:
    factories.plugin(bob, tags=("candy",))
    eve = factories.person("eve", role="staff")
    factories.plugin(eve, tags=("candy",))
    theirs, viewer = tag_id(session, bob, "candy"), viewer_of(eve)
    with pytest.raises(NotFound):
        service.add_alias(viewer, theirs, "bonbons")
    with pytest.raises(NotFound):
        service.remove_tag(viewer, theirs)
    with pytest.raises(NotFound):
        service.rename_tag(viewer, theirs, "x", keep_alias=True, seen="?")
    rename(session, eve, "candy", "sweets")
    assert all_tags(session, bob) == {"candy": 1}
    assert aliases(session, bob) == {}


def test_what_is_not_what_was_shown_is_not_done(session: Session, bob: Person) -> None:
    factories.plugin(bob, tags=("candy",))
    candy = tag_id(session, bob, "candy")
    seen = load_reach(session, [candy]).digest([candy])
    factories.plugin(bob, tags=("candy",))
    with pytest.raises(service.Moved):
        rename(session, bob, "candy", "sweets", seen=seen)
    assert all_tags(session, bob) == {"candy": 2}
