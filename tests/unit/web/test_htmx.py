"""What the pages and htmx say to each other in headers."""

from __future__ import annotations

import json

import pytest
from flask import Flask, Response

from webapp.web import htmx

app = Flask(__name__)


@pytest.mark.parametrize(
    ("headers", "fragment"),
    [
        ({"HX-Request": "true", "HX-Request-Type": "partial"}, True),
        ({"HX-Request": "true", "HX-Request-Type": "full"}, False),
        ({"HX-Request": "true"}, False),
        ({"HX-Request": "true", "HX-Boosted": "true", "HX-Request-Type": "full"}, False),
        ({}, False),
    ],
)
def test_a_fragment_is_sent_only_when_a_part_is_asked_for(headers: dict[str, str], fragment: bool) -> None:
    with app.test_request_context(headers=headers):
        assert htmx.wants_fragment() is fragment
        assert htmx.is_htmx() is bool(headers)


def test_vary_names_everything_that_was_branched_on() -> None:
    response = htmx.vary(Response())
    assert {"cookie", "hx-request-type"} <= {name.lower() for name in response.vary}
    assert "HX-Source" in htmx.vary_by_source(Response()).vary


def test_events_cannot_break_out_of_their_header() -> None:
    nasty = 'a"}\r\nSet-Cookie: x=1; é'
    header = htmx.trigger(Response(), {"saved": nasty}).headers["HX-Trigger"]
    assert "\n" not in header
    assert "\r" not in header
    assert header.isascii()
    assert json.loads(header) == {"saved": nasty}


def test_a_redirect_leaves_the_page() -> None:
    assert htmx.redirect_page(Response(), "/login").headers["HX-Redirect"] == "/login"
