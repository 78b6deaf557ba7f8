"""The rules for the fields of a record."""

import string
from collections.abc import Callable

import pytest
from hypothesis import given
from hypothesis import strategies as st

from webapp.core import rules
from webapp.core.errors import FieldError
from webapp.core.text import fold, is_snake_case

words = st.sampled_from(
    ["candy", "Candy", "CANDY", "ﬁsh", "FISH", "e\u0301", "é", " treats ", "Willy Wonka", "", "a,b"]
)


def codes(errors: list[FieldError]) -> list[str]:
    """Return what the errors are about."""
    return [error.code for error in errors]


@pytest.mark.parametrize("name", ["a", "everlasting_gobstopper", "x" * 64, "a1_2"])
def test_a_good_name_has_no_errors(name: str) -> None:
    assert rules.check_name(name, new=True) == rules.check_name(name, new=False) == []


def test_a_name_in_another_case_is_refused_with_its_conversion() -> None:
    assert rules.check_name("everlastingGobstopper", new=True) == [
        FieldError("Use lower-case words joined by underscores.", "snake_case", "everlasting_gobstopper")
    ]


@pytest.mark.parametrize("name", ["a\n", " a", "a__b", "naïve", "a-b", "#", "日本語", "a\0", "\ud800"])
@pytest.mark.parametrize("new", [True, False])
def test_a_name_is_judged_as_a_whole(name: str, new: bool) -> None:
    assert codes(rules.check_name(name, new=new)) == ["snake_case"]


def test_a_name_without_a_latin_letter_gets_no_suggestion() -> None:
    assert rules.check_name("日本語", new=True)[0].suggestion is None


def test_only_a_new_name_has_to_start_with_a_letter() -> None:
    assert rules.check_name("2025_report", new=True) == [
        FieldError("Start with a letter.", "letter_first", "report_2025")
    ]
    assert rules.check_name("2025_report", new=False) == []


def test_a_long_name_is_refused_and_only_the_first_error_offers_the_fix() -> None:
    assert rules.check_name("x" * 65, new=False) == [
        FieldError("Use at most 64 characters.", "too_long", "x" * 64)
    ]
    both = rules.check_name("A" * 65, new=True)
    assert codes(both) == ["snake_case", "too_long"]
    assert [error.suggestion for error in both] == ["a" * 64, None]


@pytest.mark.parametrize("name", ["", " ", "\t\n", None])
def test_no_name_asks_for_one(name: str | None) -> None:
    assert rules.check_name(name, new=True) == [FieldError("Give it a name.", "required")]


@pytest.mark.parametrize(
    "check", [lambda value: rules.check_name(value, new=True), rules.check_tag, rules.check_search_term]
)
@pytest.mark.parametrize("value", [2024, 1.5, True, ["a"], {}, b"a"])
def test_what_is_not_text_is_told_to_stand_in_quotes(
    check: Callable[[object], list[FieldError]], value: object
) -> None:
    assert codes(check(value)) == ["not_text"]


@given(st.text() | st.text(alphabet=string.ascii_letters + "019_ ", max_size=90), st.booleans())
def test_a_name_is_accepted_or_refused_with_a_suggestion_that_is(name: str, new: bool) -> None:
    errors = rules.check_name(name, new=new)
    if not errors:
        assert is_snake_case(name)
        assert len(name) <= rules.NAME_MAX
    elif errors[0].suggestion is not None:
        assert rules.check_name(errors[0].suggestion, new=True) == []


@pytest.mark.parametrize("version", ["1.0.0", "0.2.0", "1.0.0-rc.1+build", "1.0.0-" + "a" * 122])
def test_a_good_version_has_no_errors(version: str) -> None:
    assert rules.check_version(version) == []


@pytest.mark.parametrize(
    ("version", "suggestion"),
    [("0.3", "0.3.0"), ("v1.2", "1.2.0"), ("1", "1.0.0"), ("1.0.0\n", "1.0.0"), ("latest", None)],
)
def test_a_version_that_is_none_is_refused_with_what_was_meant(version: str, suggestion: str | None) -> None:
    assert rules.check_version(version) == [
        FieldError("Write three numbers, such as 1.0.0.", "semver", suggestion)
    ]


def test_a_long_version_is_refused() -> None:
    assert rules.check_version("1.0.0-" + "a" * 123) == [
        FieldError("Use at most 128 characters.", "too_long")
    ]


@pytest.mark.parametrize("version", [None, ""])
def test_no_version_asks_for_one(version: str | None) -> None:
    assert codes(rules.check_version(version)) == ["required"]


@pytest.mark.parametrize(
    ("version", "meant"),
    [
        (0.3, "0.3.0"),
        (1, "1.0.0"),
        (True, None),
        (float("nan"), None),
        (-1, None),
        pytest.param(10**6000, None, id="6000 digits"),
        ([], None),
    ],
)
def test_a_version_read_as_a_number_is_told_to_stand_in_quotes(version: object, meant: str | None) -> None:
    assert rules.check_version(version) == [
        FieldError('Put the version in quotes, such as "1.0.0".', "not_text", meant)
    ]


@pytest.mark.parametrize(
    "tag",
    ["candy", "Willy Wonka", "x" * 64, "é" * 64, "e\u0301" * 64, "日本語", "c++", "👩\u200d👩", " a ", "<b>"],
)
def test_a_good_tag_has_no_errors(tag: str) -> None:
    assert rules.check_tag(tag) == []


@pytest.mark.parametrize(
    ("tag", "code"),
    [
        *[
            ("", "required"),
            ("  ", "required"),
            ("\u200b", "required"),
            ("\u2028", "required"),
            ("x" * 65, "too_long"),
        ],
        *[
            ("a,b", "comma"),
            (",", "comma"),
            ("a\nb", "control"),
            ("a\u2028b", "control"),
            ("a\tb", "control"),
        ],
        *[("a\0b", "control"), ("a\x85b", "control"), ("a\x7fb", "control"), ("a\ud800", "control")],
    ],
)
def test_a_bad_tag_is_refused(tag: str, code: str) -> None:
    assert codes(rules.check_tag(tag)) == [code]


def test_everything_wrong_with_a_tag_is_said_at_once() -> None:
    assert codes(rules.check_tag("x" * 65 + ",\0,y")) == ["too_long", "control", "comma"]


def test_tags_are_composed_trimmed_and_kept_in_order_with_their_first_spelling() -> None:
    assert rules.clean_tags([" candy", "Gobstoppers", "CANDY", "e\u0301", "É", "ﬁsh", "fish"]) == (
        ["candy", "Gobstoppers", "é", "ﬁsh"],
        [],
    )


def test_bad_tags_are_named_by_text_or_by_position() -> None:
    tags, errors = rules.clean_tags(["good", "a,b", "", 2024, "q\0r", "y" * 70])
    assert tags == ["good"]
    assert [error.message for error in errors] == [
        "Tag “a,b”: leave out commas.",
        "Tag 3: write at least one character.",
        "Tag 4: write the tag as text, in quotes.",
        "Tag “q\ufffdr”: leave out line breaks and control characters.",
        f"Tag “{'y' * 24}…”: use at most 64 characters.",
    ]


@given(st.lists(words | st.text(max_size=70) | st.integers()))
def test_cleaned_tags_are_valid_unique_and_cleaned_once(values: list[object]) -> None:
    tags, errors = rules.clean_tags(values)
    assert bool(errors) == any(rules.check_tag(value) for value in values)
    assert all(rules.check_tag(tag) == [] and 1 <= len(tag) <= rules.TAG_MAX for tag in tags)
    assert len({fold(tag) for tag in tags}) == len(tags)
    assert rules.clean_tags(tags) == (tags, [])


@pytest.mark.parametrize("term", ["Gobstopper", "Willy Wonka, founder", "C++", "x" * 255])
def test_a_good_search_term_has_no_errors(term: str) -> None:
    assert rules.check_search_term(term) == []


@pytest.mark.parametrize(
    ("term", "code"), [("", "required"), (" ", "required"), ("x" * 256, "too_long"), ("a\nb", "control")]
)
def test_a_bad_search_term_is_refused(term: str, code: str) -> None:
    assert codes(rules.check_search_term(term)) == [code]


@pytest.mark.parametrize(
    "description", [None, "", "Two\nlines\tand more.", pytest.param("x" * 10_000, id="longest")]
)
def test_a_good_description_has_no_errors(description: str | None) -> None:
    assert rules.check_description(description) == []


@pytest.mark.parametrize(
    ("description", "found"),
    [
        pytest.param("x" * 10_001, [FieldError("Use at most 10,000 characters.", "too_long")], id="too long"),
        ("a\0", [FieldError("Leave out characters that cannot be stored, such as NUL.", "unstorable")]),
        ("\udc80", [FieldError("Leave out characters that cannot be stored, such as NUL.", "unstorable")]),
        (5, [FieldError("Write the text as text, in quotes.", "not_text")]),
    ],
)
def test_a_bad_description_is_refused(description: object, found: list[FieldError]) -> None:
    assert rules.check_description(description) == found


def test_a_text_has_the_limit_of_its_field() -> None:
    assert rules.check_text("abc", limit=3) == []
    assert codes(rules.check_text("abcd\0", limit=3)) == ["too_long", "unstorable"]


@pytest.mark.parametrize("temperature", [0, 1, 0.0, 0.5, 1.0])
def test_a_temperature_from_0_to_1_is_accepted(temperature: float) -> None:
    assert rules.check_temperature(temperature) == []


@pytest.mark.parametrize(
    "temperature",
    [-0.1, 1.01, 2, float("nan"), float("inf"), True, "0.5", None, pytest.param(10**400, id="400 digits")],
)
def test_another_temperature_is_refused(temperature: object) -> None:
    assert rules.check_temperature(temperature) == [FieldError("Use a number from 0 to 1.", "range")]


@pytest.mark.parametrize("tokens", [1, 256, 1_000_000])
def test_a_whole_number_of_tokens_is_accepted(tokens: int) -> None:
    assert rules.check_max_tokens(tokens) == []


@pytest.mark.parametrize("tokens", [0, -1, 1_000_001, 1.0, "256", True, None])
def test_another_number_of_tokens_is_refused(tokens: object) -> None:
    assert rules.check_max_tokens(tokens) == [FieldError("Use a whole number from 1 to 1,000,000.", "range")]


def test_a_line_is_one_line() -> None:
    assert rules.check_line("fine") == []
    assert rules.check_line("") == []
    for text in ("a\nb", "a\u2028b", "a\0b", "x" * 256):
        assert rules.check_line(text)
    assert [error.message for error in rules.check_line(" ", required="Say it.")] == ["Say it."]
