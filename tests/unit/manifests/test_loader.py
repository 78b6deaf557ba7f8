from __future__ import annotations

import json
import time

import pytest
from hypothesis import given
from hypothesis import strategies as st

from webapp.manifests.loader import Limits, LoadedDocument, LoadedManifests, Source, load_sources
from webapp.manifests.problems import apply_fix
from webapp.manifests.scalars import WrittenFloat, WrittenInt


def load(*contents: bytes | str, limits: Limits | None = None) -> LoadedManifests:
    return load_sources([Source(f"{index}.yaml", item) for index, item in enumerate(contents)], limits)


def data(text: str) -> object:
    loaded = load(text)
    assert not loaded.problems
    assert len(loaded.documents) == 1
    return loaded.documents[0].data


@pytest.mark.parametrize(
    "text",
    [
        "no",
        "on",
        "yes",
        "off",
        "y",
        "N",
        "1:30",
        "2031-06-15",
        "010",
        "007.5",
        "1_000",
        "0b11",
        "1,000",
        "=",
        "1.2.3",
        "+1 555",
    ],
)
def test_words_that_only_yaml_1_1_converts_stay_text(text: str) -> None:
    assert data(f"a: {text}") == {"a": text}


@pytest.mark.parametrize(
    ("text", "value"),
    [
        ("true", True),
        ("FALSE", False),
        ("null", None),
        ("~", None),
        ("", None),
        ("7", 7),
        ("-7", -7),
        ("0x1F", 31),
        ("0o17", 15),
        ("+5", 5),
        ("1.10", 1.1),
        ("1e3", 1000.0),
        (".5", 0.5),
        ("9223372036854775807", 2**63 - 1),
    ],
)
def test_core_scalars_are_converted(text: str, value: object) -> None:
    found = data(f"a: {text}")
    assert found == {"a": value}
    assert isinstance(found, dict)
    assert isinstance(found["a"], type(value))


def test_a_number_remembers_an_unusual_spelling() -> None:
    found = data("[500.00, 0x1F, 2.5, 3]")
    assert isinstance(found, list)
    assert [type(item) for item in found] == [WrittenFloat, WrittenInt, float, int]
    assert [getattr(item, "text", None) for item in found] == ["500.00", "0x1F", None, None]
    assert json.dumps(found) == "[500.0, 31, 2.5, 3]"


@pytest.mark.parametrize(
    ("text", "line", "column", "words"),
    [
        ("a: 1\na: 2\n", 2, 1, "written twice here; the first is on line 1"),
        ("m:\n  k: 1\n  x: 2\n  k: 3\n", 4, 3, "written twice"),
        ("1: x\n", 1, 1, "The key 1 is not text"),
        ("null: x\n", 1, 1, "The key null is not text"),
        ("? [a]\n: 1\n", 1, 3, "cannot be a key"),
        ("{a: b}: c\n", 1, 1, "cannot be a key"),
        ("a: &x 1\n*x : 2\n", 2, 1, "An alias cannot be a key"),
        ("a: !!python/object:os.system x\n", 1, 4, "The tag !!python/object:os.system is not allowed"),
        ("a: !Env HOME\n", 1, 4, "The tag !Env is not allowed"),
        ("a: !!binary aGk=\n", 1, 4, "The tag !!binary"),
        ("a: !!set {x, y}\n", 1, 4, "The tag !!set"),
        ("!!python/name:x k: 1\n", 1, 1, "The tag"),
        ("a: !!int x\n", 1, 4, "not what !!int stands for"),
        ("%TAG ! tag:example.org,2000:\n---\na: 1\n", 1, 1, "%TAG"),
        ("base: &b {x: 1}\nd:\n  <<: *b\n", 3, 3, "Merge keys"),
        ("a: .inf\n", 1, 4, "not a number that can be stored"),
        ("a: .NaN\n", 1, 4, "not a number that can be stored"),
        ("a: 1e999\n", 1, 4, "too large"),
        (f"a: {'9' * 6000}\n", 1, 4, "more digits than can be stored"),
        ("a: 9223372036854775808\n", 1, 4, "more digits"),
        ("a: &x [*x]\n", 1, 8, "would never end"),
        ("a: *nowhere\n", 1, 4, "no &nowhere before it"),
        ('a: "x\\0y"\n', 1, 4, "NUL"),
        ('"x\\0y": 1\n', 1, 1, "NUL"),
        ("a: x\0y\n", 1, 5, "NUL (U+0000)"),
        ("ok: 1\na: x\x07y\n", 2, 5, "control character (U+0007)"),
        ("a: \ud800\n", 1, 4, "half of a surrogate pair"),
        ("a: b\ufeffc\n", 1, 5, "byte order mark"),
    ],
)
def test_what_is_not_allowed_is_refused_at_its_place(text: str, line: int, column: int, words: str) -> None:
    problems = load(text).problems
    assert len(problems) == 1
    assert (problems[0].line, problems[0].column) == (line, column)
    assert words in problems[0].message
    assert problems[0].hint


@pytest.mark.parametrize(
    ("text", "fixed"), [("1: x", '"1": x'), ("a: .inf", 'a: ".inf"'), ("true: [1]", '"true": [1]')]
)
def test_a_fix_quotes_what_is_no_text(text: str, fixed: str) -> None:
    fix = load(text).problems[0].fix
    assert fix is not None
    assert apply_fix(text, fix) == fixed
    assert not load(fixed).problems


def test_everything_wrong_in_all_documents_is_reported_in_one_pass() -> None:
    loaded = load(
        "a: 1\na: 2\n---\nb: 'open\n---\nc: .inf\nd: !x 1\n---\nfine: yes\n", b"\xff\xfea\x00", "k: [1\n"
    )
    assert [(problem.document, problem.line) for problem in loaded.problems] == [
        (1, 2),
        (2, 4),
        (3, 6),
        (3, 7),
        (5, 1),
        (6, 1),
    ]
    assert [document.readable for document in loaded.documents] == [True, False, True, True, False, False]
    assert loaded.documents[3].data == {"fine": "yes"}


def test_the_data_of_a_flawed_document_is_still_there_for_the_schema() -> None:
    document = load("a: 1\na: 2\nb: .inf\nc: 3\n").documents[0]
    assert document.data == {"a": 1, "b": ".inf", "c": 3}
    assert document.flagged == {("b",)}


@pytest.mark.parametrize(
    ("text", "count"),
    [
        ("---\na: 1\n---\n---\nb: 2\n---\n", 2),
        ("a: 1\n...\n# note\n---\nb: 2\n...\n", 2),
        ("%YAML 1.2\n---\na: 1\n", 1),
        ("--- # one\n---\n# two\n", 0),
        ("a: 1\n...\nb: 2\n", 2),
        ("a: |\n  ---\n  x\n", 1),
        ("a: 1\r\n---\r\nb: 2\r\n", 2),
    ],
)
def test_documents_are_split_and_empty_ones_skipped(text: str, count: int) -> None:
    loaded = load(text)
    assert len(loaded.documents) == count
    if count:
        assert not loaded.problems
    else:
        assert loaded.problems[0].message == "There is no manifest here."


def test_documents_count_over_all_sources_and_know_their_lines() -> None:
    loaded = load("a: 1\n---\nb: 2\n", "\n\nc: 3\n")
    assert [(item.number, item.source, item.line) for item in loaded.documents] == [
        (1, "0.yaml", 1),
        (2, "0.yaml", 2),
        (3, "1.yaml", 1),
    ]
    assert loaded.documents[1].locate([("b",)])["b",].value.line == 3


def test_crlf_and_a_byte_order_mark_are_accepted() -> None:
    assert load(b"\xef\xbb\xbfa: 1\r\nb: |\r\n  x\r\n  y\r\n").documents[0].data == {"a": 1, "b": "x\ny\n"}


def test_json_is_accepted_with_its_escaped_pairs() -> None:
    value = {"text": "\U0001f36b \u2028 \x85 \\ud83d\\ude00 /", "n": [1, 2.5, None, True]}
    assert data(json.dumps(value)) == value
    assert data(json.dumps(value, indent="\t", ensure_ascii=False)) == value
    located = load('{"a": "\\ud83d\\ude00", "b": 99999999999999999999}').problems[0]
    assert located.column == 28


def test_a_list_of_manifests_is_several_documents() -> None:
    loaded = load('[{"kind": "A", "x": 1}, {"kind": "B", "y": [1, 2]}]', "k: 1")
    assert [(item.number, item.label("kind")) for item in loaded.documents] == [(1, "A"), (2, "B"), (3, "")]
    assert loaded.documents[1].locate([("y", 1)])["y", 1].value.column == 48


@pytest.mark.parametrize("character", ["\x85", "\u2028", "\u2029"])
def test_old_line_breaks_are_kept_as_characters(character: str) -> None:
    assert data(f"a: x{character}y\nb: 1") == {"a": f"x{character}y", "b": 1}


@pytest.mark.parametrize(
    ("content", "words"),
    [
        ("a: 1".encode("utf-16"), "UTF-16"),
        ("a: 1, b: 2".encode("utf-16-le"), "UTF-16"),
        ("a: 1".encode("utf-32"), "UTF-32"),
        ("a: caf\xe9\n".encode("latin-1"), "Latin-1"),
        (b"a: \xc0\xaf", "not UTF-8"),
        (b"a: \xed\xa0\x80", "not UTF-8"),
        (b"\x1f\x8b\x08\x00", "gzip"),
        (b"PK\x03\x04rest", "zip"),
        (b"\x89PNG\r\n\x1a\n", "PNG"),
        (b"%PDF-1.7", "PDF"),
    ],
)
def test_what_is_no_utf8_text_is_refused_by_name(content: bytes, words: str) -> None:
    problem = load(content).problems[0]
    assert words in problem.message
    assert problem.hint
    assert problem.document == 1


def test_the_place_of_a_wrong_byte_is_named() -> None:
    problem = load("ok: 1\nna\xefve: 2\n".encode("latin-1")).problems[0]
    assert (problem.line, problem.column) == (2, 3)
    assert "\u201c\xef\u201d" in problem.message


def test_aliases_expand_into_separate_values() -> None:
    found = data("- &a {x: [1]}\n- *a\n- &s text\n- *s\n")
    assert isinstance(found, list)
    assert found == [{"x": [1]}, {"x": [1]}, "text", "text"]
    assert found[0] is not found[1]


LAUGHS = "a0: &a0 [x, x, x, x, x, x, x, x, x]\n" + "".join(
    f"a{i}: &a{i} [{', '.join([f'*a{i - 1}'] * 9)}]\n" for i in range(1, 12)
)


@pytest.mark.parametrize(
    ("text", "words"),
    [
        (LAUGHS, "Aliases expand"),
        ("a: &a [" + "x," * 600 + "]\nb: *a\nc: *a\n", "Aliases expand"),
        ("[" * 100_000, "nested more than 50"),
        ("{a: " * 20_000, "nested more than 50"),
        ("".join(f"{' ' * i}a:\n" for i in range(600)), "nested more than 50"),
        ("- " * 100_000, "nested more than 50"),
        ("? " * 100_000, "nested more than 50"),
        ("a: &a " + "[" * 30 + "]" * 30 + "\nb: " + "[" * 30 + "*a" + "]" * 30, "nested more than 50"),
    ],
)
def test_bombs_are_refused_at_once(text: str, words: str) -> None:
    loaded = load(text)
    assert words in loaded.problems[-1].message
    assert not loaded.documents[0].readable


def test_limits_are_named() -> None:
    assert "larger than 10 bytes" in load("a: 1234567890", limits=Limits(max_bytes=10)).problems[0].message
    refused = load("a: 1\n---\nb: 1\n---\nc: 1\n", limits=Limits(max_documents=2))
    assert "more than 2 documents" in refused.problems[0].message
    assert refused.documents == []
    assert "more than 5 values" in load("[1, 2, 3, 4, 5, 6]", limits=Limits(max_nodes=5)).problems[0].message
    assert len(load("k: 1\n" * 500).problems) == 101
    assert (
        "more than 1 documents"
        in load('[{"kind": 1}, {"kind": 2}]', limits=Limits(max_documents=1)).problems[0].message
    )


@pytest.mark.parametrize(
    "text",
    [
        "---\n" * 50_000,
        "".join(f"k{i}: {i}\n" for i in range(50_000)),
        "a: " + "x " * 1_000_000,
        "t:\n" + "- tag\n" * 20_000,
        "a\x07\n" * 100_000,
    ],
    ids=["documents", "keys", "words", "entries", "bells"],
)
def test_reading_large_input_takes_linear_time(text: str) -> None:
    started = time.process_time()
    load(text)
    assert time.process_time() - started < 60  # A second of work; far more if it were quadratic.


def test_two_thousand_documents_are_read() -> None:
    text = "---\nkind: Plugin\nmetadata: {name: a, tags: [x, y]}\nspec: {data: {staticData: {a: 1}}}\n"
    loaded = load(text * 2000)
    assert len(loaded.documents) == 2000
    assert not loaded.problems


def test_source_names_are_made_safe_and_unique() -> None:
    names = ["../../x.yaml", "a\r\nb\0.yaml", "\u202etxt.yaml", "n" * 3000, "", "../../x.yaml"]
    loaded = load_sources([Source(name, "a: 1") for name in names])
    found = [item.source for item in loaded.documents]
    assert len(set(found)) == len(names)
    assert all(len(name) <= 130 and name.isprintable() for name in found)
    assert set(loaded.texts) == set(found)


hostile = st.text(
    st.one_of(
        st.characters(), st.sampled_from(" \n\t\r:#-'\"[]{}&*!|>%@`?,=~<.0123456789\0\x07\x85\u2028\ufeff")
    )
)


@given(
    st.one_of(
        hostile,
        st.lists(
            st.sampled_from(
                [
                    "a: ",
                    "- ",
                    "\n",
                    "  ",
                    "---\n",
                    "...\n",
                    "&a ",
                    "*a ",
                    "[",
                    "]",
                    "{",
                    "}",
                    ", ",
                    "'",
                    '"',
                    "|\n",
                    ">-\n",
                    "!x ",
                    "? ",
                    ": ",
                    "x",
                    "\t",
                    "#",
                    "\\ud83d\\ude00",
                    "%TAG ! x\n",
                ]
            ),
            max_size=40,
        ).map("".join),
    )
)
def test_no_text_makes_the_loader_raise(text: str) -> None:
    loaded = load(text)
    for problem in loaded.problems:
        assert problem.message[0].isupper() or not problem.message[0].isalpha()
        if problem.fix is not None:
            apply_fix(loaded.texts[problem.source].text, problem.fix)
    for document in loaded.documents:
        document.locate([(), ("a",), ("a", 0)])


@given(st.binary())
def test_no_bytes_make_the_loader_raise(content: bytes) -> None:
    load(content)


def test_each_document_is_handed_over_as_it_is_read_and_what_is_returned_is_kept() -> None:
    seen: list[int] = []

    def visit(document: LoadedDocument) -> LoadedDocument:
        seen.append(document.number)
        return document.without_spec()

    text = "kind: Plugin\nmetadata: {name: one, tags: [a]}\nspec: {}\n---\nkind: [1]\n"
    loaded = load_sources([Source("a.yaml", text)], visit=visit)
    assert seen == [1, 2]
    assert [document.data for document in loaded.documents] == [
        {"kind": "Plugin", "metadata": {"name": "one"}},
        {"kind": "", "metadata": {"name": ""}},
    ]
    assert "".join(document.text for document in loaded.documents) == text
