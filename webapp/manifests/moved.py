"""Records that were changed between the plan that a person saw and the one that is made now.

A page carries, for each stored record of its plan, the revision that the document was first compared with (the base of
a merge) and the one that was shown last. What the document left as it was at its base and somebody else has changed is
kept; what both changed is chosen, field by field.
"""

from __future__ import annotations

import itertools
import re
from collections.abc import Callable, Iterable, Mapping, Sequence
from dataclasses import dataclass, field
from typing import Any

from webapp.history.queries import Write
from webapp.manifests.envelope import Manifest
from webapp.manifests.merge import Clash, Merge, Taken

SEEN_MAX = 10_000

_ENTRY = re.compile(
    r"(?P<locator>[a-z]{1,40}-[A-Za-z0-9_-]{1,40}):(?P<base>[0-9]{1,18}):(?P<last>[0-9]{1,18})"
)


@dataclass(frozen=True)
class Seen:
    """The revisions of a record: the one that its document is merged from, and the one that was shown last."""

    base: int
    last: int


@dataclass(frozen=True)
class Since:
    """What a page had shown when its button was pressed: records by locator, and the sides that were chosen."""

    records: Mapping[str, Seen] = field(default_factory=dict)
    # By the locator of the record and the id of its clash: "pluginmeta-r…x:description".
    choices: Mapping[str, str] = field(default_factory=dict)

    def choices_of(self, locator: str) -> dict[str, str]:
        """Return the sides that were chosen for one record, by the ids of its clashes."""
        prefix = f"{locator}:"
        return {
            key.removeprefix(prefix): side for key, side in self.choices.items() if key.startswith(prefix)
        }

    def without(self, locator: str) -> Since:
        """Return the same without a record: its document is taken as it is written."""
        return Since({key: seen for key, seen in self.records.items() if key != locator}, self.choices)


@dataclass(frozen=True)
class ManifestMerge:
    """The merge of a document with what others wrote: `build` makes the manifest of a merged snapshot."""

    found: Merge
    build: Callable[[Mapping[str, Any]], Manifest]

    def resolve(self, choices: Mapping[str, str]) -> Manifest:
        """Return the merged manifest; what is not decided keeps what the document says."""
        return self.build(self.found.resolve(choices))


@dataclass(frozen=True, eq=False)
class ItemMerge:
    """How one document of a plan was merged: what was given, since which revision, and what is left to choose."""

    given: Manifest
    base: int
    # The version that the record had then; "" when that is not kept.
    version: str
    writes: Sequence[Write]
    clashes: tuple[Clash, ...]
    taken: tuple[Taken, ...]
    choices: Mapping[str, str]
    # Whether somebody wrote after the plan that was shown last, and not only after the first one.
    news: bool

    @property
    def undecided(self) -> tuple[Clash, ...]:
        """Return what is left to choose."""
        return tuple(clash for clash in self.clashes if self.choices.get(clash.id) not in ("theirs", "mine"))


def read_seen(text: str) -> dict[str, Seen]:
    """Return the records that a form carries, no more than a plan can have; what is not of that form is left out."""
    found = {}
    for word in itertools.islice(text.split(), SEEN_MAX):
        entry = _ENTRY.fullmatch(word)
        if entry is not None and int(entry["base"]) <= int(entry["last"]):
            found[entry["locator"]] = Seen(int(entry["base"]), int(entry["last"]))
    return found


def write_seen(records: Iterable[tuple[str, Seen]]) -> str:
    """Return the records for a hidden field."""
    return " ".join(f"{locator}:{seen.base}:{seen.last}" for locator, seen in records)


@dataclass(frozen=True)
class News:
    """A record that others wrote after the plan that was shown last: what it is called, and who did what."""

    name: str
    writes: Sequence[Write]
