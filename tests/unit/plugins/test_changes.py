"""What an act does to the values of each record, and when it would overwrite somebody else's write."""

from __future__ import annotations

from dataclasses import replace

import pytest

from webapp.core.errors import InvalidInput
from webapp.plugins.changes import (
    AddTags,
    Change,
    ClearAnnotation,
    RaiseVersion,
    RemoveTags,
    SetAnnotation,
    SetDescription,
    SetVersion,
)
from webapp.plugins.values import PluginValues

SEEN = PluginValues("sweets", "static", "Seen.", tags=("Shop",), annotations=({"team": 1}, {"rank": 2}))


def test_tags_are_told_apart_by_their_folded_spelling() -> None:
    assert AddTags(("SHOP", "new")).apply(SEEN).tags == ("Shop", "new")
    assert RemoveTags(("sHOP",)).apply(SEEN).tags == ()


def test_an_annotation_is_replaced_where_it_stands_and_once() -> None:
    twice = replace(SEEN, annotations=({"team": 1}, {"rank": 2}, {"team": 3}))
    assert SetAnnotation("team", "a").apply(twice).annotations == ({"team": "a"}, {"rank": 2})
    assert SetAnnotation("new", "a").apply(SEEN).annotations == ({"team": 1}, {"rank": 2}, {"new": "a"})
    assert ClearAnnotation("team").apply(twice).annotations == ({"rank": 2},)


def test_a_version_that_cannot_be_raised_is_refused() -> None:
    with pytest.raises(InvalidInput):
        RaiseVersion("patch").apply(replace(SEEN, version=f"1.0.{'9' * 124}"))


@pytest.mark.parametrize(
    ("change", "now", "field"),
    [
        (SetDescription("Mine."), replace(SEEN, description="Theirs."), "description"),
        (SetDescription("Mine."), replace(SEEN, description="Mine."), ""),
        (SetDescription("Mine."), replace(SEEN, version="2.0.0"), ""),
        (SetVersion("3.0.0"), replace(SEEN, version="2.0.0"), "version"),
        (RaiseVersion("patch"), replace(SEEN, version="2.0.0"), "version"),
        (SetAnnotation("team", 5), replace(SEEN, annotations=({"team": 4},)), "annotation team"),
        (SetAnnotation("team", 5), replace(SEEN, annotations=({"team": 1}, {"rank": 7})), ""),
        (SetAnnotation("team", True), replace(SEEN, annotations=({"team": 1.0},)), "annotation team"),
        (ClearAnnotation("team"), replace(SEEN, annotations=()), ""),
        (AddTags(("new",)), replace(SEEN, tags=()), ""),
        (RemoveTags(("shop",)), replace(SEEN, tags=("Shop", "more")), ""),
    ],
)
def test_only_the_same_field_of_somebody_else_is_not_overwritten(
    change: Change, now: PluginValues, field: str
) -> None:
    assert change.overwrites(SEEN, now) == field


def test_without_what_was_seen_nobody_can_tell() -> None:
    assert SetDescription("Mine.").overwrites(None, SEEN) == "description"
    assert AddTags(("new",)).overwrites(None, SEEN) == ""
