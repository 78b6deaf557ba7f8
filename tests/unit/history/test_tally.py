from __future__ import annotations

import re

import pytest

from webapp.history.tally import from_tally, holds, net_action, to_tally

COUNTS = [("update", "secret", 2), ("create", "pluginmeta", 31)]


def test_what_an_act_did_is_read_back_as_it_was_written() -> None:
    assert to_tally(COUNTS) == "create:pluginmeta=31 update:secret=2"
    assert from_tally(to_tally(COUNTS)) == {("create", "pluginmeta"): 31, ("update", "secret"): 2}
    assert from_tally("") == {}


@pytest.mark.parametrize(
    ("action", "kind", "found"),
    [
        ("create", "", True),
        ("", "secret", True),
        ("create", "pluginmeta", True),
        ("create", "secret", False),
        ("delete", "", False),
        ("", "plugin", False),
    ],
)
def test_acts_are_found_by_what_they_did(action: str, kind: str, found: bool) -> None:
    pattern = re.escape(holds(action, kind)).replace("%", ".*")
    assert bool(re.fullmatch(pattern, to_tally(COUNTS))) is found


@pytest.mark.parametrize(
    ("first", "last", "action"),
    [
        ("create", "update", "create"),
        ("restore", "update", "restore"),
        ("update", "update", "update"),
        ("update", "delete", "delete"),
        ("create", "delete", "delete"),
        ("create", "create", "create"),
        ("delete", "restore", "restore"),
    ],
)
def test_several_writes_of_a_record_are_one_deed(first: str, last: str, action: str) -> None:
    assert net_action(first, last) == action
