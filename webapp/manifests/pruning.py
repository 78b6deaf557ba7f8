"""What pruning deletes: records that a source applied once and does not describe any more. Plain data and a protocol.

The domains say how they find and delete their records; the composition root brings them together.
"""

from __future__ import annotations

from collections.abc import Collection, Sequence
from dataclasses import dataclass, field
from typing import Generic, Protocol, TypeVar

from webapp.manifests.queries import Key

ViewerT = TypeVar("ViewerT")
ViewerT_contra = TypeVar("ViewerT_contra", contravariant=True)

NAMED_MAX = 5


@dataclass(frozen=True)
class User:
    """A record that uses another one."""

    name: str
    locator: str


@dataclass(frozen=True)
class Leftover:
    """A stored record that its source does not describe any more.

    Args:
        kind: as manifests write it.
        record_kind: as locators write it.
        id: of the record.
        name: of the record.
        version: that is written on it.
        revision: that it is at.
        locator: of the record.
        owner: whom to ask when this viewer may not delete it.
        manageable: whether this viewer may delete it.
        users: the first records that use it; while there are any, it cannot be deleted.
        kept: why records of this kind are never pruned, "" for those that are.
    """

    kind: str
    record_kind: str
    id: int
    name: str
    version: str
    revision: int
    locator: str
    owner: str = ""
    manageable: bool = True
    users: tuple[User, ...] = ()
    kept: str = ""

    @property
    def key(self) -> Key:
        """Return what names it among the records of all kinds."""
        return self.record_kind, self.id


class Prunable(Protocol[ViewerT_contra]):
    """How a domain finds and deletes the records of one kind that a source has left behind."""

    @property
    def record_kind(self) -> str:
        """Return the kind as locators write it."""

    def find(self, viewer: ViewerT_contra, ids: Collection[int]) -> Sequence[Leftover]:
        """Return those of these records that are there, by name."""

    def delete(self, viewer: ViewerT_contra, leftover: Leftover) -> None:
        """Delete a record inside the caller's transaction.

        Raises:
            StaleRevision: it was changed since it was found.
            NotFound: it is gone.
            Conflict: something uses it.
        """


@dataclass(frozen=True)
class PruneItem(Generic[ViewerT]):
    """What pruning does to one record: it is deleted, kept, or stands in the way of everything."""

    leftover: Leftover
    shelf: Prunable[ViewerT] = field(repr=False)
    problem: str = ""

    @property
    def action(self) -> str:
        """Return what happens to the record."""
        return "refused" if self.problem else "keep" if self.leftover.kept else "delete"


@dataclass(frozen=True)
class Pruning(Generic[ViewerT]):
    """Everything that pruning a source does, in the order in which it is done.

    `gone` are records that the source has applied once and that were deleted since.
    """

    source: str
    items: tuple[PruneItem[ViewerT], ...] = ()
    gone: frozenset[Key] = frozenset()

    @property
    def deletes(self) -> tuple[PruneItem[ViewerT], ...]:
        """Return the records that are deleted."""
        return tuple(item for item in self.items if item.action == "delete")

    @property
    def problems(self) -> tuple[str, ...]:
        """Return what keeps everything from being done."""
        return tuple(item.problem for item in self.items if item.problem)


def in_words(names: Sequence[str]) -> str:
    """Return names as a sentence has them, the first few of many."""
    shown = list(names[:NAMED_MAX])
    if len(names) > NAMED_MAX:
        shown.append(f"{len(names) - NAMED_MAX:,} more")
    return " and ".join([", ".join(shown[:-1]), shown[-1]] if len(shown) > 1 else shown)
