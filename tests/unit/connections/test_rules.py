"""The rules of single fields, as sentences beside them."""

from __future__ import annotations

import datetime as dt

import pytest

from webapp.connections import rules


@pytest.mark.parametrize("host", ["db", "db.example.com", "10.0.0.1", "[::1]", "fe80::1", "db_1.internal."])
def test_names_and_addresses_of_servers_are_hosts(host: str) -> None:
    assert rules.check_host(host, required=True) == []


@pytest.mark.parametrize(
    ("text", "meant"),
    [
        ("https://db.example.com/x", "db.example.com"),
        ("db.example.com:5432", "db.example.com"),
        ("db example", None),
        ("-db", None),
        ("x" * 256, None),
    ],
)
def test_what_is_no_host_is_refused_with_what_was_meant(text: str, meant: str | None) -> None:
    (error,) = rules.check_host(text, required=False)
    assert (error.code, error.suggestion) == ("host", meant)


def test_an_empty_host_is_judged_by_whether_one_is_needed() -> None:
    assert rules.check_host("", required=False) == []
    assert rules.check_host("", required=True)[0].code == "required"


@pytest.mark.parametrize("url", ["https://api.example.com", "http://10.0.0.1:8080/v1/", "https://[::1]/x"])
def test_web_addresses_are_base_urls(url: str) -> None:
    assert rules.check_base_url(url) == []


@pytest.mark.parametrize(
    ("url", "code", "suggestion"),
    [
        ("", "required", None),
        ("api.example.com/v1", "url_address", "https://api.example.com/v1"),
        ("ftp://api.example.com", "url_address", None),
        ("https://", "url_address", None),
        ("https://a b", "url_address", None),
        ("https://x:99999/", "url_address", None),
        ("https://me:pw@api.example.com", "url_user", None),
        ("https://api.example.com/?key=1", "url_query", None),
        ("https://api.example.com/" + "x" * 500, "url_long", None),
    ],
)
def test_what_is_no_base_url_is_refused(url: str, code: str, suggestion: str | None) -> None:
    (error,) = rules.check_base_url(url)
    assert (error.code, error.suggestion) == (code, suggestion)


@pytest.mark.parametrize(
    ("value", "code"),
    [("", "required"), ("********", "mask"), ("x" * 65_537, "too_long"), ("a\0b", "unstorable")],
)
def test_a_value_that_cannot_be_meant_is_refused(value: str, code: str) -> None:
    assert rules.check_secret_value(value)[0].code == code


@pytest.mark.parametrize("value", ["x", " spaces stay ", "line\nline", "*a*"])
def test_any_other_text_is_a_value(value: str) -> None:
    assert rules.check_secret_value(value) == []


@pytest.mark.parametrize(
    ("text", "moment"),
    [
        ("2030-12-31", dt.datetime(2030, 12, 31, tzinfo=dt.UTC)),
        ("2030-12-31T23:59", dt.datetime(2030, 12, 31, 23, 59, tzinfo=dt.UTC)),
        (" 2030-12-31 23:59:10+02:00 ", dt.datetime(2030, 12, 31, 21, 59, 10, tzinfo=dt.UTC)),
    ],
)
def test_a_moment_without_a_zone_is_in_utc(text: str, moment: dt.datetime) -> None:
    assert rules.read_moment(text) == moment


def test_a_number_has_to_be_in_its_range() -> None:
    assert rules.check_port(5432) == []
    for number in (None, 0, 65_536):
        assert rules.check_port(number)[0].message == "Use a whole number from 1 to 65,535."
