"""Secret, SqlConnection and ApiConnection.

A connection names the secrets it uses. The name is kept beside the foreign key, because a manifest may arrive
before the secret it names: `password_name` is what was written, `password_id` is set as soon as the secret exists.
"""

from __future__ import annotations

import datetime as dt
from typing import Any

from sqlalchemy import (
    Boolean,
    CheckConstraint,
    ForeignKeyConstraint,
    Index,
    Integer,
    LargeBinary,
    String,
    Text,
    UniqueConstraint,
    false,
)
from sqlalchemy.orm import Mapped, mapped_column

from webapp.accounts.ownership import Owned, name_checks, ownership_key
from webapp.db.columns import BigId, OrderedJson, UtcDateTime, binary_text, pk
from webapp.extensions import Base

NAME_MAX = 64


def _secret_key(table: str, column: str) -> ForeignKeyConstraint:
    # With the account in the key, a secret of another account can never be referenced.
    return ForeignKeyConstraint(
        [column, "account_id"],
        ["secrets.id", "secrets.account_id"],
        name=f"fk_{table}_{column}",
        ondelete="RESTRICT",
    )


class Secret(Owned, Base):
    """A named value that is encrypted before it is stored and never shown again."""

    __tablename__ = "secrets"

    id: Mapped[pk]
    tag_names: Mapped[Any] = mapped_column(OrderedJson, default=list)
    encrypted_value: Mapped[bytes] = mapped_column(LargeBinary)
    expires_at: Mapped[dt.datetime | None] = mapped_column(UtcDateTime)

    __table_args__ = (
        ownership_key("secrets"),
        UniqueConstraint("account_id", "name"),
        UniqueConstraint("id", "account_id"),
        *name_checks(),
        {"sqlite_autoincrement": True},
    )


class SqlConnection(Owned, Base):
    """How to reach a SQL database (seed: SqlConnection)."""

    __tablename__ = "sql_connections"

    id: Mapped[pk]
    tag_names: Mapped[Any] = mapped_column(OrderedJson, default=list)
    db_engine: Mapped[str] = mapped_column(String(100))
    authentication_method: Mapped[str] = mapped_column(String(30), default="none", server_default="none")
    hostname: Mapped[str] = mapped_column(String(255))
    port: Mapped[int | None] = mapped_column(Integer)
    database: Mapped[str] = mapped_column(String(255))
    username: Mapped[str] = mapped_column(String(255), default="", server_default="")
    password_name: Mapped[str | None] = mapped_column(binary_text(NAME_MAX))
    password_id: Mapped[int | None] = mapped_column(BigId)
    timeout: Mapped[int] = mapped_column(Integer, default=30, server_default="30")
    use_ssl: Mapped[bool] = mapped_column(Boolean, default=False, server_default=false())
    ssl_cert: Mapped[str | None] = mapped_column(Text)
    ssl_key: Mapped[str | None] = mapped_column(Text)
    ssl_ca: Mapped[str | None] = mapped_column(Text)
    proxy_host: Mapped[str | None] = mapped_column(String(255))
    proxy_port: Mapped[int | None] = mapped_column(Integer)
    proxy_username: Mapped[str | None] = mapped_column(String(255))
    proxy_password_name: Mapped[str | None] = mapped_column(binary_text(NAME_MAX))
    proxy_password_id: Mapped[int | None] = mapped_column(BigId)
    ssh_known_hosts: Mapped[str | None] = mapped_column(Text)
    pool_size: Mapped[int] = mapped_column(Integer, default=5, server_default="5")
    max_overflow: Mapped[int] = mapped_column(Integer, default=10, server_default="10")

    __table_args__ = (
        ownership_key("sql_connections"),
        _secret_key("sql_connections", "password_id"),
        _secret_key("sql_connections", "proxy_password_id"),
        UniqueConstraint("account_id", "name"),
        UniqueConstraint("id", "account_id"),
        Index("ix_sql_connections_password_id", "password_id"),
        Index("ix_sql_connections_proxy_password_id", "proxy_password_id"),
        *name_checks(),
        CheckConstraint("timeout >= 1", name="timeout"),
        CheckConstraint("pool_size >= 1", name="pool_size"),
        CheckConstraint("max_overflow >= 0", name="max_overflow"),
        CheckConstraint("port IS NULL OR port BETWEEN 1 AND 65535", name="port"),
        {"sqlite_autoincrement": True},
    )


class ApiConnection(Owned, Base):
    """How to reach an HTTP API (seed: ApiConnection)."""

    __tablename__ = "api_connections"

    id: Mapped[pk]
    tag_names: Mapped[Any] = mapped_column(OrderedJson, default=list)
    base_url: Mapped[str] = mapped_column(String(500))
    auth_method: Mapped[str] = mapped_column(String(20), default="none", server_default="none")
    api_key_name: Mapped[str | None] = mapped_column(binary_text(NAME_MAX))
    api_key_id: Mapped[int | None] = mapped_column(BigId)
    timeout: Mapped[int] = mapped_column(Integer, default=30, server_default="30")
    proxy_protocol: Mapped[str | None] = mapped_column(String(10))
    proxy_host: Mapped[str | None] = mapped_column(String(255))
    proxy_port: Mapped[int | None] = mapped_column(Integer)
    proxy_username: Mapped[str | None] = mapped_column(String(255))
    proxy_password_name: Mapped[str | None] = mapped_column(binary_text(NAME_MAX))
    proxy_password_id: Mapped[int | None] = mapped_column(BigId)

    __table_args__ = (
        ownership_key("api_connections"),
        _secret_key("api_connections", "api_key_id"),
        _secret_key("api_connections", "proxy_password_id"),
        UniqueConstraint("account_id", "name"),
        UniqueConstraint("id", "account_id"),
        Index("ix_api_connections_api_key_id", "api_key_id"),
        Index("ix_api_connections_proxy_password_id", "proxy_password_id"),
        *name_checks(),
        CheckConstraint("timeout >= 1", name="timeout"),
        CheckConstraint("auth_method IN ('none', 'basic', 'token', 'oauth')", name="auth_method"),
        CheckConstraint("proxy_port IS NULL OR proxy_port BETWEEN 1 AND 65535", name="proxy_port"),
        {"sqlite_autoincrement": True},
    )
