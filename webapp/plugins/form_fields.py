"""The rows of the plugin form that only plugins have, and how the value of a parameter is read and shown."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any

from wtforms import BooleanField

from webapp.core import rules as core_rules
from webapp.core.text import with_line_feeds
from webapp.manifests.form_text import Unreadable, read_list, read_value, show_list, show_value
from webapp.plugins import rules
from webapp.plugins.values import PARAMETER_TYPES, Header, Parameter, TestValue, UrlParam
from webapp.web.fields import ChoiceField, LineField, ProseField, Row, RowErrors


class ParameterRow(Row):
    """One argument that the model fills in."""

    name = LineField("Name")
    type = ChoiceField("Type", PARAMETER_TYPES, default="string")
    required = BooleanField("Required")
    description = ProseField("Description")
    enum = LineField("Allowed values")
    default = ProseField("Default")

    def problems(self) -> RowErrors:
        """Return what is wrong with each field; the default is judged by the type and the allowed values."""
        found: RowErrors = {
            "name": rules.check_parameter_name(self.name.data or ""),
            "type": rules.check_choice(self.type.data, PARAMETER_TYPES),
            "description": core_rules.check_description(self.description.data),
        }
        try:
            enum = self._enum()
            value = read_typed(self.type.data, self.default.data or "")
        except Unreadable as unreadable:
            found["enum" if unreadable.error.code == "quote" else "default"] = [unreadable.error]
        else:
            found["enum"] = rules.check_enum(self.type.data, enum or ())
            found["default"] = [] if found["enum"] else rules.check_default(self.type.data, value, enum)
        return {name: errors for name, errors in found.items() if errors}

    def read(self) -> Parameter:
        """Return the parameter."""
        return Parameter(
            name=self.name.data,
            type=self.type.data,
            description=self.description.data or "",
            required=bool(self.required.data),
            enum=self._enum(),
            default=read_typed(self.type.data, self.default.data or ""),
        )

    def _enum(self) -> tuple[str, ...] | None:
        return tuple(read_list(self.enum.data or "")) or None


class TestValueRow(Row):
    """A value for one parameter, for trying the plugin."""

    __test__ = False  # Its name starts like a test class; pytest leaves it alone.

    name = LineField("Name")
    value = ProseField("Value")

    def problems(self) -> RowErrors:
        """Return what is wrong with name and value."""
        name = core_rules.check_line(
            self.name.data or "", rules.PARAMETER_NAME_MAX, required="Name the parameter that this is for."
        )
        found: RowErrors = {"name": name} if name else {}
        try:
            read_value(self.value.data or "")
        except Unreadable as unreadable:
            found["value"] = [unreadable.error]
        return found

    def read(self, types: Mapping[str, str]) -> TestValue:
        """Return the test value, read as the type of its parameter wants."""
        return TestValue(self.name.data, read_typed(types.get(self.name.data, ""), self.value.data or ""))


class UrlParamRow(Row):
    """One fixed query parameter of an API call."""

    key = LineField("Key")
    value = LineField("Value")

    def problems(self) -> RowErrors:
        """Return what is wrong with key and value."""
        found = {
            "key": core_rules.check_line(self.key.data or "", required="Give the URL parameter a key."),
            "value": core_rules.check_line(self.value.data or "", rules.URL_PARAM_MAX),
        }
        return {name: errors for name, errors in found.items() if errors}

    def read(self) -> UrlParam:
        """Return the URL parameter."""
        return UrlParam(self.key.data, self.value.data or "")


class HeaderRow(Row):
    """One fixed header of an API call."""

    name = LineField("Name")
    value = LineField("Value")

    def problems(self) -> RowErrors:
        """Return what is wrong with name and value."""
        found = {
            "name": rules.check_header_name(self.name.data or ""),
            "value": rules.check_header_value(self.value.data or ""),
        }
        return {name: errors for name, errors in found.items() if errors}

    def read(self) -> Header:
        """Return the header."""
        return Header(self.name.data, self.value.data or "")


def read_typed(kind: str, text: str) -> Any:
    """Return the value of a parameter of type `kind`; a string needs no quotes to hold 500 or [a].

    Raises:
        Unreadable: it looks like a list or a map and is none.
    """
    stripped = text.strip()
    if kind != "string" or not stripped:
        return read_value(text)
    return read_value(text) if stripped[0] in "'\"" else with_line_feeds(stripped)


def show_parameter(parameter: Parameter) -> dict[str, str | bool]:
    """Return the row of a parameter."""
    return {
        "name": parameter.name,
        "type": parameter.type,
        "required": parameter.required,
        "description": parameter.description,
        "enum": show_list(parameter.enum or ()),
        "default": show_value(parameter.default),
    }


def show_test_value(item: TestValue) -> dict[str, str]:
    """Return the row of a test value."""
    return {"name": item.name, "value": show_value(item.value)}
