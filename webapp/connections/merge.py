"""Of which parts the merge of a secret or connection consists; how they merge says `manifests.merge`."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import fields
from typing import Any

from webapp.connections.values import Described
from webapp.manifests.merge import IDENTITY, Merge, Part
from webapp.manifests.merge import merge as merge_snapshots

THEIR_VALUE, MY_VALUE = "******** (stored)", "******** (in the manifest)"
"""What stands for the two values of a secret that both sides changed: neither is shown."""

_DESCRIBED = frozenset(item.name for item in fields(Described))


def merge(base: Described | None, theirs: Described, mine: Described, labels: Mapping[str, str]) -> Merge:
    """Return the merge of two versions of a record that began as `base`.

    The value of a secret is in no snapshot, so it is never merged.

    Args:
        base: the record as it stood when the form was opened; None when that is not kept.
        theirs: the record as it stands now.
        mine: what was typed.
        labels: what people call each field.
    """
    before = None if base is None else base.to_dict()
    return merge_snapshots(parts_of(type(theirs), labels), before, theirs.to_dict(), mine.to_dict())


def parts_of(values_class: type[Described], labels: Mapping[str, str]) -> tuple[Part, ...]:
    """Return the parts of a record, in the order of the form; the value of a secret is none."""
    own = (
        Part(((item.name,),), labels[item.name])
        for item in fields(values_class)
        if item.name not in _DESCRIBED and item.name != "value"
    )
    return (*IDENTITY, *own)


def merge_values(
    before: Mapping[str, Any] | None, theirs: Described, mine: Described, *, new_value: bool = False
) -> Merge:
    """Return the merge of a record with a manifest.

    Args:
        before: the snapshot that the manifest was made from; None when it is not kept.
        theirs: the record as it stands now.
        mine: what the manifest says.
        new_value: whether both sides gave a secret another value, which is to be chosen.
    """
    labels = {item.name: item.name.replace("_", " ").capitalize() for item in fields(theirs)}
    parts = parts_of(type(theirs), labels)
    base = None if before is None else type(theirs).from_dict(before).to_dict()
    their_side, my_side = theirs.to_dict(), mine.to_dict()
    if new_value:
        parts = (*parts, Part((("value",),), "Value"))
        for side, value in zip((base, their_side, my_side), ("********", THEIR_VALUE, MY_VALUE), strict=True):
            if side is not None:
                side["value"] = value
    return merge_snapshots(parts, base, their_side, my_side)
