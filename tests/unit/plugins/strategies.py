"""Random values of plugins that a manifest can hold."""

from __future__ import annotations

import string
from typing import Any

from hypothesis import strategies as st

from webapp.core import rules
from webapp.core.text import is_storable
from webapp.plugins.values import (
    DIRECTIVES,
    METHODS,
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

WORD = st.from_regex(r"[a-z][a-z0-9]{0,6}(_[a-z0-9]{1,5}){0,2}", fullmatch=True)
VERSION = st.sampled_from(["1.0.0", "0.0.1", "2.10.3-rc.1", "1.0.0+build.5", "10.20.30"])
# What YAML takes for something else, and what no plain or block scalar can hold as it is.
AWKWARD = st.sampled_from(
    [
        *(
            "no",
            "on",
            "1.10",
            "007",
            "1:30",
            "2024-06-15",
            "~",
            "null",
            "",
            " x",
            "x ",
            "a: b",
            "a #b",
            "- a",
        ),
        *("\n", "a\n\nb\n", "\ttab", "'", '"', "\\", "%", "@a", "`", "{a}", "[a", "é\u2028b", "\x85", "\r\n"),
        *("x" * 150, "a b " * 60, "---", "..."),
    ]
)
TEXT = st.one_of(
    AWKWARD, st.text(max_size=60), st.text(string.ascii_letters + " \n:#-", max_size=200)
).filter(is_storable)
NUMBER = st.one_of(
    st.integers(-(2**63), 2**63 - 1), st.floats(allow_nan=False, allow_infinity=False), st.just(-0.0)
)
SCALAR = st.one_of(st.none(), st.booleans(), NUMBER, TEXT)
JSON = st.recursive(
    SCALAR,
    lambda inner: st.one_of(
        st.lists(inner, max_size=4), st.dictionaries(TEXT.filter(bool), inner, max_size=4)
    ),
    max_leaves=12,
)
TREE = st.one_of(st.lists(JSON, max_size=4), st.dictionaries(TEXT.filter(bool), JSON, max_size=4), st.none())
LINE = st.text(string.ascii_letters + string.digits + " :#'\"-äß[]{}", max_size=30)
KEY = st.text(string.ascii_letters + string.digits + "._/-", min_size=1, max_size=20)

_TYPED = {
    "string": TEXT,
    "integer": st.integers(-(2**63), 2**63 - 1),
    "number": st.floats(allow_nan=False, allow_infinity=False, width=32),
    "boolean": st.booleans(),
    "object": st.dictionaries(TEXT.filter(bool), SCALAR, max_size=3),
    "array": st.lists(SCALAR, max_size=3),
}


@st.composite
def parameters(draw: st.DrawFn) -> tuple[tuple[Parameter, ...], tuple[TestValue, ...]]:
    """Draw declared parameters and values to try them with."""
    names = draw(st.lists(WORD, max_size=3, unique=True))
    declared, values = [], []
    for name in names:
        kind = draw(st.sampled_from(sorted(_TYPED)))
        enum = (
            draw(st.none() | st.lists(LINE.filter(bool), min_size=1, max_size=3).map(tuple))
            if kind == "string"
            else None
        )
        default = draw(st.none() | (st.sampled_from(enum) if enum else _TYPED[kind]))
        declared.append(Parameter(name, kind, draw(TEXT), draw(st.booleans()), enum, default))
        values.append(TestValue(name, draw(_TYPED[kind])))
    return tuple(declared), tuple(values)


@st.composite
def data(draw: st.DrawFn, plugin_class: str) -> Any:
    """Draw the data of a class, or none."""
    if plugin_class == "static":
        return draw(st.none() | st.builds(StaticData, TEXT, TREE))
    if draw(st.integers(0, 9)) == 0:
        return None
    declared, values = draw(parameters())
    shared = {
        "connection": draw(WORD | st.just("")),
        "description": draw(TEXT),
        "parameters": declared,
        "test_values": values,
        "limit": draw(st.none() | st.integers(1, 1_000_000)),
    }
    if plugin_class == "sql":
        return SqlData(sql_query=draw(TEXT.map(lambda text: text.replace("{", "("))), **shared)
    return ApiData(
        endpoint=draw(st.sampled_from(["", "/", "/a/b/", "/v1/x.y"])),
        method=draw(st.sampled_from(METHODS)),
        url_params=tuple(
            UrlParam(key, value) for key, value in draw(st.lists(st.tuples(KEY, LINE), max_size=2))
        ),
        headers=tuple(
            Header(name, value)
            for name, value in draw(
                st.lists(
                    st.tuples(st.just("X-Debug") | st.just("Accept"), st.text("ab: 1", max_size=9)),
                    max_size=2,
                )
            )
        ),
        body=draw(TREE),
        **shared,
    )


@st.composite
def plugin_values(draw: st.DrawFn, name: str = "") -> PluginValues:
    """Draw everything that is written on a plugin."""
    plugin_class = draw(st.sampled_from(["static", "sql", "api"]))
    tags, _ = rules.clean_tags(
        draw(st.lists(LINE.filter(lambda text: not rules.check_tag(text)), max_size=4))
    )
    annotation = st.one_of(st.booleans(), NUMBER, TEXT, st.lists(SCALAR, max_size=2))
    terms = st.lists(LINE.map(str.strip).filter(lambda text: not rules.check_search_term(text)), max_size=3)
    return PluginValues(
        name=name or draw(WORD),
        plugin_class=plugin_class,
        description=draw(TEXT),
        version=draw(VERSION),
        tags=tuple(tags),
        annotations=tuple({key: draw(annotation)} for key in draw(st.lists(KEY, max_size=3))),
        selector=draw(st.none() | st.builds(SelectorValues, st.sampled_from(DIRECTIVES), terms.map(tuple))),
        prompt=draw(
            st.none()
            | st.builds(
                PromptValues,
                LINE.filter(lambda text: bool(text.strip())),
                TEXT,
                st.just("gpt-4o-mini"),
                st.floats(0, 1),
                st.integers(1, 1_000_000),
            )
        ),
        data=draw(data(plugin_class)),
    )
