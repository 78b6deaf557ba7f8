from __future__ import annotations

from dataclasses import replace

import pytest

from webapp.plugins.readiness import ConnectionState, judge
from webapp.plugins.values import (
    ApiData,
    PluginValues,
    PromptValues,
    SelectorValues,
    SqlData,
    StaticData,
)

STATIC = PluginValues(
    name="opening_hours",
    plugin_class="static",
    description="When the reading room is open.",
    selector=SelectorValues("search_terms", ("opening hours",)),
    prompt=PromptValues(system_role="You help visitors."),
    data=StaticData("Hours.", {"monday": "09:00"}),
)
SQL = replace(STATIC, plugin_class="sql", data=SqlData("catalogue", "SELECT 1"))
API = replace(STATIC, plugin_class="api", data=ApiData("prices", "/v1/prices/"))
THERE = ConnectionState(exists=True)


def test_a_complete_static_plugin_is_ready() -> None:
    verdict = judge(STATIC, None)
    assert verdict.state == "ready"
    assert [check.part for check in verdict.checks] == ["selector", "prompt", "data"]


@pytest.mark.parametrize("values", [SQL, API])
def test_a_plugin_with_its_connection_is_ready(values: PluginValues) -> None:
    assert judge(values, THERE).state == "ready"


@pytest.mark.parametrize(
    ("values", "part"),
    [
        (replace(STATIC, selector=None), "selector"),
        (replace(STATIC, selector=SelectorValues("search_terms", ())), "selector"),
        (replace(STATIC, prompt=None), "prompt"),
        (replace(STATIC, prompt=PromptValues(system_role="  \n")), "prompt"),
        (replace(STATIC, data=None), "data"),
        (replace(STATIC, data=StaticData("x", {})), "data"),
        (replace(STATIC, data=StaticData("x", None)), "data"),
        (replace(SQL, data=SqlData("catalogue", " ")), "data"),
        (replace(API, data=ApiData("prices", "")), "data"),
        (replace(SQL, data=SqlData("", "SELECT 1")), "connection"),
    ],
)
def test_what_is_missing_is_named(values: PluginValues, part: str) -> None:
    verdict = judge(values, THERE)
    assert verdict.state == "not_ready"
    assert [check.part for check in verdict.missing] == [part]


def test_a_connection_that_does_not_exist_is_named() -> None:
    (missing,) = judge(SQL, ConnectionState(exists=False)).missing
    assert missing.part == "connection"
    assert "catalogue" in missing.text


def test_a_secret_that_does_not_exist_is_named() -> None:
    (missing,) = judge(SQL, ConnectionState(exists=True, missing_secrets=("db_password",))).missing
    assert (missing.part, "db_password" in missing.text) == ("secret", True)


def test_an_expired_secret_wants_attention() -> None:
    verdict = judge(SQL, ConnectionState(exists=True, expired_secrets=("db_password",)))
    assert verdict.state == "attention"


@pytest.mark.parametrize("directive", ["always", "llm"])
def test_only_the_directive_search_terms_needs_terms(directive: str) -> None:
    assert judge(replace(STATIC, selector=SelectorValues(directive)), None).state == "ready"


@pytest.mark.parametrize("description", ["", "   ", "Too short.", "x" * 1_025])
def test_a_description_that_helps_no_model_wants_attention(description: str) -> None:
    verdict = judge(replace(STATIC, description=description), None)
    assert verdict.state == "attention"
    assert [warning.part for warning in verdict.warnings] == ["description"]


def test_a_term_that_matches_almost_everything_wants_attention() -> None:
    verdict = judge(replace(STATIC, selector=SelectorValues("search_terms", ("a", "books"))), None)
    assert [warning.part for warning in verdict.warnings] == ["selector"]


def test_what_is_missing_outweighs_what_could_be_better() -> None:
    assert judge(replace(STATIC, description="", prompt=None), None).state == "not_ready"
