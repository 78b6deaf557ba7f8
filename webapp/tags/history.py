"""What the feed needs to know of tags: what differs, where they are, how an act on one is taken back."""

from __future__ import annotations

from collections.abc import Collection, Mapping, Sequence
from typing import Any

from sqlalchemy import select
from sqlalchemy.orm import Session

from webapp.accounts.identity import Viewer
from webapp.accounts.permissions import may_read
from webapp.core.text import fold
from webapp.manifests.comparing import PartChange, compare
from webapp.manifests.merge import Part
from webapp.tags.queries.reach import TAGS
from webapp.tags.service import take_back

Snapshot = Mapping[str, Any]
PARTS = (
    Part((("name",),), "Name"),
    Part((("merged_into",),), "Merged into"),
    Part((("aliases",),), "Aliases", fold, "Alias"),
)


class TagHistory:
    """Tags as the feed sees them (activity.kinds.RecordKind)."""

    noun = "tag"
    many = "tags"
    icon = "tag"
    writes_others = True

    def compare(self, before: Snapshot | None, after: Snapshot) -> Sequence[PartChange]:
        """Return the parts that differ; each snapshot knows what was before, since not everything is recorded."""
        return compare(PARTS, after["was"], after)

    def list_whereabouts(self, session: Session, viewer: Viewer, ids: Collection[int]) -> Mapping[int, str]:
        """Return `live` for the tags that are there and that the viewer may read; others are left out."""
        rows = session.execute(select(TAGS.c.id, TAGS.c.account_id).where(TAGS.c.id.in_(ids)))
        return {row.id: "live" for row in rows if may_read(viewer, row.account_id)}

    def take_back(self, viewer: Viewer, record_id: int, first: int, last: int) -> bool:
        """Take back what an act did to a tag; tell whether there was anything to do."""
        return take_back(viewer, record_id, last)

    def take_back_created(self, viewer: Viewer, lasts: Mapping[int, int]) -> Collection[int]:
        """Return that none is taken back: the making of a tag is a part of the write that gave it."""
        return ()

    def loses(self, action: str) -> str:
        """Return what is lost for good when an act is taken back: nothing."""
        return ""

    def leaves(self, action: str) -> str:
        """Return what stays when an act is taken back: nothing."""
        return ""
