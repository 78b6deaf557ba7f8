from __future__ import annotations

import datetime as dt
import json

import pytest
import yaml
from hypothesis import given
from hypothesis import strategies as st

from webapp.core.errors import SmarterValueError
from webapp.manifests.emit import dump_json, dump_yaml, dump_yaml_all, scalar
from webapp.manifests.loader import Source, load_sources

AMBIGUOUS = [
    "no", "On", "YES", "off", "y", "n", "true", "null", "~", "", "1.10", "010", "0o7", "0x1F", "0b1",
    "1:30", "190:20:30.15", "2031-06-15", "2001-12-14t21:59:43.10-05:00", "2001-12-14 21:59:43", "1_000",
    "1e3", "1e+3", "+.inf", ".nan", ".5", "1.", "-1", "+1", "=", "<<", "---", "...", "--- x", "-", "- a",
    "? a", ": a", "a: b", "a #b", "a:", " a", "a ", "#a", "&a", "*a", "!a", "|", ">", "%a", "@a", "`a",
    "[a]", "{a}", "'a'", "\"a\"", "a\tb", "\ta", ",a", "12e03", "685_230.15",
]  # fmt: skip

texts = st.one_of(
    st.text(
        st.one_of(
            st.characters(exclude_categories=["Cs"], exclude_characters="\0"),
            st.sampled_from(" \n\t:#-'\"[]{}&*!|>%@`?,=~<0123456789.eExon\r\x85\u2028\ufeff"),
        )
    ),
    st.sampled_from(AMBIGUOUS),
    st.sampled_from(
        [
            "a long word " * 30 + "x",
            ("x" * 99 + " ") * 4 + "y",
            "a  b " * 50,
            "#x " * 60 + "\n",
            "a\n\n b\n",
            "a\n\n\n",
            "\n",
            "a\n ",
        ]
    ),
    st.lists(st.sampled_from(["words", "of", "#", "a:", "-", "text", "\n"]), max_size=80).map(" ".join),
)
leaves = st.one_of(
    st.none(),
    st.booleans(),
    st.integers(-(2**63), 2**63 - 1),
    st.floats(allow_nan=False, allow_infinity=False),
    texts,
)
values = st.recursive(
    leaves,
    lambda inner: st.one_of(st.lists(inner, max_size=4), st.dictionaries(texts, inner, max_size=4)),
    max_leaves=15,
)
mappings = st.dictionaries(texts, values, min_size=1, max_size=4)


def loaded(text: str) -> list[object]:
    result = load_sources([Source("x", text)])
    assert not result.problems, (text, result.problems)
    return [document.data for document in result.documents]


@given(mappings)
def test_yaml_reads_back_exactly(mapping: dict[str, object]) -> None:
    text = dump_yaml(mapping)
    assert repr(loaded(text)) == repr([mapping])
    assert repr(loaded(dump_yaml_all([mapping, {"x": 1}, mapping]))) == repr([mapping, {"x": 1}, mapping])


@given(mappings)
def test_json_reads_back_exactly(mapping: dict[str, object]) -> None:
    text = dump_json(mapping)
    assert repr(json.loads(text)) == repr(mapping)
    assert loaded(text) == [mapping]


@given(mappings)
def test_the_same_data_gives_the_same_bytes_after_a_round_trip(mapping: dict[str, object]) -> None:
    text = dump_yaml(mapping)
    again = loaded(text)[0]
    assert isinstance(again, dict)
    assert dump_yaml(again) == text


@given(texts)
def test_other_yaml_readers_take_text_for_text(text: str) -> None:
    assert yaml.load(dump_yaml({"a": text, text: "b"}), Loader=yaml.CSafeLoader) == {"a": text, text: "b"}


@pytest.mark.parametrize("text", AMBIGUOUS)
def test_ambiguous_text_is_quoted(text: str) -> None:
    assert scalar(text).startswith('"')


@pytest.mark.parametrize(
    "text",
    [
        "Willy Wonka",
        "1.0.0",
        "10% off",
        "$1.00",
        "https://x.example/a?b=c#d",
        "/a/{b}/",
        "Z\xfcrich",
        "\u65e5\u672c",
        "+1 555",
        "it's",
        "a-b",
        "smarter.sh/v1",
    ],
)
def test_plain_text_is_written_plainly(text: str) -> None:
    assert scalar(text) == text


def test_the_form_is_block_style_in_the_given_order() -> None:
    mapping = {
        "kind": "Plugin",
        "metadata": {"name": "x", "tags": ["b", "no"], "annotations": [{"a/b": 1, "c": True}], "none": []},
        "empty": {},
        "list": [[1, [2]], []],
        "text": "one\ntwo\n",
        "bare": "one\n\ntwo",
        "role": "word " * 25 + "end\n",
        "number": 1e20,
        "nothing": None,
    }
    assert dump_yaml(mapping) == (
        "kind: Plugin\n"
        "metadata:\n"
        "  name: x\n"
        "  tags:\n"
        "    - b\n"
        '    - "no"\n'
        "  annotations:\n"
        "    - a/b: 1\n"
        "      c: true\n"
        "  none: []\n"
        "empty: {}\n"
        "list:\n"
        "  - - 1\n"
        "    - - 2\n"
        "  - []\n"
        "text: |\n  one\n  two\n"
        "bare: |-\n  one\n\n  two\n"
        "role: >\n"
        "  " + ("word " * 20).strip() + "\n"
        "  " + "word " * 5 + "end\n"
        "number: 1.0e+20\n"
        "nothing: null\n"
    )
    assert dump_yaml({}) == "{}\n"


def test_a_key_longer_than_yaml_allows_is_announced() -> None:
    mapping = {"k" * 2000: {"a": [1]}, "b": 2}
    assert loaded(dump_yaml(mapping)) == [mapping]


@pytest.mark.parametrize("value", [float("nan"), float("inf"), dt.date(2030, 1, 1), object(), b"x"])
def test_what_no_manifest_holds_is_refused(value: object) -> None:
    with pytest.raises(SmarterValueError):
        dump_yaml({"a": value})
    with pytest.raises(SmarterValueError):
        dump_json({"a": value})


def test_keys_that_are_no_text_and_endless_data_are_refused() -> None:
    with pytest.raises(SmarterValueError):
        dump_yaml({"a": {1: 2}})
    endless: list[object] = []
    endless.append(endless)
    with pytest.raises(SmarterValueError):
        dump_yaml({"a": endless})
