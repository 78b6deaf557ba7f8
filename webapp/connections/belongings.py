"""Connections and secrets as things that people own, for the account's staff (accounts.belongings)."""

from __future__ import annotations

from collections import Counter
from collections.abc import Collection, Mapping
from typing import cast

from sqlalchemy import Table
from sqlalchemy.orm import Session

from webapp.accounts.belongings import HandOver, Kind, count_records, move_records
from webapp.connections.models import ApiConnection, Secret, SqlConnection
from webapp.connections.records import RECORD_KINDS, Record


def _kind(one: str, many: str, *models: type[Record]) -> Kind:
    tables = [(cast(Table, model.__table__), RECORD_KINDS[model]) for model in models]

    def count(session: Session, account_id: int, profile_ids: Collection[int]) -> Mapping[int, int]:
        found: Counter[int] = Counter()
        for table, _ in tables:
            found.update(count_records(session, table, account_id, profile_ids))
        return found

    def hand_over(session: Session, change: HandOver) -> int:
        return sum(move_records(session, change, table, record_kind) for table, record_kind in tables)

    return Kind(one, many, count, hand_over)


CONNECTIONS = _kind("connection", "connections", SqlConnection, ApiConnection)
SECRETS = _kind("secret", "secrets", Secret)
