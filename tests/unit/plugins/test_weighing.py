"""How large a change of a plugin is."""

from __future__ import annotations

from dataclasses import replace
from typing import Any

import pytest

from tests import factories
from webapp.plugins.values import ApiData, Parameter, PluginValues, SqlData, StaticData
from webapp.plugins.weighing import weigh

PORT = Parameter("port", "string", enum=("a", "b"), default="a")
SQL = SqlData("db", "SELECT {port}", parameters=(PORT, Parameter("size", "integer")))


def plugin(data: Any = SQL, **changes: Any) -> PluginValues:
    values = factories.sql_values("ships")
    return replace(values, **{"data": data, **changes})


def found(before: PluginValues, after: PluginValues) -> list[tuple[str, str]]:
    return [(reason.level, reason.text) for reason in weigh(before, after)]


def parameters(*items: Parameter) -> PluginValues:
    return plugin(replace(SQL, parameters=items))


SIZE = SQL.parameters[1]


@pytest.mark.parametrize(
    ("after", "reasons"),
    [
        (parameters(SIZE), [("major", "the parameter port is removed")]),
        (parameters(replace(PORT, type="integer"), SIZE), [("major", "the parameter port changes from string to integer")]),
        (parameters(replace(PORT, required=True), SIZE), [("major", "the parameter port is required now")]),
        (parameters(replace(PORT, enum=("a",)), SIZE), [("major", "the parameter port takes fewer values")]),
        (parameters(PORT, replace(SIZE, enum=("1",))), [("major", "the parameter size takes fewer values")]),
        (parameters(PORT, SIZE, Parameter("x", required=True)), [("major", "the parameter x is new and required")]),
        (plugin(None), [("major", "the data is removed")]),
        (plugin(selector=None), [("major", "the selector is removed")]),
        (plugin(prompt=None), [("major", "the prompt is removed")]),
        (parameters(PORT, SIZE, Parameter("x")), [("minor", "the parameter x is new")]),
        (parameters(replace(PORT, enum=("a", "b", "c")), SIZE), [("minor", "the parameter port takes more values")]),
        (parameters(replace(PORT, enum=None), SIZE), [("minor", "the parameter port takes more values")]),
        (parameters(replace(PORT, default="b"), SIZE), [("minor", "the parameter port has another default")]),
        (plugin(replace(SQL, connection="other")), [("minor", "it uses another connection")]),
        (plugin(replace(SQL, limit=None)), [("minor", "the limit is another one")]),
        (plugin(replace(SQL, sql_query="SELECT 2, {port}")), [("patch", "the query is another one")]),
        (parameters(replace(PORT, description="where"), SIZE), [("patch", "the description of the parameter port differs")]),
        (parameters(SIZE, PORT), [("patch", "the order of the parameters differs")]),
        (plugin(description="Other words."), [("patch", "the description differs")]),
        (plugin(tags=("a", "b")), [("patch", "the tags differ")]),
        (plugin(version="9.9.9"), []),
    ],
)  # fmt: skip
def test_a_change_has_a_size_and_a_reason(after: PluginValues, reasons: list[tuple[str, str]]) -> None:
    assert found(plugin(), after) == reasons


def test_another_class_is_major() -> None:
    after = replace(plugin(StaticData("", {"a": 1})), plugin_class="static")
    assert ("major", "the class changes from SQL to static") in found(plugin(), after)


@pytest.mark.parametrize(
    ("before", "after", "level"),
    [
        ({"a": 1, "b": 2}, {"a": 1}, "major"),
        ({"a": 1}, ["a"], "major"),
        ({"a": 1}, {"a": 1, "b": 2}, "minor"),
        ({"a": 1}, {"a": True}, "patch"),
        ({"a": 1, "b": 2}, {"b": 2, "a": 1}, "patch"),
        (["a"], ["b"], "patch"),
    ],
)
def test_data_that_goes_breaks_a_caller_and_data_that_comes_does_not(
    before: Any, after: Any, level: str
) -> None:
    old, new = (replace(plugin(StaticData("", data)), plugin_class="static") for data in (before, after))
    assert [size for size, _ in found(old, new)] == [level]


def test_calling_another_address_is_minor() -> None:
    old = replace(plugin(ApiData("api", "/a/")), plugin_class="api")
    new = replace(plugin(ApiData("api", "/b/", "POST", body={"x": 1})), plugin_class="api")
    assert [size for size, _ in found(old, new)] == ["minor", "minor", "patch"]
