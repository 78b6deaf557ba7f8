from __future__ import annotations

import pytest
from hypothesis import given
from hypothesis import strategies as st

from webapp.core.text import fold
from webapp.plugins.models.bookkeeping import search_scope
from webapp.plugins.queries.search import Words, split_words, unchecked


@pytest.mark.parametrize(
    ("q", "words"),
    [
        ("", Words()),
        ("  \t ", Words()),
        ("Gobstopper", Words(("gobstopper",))),
        ("go Bob  GO", Words(("bob",), begun=("go",))),
        ("ﬁ", Words((), ("fi",))),
        ("日本", Words((), ("日本",))),
        ("日本語", Words(("日本語",))),
        ("ß ẞ ss", Words((), ("ss",))),
        ("50% a_b", Words(("50%", "a_b"))),
    ],
)
def test_words_are_folded_and_told_apart_by_length(q: str, words: Words) -> None:
    assert split_words(q) == words
    assert bool(words) == bool(fold(q).split())


@given(st.text())
def test_no_word_is_lost_or_holds_white_space(q: str) -> None:
    words = split_words(q)
    assert {*words.long, *words.short, *words.begun} == set(fold(q).split())
    assert all(len(word) >= 3 for word in words.long)
    assert all(0 < len(word) < 3 for word in (*words.short, *words.begun))
    assert not (words.short and (words.long or words.begun))


def test_what_an_index_has_found_is_not_checked_again() -> None:
    assert unchecked(Words(("abc", "def"), begun=("x", "y"))) == Words(begun=("x", "y"))
    assert unchecked(Words((), ("x", "y"))) == Words((), ("y",))


@given(st.integers(1, 2**63 - 1), st.integers(1, 2**63 - 1))
def test_the_word_of_an_account_is_in_no_other(one: int, other: int) -> None:
    assert 3 <= len(search_scope(one)) <= 24
    assert (search_scope(one) in search_scope(other)) == (one == other)
