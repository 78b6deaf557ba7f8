"""Plugin values of all classes for hypothesis, and what a browser sends back for a form."""

from __future__ import annotations

from collections.abc import Iterator
from typing import Any

from hypothesis import strategies as st
from werkzeug.datastructures import MultiDict

from webapp.core.rules import clean_tags
from webapp.plugins.forms import PluginForm
from webapp.plugins.values import (
    DIRECTIVES,
    METHODS,
    PARAMETER_TYPES,
    ApiData,
    Header,
    Parameter,
    PluginData,
    PluginValues,
    PromptValues,
    SelectorValues,
    SqlData,
    StaticData,
    TestValue,
    UrlParam,
)
from webapp.web.fields import RowsField

PROSE = st.text(st.characters(exclude_categories=["Cs"], exclude_characters="\0"), max_size=40)
LINE = st.text(st.characters(exclude_categories=["Cs", "Cc", "Zl", "Zp"]), min_size=1, max_size=20)
NAME = st.from_regex(r"[a-z][a-z0-9]{0,8}(_[a-z0-9]{1,4}){0,2}", fullmatch=True)
WORD = st.from_regex(r"[A-Za-z0-9_.-]{1,12}", fullmatch=True)
SCALAR = (
    st.booleans()
    | st.integers(-(2**63), 2**63 - 1)
    | st.floats(allow_nan=False, allow_infinity=False)
    | PROSE
)
TREE = st.recursive(
    SCALAR,
    lambda inner: st.lists(inner, max_size=3) | st.dictionaries(PROSE, inner, max_size=3),
    max_leaves=6,
)
MAP_OR_LIST = st.none() | st.dictionaries(PROSE, TREE, max_size=4) | st.lists(TREE, max_size=4)
LIMIT = st.none() | st.integers(1, 1_000_000)

PARAMETERS = st.lists(
    st.builds(
        Parameter,
        name=WORD,
        type=st.sampled_from(PARAMETER_TYPES),
        description=PROSE,
        required=st.booleans(),
        enum=st.none() | st.lists(PROSE, max_size=3).map(tuple),
        default=st.none() | TREE,
    ),
    max_size=3,
).map(tuple)
TEST_VALUES = st.lists(st.builds(TestValue, name=WORD, value=st.none() | TREE), max_size=3).map(tuple)

STATIC = st.builds(StaticData, description=PROSE, static_data=MAP_OR_LIST)
SQL = st.builds(
    SqlData,
    connection=st.just("") | NAME,
    sql_query=PROSE,
    description=PROSE,
    parameters=PARAMETERS,
    test_values=TEST_VALUES,
    limit=LIMIT,
)
API = st.builds(
    ApiData,
    connection=st.just("") | NAME,
    endpoint=st.sampled_from(["", "/v1/", "/v1/{id}/x"]),
    method=st.sampled_from(METHODS),
    description=PROSE,
    url_params=st.lists(st.builds(UrlParam, key=LINE, value=LINE | st.just("")), max_size=3).map(tuple),
    headers=st.lists(st.builds(Header, name=WORD, value=WORD), max_size=3).map(tuple),
    body=MAP_OR_LIST,
    parameters=PARAMETERS,
    test_values=TEST_VALUES,
    limit=LIMIT,
)


@st.composite
def plugin_values(draw: st.DrawFn) -> PluginValues:
    """Return any values that a manifest may bring."""
    plugin_class = draw(st.sampled_from(["static", "sql", "api"]))
    data: st.SearchStrategy[PluginData] = {"static": STATIC, "sql": SQL, "api": API}[plugin_class]
    tags, _ = clean_tags(draw(st.lists(LINE, max_size=4)))
    return PluginValues(
        name=draw(NAME),
        plugin_class=plugin_class,
        description=draw(PROSE),
        version=draw(st.sampled_from(["1.0.0", "0.2.0-rc.1", "10.20.30+build.5"])),
        tags=tuple(tags),
        annotations=tuple(draw(st.lists(st.dictionaries(WORD, TREE, min_size=1, max_size=1), max_size=3))),
        selector=draw(
            st.none()
            | st.builds(SelectorValues, st.sampled_from(DIRECTIVES), st.lists(LINE, max_size=3).map(tuple))
        ),
        prompt=draw(
            st.none()
            | st.builds(
                PromptValues,
                provider=LINE,
                system_role=PROSE,
                model=LINE,
                temperature=st.floats(0, 1),
                max_tokens=st.integers(1, 1_000_000),
            )
        ),
        data=draw(st.none() | data),
    )


def _pairs(form: PluginForm) -> Iterator[tuple[str, Any]]:
    for field in form:
        if isinstance(field, RowsField):
            for row in field.rows():
                yield from ((item.name, "y" if item.data is True else item.data) for item in row)
        else:
            yield field.name, field.data


def as_sent(form: PluginForm, **changes: str) -> MultiDict[str, str]:
    """Return what a browser sends: line breaks as CRLF, boxes that are not ticked left out, then the changes."""
    sent: MultiDict[str, str] = MultiDict()
    for name, value in _pairs(form):
        if value not in (False, None):
            text = str(value).replace("\r\n", "\n").replace("\r", "\n").replace("\n", "\r\n")
            sent.add(name, text)
    for name, value in changes.items():
        sent[name] = value
    return sent
