"""Typed values of a plugin: what a form or a manifest turns text into, and what services take.

They are plain, frozen and free of the database, so that they can be compared, merged, kept in history and tested
without an application. `to_dict` gives the snapshot that history keeps; `from_dict` reads it back.
"""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass, field, is_dataclass
from typing import Any, Literal, cast

PluginClass = Literal["static", "sql", "api"]
PLUGIN_CLASSES: tuple[PluginClass, ...] = ("static", "sql", "api")

Directive = Literal["search_terms", "always", "llm"]
DIRECTIVES: tuple[Directive, ...] = ("search_terms", "always", "llm")

METHODS = ("GET", "POST", "PUT", "PATCH", "DELETE")
PARAMETER_TYPES = ("string", "number", "integer", "boolean", "object", "array", "null")

DEFAULT_VERSION = "1.0.0"
DEFAULT_PROVIDER = "openai"
DEFAULT_MODEL = "gpt-4o-mini"
DEFAULT_TEMPERATURE = 0.5
DEFAULT_MAX_TOKENS = 2048
DEFAULT_LIMIT = 100


@dataclass(frozen=True)
class SelectorValues:
    """When the plugin is offered to the model (seed: PluginSelector)."""

    directive: str = "search_terms"
    search_terms: tuple[str, ...] = ()


@dataclass(frozen=True)
class PromptValues:
    """The settings used when the plugin is chosen (seed: PluginPrompt)."""

    provider: str = DEFAULT_PROVIDER
    system_role: str = ""
    model: str = DEFAULT_MODEL
    temperature: float = DEFAULT_TEMPERATURE
    max_tokens: int = DEFAULT_MAX_TOKENS


@dataclass(frozen=True)
class Parameter:
    """One argument that the model fills in, named in `{braces}` in the query or endpoint."""

    name: str
    type: str = "string"
    description: str = ""
    required: bool = False
    enum: tuple[str, ...] | None = None
    default: Any = None


@dataclass(frozen=True)
class TestValue:
    """A value for one parameter, for trying the plugin."""

    __test__ = False  # Its name starts like a test class; pytest leaves it alone.

    name: str
    value: Any = None


@dataclass(frozen=True)
class UrlParam:
    """One fixed query parameter of an API call."""

    key: str
    value: str


@dataclass(frozen=True)
class Header:
    """One fixed header of an API call."""

    name: str
    value: str


@dataclass(frozen=True)
class StaticData:
    """Data that the model may read as it stands (seed: PluginDataStatic)."""

    description: str = ""
    static_data: Any = None


@dataclass(frozen=True)
class SqlData:
    """A query with declared parameters, run over a named connection (seed: PluginDataSql)."""

    connection: str = ""
    sql_query: str = ""
    description: str = ""
    parameters: tuple[Parameter, ...] = ()
    test_values: tuple[TestValue, ...] = ()
    limit: int | None = DEFAULT_LIMIT


@dataclass(frozen=True)
class ApiData:
    """An HTTP call with declared parameters, made over a named connection (seed: PluginDataApi)."""

    connection: str = ""
    endpoint: str = ""
    method: str = "GET"
    description: str = ""
    url_params: tuple[UrlParam, ...] = ()
    headers: tuple[Header, ...] = ()
    body: Any = None
    parameters: tuple[Parameter, ...] = ()
    test_values: tuple[TestValue, ...] = ()
    limit: int | None = DEFAULT_LIMIT


PluginData = StaticData | SqlData | ApiData


@dataclass(frozen=True)
class PluginValues:
    """Everything a person may write about one plugin."""

    name: str
    plugin_class: str
    description: str = ""
    version: str = DEFAULT_VERSION
    tags: tuple[str, ...] = ()
    annotations: tuple[dict[str, Any], ...] = ()
    selector: SelectorValues | None = None
    prompt: PromptValues | None = None
    data: PluginData | None = field(default=None)

    def to_dict(self) -> dict[str, Any]:
        """Return the snapshot kept in history: plain JSON values, tuples as lists."""
        return cast(dict[str, Any], _plain(self))

    @classmethod
    def from_dict(cls, snapshot: Mapping[str, Any]) -> PluginValues:
        """Return the values of a snapshot made by `to_dict`."""
        selector, prompt, data = (snapshot.get(part) for part in ("selector", "prompt", "data"))
        return cls(
            name=snapshot["name"],
            plugin_class=snapshot["plugin_class"],
            description=snapshot["description"],
            version=snapshot["version"],
            tags=tuple(snapshot["tags"]),
            annotations=tuple(snapshot["annotations"]),
            selector=SelectorValues(selector["directive"], tuple(selector["search_terms"]))
            if selector
            else None,
            prompt=PromptValues(**prompt) if prompt else None,
            data=data_from_dict(snapshot["plugin_class"], data) if data else None,
        )


def data_from_dict(plugin_class: str, data: Mapping[str, Any]) -> PluginData:
    """Return the data part of a snapshot for its class."""
    if plugin_class == "static":
        return StaticData(**data)
    shared = dict(data)
    shared["parameters"] = tuple(
        Parameter(**{**item, "enum": None if item["enum"] is None else tuple(item["enum"])})
        for item in data["parameters"]
    )
    shared["test_values"] = tuple(TestValue(**item) for item in data["test_values"])
    if plugin_class == "sql":
        return SqlData(**shared)
    shared["url_params"] = tuple(UrlParam(**item) for item in data["url_params"])
    shared["headers"] = tuple(Header(**item) for item in data["headers"])
    return ApiData(**shared)


def _plain(value: Any) -> Any:
    if isinstance(value, str | int | float):
        return value
    if isinstance(value, dict):
        return {key: _plain(item) for key, item in value.items()}
    if isinstance(value, list | tuple):
        return [_plain(item) for item in value]
    if is_dataclass(value):
        return {name: _plain(item) for name, item in vars(value).items()}
    return value
