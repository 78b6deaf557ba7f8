"""Lint takes whatever can be written, says the same each time, and stays quick for the longest texts."""

from __future__ import annotations

from dataclasses import replace

from hypothesis import given
from hypothesis import strategies as st

from tests.unit.plugins.lint.test_rules import GOOD, SQL
from webapp.plugins.lint import RULES, lint
from webapp.plugins.readiness import judge
from webapp.plugins.values import (
    Parameter,
    PluginValues,
    PromptValues,
    SelectorValues,
    SqlData,
    StaticData,
)

TEXT = st.text(max_size=200)
TREE = st.recursive(
    st.none() | st.booleans() | st.integers() | st.floats() | TEXT,
    lambda inner: st.lists(inner, max_size=3) | st.dictionaries(TEXT, inner, max_size=3),
    max_leaves=8,
)
PARAMETERS = st.lists(st.builds(Parameter, name=TEXT, description=TEXT), max_size=3).map(tuple)
DATA = (
    st.none()
    | st.builds(StaticData, TEXT, TREE)
    | st.builds(SqlData, TEXT, TEXT, parameters=PARAMETERS, limit=st.none() | st.integers(1, 9))
)
VALUES = st.builds(
    PluginValues,
    name=TEXT,
    plugin_class=st.sampled_from(("static", "sql")),
    description=TEXT,
    selector=st.none()
    | st.builds(
        SelectorValues, st.sampled_from(("search_terms", "llm")), st.lists(TEXT, max_size=5).map(tuple)
    ),
    prompt=st.none()
    | st.builds(PromptValues, temperature=st.floats(0, 1), max_tokens=st.integers(1, 1_000_000)),
    data=DATA,
)


@given(VALUES)
def test_whatever_is_written_is_judged_the_same_each_time(values: PluginValues) -> None:
    first = [(item.rule.id, item.text, item.field) for item in lint(values)]
    assert first == [(item.rule.id, item.text, item.field) for item in lint(values)]
    assert all(text.strip() and field for _, text, field in first)


@given(VALUES)
def test_hints_never_change_the_state(values: PluginValues) -> None:
    assert judge(values, None).state == judge(values, None, RULES).state


def test_the_longest_texts_are_judged() -> None:
    """No pattern runs away on what a form takes: this would not end."""
    query = "(" * 50_000 + "'" * 50_000
    terms = tuple(f"{'a' * 250}{number}" for number in range(1_000))
    longest = replace(
        GOOD,
        description="-- when " * 1_250,
        selector=SelectorValues("search_terms", terms),
        data=StaticData("", ["x" * 1_000_000]),
    )
    assert list(lint(longest))
    for odd in (query, "/*" * 50_000, "select " * 14_000, "; " * 50_000, '"' * 99_999):
        list(lint(replace(SQL, data=SqlData("catalogue", odd, limit=None))))
