"""A dictionary from a dictionary, from JSON, from YAML, and from nothing else."""

import json
from types import MappingProxyType

import pytest
from hypothesis import given
from hypothesis import strategies as st

from webapp.core.errors import SmarterValueError
from webapp.manifests.mapping_text import read_mapping

json_values = st.recursive(
    st.none() | st.booleans() | st.integers(-(2**53), 2**53) | st.text(),
    lambda inner: st.lists(inner, max_size=3) | st.dictionaries(st.text(), inner, max_size=3),
    max_leaves=15,
)


def test_a_mapping_comes_back_as_a_dictionary_of_its_own() -> None:
    given = {"a": 1}
    found = read_mapping(given)
    assert found == given
    assert found is not given
    assert read_mapping(MappingProxyType(given)) == given


@pytest.mark.parametrize(
    ("text", "found"),
    [
        ('{"a": [1, null, true]}', {"a": [1, None, True]}),
        ("a: 1\nb: [x, y]\n", {"a": 1, "b": ["x", "y"]}),
        ("{'a': 1}", {"a": 1}),
        ("\ufeffa: 1", {"a": 1}),
        ("a: no\nb: 1.10\nc: 012", {"a": "no", "b": 1.1, "c": "012"}),
        ("---\na: 1\n...\n", {"a": 1}),
        ('{"a": NaN}', {"a": "NaN"}),
        ("{}", {}),
    ],
)
def test_a_text_is_read_as_json_and_else_as_yaml(text: str, found: dict[str, object]) -> None:
    assert read_mapping(text) == found


@given(st.dictionaries(st.text(), json_values))
def test_what_json_writes_is_read_back(value: dict[str, object]) -> None:
    assert read_mapping(json.dumps(value)) == value


BOMB = "a: &a [x,x,x,x,x,x,x,x,x]\n" + "".join(
    f"{chr(98 + n)}: &{chr(98 + n)} [{','.join([f'*{chr(97 + n)}'] * 9)}]\n" for n in range(9)
)


@pytest.mark.parametrize(
    "text",
    [
        "",
        "null",
        "just text",
        "5",
        "[1, 2]",
        "- x",
        '["a"]',
        "a: b: c",
        "\ta: 1",
        "a: 1\n---\nb: 2",
        "a: 1\na: 2",
        '{"a": 1, "a": 2}',
        "a: !!python/object/apply:os.system [id]",
        "a: !secret x",
        "a: &a\n  b: *a",
        BOMB,
        "a: " + "[" * 2_000 + "]" * 2_000,
        '{"a":' * 60 + "1" + "}" * 60,
        '{"a":' * 5_000 + "1" + "}" * 5_000,
        "a: \0",
        '{"a": ',
    ],
)
def test_anything_else_is_refused_in_words(text: str) -> None:
    with pytest.raises(SmarterValueError) as raised:
        read_mapping(text)
    assert raised.value.message.endswith((".", "…", "”"))


@pytest.mark.parametrize("data", [None, 5, 1.5, ["a"], b"a: 1", ("a", 1), {"a"}])
def test_another_type_is_refused(data: object) -> None:
    with pytest.raises(SmarterValueError, match=type(data).__name__):
        read_mapping(data)
