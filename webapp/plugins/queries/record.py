"""Reading one plugin for its pages: the record, its readiness, what it was before, and what its form offers."""

from __future__ import annotations

import datetime as dt
from collections.abc import Collection, Mapping, Sequence
from dataclasses import dataclass
from functools import cache
from typing import Any

from sqlalchemy import Select, bindparam, select
from sqlalchemy.orm import Session

from webapp.accounts.identity import Viewer
from webapp.accounts.permissions import may_manage
from webapp.caching.store import cached
from webapp.connections.models import ApiConnection, Secret, SqlConnection
from webapp.connections.records import RECORD_KINDS
from webapp.core.errors import NotFound
from webapp.core.locators import format_locator, parse_locator
from webapp.history import queries as history
from webapp.history.queries import Write
from webapp.plugins.lint import RULES
from webapp.plugins.models import PluginMeta
from webapp.plugins.models.bookkeeping import connection_state
from webapp.plugins.models.identity import LOCATOR_KIND
from webapp.plugins.queries.visibility import get_plugin, readable_accounts, readable_id
from webapp.plugins.readiness import ConnectionState, Judgement, judge
from webapp.plugins.values import PluginValues, StaticData

CONNECTIONS_MAX = 500


@dataclass(frozen=True)
class Record:
    """One plugin as its pages show it, and whether this viewer may change it."""

    id: int
    locator: str
    values: PluginValues
    revision: int
    account_id: int
    account_name: str
    owner_name: str
    owner_username: str
    created_at: dt.datetime
    updated_at: dt.datetime
    manageable: bool

    @property
    def connection_name(self) -> str:
        """Return the name of the connection that the data goes through, "" where there is none."""
        data = self.values.data
        return "" if data is None or isinstance(data, StaticData) else data.connection


def check_record(session: Session, viewer: Viewer, locator: str) -> None:
    """Read just enough to know that there is a plugin of a locator.

    Raises:
        NotFound: as `get_record` does.
    """
    plugin_id = parse_locator(locator, LOCATOR_KIND)
    if plugin_id is None:
        raise NotFound

    def load() -> bool:
        if session.scalar(readable_id(viewer, plugin_id)) is None:
            raise NotFound
        return True

    accounts = readable_accounts(viewer)
    if accounts is None:
        load()  # A superuser reads accounts whose generations nobody has asked for.
    else:
        cached("plugins.readable", viewer.generations, (accounts, plugin_id), load)


def get_record(session: Session, viewer: Viewer, locator: str) -> Record:
    """Return the plugin of a locator.

    Raises:
        NotFound: the locator is malformed or not canonical, or the plugin does not exist, is in the bin or is not
            readable; the answer does not tell which.
    """
    plugin_id = parse_locator(locator, LOCATOR_KIND)
    if plugin_id is None:
        raise NotFound
    plugin = get_plugin(session, viewer, plugin_id)
    owner = plugin.user_profile
    return Record(
        id=plugin.id,
        locator=locator,
        values=plugin.to_values(),
        revision=plugin.revision,
        account_id=plugin.account_id,
        account_name=owner.account.name,
        owner_name=owner.user.display_name or owner.user.username,
        owner_username=owner.user.username,
        created_at=plugin.created_at,
        updated_at=plugin.updated_at,
        manageable=may_manage(viewer, plugin.account_id, plugin.user_profile_id),
    )


def judge_record(session: Session, record: Record) -> Judgement:
    """Return what is missing before the plugin can be used, and what could be better, hints included."""
    return judge(record.values, _connection_state(session, record), RULES)


def _connection_state(session: Session, record: Record) -> ConnectionState | None:
    if not record.connection_name:
        return None
    model = _connection_model(record)
    return connection_state(session, session.scalar(_named(model, record)))


def find_connection(session: Session, record: Record) -> str | None:
    """Return the locator of the connection that a record names; None when there is none of that name."""
    if not record.connection_name:
        return None
    model = _connection_model(record)
    found = session.scalar(_named(model, record).with_only_columns(model.id))
    return None if found is None else format_locator(RECORD_KINDS[model], found)


def find_secrets(session: Session, record: Record, names: Collection[str]) -> dict[str, str]:
    """Return the locators of the account's secrets of these names."""
    if not names:
        return {}
    rows = session.execute(
        select(Secret.name, Secret.id).where(Secret.account_id == record.account_id, Secret.name.in_(names))
    )
    return {row.name: format_locator(RECORD_KINDS[Secret], row.id) for row in rows}


def _connection_model(record: Record) -> Any:
    return SqlConnection if record.values.plugin_class == "sql" else ApiConnection


def _named(model: Any, record: Record) -> Select[Any]:
    return select(model).where(model.account_id == record.account_id, model.name == record.connection_name)


def find_values(session: Session, record: Record, revision: int) -> PluginValues | None:
    """Return what the record said at a revision, or None when that is not kept."""
    if revision == record.revision:
        return record.values
    found = history.find_revision(session, LOCATOR_KIND, record.id, revision)
    return PluginValues.from_dict(found.snapshot) if found else None


def find_writes(session: Session, record: Record, revisions: Collection[int]) -> Mapping[int, Write]:
    """Return who wrote some revisions of the record, by revision, as far as they are kept."""
    return history.find_writes(session, LOCATOR_KIND, record.id, revisions)


def list_writes(session: Session, record: Record, since: int) -> Sequence[Write]:
    """Return who wrote the record after a revision, oldest first."""
    return history.list_writes(session, LOCATOR_KIND, record.id, since, record.revision)


def list_connections(session: Session, account_id: int) -> tuple[tuple[str, ...], tuple[str, ...]]:
    """Return the names of the account's SQL and API connections, `CONNECTIONS_MAX` of each at most."""
    models = (SqlConnection, ApiConnection)
    sql, api = (tuple(session.scalars(_names_of(model), {"account_id": account_id})) for model in models)
    return sql, api


@cache
def _names_of(model: Any) -> Select[Any]:
    named = select(model.name).where(model.account_id == bindparam("account_id"))
    return named.order_by(model.name).limit(CONNECTIONS_MAX)


def is_name_taken(session: Session, account_id: int, name: str, except_id: int | None = None) -> bool:
    """Tell whether another live plugin of the account has the name."""
    statement = select(PluginMeta.id).where(
        PluginMeta.account_id == account_id, PluginMeta.name == name, PluginMeta.deleted_at.is_(None)
    )
    if except_id is not None:
        statement = statement.where(PluginMeta.id != except_id)
    return session.scalar(statement.limit(1)) is not None
