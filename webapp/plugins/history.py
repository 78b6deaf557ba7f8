"""What history pages and the feed need to know of plugins: what differs, where they are, how a write is taken back."""

from __future__ import annotations

from collections.abc import Collection, Mapping, Sequence
from typing import Any

from sqlalchemy.orm import Session

from webapp.accounts.identity import Viewer
from webapp.manifests.comparing import PartChange, compare
from webapp.plugins.manifest import export_yaml
from webapp.plugins.merge import parts_of
from webapp.plugins.queries.bin import list_whereabouts
from webapp.plugins.service import bin_unmoved, undo_writes
from webapp.plugins.values import PluginValues

Snapshot = Mapping[str, Any]


def compare_snapshots(before: Snapshot | None, after: Snapshot) -> Sequence[PartChange]:
    """Return the parts of a plugin that differ between two of its snapshots."""
    return compare(parts_of(before, after), before, after)


def snapshot_yaml(snapshot: Snapshot) -> str:
    """Return the canonical manifest of a plugin as it was."""
    return export_yaml(PluginValues.from_dict(snapshot))


class PluginHistory:
    """Plugins as the feed sees them (activity.kinds.RecordKind)."""

    noun = "plugin"
    many = "plugins"
    icon = "box"
    writes_others = False

    def compare(self, before: Snapshot | None, after: Snapshot) -> Sequence[PartChange]:
        """Return the parts that differ between two snapshots."""
        return compare_snapshots(before, after)

    def list_whereabouts(self, session: Session, viewer: Viewer, ids: Collection[int]) -> Mapping[int, str]:
        """Return where plugins are: `live`, or in the `bin` if the viewer may restore them; others are left out."""
        return list_whereabouts(session, viewer, ids)

    def take_back(self, viewer: Viewer, record_id: int, first: int, last: int) -> bool:
        """Take back what was done from one revision to another; tell whether there was anything to do."""
        return bool(undo_writes(viewer, record_id, first, last).action)

    def take_back_created(self, viewer: Viewer, lasts: Mapping[int, int]) -> Collection[int]:
        """Move those to the bin that nobody has worked on since their revision; return which."""
        return bin_unmoved(viewer, lasts)

    def loses(self, action: str) -> str:
        """Return what is lost for good when such a write is taken back; a plugin is kept in the bin."""
        return ""

    def leaves(self, action: str) -> str:
        """Return what stays when such a write is taken back; of a plugin everything comes back."""
        return ""
