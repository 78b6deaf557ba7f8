"""Between rows and values: which column holds which field of a secret or connection."""

from __future__ import annotations

from dataclasses import fields
from typing import Any, TypeVar

from webapp.connections.models import ApiConnection, Secret, SqlConnection
from webapp.connections.values import (
    ApiConnectionValues,
    ConnectionValues,
    Described,
    SecretValues,
    SqlConnectionValues,
)

Record = Secret | SqlConnection | ApiConnection
Connection = SqlConnection | ApiConnection
V = TypeVar("V", bound=Described)

RECORD_KINDS: dict[type[Record], str] = {
    Secret: "secret",
    SqlConnection: "sqlconnection",
    ApiConnection: "apiconnection",
}
MODEL_OF_KIND: dict[str, type[Record]] = {"sql": SqlConnection, "api": ApiConnection, "secret": Secret}
VALUES_OF_KIND: dict[str, type[SecretValues] | type[SqlConnectionValues] | type[ApiConnectionValues]] = {
    "sql": SqlConnectionValues,
    "api": ApiConnectionValues,
    "secret": SecretValues,
}
# A reference to a secret is a pair of columns: the name as it was written, and the id once the secret exists.
SECRET_REFERENCES: dict[type[Connection], tuple[str, ...]] = {
    SqlConnection: ("password", "proxy_password"),
    ApiConnection: ("api_key", "proxy_password"),
}

_COLUMNS = {
    "tags": "tag_names",
    "password": "password_name",
    "proxy_password": "proxy_password_name",
    "api_key": "api_key_name",
}


def secret_values(record: Secret) -> SecretValues:
    """Return what was written on a secret, without its value."""
    return SecretValues(**_read(SecretValues, record, leave_out={"value"}))


def connection_values(record: Connection) -> ConnectionValues:
    """Return what was written on a connection."""
    if isinstance(record, SqlConnection):
        return SqlConnectionValues(**_read(SqlConnectionValues, record))
    return ApiConnectionValues(**_read(ApiConnectionValues, record))


def read_values(record: Record) -> SecretValues | ConnectionValues:
    """Return what was written on a record, without the value of a secret."""
    return secret_values(record) if isinstance(record, Secret) else connection_values(record)


def assign(record: Record, values: Described) -> None:
    """Write values on a row; the value of a secret and the ids of references are the service's."""
    for item in fields(values):
        if item.name == "value":
            continue
        value = getattr(values, item.name)
        setattr(
            record, _COLUMNS.get(item.name, item.name), list(value) if isinstance(value, tuple) else value
        )


def secret_names(record: Connection) -> tuple[str, ...]:
    """Return the names of the secrets that a connection uses."""
    names = (getattr(record, f"{field}_name") for field in SECRET_REFERENCES[type(record)])
    return tuple(name for name in names if name)


def _read(
    values: type[V], record: Record, leave_out: frozenset[str] | set[str] = frozenset()
) -> dict[str, Any]:
    found: dict[str, Any] = {}
    for item in fields(values):
        if item.name not in leave_out:
            value = getattr(record, _COLUMNS.get(item.name, item.name))
            found[item.name] = tuple(value) if isinstance(value, list) else value
    return found
