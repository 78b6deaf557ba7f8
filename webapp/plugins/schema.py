"""The manifests of plugins: Plugin (also StaticPlugin), SqlPlugin and ApiPlugin, and their way to `PluginValues`.

A part that is missing is an error; a part that is written as null is a plugin that is not ready, so that every
record can be exported and applied again.
"""

from __future__ import annotations

from collections.abc import Iterator, Mapping
from typing import Annotated, Any, ClassVar, cast

from pydantic import AfterValidator, BeforeValidator, Field, WithJsonSchema

from webapp.core import rules
from webapp.manifests.envelope import Manifest, Metadata
from webapp.manifests.fields import (
    AsText,
    Description,
    Fields,
    Finding,
    Published,
    Reference,
    checked,
    line,
    names,
    one_of,
    prose,
    refuse,
    whole,
)
from webapp.manifests.problems import Path
from webapp.manifests.scalars import plain
from webapp.plugins import rules as rules_of_data
from webapp.plugins import values as v
from webapp.plugins.schema_rules import (
    parameter_findings,
    placeholder_findings,
    selector_findings,
    typed,
    unused_value_findings,
)


def _parameter_name(value: str) -> str:
    if len(value) > rules_of_data.PARAMETER_NAME_MAX or not rules_of_data.PARAMETER_NAME.fullmatch(value):
        refuse(f"Use 1 to {rules_of_data.PARAMETER_NAME_MAX} letters, digits, underscores, dots and hyphens.")
    return value


def _endpoint(value: str) -> str:
    if len(value) > rules_of_data.ENDPOINT_MAX:
        refuse(f"Use at most {rules_of_data.ENDPOINT_MAX} characters.")
    if value and not rules_of_data.ENDPOINT.fullmatch(value):
        hint = "Leave out the address of the server, spaces, empty parts, ? and #."
        refuse("This is not a path such as /v1/courses/{id}/.", hint=hint)
    return value


def _header_name(value: str) -> str:
    if not rules_of_data.HEADER_NAME.fullmatch(value):
        refuse("This is not the name of a header.", hint="Use letters, digits and hyphens.")
    return value


def _header_value(value: str) -> str:
    if len(value) > rules_of_data.HEADER_VALUE_MAX or not rules_of_data.HEADER_VALUE.fullmatch(value):
        refuse(f"Use one line of at most {rules_of_data.HEADER_VALUE_MAX:,} Latin-1 characters.")
    return value


def _upper(value: object) -> object:
    return value.upper() if isinstance(value, str) else value


def _tree(value: object) -> object:
    if value is not None and not isinstance(value, dict | list):
        refuse("A map or a list is expected here.", hint="Indent the data below the key.")
    return value


def _pairs(key: str) -> BeforeValidator:
    """Return the validator that takes a plain map for a list of `{key: …, value: …}`."""

    def apply(value: object) -> object:
        if isinstance(value, dict):
            return [{key: name, "value": item} for name, item in value.items()]
        return value

    return BeforeValidator(apply)


def _class(expected: str, kind: str) -> Published:
    def apply(value: str) -> str:
        if value != expected:
            refuse(
                f"A {kind} has the class {expected}.",
                hint="Change the class or the kind.",
                suggestion=expected,
            )
        return value

    return Published(apply, says={"enum": [expected]})


Tree = Annotated[object, AfterValidator(_tree), WithJsonSchema({"type": ["object", "array", "null"]})]
_PARAMETER_NAME = {
    "minLength": 1,
    "maxLength": rules_of_data.PARAMETER_NAME_MAX,
    "pattern": f"^{rules_of_data.PARAMETER_NAME.pattern}$",
}
_HEADER_NAME = {"pattern": f"^{rules_of_data.HEADER_NAME.pattern}$"}
_TOKENS = checked(rules.check_max_tokens, minimum=1, maximum=rules.MAX_TOKENS_MAX)
Scalar = Annotated[object, WithJsonSchema({})]
Limit = Annotated[int, whole(1, rules_of_data.LIMIT_MAX)]
_ABOUT_DATA = "What the data is, for the model: the description of the tool."
_CLASS = "Where the data comes from; it goes with the kind."


class Selector(Fields):
    """When the plugin is offered to the model."""

    directive: Annotated[str, one_of(*v.DIRECTIVES)] = Field(description="search_terms, always or llm.")
    search_terms: list[Annotated[str, checked(rules.check_search_term, minLength=1)]] | None = Field(
        None, description="Words in a prompt that select the plugin."
    )


class Prompt(Fields):
    """The settings used when the plugin is chosen."""

    provider: Annotated[str, line(64)] = Field(v.DEFAULT_PROVIDER, description="Who runs the model.")
    system_role: Annotated[str, prose(rules_of_data.SYSTEM_ROLE_MAX)] = Field(
        description="What is added to the system prompt."
    )
    model: Annotated[str, line()] = Field(v.DEFAULT_MODEL, description="The model that answers.")
    temperature: Annotated[float, checked(rules.check_temperature, minimum=0, maximum=1)] = Field(
        v.DEFAULT_TEMPERATURE, description="From 0, always the same answer, to 1, freely worded."
    )
    max_tokens: Annotated[int, _TOKENS] = Field(
        v.DEFAULT_MAX_TOKENS, description="Most tokens that an answer may have."
    )


class StaticDataSpec(Fields):
    """Data that the model may read as it stands."""

    description: Description = Field("", description=_ABOUT_DATA)
    static_data: Tree = Field(description="A map or a list of any shape.")


class ParameterSpec(Fields):
    """One argument that the model fills in."""

    name: Annotated[str, Published(_parameter_name, says=_PARAMETER_NAME)] = Field(
        description="How the model and the placeholders call it."
    )
    type: Annotated[str, one_of(*v.PARAMETER_TYPES)] = Field(description="What values it takes.")
    description: Description = Field("", description="What it means, for the model.")
    required: bool = Field(False, description="Whether the model has to give a value.")
    enum: list[AsText] | None = Field(None, description="The only values that are allowed.")
    default: Scalar = Field(None, description="What it is when the model gives no value.")


class TestValueSpec(Fields):
    """A value for one parameter, for trying the plugin."""

    __test__ = False  # Its name starts like a test class; pytest leaves it alone.

    name: Annotated[str, line(rules_of_data.PARAMETER_NAME_MAX)] = Field(description="Of a parameter.")
    value: Scalar = Field(description="What the parameter is in a trial.")


class UrlParamSpec(Fields):
    """One fixed query parameter of an API call."""

    key: Annotated[str, line()] = Field(description="Before the equals sign in the address.")
    value: Annotated[AsText, line(2048, empty=True)] = Field(description="After the equals sign.")


class HeaderSpec(Fields):
    """One fixed header of an API call."""

    name: Annotated[str, Published(_header_name, says=_HEADER_NAME)] = Field(
        description="Such as Accept-Language."
    )
    value: Annotated[AsText, AfterValidator(_header_value)] = Field(description="What is sent.")


class CallSpec(Fields):
    """What SQL and API data share."""

    description: Description = Field("", description=_ABOUT_DATA)
    parameters: list[ParameterSpec] = Field([], description="What the model fills in.")
    test_values: list[TestValueSpec] = Field([], description="Values for trying the plugin.")
    limit: Limit | None = Field(v.DEFAULT_LIMIT, description="Most rows or entries to return; null for all.")


class SqlDataSpec(CallSpec):
    """A query with declared parameters."""

    sql_query: Annotated[str, prose(rules_of_data.QUERY_MAX)] = Field(
        description="SQL with {placeholders} for parameters."
    )


class ApiDataSpec(CallSpec):
    """An HTTP call with declared parameters."""

    endpoint: Annotated[str, Published(_endpoint, says={"maxLength": rules_of_data.ENDPOINT_MAX})] = Field(
        description="Path below the connection's address."
    )
    method: Annotated[str, BeforeValidator(_upper), one_of(*v.METHODS)] = Field(
        "GET", description="Of the HTTP request."
    )
    url_params: Annotated[list[UrlParamSpec], _pairs("key")] = Field(
        [], description="Query parameters that every request has."
    )
    headers: Annotated[list[HeaderSpec], _pairs("name")] = Field(
        [], description="Headers that every request has."
    )
    body: Tree = Field(None, description="What is sent as JSON; placeholders are filled in.")


class StaticMetadata(Metadata):
    """Metadata of a static plugin."""

    plugin_class: Annotated[str, _class("static", "Plugin")] = Field(description=_CLASS, examples=["static"])


class SqlMetadata(Metadata):
    """Metadata of an SQL plugin."""

    plugin_class: Annotated[str, _class("sql", "SqlPlugin")] = Field(description=_CLASS, examples=["sql"])


class ApiMetadata(Metadata):
    """Metadata of an API plugin."""

    plugin_class: Annotated[str, _class("api", "ApiPlugin")] = Field(description=_CLASS, examples=["api"])


class PluginSpec(Fields):
    """What every plugin specifies."""

    selector: Selector | None = Field(description="When the plugin is offered to the model.")
    prompt: Prompt | None = Field(description="The settings used when the plugin is chosen.")


class StaticPluginSpec(PluginSpec):
    """What a static plugin specifies."""

    data: StaticDataSpec | None = Field(description="What the model may read.")


class SqlPluginSpec(PluginSpec):
    """What an SQL plugin specifies."""

    connection: Reference | None = Field(
        description="Name of a SqlConnection.", json_schema_extra=names("SqlConnection")
    )
    sql_data: SqlDataSpec | None = Field(description="The query and its parameters.")


class ApiPluginSpec(PluginSpec):
    """What an API plugin specifies."""

    connection: Reference | None = Field(
        description="Name of an ApiConnection.", json_schema_extra=names("ApiConnection")
    )
    api_data: ApiDataSpec | None = Field(description="The call and its parameters.")


class PluginManifest(Manifest):
    """A static plugin, and base of the other two kinds."""

    kind_name: ClassVar[str] = "Plugin"
    kind_aliases: ClassVar[tuple[str, ...]] = ("StaticPlugin",)
    call: ClassVar[tuple[str, str] | None] = None

    metadata: StaticMetadata
    spec: PluginSpec

    @classmethod
    def findings(cls, data: Mapping[str, object]) -> Iterator[Finding]:
        """Yield what concerns several fields: the selector's terms, placeholders, parameters and their values."""
        yield from super().findings(data)
        yield from selector_findings(data)
        if cls.call is not None:
            yield from parameter_findings(data, ("spec", cls.call[0]))
            yield from placeholder_findings(data, ("spec", cls.call[0]), cls.call[1])
            yield from unused_value_findings(data, ("spec", cls.call[0]))


class StaticPluginManifest(PluginManifest):
    """A plugin whose data stands in the manifest."""

    spec: StaticPluginSpec


class SqlPluginManifest(PluginManifest):
    """A plugin that runs a query."""

    kind_name: ClassVar[str] = "SqlPlugin"
    kind_aliases: ClassVar[tuple[str, ...]] = ()
    references: ClassVar[tuple[Path, ...]] = (("spec", "connection"),)
    call: ClassVar[tuple[str, str] | None] = ("sqlData", "sqlQuery")

    metadata: SqlMetadata  # type: ignore[assignment]  # The class of a plugin belongs to its kind.
    spec: SqlPluginSpec


class ApiPluginManifest(PluginManifest):
    """A plugin that calls an API."""

    kind_name: ClassVar[str] = "ApiPlugin"
    kind_aliases: ClassVar[tuple[str, ...]] = ()
    references: ClassVar[tuple[Path, ...]] = (("spec", "connection"),)
    call: ClassVar[tuple[str, str] | None] = ("apiData", "endpoint")

    metadata: ApiMetadata  # type: ignore[assignment]  # The class of a plugin belongs to its kind.
    spec: ApiPluginSpec


PLUGIN_MANIFESTS: tuple[type[PluginManifest], ...] = (
    StaticPluginManifest,
    SqlPluginManifest,
    ApiPluginManifest,
)


def to_values(model: PluginManifest) -> v.PluginValues:
    """Return the typed values of a plugin manifest; numbers forget how they were spelled."""
    metadata, spec = model.metadata, model.spec
    tags, _ = rules.clean_tags(metadata.tags)
    return v.PluginValues(
        name=metadata.name,
        plugin_class=metadata.plugin_class,
        description=metadata.description,
        version=metadata.version,
        tags=tuple(tags),
        annotations=tuple(cast("list[dict[str, Any]]", plain(metadata.annotations))),
        selector=_selector_values(spec.selector),
        prompt=v.PromptValues(**vars(spec.prompt)) if spec.prompt else None,
        data=_data_values(spec),
    )


def _selector_values(selector: Selector | None) -> v.SelectorValues | None:
    if selector is None:
        return None
    return v.SelectorValues(selector.directive, tuple(term.strip() for term in selector.search_terms or ()))


def _data_values(spec: PluginSpec) -> v.PluginData | None:
    if isinstance(spec, StaticPluginSpec) and spec.data is not None:
        return v.StaticData(spec.data.description, plain(spec.data.static_data))
    if isinstance(spec, SqlPluginSpec) and spec.sql_data is not None:
        sql = spec.sql_data
        return v.SqlData(connection=spec.connection or "", sql_query=sql.sql_query, **_call_values(sql))
    if isinstance(spec, ApiPluginSpec) and spec.api_data is not None:
        api = spec.api_data
        return v.ApiData(
            connection=spec.connection or "",
            endpoint=api.endpoint,
            method=api.method,
            url_params=tuple(v.UrlParam(item.key, item.value) for item in api.url_params),
            headers=tuple(v.Header(item.name, item.value) for item in api.headers),
            body=plain(api.body),
            **_call_values(api),
        )
    return None


def _call_values(call: CallSpec) -> dict[str, Any]:
    types = {item.name: item.type for item in call.parameters}
    return {
        "description": call.description,
        "limit": call.limit,
        "parameters": tuple(
            v.Parameter(
                name=item.name,
                type=item.type,
                description=item.description,
                required=item.required,
                enum=None if item.enum is None else tuple(item.enum),
                default=typed(item.type, item.default, plain(item.default)),
            )
            for item in call.parameters
        ),
        # A value that does not fit its parameter stays as it is: trying the plugin will say so.
        "test_values": tuple(
            v.TestValue(item.name, typed(types.get(item.name, ""), item.value, plain(item.value)))
            for item in call.test_values
        ),
    }
