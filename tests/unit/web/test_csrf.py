"""What the browser itself says about where a request comes from."""

from __future__ import annotations

import pytest
from flask import Flask

from webapp.web import csrf

app = Flask(__name__)


@pytest.mark.parametrize(
    ("headers", "foreign"),
    [
        ({}, False),
        ({"Sec-Fetch-Site": "same-origin"}, False),
        ({"Sec-Fetch-Site": "none"}, False),
        ({"Sec-Fetch-Site": "same-site"}, True),
        ({"Sec-Fetch-Site": "cross-site"}, True),
        ({"Sec-Fetch-Site": "anything"}, True),
        ({"Origin": "http://localhost"}, False),
        ({"Origin": "http://evil.example"}, True),
        ({"Origin": "http://localhost.evil.example"}, True),
        ({"Origin": "http://localhost:8001"}, True),
        ({"Origin": "null"}, True),
        ({"Origin": ""}, True),
        ({"Origin": "http://["}, True),
        ({"Sec-Fetch-Site": "same-origin", "Origin": "http://evil.example"}, False),
    ],
)
def test_a_request_of_another_site_is_told_by_its_headers(headers: dict[str, str], foreign: bool) -> None:
    with app.test_request_context("/", method="POST", headers=headers):
        assert csrf._is_foreign() is foreign
