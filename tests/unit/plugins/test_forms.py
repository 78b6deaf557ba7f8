from __future__ import annotations

from dataclasses import replace
from typing import Any

import pytest
from hypothesis import given
from werkzeug.datastructures import MultiDict

from tests.unit.plugins.form_values import as_sent, plugin_values
from webapp.plugins.form_checks import Connections
from webapp.plugins.forms import PluginForm
from webapp.plugins.values import (
    ApiData,
    Header,
    Parameter,
    PluginValues,
    PromptValues,
    SelectorValues,
    SqlData,
    StaticData,
    TestValue,
    UrlParam,
)

STATIC = PluginValues(
    name="opening_hours",
    plugin_class="static",
    description="When the reading room is open.\nAnd when not.",
    version="1.2.3",
    tags=("library", "opening hours"),
    annotations=({"team/owner": "desk"}, {"team/size": 3}, {"team/code": "003"}, {"team/days": ["mon", 2]}),
    selector=SelectorValues("search_terms", ("open, closed", "hours")),
    prompt=PromptValues(system_role="You help visitors.", temperature=0.2, max_tokens=512),
    data=StaticData("Hours.", {"monday": "09:00", "open": True, "rooms": [{"name": "A", "seats": 1.5}]}),
)
SQL = replace(
    STATIC,
    plugin_class="sql",
    data=SqlData(
        connection="catalogue",
        sql_query="SELECT *\nFROM books\nWHERE author = {author} AND year > {year}",
        description="Books.",
        parameters=(
            Parameter("author", "string", "Who wrote it.", True, ("Ann, B.", "Cid"), "Cid"),
            Parameter("year", "integer", "After it.", default=1900),
        ),
        test_values=(TestValue("author", "Cid"), TestValue("year", 1950)),
        limit=None,
    ),
)
API = replace(
    STATIC,
    plugin_class="api",
    data=ApiData(
        connection="prices",
        endpoint="/v1/{sweet}/price",
        method="POST",
        description="Prices.",
        url_params=(UrlParam("currency", "EUR"), UrlParam("empty", "")),
        headers=(Header("Accept", "application/json"),),
        body={"unit": "kg", "n": [1, None]},
        parameters=(Parameter("sweet", "string", "Which.", True),),
        test_values=(TestValue("sweet", "500"),),
        limit=10,
    ),
)
CONNECTIONS = Connections(sql=("catalogue",), api=("prices",))


def read(values: PluginValues | None, base: PluginValues | None = None, **changes: str) -> PluginForm:
    shown = PluginForm.show(values) if values else None
    sent = as_sent(shown, **changes) if shown else MultiDict(changes)
    return PluginForm.read(sent, base=base, connections=CONNECTIONS)


def errors(form: PluginForm) -> dict[str, list[str]]:
    form.validate()
    found: dict[str, list[str]] = {}
    for problem in form.problems():
        found.setdefault(problem.id or "", []).append(problem.message)
    return found


@given(plugin_values())
def test_what_nobody_touched_stays_exactly_as_it_is(values: PluginValues) -> None:
    form = read(values, values)
    assert form.validate(), form.problems()
    assert repr(form.to_values()) == repr(values)


@given(plugin_values())
def test_another_description_changes_nothing_else(values: PluginValues) -> None:
    form = read(values, values, description="Another description.")
    assert form.validate(), form.problems()
    assert repr(form.to_values()) == repr(replace(values, description="Another description."))


@pytest.mark.parametrize("values", [STATIC, SQL, API], ids=["static", "sql", "api"])
def test_a_form_alone_gives_back_what_it_was_filled_with(values: PluginValues) -> None:
    form = read(values)
    assert form.validate(), form.problems()
    assert repr(form.to_values()) == repr(values)


def test_an_edited_row_leaves_the_other_rows_as_they_are() -> None:
    odd = Parameter("odd", "number", default="not a number", enum=())
    values = replace(SQL, data=replace(SQL.data, parameters=(odd, *SQL.data.parameters)))
    form = read(values, values, **{"parameters-2-description": "After this year."})
    assert form.validate(), form.problems()
    data = form.to_values().data
    assert isinstance(data, SqlData)
    assert data.parameters[0] == odd
    assert data.parameters[2].description == "After this year."


def test_a_new_form_starts_with_the_defaults_and_wants_a_name() -> None:
    form = read(PluginValues(name="", plugin_class="static"))
    assert errors(form) == {"name": ["Give it a name."]}
    form = read(PluginValues(name="", plugin_class="static"), name="opening_hours")
    assert form.validate()
    assert form.to_values().version == "1.0.0"


def test_an_empty_request_is_refused_and_not_an_error() -> None:
    assert set(errors(PluginForm.read(MultiDict()))) >= {"name", "version", "plugin_class"}


def test_a_name_that_is_not_snake_case_offers_one() -> None:
    form = read(STATIC, STATIC, name="everlastingGobstopper")
    assert errors(form) == {"name": ["Use lower-case words joined by underscores."]}
    assert form.use_suggestion("name")
    assert form.name.data == "everlasting_gobstopper"
    assert form.problems() == []


def test_an_old_name_that_starts_with_a_digit_is_not_judged_again() -> None:
    old = replace(STATIC, name="2025_hours")
    assert read(old, old).validate()
    assert errors(read(old, old, name="2026_hours")) == {"name": ["Start with a letter."]}


def test_a_version_with_two_parts_offers_three() -> None:
    form = read(STATIC, STATIC, version="0.3")
    assert errors(form) == {"version": ["Write three numbers, such as 1.0.0."]}
    form.use_suggestion("version")
    assert form.version.data == "0.3.0"


@pytest.mark.parametrize(("part", "version"), [("patch", "1.2.4"), ("minor", "1.3.0"), ("major", "2.0.0")])
def test_the_next_version_is_offered(part: str, version: str) -> None:
    form = read(STATIC, STATIC)
    assert form.use_suggestion(f"version-{part}")
    assert form.version.data == version


def test_a_suggestion_that_nobody_made_changes_nothing() -> None:
    form = read(STATIC, STATIC)
    for name in ("name", "version-huge", "nothing", "annotations-9-key", "revision", ""):
        assert not form.use_suggestion(name)
    assert not form.change_rows(add="name")
    assert not form.change_rows(remove="annotations-x")
    assert form.to_values() == STATIC


def test_a_suggestion_in_a_row_is_used() -> None:
    form = read(STATIC, STATIC, **{"annotations-0-value": "[a, ]b]"})
    assert form.use_suggestion("annotations-0-value")
    assert form.to_values().annotations[0] == {"team/owner": "[a, ]b]"}


@pytest.mark.parametrize(
    ("field", "text", "message"),
    [
        ("temperature", "1.5", "Use a number from 0 to 1."),
        ("temperature", "warm", "Use a number from 0 to 1."),
        ("temperature", "nan", "Use a number from 0 to 1."),
        ("temperature", "0,5", "Write a point, not a comma."),
        ("temperature", "", "Use a number from 0 to 1."),
        ("max_tokens", "0", "Use a whole number from 1 to 1,000,000."),
        ("max_tokens", "١٢", "Use a whole number from 1 to 1,000,000."),
        ("max_tokens", "9" * 5_000, "Use a whole number from 1 to 1,000,000."),
        ("plugin_class", "other", "Choose static, sql or api."),
        ("directive", "never", "Choose search_terms, always or llm."),
        ("model", "", "Name a model, such as gpt-4o-mini."),
        ("provider", "", "Choose a provider."),
        ("description", "x" * 10_001, "Use at most 10,000 characters."),
        ("description", "a\0b", "Leave out characters that cannot be stored, such as NUL."),
        ("static_data", "just text", "Static data is a map or a list. Write key: value, or - value."),
    ],
)
def test_a_field_says_what_is_wrong_with_it(field: str, text: str, message: str) -> None:
    form = read(STATIC, STATIC, **{field: text})
    assert errors(form) == {field: [message]}
    assert form[field].data == text


def test_static_data_names_line_and_column() -> None:
    (message,) = errors(read(STATIC, STATIC, static_data="a: 1\na: 2\n"))["static_data"]
    assert message.startswith("Line 2, column 1: ")


def test_tags_and_terms_are_judged_one_by_one() -> None:
    found = errors(read(STATIC, STATIC, tags=f"fine, {'x' * 65}", search_terms="fine\n" + "y" * 256))
    assert [len(messages) for messages in (found["tags"], found["search_terms"])] == [1, 1]
    assert "xxx" in found["tags"][0]


def test_terms_may_hold_commas_and_tags_may_not() -> None:
    values = read(STATIC, STATIC, tags="a, b", search_terms="a, b\r\nc").to_values()
    assert values.tags == ("a", "b")
    assert values.selector == SelectorValues("search_terms", ("a, b", "c"))


def test_blank_rows_do_not_count() -> None:
    form = read(STATIC, STATIC)
    form.change_rows(add="annotations")
    form = PluginForm.read(as_sent(form), base=STATIC)
    assert form.validate()
    assert form.to_values() == STATIC


def test_a_removed_row_is_gone_and_the_others_move_up() -> None:
    form = read(STATIC, STATIC)
    assert form.change_rows(remove="annotations-1")
    assert [entry.name for entry in form.annotations.entries] == [f"annotations-{n}" for n in range(3)]
    assert PluginForm.read(as_sent(form), base=STATIC).to_values().annotations == (
        STATIC.annotations[0],
        *STATIC.annotations[2:],
    )


def test_rows_may_have_gaps_and_strange_numbers() -> None:
    form = read(
        STATIC,
        None,
        **{
            "annotations-7-key": "late",
            "annotations-7-value": "1",
            "annotations-²-key": "x",
            f"annotations-{'9' * 5_000}-key": "y",
            "annotations--key": "z",
        },
    )
    assert form.to_values().annotations == (*STATIC.annotations, {"late": 1})


def test_too_many_rows_are_refused() -> None:
    many = {f"annotations-{n}-{part}": "x" for n in range(1_001) for part in ("key", "value")}
    assert errors(read(STATIC, None, **many))["annotations"] == [
        "There are too many rows. Use a manifest for this many."
    ]


def test_annotations_name_what_is_wrong_in_which_row() -> None:
    found = errors(
        read(
            STATIC,
            STATIC,
            **{
                "annotations-0-key": "no spaces here",
                "annotations-1-value": "",
                "annotations-2-value": "[a, ]b]",
            },
        )
    )
    assert set(found) == {"annotations-0-key", "annotations-1-value", "annotations-2-value"}


def test_placeholders_are_declared_parameters() -> None:
    found = errors(read(SQL, SQL, sql_query="SELECT {author}, {price}, {price}"))
    assert [message.split(".")[0] for message in found["sql_query"]] == [
        "The placeholder {price} is not a parameter"
    ]
    found = errors(read(API, API, endpoint="/v1/{colour}/"))
    assert list(found) == ["endpoint"]


@pytest.mark.parametrize(
    ("changes", "where"),
    [
        ({"parameters-1-name": "author"}, "parameters-1-name"),
        ({"parameters-1-name": "no spaces"}, "parameters-1-name"),
        ({"parameters-1-type": "date"}, "parameters-1-type"),
        ({"parameters-1-default": "soon"}, "parameters-1-default"),
        ({"parameters-0-default": "Dan"}, "parameters-0-default"),
        ({"parameters-0-enum": '"Ann, B.'}, "parameters-0-enum"),
        ({"parameters-1-enum": "1, dear"}, "parameters-1-enum"),
        ({"test_values-0-name": "nobody"}, "test_values-0-name"),
        ({"test_values-0-name": ""}, "test_values-0-name"),
        ({"limit": "0"}, "limit"),
        ({"limit": "many"}, "limit"),
        ({"connection": "prices"}, "connection"),
        ({"connection": "No Name"}, "connection"),
    ],
)
def test_parameters_limit_and_connection_are_judged(changes: dict[str, str], where: str) -> None:
    # Renaming a parameter leaves its placeholder behind, which is an error of its own.
    found = errors(read(SQL, SQL, **changes))
    found.pop("sql_query", None)
    assert list(found) == [where]


@pytest.mark.parametrize(
    ("changes", "where"),
    [
        ({"url_params-0-key": ""}, "url_params-0-key"),
        ({"headers-0-name": "Bad Header"}, "headers-0-name"),
        ({"headers-0-value": "sweet ☃"}, "headers-0-value"),
        ({"method": "BREW"}, "method"),
        ({"endpoint": "https://example.com/"}, "endpoint"),
        ({"body": "text"}, "body"),
    ],
)
def test_the_call_of_an_api_is_judged(changes: dict[str, str], where: str) -> None:
    assert list(errors(read(API, API, **changes))) == [where]


def test_an_endpoint_without_its_slash_offers_it() -> None:
    form = read(API, API, endpoint="v1/{sweet}/price")
    form.use_suggestion("endpoint")
    assert form.endpoint.data == "/v1/{sweet}/price"


def test_a_connection_that_does_not_exist_yet_may_be_named() -> None:
    assert read(SQL, SQL, connection="not_yet_there").validate()


@pytest.mark.parametrize(
    ("kind", "text", "value"),
    [
        ("string", "500", "500"),
        ("string", "[a]", "[a]"),
        ("string", "null", "null"),
        ("string", '"quoted"', "quoted"),
        ("number", "500", 500),
        ("boolean", "true", True),
        ("array", "[1]", [1]),
        ("object", "{a: 1}", {"a": 1}),
        ("integer", "", None),
    ],
)
def test_a_default_is_read_as_its_type_wants(kind: str, text: str, value: Any) -> None:
    form = read(SQL, SQL, **{"parameters-1-type": kind, "parameters-1-default": text})
    assert form.validate(), form.problems()
    data = form.to_values().data
    assert isinstance(data, SqlData)
    assert repr(data.parameters[1].default) == repr(value)


def test_a_changed_class_takes_its_own_fields_and_ignores_the_others() -> None:
    form = read(STATIC, STATIC, plugin_class="sql", sql_query="SELECT 1", connection="catalogue")
    assert form.validate(), form.problems()
    assert form.to_values().data == SqlData("catalogue", "SELECT 1", "Hours.")


def test_what_is_wrong_in_fields_of_another_class_does_not_matter() -> None:
    assert read(SQL, SQL, static_data="[", endpoint="no path").validate()


@pytest.mark.parametrize("text", ["", "x", "-1", "1.0", "٣", "9" * 30])
def test_a_revision_that_is_no_number_is_none(text: str) -> None:
    assert read(STATIC, None, revision=text).based_on == 0
