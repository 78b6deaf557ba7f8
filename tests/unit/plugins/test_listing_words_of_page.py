from __future__ import annotations

import pytest
from werkzeug.datastructures import MultiDict

from webapp.plugins.queries.candidates import Count
from webapp.plugins.views.list_context import (
    COLUMNS,
    SORT_LABELS,
    count_words,
    list_columns,
    matching_count,
    search_note,
    shown_count,
)
from webapp.plugins.views.list_state import LIST_SPEC, parse_state
from webapp.web.list_parts import Chip, filters_in_words, no_match_title, page_title
from webapp.web.listing import ListState


def state(query: dict[str, str | list[str]] | None = None) -> ListState:
    return parse_state(MultiDict(query or {}))


@pytest.mark.parametrize(
    ("count", "text"),
    [(Count(0), "0"), (Count(3214), "3,214"), (Count(1000, True), "1,000+"), (None, "")],
)
def test_counts_have_separators_and_say_when_there_are_more(count: Count | None, text: str) -> None:
    assert shown_count(count) == text


def test_the_count_names_the_whole_only_beside_a_part() -> None:
    assert count_words(Count(3214), 3214, filtered=False) == "3,214 plugins"
    assert count_words(Count(25), 3214, filtered=True) == "25 of 3,214 plugins"
    assert count_words(Count(1), 1, filtered=True) == "1 of 1 plugin"
    assert count_words(Count(1000, True), 90_000, filtered=True) == "1,000+ of 90,000 plugins"


def test_a_page_that_holds_the_whole_result_is_counted_itself() -> None:
    assert matching_count(None, 7, complete=True) == Count(7)
    assert matching_count(None, 50, complete=False) == Count(50, True)
    assert matching_count(Count(212), 50, complete=False) == Count(212)


@pytest.mark.parametrize(
    ("filters", "title"),
    [
        (1, "No plugin matches this filter"),
        (2, "No plugin matches both filters"),
        (4, "No plugin matches all four filters"),
        (12, "No plugin matches all 12 filters"),
    ],
)
def test_the_heading_of_an_empty_list_counts_the_filters_in_words(filters: int, title: str) -> None:
    assert no_match_title(filters, "plugin") == title


def test_the_title_and_the_sentence_name_every_filter() -> None:
    chips = [Chip("Tag", "HR", ""), Chip("Class", "sql", ""), Chip("Scope", "Mine", "")]
    searching = state({"q": "gob"})
    assert page_title(searching, chips, "Plugins") == "“gob” + HR + sql + Mine · Plugins"
    assert page_title(state(), [], "Plugins") == "Plugins"
    assert filters_in_words(searching, chips) == "“gob”, tag HR and class sql"
    assert filters_in_words(state(), chips[:1]) == "tag HR"


def test_a_note_says_which_words_are_looked_for_at_beginnings() -> None:
    assert search_note(state({"q": "gobstopper"})) == ""
    assert search_note(state({"q": "go"})).startswith("“go” is looked for")
    assert search_note(state({"q": "go gob"})) == "", "beside a longer word it is found where a word begins"
    assert search_note(state({"q": "a b"})).startswith("“a” and “b” are looked for")


def test_every_order_has_a_label_and_every_column_sorts_both_ways() -> None:
    assert {label.removeprefix("-") for label in SORT_LABELS} == set(LIST_SPEC.sorts)
    assert LIST_SPEC.default_sort in SORT_LABELS
    for css, _label, key, first in COLUMNS:
        if key:
            start = next(column for column in list_columns(state({"sort": "created"})) if column.css == css)
            assert start.url.endswith(f"sort={first}{key}") or start.url == "/plugins/"
            turned = next(
                column for column in list_columns(state({"sort": f"{first}{key}"})) if column.css == css
            )
            assert turned.direction == ("descending" if first else "ascending")
            other = key if first else f"-{key}"
            assert turned.url == f"/plugins/?sort={other}"


def test_tags_are_cleaned_and_kept_once_in_their_order() -> None:
    found = state({"tag": [" Sales ", "HR", "sales", "", "ﬁnance", "finance"]})
    assert found.repeated["tag"] == ("Sales", "HR", "ﬁnance")
    assert found.url() == "/plugins/?tag=Sales&tag=HR&tag=%EF%AC%81nance"
