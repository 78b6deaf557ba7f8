from __future__ import annotations

import pytest

from webapp.manifests.loader import Source, load_sources
from webapp.manifests.problems import apply_fix


@pytest.mark.parametrize(
    ("text", "line", "column", "words"),
    [
        (
            "d: Databases. engines: mysql,\n  oracle\n",
            1,
            22,
            "A colon followed by a space starts a new mapping here.",
        ),
        ("a: 'x\nb: 1\n", 1, 4, "This quote is never closed."),
        ('a: "x\n---\nb: 1\n', 1, 4, "This quote is never closed."),
        ("a:\n\tb: 1\n", 2, 1, "A tab stands in the indentation."),
        ("a: [1, 2\nb: 3\n", 2, 2, "A comma or ] is missing before this"),
        ("a: {b: c\n", 1, 4, "This { is never closed."),
        ("a: [1, 2\n", 1, 4, "This [ is never closed."),
        ("a: %b\n", 1, 4, "A value cannot start with %."),
        ("a: @b\n", 1, 4, "A value cannot start with @."),
        ("a: `b`\n", 1, 4, "A value cannot start with `."),
        ("- a\nb: c\n", 2, 1, "does not start with -"),
        ("a: b\n c: d\n", 2, 2, "indented as if it were part of the value above"),
        ("a:\n  - b\n c: 1\n", 3, 2, "does not fit the mapping that starts on line 1"),
        ("key\nb: 1\n", 1, 1, "neither a key with a value nor a list entry"),
        ("a: 1\nb\nc: 2\n", 2, 1, "This line has no colon."),
        ("a:b\nc: d\n", 1, 2, "There is no space after this colon."),
        ("a: 'b' c\n", 1, 8, "There is more text after the closing '."),
        ('a: "\\q"\n', 1, 5, "\\q is no escape inside double quotes."),
        ('a: "\\ud800"\n', 1, 7, "half of a character"),
        ('a: "\\xZZ"\n', 1, 7, "needs more hexadecimal digits"),
        ("a: |x\n  b\n", 1, 5, "Text cannot follow | or >"),
        ("a: |0\n  b\n", 1, 5, "indentation of this block text"),
        ("a: *\n", 1, 4, "* has a meaning of its own"),
        ("a: - b\n", 1, 4, "A list entry cannot start here."),
        ("[1,,2]", 1, 4, "A value is expected here, not ,."),
        ("a: }\n", 1, 4, "A value is expected here"),
        ("!e!x a\n", 1, 1, "Tags are not allowed"),
        ("x" * 2000 + ": 1\n", 1, 2001, "A key can have at most 1,024 characters."),
        ("&a &b c\n", 1, 4, "already ended"),
    ],
)
def test_a_syntax_error_is_a_plain_sentence_at_its_place(
    text: str, line: int, column: int, words: str
) -> None:
    problems = load_sources([Source("x.yaml", text)]).problems
    assert len(problems) == 1
    assert words in problems[0].message
    assert (problems[0].line, problems[0].column) == (line, column)
    assert problems[0].hint


@pytest.mark.parametrize(
    "text",
    ["a" + " " * 400_000 + "x#y: z\n", "a b: c: d" + " " * 400_000 + "e: f\n", "- " * 400_000 + "a: b: c\n"],
    ids=["spaces before a comment", "spaces in a text", "dashes"],
)
def test_a_long_line_is_explained_at_once(text: str) -> None:
    # A pattern that goes back over the line for each of its characters would need hours here.
    assert load_sources([Source("x.yaml", text)]).problems


@pytest.mark.parametrize(
    ("text", "label", "value"),
    [
        (
            "m:\n  text: Engines. kinds: mysql,\n    oracle it's\n  n: 1\n",
            "Quote the text",
            {"m": {"text": "Engines. kinds: mysql, oracle it's", "n": 1}},
        ),
        ("- name: a: b\n", "Quote the name", [{"name": "a: b"}]),
        ("a:\n\tb: 1\n\tc:\n\t\td: 2\n", "Replace tabs with spaces", {"a": {"b": 1, "c": {"d": 2}}}),
        ("a: @b c\nd: 1\n", "Put it in quotes", {"a": "@b c", "d": 1}),
        ("a: **bold** text\n", "Put it in quotes", {"a": "**bold** text"}),
        ("a:b\nc: d\n", "Add a space after the colon", {"a": "b", "c": "d"}),
        ('a: "\\q"\n', "Write \\\\q", {"a": "\\q"}),
        ("x: 1\n---\na: b: c\n", "Quote the a", {"a": "b: c"}),
    ],
)
def test_the_fix_of_a_syntax_error_makes_the_document_readable(text: str, label: str, value: object) -> None:
    problem = load_sources([Source("x.yaml", text)]).problems[0]
    assert problem.fix is not None
    assert problem.fix.label == label
    loaded = load_sources([Source("x.yaml", apply_fix(text, problem.fix))])
    assert not loaded.problems
    assert loaded.documents[-1].data == value


@pytest.mark.parametrize("text", ["a: b: c # note\n", 'a: "x" : y: z\n'])
def test_no_fix_is_offered_where_it_could_lose_something(text: str) -> None:
    assert load_sources([Source("x.yaml", text)]).problems[0].fix is None


def test_lines_are_those_of_the_file_and_not_of_the_document() -> None:
    problem = load_sources(
        [Source("x.yaml", "# head\r\n---\r\na: 1\r\n---\r\n# note\r\nb: c: d\r\n")]
    ).problems[0]
    assert (problem.document, problem.line, problem.column) == (2, 6, 5)
