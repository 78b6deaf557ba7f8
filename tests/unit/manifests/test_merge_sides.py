from __future__ import annotations

from webapp.manifests.merge import ABSENT, MINE, THEIRS, Clash, Taken
from webapp.manifests.merge_sides import ShownSide, shown_clashes, shown_taken


def test_a_side_shows_the_words_that_it_changed() -> None:
    (shown,) = shown_clashes([Clash("d", "Description", "a red sweet", "a green sweet", ABSENT)])
    assert shown.theirs.pieces == (
        ("equal", "a "),
        ("delete", "red"),
        ("insert", "green"),
        ("equal", " sweet"),
    )
    assert shown.mine == ShownSide((), "Taken away")


def test_numbers_and_single_words_are_shown_whole() -> None:
    (shown,) = shown_clashes([Clash("t", "Temperature", 0.5, 0.7, 0.9)])
    assert (shown.theirs.pieces, shown.mine.pieces) == ((("equal", "0.7"),), (("equal", "0.9"),))


def test_a_text_that_shares_little_is_shown_whole() -> None:
    (shown,) = shown_clashes([Clash("d", "Description", "one two", "all other words here", "")])
    assert shown.theirs.pieces == (("equal", "all other words here"),)
    assert shown.mine.nothing == "Empty"


def test_entries_of_one_list_stand_under_one_heading() -> None:
    shown = shown_taken(
        [
            Taken("Tags", THEIRS, ABSENT, "promo"),
            Taken("Tags", MINE, "old", ABSENT),
            Taken("Version", "next", "1.0.0", "1.0.1"),
        ],
        "Veruca",
    )
    assert [(item.path, [(line.op, line.note) for line in item.lines]) for item in shown] == [
        ("Tags", [("add", "Veruca"), ("del", "you")]),
        ("Version", [("del", ""), ("add", "next patch")]),
    ]


def test_what_did_not_change_in_a_long_text_is_cut() -> None:
    before = "word " * 200 + "red" + " word" * 200
    (shown,) = shown_taken([Taken("Text", MINE, before, before.replace("red", "green"))], "V")
    assert all(sum(len(text) for _, text in line.segments) < 200 for line in shown.lines)
