"""The rules of secrets and connections that hold however they are written. Pure."""

from __future__ import annotations

from collections.abc import Mapping

from webapp.connections.rules import (
    CERTIFICATE_MAX,
    POOL_MAX,
    SECONDS_MAX,
    check_base_url,
    check_host,
    check_port,
    check_secret_value,
    check_whole,
)
from webapp.connections.values import (
    API_AUTH_METHODS,
    DB_ENGINES,
    PROXY_PROTOCOLS,
    SQL_AUTHENTICATION_METHODS,
    ApiConnectionValues,
    Described,
    SecretValues,
    SqlConnectionValues,
)
from webapp.core import rules
from webapp.core.errors import FieldError, InvalidInput


def check(values: Described) -> None:
    """Check every field.

    Raises:
        InvalidInput: with every error of every field.
    """
    found = find_errors(values)
    if any(found.values()):
        raise InvalidInput(found)


def find_errors(values: Described) -> dict[str, list[FieldError]]:
    """Return what is wrong with each field; a field without errors may be named too."""
    found: dict[str, list[FieldError]] = {
        "name": rules.check_name(values.name, new=False),
        "description": rules.check_description(values.description),
        "version": rules.check_version(values.version),
        "tags": rules.clean_tags(values.tags)[1],
        "annotations": [error for _, error in rules.clean_annotations(values.annotations)[1]],
    }
    if isinstance(values, SqlConnectionValues):
        found.update(_sql(values))
    elif isinstance(values, ApiConnectionValues):
        found.update(_api(values))
    elif isinstance(values, SecretValues) and values.value is not None:
        found["value"] = check_secret_value(values.value)
    return found


def _sql(values: SqlConnectionValues) -> Mapping[str, list[FieldError]]:
    return {
        "db_engine": _choice(values.db_engine, DB_ENGINES),
        "authentication_method": _choice(values.authentication_method, SQL_AUTHENTICATION_METHODS),
        # A SQLite database is a file, on no host.
        "hostname": check_host(values.hostname, required=not values.db_engine.endswith("sqlite3")),
        "port": _port(values.port),
        "database": rules.check_line(values.database, required="Write the name of the database."),
        "username": rules.check_line(values.username),
        "password": _secret_name(values.password),
        "timeout": check_whole(values.timeout, 1, SECONDS_MAX),
        "ssl_cert": _certificate(values.ssl_cert),
        "ssl_key": _certificate(values.ssl_key),
        "ssl_ca": _certificate(values.ssl_ca),
        **_proxy(values),
        "ssh_known_hosts": _certificate(values.ssh_known_hosts),
        "pool_size": check_whole(values.pool_size, 1, POOL_MAX),
        "max_overflow": check_whole(values.max_overflow, 0, POOL_MAX),
    }


def _api(values: ApiConnectionValues) -> Mapping[str, list[FieldError]]:
    protocol = values.proxy_protocol
    return {
        "base_url": check_base_url(values.base_url),
        "auth_method": _choice(values.auth_method, API_AUTH_METHODS),
        "api_key": _secret_name(values.api_key),
        "timeout": check_whole(values.timeout, 1, SECONDS_MAX),
        "proxy_protocol": [] if protocol is None else _choice(protocol, PROXY_PROTOCOLS),
        **_proxy(values),
    }


def _proxy(values: SqlConnectionValues | ApiConnectionValues) -> Mapping[str, list[FieldError]]:
    return {
        "proxy_host": check_host(values.proxy_host or "", required=False),
        "proxy_port": _port(values.proxy_port),
        "proxy_username": rules.check_line(values.proxy_username or ""),
        "proxy_password": _secret_name(values.proxy_password),
    }


def _choice(value: str, choices: tuple[str, ...]) -> list[FieldError]:
    return [] if value in choices else [FieldError(f"Use one of {', '.join(choices)}.", "choice")]


def _port(value: int | None) -> list[FieldError]:
    return [] if value is None else check_port(value)


def _certificate(value: str | None) -> list[FieldError]:
    return [] if value is None else rules.check_text(value, limit=CERTIFICATE_MAX)


def _secret_name(name: str | None) -> list[FieldError]:
    return [] if name is None else rules.check_name(name, new=False)
