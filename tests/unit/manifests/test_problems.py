from __future__ import annotations

import pytest
from hypothesis import given
from hypothesis import strategies as st

from webapp.core.errors import SmarterValueError
from webapp.manifests.problems import (
    Fix,
    Problem,
    SourceLines,
    apply_fix,
    excerpt,
    format_path,
    has_errors,
    in_order,
    visible,
)


def problem(line: int, column: int, **more: object) -> Problem:
    return Problem(document=1, line=line, column=column, message="Wrong.", **more)  # type: ignore[arg-type]


def test_a_fix_replaces_what_it_names() -> None:
    assert apply_fix("a: 1.10\r\nb: x", Fix("Write", 1, 4, 1, 8, '"1.10.0"')) == 'a: "1.10.0"\r\nb: x'
    assert apply_fix("a\nb\nc", Fix("Join", 1, 2, 3, 1, "-")) == "a-c"
    assert apply_fix("ab", Fix("Insert", 1, 2, 1, 2, "x")) == "axb"


@pytest.mark.parametrize(
    "fix",
    [
        Fix("x", 9, 1, 9, 1, ""),
        Fix("x", 1, 99, 1, 99, ""),
        Fix("x", 1, 2, 1, 1, ""),
        Fix("x", 0, 1, 1, 1, ""),
    ],
)
def test_a_fix_for_another_text_is_refused(fix: Fix) -> None:
    with pytest.raises(SmarterValueError):
        apply_fix("abc", fix)


def test_an_excerpt_shows_two_lines_around_and_a_caret() -> None:
    lines = excerpt("1\n2\n3\n4 x\n5\n6\n7", problem(4, 3))
    assert [(line.number, line.text, line.hit, line.caret) for line in lines] == [
        (2, "2", False, None),
        (3, "3", False, None),
        (4, "4 x", True, 3),
        (5, "5", False, None),
        (6, "6", False, None),
    ]


def test_an_excerpt_at_the_edges_stays_inside() -> None:
    assert [line.number for line in excerpt("a\nb\n", problem(1, 1))] == [1, 2]
    assert excerpt("a", problem(0, 0)) == []
    assert excerpt("a", problem(5, 1)) == []
    assert excerpt(SourceLines("a\n"), problem(2, 1))[-1].hit


def test_long_lines_are_cut_around_the_place() -> None:
    text = "x" * 5000 + "!" + "y" * 5000
    line = excerpt(text, problem(1, 5001))[0]
    assert len(line.text) == 200
    assert line.caret is not None
    assert line.text[line.caret - 1] == "!"
    assert line.text[0] == line.text[-1] == "\u2026"


def test_what_cannot_be_seen_is_made_visible_in_place() -> None:
    line = excerpt("a\tb\0c\u202ed\x7f\ud800", problem(1, 4))[0]
    assert line.text == "a\u2192b\u2400c\ufffdd\u2421\ufffd"
    assert line.text.isprintable()


@given(st.text())
def test_making_visible_never_moves_a_column(text: str) -> None:
    assert len(visible(text)) == len(text)


@given(st.text(st.sampled_from("ab\r\n")), st.integers(0, 40))
def test_offsets_and_positions_agree(text: str, offset: int) -> None:
    lines = SourceLines(text)
    offset = min(offset, len(text))
    line, column = lines.position(offset)
    if column <= len(lines.line(line)) + 1:
        assert lines.offset(line, column) == offset


def test_paths_read_like_people_write_them() -> None:
    assert format_path(("spec", "selector", "searchTerms", 2)) == "spec.selector.searchTerms[2]"
    assert format_path(("annotations", 0, "a.b/c")) == 'annotations[0]["a.b/c"]'
    assert format_path(('q"\n',)) == '["q\\"\u240a"]'
    assert format_path(()) == ""


def test_problems_are_ordered_by_place_with_errors_first() -> None:
    notice = problem(2, 1, severity="notice")
    assert in_order([problem(3, 1), notice, problem(2, 1)]) == [problem(2, 1), notice, problem(3, 1)]
    assert not has_errors([notice])
    assert has_errors([notice, problem(1, 1)])


@pytest.mark.parametrize(
    ("path", "message", "shown"),
    [
        ("kind", "kind is missing.", "is missing."),
        ("spec.prompt.topP", "topP is not a field.", "is not a field."),
        ("spec.prompt.topP", "topPs is not a field.", "topPs is not a field."),
        ("spec.data.staticData", "A map is expected here.", "A map is expected here."),
        ("", "kind is missing.", "kind is missing."),
    ],
)
def test_after_its_path_a_message_does_not_say_the_name_again(path: str, message: str, shown: str) -> None:
    assert Problem(document=1, path=path, message=message).after_path == shown
