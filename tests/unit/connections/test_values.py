"""Values of secrets and connections: comparable, and safe to keep in history."""

from __future__ import annotations

import datetime as dt
import json

from webapp.connections.values import (
    DB_ENGINES,
    ApiConnectionValues,
    SecretValues,
    SqlConnectionValues,
    default_port,
)

TOKYO = dt.timezone(dt.timedelta(hours=9))


def test_a_snapshot_of_a_secret_never_holds_its_value() -> None:
    values = SecretValues("key", value="hush", expires_at=dt.datetime(2030, 1, 1, 9, tzinfo=TOKYO))
    assert values.to_dict()["value"] == "********"
    assert "hush" not in repr(values)
    assert json.loads(json.dumps(values.to_dict()))["expires_at"] == "2030-01-01T00:00:00+00:00"


def test_one_moment_in_two_zones_is_equal() -> None:
    there = SecretValues("key", expires_at=dt.datetime(2030, 1, 1, 9, tzinfo=TOKYO))
    assert there == SecretValues("key", expires_at=dt.datetime(2030, 1, 1, tzinfo=dt.UTC))


def test_a_connection_knows_the_secrets_that_it_names() -> None:
    assert SqlConnectionValues("a", password="one", proxy_password="two").secrets == ("one", "two")
    assert ApiConnectionValues("a", api_key="one").secrets == ("one",)
    assert ApiConnectionValues("a").secrets == ()


def test_a_snapshot_gives_its_values_back_but_never_that_of_a_secret() -> None:
    sql = SqlConnectionValues("a", tags=("x", "y"), annotations=({"k": [1, None]},), port=5, use_ssl=True)
    api = ApiConnectionValues("b", base_url="https://x.example", proxy_protocol="http")
    secret = SecretValues("c", value="hush", expires_at=dt.datetime(2030, 1, 1, 9, tzinfo=TOKYO))
    for values in (sql, api):
        assert type(values).from_dict(json.loads(json.dumps(values.to_dict()))) == values
    assert SecretValues.from_dict(secret.to_dict()) == SecretValues("c", expires_at=secret.expires_at)


def test_a_snapshot_may_say_less_and_more_than_there_is_now() -> None:
    found = SqlConnectionValues.from_dict({"name": "a", "owner_profile_id": 7, "gone": True})
    assert found == SqlConnectionValues("a")


def test_every_engine_on_a_server_has_a_port() -> None:
    assert [engine for engine in DB_ENGINES if default_port(engine) is None] == ["django.db.backends.sqlite3"]
