from __future__ import annotations

from typing import Any

import pytest

from webapp.plugins import rules


def test_placeholders_are_found_once_and_in_order() -> None:
    text = "{b} {a} {b} '{x y}' {} {a-1.c_2} {{a}}"
    assert rules.find_placeholders(text) == ("b", "a", "a-1.c_2")


def test_braces_of_json_in_a_query_are_no_placeholders() -> None:
    assert rules.check_placeholders("""SELECT '{"a": 1}'::json WHERE x = {x}""", ["x"]) == []


@pytest.mark.parametrize("name", ["a", "max_cost", "x.y-z", "9", "A" * 64])
def test_good_parameter_names(name: str) -> None:
    assert rules.check_parameter_name(name) == []


@pytest.mark.parametrize("name", ["", "a b", "ä", "A" * 65, "a\n", "{a}"])
def test_bad_parameter_names(name: str) -> None:
    assert rules.check_parameter_name(name)


@pytest.mark.parametrize("path", ["", "/", "/v1/{id}/x", "/a.b/c~d/", "/" + "x" * 254])
def test_good_endpoints(path: str) -> None:
    assert rules.check_endpoint(path) == []


@pytest.mark.parametrize(
    "path", ["v1", "//", "/a//b", "/a b", "/a?b=c", "/a#b", "https://x.example/", "/" + "x" * 255, "/a\n"]
)
def test_bad_endpoints(path: str) -> None:
    assert rules.check_endpoint(path)


@pytest.mark.parametrize("name", ["Accept", "X-Request-ID", "a_b", "!x"])
def test_good_header_names(name: str) -> None:
    assert rules.check_header_name(name) == []


@pytest.mark.parametrize("name", ["", "a b", "a:", "ä", "a\n"])
def test_bad_header_names(name: str) -> None:
    assert rules.check_header_name(name)


@pytest.mark.parametrize("value", ["a\r\nSet-Cookie: x", "☃", "x" * 8_193, "a\n", "\x7f"])
def test_bad_header_values(value: str) -> None:
    assert rules.check_header_value(value)


@pytest.mark.parametrize("value", ["", "plain", "é", "a\tb"])
def test_good_header_values(value: str) -> None:
    assert rules.check_header_value(value) == []


@pytest.mark.parametrize(
    ("kind", "value", "enum", "accepted"),
    [
        ("string", None, None, True),
        ("string", "x", None, True),
        ("string", 1, None, False),
        ("number", 1.5, None, True),
        ("number", True, None, False),
        ("integer", 2, None, True),
        ("integer", 2.0, None, False),
        ("boolean", False, None, True),
        ("boolean", 0, None, False),
        ("object", {}, None, True),
        ("object", [], None, False),
        ("array", [], None, True),
        ("null", "x", None, False),
        ("string", "a", ("a", "b"), True),
        ("string", "c", ("a", "b"), False),
        ("integer", 5, ("5",), True),
        ("boolean", True, ("true",), True),
    ],
)
def test_a_default_fits_its_type_and_its_allowed_values(
    kind: str, value: Any, enum: tuple[str, ...] | None, accepted: bool
) -> None:
    assert (rules.check_default(kind, value, enum) == []) is accepted


@pytest.mark.parametrize(
    ("kind", "enum", "accepted"),
    [
        ("string", ["1", "x,y", "true"], True),
        ("integer", ["1", "-5", "+7", "0"], True),
        ("integer", ["1", "x,y"], False),
        ("integer", ["1.5"], False),
        ("integer", ["\u0661"], False),
        ("number", ["1", "2.50", ".5", "-1e3", "3."], True),
        ("number", ["1", "many"], False),
        ("number", ["nan"], False),
        ("boolean", ["true", "False"], True),
        ("boolean", ["yes"], False),
        ("object", ["anything"], True),
        ("integer", [], True),
    ],
)
def test_allowed_values_are_of_the_type(kind: str, enum: list[str], accepted: bool) -> None:
    assert (rules.check_enum(kind, enum) == []) is accepted


def test_a_test_value_is_for_a_parameter() -> None:
    assert rules.check_test_value("colour", ["size", "colour"]) == []
    (error,) = rules.check_test_value("color", ["size", "colour"])
    assert error.suggestion == "colour"
    (error,) = rules.check_test_value("zz", [])
    assert "zz is not a parameter" in error.message
    assert error.suggestion is None


def test_choices_are_listed_in_words() -> None:
    (error,) = rules.check_choice("d", ("a", "b", "c"))
    assert error.message == "Choose a, b or c."
