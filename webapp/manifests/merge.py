"""Three-way merge of snapshots: what one side changed is taken, what both changed is for a person to decide.

Values are compared by how they are written, so that 1, 1.0 and true are three things. Lists whose entries can be told
apart (tags, terms, annotations, parameters, …) merge entry by entry. Without a base nobody can tell who changed what:
then everything that differs is decided. A domain says of which fields its snapshots consist.
"""

from __future__ import annotations

import json
from collections.abc import Callable, Iterable, Mapping, Sequence
from copy import deepcopy
from dataclasses import dataclass
from typing import Any, Final, Literal

from webapp.core import semver
from webapp.core.text import fold

Side = Literal["theirs", "mine"]
THEIRS: Final = "theirs"
MINE: Final = "mine"


class _Absent:
    """Stands for an entry that one side does not have."""

    def __repr__(self) -> str:
        return "ABSENT"


ABSENT: Final = _Absent()

Path = tuple[str, ...]
Identity = Callable[[Any], str]


@dataclass(frozen=True)
class Clash:
    """A field, or an entry of a list, that both sides changed differently; a side without it is `ABSENT`."""

    id: str
    label: str
    base: Any
    theirs: Any
    mine: Any


@dataclass(frozen=True)
class Taken:
    """A change of one side that does not overlap: whose it is, or "next" for a version that was made for both."""

    label: str
    side: Side | Literal["next"]
    before: Any
    after: Any


@dataclass(frozen=True)
class Merge:
    """What a merge found; `resolve` makes the snapshot once the clashes are decided."""

    theirs: Mapping[str, Any]
    clashes: tuple[Clash, ...]
    taken: tuple[Taken, ...]
    _slots: tuple[_Slot, ...]

    def resolve(self, choices: Mapping[str, str]) -> dict[str, Any]:
        """Return the merged snapshot; a clash that is not decided keeps what I typed."""
        snapshot = deepcopy(dict(self.theirs))
        for slot in self._slots:
            slot.write(snapshot, choices)
        return snapshot

    def undecided(self, choices: Mapping[str, str]) -> tuple[Clash, ...]:
        """Return the clashes that no choice decides."""
        return tuple(clash for clash in self.clashes if choices.get(clash.id) not in (THEIRS, MINE))

    @property
    def changes_nothing(self) -> bool:
        """Tell whether the record says already all that I typed."""
        return not self.clashes and spelled(self.resolve({})) == spelled(self.theirs)


@dataclass(frozen=True)
class Part:
    """A part of the snapshot that is merged on its own.

    With an identity it is a list that merges by entry; of `maps` the keys merge one by one while all sides are maps.
    """

    paths: tuple[Path, ...]
    label: str
    identity: Identity | None = None
    entry_label: str = ""
    maps: bool = False

    @property
    def id(self) -> str:
        """Return what stands for the part in forms: "description", "selector.search_terms"."""
        return ".".join(self.paths[-1])

    def read(self, snapshot: Mapping[str, Any]) -> Any:
        """Return what a snapshot says in this part: a list when it consists of several."""
        return _read(snapshot, self.paths)

    def write(self, snapshot: dict[str, Any], value: Any) -> None:
        """Put what `read` returned into a snapshot."""
        _put(snapshot, self.paths, value)


def only_key(entry: Mapping[str, Any]) -> str:
    """Return what tells one annotation from another: its only key, "" when it has several."""
    return next(iter(entry)) if len(entry) == 1 else ""


IDENTITY: Final = (
    Part((("name",),), "Name"),
    Part((("description",),), "Description"),
    Part((("version",),), "Version"),
    Part((("tags",),), "Tags", fold, "Tag"),
    Part((("annotations",),), "Annotations", only_key, "Annotation"),
)
"""What every record has."""


def merge(
    parts: Iterable[Part], base: Mapping[str, Any] | None, theirs: Mapping[str, Any], mine: Mapping[str, Any]
) -> Merge:
    """Return the merge of two snapshots of a record that began as `base`."""
    slots = tuple(_slot(part, base, theirs, mine) for part in parts)
    return Merge(
        theirs,
        tuple(clash for slot in slots for clash in slot.clashes),
        tuple(taken for slot in slots for taken in slot.taken),
        slots,
    )


@dataclass(frozen=True)
class _Slot:
    """A merged field: what it becomes for any choices, and what there is to say about it."""

    paths: tuple[Path, ...]
    value: Callable[[Mapping[str, str]], Any]
    clashes: tuple[Clash, ...] = ()
    taken: tuple[Taken, ...] = ()

    def write(self, snapshot: dict[str, Any], choices: Mapping[str, str]) -> None:
        """Put the value into a snapshot."""
        _put(snapshot, self.paths, self.value(choices))


def _slot(part: Part, base: Any, theirs: Any, mine: Any) -> _Slot:
    sides = [None if side is None else _read(side, part.paths) for side in (base, theirs, mine)]
    b, t, m = ABSENT if base is None else sides[0], sides[1], sides[2]
    if part.label == "Version" and base is not None:
        return _version(part, str(b), str(t), str(m))
    if base is not None and (part.identity is not None or _are_maps(part, b, t, m)):
        merged = _entries(part, b, t, m)
        if merged is not None:
            return merged
    return _whole(part, b, t, m)


def _read(snapshot: Mapping[str, Any], paths: tuple[Path, ...]) -> Any:
    found = []
    for path in paths:
        value: Any = snapshot
        for key in path:
            value = value[key]
        found.append(value)
    return found[0] if len(found) == 1 else found


def _put(snapshot: dict[str, Any], paths: tuple[Path, ...], value: Any) -> None:
    for path, part in zip(paths, value if len(paths) > 1 else (value,), strict=True):
        target = snapshot
        for key in path[:-1]:
            target = target[key]
        target[path[-1]] = part


def _whole(part: Part, base: Any, theirs: Any, mine: Any) -> _Slot:
    id_ = part.id
    if spelled(theirs) == spelled(mine) or (base is not ABSENT and spelled(mine) == spelled(base)):
        taken = (
            ()
            if spelled(theirs) == spelled(base) or spelled(theirs) == spelled(mine)
            else (Taken(part.label, THEIRS, base, theirs),)
        )
        return _Slot(part.paths, lambda _: theirs, taken=taken)
    if base is not ABSENT and spelled(theirs) == spelled(base):
        return _Slot(part.paths, lambda _: mine, taken=(Taken(part.label, MINE, base, mine),))
    return _Slot(
        part.paths,
        lambda choices: theirs if choices.get(id_) == THEIRS else mine,
        (Clash(id_, part.label, base, theirs, mine),),
    )


def _version(part: Part, base: str, theirs: str, mine: str) -> _Slot:
    """Two people who each raised the version want the next one, not a question."""
    if mine in (base, theirs) or theirs == base or not all(map(semver.is_semver, (theirs, mine))):
        return _whole(part, base, theirs, mine)
    if semver.sort_key(mine) > semver.sort_key(theirs):
        return _Slot(part.paths, lambda _: mine, taken=(Taken(part.label, MINE, theirs, mine),))
    try:
        following = semver.bump(theirs, "patch")
    except ValueError:
        return _whole(part, base, theirs, mine)
    return _Slot(part.paths, lambda _: following, taken=(Taken(part.label, "next", theirs, following),))


def _entries(part: Part, base: Any, theirs: Any, mine: Any) -> _Slot | None:
    """Return the merge of three lists or maps entry by entry; None when their entries cannot be told apart."""
    split = [_split(value, part.identity) for value in (base, theirs, mine)]
    b, t, m = split
    if b is None or t is None or m is None:
        return None
    prefix = part.id
    clashes: list[Clash] = []
    taken: list[Taken] = []
    kept: dict[str, Any] = {}
    for name in dict.fromkeys((*t, *m, *b)):
        before, their, my = b.get(name, ABSENT), t.get(name, ABSENT), m.get(name, ABSENT)
        if spelled(their) == spelled(my) or spelled(my) == spelled(before):
            kept[name] = their
            if spelled(their) != spelled(my):
                taken.append(Taken(part.label, THEIRS, before, their))
        elif spelled(their) == spelled(before):
            kept[name] = my
            taken.append(Taken(part.label, MINE, before, my))
        else:
            label = f"{part.entry_label or part.label} {name}"
            clash = Clash(f"{prefix}.{name}", label, before, their, my)
            clashes.append(clash)
            kept[name] = clash
    order, by = _order(list(b), list(t), list(m))
    if not taken and not clashes and by is not None and list(t) != list(m):
        taken.append(Taken(part.label, by, theirs if by == MINE else base, mine if by == MINE else theirs))

    def value(choices: Mapping[str, str]) -> Any:
        found = {name: _decided(kept[name], choices) for name in order}
        present = {name: item for name, item in found.items() if item is not ABSENT}
        if isinstance(theirs, dict):
            return present
        return list(present.values())

    return _Slot(part.paths, value, tuple(clashes), tuple(taken))


def _decided(item: Any, choices: Mapping[str, str]) -> Any:
    if isinstance(item, Clash):
        return item.theirs if choices.get(item.id) == THEIRS else item.mine
    return item


def _split(value: Any, identity: Identity | None) -> dict[str, Any] | None:
    if identity is None:
        return dict(value)
    found: dict[str, Any] = {}
    for item in value:
        name = identity(item)
        if not name or name in found:
            return None
        found[name] = item
    return found


def _order(base: Sequence[str], theirs: Sequence[str], mine: Sequence[str]) -> tuple[list[str], Side | None]:
    """Return all entries in one order and whose it is: theirs, unless only I have moved something."""
    moved_by_them, moved_by_me = _is_moved(base, theirs), _is_moved(base, mine)
    by: Side | None = MINE if moved_by_me and not moved_by_them else THEIRS if moved_by_them else None
    first, second = (mine, theirs) if by == MINE else (theirs, mine)
    placed = set(first)
    # After the entry that stood before it, so that a new one stays where it was put.
    following = {
        before: name for before, name in zip((None, *second), second, strict=False) if name not in placed
    }
    order: list[str] = []
    for name in (None, *first):
        order += [name] if name is not None else []
        new = following.get(name)
        while new is not None:
            order.append(new)
            new = following.get(new)
    return order, by


def _is_moved(base: Sequence[str], side: Sequence[str]) -> bool:
    left, right = set(base), set(side)
    return [name for name in base if name in right] != [name for name in side if name in left]


def _are_maps(part: Part, *sides: Any) -> bool:
    return part.maps and all(isinstance(side, dict) and side for side in sides)


def spelled(value: Any) -> str:
    """Return a value as it is written, to compare it by: to Python 1, 1.0 and True are equal."""
    return "absent" if value is ABSENT else json.dumps(value, ensure_ascii=False)
