"""Many plugins of one account at once, by bulk statements: what `PluginMeta.save()` keeps true, with the same rules.

What a write consists of stands in `writing` and `bookkeeping`, for one record and for many; here is only how many
rows get there with few statements. A test writes the same records both ways and compares every row.
"""

from __future__ import annotations

from collections import Counter, defaultdict
from collections.abc import Iterable, Iterator, Mapping, Sequence
from dataclasses import dataclass, replace
from typing import Any, cast

from sqlalchemy import Table, delete, inspect, select
from sqlalchemy.orm import Mapper, Session

from webapp.core.clock import utcnow
from webapp.core.errors import InvalidInput
from webapp.core.text import fold
from webapp.db.bulk import Row, insert_many, update_many
from webapp.db.session import touch_account
from webapp.extensions import Base
from webapp.plugins.models import bookkeeping
from webapp.plugins.models.annotations import PluginAnnotation
from webapp.plugins.models.bookkeeping import NO_CONNECTION, Resolved, TallyKey
from webapp.plugins.models.data import DATA_MODELS, PluginDataBase
from webapp.plugins.models.listing import PluginSearch
from webapp.plugins.models.meta import PluginMeta
from webapp.plugins.models.prompt import PluginPrompt
from webapp.plugins.models.selector import PluginSelector
from webapp.plugins.models.tags import PluginTag, Tag
from webapp.plugins.models.validation import clean_written_fields
from webapp.plugins.models.writing import derived_columns
from webapp.plugins.readiness import judge
from webapp.plugins.values import ApiData, PluginValues, SqlData

AT_ONCE = 500
"""Records that are written together: few statements, and only their rows in memory."""


@dataclass(frozen=True)
class Before:
    """A stored record as far as its counts and its lock need it; one in the bin counts nowhere."""

    id: int
    revision: int
    cell: TallyKey
    is_binned: bool = False


@dataclass(frozen=True)
class Write:
    """A record to store: what is written on it, and what it was, or whose a new one will be.

    A record that exists stays with its owner unless another one is given; one in the bin comes out of it.
    """

    values: PluginValues
    before: Before | None = None
    owner_profile_id: int = 0

    @property
    def owner(self) -> int:
        """Return the profile of the owner after the write."""
        if self.owner_profile_id or self.before is None:
            return self.owner_profile_id
        return self.before.cell.user_profile_id


@dataclass(frozen=True)
class Written:
    """A record as it was stored; its tags have the account's spelling."""

    id: int
    revision: int
    values: PluginValues


def clean(values: PluginValues) -> PluginValues:
    """Return the values as `save()` stores them; whether the name is free, the database tells.

    Raises:
        InvalidInput: with every error of every field.
    """
    cleaned = clean_written_fields(
        values.name,
        values.description,
        values.version,
        list(values.annotations),
        values.plugin_class,
        values.tags,
    )
    errors = {field: found for field, found in cleaned.errors.items() if found}
    if errors:
        raise InvalidInput(errors)
    return replace(values, annotations=tuple(cleaned.annotations), tags=cleaned.tags)


class BulkWrite:
    """One write of many records of one account inside the caller's `transaction()`.

    The records have been checked, and those that exist are locked by the caller. Who has all of them at hand calls
    `run`; who makes them as they go calls `write` with a portion at a time, then `finish`.
    """

    def __init__(self, session: Session, account_id: int, writes: Sequence[Write] = ()) -> None:
        """Take what `run` is to write."""
        self._session, self._account_id = session, account_id
        self._writes = writes
        self._cells: Counter[TallyKey] = Counter()
        self._uses: Counter[int] = Counter()
        self._owner_keys: dict[int, str] = {}
        self._connections: dict[str, dict[str, Resolved]] = defaultdict(dict)
        self._tags: dict[str, Tag] = {}
        self._has_written = False

    def run(self) -> Iterator[list[Written]]:
        """Write everything, in portions; yield what each left behind. Counts are right once all are taken."""
        self._learn(self._writes)
        for start in range(0, len(self._writes), AT_ONCE):
            yield self.write(self._writes[start : start + AT_ONCE])
        self.finish()

    def write(self, writes: Sequence[Write]) -> list[Written]:
        """Write at most `AT_ONCE` records and return what they left behind; counts follow in `finish`."""
        self._learn(writes)
        self._has_written = True
        return self._portion(writes)

    def finish(self) -> None:
        """Count what was written: once for all portions, so that counts are locked in one order."""
        bookkeeping.shift_tag_counts(self._session, self._uses)
        bookkeeping.shift_tallies(self._session, self._cells)
        if self._has_written:
            touch_account(self._session, self._account_id)
        # What the session holds was written past it.
        self._session.expire_all()

    def _learn(self, writes: Sequence[Write]) -> None:
        """Look up what the writes name and no earlier portion has: owners, connections, tags."""
        session = self._session
        session.flush()
        if owners := {write.owner for write in writes} - self._owner_keys.keys():
            self._owner_keys |= bookkeeping.owner_username_keys(session, owners)
        for plugin_class, named in _named_connections(writes).items():
            known = self._connections[plugin_class]
            if names := named - known.keys():
                found = bookkeeping.resolve_connections(session, self._account_id, plugin_class, names)
                known.update({name: found.get(name, NO_CONNECTION) for name in names})
        if tags := [name for write in writes for name in write.values.tags if fold(name) not in self._tags]:
            self._tags |= bookkeeping.find_tags(session, self._account_id, tags)

    def _portion(self, writes: Sequence[Write]) -> list[Written]:
        written = self._store_records(writes)
        self._store_selectors_and_prompts(written)
        self._store_data(written)
        self._store_tags(written, [write.before for write in writes if write.before])
        self._store_search(written)
        self._store_annotations(written)
        return written

    def _store_records(self, writes: Sequence[Write]) -> list[Written]:
        now = utcnow()
        new: list[Row] = []
        changed: list[Row] = []
        for write in writes:
            row = self._record_row(write)
            row["updated_at"] = now
            if write.before is None:
                new.append(row | {"created_at": now, "deleted_at": None, "deleted_by_id": None})
            else:
                # A record never changes its account, and SQLite searches the rows that point at a key that is set.
                del row["account_id"]
                changed.append(row | {"id": write.before.id, "deleted_at": None, "deleted_by_id": None})
        insert_rows(self._session, PluginMeta, new)
        update_rows(self._session, PluginMeta, changed)
        ids = self._ids([row["name"] for row in new])
        return [
            Written(
                write.before.id if write.before else ids[write.values.name],
                write.before.revision + 1 if write.before else 1,
                self._spelled(write.values),
            )
            for write in writes
        ]

    def _spelled(self, values: PluginValues) -> PluginValues:
        """Return the values with the account's spelling of their tags."""
        tags = tuple(tag.name for tag in self._tags_of(values))
        return values if tags == values.tags else replace(values, tags=tags)

    def _ids(self, names: Sequence[str]) -> dict[str, int]:
        # An executemany returns no ids; asking for them by name is one statement, not one for each row.
        rows = self._session.execute(
            select(PluginMeta.name, PluginMeta.id).where(
                PluginMeta.account_id == self._account_id,
                PluginMeta.deleted_at.is_(None),
                PluginMeta.name.in_(names),
            )
        )
        return {row.name: row.id for row in rows}

    def _record_row(self, write: Write) -> Row:
        values, before, owner = write.values, write.before, write.owner
        connection = self._connection(values)
        judgement = judge(values, connection.state if connection else None)
        derived = derived_columns(values.version, self._owner_keys.get(owner, ""), judgement)
        if before is not None and not before.is_binned:
            self._cells[before.cell] -= 1
        self._cells[TallyKey(self._account_id, owner, values.plugin_class, derived["readiness"])] += 1
        return {
            "account_id": self._account_id,
            "user_profile_id": owner,
            "name": values.name,
            "description": values.description,
            "version": values.version,
            "plugin_class": values.plugin_class,
            "annotations": list(values.annotations),
            "revision": before.revision + 1 if before else 1,
            **derived,
        }

    def _connection(self, values: PluginValues) -> Resolved | None:
        if not isinstance(values.data, SqlData | ApiData):
            return None
        return self._connections[values.plugin_class].get(values.data.connection, NO_CONNECTION)

    def _store_selectors_and_prompts(self, written: Sequence[Written]) -> None:
        selectors = {
            item.id: PluginSelector.columns(item.values.selector) if item.values.selector else None
            for item in written
        }
        prompts = {
            item.id: PluginPrompt.columns(item.values.prompt) if item.values.prompt else None
            for item in written
        }
        old = [item.id for item in written if item.revision > 1]
        self._store_parts(PluginSelector, selectors, self._part_ids(PluginSelector, old))
        self._store_parts(PluginPrompt, prompts, self._part_ids(PluginPrompt, old))

    def _store_data(self, written: Sequence[Written]) -> None:
        old = [item.id for item in written if item.revision > 1]
        held = self._part_ids(PluginDataBase, old)
        for plugin_class, model in DATA_MODELS.items():
            of_class = [item for item in written if item.values.plugin_class == plugin_class]
            rows = {item.id: self._data_row(item.values, model) for item in of_class}
            ids = {plugin_id: found for plugin_id, found in held.items() if plugin_id in rows}
            # Data of another class goes before the new row takes its place under the unique key.
            stays = {plugin_id for plugin_id, (_, was) in ids.items() if was == plugin_class}
            self._remove(
                PluginDataBase, [ids.pop(plugin_id)[0] for plugin_id in [*ids] if plugin_id not in stays]
            )
            self._store_parts(model, rows, ids)

    def _data_row(self, values: PluginValues, model: type[PluginDataBase]) -> Row | None:
        if values.data is None:
            return None
        row = model.columns(values.data) | {
            "account_id": self._account_id,
            "plugin_class": values.plugin_class,
        }
        connection = self._connection(values)
        return row if connection is None else {**row, **connection.columns}

    def _part_ids(self, model: Any, plugin_ids: Sequence[int]) -> dict[int, tuple[int, str]]:
        """Return the parts that plugins have: their ids and, of data, the class, by plugin."""
        if not plugin_ids:
            return {}
        kind = model.plugin_class if model is PluginDataBase else model.id
        rows = self._session.execute(
            select(model.plugin_id, model.id, kind).where(model.plugin_id.in_(plugin_ids))
        )
        return {plugin_id: (row_id, was) for plugin_id, row_id, was in rows}

    def _store_parts(
        self, model: Any, rows: Mapping[int, Row | None], ids: Mapping[int, tuple[int, object]]
    ) -> None:
        """Let each plugin have this part, or none; `ids` has those that exist."""
        gone, come, changed = [], [], []
        for plugin_id, row in rows.items():
            held = ids.get(plugin_id)
            if row is None:
                gone += [held[0]] if held else []
            elif held is None:
                come.append({"plugin_id": plugin_id, **row})
            else:
                changed.append({"id": held[0], **row})
        self._remove(model if not issubclass(model, PluginDataBase) else PluginDataBase, gone)
        insert_rows(self._session, model, come)
        update_rows(self._session, model, changed)

    def _remove(self, model: Any, ids: Sequence[int]) -> None:
        if ids:
            # By the table: a row of a class goes with its base row, by the foreign key.
            table = model.__table__
            self._session.execute(delete(table).where(table.c.id.in_(ids)))

    def _store_tags(self, written: Sequence[Written], stored: Sequence[Before]) -> None:
        ids = sorted(before.id for before in stored)
        if counted := sorted(before.id for before in stored if not before.is_binned):
            carried = select(PluginTag.tag_id).where(PluginTag.plugin_id.in_(counted))
            self._uses.subtract(self._session.scalars(carried).all())
        if ids:
            self._session.execute(
                delete(PluginTag).where(PluginTag.plugin_id.in_(ids)),
                execution_options={"synchronize_session": False},
            )
        rows: list[Row] = []
        for item in written:
            rows += bookkeeping.tag_rows(item.id, self._account_id, self._tags_of(item.values))
        self._uses.update(row["tag_id"] for row in rows)
        insert_rows(self._session, PluginTag, rows)

    def _tags_of(self, values: PluginValues) -> list[Tag]:
        return bookkeeping.in_order(self._tags, values.tags)

    def _forget(self, model: Any, written: Sequence[Written]) -> None:
        if old := [item.id for item in written if item.revision > 1]:
            self._session.execute(
                delete(model).where(model.plugin_id.in_(old)),
                execution_options={"synchronize_session": False},
            )

    def _store_search(self, written: Sequence[Written]) -> None:
        self._forget(PluginSearch, written)
        rows = [
            bookkeeping.search_row(
                item.id, self._account_id, item.values.name, item.values.description, item.values.tags
            )
            for item in written
        ]
        insert_rows(self._session, PluginSearch, rows)

    def _store_annotations(self, written: Sequence[Written]) -> None:
        self._forget(PluginAnnotation, written)
        rows: list[Row] = []
        for item in written:
            rows += bookkeeping.annotation_rows(item.id, self._account_id, item.values.annotations)
        insert_rows(self._session, PluginAnnotation, rows)


def insert_rows(session: Session, model: type[Base], rows: Sequence[Row]) -> None:
    """Insert rows of a model, given by attribute; of a class of data, the rows of its base as well."""
    if not rows:
        return
    for table, columns in _tables(model).items():
        # The full-text index of SQLite is written out after each statement.
        insert_many(session, table, _rows_of(rows, columns), in_one=model is PluginSearch)
        if table is not model.__table__:
            rows = _with_ids(session, table, rows)


def update_rows(session: Session, model: type[Base], rows: Sequence[Row]) -> None:
    """Update rows of a model by their ids, given by attribute; all rows name the same attributes."""
    if not rows:
        return
    for table, columns in _tables(model).items():
        update_many(session, table, _rows_of(rows, columns))


def _tables(model: type[Base]) -> dict[Table, dict[str, str]]:
    """Return the tables of a model, its base first, each with its columns by attribute."""
    mapper = cast("Mapper[Any]", inspect(model))
    return {
        cast(Table, table): {
            attribute.key: column.name
            for attribute in mapper.column_attrs
            for column in attribute.columns
            if column.table is table
        }
        for table in mapper.tables
    }


def _rows_of(rows: Sequence[Row], columns: Mapping[str, str]) -> Sequence[Row]:
    """Return the rows by column, as they are when that is what they are already."""
    if all(columns.get(name) == name for name in rows[0]):
        return rows
    return [{columns[name]: value for name, value in row.items() if name in columns} for row in rows]


def _with_ids(session: Session, table: Table, rows: Sequence[Row]) -> list[Row]:
    wanted = [row["plugin_id"] for row in rows]
    found = session.execute(select(table.c.plugin_id, table.c.id).where(table.c.plugin_id.in_(wanted)))
    ids = {row.plugin_id: row.id for row in found}
    return [{**row, "id": ids[row["plugin_id"]]} for row in rows]


def _named_connections(writes: Iterable[Write]) -> dict[str, set[str]]:
    named: dict[str, set[str]] = defaultdict(set)
    for write in writes:
        data = write.values.data
        if isinstance(data, SqlData | ApiData):
            named[write.values.plugin_class].add(data.connection)
    return named
