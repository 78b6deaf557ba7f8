"""The manifests of connections and secrets: SqlConnection, ApiConnection and Secret."""

from __future__ import annotations

import datetime as dt
from collections.abc import Iterator, Mapping
from typing import Annotated, Any, ClassVar, NoReturn

from pydantic import AfterValidator, BeforeValidator, Field, SecretStr, WithJsonSchema

from webapp.connections.rules import (
    CERTIFICATE_MAX,
    POOL_MAX,
    PORT_MAX,
    SECONDS_MAX,
    SECRET_MAX,
    URL_MAX,
    find_url_problem,
    is_host,
    is_mask,
    read_moment,
)
from webapp.connections.values import (
    API_AUTH_METHODS,
    DB_ENGINES,
    PROXY_PROTOCOLS,
    SQL_AUTHENTICATION_METHODS,
    default_port,
)
from webapp.manifests.envelope import Manifest
from webapp.manifests.fields import (
    Fields,
    Finding,
    Published,
    Reference,
    dig,
    line,
    meant,
    names,
    one_of,
    prose,
    refuse,
    whole,
)
from webapp.manifests.problems import Path
from webapp.manifests.scalars import written


def _db_engine(value: str) -> str:
    if value not in DB_ENGINES:
        short = value.rpartition(".")[2]
        aliases = {"postgres": "postgresql", "sqlite": "sqlite3", "mariadb": "mysql", "sqlserver": "mssql"}
        engine = aliases.get(short.lower()) or meant(short, [name.rpartition(".")[2] for name in DB_ENGINES])
        suggestion = f"django.db.backends.{engine}" if engine else None
        refuse(
            "This is not a database engine.",
            hint=f"Write one of {', '.join(DB_ENGINES)}.",
            suggestion=suggestion,
        )
    return value


def _host(value: str) -> str:
    if value and not is_host(value):
        refuse(
            "This is not a host name or an IP address.", hint="Leave out the protocol, the port and the path."
        )
    return value


def _base_url(value: str) -> str:
    match find_url_problem(value):
        case "long":
            refuse(f"Use at most {URL_MAX} characters.")
        case "address":
            refuse("This is not an http or https address.", hint="Write it like https://api.example.com/v1.")
        case "user":
            refuse(
                "An address cannot hold a user name or a password.", hint="Name a Secret in apiKey instead."
            )
        case "query":
            refuse(
                "An address ends before ? and #.", hint="Put query parameters into the plugin's urlParams."
            )
    return value


def _secret_text(value: object) -> object:
    text = written(value)
    if text is None:
        return value
    if is_mask(text):
        # What an export or a page shows in place of the value.
        return None
    if not text:
        refuse("A secret cannot be empty.", hint="Leave the line out to keep the value that is stored.")
    if len(text) > SECRET_MAX:
        refuse(f"Use at most {SECRET_MAX:,} characters.")
    return text


def _moment(value: object) -> object:
    if value is None or isinstance(value, dt.datetime):
        return value
    try:
        return read_moment(value) if isinstance(value, str) else _no_moment()
    except ValueError:
        return _no_moment()
    except OverflowError:
        refuse("This date is out of range.", hint="Write a year from 1 to 9999.")


def _no_moment() -> NoReturn:
    refuse("This is not a date.", hint="Write it like 2030-12-31 or 2030-12-31T23:59:00Z.")


_ADDRESS = {"pattern": "^[Hh][Tt][Tt][Pp][Ss]?://", "maxLength": URL_MAX}
Host = Annotated[str, AfterValidator(_host)]
Port = Annotated[int, whole(1, PORT_MAX)]
Seconds = Annotated[int, whole(1, SECONDS_MAX)]
Certificate = Annotated[str, prose(CERTIFICATE_MAX)]
Line = Annotated[str, line(empty=True)]
_TIMEOUT = "Seconds to wait for an answer."
_PROXY_HOST = "Server in between, when there is one."
_PROXY_PORT = "Port of the server in between."
_PROXY_USER = "Who signs in to the server in between."


class SqlConnectionFields(Fields):
    """How to reach a SQL database."""

    db_engine: Annotated[str, Published(_db_engine, says={"enum": list(DB_ENGINES)})] = Field(
        description="Which database it is."
    )
    authentication_method: Annotated[str, one_of(*SQL_AUTHENTICATION_METHODS)] = Field(
        "none", description="How to sign in: not at all, directly, through SSH or by LDAP."
    )
    hostname: Host = Field("", description="Of the server; a file of SQLite has none.")
    port: Port | None = Field(None, description="The engine's own port when it is left out.")
    database: Annotated[str, line()] = Field(description="Its name on the server, or the path of a file.")
    username: Line = Field("", description="Who signs in to the database.")
    password: Reference | None = Field(
        None, description="Name of a Secret, not the password itself.", json_schema_extra=names("Secret")
    )
    timeout: Seconds = Field(30, description=_TIMEOUT)
    use_ssl: bool = Field(False, description="Whether to encrypt the way to the server.")
    ssl_cert: Certificate | None = Field(None, description="Own certificate, as PEM.")
    ssl_key: Certificate | None = Field(None, description="Key of the own certificate, as PEM.")
    ssl_ca: Certificate | None = Field(None, description="Certificate of the authority to trust, as PEM.")
    proxy_host: Host | None = Field(None, description=_PROXY_HOST)
    proxy_port: Port | None = Field(None, description=_PROXY_PORT)
    proxy_username: Line | None = Field(None, description=_PROXY_USER)
    proxy_password: Reference | None = Field(
        None, description="Name of a Secret.", json_schema_extra=names("Secret")
    )
    ssh_known_hosts: Certificate | None = Field(None, description="Keys of the SSH hosts to trust.")
    pool_size: Annotated[int, whole(1, POOL_MAX)] = Field(5, description="Connections that stay open.")
    max_overflow: Annotated[int, whole(0, POOL_MAX)] = Field(
        10, description="Connections beyond those, when there is much to do."
    )


class ApiConnectionFields(Fields):
    """How to reach an HTTP API."""

    base_url: Annotated[str, Published(_base_url, says=_ADDRESS)] = Field(
        description="Begins with http:// or https://."
    )
    auth_method: Annotated[str, one_of(*API_AUTH_METHODS)] = Field(
        "none", description="How a request shows who asks."
    )
    api_key: Reference | None = Field(
        None, description="Name of a Secret, not the key itself.", json_schema_extra=names("Secret")
    )
    timeout: Seconds = Field(30, description=_TIMEOUT)
    proxy_protocol: Annotated[str, one_of(*PROXY_PROTOCOLS)] | None = Field(
        None, description="How to speak to the proxy."
    )
    proxy_host: Host | None = Field(None, description=_PROXY_HOST)
    proxy_port: Port | None = Field(None, description=_PROXY_PORT)
    proxy_username: Line | None = Field(None, description=_PROXY_USER)
    proxy_password: Reference | None = Field(
        None, description="Name of a Secret.", json_schema_extra=names("Secret")
    )


class SecretConfig(Fields):
    """The value of a secret; absent or masked keeps the one that is stored."""

    value: Annotated[
        SecretStr | None,
        BeforeValidator(_secret_text),
        WithJsonSchema({"type": ["string", "number", "boolean", "null"]}),
    ] = Field(None, description="Encrypted when it is stored; left out, the stored one stays.")
    # The one key of the format that is not camelCase.
    expiration_date: Annotated[
        dt.datetime | None,
        BeforeValidator(_moment),
        WithJsonSchema({"type": ["string", "null"], "format": "date-time"}),
    ] = Field(None, alias="expiration_date", description="When it ends, such as 2030-12-31.")


class SqlConnectionSpec(Fields):
    """What a SQL connection specifies."""

    connection: SqlConnectionFields = Field(description="How to reach it.")


class ApiConnectionSpec(Fields):
    """What an API connection specifies."""

    connection: ApiConnectionFields = Field(description="How to reach it.")


class SecretSpec(Fields):
    """What a secret specifies."""

    config: SecretConfig = Field(description="The value and when it ends.")


_UNUSED_BY_API = "An ApiConnection has no use for it."
_IN_THE_PLUGIN = "It belongs to the plugins that use the connection."


class SqlConnectionManifest(Manifest):
    """A connection to a SQL database."""

    kind_name: ClassVar[str] = "SqlConnection"
    references: ClassVar[tuple[Path, ...]] = (
        ("spec", "connection", "password"),
        ("spec", "connection", "proxyPassword"),
    )

    spec: SqlConnectionSpec

    @classmethod
    def findings(cls, data: Mapping[str, object]) -> Iterator[Finding]:
        """Yield what the envelope says, and that a database on a server needs a host name."""
        yield from super().findings(data)
        connection = dig(data, "spec", "connection")
        engine = dig(connection, "dbEngine")
        remote = isinstance(engine, str) and engine in DB_ENGINES and not engine.endswith("sqlite3")
        if remote and dig(connection, "hostname") in (None, ""):
            yield Finding(("spec", "connection"), "hostname is missing.", "Add the server's name.")


class ApiConnectionManifest(Manifest):
    """A connection to an HTTP API."""

    kind_name: ClassVar[str] = "ApiConnection"
    references: ClassVar[tuple[Path, ...]] = (
        ("spec", "connection", "apiKey"),
        ("spec", "connection", "proxyPassword"),
    )
    # Written by the platform's older manifests, where they had no effect either.
    ignored: ClassVar[Mapping[Path, str]] = {
        ("spec", "connection", "headers"): _IN_THE_PLUGIN,
        ("spec", "connection", "method"): _IN_THE_PLUGIN,
        ("spec", "connection", "parameters"): _IN_THE_PLUGIN,
        ("spec", "connection", "useSsl"): "The address says it: https or http.",
        ("spec", "connection", "port"): "The address says it.",
        ("spec", "connection", "maxOverflow"): _UNUSED_BY_API,
        ("spec", "connection", "poolSize"): _UNUSED_BY_API,
    }
    renamed: ClassVar[Mapping[Path, str]] = {("spec", "connection", "authenticationMethod"): "authMethod"}

    spec: ApiConnectionSpec


class SecretManifest(Manifest):
    """A value that is encrypted before it is stored."""

    kind_name: ClassVar[str] = "Secret"
    renamed: ClassVar[Mapping[Path, str]] = {("spec", "config", "expirationDate"): "expiration_date"}
    secret_paths: ClassVar[tuple[Path, ...]] = (("spec", "config", "value"),)
    open_keys: ClassVar[frozenset[str]] = frozenset({"expiration_date", "expirationDate"})

    spec: SecretSpec


CONNECTION_MANIFESTS: tuple[type[Manifest], ...] = (
    SecretManifest,
    SqlConnectionManifest,
    ApiConnectionManifest,
)


def to_columns(model: SqlConnectionManifest | ApiConnectionManifest) -> dict[str, Any]:
    """Return the spec of a connection by column name; secrets are `…_name`, None where none is named."""
    columns = model.spec.connection.model_dump()
    for key in ("password", "api_key", "proxy_password"):
        if key in columns:
            columns[f"{key}_name"] = columns.pop(key) or None
    if isinstance(model, SqlConnectionManifest) and columns["port"] is None:
        columns["port"] = default_port(columns["db_engine"])
    return columns
