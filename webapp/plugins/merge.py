"""Of which parts the merge of a plugin consists; how they merge says `manifests.merge`."""

from __future__ import annotations

from collections.abc import Iterator, Mapping
from dataclasses import dataclass, replace
from typing import Any

from webapp.manifests.merge import IDENTITY, Clash, Identity, Merge, Part, Taken, spelled
from webapp.manifests.merge import merge as merge_snapshots
from webapp.plugins.values import PluginValues


@dataclass(frozen=True)
class PluginMerge:
    """The merge of two versions of a plugin; `resolve` makes the values once the clashes are decided."""

    found: Merge

    @property
    def clashes(self) -> tuple[Clash, ...]:
        """Return what both sides changed differently."""
        return self.found.clashes

    @property
    def taken(self) -> tuple[Taken, ...]:
        """Return what only one side changed."""
        return self.found.taken

    @property
    def changes_nothing(self) -> bool:
        """Tell whether the record says already all that I typed."""
        return self.found.changes_nothing

    def resolve(self, choices: Mapping[str, str]) -> PluginValues:
        """Return the merged values; a clash that is not decided keeps what I typed."""
        return PluginValues.from_dict(self.found.resolve(choices))

    def undecided(self, choices: Mapping[str, str]) -> tuple[Clash, ...]:
        """Return the clashes that no choice decides."""
        return self.found.undecided(choices)


def merge(base: PluginValues | None, theirs: PluginValues, mine: PluginValues) -> PluginMerge:
    """Return the merge of two versions of a record that began as `base`."""
    snapshots = (None if base is None else base.to_dict(), theirs.to_dict(), mine.to_dict())
    return PluginMerge(merge_snapshots(parts_of(*snapshots), *snapshots))


def merge_field(
    base: PluginValues | None, theirs: PluginValues, field: str, mine: object
) -> PluginValues | None:
    """Return what the record says now with one field as I want it; None when a person has to decide.

    Args:
        base: the record as it stood when I began; None when that is not kept.
        theirs: the record as it stands now.
        field: its name.
        mine: what I want it to say.
    """
    changed = replace(theirs, **{field: mine})  # type: ignore[arg-type]  # The caller names field and value together.
    began, stands, wanted = base and getattr(base, field), getattr(theirs, field), getattr(changed, field)
    if spelled(stands) == spelled(wanted) or (base is not None and spelled(began) == spelled(wanted)):
        return theirs
    if base is not None and spelled(began) == spelled(stands):
        return changed
    if base is None or field != "tags":
        return None
    # Two people who each added a tag want both of them.
    found = merge(replace(theirs, tags=base.tags), theirs, changed)
    return None if found.clashes else replace(theirs, tags=found.resolve({}).tags)


def parts_of(*snapshots: Mapping[str, Any] | None) -> Iterator[Part]:
    """Yield the parts that all of the snapshots have, in the order of the form; at least one is there."""
    sides = [side for side in snapshots if side is not None]
    yield from IDENTITY
    if all(side["selector"] for side in sides):
        yield Part((("selector", "directive"),), "Directive")
        yield Part((("selector", "search_terms"),), "Search terms", str, "Search term")
    else:
        yield Part((("selector",),), "Selector")
    if all(side["prompt"] for side in sides):
        for key, label in _PROMPT.items():
            yield Part((("prompt", key),), label)
    else:
        yield Part((("prompt",),), "Prompt")
    if len({side["plugin_class"] for side in sides}) == 1 and all(side["data"] for side in sides):
        for key in sides[0]["data"]:
            label, identity, entry = _DATA[key]
            yield Part((("data", key),), label, identity, entry, maps=key == "static_data")
    else:
        # Data belongs to its class: neither can be taken from one side without the other.
        yield Part((("plugin_class",), ("data",)), "Class and data")


_PROMPT = {
    "provider": "Provider",
    "model": "Model",
    "temperature": "Temperature",
    "max_tokens": "Max tokens",
    "system_role": "System role",
}
_DATA: dict[str, tuple[str, Identity | None, str]] = {
    "description": ("About the data", None, ""),
    "static_data": ("Static data", None, ""),
    "connection": ("Connection", None, ""),
    "sql_query": ("SQL query", None, ""),
    "endpoint": ("Endpoint", None, ""),
    "method": ("Method", None, ""),
    "body": ("Body", None, ""),
    "limit": ("Limit", None, ""),
    "url_params": ("URL params", lambda item: str(item["key"]), "URL param"),
    "headers": ("Headers", lambda item: str(item["name"]).lower(), "Header"),
    "parameters": ("Parameters", lambda item: str(item["name"]), "Parameter"),
    "test_values": ("Test values", lambda item: str(item["name"]), "Test value"),
}
