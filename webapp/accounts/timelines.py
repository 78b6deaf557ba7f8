"""The history of one record as its page shows it, whatever kind of record it is: timeline, comparison, what it said."""

from __future__ import annotations

from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass
from typing import Any

from sqlalchemy.orm import Session

from webapp.accounts.identity import initials
from webapp.accounts.queries.names import list_usernames
from webapp.history.queries import Line, list_asides, list_snapshots, list_timeline, unit_key
from webapp.manifests.comparing import PartChange, ShownPart, as_patch, shown_parts, yaml_rows
from webapp.manifests.presenting import DiffLine, DiffRow
from webapp.web.filters import avatar_colour
from webapp.web.highlight import yaml_lines
from webapp.web.revisions import MANIFEST, RECORD, TWO, YAML, Asked
from webapp.web.sharing import public_url

THROUGH = {"form": "form", "inline": "in place", "manifest": "manifest", "cli": "command line"}
DEEDS = {"create": "Created", "delete": "Moved to the bin", "restore": "Taken out of the bin"}
SECRET_NOTE = "The stored value was replaced. History keeps no values."

Snapshot = Mapping[str, Any]


@dataclass(frozen=True)
class Source:
    """The record whose history is shown.

    Args:
        record_kind: its kind in history.
        record_id: its id there.
        now: what it says now; what is asked of history says the same for its last revision, where that is kept.
        compare: returns the parts that differ between two snapshots, the first of which may be None.
        to_yaml: returns the manifest of a snapshot.
        deeds: what the timeline calls each action, where it differs from `DEEDS`.
    """

    record_kind: str
    record_id: int
    now: Snapshot
    compare: Callable[[Snapshot | None, Snapshot], Sequence[PartChange]]
    to_yaml: Callable[[Snapshot], str]
    deeds: Mapping[str, str]


@dataclass(frozen=True)
class ShownLine:
    """One write in the timeline."""

    line: Line
    title: str
    url: str
    is_current: bool
    initials: str
    hue: int
    through: str


@dataclass(frozen=True)
class Side:
    """One of the two states that are compared."""

    revision: int
    version: str
    is_current: bool


@dataclass(frozen=True)
class Comparison:
    """What differs between two revisions; `missing` is the one that is not kept."""

    old: Side | None
    new: Side
    parts: tuple[ShownPart, ...] = ()
    asides: tuple[DiffRow, ...] = ()
    lines: tuple[DiffRow, ...] = ()
    patch: str = ""
    missing: int | None = None

    @property
    def count(self) -> int:
        """Return in how many fields the two differ."""
        return len(self.parts) + len(self.asides)


def history_context(session: Session, source: Source, asked: Asked) -> dict[str, Any]:
    """Return what `records/_revisions.html` shows."""
    timeline = list_timeline(session, source.record_kind, source.record_id, before=asked.before)
    names = list_usernames(session, [line.actor_id for line in timeline.lines])
    old, new = asked.sides
    kept = _snapshots(session, source, asked, (old, new, asked.chosen))
    picking = asked.compare == TWO and asked.new is None
    said = kept.get(asked.chosen)
    text = source.to_yaml(said) if said is not None and asked.view in (RECORD, MANIFEST) else ""
    return {
        "asked": asked,
        "lines": [_shown(line, source, asked, names) for line in timeline.lines],
        "older_url": asked.url(before=timeline.lines[-1].revision) if timeline.older else None,
        "newest_url": asked.url(before=None) if asked.before is not None else None,
        "picking": picking,
        "comparison": None if picking else _comparison(session, source, asked, kept),
        "said": said,
        "then": None,
        "unit_key": unit_key,
        "share_base": public_url(),
        "yaml": yaml_lines(text) if text else [],
        "size": len(text.encode()),
    }


def title_of(action: str, changed: Sequence[str], deeds: Mapping[str, str]) -> str:
    """Return what a write did in few words: "Created", or the fields that it changed."""
    if action != "update":
        return deeds.get(action, DEEDS[action])
    words = [name.removeprefix("plugin_").replace("_", " ") for name in changed]
    text = ", ".join(words) or "Nothing"
    return f"{text[0].upper()}{text[1:]}"


def _shown(line: Line, source: Source, asked: Asked, names: Mapping[int, str]) -> ShownLine:
    return ShownLine(
        line=line,
        title=title_of(line.action, line.changed, source.deeds),
        url=asked.url_of(line.revision),
        is_current=asked.compare != TWO and line.revision == asked.chosen,
        initials=initials(line.actor_name),
        hue=avatar_colour(names.get(line.actor_id or 0, line.actor_name)),
        through=THROUGH.get(line.origin, line.origin),
    )


def _snapshots(session: Session, source: Source, asked: Asked, wanted: Sequence[int]) -> dict[int, Snapshot]:
    found = {asked.current: source.now}
    others = {revision for revision in wanted if 0 < revision < asked.current}
    if others:
        found |= list_snapshots(session, source.record_kind, source.record_id, others)
    return found


def _comparison(session: Session, source: Source, asked: Asked, kept: Mapping[int, Snapshot]) -> Comparison:
    old, new = asked.sides
    after = kept.get(new)
    sides = [
        Side(revision, str(kept[revision]["version"]) if revision in kept else "", revision == asked.current)
        for revision in (old, new)
    ]
    first = sides[0] if old else None
    if after is None or (old and old not in kept):
        return Comparison(first, sides[1], missing=new if after is None else old)
    if asked.view in (RECORD, MANIFEST):
        return Comparison(first, sides[1])
    before = kept.get(old)
    if asked.view == YAML:
        texts = ("" if before is None else source.to_yaml(before), source.to_yaml(after))
        patch = as_patch(*texts, f"{after['name']}.yaml")
        return Comparison(first, sides[1], lines=tuple(yaml_rows(*texts)), patch=patch)
    parts = shown_parts(source.compare(before, after))
    return Comparison(first, sides[1], tuple(parts), tuple(_asides(session, source, old, new)))


def _asides(session: Session, source: Source, old: int, new: int) -> list[DiffRow]:
    """Return rows for what changed beside the values; read backwards when the newer revision comes first."""
    found = list_asides(session, source.record_kind, source.record_id, min(old, new), max(old, new))
    rows = []
    owners = [aside.owner for aside in found if aside.owner and "owner" in aside.changed]
    if owners:
        names = [owners[0]["from"]["name"], owners[-1]["to"]["name"]]
        before, after = names if old < new else names[::-1]
        if before != after:
            rows.append(
                DiffRow("Owner", [DiffLine("del", [(False, before)]), DiffLine("add", [(False, after)])])
            )
    if any("value" in aside.changed for aside in found):
        rows.append(DiffRow("Value", [DiffLine("same", [(False, SECRET_NOTE)])]))
    return rows
