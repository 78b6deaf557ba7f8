"""The merge of two versions of a record, field by field."""

from __future__ import annotations

from dataclasses import replace

from webapp.connections.merge import merge
from webapp.connections.values import SecretValues, SqlConnectionValues
from webapp.manifests.merge import MINE, THEIRS

BASE = SqlConnectionValues("ships_db", hostname="a.example", database="ships", tags=("sea",))
LABELS = {name: name.title() for name in BASE.to_dict()}


def test_what_only_one_side_changed_is_taken() -> None:
    theirs, mine = (
        replace(BASE, timeout=5, tags=("sea", "x")),
        replace(BASE, hostname="b.example", tags=("sea", "y")),
    )
    found = merge(BASE, theirs, mine, LABELS)
    assert found.clashes == ()
    merged = SqlConnectionValues.from_dict(found.resolve({}))
    assert (merged.timeout, merged.hostname, set(merged.tags)) == (5, "b.example", {"sea", "x", "y"})


def test_what_both_changed_is_decided_and_named_as_in_the_form() -> None:
    found = merge(
        BASE, replace(BASE, hostname="b"), replace(BASE, hostname="c"), LABELS | {"hostname": "Host"}
    )
    (clash,) = found.clashes
    assert (clash.label, clash.base, clash.theirs, clash.mine) == ("Host", "a.example", "b", "c")
    assert found.resolve({clash.id: THEIRS})["hostname"] == "b"
    assert found.resolve({clash.id: MINE})["hostname"] == "c"


def test_the_value_of_a_secret_is_on_no_side() -> None:
    base = SecretValues("key")
    labels = {name: name for name in base.to_dict()}
    found = merge(base, base, replace(base, value="hush"), labels)
    assert found.changes_nothing
    assert "hush" not in repr(found)
