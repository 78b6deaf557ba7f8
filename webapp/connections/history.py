"""What history pages and the feed need to know of secrets and connections."""

from __future__ import annotations

from collections.abc import Collection, Mapping, Sequence
from typing import Any

from sqlalchemy.orm import Session

from webapp.accounts.identity import Viewer
from webapp.connections.crypto import Vault
from webapp.connections.kinds import SECRET, Kind
from webapp.connections.labels import labels_of
from webapp.connections.manifest import export_yaml
from webapp.connections.merge import parts_of
from webapp.connections.queries.deleted import list_deleted
from webapp.connections.queries.records import visible_to
from webapp.connections.records import MODEL_OF_KIND, VALUES_OF_KIND
from webapp.connections.undoing import undo_writes
from webapp.manifests.comparing import PartChange, compare

Snapshot = Mapping[str, Any]
LOST = "Secrets that it created are deleted. Their values are kept nowhere else."
LEFT = {
    "update": "Secrets keep the values that they have now, because earlier ones are not kept.",
    "delete": "Secrets that were deleted do not come back, because their values are not kept.",
}


def compare_snapshots(kind: Kind, before: Snapshot | None, after: Snapshot) -> Sequence[PartChange]:
    """Return the parts of a record that differ between two of its snapshots; the value of a secret is none."""
    return compare(
        parts_of(VALUES_OF_KIND[kind.key], labels_of(kind.key)), _whole(kind, before), _whole(kind, after)
    )


def snapshot_yaml(kind: Kind, snapshot: Snapshot) -> str:
    """Return the canonical manifest of a record as it was; the value of a secret is left out."""
    return export_yaml(VALUES_OF_KIND[kind.key].from_dict(snapshot))


def _whole(kind: Kind, snapshot: Snapshot | None) -> Any:
    """Return a snapshot with every field of today."""
    return None if snapshot is None else VALUES_OF_KIND[kind.key].from_dict(snapshot).to_dict()


class ConnectionHistory:
    """One kind of secret or connection as the feed sees it (activity.kinds.RecordKind)."""

    writes_others = False

    def __init__(self, kind: Kind, vault: Vault) -> None:
        """Know the kind, and what encrypts the values of secrets."""
        self._kind, self._vault = kind, vault
        self.noun, self.many, self.icon = kind.word, f"{kind.word}s", kind.icon

    def compare(self, before: Snapshot | None, after: Snapshot) -> Sequence[PartChange]:
        """Return the parts that differ between two snapshots."""
        return compare_snapshots(self._kind, before, after)

    def list_whereabouts(self, session: Session, viewer: Viewer, ids: Collection[int]) -> Mapping[int, str]:
        """Return `live` for the records that the viewer may read, `kept` for deleted ones that they may bring back."""
        model: Any = MODEL_OF_KIND[self._kind.key]
        if not ids:
            return {}
        found = session.scalars(
            visible_to(viewer, model).where(model.id.in_(ids)).with_only_columns(model.id)
        )
        places = dict.fromkeys(found, "live")
        gone = list_deleted(session, viewer, self._kind, [item for item in ids if item not in places])
        return places | dict.fromkeys(gone, "kept")

    def take_back(self, viewer: Viewer, record_id: int, first: int, last: int) -> bool:
        """Take back what was done from one revision to another; tell whether there was anything to do."""
        return bool(undo_writes(viewer, self._kind, record_id, first, last, self._vault).action)

    def take_back_created(self, viewer: Viewer, lasts: Mapping[int, int]) -> Collection[int]:
        """Return that none is taken back: there are few of them, and what uses them has to go first."""
        return ()

    def loses(self, action: str) -> str:
        """Return what is lost for good when such a write is taken back: the values of secrets."""
        return LOST if self._kind is SECRET and action == "create" else ""

    def leaves(self, action: str) -> str:
        """Return what stays when such a write is taken back: what a secret held before is not kept."""
        return LEFT.get(action, "") if self._kind is SECRET else ""
