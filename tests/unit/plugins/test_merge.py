from __future__ import annotations

from dataclasses import replace
from typing import Any

import pytest
from hypothesis import given
from hypothesis import strategies as st

from tests.unit.plugins.form_values import plugin_values
from webapp.manifests.merge import ABSENT, MINE, THEIRS, Clash
from webapp.plugins.merge import merge, merge_field
from webapp.plugins.values import (
    ApiData,
    Header,
    Parameter,
    PluginValues,
    PromptValues,
    SelectorValues,
    SqlData,
    StaticData,
)

BASE = PluginValues(
    name="opening_hours",
    plugin_class="static",
    description="When the room is open.",
    version="1.0.0",
    tags=("a", "b", "c"),
    annotations=({"team": "desk"}, {"size": 1}),
    selector=SelectorValues("search_terms", ("open", "closed")),
    prompt=PromptValues(system_role="Help.", temperature=0.5, max_tokens=256),
    data=StaticData("Hours.", {"monday": 9, "tuesday": 10}),
)
SQL = replace(
    BASE,
    plugin_class="sql",
    data=SqlData("one", "SELECT {a}", parameters=(Parameter("a"), Parameter("b"))),
)


def clash_ids(clashes: tuple[Clash, ...]) -> list[str]:
    return [clash.id for clash in clashes]


def static(data: Any) -> PluginValues:
    return replace(BASE, data=StaticData("Hours.", data))


def prompt(**changes: Any) -> PluginValues:
    assert BASE.prompt
    return replace(BASE, prompt=replace(BASE.prompt, **changes))


@given(plugin_values(), plugin_values())
def test_what_only_they_changed_is_theirs(base: PluginValues, theirs: PluginValues) -> None:
    found = merge(base, theirs, base)
    assert found.clashes == ()
    assert repr(found.resolve({})) == repr(theirs)


@given(plugin_values(), plugin_values())
def test_what_only_i_changed_is_mine(base: PluginValues, mine: PluginValues) -> None:
    found = merge(base, base, mine)
    assert found.clashes == ()
    assert repr(found.resolve({})) == repr(mine)


@given(plugin_values(), plugin_values())
def test_the_same_change_on_both_sides_is_no_clash(base: PluginValues, both: PluginValues) -> None:
    found = merge(base, both, both)
    assert found.clashes == ()
    assert repr(found.resolve({})) == repr(both)
    assert found.changes_nothing


@given(plugin_values(), plugin_values())
def test_without_a_base_choosing_one_side_everywhere_gives_that_side(
    theirs: PluginValues, mine: PluginValues
) -> None:
    found = merge(None, theirs, mine)
    assert repr(found.resolve({clash.id: THEIRS for clash in found.clashes})) == repr(theirs)
    assert repr(found.resolve({clash.id: MINE for clash in found.clashes})) == repr(mine)
    assert found.taken == ()


@given(plugin_values(), plugin_values(), plugin_values(), st.data())
def test_any_choices_give_values_that_history_can_hold(
    base: PluginValues, theirs: PluginValues, mine: PluginValues, data: st.DataObject
) -> None:
    found = merge(base, theirs, mine)
    ids = clash_ids(found.clashes)
    assert len(ids) == len(set(ids))
    choices = {name: data.draw(st.sampled_from([THEIRS, MINE])) for name in ids}
    assert found.undecided(choices) == ()
    values = found.resolve(choices)
    assert PluginValues.from_dict(values.to_dict()) == values


def test_one_field_changed_by_both_is_a_clash() -> None:
    found = merge(BASE, replace(BASE, description="Theirs."), replace(BASE, description="Mine."))
    (clash,) = found.clashes
    assert (clash.id, clash.label) == ("description", "Description")
    assert (clash.base, clash.theirs, clash.mine) == (BASE.description, "Theirs.", "Mine.")
    assert found.resolve({"description": THEIRS}).description == "Theirs."
    assert found.resolve({"description": MINE}).description == "Mine."


def test_an_undecided_clash_keeps_what_i_typed_and_is_counted() -> None:
    found = merge(BASE, replace(BASE, description="Theirs."), replace(BASE, description="Mine."))
    assert found.resolve({}).description == "Mine."
    assert found.undecided({"description": "both"}) == found.clashes
    assert not found.changes_nothing


def test_changes_of_different_fields_do_not_clash() -> None:
    found = merge(BASE, prompt(system_role="Theirs."), prompt(max_tokens=512))
    assert found.clashes == ()
    assert found.resolve({}).prompt == PromptValues(system_role="Theirs.", temperature=0.5, max_tokens=512)
    assert {(taken.label, taken.side) for taken in found.taken} == {
        ("System role", THEIRS),
        ("Max tokens", MINE),
    }


def test_tags_merge_one_by_one() -> None:
    theirs = replace(BASE, tags=("a", "b", "c", "promo"))
    mine = replace(BASE, tags=("a", "c", "seasonal"))
    found = merge(BASE, theirs, mine)
    assert found.clashes == ()
    assert found.resolve({}).tags == ("a", "c", "seasonal", "promo")
    assert {(taken.side, str(taken.before), str(taken.after)) for taken in found.taken} == {
        (MINE, "b", "ABSENT"),
        (THEIRS, "ABSENT", "promo"),
        (MINE, "ABSENT", "seasonal"),
    }


def test_a_new_tag_stays_where_it_was_put() -> None:
    found = merge(
        BASE, replace(BASE, tags=("a", "b", "c", "z")), replace(BASE, tags=("new", "a", "mid", "b", "c"))
    )
    assert found.resolve({}).tags == ("new", "a", "mid", "b", "c", "z")


def test_my_order_counts_when_only_i_moved_something() -> None:
    found = merge(BASE, replace(BASE, tags=("a", "b", "c", "z")), replace(BASE, tags=("c", "b", "a")))
    assert found.resolve({}).tags == ("c", "z", "b", "a")


def test_an_annotation_changed_by_both_clashes_alone() -> None:
    theirs = replace(BASE, annotations=({"team": "kitchen"}, {"size": 1}, {"new": "theirs"}))
    mine = replace(BASE, annotations=({"team": "office"}, {"size": 1}))
    found = merge(BASE, theirs, mine)
    assert clash_ids(found.clashes) == ["annotations.team"]
    assert found.resolve({"annotations.team": MINE}).annotations == (
        {"team": "office"},
        {"size": 1},
        {"new": "theirs"},
    )


def test_changing_what_the_other_side_removed_is_a_clash() -> None:
    found = merge(
        BASE,
        replace(BASE, annotations=({"size": 1},)),
        replace(BASE, annotations=({"team": "office"}, {"size": 1})),
    )
    (clash,) = found.clashes
    assert clash.theirs is ABSENT
    assert found.resolve({clash.id: THEIRS}).annotations == ({"size": 1},)
    assert found.resolve({clash.id: MINE}).annotations == ({"team": "office"}, {"size": 1})


def test_annotations_that_cannot_be_told_apart_are_one_field() -> None:
    twins = replace(BASE, annotations=({"team": "a"}, {"team": "b"}))
    found = merge(BASE, twins, replace(BASE, annotations=()))
    assert clash_ids(found.clashes) == ["annotations"]


def test_one_is_not_true_and_not_one_point_zero() -> None:
    theirs = replace(BASE, annotations=({"team": "desk"}, {"size": True}))
    mine = replace(BASE, annotations=({"team": "desk"}, {"size": 1.0}))
    assert clash_ids(merge(BASE, theirs, mine).clashes) == ["annotations.size"]


def test_keys_of_static_data_merge_one_by_one() -> None:
    found = merge(
        BASE,
        static({"monday": 8, "tuesday": 10}),
        static({"monday": 9, "tuesday": 10, "friday": [1]}),
    )
    assert found.clashes == ()
    data = found.resolve({}).data
    assert isinstance(data, StaticData)
    assert list(data.static_data.items()) == [("monday", 8), ("tuesday", 10), ("friday", [1])]


def test_a_key_of_static_data_changed_by_both_is_named() -> None:
    (clash,) = merge(BASE, static({"monday": 8}), static({"monday": 7, "tuesday": 10})).clashes
    assert (clash.id, clash.label) == ("data.static_data.monday", "Static data monday")


def test_static_data_of_another_shape_is_one_field() -> None:
    assert clash_ids(merge(BASE, static([1]), static({"monday": 1})).clashes) == ["data.static_data"]


def test_parameters_merge_by_name() -> None:
    def parameters(*items: Parameter) -> PluginValues:
        return replace(SQL, data=SqlData("one", "SELECT {a}", parameters=items))

    found = merge(
        SQL,
        parameters(Parameter("a", description="Theirs."), Parameter("b")),
        parameters(Parameter("a"), Parameter("b"), Parameter("c")),
    )
    assert found.clashes == ()
    data = found.resolve({}).data
    assert isinstance(data, SqlData)
    assert [(item.name, item.description) for item in data.parameters] == [
        ("a", "Theirs."),
        ("b", ""),
        ("c", ""),
    ]


def test_headers_are_the_same_whatever_their_case() -> None:
    def api(*headers: Header) -> PluginValues:
        return replace(BASE, plugin_class="api", data=ApiData("one", "/", headers=headers))

    found = merge(api(Header("Accept", "a")), api(Header("accept", "b")), api(Header("Accept", "c")))
    assert clash_ids(found.clashes) == ["data.headers.accept"]


def test_another_class_is_decided_together_with_its_data() -> None:
    found = merge(BASE, SQL, static({"monday": 8}))
    assert clash_ids(found.clashes) == ["data"]
    assert found.resolve({"data": THEIRS}) == SQL
    assert found.resolve({"data": MINE}) == static({"monday": 8})


def test_a_part_that_one_side_took_away_is_decided_as_a_whole() -> None:
    found = merge(BASE, replace(BASE, prompt=None), prompt(max_tokens=1))
    assert clash_ids(found.clashes) == ["prompt"]
    assert found.resolve({"prompt": THEIRS}).prompt is None


@pytest.mark.parametrize(
    ("theirs", "mine", "merged", "side"),
    [
        ("1.0.1", "1.0.0", "1.0.1", THEIRS),
        ("1.0.0", "1.1.0", "1.1.0", MINE),
        ("1.0.1", "1.0.1", "1.0.1", None),
        ("1.0.1", "1.1.0", "1.1.0", MINE),
        ("1.1.0", "1.0.1", "1.1.1", "next"),
        ("2.0.0", "2.0.0-rc.1", "2.0.1", "next"),
    ],
)
def test_versions_that_both_raised_lead_to_the_next_one(
    theirs: str, mine: str, merged: str, side: str | None
) -> None:
    found = merge(BASE, replace(BASE, version=theirs), replace(BASE, version=mine))
    assert found.clashes == ()
    assert found.resolve({}).version == merged
    assert [taken.side for taken in found.taken] == ([] if side is None else [side])


def test_without_a_base_a_difference_is_never_taken_silently() -> None:
    found = merge(None, replace(BASE, tags=("a",)), replace(BASE, version="1.0.1"))
    assert set(clash_ids(found.clashes)) == {"tags", "version"}
    assert all(clash.base is ABSENT for clash in found.clashes)


@pytest.mark.parametrize(
    ("base", "theirs", "mine", "found"),
    [
        ("a", "a", "b", "b"),
        ("a", "b", "a", "b"),
        ("a", "b", "b", "b"),
        ("a", "b", "c", None),
        (None, "b", "b", "b"),
        (None, "b", "c", None),
    ],
)
def test_a_single_field_is_decided_by_a_person_only_when_both_changed_it(
    base: str | None, theirs: str, mine: str, found: str | None
) -> None:
    began = None if base is None else replace(BASE, description=base)
    stands = replace(BASE, description=theirs, version="9.0.0")
    merged = merge_field(began, stands, "description", mine)
    assert merged == (None if found is None else replace(stands, description=found))


def test_tags_that_two_people_added_are_both_kept() -> None:
    stands = replace(BASE, tags=("a", "b", "theirs"), description="Theirs.")
    found = merge_field(BASE, stands, "tags", ("b", "c", "mine"))
    assert found is not None
    assert set(found.tags) == {"b", "theirs", "mine"}
    assert replace(found, tags=stands.tags) == stands
    assert merge_field(BASE, replace(BASE, tags=("a", "New")), "tags", ("a", "new")) is None
    assert merge_field(None, stands, "tags", ("x",)) is None
