"""From a plugin form without errors to typed values; what was not touched is taken from the record as it is."""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass
from typing import TYPE_CHECKING, Any, TypeVar

from webapp.core import rules as core_rules
from webapp.manifests.form_rows import read_annotations
from webapp.manifests.form_text import read_yaml, split_list
from webapp.plugins.form_checks import read_number, read_whole
from webapp.plugins.form_values import DATA, PROMPT, SELECTOR
from webapp.plugins.values import (
    ApiData,
    PluginData,
    PluginValues,
    PromptValues,
    SelectorValues,
    SqlData,
    StaticData,
)
from webapp.web.fields import RowsField

if TYPE_CHECKING:
    from webapp.plugins.forms import PluginForm

T = TypeVar("T")


def read_values(form: PluginForm) -> PluginValues:
    """Return the typed values of a form that `validate` has accepted."""
    return _Reading(form, form.base, form.untouched).values()


@dataclass(frozen=True)
class _Reading:
    form: PluginForm
    base: PluginValues | None
    untouched: frozenset[str]

    def values(self) -> PluginValues:
        form, base = self.form, self.base
        plugin_class = form.chosen_class
        return PluginValues(
            name=self._kept("name", base, lambda: form.name.data),
            plugin_class=plugin_class,
            description=self._kept("description", base, lambda: form.description.data),
            version=self._kept("version", base, lambda: form.version.data),
            tags=self._kept(
                "tags", base, lambda: tuple(core_rules.clean_tags(split_list(form.tags.data, ","))[0])
            ),
            annotations=self._annotations(),
            selector=self._selector(),
            prompt=self._prompt(),
            data=self._data(plugin_class),
        )

    def _kept(self, name: str, part: Any, read: Callable[[], T], attribute: str = "") -> T:
        """Return what the record's part says while the field is untouched, else what was typed."""
        if part is not None and name in self.untouched:
            kept: T = getattr(part, attribute or name)
            return kept
        return read()

    def _selector(self) -> SelectorValues | None:
        old, form = self.base and self.base.selector, self.form
        if self.base is not None and self.untouched.issuperset(SELECTOR):
            return old or None
        return SelectorValues(
            self._kept("directive", old, lambda: form.directive.data),
            self._kept("search_terms", old, lambda: tuple(split_list(form.search_terms.data, "\n"))),
        )

    def _prompt(self) -> PromptValues | None:
        old, form = self.base and self.base.prompt, self.form
        if self.base is not None and self.untouched.issuperset(PROMPT):
            return old or None
        return PromptValues(
            provider=self._kept("provider", old, lambda: form.provider.data),
            system_role=self._kept("system_role", old, lambda: form.system_role.data),
            model=self._kept("model", old, lambda: form.model.data),
            temperature=self._kept("temperature", old, lambda: read_number(form.temperature.data) or 0.0),
            max_tokens=self._kept("max_tokens", old, lambda: read_whole(form.max_tokens.data) or 1),
        )

    def _data(self, plugin_class: str) -> PluginData | None:
        form, base = self.form, self.base
        old = base.data if base is not None and base.plugin_class == plugin_class else None
        if (
            base is not None
            and base.plugin_class == plugin_class
            and self.untouched.issuperset(DATA[plugin_class])
        ):
            return old
        description = self._kept("data_description", old, lambda: form.data_description.data, "description")
        if plugin_class == "static":
            return StaticData(
                description,
                self._kept("static_data", old, lambda: read_yaml(form.static_data.data).value),
            )
        shared: dict[str, Any] = {
            "description": description,
            "connection": self._kept("connection", old, lambda: form.connection.data),
            "limit": self._kept("limit", old, lambda: read_whole(form.limit.data)),
            "parameters": self._rows(form.parameters, old, lambda row: row.read()),
            "test_values": self._rows(form.test_values, old, lambda row: row.read(form.types())),
        }
        if plugin_class == "sql":
            return SqlData(sql_query=self._kept("sql_query", old, lambda: form.sql_query.data), **shared)
        return ApiData(
            endpoint=self._kept("endpoint", old, lambda: form.endpoint.data),
            method=self._kept("method", old, lambda: form.method.data),
            url_params=self._rows(form.url_params, old, lambda row: row.read()),
            headers=self._rows(form.headers, old, lambda row: row.read()),
            body=self._kept("body", old, lambda: read_yaml(form.body.data).value),
            **shared,
        )

    def _annotations(self) -> tuple[dict[str, Any], ...]:
        base, form = self.base, self.form
        if base is not None and "annotations" in self.untouched:
            return base.annotations
        return read_annotations(
            form.annotations, form.shown.get("annotations", []), base.annotations if base else None
        )

    def _rows(self, field: RowsField, old: PluginData | None, read: Callable[[Any], T]) -> tuple[T, ...]:
        items: tuple[T, ...] = getattr(old, field.name, ())
        if old is not None and field.name in self.untouched:
            return items
        return field.merged(self.form.shown[field.name] if items else [], items, read)
