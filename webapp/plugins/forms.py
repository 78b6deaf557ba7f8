"""The plugin form: text in, `PluginValues` out, and errors beside the fields."""

from __future__ import annotations

from collections.abc import Mapping
from types import MappingProxyType
from typing import Any, Self

from werkzeug.datastructures import MultiDict

from webapp.core.errors import FieldError
from webapp.manifests.form_rows import AnnotationRow
from webapp.plugins import rules
from webapp.plugins.form_checks import Connections, check
from webapp.plugins.form_fields import HeaderRow, ParameterRow, TestValueRow, UrlParamRow
from webapp.plugins.form_reading import read_values
from webapp.plugins.form_values import DATA, IDENTITY, PROMPT, SELECTOR, to_texts
from webapp.plugins.values import (
    DEFAULT_PROVIDER,
    DIRECTIVES,
    METHODS,
    PLUGIN_CLASSES,
    PluginValues,
)
from webapp.web.fields import ChoiceField, LineField, ProseField, RowsField
from webapp.web.record_forms import RecordForm

PROVIDERS = (DEFAULT_PROVIDER,)
LARGE = 300_000
"""Characters from which data is not put into the page: with the rest of the form it would not fit into a request."""
KEEPABLE = frozenset({"static_data", "body"})


class PluginForm(RecordForm):
    """Everything that a person writes about a plugin, as text."""

    name: LineField = LineField("Name")
    description: ProseField = ProseField("Description")
    version: LineField = LineField("Version")
    plugin_class: ChoiceField = ChoiceField("Class", PLUGIN_CLASSES)
    tags: LineField = LineField("Tags")
    annotations: RowsField = RowsField(AnnotationRow, "Annotations")
    directive: ChoiceField = ChoiceField("Directive", DIRECTIVES)
    search_terms: ProseField = ProseField("Search terms")
    provider: ChoiceField = ChoiceField("Provider", PROVIDERS)
    model: LineField = LineField("Model")
    temperature: LineField = LineField("Temperature")
    max_tokens: LineField = LineField("Max tokens")
    system_role: ProseField = ProseField("System role")
    data_description: ProseField = ProseField("About the data")
    static_data: ProseField = ProseField("Static data")
    connection: ChoiceField = ChoiceField("Connection")
    sql_query: ProseField = ProseField("SQL query")
    endpoint: LineField = LineField("Endpoint")
    method: ChoiceField = ChoiceField("Method", METHODS)
    url_params: RowsField = RowsField(UrlParamRow, "URL params")
    headers: RowsField = RowsField(HeaderRow, "Headers")
    body: ProseField = ProseField("Body")
    parameters: RowsField = RowsField(ParameterRow, "Parameters")
    test_values: RowsField = RowsField(TestValueRow, "Test values")
    limit: LineField = LineField("Limit")

    base: PluginValues | None = None
    connections = Connections()
    # What lint says, by the name of the field; who shows the form decides whether it says anything.
    advice: Mapping[str, tuple[str, ...]] = MappingProxyType({})

    @classmethod
    def read(cls, formdata: MultiDict[str, str], *, base: Any = None, **offered: Any) -> Self:
        """Return the form as it was sent; `base` is the record that it was opened with."""
        form = super().read(formdata, base=base, **offered)
        # Data that was too large for the page was not sent; it stays as it was.
        for name in KEEPABLE & set(formdata.getlist("keep")) & form.shown.keys():
            form[name].data = form[name].clean(form.shown[name])
        return form

    @staticmethod
    def to_texts(values: PluginValues) -> dict[str, Any]:
        """Return what stands in each field for these values."""
        return to_texts(values)

    def offer(self, connections: Connections | None = None) -> None:
        """Take the connections to choose from, and keep the words that stand in the form to be chosen."""
        self.connections = connections or Connections()
        # A word that only an import has brought, or that somebody tampered with, is shown as it is.
        for field in (self.provider, self.directive, self.method):
            field.offer(*(word for word in (field.data,) if word))

    def check(self, name: str) -> list[FieldError]:
        """Return what is wrong with a field that is no group of rows."""
        return check(self, name)

    def check_rows(self, field: RowsField) -> None:
        """Refuse a parameter that is declared twice, and a value for one that is not declared."""
        if field is self.parameters:
            _refuse_twins(field)
        if field is self.test_values:
            known = field.clean(self.shown.get(field.name, []))
            for row in field.filled():
                if row.texts() not in known and not row["name"].errors:
                    row["name"].errors = rules.check_test_value(row["name"].data, self.declared())

    @property
    def kept(self) -> frozenset[str]:
        """Return the fields whose text is too large for the page and that nobody touched."""
        return frozenset(name for name in KEEPABLE & self.untouched if len(self[name].data) > LARGE)

    @property
    def chosen_class(self) -> str:
        """Return the class whose fields are shown; static while none is chosen."""
        chosen = self.plugin_class.data
        return chosen if chosen in PLUGIN_CLASSES else PLUGIN_CLASSES[0]

    @property
    def own_fields(self) -> tuple[str, ...]:
        """Return the names of the fields that count for the chosen class."""
        return (*IDENTITY, *SELECTOR, *PROMPT, *DATA[self.chosen_class])

    def declared(self) -> list[str]:
        """Return the names of the parameters as they are typed."""
        return [row.name.data for row in self.parameters.filled()]

    def types(self) -> dict[str, str]:
        """Return the types of the parameters by name."""
        return {row.name.data: row.type.data for row in self.parameters.filled()}

    def to_values(self) -> PluginValues:
        """Return the typed values of a form without errors."""
        return read_values(self)

    def sent_back(self) -> list[tuple[str, str]]:
        """Return what a browser would send for the form; of data that is too large only that it is kept."""
        return [("keep", name) if name in self.kept else (name, text) for name, text in super().sent_back()]


def _refuse_twins(parameters: RowsField) -> None:
    seen: set[str] = set()
    for row in parameters.filled():
        name = row["name"].data
        if name and name in seen and not row["name"].errors:
            row["name"].errors = [FieldError(f"{name} is declared twice. Keep one of them.", "unique")]
        seen.add(name)
