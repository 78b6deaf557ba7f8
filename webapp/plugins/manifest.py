"""Plugins as manifests: the canonical export, and how a plan reads and writes them."""

from __future__ import annotations

import json
from collections.abc import Collection, Iterable, Iterator, Mapping, Sequence
from contextlib import contextmanager
from dataclasses import replace
from typing import Any

from webapp.accounts.identity import Viewer
from webapp.accounts.permissions import may_manage
from webapp.core.rules import clean_tag
from webapp.core.text import fold
from webapp.db.session import current_session
from webapp.history.queries import Write
from webapp.manifests.diff import FieldChange, diff
from webapp.manifests.emit import dump_json, dump_yaml
from webapp.manifests.envelope import Manifest
from webapp.manifests.fields import API_VERSIONS, Finding
from webapp.manifests.judgement import Reason
from webapp.manifests.moved import ManifestMerge
from webapp.manifests.problems import Path, format_path
from webapp.manifests.registry import (
    ORDER_PLUGIN,
    CurrentRecord,
    DocumentRefused,
    Reference,
    Stamp,
    WriteAll,
    Writing,
)
from webapp.plugins import examples, service
from webapp.plugins.merge import merge
from webapp.plugins.models import PluginMeta
from webapp.plugins.models.identity import KIND_OF_CLASS, LOCATOR_KIND
from webapp.plugins.queries.bulk import find_by_names, find_stamps
from webapp.plugins.queries.tags import find_tag_aliases
from webapp.plugins.schema import (
    PLUGIN_MANIFESTS,
    ApiPluginManifest,
    PluginManifest,
    SqlPluginManifest,
    StaticPluginManifest,
    to_values,
)
from webapp.plugins.values import (
    ApiData,
    Parameter,
    PluginValues,
    PromptValues,
    SelectorValues,
    SqlData,
    StaticData,
)
from webapp.plugins.weighing import weigh


class PluginHandler:
    """What a plan does with plugins of one class. All classes share their names."""

    order = ORDER_PLUGIN
    family = "plugin"
    record_kind = LOCATOR_KIND
    page: str | None = "plugins.record"

    def __init__(self, schema: type[PluginManifest], example: str, connection_kind: str = "") -> None:
        """Take the schema of the class, a manifest to start from and the kind of connection that it names."""
        self.kind = schema.kind_name
        self.schema = schema
        self.example = example
        self._connection_kind = connection_kind

    def find_current(self, viewer: Viewer, names: Collection[str]) -> Mapping[str, CurrentRecord]:
        """Return the account's live plugins of these names, whatever their class."""
        found = find_by_names(current_session(), viewer.account_id, names)
        return {name: _current(viewer, plugin) for name, plugin in found.items()}

    def find_stamps(self, viewer: Viewer, names: Collection[str]) -> Mapping[str, Stamp]:
        """Return the ids and revisions of the account's live plugins of these names."""
        return find_stamps(current_session(), viewer.account_id, names)

    def respell(
        self, viewer: Viewer, models: Sequence[PluginManifest]
    ) -> Sequence[tuple[PluginManifest, Sequence[Finding]]]:
        """Return the manifests with tags in place of their aliases, and say so."""
        keys = {_tag_key(tag) for model in models for tag in model.metadata.tags}
        aliases = find_tag_aliases(current_session(), viewer.account_id, keys)
        return [_without_aliases(model, aliases) for model in models]

    def changes(self, current: CurrentRecord, model: PluginManifest) -> Sequence[FieldChange]:
        """Return the fields that differ, or are written in another order or with other decimals."""
        return compare(current.values, export_mapping(to_values(model)))

    def judge(self, current: CurrentRecord | None, model: PluginManifest) -> Iterable[Finding]:
        """Say that the class of a stored plugin changes, which replaces its data."""
        if current is not None and current.values["kind"] != self.kind:
            message = (
                f"The plugin changes from {current.values['kind']} to {self.kind}; its data is replaced."
            )
            yield Finding(("kind",), message, severity="notice")

    def references(self, model: PluginManifest) -> Iterable[Reference]:
        """Return the connection that the plugin names."""
        name = getattr(to_values(model).data, "connection", "")
        if name:
            missing = f"{model.metadata.name} will be Not ready until the connection {name} exists."
            yield Reference(self._connection_kind, name, ("spec", "connection"), missing)

    def mapping(self, model: PluginManifest) -> Mapping[str, object]:
        """Return the canonical manifest."""
        return export_mapping(to_values(model))

    def weigh(self, current: CurrentRecord, model: PluginManifest) -> Iterable[Reason]:
        """Return how large the change is for whoever calls the plugin."""
        return weigh(current.typed, to_values(model))

    def merge(
        self,
        current: CurrentRecord,
        before: Mapping[str, Any] | None,
        writes: Sequence[Write],
        model: PluginManifest,
    ) -> ManifestMerge:
        """Return the merge with what others wrote."""
        base = None if before is None else PluginValues.from_dict(before)
        found = merge(base, current.typed, to_values(model)).found
        return ManifestMerge(found, lambda snapshot: _manifest(PluginValues.from_dict(snapshot)))

    def settle(self, current: CurrentRecord, model: PluginManifest) -> CurrentRecord:
        """Return the record with the names of the fields that differ, which is all that writing it needs."""
        return replace(current, typed=service.changed_fields(current.typed, to_values(model)))

    def create(self, viewer: Viewer, model: PluginManifest, owner_id: int | None = None) -> CurrentRecord:
        """Create the plugin for a profile, or for the viewer."""
        values = to_values(model)
        return _written(
            service.create_plugin(viewer, values, owner_profile_id=owner_id, imported=True), values
        )

    def update(self, viewer: Viewer, current: CurrentRecord, model: PluginManifest) -> CurrentRecord:
        """Change the plugin; its owner stays."""
        values = to_values(model)
        return _written(service.update_plugin(viewer, current.id, current.revision, values), values)

    def hand_over(self, viewer: Viewer, current: CurrentRecord, owner_id: int) -> CurrentRecord:
        """Give the plugin to another person of the account."""
        saved = service.change_owner(viewer, current.id, current.revision, owner_id)
        return replace(current, revision=saved.revision, owner_id=owner_id)

    def prepare(self, viewer: Viewer, writings: Sequence[Writing[Manifest]]) -> WriteAll:
        """Return what creates and updates plugins of all classes, with few statements for many of them."""
        numbers = [item.number for item in writings]
        # Records that exist change hands one by one, which is rare.
        given = {
            item.number: item.owner_id
            for item in writings
            if item.current is not None and item.owner_id is not None
        }
        with _refusals(numbers):
            ready = service.prepare_plugins(_writing(item) for item in writings)

        def write() -> Mapping[int, CurrentRecord]:
            with _refusals(numbers):
                saved = service.write_plugins(viewer, ready)
            written = {
                number: CurrentRecord(found.id, found.revision, {}, locator=found.locator)
                for number, found in zip(numbers, saved, strict=True)
            }
            for number, owner_id in given.items():
                written[number] = self.hand_over(viewer, written[number], owner_id)
            return written

        return write


def plugin_handlers() -> tuple[PluginHandler, ...]:
    """Return the handlers of all kinds of plugins."""
    return (
        PluginHandler(StaticPluginManifest, examples.STATIC),
        PluginHandler(SqlPluginManifest, examples.SQL, "SqlConnection"),
        PluginHandler(ApiPluginManifest, examples.API, "ApiConnection"),
    )


def compare(before: Mapping[str, object], after: Mapping[str, object]) -> list[FieldChange]:
    """Return the fields in which two exports differ, or are written in another order or with other decimals."""
    return diff(before, after) or _respelled(before, after)


def export_mapping(values: PluginValues) -> dict[str, Any]:
    """Return the manifest of a plugin as plain data; the same values always give the same keys in the same order.

    What is empty is left out where its absence means the same; a part that the plugin does not have is null.
    """
    return {
        "apiVersion": API_VERSIONS[0],
        "kind": str(KIND_OF_CLASS[values.plugin_class]),
        "metadata": {
            "name": values.name,
            "pluginClass": values.plugin_class,
            "description": values.description,
            "version": values.version,
            **_filled(tags=list(values.tags), annotations=[dict(item) for item in values.annotations]),
        },
        "spec": {
            "selector": _selector(values.selector),
            "prompt": _prompt(values.prompt),
            **_data(values),
        },
    }


def export_yaml(values: PluginValues) -> str:
    """Return the canonical YAML of a plugin: the same values give the same bytes."""
    return dump_yaml(export_mapping(values))


def export_json(values: PluginValues) -> str:
    """Return the manifest of a plugin as JSON."""
    return dump_json(export_mapping(values))


def _selector(selector: SelectorValues | None) -> dict[str, Any] | None:
    if selector is None:
        return None
    written: dict[str, Any] = {"directive": selector.directive}
    if selector.search_terms or selector.directive == "search_terms":
        written["searchTerms"] = list(selector.search_terms)
    return written


def _prompt(prompt: PromptValues | None) -> dict[str, Any] | None:
    if prompt is None:
        return None
    return {
        "provider": prompt.provider,
        "systemRole": prompt.system_role,
        "model": prompt.model,
        "temperature": prompt.temperature,
        "maxTokens": prompt.max_tokens,
    }


def _data(values: PluginValues) -> dict[str, Any]:
    data = values.data
    if isinstance(data, StaticData):
        return {"data": {**_filled(description=data.description), "staticData": data.static_data}}
    if isinstance(data, SqlData):
        query = {"sqlQuery": data.sql_query}
        return {"connection": data.connection or None, "sqlData": _call(data, query)}
    if isinstance(data, ApiData):
        call = {
            "endpoint": data.endpoint,
            "method": data.method,
            **_filled(
                urlParams=[{"key": item.key, "value": item.value} for item in data.url_params],
                headers=[{"name": item.name, "value": item.value} for item in data.headers],
            ),
        }
        if data.body is not None:
            call["body"] = data.body
        return {"connection": data.connection or None, "apiData": _call(data, call)}
    if values.plugin_class == "static":
        return {"data": None}
    return {"connection": None, f"{values.plugin_class}Data": None}


def _call(data: SqlData | ApiData, call: dict[str, Any]) -> dict[str, Any]:
    return {
        **_filled(description=data.description),
        **call,
        **_filled(
            parameters=[_parameter(item) for item in data.parameters],
            testValues=[{"name": item.name, "value": item.value} for item in data.test_values],
        ),
        "limit": data.limit,
    }


def _parameter(parameter: Parameter) -> dict[str, Any]:
    written: dict[str, Any] = {
        "name": parameter.name,
        "type": parameter.type,
        **_filled(description=parameter.description),
        "required": parameter.required,
    }
    if parameter.enum is not None:
        written["enum"] = list(parameter.enum)
    if parameter.default is not None:
        written["default"] = parameter.default
    return written


def _filled(**parts: Any) -> dict[str, Any]:
    return {key: value for key, value in parts.items() if value}


def _respelled(
    before: Mapping[str, object], after: Mapping[str, object], path: Path = ()
) -> list[FieldChange]:
    """Return what says the same in other words: keys in another order, 1.0 for 1. Who writes that means it."""
    found: list[FieldChange] = []
    for key, value in after.items():
        old, here = before[key], (*path, key)
        if json.dumps(old) == json.dumps(value):
            continue
        if isinstance(old, Mapping) and isinstance(value, Mapping) and list(old) == list(value):
            found += _respelled(old, value, here)
        else:
            found.append(FieldChange(format_path(here), "changed", old, value))
    return found


@contextmanager
def _refusals(numbers: Sequence[int]) -> Iterator[None]:
    """Name the document of a record that is refused."""
    try:
        yield
    except service.Refused as refusal:
        raise DocumentRefused(numbers[refusal.position], refusal.error) from refusal


def _without_aliases(
    model: PluginManifest, aliases: Mapping[str, str]
) -> tuple[PluginManifest, Sequence[Finding]]:
    """Return a manifest in which tags stand for their aliases, each once, and what to say about that."""
    tags: dict[str, str] = {}
    said: list[Finding] = []
    for position, tag in enumerate(model.metadata.tags):
        name = aliases.get(_tag_key(tag), tag)
        tags.setdefault(_tag_key(name), name)
        if name != tag:
            message = f"{tag} is an alias here: the plugin gets the tag {name}."
            path = ("metadata", "tags", position)
            said.append(Finding(path, message, suggestion=name, severity="notice"))
    return (model.with_value(("metadata", "tags"), list(tags.values())), said) if said else (model, ())


def _tag_key(tag: str) -> str:
    return fold(clean_tag(tag))


def _writing(item: Writing[Manifest]) -> service.PluginWriting:
    assert isinstance(item.model, PluginManifest)
    values, current = to_values(item.model), item.current
    if current is None:
        return service.PluginWriting(values, owner_profile_id=item.owner_id)
    return service.PluginWriting(values, service.Target(current.id, current.revision, current.typed))


def _manifest(values: PluginValues) -> PluginManifest:
    schema = next(
        item for item in PLUGIN_MANIFESTS if item.kind_name == str(KIND_OF_CLASS[values.plugin_class])
    )
    return schema.model_validate(export_mapping(values))


def _current(viewer: Viewer, plugin: PluginMeta) -> CurrentRecord:
    owner, values = plugin.user_profile.user, plugin.to_values()
    return CurrentRecord(
        id=plugin.id,
        revision=plugin.revision,
        values=export_mapping(values),
        owner=owner.display_name or owner.username,
        manageable=may_manage(viewer, plugin.account_id, plugin.user_profile_id),
        locator=plugin.record_locator,
        version=plugin.version,
        owner_id=plugin.user_profile_id,
        typed=values,
    )


def _written(saved: service.Saved, values: PluginValues) -> CurrentRecord:
    return CurrentRecord(saved.id, saved.revision, export_mapping(values), locator=saved.locator)
