"""Every header on every answer: pages, parts, errors, redirects, downloads, data."""

from __future__ import annotations

import pytest
from flask import Flask
from sqlalchemy.orm import Session

from tests import factories
from tests.integration.security.conftest import places
from tests.pages import sign_in
from webapp.web.security import CONTENT_SECURITY_POLICY

pytestmark = pytest.mark.sqlite_only

HEADERS = {
    "Content-Security-Policy": CONTENT_SECURITY_POLICY,
    "X-Content-Type-Options": "nosniff",
    "X-Frame-Options": "DENY",
    "Referrer-Policy": "same-origin",
    "Cross-Origin-Opener-Policy": "same-origin",
    "Cross-Origin-Resource-Policy": "same-origin",
}
ODD = (
    ("/nothing", "GET"),
    ("/plugins/", "PUT"),
    ("/plugins/?class=x", "GET"),
    ("/plugins", "GET"),
    ("/", "HEAD"),
)


@pytest.mark.parametrize("who", ["nobody", "somebody"])
def test_every_answer_of_every_address_carries_every_header(app: Flask, session: Session, who: str) -> None:
    owner = factories.person()
    saved = factories.plugin(owner)
    client = app.test_client()
    if who == "somebody":
        sign_in(client, owner)
    asked = [(place.path, place.method) for place in places(app, saved.locator) if "logout" not in place.path]
    for path, method in (*asked, *ODD, ("/logout", "POST")):
        for token in (True, False):
            answer = client.open(path, method=method, csrf=token)
            for name, value in HEADERS.items():
                assert answer.headers.get(name) == value, (method, path, name)
            assert answer.headers["X-Request-ID"], path
            assert answer.headers["Cache-Control"], path
            assert "Server" not in answer.headers
            assert "X-Powered-By" not in answer.headers
            cookies = answer.headers.getlist("Set-Cookie")
            assert all("HttpOnly" in cookie and "SameSite=Lax" in cookie for cookie in cookies), path
