"""Two texts line by line."""

from __future__ import annotations

from hypothesis import given
from hypothesis import strategies as st

from webapp.manifests import line_diff as module
from webapp.manifests.line_diff import LINES_MAX, SHOWN_MAX, TextDiff, line_diff


def shown(found: TextDiff) -> list[tuple[str, str]]:
    return [(line.op, "".join(text for _, text in line.segments)) for line in found.lines]


def test_what_differs_stands_in_its_surroundings() -> None:
    before = "".join(f"k{number}: {number}\n" for number in range(20))
    found = line_diff(before, before.replace("k10: 10", "k10: ten"))
    assert (found.added, found.removed, found.hidden) == (1, 1, 0)
    assert shown(found) == [
        ("gap", "7 lines"), ("same", "k7: 7"), ("same", "k8: 8"), ("same", "k9: 9"),
        ("del", "k10: 10"), ("add", "k10: ten"),
        ("same", "k11: 11"), ("same", "k12: 12"), ("same", "k13: 13"), ("gap", "6 lines"),
    ]  # fmt: skip


def test_words_that_changed_are_marked_where_lines_stand_across() -> None:
    found = line_diff("role: You are kind.\n", "role: You are loud.\n")
    assert [[segment for segment in line.segments if segment[0]] for line in found.lines] == [
        [(True, "kind")], [(True, "loud")],
    ]  # fmt: skip


def test_lines_without_a_counterpart_have_no_marks() -> None:
    found = line_diff("a: 1\nb: 2\n", "a: 1\nb: 3\nc: 4\n")
    assert not any(changed for line in found.lines for changed, _ in line.segments)


def test_equal_texts_have_no_lines_that_changed() -> None:
    assert {line.op for line in line_diff("a: 1\n", "a: 1\n").lines} == {"gap"}


def test_a_single_line_between_two_changes_is_shown_rather_than_counted() -> None:
    before = "\n".join(["x", *"abcdefg", "y"])
    found = line_diff(before, before.replace("x", "X").replace("y", "Y"))
    assert "gap" not in {line.op for line in found.lines}


@given(st.lists(st.sampled_from("abc "), max_size=30), st.lists(st.sampled_from("abc "), max_size=30))
def test_all_lines_of_both_sides_are_there(left: list[str], right: list[str]) -> None:
    found = line_diff("\n".join(left), "\n".join(right), context=100)
    for ops, lines in ((("same", "del"), left), (("same", "add"), right)):
        kept = [text for op, text in shown(found) if op in ops]
        # Nothing but what is the same on both sides is ever left out.
        assert kept == ("\n".join(lines).split("\n") if left != right else [])
    counted = [sum(op == wanted for op, _ in shown(found)) for wanted in ("add", "del")]
    assert counted == [found.added, found.removed]


def test_the_work_is_bounded(monkeypatch: object) -> None:
    before = "\n".join(f"a{number}" for number in range(LINES_MAX))
    after = "\n".join(f"b{number}" for number in range(LINES_MAX))
    calls: list[int] = []
    original = module.word_diff

    def counting(left: str, right: str) -> object:
        calls.append(len(left) + len(right))
        return original(left, right)

    monkeypatch.setattr(module, "word_diff", counting)  # type: ignore[attr-defined]
    found = line_diff(before, after)
    assert (found.added, found.removed) == (LINES_MAX, LINES_MAX)
    assert len(found.lines) == SHOWN_MAX
    assert found.hidden == 2 * LINES_MAX - SHOWN_MAX
    assert sum(calls) <= module.WORDS_IN_ALL


def test_a_very_long_line_is_cut() -> None:
    found = line_diff("a: 1\n", f"a: {'x' * 50_000}\n")
    assert max(len(text) for _, text in shown(found)) == module.LINE_MAX
