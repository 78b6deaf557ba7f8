"""The forms of secrets and connections: text in, typed values out, and the service's own rules beside the fields.

The names of fields that hold the name of a secret do not hold the word password: what somebody had typed when their
session ended is kept for them, and such a field is kept like any other. The value of a secret never is.
"""

from __future__ import annotations

import datetime as dt
from collections.abc import Mapping, Sequence
from dataclasses import fields
from typing import Any

from werkzeug.datastructures import MultiDict
from wtforms import Field

from webapp.connections import rules
from webapp.connections.checks import find_errors
from webapp.connections.queries.pages import SecretNames
from webapp.connections.values import (
    API_AUTH_METHODS,
    DB_ENGINES,
    PROXY_PROTOCOLS,
    SQL_AUTHENTICATION_METHODS,
    ApiConnectionValues,
    Described,
    SecretValues,
    SqlConnectionValues,
    default_port,
)
from webapp.core import rules as core_rules
from webapp.core.errors import FieldError
from webapp.manifests.form_rows import AnnotationRow, read_annotations, show_annotations
from webapp.manifests.form_text import split_list
from webapp.web.fields import CheckField, ChoiceField, LineField, ProseField, RowsField, UnshownField
from webapp.web.record_forms import RecordForm

NOT_SET = ""
UNREADABLE = -1
"""What a text that is no number stands for: no field takes it."""

FORM_NAMES = {"password": "login_secret", "proxy_password": "proxy_secret", "value": "secret_value"}
"""Fields of values whose form field has another name."""
VALUE_NAMES = {form_name: name for name, form_name in FORM_NAMES.items()}
SECRET_FIELDS = frozenset({"login_secret", "proxy_secret", "api_key"})
NUMBERS = frozenset({"port", "timeout", "proxy_port", "pool_size", "max_overflow"})

ENGINE_LABELS = {
    "django.db.backends.mysql": "MySQL",
    "django.db.backends.postgresql": "PostgreSQL",
    "django.db.backends.sqlite3": "SQLite",
    "django.db.backends.oracle": "Oracle",
    "django.db.backends.mssql": "Microsoft SQL Server",
    "django.db.backends.sybase": "Sybase",
}
SQL_AUTHENTICATION_LABELS = {
    "none": "None",
    "tcpip": "User name and password",
    "tcpip_ssh": "User name and password over SSH",
    "ldap_user_pwd": "LDAP user and password",
}
API_AUTH_LABELS = {"none": "None", "basic": "Basic", "token": "Token", "oauth": "OAuth"}
PROXY_LABELS = {NOT_SET: "Not set", "http": "HTTP", "https": "HTTPS", "socks": "SOCKS"}


class DescribedForm(RecordForm):
    """What the forms of all three kinds share; the values class says which fields there are."""

    name: LineField = LineField("Name")
    description: ProseField = ProseField("Description")
    version: LineField = LineField("Version")
    tags: LineField = LineField("Tags")
    annotations: RowsField = RowsField(AnnotationRow, "Annotations")

    values_class: type[Described] = Described
    advanced: tuple[str, ...] = ()
    secrets = SecretNames()

    def offer(self, secrets: SecretNames | None = None) -> None:
        """Take the secrets to choose from, and keep the words that stand in the form to be chosen."""
        self.secrets = secrets or SecretNames()
        for field in self:
            if field.name in SECRET_FIELDS:
                field.offer(
                    NOT_SET, *self.secrets.names, *_word(field), labels=self._secret_labels(field.data)
                )
            elif isinstance(field, ChoiceField):
                # A word that somebody tampered with, or that an older version took, is shown as it is.
                field.offer(*_word(field))

    def _secret_labels(self, written: str) -> dict[str, str]:
        labels = {name: f"{name} (expired)" for name in self.secrets.expired}
        if self.is_missing(written):
            labels[written] = f"{written} (does not exist yet)"
        return {NOT_SET: "None", **labels}

    def is_missing(self, name: str) -> bool:
        """Tell whether a secret that is named does not exist yet."""
        return bool(name) and name not in self.secrets.names

    @property
    def opens_advanced(self) -> bool:
        """Tell whether one of the rarely needed fields says something or is wrong."""
        usual = self.to_texts(self.values_class(name=""))
        return any(self[name].errors or self[name].data != usual[name] for name in self.advanced)

    @staticmethod
    def to_texts(values: Described) -> dict[str, Any]:
        """Return what stands in each field for these values."""
        return {
            FORM_NAMES.get(item.name, item.name): _text(item.name, getattr(values, item.name))
            for item in fields(values)
        }

    def check(self, name: str) -> list[FieldError]:
        """Return what is wrong with a field that is no group of rows: what the service would say of it."""
        if name == "name":
            return core_rules.check_name(self.name.data, new=self.base is None)
        if name == "tags":
            return core_rules.clean_tags(split_list(self.tags.data, ","))[1]
        value_name = VALUE_NAMES.get(name, name)
        return find_errors(self.to_values()).get(value_name, [])

    def add_errors(self, errors: Mapping[str, Sequence[FieldError]]) -> None:
        """Show errors that the service found beside the fields that they are about."""
        super().add_errors({FORM_NAMES.get(name, name): found for name, found in errors.items()})

    def to_values(self) -> Any:
        """Return the typed values; what was not touched is taken from the record as it is."""
        found = {item.name: self._value(item.name) for item in fields(self.values_class)}
        return self.values_class(**found)

    def _value(self, name: str) -> Any:
        field = self[FORM_NAMES.get(name, name)]
        if field.name in self.untouched:
            return getattr(self.base, name)
        if name == "annotations":
            base = self.base.annotations if self.base else None
            return _quietly(field, self.shown.get("annotations", []), base)
        return self.read_text(name, field.data)

    def read_text(self, name: str, text: Any) -> Any:
        """Return the value that a field's text stands for; a text that is none reads as what no field takes."""
        if name == "tags":
            return tuple(core_rules.clean_tags(split_list(text, ","))[0])
        if name in NUMBERS:
            return _number(text)
        return text


class SecretForm(DescribedForm):
    """A secret. Its value can be written and never be read."""

    secret_value: UnshownField = UnshownField("Value")
    expires_at: LineField = LineField("Expires (UTC)")

    values_class = SecretValues

    @property
    def forgets_value(self) -> bool:
        """Tell whether a value was typed that this page does not show again."""
        return bool(self.secret_value.data)

    def check(self, name: str) -> list[FieldError]:
        """Return what is wrong with a field."""
        if name == "secret_value":
            return rules.check_secret_value(self.secret_value.data)
        if name == "expires_at":
            return _check_moment(self.expires_at.data)
        return super().check(name)

    def read_text(self, name: str, text: Any) -> Any:
        """Return the value that a field's text stands for."""
        if name == "value":
            return text or None
        if name == "expires_at":
            return None if not text or _check_moment(text) else rules.read_moment(text)
        return super().read_text(name, text)


class _ConnectionForm(DescribedForm):
    """What the forms of both kinds of connection share: an empty field of an optional text is no text."""

    optional: frozenset[str] = frozenset()

    def read_text(self, name: str, text: Any) -> Any:
        """Return the value that a field's text stands for."""
        if name in self.optional and text == NOT_SET:
            return None
        return super().read_text(name, text)


class SqlConnectionForm(_ConnectionForm):
    """How to reach a SQL database."""

    db_engine: ChoiceField = ChoiceField("Engine", DB_ENGINES, ENGINE_LABELS)
    authentication_method: ChoiceField = ChoiceField(
        "Authentication", SQL_AUTHENTICATION_METHODS, SQL_AUTHENTICATION_LABELS
    )
    hostname: LineField = LineField("Host")
    port: LineField = LineField("Port")
    database: LineField = LineField("Database")
    username: LineField = LineField("Username")
    login_secret: ChoiceField = ChoiceField("Password (secret)")
    timeout: LineField = LineField("Timeout")
    use_ssl: CheckField = CheckField("Use SSL")
    ssl_cert: ProseField = ProseField("SSL certificate")
    ssl_key: ProseField = ProseField("SSL key")
    ssl_ca: ProseField = ProseField("SSL authority")
    proxy_host: LineField = LineField("Proxy host")
    proxy_port: LineField = LineField("Proxy port")
    proxy_username: LineField = LineField("Proxy username")
    proxy_secret: ChoiceField = ChoiceField("Proxy password (secret)")
    ssh_known_hosts: ProseField = ProseField("SSH known hosts")
    pool_size: LineField = LineField("Pool size")
    max_overflow: LineField = LineField("Max overflow")

    values_class = SqlConnectionValues
    optional = frozenset(
        {"port", "password", "ssl_cert", "ssl_key", "ssl_ca", "proxy_host", "proxy_port"}
        | {"proxy_username", "proxy_password", "ssh_known_hosts"}
    )
    advanced = (
        *("ssl_cert", "ssl_key", "ssl_ca", "proxy_host", "proxy_port", "proxy_username", "proxy_secret"),
        *("ssh_known_hosts", "pool_size", "max_overflow"),
    )

    def read_text(self, name: str, text: Any) -> Any:
        """Return the value that a field's text stands for; without a port it is the engine's own."""
        if name == "port" and text == NOT_SET:
            return default_port(self.db_engine.data)
        return super().read_text(name, text)


class ApiConnectionForm(_ConnectionForm):
    """How to reach an HTTP API."""

    base_url: LineField = LineField("Base URL")
    auth_method: ChoiceField = ChoiceField("Authentication", API_AUTH_METHODS, API_AUTH_LABELS)
    api_key: ChoiceField = ChoiceField("API key (secret)")
    timeout: LineField = LineField("Timeout")
    proxy_protocol: ChoiceField = ChoiceField("Proxy protocol", (NOT_SET, *PROXY_PROTOCOLS), PROXY_LABELS)
    proxy_host: LineField = LineField("Proxy host")
    proxy_port: LineField = LineField("Proxy port")
    proxy_username: LineField = LineField("Proxy username")
    proxy_secret: ChoiceField = ChoiceField("Proxy password (secret)")

    values_class = ApiConnectionValues
    optional = frozenset(
        {"api_key", "proxy_protocol", "proxy_host", "proxy_port", "proxy_username", "proxy_password"}
    )
    advanced = ("proxy_protocol", "proxy_host", "proxy_port", "proxy_username", "proxy_secret")


FORMS: dict[str, type[DescribedForm]] = {
    "sql": SqlConnectionForm,
    "api": ApiConnectionForm,
    "secret": SecretForm,
}


def show_moment(moment: dt.datetime) -> str:
    """Return a moment as a date and time control takes it, in UTC; seconds only where there are any."""
    plain = moment.astimezone(dt.UTC).replace(tzinfo=None)
    return plain.isoformat(timespec="seconds" if plain.second else "minutes")


def written_secrets(kind: str, sent: MultiDict[str, str]) -> tuple[str, ...]:
    """Return the names of secrets that a sent form of the kind holds."""
    return tuple(
        name for field in dir(FORMS[kind]) if field in SECRET_FIELDS for name in sent.getlist(field) if name
    )


def _text(name: str, value: Any) -> Any:
    if name == "annotations":
        return show_annotations(value)
    if name == "tags":
        return ", ".join(value)
    if name == "value" or value is None:
        return ""
    if isinstance(value, dt.datetime):
        return show_moment(value)
    return value if isinstance(value, bool) else str(value)


def _word(field: Field) -> tuple[str, ...]:
    return (field.data,) if field.data else ()


def _number(text: str) -> int:
    return int(text) if text.isascii() and text.isdigit() and len(text) <= 9 else UNREADABLE


def _check_moment(text: str) -> list[FieldError]:
    if not text:
        return []
    try:
        rules.read_moment(text)
    except ValueError:
        return [FieldError("Write a date and time, such as 2030-12-31T23:59.", "date")]
    except OverflowError:
        return [FieldError("Use a year from 1 to 9999.", "date")]
    return []


def _quietly(field: RowsField, shown: Any, base: Any) -> tuple[dict[str, Any], ...]:
    """Return the annotations, or none while a row is wrong: nothing is saved then, and other fields are judged."""
    if any(row.problems() for row in field.filled() if row.texts() not in field.clean(shown)):
        return ()
    return read_annotations(field, shown, base)
