"""Writing many plugins of the viewer's account at once: what `create_plugin` and `update_plugin` do, in bulk."""

from __future__ import annotations

from collections.abc import Iterable, Iterator, Mapping, Sequence
from dataclasses import dataclass, replace

from sqlalchemy.orm import Session

from webapp.accounts.identity import Viewer
from webapp.accounts.permissions import may_manage
from webapp.core.errors import InvalidInput, NotFound, PermissionDenied, StaleRevision
from webapp.core.locators import format_locator
from webapp.db.bulk import encode
from webapp.db.session import transaction
from webapp.history import service as history
from webapp.plugins.models import PluginMeta, bulk_rows
from webapp.plugins.models.bookkeeping import TallyKey
from webapp.plugins.models.bulk_rows import Before, BulkWrite, Write, Written
from webapp.plugins.models.identity import LOCATOR_KIND
from webapp.plugins.models.lifecycle import taken_names
from webapp.plugins.models.validation import name_is_taken
from webapp.plugins.models.writing import stored_name
from webapp.plugins.queries.visibility import visible_to
from webapp.plugins.service.writing import NO_RIGHT, Saved, get_owner
from webapp.plugins.values import PluginValues

LOCKED_AT_ONCE = 500


@dataclass(frozen=True)
class Target:
    """A record that is to be changed: its id, the revision that was seen, and which top-level fields will differ."""

    id: int
    revision: int
    changed: tuple[str, ...]


@dataclass(frozen=True)
class PluginWriting:
    """What is to be written on a plugin; without a target it is a new one, of the viewer or of another profile."""

    values: PluginValues
    target: Target | None = None
    owner_profile_id: int | None = None


class Refused(Exception):
    """One of many records breaks a rule, so none is written."""

    def __init__(self, position: int, error: InvalidInput) -> None:
        """Keep which one it is, from 0, and what is wrong."""
        super().__init__(error.message)
        self.position, self.error = position, error


@dataclass(frozen=True)
class Prepared:
    """Writings that have been checked."""

    writings: tuple[PluginWriting, ...]


def prepare_plugins(writings: Iterable[PluginWriting]) -> Prepared:
    """Convert names and check every field, which needs no transaction.

    Raises:
        Refused: a record breaks a rule.
    """
    return Prepared(tuple(_checked(position, item) for position, item in enumerate(writings)))


def write_plugins(viewer: Viewer, prepared: Prepared) -> list[Saved]:
    """Create and update plugins of the viewer's account, all of them or none; return them in the same order.

    New ones are owned by the viewer. An update that changes nothing adds no revision.

    Raises:
        Refused: the name of a new record is taken.
        NotFound: a record is not in the viewer's sight.
        PermissionDenied: the viewer may not write one of them.
        StaleRevision: a record is not at the revision of its target.
    """
    writings = prepared.writings
    with transaction() as session:
        owners = {item.owner_profile_id for item in writings if item.target is None}
        for owner in sorted(owners, key=lambda owner: owner or 0):
            if get_owner(session, viewer, owner).account_id != viewer.account_id:
                raise PermissionDenied("You may not create plugins for this owner.")
        if owners:
            _refuse_taken(session, viewer, writings)
        held = _lock(session, viewer, [item.target for item in writings if item.target is not None])
        pending = [item for item in writings if item.target is None or item.target.changed]
        writes = [
            Write(item.values, held[item.target.id])
            if item.target
            else Write(item.values, owner_profile_id=item.owner_profile_id or viewer.profile_id)
            for item in pending
        ]
        saved = iter(list(_store(session, viewer, pending, writes)))
        return [
            next(saved)
            if item.target is None or item.target.changed
            else _saved(item.target.id, item.values.name, item.target.revision)
            for item in writings
        ]


def _checked(position: int, item: PluginWriting) -> PluginWriting:
    values = replace(item.values, name=stored_name(item.values.name))
    try:
        return replace(item, values=bulk_rows.clean(values))
    except InvalidInput as error:
        raise Refused(position, error) from error


def _refuse_taken(session: Session, viewer: Viewer, writings: Sequence[PluginWriting]) -> None:
    new = [item.values.name for item in writings if item.target is None]
    taken = taken_names(session, viewer.account_id, new)
    for position, item in enumerate(writings):
        if item.target is None:
            if item.values.name in taken:
                raise Refused(position, name_is_taken())
            taken.add(item.values.name)


def _lock(session: Session, viewer: Viewer, targets: Sequence[Target]) -> Mapping[int, Before]:
    """Return the live records that are to be changed, locked for this transaction."""
    held: dict[int, Before] = {}
    # By id, in one order for all writers, so that two of them never wait for each other.
    wanted = {target.id: target.revision for target in sorted(targets, key=lambda target: target.id)}
    ids = list(wanted)
    columns = (
        PluginMeta.id,
        PluginMeta.revision,
        PluginMeta.account_id,
        PluginMeta.user_profile_id,
        PluginMeta.plugin_class,
        PluginMeta.readiness,
    )
    for start in range(0, len(ids), LOCKED_AT_ONCE):
        statement = visible_to(viewer).where(
            PluginMeta.account_id == viewer.account_id, PluginMeta.id.in_(ids[start : start + LOCKED_AT_ONCE])
        )
        rows = session.execute(
            statement.with_only_columns(*columns).order_by(PluginMeta.id).with_for_update()
        )
        for row in rows:
            cell = TallyKey(row.account_id, row.user_profile_id, row.plugin_class, row.readiness)
            held[row.id] = Before(row.id, row.revision, cell)
    for plugin_id, revision in wanted.items():
        if plugin_id not in held:
            raise NotFound
        found = held[plugin_id]
        if not may_manage(viewer, found.cell.account_id, found.cell.user_profile_id):
            raise PermissionDenied(NO_RIGHT)
        if found.revision != revision:
            raise StaleRevision(revision, found.revision)
    return held


def _store(
    session: Session, viewer: Viewer, pending: Sequence[PluginWriting], writes: Sequence[Write]
) -> Iterator[Saved]:
    rest = iter(pending)
    for portion in BulkWrite(session, viewer.account_id, writes).run():
        events = [_event(written, next(rest)) for written in portion]
        history.record_many(
            session, viewer.actor, events, account_id=viewer.account_id, record_kind=LOCATOR_KIND
        )
        for written, event in zip(portion, events, strict=True):
            yield _saved(
                written.id, written.values.name, written.revision, tuple(event.changed), event.action
            )


def _event(written: Written, item: PluginWriting) -> history.Event:
    action, changed = ("update", item.target.changed) if item.target else ("create", ())
    return history.Event(written.id, written.revision, action, encode(written.values), changed)


def _saved(
    plugin_id: int, name: str, revision: int, changed: tuple[str, ...] = (), action: str = ""
) -> Saved:
    return Saved(plugin_id, name, format_locator(LOCATOR_KIND, plugin_id), revision, changed, action)
