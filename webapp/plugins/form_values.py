"""From typed values to the texts of the plugin form."""

from __future__ import annotations

from dataclasses import asdict
from typing import Any

from webapp.manifests.form_rows import show_annotations
from webapp.manifests.form_text import show_value, show_yaml
from webapp.plugins.form_fields import show_parameter, show_test_value
from webapp.plugins.values import (
    DEFAULT_LIMIT,
    ApiData,
    PluginValues,
    PromptValues,
    SelectorValues,
    SqlData,
    StaticData,
)

IDENTITY = ("name", "description", "version", "plugin_class", "tags", "annotations")
SELECTOR = ("directive", "search_terms")
PROMPT = ("provider", "model", "temperature", "max_tokens", "system_role")
_CALL = ("parameters", "test_values", "limit")
DATA: dict[str, tuple[str, ...]] = {
    "static": ("data_description", "static_data"),
    "sql": ("data_description", "connection", "sql_query", *_CALL),
    "api": ("data_description", "connection", "endpoint", "method", "url_params", "headers", "body", *_CALL),
}
"""The fields of the data of each class; a field that two classes share keeps its text when the class changes."""


def to_texts(values: PluginValues) -> dict[str, Any]:
    """Return what stands in each field of the form for these values."""
    return {
        "name": values.name,
        "description": values.description,
        "version": values.version,
        "plugin_class": values.plugin_class,
        "tags": ", ".join(values.tags),
        "annotations": show_annotations(values.annotations),
        **_selector(values.selector or SelectorValues()),
        **_prompt(values.prompt or PromptValues()),
        **_data(values.data),
    }


def _selector(selector: SelectorValues) -> dict[str, Any]:
    return {"directive": selector.directive, "search_terms": "\n".join(selector.search_terms)}


def _prompt(prompt: PromptValues) -> dict[str, Any]:
    return {
        "provider": prompt.provider,
        "model": prompt.model,
        "temperature": show_value(prompt.temperature),
        "max_tokens": str(prompt.max_tokens),
        "system_role": prompt.system_role,
    }


def _data(data: StaticData | SqlData | ApiData | None) -> dict[str, Any]:
    blank: dict[str, Any] = {"limit": str(DEFAULT_LIMIT), "method": "GET"}
    if data is None:
        return blank
    shown = {**blank, "data_description": data.description}
    if isinstance(data, StaticData):
        return {**shown, "static_data": show_yaml(data.static_data)}
    shown |= {
        "connection": data.connection,
        "parameters": [show_parameter(item) for item in data.parameters],
        "test_values": [show_test_value(item) for item in data.test_values],
        "limit": "" if data.limit is None else str(data.limit),
    }
    if isinstance(data, SqlData):
        return {**shown, "sql_query": data.sql_query}
    return {
        **shown,
        "endpoint": data.endpoint,
        "method": data.method,
        "url_params": [asdict(item) for item in data.url_params],
        "headers": [asdict(item) for item in data.headers],
        "body": show_yaml(data.body),
    }
