"""What a write of a plugin keeps true beside the record: tags, counts, searchable text, its connection."""

from __future__ import annotations

import datetime as dt
import itertools
from collections import Counter, defaultdict
from collections.abc import Collection, Iterable, Iterator, Mapping, Sequence
from dataclasses import dataclass
from typing import TYPE_CHECKING, Any, TypeVar

from sqlalchemy import Table, delete, insert, select, update
from sqlalchemy.dialects import postgresql, sqlite
from sqlalchemy.orm import Session

from webapp.accounts.models import User, UserProfile
from webapp.connections.models import ApiConnection, Secret, SqlConnection
from webapp.core.annotations import annotation_text, annotation_value_key
from webapp.core.clock import utcnow
from webapp.core.rules import check_tag
from webapp.core.text import fold
from webapp.plugins.models.annotations import PluginAnnotation
from webapp.plugins.models.data import PluginDataApi, PluginDataSql
from webapp.plugins.models.listing import PluginSearch, PluginTally
from webapp.plugins.models.tags import PluginTag, Tag, TagAlias
from webapp.plugins.readiness import ConnectionState

if TYPE_CHECKING:
    from webapp.plugins.models.meta import PluginMeta

AT_ONCE = 500
ItemT = TypeVar("ItemT")
_DIGITS = "0123456789abcdefghijklmnopqrstuvwxyz"


@dataclass(frozen=True)
class TallyKey:
    """The cell of the counts that a record stands in."""

    account_id: int
    user_profile_id: int
    plugin_class: str
    readiness: str


def tally_key(session: Session, plugin_id: int) -> TallyKey | None:
    """Return the cell that the stored row counts in; None for a new record or one in the bin."""
    from webapp.plugins.models.meta import PluginMeta  # PluginMeta is built from this module's callers.

    table = PluginMeta.__table__
    row = session.execute(
        select(table.c.account_id, table.c.user_profile_id, table.c.plugin_class, table.c.readiness).where(
            table.c.id == plugin_id, table.c.deleted_at.is_(None)
        )
    ).one_or_none()
    return TallyKey(*row) if row else None


def shift_tally(session: Session, before: TallyKey | None, after: TallyKey | None) -> None:
    """Move one record from one cell of the counts to another."""
    steps: Counter[TallyKey] = Counter()
    for key, step in ((before, -1), (after, +1)):
        if key is not None:
            steps[key] += step
    shift_tallies(session, steps)


def shift_tallies(session: Session, steps: Mapping[TallyKey, int]) -> None:
    """Count records into cells of the counts and out of them."""
    # In one order for all writers: two that move records in opposite directions would wait for each other for ever.
    for key, step in sorted(steps.items(), key=lambda item: tuple(vars(item[0]).values())):
        if step:
            _count_in_cell(session, key, step)


def _count_in_cell(session: Session, key: TallyKey, step: int) -> None:
    table = PluginTally.__table__
    assert isinstance(table, Table)
    if step < 0:
        session.execute(
            update(table)
            .where(*(table.c[name] == value for name, value in vars(key).items()))
            .values(records=table.c.records + step)
        )
        return
    session.execute(
        _insert(session)(table)
        .values(**vars(key), records=step)
        .on_conflict_do_update(
            index_elements=["account_id", "user_profile_id", "plugin_class", "readiness"],
            set_={"records": table.c.records + step},
        )
    )


def find_tags(session: Session, account_id: int, names: Iterable[str]) -> Mapping[str, Tag]:
    """Return the account's tags of these names by folded key, making the ones that do not exist yet.

    Of several spellings of a new one the first is kept. An alias stands for its tag, so two names may be one tag.
    """
    keys: dict[str, str] = {}
    for name in names:
        keys.setdefault(fold(name), name)
    found = known_tags(session, account_id, keys)
    # By key, so that two writers who make the same ones wait for each other and never in a circle.
    missing = sorted(key for key in keys if key not in found)
    if missing:
        rows = [{"account_id": account_id, "key": key, "name": keys[key], "uses": 0} for key in missing]
        # Whoever makes one at the same moment is waited for, and then has made it.
        session.execute(_insert(session)(Tag.__table__).on_conflict_do_nothing(), rows)
        found |= _stored_tags(session, account_id, missing)
        if session.get_bind().dialect.name == "postgresql":
            found |= _give_way(session, account_id, missing)
    return found


def known_tags(session: Session, account_id: int, keys: Iterable[str]) -> dict[str, Tag]:
    """Return the tags that these folded names stand for, by name: their own or one that they are an alias of.

    Nobody renames or merges the tags until the transaction is over.
    """
    keys = list(keys)
    found = _stored_tags(session, account_id, keys)
    return found | _aliased_tags(session, account_id, [key for key in keys if key not in found])


def _stored_tags(session: Session, account_id: int, keys: Sequence[str]) -> dict[str, Tag]:
    found: dict[str, Tag] = {}
    for portion in _portions(keys):
        statement = select(Tag).where(Tag.account_id == account_id, Tag.key.in_(portion)).order_by(Tag.id)
        found.update((tag.key, tag) for tag in session.scalars(_kept_as_they_are(statement)))
    return found


def _aliased_tags(session: Session, account_id: int, keys: Sequence[str]) -> dict[str, Tag]:
    found: dict[str, Tag] = {}
    for portion in _portions(keys):
        statement = (
            select(TagAlias.key, Tag)
            .join(Tag, Tag.id == TagAlias.tag_id)
            .where(TagAlias.account_id == account_id, TagAlias.key.in_(portion))
            .order_by(Tag.id)
        )
        rows = session.execute(_kept_as_they_are(statement, of=Tag))
        found.update((key, tag) for key, tag in rows)
    return found


def _kept_as_they_are(statement: Any, **which: Any) -> Any:
    """Let tags be read as they are now, and wait where somebody is just renaming or merging them (PostgreSQL)."""
    locked = statement.with_for_update(read=True, key_share=True, **which)
    return locked.execution_options(populate_existing=True)


def _give_way(session: Session, account_id: int, made: Sequence[str]) -> dict[str, Tag]:
    """Take tags back that became aliases at the moment they were made; return what the aliases stand for."""
    aliased = _aliased_tags(session, account_id, made)
    if aliased:
        session.execute(
            delete(Tag).where(Tag.account_id == account_id, Tag.key.in_(aliased), Tag.uses == 0),
            execution_options={"synchronize_session": False},
        )
    return aliased


def settle_tags(session: Session, account_id: int, names: Iterable[str]) -> dict[str, str]:
    """Return what a write would store for each name of a tag: the account's spelling, and tags for aliases.

    What no tag can be called stays as it is, to be refused where fields are judged.
    """
    written = list(names)
    keys = dict.fromkeys(fold(name) for name in written if not check_tag(name))
    known = known_tags(session, account_id, keys)
    return {name: known[fold(name)].name if fold(name) in known else name for name in written}


def in_order(tags: Mapping[str, Tag], names: Iterable[str]) -> list[Tag]:
    """Return the tags that names stand for, each once and in the order of the names."""
    return list(dict.fromkeys(tags[fold(name)] for name in names))


def sync_tags(session: Session, plugin: PluginMeta, names: tuple[str, ...]) -> None:
    """Make the plugin carry exactly these tags in this order, in the account's spelling."""
    wanted = in_order(find_tags(session, plugin.account_id, names), names)
    session.execute(delete(PluginTag).where(PluginTag.plugin_id == plugin.id))
    if wanted:
        session.execute(insert(PluginTag), tag_rows(plugin.id, plugin.account_id, wanted))
    session.expire(plugin, ["tagged_items"])


def tag_rows(plugin_id: int, account_id: int, tags: Iterable[Tag]) -> list[dict[str, Any]]:
    """Return the rows that make a plugin carry these tags in this order."""
    return [
        {"plugin_id": plugin_id, "tag_id": tag.id, "account_id": account_id, "position": position}
        for position, tag in enumerate(tags)
    ]


def move_tag_counts(session: Session, before: set[int], after: set[int]) -> None:
    """Count a record out of the tags that it no longer carries and into the ones that it now does."""
    shift_tag_counts(session, {**dict.fromkeys(before - after, -1), **dict.fromkeys(after - before, +1)})


def shift_tag_counts(session: Session, steps: Mapping[int, int]) -> None:
    """Add to the uses of tags, by id."""
    by_step: dict[int, list[int]] = defaultdict(list)
    for tag_id in sorted(steps):
        by_step[steps[tag_id]].append(tag_id)
    by_step.pop(0, None)
    ids = sorted(itertools.chain.from_iterable(by_step.values()))
    if len(ids) > 1 and session.get_bind().dialect.name == "postgresql":
        # Two writers that count the same tags in opposite orders would wait for each other for ever.
        for portion in _portions(ids):
            locked = select(Tag.id).where(Tag.id.in_(portion)).order_by(Tag.id)
            session.execute(locked.with_for_update(key_share=True))
    for step, changed in by_step.items():
        for portion in _portions(changed):
            session.execute(
                update(Tag).where(Tag.id.in_(portion)).values(uses=Tag.uses + step),
                execution_options={"synchronize_session": False},
            )


def _portions(items: Sequence[ItemT]) -> Iterator[Sequence[ItemT]]:
    return (items[start : start + AT_ONCE] for start in range(0, len(items), AT_ONCE))


def tag_ids(session: Session, plugin_id: int) -> set[int]:
    """Return the ids of the tags that the stored plugin carries."""
    return set(session.scalars(select(PluginTag.tag_id).where(PluginTag.plugin_id == plugin_id)))


def sync_search(session: Session, plugin: PluginMeta, tags: list[str]) -> None:
    """Write the searchable text of a live record; a record in the bin has none."""
    session.execute(delete(PluginSearch).where(PluginSearch.plugin_id == plugin.id))
    if plugin.deleted_at is None:
        row = search_row(plugin.id, plugin.account_id, plugin.name, plugin.description, tags)
        session.execute(insert(PluginSearch).values(row))


def sync_annotations(session: Session, plugin: PluginMeta) -> None:
    """Write the annotations of a live record for filters; a record in the bin has none."""
    session.execute(delete(PluginAnnotation).where(PluginAnnotation.plugin_id == plugin.id))
    rows = annotation_rows(plugin.id, plugin.account_id, plugin.annotations or ())
    if rows and plugin.deleted_at is None:
        session.execute(insert(PluginAnnotation), rows)


def annotation_rows(
    plugin_id: int, account_id: int, annotations: Iterable[Mapping[str, Any]]
) -> list[dict[str, Any]]:
    """Return the annotations of a live record as rows that filters look them up by."""
    pairs = (pair for entry in annotations for pair in entry.items())
    return [
        {
            "plugin_id": plugin_id,
            "position": position,
            "account_id": account_id,
            "key": key,
            "value_key": annotation_value_key(annotation_text(value)),
        }
        for position, (key, value) in enumerate(pairs)
    ]


def search_row(
    plugin_id: int, account_id: int, name: str, description: str, tags: Iterable[str]
) -> dict[str, Any]:
    """Return the searchable text of a live record as its row."""
    return {
        "plugin_id": plugin_id,
        "account_id": account_id,
        "scope": search_scope(account_id),
        "body": fold("\n".join([name, description, *tags])),
    }


def search_scope(account_id: int) -> str:
    """Return the account as a word for the trigram index, such as "<9ix>": short, because each trigram costs time.

    The brackets keep one account's word from being a part of another's.
    """
    word = ""
    while account_id:
        account_id, digit = divmod(account_id, len(_DIGITS))
        word = _DIGITS[digit] + word
    return f"<{word}>"


def owner_username_key(session: Session, user_profile_id: int) -> str:
    """Return the folded username of an owner, the key that lists sort owners by."""
    return owner_username_keys(session, {user_profile_id}).get(user_profile_id, "")


def owner_username_keys(session: Session, profile_ids: Collection[int]) -> dict[int, str]:
    """Return the folded usernames of owners by the ids of their profiles."""
    statement = (
        select(UserProfile.id, User.username_key)
        .join(User, UserProfile.user_id == User.id)
        .where(UserProfile.id.in_(profile_ids))
    )
    return {row.id: row.username_key for row in session.execute(statement)}


def resolve_connection(session: Session, plugin: PluginMeta) -> ConnectionState | None:
    """Point the data at the account's connection of the written name; return what it looks like."""
    data = plugin.data
    if not isinstance(data, PluginDataSql | PluginDataApi):
        return None
    name = data.connection_name
    found = resolve_connections(session, plugin.account_id, data.plugin_class, {name}).get(
        name, NO_CONNECTION
    )
    for column, value in found.columns.items():
        setattr(data, column, value)
    return found.state


@dataclass(frozen=True)
class Resolved:
    """What a plugin's data has of the connection that it names, and what that looks like."""

    columns: Mapping[str, int | None]
    state: ConnectionState


NO_CONNECTION = Resolved(
    {"connection_id": None, "connection_account_id": None}, ConnectionState(exists=False)
)


def resolve_connections(
    session: Session, account_id: int, plugin_class: str, names: Iterable[str]
) -> dict[str, Resolved]:
    """Return the account's connections of these names that plugins of a class can use, by name."""
    model: Any = SqlConnection if plugin_class == "sql" else ApiConnection
    wanted = sorted(names)
    found: list[SqlConnection | ApiConnection] = []
    for start in range(0, len(wanted), AT_ONCE):
        portion = wanted[start : start + AT_ONCE]
        found += session.scalars(select(model).where(model.account_id == account_id, model.name.in_(portion)))
    states = connection_states(session, account_id, found)
    return {
        item.name: Resolved({"connection_id": item.id, "connection_account_id": account_id}, state)
        for item, state in zip(found, states, strict=True)
    }


def connection_state(session: Session, connection: SqlConnection | ApiConnection | None) -> ConnectionState:
    """Return whether the connection and the secrets that it names exist and are still valid."""
    if connection is None:
        return NO_CONNECTION.state
    return connection_states(session, connection.account_id, [connection])[0]


def connection_states(
    session: Session, account_id: int, connections: Sequence[SqlConnection | ApiConnection]
) -> list[ConnectionState]:
    """Return what connections of one account look like, in their order."""
    named = [_secret_names(connection) for connection in connections]
    wanted = sorted({name for names in named for name in names})
    expiries: dict[str, dt.datetime | None] = {}
    for start in range(0, len(wanted), AT_ONCE):
        rows = session.execute(
            select(Secret.name, Secret.expires_at).where(
                Secret.account_id == account_id, Secret.name.in_(wanted[start : start + AT_ONCE])
            )
        )
        expiries.update((row.name, row.expires_at) for row in rows)
    now = utcnow()
    return [
        ConnectionState(
            exists=True,
            missing_secrets=tuple(name for name in names if name not in expiries),
            expired_secrets=tuple(
                name for name in names if (expiry := expiries.get(name)) is not None and expiry <= now
            ),
        )
        for names in named
    ]


def _secret_names(connection: SqlConnection | ApiConnection) -> list[str]:
    own = connection.password_name if isinstance(connection, SqlConnection) else connection.api_key_name
    return [name for name in (own, connection.proxy_password_name) if name]


def _insert(session: Session) -> Any:
    """Return the `insert` of the database in use, which knows conflicts."""
    return postgresql.insert if session.get_bind().dialect.name == "postgresql" else sqlite.insert
