"""Taking many writes back at once: what `undo_writes` does to each of them, where nobody has to be asked.

What cannot be had that way (the same field was changed again, a name is taken, it is somebody else's) is left to
`undo_writes`, which says why.
"""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from typing import Any

from sqlalchemy import or_
from sqlalchemy.orm import Session

from webapp.accounts.identity import Viewer
from webapp.accounts.permissions import may_manage
from webapp.core.clock import utcnow
from webapp.db.session import transaction
from webapp.history.queries import Head, list_heads_of_many, list_snapshots_of_many
from webapp.plugins.merge import merge
from webapp.plugins.models import bulk_rows
from webapp.plugins.models.identity import LOCATOR_KIND
from webapp.plugins.queries.bin import is_restorable
from webapp.plugins.queries.owners import PossibleOwner, find_owner_named
from webapp.plugins.queries.selecting import Stored, list_stored
from webapp.plugins.queries.visibility import is_readable
from webapp.plugins.service.bulk_bin import TakeOut, bin_unmoved
from webapp.plugins.service.bulk_edit import Act, Outcome, Refused, Wanted, write_judged
from webapp.plugins.service.bulk_owner import list_people
from webapp.plugins.service.moves import TAKE_BACK
from webapp.plugins.service.writing import changed_fields
from webapp.plugins.values import PluginValues

LEFT = "It is left to undo_writes."
OWNER = ("owner",)


def undo_many(viewer: Viewer, revisions: Mapping[int, int]) -> dict[int, bool]:
    """Take back one write of each of many plugins, inside the caller's transaction or in one of its own.

    Args:
        viewer: who takes it back; rights and rules are those of today.
        revisions: the revision that the write made, by the plugin's id.

    Returns:
        For each plugin that is as it was before, whether there was anything to do; others are left out.
    """
    with transaction() as session:
        session.flush()
        pairs = {(plugin_id, number) for plugin_id, last in revisions.items() for number in (last - 1, last)}
        heads = list_heads_of_many(session, LOCATOR_KIND, pairs)
        edits, binned, restored = _sort(revisions, heads)
        # All of them at once, and by id, before anything is counted.
        list_stored(session, or_(is_readable(viewer), is_restorable(viewer, utcnow())), revisions, lock=True)
        done = _take_back_edits(session, viewer, edits)
        done |= dict.fromkeys(_take_out(session, viewer, binned), True)
        done |= dict.fromkeys(bin_unmoved(viewer, restored), True)
    return done


def _sort(
    revisions: Mapping[int, int], heads: Mapping[tuple[int, int], Head]
) -> tuple[dict[int, Head], dict[int, int], dict[int, int]]:
    """Return the writes apart: changes of live records, deletions, and what came out of the bin."""
    edits: dict[int, Head] = {}
    binned: dict[int, int] = {}
    restored: dict[int, int] = {}
    for plugin_id, last in revisions.items():
        before, after = heads.get((plugin_id, last - 1)), heads.get((plugin_id, last))
        if before is None or after is None:
            continue
        if before.action == "delete":
            if after.action == "restore":
                restored[plugin_id] = last
        elif after.action == "delete":
            binned[plugin_id] = last
        elif "owner" not in after.changed or after.changed == OWNER:
            edits[plugin_id] = after
    return edits, binned, restored


def _take_back_edits(session: Session, viewer: Viewer, edits: Mapping[int, Head]) -> dict[int, bool]:
    act, where = TakeBack(edits), is_readable(viewer)
    stored = list_stored(session, where, edits, lock=True)
    done = write_judged(session, viewer, act, where, stored, Outcome())
    return dict.fromkeys(act.same, False) | dict.fromkeys(done, True)


def _take_out(session: Session, viewer: Viewer, binned: Mapping[int, int]) -> list[int]:
    where = is_restorable(viewer, utcnow())
    stored = list_stored(session, where, binned, lock=True)
    return write_judged(session, viewer, TakeOut(binned, rename=False), where, stored, Outcome())


class TakeBack(Act):
    """Live records as they were before one write each; what others have written since stays."""

    def __init__(self, edits: Mapping[int, Head]) -> None:
        """Take the writes, by the ids of their records."""
        self._edits = edits
        self.same: list[int] = []
        self._before: Mapping[int, Mapping[str, Any]] = {}
        self._after: Mapping[int, Mapping[str, Any]] = {}
        self._people: dict[int, dict[str, str]] = {}
        self._owners: dict[tuple[int, str], PossibleOwner | None] = {}

    def allows(self, viewer: Viewer, stored: Stored) -> bool:
        """Tell whether the viewer manages the record, or has handed it over themselves a short while ago."""
        if may_manage(viewer, stored.account_id, stored.profile_id):
            return True
        head = self._edits[stored.id]
        return (
            head.changed == OWNER
            and head.owner is not None
            and head.owner["from"]["username"] == viewer.username
            and head.actor_id == viewer.user_id
            and head.at >= utcnow() - TAKE_BACK
            and stored.account_id == viewer.account_id
            and stored.revision == head.revision
        )

    def prepare(self, session: Session, portion: Sequence[Stored]) -> None:
        """Read what the records said before and after the writes, and who owned them."""
        heads = {item.id: self._edits[item.id] for item in portion}
        after = {plugin_id: head.revision for plugin_id, head in heads.items()}
        before = {plugin_id: revision - 1 for plugin_id, revision in after.items()}
        self._before = list_snapshots_of_many(session, LOCATOR_KIND, before)
        self._after = list_snapshots_of_many(session, LOCATOR_KIND, after)
        handed = [item for item in portion if heads[item.id].owner and heads[item.id].changed == OWNER]
        self._people |= list_people(session, {item.profile_id for item in handed} - self._people.keys())
        for item in handed:
            giver = item.account_id, (heads[item.id].owner or {})["from"]["username"]
            if giver not in self._owners:
                self._owners[giver] = find_owner_named(session, *giver)

    def judge(self, stored: Stored, values: PluginValues) -> Wanted | None:
        """Return the record as it was before; one that somebody has to be asked about is refused here."""
        head = self._edits[stored.id]
        if stored.id not in self._before or stored.id not in self._after:
            raise Refused(LEFT)
        if head.changed == OWNER:
            return self._to_giver(stored, values, head)
        wanted = self._merged(stored, values, head)
        if wanted.name != values.name:
            raise Refused(LEFT)
        changed = changed_fields(values, wanted)
        if not changed:
            self.same.append(stored.id)
            return None
        return Wanted(bulk_rows.clean(wanted), changed, restored=head.revision - 1)

    def _merged(self, stored: Stored, values: PluginValues, head: Head) -> PluginValues:
        before = PluginValues.from_dict(self._before[stored.id])
        if stored.revision == head.revision:
            return before  # Nobody has written since: there is nothing to merge.
        merged = merge(PluginValues.from_dict(self._after[stored.id]), values, before)
        if merged.clashes:
            raise Refused(LEFT)
        return merged.resolve({})

    def _to_giver(self, stored: Stored, values: PluginValues, head: Head) -> Wanted:
        owners = head.owner
        if owners is None or self._people[stored.profile_id]["username"] != owners["to"]["username"]:
            raise Refused(LEFT)
        giver = self._owners[stored.account_id, owners["from"]["username"]]
        if giver is None:
            raise Refused(LEFT)
        back = {"from": owners["to"], "to": {"username": giver.username, "name": giver.name}}
        return Wanted(values, OWNER, giver.profile_id, {"owner": back})
