"""What is wrong with a field of the plugin form; the service and the database stay the judges of the record."""

from __future__ import annotations

import re
from collections.abc import Callable, Iterable, Mapping
from dataclasses import dataclass
from typing import TYPE_CHECKING

from webapp.core import rules as core_rules
from webapp.core.errors import FieldError
from webapp.core.text import NAME_MAX
from webapp.manifests.form_text import read_yaml, split_list
from webapp.plugins import rules
from webapp.plugins.values import DIRECTIVES, METHODS, PLUGIN_CLASSES

if TYPE_CHECKING:
    from webapp.plugins.forms import PluginForm

TERMS_MAX = 1_000

_NUMBER = re.compile(r"\d{1,9}(?:\.\d{1,17})?|\.\d{1,17}")
_SMALL_NUMBER = re.compile(r"\d(?:\.\d+)?e-\d{1,3}", re.IGNORECASE)
_WHOLE = re.compile(r"\d{1,10}")


@dataclass(frozen=True)
class Connections:
    """The names of the account's connections by what they lead to."""

    sql: tuple[str, ...] = ()
    api: tuple[str, ...] = ()

    def of_class(self, plugin_class: str) -> tuple[str, ...]:
        """Return the connections that a plugin of the class can use."""
        return {"sql": self.sql, "api": self.api}.get(plugin_class, ())


def check(form: PluginForm, name: str) -> list[FieldError]:
    """Return what is wrong with a field that is no group of rows."""
    return _CHECKS[name](form)


def read_number(text: str) -> float | None:
    """Return a decimal number, None for any other text."""
    return float(text) if _NUMBER.fullmatch(text) or _SMALL_NUMBER.fullmatch(text) else None


def read_whole(text: str) -> int | None:
    """Return a whole number, None for any other text."""
    return int(text) if text.isascii() and _WHOLE.fullmatch(text) else None


def _tags(form: PluginForm) -> list[FieldError]:
    return core_rules.clean_tags(split_list(form.tags.data, ","))[1]


def _search_terms(form: PluginForm) -> list[FieldError]:
    terms = split_list(form.search_terms.data, "\n")
    if len(terms) > TERMS_MAX:
        return [FieldError(f"Use at most {TERMS_MAX:,} search terms.", "too_many")]
    return _first(
        FieldError(f"{_short(term)}: {error.message}", error.code)
        for term in terms
        for error in core_rules.check_search_term(term)
    )


def _temperature(form: PluginForm) -> list[FieldError]:
    text = form.temperature.data
    meant = text.replace(",", ".")
    errors = core_rules.check_temperature(read_number(text))
    if errors and meant != text and not core_rules.check_temperature(read_number(meant)):
        return [FieldError("Write a point, not a comma.", "comma", meant)]
    return errors


def _max_tokens(form: PluginForm) -> list[FieldError]:
    return core_rules.check_max_tokens(read_whole(form.max_tokens.data))


def _limit(form: PluginForm) -> list[FieldError]:
    text = form.limit.data
    return rules.check_limit(read_whole(text) or 0) if text else []


def _connection(form: PluginForm) -> list[FieldError]:
    name = form.connection.data
    if not name or name in form.connections.of_class(form.chosen_class):
        return []
    other, article = ("api", "an SQL") if form.chosen_class == "sql" else ("sql", "an API")
    if name in form.connections.of_class(other):
        kind = "an API" if other == "api" else "an SQL"
        return [FieldError(f"{name} is {kind} connection. Choose {article} connection.", "kind")]
    # A connection that does not exist yet may be named; readiness says that it is missing.
    return (
        core_rules.check_name(name, new=False)
        if len(name) <= NAME_MAX
        else core_rules.check_line(name, NAME_MAX)
    )


def _yaml(text: str, what: str) -> list[FieldError]:
    found = read_yaml(text)
    if found.problems:
        return found.errors
    if found.value is None or isinstance(found.value, dict | list):
        return []
    return [FieldError(f"{what} is a map or a list. Write key: value, or - value.", "not_a_tree")]


def _sql_query(form: PluginForm) -> list[FieldError]:
    text = form.sql_query.data
    return core_rules.check_text(text, limit=rules.QUERY_MAX) or rules.check_placeholders(
        text, form.declared()
    )


def _endpoint(form: PluginForm) -> list[FieldError]:
    text = form.endpoint.data
    return rules.check_endpoint(text) or rules.check_placeholders(text, form.declared())


_CHECKS: Mapping[str, Callable[[PluginForm], list[FieldError]]] = {
    "name": lambda form: core_rules.check_name(form.name.data, new=True),
    "description": lambda form: core_rules.check_description(form.description.data),
    "version": lambda form: core_rules.check_version(form.version.data),
    "plugin_class": lambda form: rules.check_choice(form.plugin_class.data, PLUGIN_CLASSES),
    "tags": _tags,
    "directive": lambda form: rules.check_choice(form.directive.data, DIRECTIVES),
    "search_terms": _search_terms,
    "provider": lambda form: core_rules.check_line(
        form.provider.data, rules.PROVIDER_MAX, required="Choose a provider."
    ),
    "model": lambda form: core_rules.check_line(
        form.model.data, required="Name a model, such as gpt-4o-mini."
    ),
    "temperature": _temperature,
    "max_tokens": _max_tokens,
    "system_role": lambda form: core_rules.check_text(form.system_role.data, limit=rules.SYSTEM_ROLE_MAX),
    "data_description": lambda form: core_rules.check_description(form.data_description.data),
    "static_data": lambda form: _yaml(form.static_data.data, "Static data"),
    "connection": _connection,
    "sql_query": _sql_query,
    "endpoint": _endpoint,
    "method": lambda form: rules.check_choice(form.method.data, METHODS),
    "body": lambda form: _yaml(form.body.data, "A body"),
    "limit": _limit,
}


def _first(errors: Iterable[FieldError]) -> list[FieldError]:
    found = next(iter(errors), None)
    return [] if found is None else [found]


def _short(text: str) -> str:
    return text if len(text) <= 40 else f"{text[:39]}…"
