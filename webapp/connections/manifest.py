"""Secrets and connections as manifests: the canonical export, and how a plan reads and writes them."""

from __future__ import annotations

from collections.abc import Collection, Iterable, Mapping, Sequence
from dataclasses import dataclass, field, fields, replace
from typing import Any, ClassVar, Generic, TypeVar

from pydantic.alias_generators import to_camel

from webapp.accounts.identity import Viewer
from webapp.accounts.permissions import may_manage
from webapp.connections import examples, records, service
from webapp.connections.crypto import Vault
from webapp.connections.kinds import API, SECRET, SQL, Kind
from webapp.connections.merge import THEIR_VALUE, merge_values
from webapp.connections.models import ApiConnection, Secret, SqlConnection
from webapp.connections.owning import change_owner
from webapp.connections.queries.records import find_by_names
from webapp.connections.records import Record
from webapp.connections.schema import (
    ApiConnectionManifest,
    SecretManifest,
    SqlConnectionManifest,
    to_columns,
)
from webapp.connections.values import (
    MASK,
    ApiConnectionValues,
    ConnectionValues,
    Described,
    SecretValues,
    SqlConnectionValues,
)
from webapp.connections.weighing import weigh
from webapp.core import rules
from webapp.core.locators import format_locator
from webapp.db.session import current_session
from webapp.history.queries import Write
from webapp.manifests.diff import FieldChange, diff
from webapp.manifests.emit import dump_json, dump_yaml
from webapp.manifests.envelope import Manifest
from webapp.manifests.fields import API_VERSIONS, Finding
from webapp.manifests.judgement import Reason
from webapp.manifests.moved import ManifestMerge
from webapp.manifests.registry import ORDER_CONNECTION, ORDER_SECRET, CurrentRecord, OneByOne, Reference
from webapp.manifests.scalars import plain

ConnectionT = TypeVar("ConnectionT", SqlConnectionManifest, ApiConnectionManifest)

SECRET_KIND = SecretManifest.kind_name
PAGE = "connections.record"
_DESCRIBED = frozenset(item.name for item in fields(Described))


@dataclass(frozen=True)
class CurrentSecret(CurrentRecord):
    """A stored secret with what its value is compared with."""

    token: bytes = field(default=b"", repr=False)


class SecretHandler(OneByOne):
    """What a plan does with secrets. Their values are encrypted before anything is stored and never come back."""

    kind = SECRET_KIND
    schema = SecretManifest
    order = ORDER_SECRET
    family = "secret"
    record_kind = SECRET.record_kind
    page: str | None = PAGE
    example = examples.SECRET

    def __init__(self, vault: Vault) -> None:
        """Keep what encrypts."""
        self._vault = vault

    def find_current(self, viewer: Viewer, names: Collection[str]) -> Mapping[str, CurrentSecret]:
        """Return the account's secrets of these names."""
        found = find_by_names(current_session(), Secret, viewer.account_id, names)
        return {
            name: CurrentSecret(
                **_current(viewer, record, records.secret_values(record)),
                token=record.encrypted_value,
            )
            for name, record in found.items()
        }

    def changes(self, current: CurrentRecord, model: SecretManifest) -> Sequence[FieldChange]:
        """Return the fields that differ; a new value shows only that there is one."""
        found = diff(current.values, self.mapping(model))
        if self._has_new_value(current, model):
            found.append(FieldChange("spec.config.value", "changed", MASK, f"{MASK} (a new value)"))
        return found

    def judge(self, current: CurrentRecord | None, model: SecretManifest) -> Iterable[Finding]:
        """Refuse a new secret without a value."""
        if current is None and model.spec.config.value is None:
            path = ("spec", "config", "value")
            yield Finding(path, "A new secret needs its value.", "Write the value in place of the mask.")

    def references(self, model: SecretManifest) -> Iterable[Reference]:
        """Return nothing: a secret names no other record."""
        return ()

    def mapping(self, model: SecretManifest) -> Mapping[str, object]:
        """Return the canonical manifest, without the value."""
        return secret_mapping(secret_to_values(model))

    def weigh(self, current: CurrentRecord, model: SecretManifest) -> Iterable[Reason]:
        """Return how large the change is."""
        new_value = self._has_new_value(current, model)
        return weigh(current.typed, secret_to_values(model), new_value=new_value)

    def merge(
        self,
        current: CurrentRecord,
        before: Mapping[str, Any] | None,
        writes: Sequence[Write],
        model: SecretManifest,
    ) -> ManifestMerge:
        """Return the merge with what others wrote; two new values are a choice, and neither is shown."""
        mine = secret_to_values(model)
        theirs_is_new = before is None or any("value" in write.changed for write in writes)
        asks = theirs_is_new and self._has_new_value(current, model)
        found = merge_values(before, current.typed, mine, new_value=asks)

        def build(snapshot: Mapping[str, Any]) -> SecretManifest:
            values = SecretValues.from_dict(snapshot)
            mapping = secret_mapping(values)
            if mine.value is not None and snapshot["value"] != THEIR_VALUE:
                mapping["spec"]["config"]["value"] = mine.value
            return SecretManifest.model_validate(mapping)

        return ManifestMerge(found, build)

    def create(self, viewer: Viewer, model: SecretManifest, owner_id: int | None = None) -> CurrentRecord:
        """Create the secret for a profile, or for the viewer."""
        values = secret_to_values(model)
        return _written(SECRET, service.create_secret(viewer, values, self._vault, owner_id), values)

    def update(self, viewer: Viewer, current: CurrentRecord, model: SecretManifest) -> CurrentRecord:
        """Change the secret; without a value the stored one is kept."""
        values = secret_to_values(model)
        saved = service.update_secret(viewer, current.id, current.revision, values, self._vault)
        return _written(SECRET, saved, values)

    def hand_over(self, viewer: Viewer, current: CurrentRecord, owner_id: int) -> CurrentRecord:
        """Give the secret to another person of the account."""
        return _hand_over(viewer, SECRET, current, owner_id)

    def _has_new_value(self, current: CurrentRecord, model: SecretManifest) -> bool:
        assert isinstance(current, CurrentSecret)
        value = model.spec.config.value
        return value is not None and not self._vault.holds(current.token, value.get_secret_value())


class _ConnectionHandler(OneByOne, Generic[ConnectionT]):
    """What both kinds of connection share."""

    order = ORDER_CONNECTION
    page: str | None = PAGE
    own_kind: ClassVar[Kind]

    def changes(self, current: CurrentRecord, model: ConnectionT) -> Sequence[FieldChange]:
        """Return the fields that differ."""
        return diff(current.values, self.mapping(model))

    def mapping(self, model: ConnectionT) -> Mapping[str, object]:
        """Return the canonical manifest."""
        return connection_mapping(connection_to_values(model))

    def weigh(self, current: CurrentRecord, model: ConnectionT) -> Iterable[Reason]:
        """Return how large the change is."""
        return weigh(current.typed, connection_to_values(model))

    def merge(
        self,
        current: CurrentRecord,
        before: Mapping[str, Any] | None,
        writes: Sequence[Write],
        model: ConnectionT,
    ) -> ManifestMerge:
        """Return the merge with what others wrote."""
        theirs, schema = current.typed, type(model)
        found = merge_values(before, theirs, connection_to_values(model))
        return ManifestMerge(
            found,
            lambda snapshot: schema.model_validate(connection_mapping(type(theirs).from_dict(snapshot))),
        )

    def create(self, viewer: Viewer, model: ConnectionT, owner_id: int | None = None) -> CurrentRecord:
        """Create the connection for a profile, or for the viewer."""
        values = connection_to_values(model)
        return _written(self.own_kind, service.create_connection(viewer, values, owner_id), values)

    def update(self, viewer: Viewer, current: CurrentRecord, model: ConnectionT) -> CurrentRecord:
        """Change the connection."""
        values = connection_to_values(model)
        saved = service.update_connection(viewer, current.id, current.revision, values)
        return _written(self.own_kind, saved, values)

    def hand_over(self, viewer: Viewer, current: CurrentRecord, owner_id: int) -> CurrentRecord:
        """Give the connection to another person of the account."""
        return _hand_over(viewer, self.own_kind, current, owner_id)

    def judge(self, current: CurrentRecord | None, model: Manifest) -> Iterable[Finding]:
        """Return nothing: what is stored refuses no connection."""
        return ()


class SqlConnectionHandler(_ConnectionHandler[SqlConnectionManifest]):
    """What a plan does with SQL connections."""

    kind = SqlConnectionManifest.kind_name
    schema = SqlConnectionManifest
    family = "sqlconnection"
    own_kind = SQL
    record_kind = SQL.record_kind
    example = examples.SQL_CONNECTION

    def find_current(self, viewer: Viewer, names: Collection[str]) -> Mapping[str, CurrentRecord]:
        """Return the account's SQL connections of these names."""
        found = find_by_names(current_session(), SqlConnection, viewer.account_id, names)
        return {name: _current_connection(viewer, record) for name, record in found.items()}

    def references(self, model: SqlConnectionManifest) -> Iterable[Reference]:
        """Return the secrets that the connection names."""
        connection = model.spec.connection
        yield from _secrets(password=connection.password, proxyPassword=connection.proxy_password)


class ApiConnectionHandler(_ConnectionHandler[ApiConnectionManifest]):
    """What a plan does with API connections."""

    kind = ApiConnectionManifest.kind_name
    schema = ApiConnectionManifest
    family = "apiconnection"
    own_kind = API
    record_kind = API.record_kind
    example = examples.API_CONNECTION

    def find_current(self, viewer: Viewer, names: Collection[str]) -> Mapping[str, CurrentRecord]:
        """Return the account's API connections of these names."""
        found = find_by_names(current_session(), ApiConnection, viewer.account_id, names)
        return {name: _current_connection(viewer, record) for name, record in found.items()}

    def references(self, model: ApiConnectionManifest) -> Iterable[Reference]:
        """Return the secrets that the connection names."""
        connection = model.spec.connection
        yield from _secrets(apiKey=connection.api_key, proxyPassword=connection.proxy_password)


def secret_to_values(model: SecretManifest) -> SecretValues:
    """Return the typed values of a secret's manifest."""
    config = model.spec.config
    value = None if config.value is None else config.value.get_secret_value()
    return SecretValues(**_described(model), value=value, expires_at=config.expiration_date)


def connection_to_values(model: SqlConnectionManifest | ApiConnectionManifest) -> ConnectionValues:
    """Return the typed values of a connection's manifest."""
    columns = {key.removesuffix("_name"): value for key, value in to_columns(model).items()}
    if isinstance(model, SqlConnectionManifest):
        return SqlConnectionValues(**_described(model), **columns)
    return ApiConnectionValues(**_described(model), **columns)


def secret_mapping(values: SecretValues) -> dict[str, Any]:
    """Return the manifest of a secret; its value is left out, which on import means keep."""
    config = {"expiration_date": values.expires_at.isoformat()} if values.expires_at else {}
    return _mapping(SECRET_KIND, values, {"config": config})


def connection_mapping(values: ConnectionValues) -> dict[str, Any]:
    """Return the manifest of a connection as plain data, without what is empty."""
    written = {
        to_camel(item.name): getattr(values, item.name)
        for item in fields(values)
        if item.name not in _DESCRIBED and getattr(values, item.name) not in (None, "")
    }
    schema = SqlConnectionManifest if isinstance(values, SqlConnectionValues) else ApiConnectionManifest
    return _mapping(schema.kind_name, values, {"connection": written})


def export_mapping(values: Described) -> dict[str, Any]:
    """Return the manifest of a record of any kind as plain data; the value of a secret is left out."""
    if isinstance(values, SecretValues):
        return secret_mapping(values)
    assert isinstance(values, SqlConnectionValues | ApiConnectionValues)
    return connection_mapping(values)


def export_yaml(values: Described) -> str:
    """Return the canonical YAML of a record: the same values give the same bytes."""
    return dump_yaml(export_mapping(values))


def export_json(values: Described) -> str:
    """Return the manifest of a record as JSON."""
    return dump_json(export_mapping(values))


def _mapping(kind: str, values: Described, spec: dict[str, Any]) -> dict[str, Any]:
    metadata: dict[str, Any] = {
        "name": values.name,
        "description": values.description,
        "version": values.version,
    }
    if values.tags:
        metadata["tags"] = list(values.tags)
    if values.annotations:
        metadata["annotations"] = [dict(item) for item in values.annotations]
    return {"apiVersion": API_VERSIONS[0], "kind": kind, "metadata": metadata, "spec": spec}


def _described(model: Manifest) -> dict[str, Any]:
    metadata = model.metadata
    return {
        "name": metadata.name,
        "description": metadata.description,
        "version": metadata.version,
        "tags": tuple(rules.clean_tags(metadata.tags)[0]),
        "annotations": tuple(plain(item) for item in metadata.annotations),
    }


def _current(viewer: Viewer, record: Record, values: Described) -> dict[str, Any]:
    owner = record.user_profile.user
    return {
        "id": record.id,
        "revision": record.revision,
        "values": export_mapping(values),
        "typed": values,
        "owner_id": record.user_profile_id,
        "owner": owner.display_name or owner.username,
        "manageable": may_manage(viewer, record.account_id, record.user_profile_id),
        "locator": format_locator(records.RECORD_KINDS[type(record)], record.id),
        "version": record.version,
    }


def _current_connection(viewer: Viewer, record: SqlConnection | ApiConnection) -> CurrentRecord:
    return CurrentRecord(**_current(viewer, record, records.connection_values(record)))


def _secrets(**names: str | None) -> Iterable[Reference]:
    for key, name in names.items():
        if name:
            missing = f"Plugins that use it will be Not ready until the secret {name} exists."
            yield Reference(SECRET_KIND, name, ("spec", "connection", key), missing)


def _hand_over(viewer: Viewer, kind: Kind, current: CurrentRecord, owner_id: int) -> CurrentRecord:
    saved = change_owner(viewer, kind, current.id, current.revision, owner_id)
    return replace(current, revision=saved.revision, owner_id=owner_id)


def _written(kind: Kind, saved: service.Saved, values: Described) -> CurrentRecord:
    locator = format_locator(kind.record_kind, saved.id)
    return CurrentRecord(saved.id, saved.revision, export_mapping(values), locator=locator)
