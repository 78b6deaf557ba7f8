"""The data of a plugin: one base row per plugin and one row per class (seed: PluginDataBase and its heirs)."""

from __future__ import annotations

from typing import Any

from sqlalchemy import CheckConstraint, ForeignKey, ForeignKeyConstraint, Index, Integer, String
from sqlalchemy.orm import Mapped, mapped_column, relationship

from webapp.connections.models import ApiConnection, SqlConnection
from webapp.core.text import NAME_MAX
from webapp.db.columns import BigId, OrderedJson, binary_text, pk, text
from webapp.db.mixins import Timestamped
from webapp.extensions import Base
from webapp.plugins.values import (
    ApiData,
    Header,
    Parameter,
    PluginData,
    SqlData,
    StaticData,
    TestValue,
    UrlParam,
)


class PluginDataBase(Timestamped, Base):
    """What the data of every class has (seed: plugin_data_base_plugin)."""

    __tablename__ = "plugin_data"

    id: Mapped[pk]
    plugin_id: Mapped[int] = mapped_column(BigId, unique=True)
    account_id: Mapped[int] = mapped_column(BigId)
    plugin_class: Mapped[str] = mapped_column(String(10))
    description: Mapped[text]
    parameters: Mapped[Any] = mapped_column(OrderedJson, default=list)
    test_values: Mapped[Any] = mapped_column(OrderedJson, default=list)

    __mapper_args__ = {"polymorphic_on": "plugin_class", "with_polymorphic": "*"}
    __table_args__: Any = (
        ForeignKeyConstraint(
            ["plugin_id", "account_id"],
            ["plugin_meta.id", "plugin_meta.account_id"],
            name="fk_plugin_data_plugin",
            ondelete="CASCADE",
        ),
        CheckConstraint("plugin_class IN ('static', 'sql', 'api')", name="plugin_class"),
        {"sqlite_autoincrement": True},
    )

    def to_values(self) -> PluginData:
        """Return the typed values of this row."""
        raise TypeError(f"{type(self).__name__} has no values of its own")

    @classmethod
    def columns(cls, values: PluginData) -> dict[str, Any]:
        """Return what the typed values are in this row; a connection is resolved by who writes it."""
        raise TypeError(f"{cls.__name__} takes no values of its own")

    def assign(self, values: PluginData) -> None:
        """Take over the typed values; a connection is resolved by who writes the row."""
        for name, value in self.columns(values).items():
            setattr(self, name, value)

    def _parameters(self) -> tuple[Parameter, ...]:
        return tuple(
            Parameter(**{**item, "enum": None if item.get("enum") is None else tuple(item["enum"])})
            for item in self.parameters or ()
        )

    def _test_values(self) -> tuple[TestValue, ...]:
        return tuple(TestValue(**item) for item in self.test_values or ())


class PluginDataStatic(PluginDataBase):
    """Data that the model may read as it stands."""

    __tablename__ = "plugin_data_static"
    __mapper_args__ = {"polymorphic_identity": "static"}

    id: Mapped[int] = mapped_column(BigId, ForeignKey("plugin_data.id", ondelete="CASCADE"), primary_key=True)
    static_data: Mapped[Any] = mapped_column(OrderedJson, nullable=True)

    @classmethod
    def columns(cls, values: PluginData) -> dict[str, Any]:
        """Return what the typed values are in this row."""
        assert isinstance(values, StaticData)
        return {"description": values.description, "static_data": values.static_data}

    def to_values(self) -> StaticData:
        """Return the typed values of this row."""
        return StaticData(self.description, self.static_data)


def _columns(value: Parameter | TestValue | UrlParam | Header) -> dict[str, Any]:
    return dict(vars(value))


def _call_columns(values: SqlData | ApiData) -> dict[str, Any]:
    return {
        "description": values.description,
        "parameters": [_columns(parameter) for parameter in values.parameters],
        "test_values": [_columns(value) for value in values.test_values],
        "connection_name": values.connection,
        "limit": values.limit,
    }


def _connection_key(table: str, connections: str) -> ForeignKeyConstraint:
    # With the account in the key, a connection of another account can never be referenced.
    return ForeignKeyConstraint(
        ["connection_id", "connection_account_id"],
        [f"{connections}.id", f"{connections}.account_id"],
        name=f"fk_{table}_connection",
        ondelete="RESTRICT",
    )


class PluginDataSql(PluginDataBase):
    """A query over a SQL connection. `connection_name` is what was written; the id is set once it exists."""

    __tablename__ = "plugin_data_sql"
    __mapper_args__ = {"polymorphic_identity": "sql"}

    id: Mapped[int] = mapped_column(BigId, ForeignKey("plugin_data.id", ondelete="CASCADE"), primary_key=True)
    connection_name: Mapped[str] = mapped_column(binary_text(NAME_MAX), default="", server_default="")
    connection_id: Mapped[int | None] = mapped_column(BigId)
    connection_account_id: Mapped[int | None] = mapped_column(BigId)
    sql_query: Mapped[text]
    limit: Mapped[int | None] = mapped_column("row_limit", Integer)

    connection: Mapped[SqlConnection | None] = relationship(
        viewonly=True, lazy="select", primaryjoin="foreign(PluginDataSql.connection_id) == SqlConnection.id"
    )

    __table_args__ = (
        _connection_key("plugin_data_sql", "sql_connections"),
        Index("ix_plugin_data_sql_connection", "connection_id"),
        CheckConstraint("row_limit IS NULL OR row_limit >= 1", name="row_limit"),
    )

    @classmethod
    def columns(cls, values: PluginData) -> dict[str, Any]:
        """Return what the typed values are in this row."""
        assert isinstance(values, SqlData)
        return {**_call_columns(values), "sql_query": values.sql_query}

    def to_values(self) -> SqlData:
        """Return the typed values of this row."""
        return SqlData(
            connection=self.connection_name,
            sql_query=self.sql_query,
            description=self.description,
            parameters=self._parameters(),
            test_values=self._test_values(),
            limit=self.limit,
        )


class PluginDataApi(PluginDataBase):
    """A call over an API connection. `connection_name` is what was written; the id is set once it exists."""

    __tablename__ = "plugin_data_api"
    __mapper_args__ = {"polymorphic_identity": "api"}

    id: Mapped[int] = mapped_column(BigId, ForeignKey("plugin_data.id", ondelete="CASCADE"), primary_key=True)
    connection_name: Mapped[str] = mapped_column(binary_text(NAME_MAX), default="", server_default="")
    connection_id: Mapped[int | None] = mapped_column(BigId)
    connection_account_id: Mapped[int | None] = mapped_column(BigId)
    method: Mapped[str] = mapped_column(String(10), default="GET")
    endpoint: Mapped[str] = mapped_column(String(255), default="")
    url_params: Mapped[Any] = mapped_column(OrderedJson, default=list)
    headers: Mapped[Any] = mapped_column(OrderedJson, default=list)
    body: Mapped[Any] = mapped_column(OrderedJson, nullable=True)
    limit: Mapped[int | None] = mapped_column("row_limit", Integer)

    connection: Mapped[ApiConnection | None] = relationship(
        viewonly=True, lazy="select", primaryjoin="foreign(PluginDataApi.connection_id) == ApiConnection.id"
    )

    __table_args__ = (
        _connection_key("plugin_data_api", "api_connections"),
        Index("ix_plugin_data_api_connection", "connection_id"),
        CheckConstraint("method IN ('GET', 'POST', 'PUT', 'PATCH', 'DELETE')", name="method"),
        CheckConstraint("row_limit IS NULL OR row_limit >= 1", name="row_limit"),
    )

    @classmethod
    def columns(cls, values: PluginData) -> dict[str, Any]:
        """Return what the typed values are in this row."""
        assert isinstance(values, ApiData)
        return {
            **_call_columns(values),
            "method": values.method,
            "endpoint": values.endpoint,
            "url_params": [_columns(item) for item in values.url_params],
            "headers": [_columns(item) for item in values.headers],
            "body": values.body,
        }

    def to_values(self) -> ApiData:
        """Return the typed values of this row."""
        return ApiData(
            connection=self.connection_name,
            endpoint=self.endpoint,
            method=self.method,
            description=self.description,
            url_params=tuple(UrlParam(**item) for item in self.url_params or ()),
            headers=tuple(Header(**item) for item in self.headers or ()),
            body=self.body,
            parameters=self._parameters(),
            test_values=self._test_values(),
            limit=self.limit,
        )


DATA_MODELS: dict[str, type[PluginDataBase]] = {
    "static": PluginDataStatic,
    "sql": PluginDataSql,
    "api": PluginDataApi,
}
