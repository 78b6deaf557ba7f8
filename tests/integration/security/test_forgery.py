"""Requests that a person did not mean to send: forged, from another site, or in the clothes of another method."""

from __future__ import annotations

from collections.abc import Callable
from urllib.parse import urlsplit

import pytest
from flask import Flask
from sqlalchemy.orm import Session

from tests import factories
from tests.factories import Person
from tests.integration.security.conftest import picture, places
from tests.pages import PageClient, sign_in
from tests.unit.accounts.test_redirects import TRICKS
from webapp.plugins.service import Saved

pytestmark = pytest.mark.sqlite_only

# Fields that would do something at one address or another.
FIELDS = {
    "name": "forged",
    "version": "9.9.9",
    "plugin_class": "static",
    "directive": "always",
    "revision": "1",
    "action": "save",
    "do": "apply",
    "text": "apiVersion: smarter.sh/v1\nkind: Plugin\n",
    "description": "forged",
    "current_password": factories.PASSWORD,
    "new_password": "a forged password",
    "role": "staff",
    "new_password_again": "a forged password",
    "tags": "forged",
    "display_name": "forged",
    "value": "forged",
}
HTMX = {"HX-Request": "true", "HX-Request-Type": "full", "HX-Current-URL": "http://localhost/plugins/"}
# A person who is signed in already is sent on from the sign-in page, whatever was posted to it.
HARMLESS = {"accounts.sign_in": (303,)}
REFUSED = (400, 403, 404, 409, 422)
FORGERIES: dict[str, Callable[[str], tuple[dict[str, str], dict[str, str], str]]] = {
    "no token": lambda _: ({}, {}, ""),
    "an empty field": lambda _: ({"csrf_token": ""}, {}, ""),
    "a wrong field": lambda _: ({"csrf_token": "IjEyMzQi.aaaaaa.bbbb"}, {}, ""),
    "the field of somebody else": lambda other: ({"csrf_token": other}, {}, ""),
    "the header of somebody else": lambda other: ({}, {"X-CSRFToken": other}, ""),
    "an empty header": lambda _: ({}, {"X-CSRFToken": ""}, ""),
    "a token in the address": lambda other: ({}, {}, f"?csrf_token={other}"),
}
ELSEWHERE = (
    {"Sec-Fetch-Site": "cross-site"},
    {"Sec-Fetch-Site": "same-site"},
    {"Origin": "https://evil.example"},
    {"Origin": "null"},
    {"Origin": "http://localhost.evil.example"},
    {"Origin": "http://localhost:81"},
    {"Sec-Fetch-Site": "cross-site", "Origin": "http://localhost"},
)


@pytest.fixture
def owner(session: Session) -> Person:
    """Return the person whose browser is made to send requests."""
    return factories.person()


@pytest.fixture
def saved(owner: Person) -> Saved:
    """Return their plugin."""
    return factories.plugin(owner)


@pytest.fixture
def inside(client: PageClient, owner: Person) -> PageClient:
    """Return their browser."""
    sign_in(client, owner)
    return client


@pytest.mark.parametrize("forgery", FORGERIES)
@pytest.mark.parametrize("headers", [{}, HTMX], ids=["plain", "htmx"])
def test_a_forged_request_does_nothing_at_any_address(
    app: Flask, inside: PageClient, saved: Saved, session: Session, forgery: str, headers: dict[str, str]
) -> None:
    stranger = app.test_client()
    assert isinstance(stranger, PageClient)
    sign_in(stranger, factories.person())
    fields, extra, query = FORGERIES[forgery](stranger.csrf_token())
    before = picture(session)
    asked = 0
    for place in places(app, saved.locator):
        if place.method == "GET":
            continue
        answer = inside.open(
            place.path + query, method=place.method, csrf=False, data=FIELDS | fields, headers=headers | extra
        )
        assert answer.status_code in HARMLESS.get(place.endpoint, REFUSED), (place, answer.status)
        asked += 1
    assert asked >= 6
    assert picture(session) == before
    assert inside.get("/plugins/").status_code == 200, "still signed in"


@pytest.mark.parametrize("headers", ELSEWHERE, ids=str)
def test_another_site_does_nothing_at_any_address_even_with_a_token(
    app: Flask, inside: PageClient, saved: Saved, session: Session, headers: dict[str, str]
) -> None:
    before = picture(session)
    for place in places(app, saved.locator):
        if place.method != "GET":
            answer = inside.open(place.path, method=place.method, data=FIELDS, headers=headers)
            assert answer.status_code == 403, (place, answer.status)
    assert picture(session) == before


@pytest.mark.parametrize("verb", ["DELETE", "PUT", "PATCH", "QUERY", "POST"])
def test_a_read_is_never_turned_into_a_write(
    app: Flask, inside: PageClient, saved: Saved, session: Session, verb: str
) -> None:
    """No header and no field stands for a method, and htmx's QUERY is none of ours."""
    before = picture(session)
    headers = dict.fromkeys(("X-HTTP-Method-Override", "X-HTTP-Method", "X-Method-Override"), verb)
    for place in places(app, saved.locator):
        if place.method != "GET":
            continue
        plain = inside.get(place.path)
        answer = inside.get(
            f"{place.path}?_method={verb}" if "?" not in place.path else place.path, headers=headers
        )
        assert answer.status_code in (plain.status_code, 400), place
        if verb not in ("POST",):
            assert inside.open(place.path, method=verb, data=FIELDS).status_code == 405, place
    assert picture(session) == before


@pytest.mark.parametrize("trick", TRICKS)
def test_whatever_next_says_four_steps_after_signing_in_are_on_this_site(
    client: PageClient, owner: Person, trick: str
) -> None:
    data = {"username": owner.username, "password": owner.password, "next": trick}
    answer = client.post("/login", data=data)
    for _ in range(4):
        where = answer.headers.get("Location")
        if where is None:
            break
        assert urlsplit(where).netloc in ("", "localhost"), where
        assert where.startswith("/")
        assert not where.startswith(("//", "/\\")), where
        answer = client.get(where)
    assert answer.status_code == 200
    assert answer.request.host == "localhost"
    assert client.get("/login", query_string={"next": trick}).headers["Location"] == "/"


def test_no_other_site_may_read_an_answer(app: Flask, inside: PageClient, saved: Saved) -> None:
    for place in places(app, saved.locator):
        for method in ("OPTIONS", place.method):
            answer = inside.open(
                place.path,
                method=method,
                headers={"Origin": "https://evil.example", "Access-Control-Request-Method": "POST"},
            )
            names = {name.lower() for name, _ in answer.headers}
            assert not {name for name in names if name.startswith("access-control-")}, place


@pytest.mark.parametrize(
    "name", ["X-Forwarded-Host", "X-Forwarded-Proto", "Forwarded", "X-Original-URL", "X-Rewrite-URL"]
)
def test_a_header_of_a_proxy_that_is_not_expected_changes_nothing(
    inside: PageClient, saved: Saved, name: str
) -> None:
    headers = {name: "host=evil.example;proto=https" if name == "Forwarded" else "evil.example"}
    for path in (f"/plugins/{saved.locator}/", f"/r/{saved.locator}", "/"):
        plain, answer = inside.get(path), inside.get(path, headers=headers)
        assert answer.status_code == plain.status_code
        assert "evil.example" not in answer.text + str(answer.headers)
