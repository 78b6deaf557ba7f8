"""What the merge page shows: the sides of each clash with their changed words, and what was merged. No HTML."""

from __future__ import annotations

import datetime as dt
from collections.abc import Iterable, Sequence
from dataclasses import dataclass, field
from typing import Any

from webapp.history.queries import Write
from webapp.history.writers import who_saved
from webapp.manifests.diff import word_diff
from webapp.manifests.form_text import show_value, show_yaml
from webapp.manifests.merge import ABSENT, MINE, THEIRS, Clash, Taken

SHOWN_AROUND = 60
Piece = tuple[str, str]


@dataclass(frozen=True)
class ShownSide:
    """One card of a clash: pieces of text with what they are (equal, insert, delete), or a word for nothing."""

    pieces: tuple[Piece, ...]
    nothing: str = ""


@dataclass(frozen=True)
class ShownClash:
    """A field to decide."""

    id: str
    label: str
    base: ShownSide | None
    theirs: ShownSide
    mine: ShownSide
    code: bool


@dataclass(frozen=True)
class ShownLine:
    """A line of the table of merged fields."""

    op: str
    segments: list[tuple[bool, str]]
    note: str = ""


@dataclass
class ShownField:
    """A merged field with its lines."""

    path: str
    lines: list[ShownLine] = field(default_factory=list)


def shown_sides(
    clashes: Iterable[Clash],
    taken: Iterable[Taken],
    writes: Sequence[Write],
    user_id: int,
    moved_at: dt.datetime,
) -> dict[str, Any]:
    """Return what every merge page says about its two sides: who saved first and when, what to decide, what was merged.

    Args:
        clashes: what both changed.
        taken: what merges by itself.
        writes: of the record since the form was opened, as far as they are kept.
        user_id: whose form it is.
        moved_at: when the record was last written.
    """
    who = who_saved(writes, user_id)
    return {
        "who": who,
        "saved_at": writes[-1].at if writes else moved_at,
        "clashes": shown_clashes(clashes),
        "taken": shown_taken(taken, who.name),
    }


def shown_clashes(clashes: Iterable[Clash]) -> list[ShownClash]:
    """Return the clashes with the words that each side changed."""
    return [_shown_clash(clash) for clash in clashes]


def shown_taken(taken: Iterable[Taken], they: str) -> list[ShownField]:
    """Return the merged fields, the entries of one list under one heading."""
    fields: dict[str, ShownField] = {}
    whose = {THEIRS: they, MINE: "you", "next": "next patch"}
    for change in taken:
        shown = fields.setdefault(change.label, ShownField(change.label))
        shown.lines.extend(_lines(change.before, change.after, whose[change.side]))
    return list(fields.values())


def _shown_clash(clash: Clash) -> ShownClash:
    before = _text(clash.base)
    theirs, mine = _text(clash.theirs), _text(clash.mine)
    known = clash.base is not ABSENT
    code = any(isinstance(side, dict | list) for side in (clash.theirs, clash.mine))
    return ShownClash(
        id=clash.id,
        label=clash.label,
        base=_side(before, before) if known else None,
        theirs=_side(before if known else theirs, theirs, clash.theirs is ABSENT),
        mine=_side(before if known else theirs, mine, clash.mine is ABSENT),
        code=code,
    )


def _side(before: str, after: str, absent: bool = False) -> ShownSide:
    if absent:
        return ShownSide((), "Taken away")
    if not after:
        return ShownSide((), "Empty")
    if " " not in after and "\n" not in after:
        return ShownSide((("equal", after),))
    # A side that shares little with the text before is easier to read on its own.
    pieces = word_diff(before, after)
    shared = sum(len(text) for operation, text in pieces if operation == "equal")
    if shared * 3 < len(after):
        return ShownSide((("equal", after),))
    return ShownSide(tuple(pieces))


def _lines(before: Any, after: Any, note: str) -> list[ShownLine]:
    old, new = _text(before), _text(after)
    if before is ABSENT or not old:
        return [ShownLine("add", [(False, _short(new) or "Empty")], note)]
    if after is ABSENT or not new:
        return [ShownLine("del", [(False, _short(old))], note)]
    pieces = _shortened(word_diff(old, new))
    return [
        ShownLine("del", [(kind == "delete", text) for kind, text in pieces if kind != "insert"]),
        ShownLine("add", [(kind == "insert", text) for kind, text in pieces if kind != "delete"], note),
    ]


def _shortened(pieces: Sequence[Piece]) -> list[Piece]:
    """Return the pieces with long equal runs cut to what stands around a change."""
    found: list[Piece] = []
    for position, (kind, text) in enumerate(pieces):
        if kind != "equal" or len(text) <= 2 * SHOWN_AROUND:
            found.append((kind, text))
            continue
        head = "" if position == 0 else text[:SHOWN_AROUND]
        tail = "" if position == len(pieces) - 1 else text[-SHOWN_AROUND:]
        found.append((kind, f"{head}…{tail}"))
    return found


def _short(text: str) -> str:
    return text if len(text) <= 400 else f"{text[:399]}…"


def _text(value: Any) -> str:
    if value is ABSENT or value is None:
        return ""
    if isinstance(value, str):
        return value
    if (
        isinstance(value, dict)
        and len(value) == 1
        and not isinstance(entry := next(iter(value.values())), dict | list)
    ):
        return f"{next(iter(value))}: {show_value(entry)}"
    if isinstance(value, list) and all(isinstance(item, str) for item in value):
        return "\n".join(value)
    if isinstance(value, dict):
        # What an entry leaves out is no news.
        return show_yaml({key: item for key, item in value.items() if item is not None}).rstrip("\n")
    return show_yaml(value).rstrip("\n") if isinstance(value, list) else show_value(value)
