"""Typed values of secrets and connections: what a manifest or a form turns text into, and what services take.

They are plain, frozen and free of the database. `to_dict` gives the snapshot that history keeps, in which the value
of a secret is always masked.
"""

from __future__ import annotations

import datetime as dt
from collections.abc import Mapping
from dataclasses import asdict, dataclass, field, fields
from typing import Any, Self

from webapp.core.clock import as_utc

DB_ENGINES = (
    "django.db.backends.mysql",
    "django.db.backends.postgresql",
    "django.db.backends.sqlite3",
    "django.db.backends.oracle",
    "django.db.backends.mssql",
    "django.db.backends.sybase",
)
SQL_AUTHENTICATION_METHODS = ("none", "tcpip", "tcpip_ssh", "ldap_user_pwd")
DEFAULT_PORTS = {"mysql": 3306, "postgresql": 5432, "oracle": 1521, "mssql": 1433, "sybase": 5000}
API_AUTH_METHODS = ("none", "basic", "token", "oauth")
PROXY_PROTOCOLS = ("http", "https", "socks")

DEFAULT_VERSION = "1.0.0"
DEFAULT_TIMEOUT = 30
DEFAULT_POOL_SIZE = 5
DEFAULT_MAX_OVERFLOW = 10

MASK = "********"


@dataclass(frozen=True)
class Described:
    """What every record of this domain has: its name and the metadata that people write."""

    name: str
    description: str = ""
    version: str = DEFAULT_VERSION
    tags: tuple[str, ...] = ()
    annotations: tuple[dict[str, Any], ...] = ()

    def to_dict(self) -> dict[str, Any]:
        """Return the snapshot kept in history: plain JSON values, tuples as lists."""
        return {key: _plain(value) for key, value in asdict(self).items()}

    @classmethod
    def from_dict(cls, snapshot: Mapping[str, Any]) -> Self:
        """Return the values of a snapshot; what it does not say has its default, and what is unknown is left out."""
        known = {item.name for item in fields(cls)}
        found = {key: value for key, value in snapshot.items() if key in known}
        for key in ("tags", "annotations"):
            found[key] = tuple(found.get(key) or ())
        return cls(**found)


@dataclass(frozen=True)
class SecretValues(Described):
    """A secret; `value` is the clear text to store, or None to keep what is stored."""

    value: str | None = field(default=None, repr=False)
    expires_at: dt.datetime | None = None

    def __post_init__(self) -> None:
        """Keep the expiry in UTC, so that two spellings of one moment are equal."""
        if self.expires_at is not None:
            object.__setattr__(self, "expires_at", as_utc(self.expires_at))

    def to_dict(self) -> dict[str, Any]:
        """Return the snapshot kept in history; the value never goes there."""
        return {**super().to_dict(), "value": MASK}

    @classmethod
    def from_dict(cls, snapshot: Mapping[str, Any]) -> Self:
        """Return the values of a snapshot, which never holds the value itself."""
        expiry = snapshot.get("expires_at")
        moment = dt.datetime.fromisoformat(expiry) if isinstance(expiry, str) else None
        return super().from_dict({**snapshot, "value": None, "expires_at": moment})


@dataclass(frozen=True)
class SqlConnectionValues(Described):
    """How to reach a SQL database; `password` and `proxy_password` are names of secrets."""

    db_engine: str = DB_ENGINES[0]
    authentication_method: str = "none"
    hostname: str = ""
    port: int | None = None
    database: str = ""
    username: str = ""
    password: str | None = None
    timeout: int = DEFAULT_TIMEOUT
    use_ssl: bool = False
    ssl_cert: str | None = None
    ssl_key: str | None = None
    ssl_ca: str | None = None
    proxy_host: str | None = None
    proxy_port: int | None = None
    proxy_username: str | None = None
    proxy_password: str | None = None
    ssh_known_hosts: str | None = None
    pool_size: int = DEFAULT_POOL_SIZE
    max_overflow: int = DEFAULT_MAX_OVERFLOW

    @property
    def secrets(self) -> tuple[str, ...]:
        """Return the names of the secrets that this connection uses."""
        return tuple(name for name in (self.password, self.proxy_password) if name)


@dataclass(frozen=True)
class ApiConnectionValues(Described):
    """How to reach an HTTP API; `api_key` and `proxy_password` are names of secrets."""

    base_url: str = ""
    auth_method: str = "none"
    api_key: str | None = None
    timeout: int = DEFAULT_TIMEOUT
    proxy_protocol: str | None = None
    proxy_host: str | None = None
    proxy_port: int | None = None
    proxy_username: str | None = None
    proxy_password: str | None = None

    @property
    def secrets(self) -> tuple[str, ...]:
        """Return the names of the secrets that this connection uses."""
        return tuple(name for name in (self.api_key, self.proxy_password) if name)


ConnectionValues = SqlConnectionValues | ApiConnectionValues


def default_port(db_engine: str) -> int | None:
    """Return the port that an engine listens on when nobody says otherwise; None for a file."""
    return DEFAULT_PORTS.get(db_engine.rpartition(".")[2])


def _plain(value: Any) -> Any:
    if isinstance(value, dict):
        return {key: _plain(item) for key, item in value.items()}
    if isinstance(value, list | tuple):
        return [_plain(item) for item in value]
    return value.isoformat() if isinstance(value, dt.datetime) else value
