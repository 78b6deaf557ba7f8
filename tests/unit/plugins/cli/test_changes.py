from __future__ import annotations

from typing import Any

import pytest

from webapp.manifests.diff import FieldChange
from webapp.plugins.cli import changes
from webapp.plugins.cli.changes import LINES_MAX


def lines(before: Any, after: Any, kind: Any = "changed") -> list[str]:
    return [line.text for line in changes._field(FieldChange("spec.x", kind, before, after))][1:]


@pytest.mark.parametrize(
    ("before", "after", "expected"),
    [
        ("old", "new", ["      - old", "      + new"]),
        (1, 1.5, ["      - 1", "      + 1.5"]),
        (True, None, ["      - true", "      + null"]),
        (["a"], ["a", "b"], ["        - a", "      + - b"]),
        ({"a": 1}, {}, ["      - a: 1", "      + empty"]),
    ],
)
def test_a_field_is_shown_before_and_after(before: object, after: object, expected: list[str]) -> None:
    assert lines(before, after) == expected


def test_what_was_added_or_removed_has_one_side() -> None:
    assert lines(None, "new", "added") == ["      + new"]
    assert lines("old", None, "removed") == ["      - old"]


def test_of_a_long_text_only_the_surroundings_of_a_change_are_shown() -> None:
    text = [f"line {number}" for number in range(40)]
    found = lines(
        "\n".join(text), "\n".join(text).replace("line 5\n", "LINE 5\n").replace("line 30", "LINE 30")
    )
    assert [line.strip() for line in found] == [
        *("line 3", "line 4", "- line 5", "+ LINE 5", "line 6", "line 7", "…"),
        *("line 28", "line 29", "- line 30", "+ LINE 30", "line 31", "line 32"),
    ]


def test_a_very_long_text_is_shown_whole() -> None:
    text = "\n".join(f"line {number}" for number in range(LINES_MAX))
    assert len(lines(text, text + "!")) == 2 * LINES_MAX


def test_nothing_that_steers_a_terminal_is_shown() -> None:
    assert not any("\x1b" in line or "\u202e" in line for line in lines("\x1b[31m", "\u202eabc\nx\x07"))
