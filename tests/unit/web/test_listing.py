"""The parameters of a list: strict to read, canonical to write, and page marks that cannot be forged into an error."""

from __future__ import annotations

import base64
import json
from dataclasses import replace
from urllib.parse import parse_qsl, urlsplit

import pytest
from hypothesis import given
from hypothesis import strategies as st
from werkzeug.datastructures import MultiDict

from webapp.web.errors import BadParameter
from webapp.web.listing import (
    Choice,
    ListSpec,
    ListState,
    decode_cursor,
    encode_cursor,
    page_urls,
    parse_list,
    read_place,
)

SPEC = ListSpec(
    path="/things/",
    choices={"class": Choice(("static", "sql", "api")), "scope": Choice(("mine", "account"), "account")},
    sorts=("name", "updated"),
    default_sort="-updated",
    repeated=("tag",),
    free=("owner",),
    checks={"owner": lambda value: "That is nobody." if value == "nobody" else None},
)


def _parse(*pairs: tuple[str, str]) -> ListState:
    return parse_list(SPEC, MultiDict(list(pairs)))


def test_no_parameters_are_the_defaults_and_the_plain_address() -> None:
    state = _parse()
    assert (state.q, state.choices, state.sort) == ("", {"class": "", "scope": "account"}, "-updated")
    assert state.url() == "/things/"
    assert state.sort_key == "updated"
    assert state.descending


def test_defaults_and_blanks_are_not_written_back() -> None:
    state = _parse(
        ("q", "  "), ("class", ""), ("scope", "account"), ("sort", "-updated"), ("tag", " "), ("owner", "")
    )
    assert state.url() == "/things/"


def test_every_parameter_is_written_back_in_one_order() -> None:
    one = _parse(
        ("tag", "b"), ("q", "two  words"), ("class", "sql"), ("tag", "a"), ("sort", "name"), ("owner", "ann")
    )
    other = _parse(
        ("sort", "name"), ("owner", "ann"), ("class", "sql"), ("tag", "b"), ("tag", "a"), ("q", "two words")
    )
    assert one.url() == other.url() == "/things/?q=two%20words&tag=b&tag=a&owner=ann&class=sql&sort=name"


@pytest.mark.parametrize(
    ("pairs", "parameter"),
    [
        ([("class", "other")], "class"),
        ([("scope", "All")], "scope"),
        ([("sort", "colour")], "sort"),
        ([("sort", "--name")], "sort"),
        ([("unknown", "x")], "unknown"),
        ([("class", "sql"), ("class", "api")], "class"),
        ([("q", "a"), ("q", "b")], "q"),
        ([("q", "x" * 201)], "q"),
        ([("q", "nul\x00")], "q"),
        ([("tag", "nul\x00")], "tag"),
        ([("owner", "nobody")], "owner"),
        ([("after", "x"), ("before", "y")], "before"),
    ],
)
def test_what_cannot_be_used_is_named_and_never_dropped(pairs: list[tuple[str, str]], parameter: str) -> None:
    with pytest.raises(BadParameter) as raised:
        _parse(("tag", "kept"), *pairs)
    assert raised.value.parameter == parameter
    assert "tag=kept" in raised.value.fix_url or parameter == "tag"
    assert f"{parameter}=" not in raised.value.fix_url


def test_the_address_without_the_wrong_value_works() -> None:
    with pytest.raises(BadParameter) as raised:
        _parse(("q", "a b"), ("tag", "x&y"), ("class", "other"))
    assert raised.value.fix_url == "/things/?q=a%20b&tag=x%26y"


def test_a_long_wrong_value_is_shortened_in_the_message() -> None:
    with pytest.raises(BadParameter) as raised:
        _parse(("class", "x" * 5_000))
    assert len(raised.value.message) < 200


def test_a_change_of_filter_starts_at_the_first_page() -> None:
    state = _parse(("after", "mark"), ("tag", "a"))
    assert "after" not in state.url(**{"class": "sql"})
    assert state.url(after="next") == "/things/?tag=a&after=next"


def test_a_parameter_that_the_list_does_not_have_is_our_mistake() -> None:
    with pytest.raises(KeyError):
        _parse().url(colour="red")


WORDS = st.text(min_size=1, max_size=12).filter(lambda text: "\x00" not in text and text.strip())


@given(q=st.text(max_size=50), tags=st.lists(WORDS, max_size=4), kind=st.sampled_from(["", "sql", "api"]))
def test_reading_what_was_written_gives_the_same_state(q: str, tags: list[str], kind: str) -> None:
    try:
        pairs = [("q", q), *(("tag", tag) for tag in tags), ("class", kind)]
        "".join(value for _, value in pairs).encode()
        state = _parse(*pairs)
    except (BadParameter, UnicodeEncodeError):
        return
    again = parse_qsl(urlsplit(state.url()).query, keep_blank_values=True)
    assert _parse(*again).url() == state.url()
    assert _parse(*again) == state


STORABLE = st.text(st.characters(exclude_categories=["Cs"], exclude_characters="\0"), max_size=30)
PLACES = st.tuples(STORABLE, st.integers(1, 2**63 - 1))


@given(PLACES)
def test_a_mark_leads_back_to_its_place(place: tuple[str, int]) -> None:
    mark = encode_cursor("name", place)
    assert decode_cursor(mark, "name", (str, int)) == list(place)
    assert decode_cursor(mark, "-name", (str, int)) is None
    assert decode_cursor(mark, "name", (int, int)) is None
    assert decode_cursor(mark + "A", "name", (str, int)) is None


@given(st.text(max_size=60))
def test_any_other_text_is_no_mark_and_no_error(text: str) -> None:
    found = decode_cursor(text, "name", (str, int))
    assert found is None or encode_cursor("name", found) == text


def _mark(value: object) -> str:
    return base64.urlsafe_b64encode(json.dumps(value, separators=(",", ":")).encode()).decode().rstrip("=")


@pytest.mark.parametrize(
    "value",
    [
        ["name", "x", True],
        ["name", "x", 0],
        ["name", "x", -1],
        ["name", "x", 2**63],
        ["name", "x", 1.0],
        ["name", "x"],
        ["name", "x", 1, 2],
        ["name", None, 1],
        ["name", "a\0", 1],
        ["name", "\ud800", 1],
        {"name": 1},
        "name",
        7,
        None,
        [],
    ],
)
def test_a_made_up_mark_is_refused(value: object) -> None:
    assert decode_cursor(_mark(value), "name", (str, int)) is None


def test_a_deep_or_huge_mark_is_refused() -> None:
    assert decode_cursor("W1tb" * 400, "name", (str, int)) is None
    assert decode_cursor("A" * 100_000, "name", (str, int)) is None


def test_a_refused_mark_leads_to_the_beginning_of_the_same_list() -> None:
    state = _parse(("tag", "a"), ("after", "nonsense"))
    with pytest.raises(BadParameter) as refused:
        read_place(state, "after", (str, int), tuple)
    error = refused.value
    assert (error.parameter, error.value, error.fix_url) == ("after", "nonsense", "/things/?tag=a")


def test_the_address_of_a_page_says_where_it_begins() -> None:
    state = _parse(("tag", "a"))
    newer, older = page_urls(state, None, ["x", 5])
    assert newer is None and older is not None
    asked = _parse(*parse_qsl(urlsplit(older).query))
    assert read_place(asked, "after", (str, int), tuple) == ("x", 5)
    assert read_place(asked, "before", (str, int), tuple) is None


def test_a_mark_where_no_row_can_stand_is_refused() -> None:
    state = _parse(("after", encode_cursor("name", ["x", 5])))
    with pytest.raises(BadParameter):
        read_place(replace(state, sort="name"), "after", (str, int), lambda _values: None)
