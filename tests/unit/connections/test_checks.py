"""The rules of secrets and connections, all errors at once."""

from __future__ import annotations

from dataclasses import replace
from typing import Any

import pytest

from webapp.connections.checks import check
from webapp.connections.values import ApiConnectionValues, SecretValues, SqlConnectionValues
from webapp.core.errors import InvalidInput

SQL = SqlConnectionValues("ships_db", hostname="db.example", database="ships")
API = ApiConnectionValues("tides_api", base_url="https://tides.example")


@pytest.mark.parametrize("values", [SQL, API, SecretValues("key"), SecretValues("2025_key")])
def test_complete_values_are_accepted(values: Any) -> None:
    check(values)


def test_a_sqlite_database_needs_no_host() -> None:
    check(replace(SQL, db_engine="django.db.backends.sqlite3", hostname=""))


@pytest.mark.parametrize(
    ("values", "fields"),
    [
        (replace(SQL, name="Ships DB", version="1", tags=("a,b",)), {"name", "version", "tags"}),
        (replace(SQL, hostname=" ", database=""), {"hostname", "database"}),
        (
            replace(SQL, db_engine="mysql", authentication_method="magic"),
            {"db_engine", "authentication_method"},
        ),
        (replace(SQL, port=0, proxy_port=70_000), {"port", "proxy_port"}),
        (replace(SQL, timeout=0, pool_size=0, max_overflow=-1), {"timeout", "pool_size", "max_overflow"}),
        (replace(SQL, password="Not A Name", proxy_password=""), {"password", "proxy_password"}),
        (replace(API, base_url="", auth_method="hope"), {"base_url", "auth_method"}),
        (replace(API, proxy_protocol="gopher", timeout=0), {"proxy_protocol", "timeout"}),
        (replace(API, annotations=({"a b": 1},), description="x" * 10_001), {"annotations", "description"}),
    ],
)
def test_every_field_that_is_wrong_is_named(values: Any, fields: set[str]) -> None:
    with pytest.raises(InvalidInput) as refused:
        check(values)
    assert set(refused.value.errors) == fields
