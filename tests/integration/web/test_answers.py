"""Headers, errors and limits of every answer, whatever page it is."""

from __future__ import annotations

import re
from collections.abc import Callable

import pytest
from flask import Flask
from sqlalchemy import text
from sqlalchemy.exc import OperationalError
from sqlalchemy.orm import Session

from tests import factories
from tests.pages import PARTIAL, PageClient, sign_in
from webapp.core.errors import Unavailable
from webapp.extensions import db
from webapp.web.security import CONTENT_SECURITY_POLICY


@pytest.fixture
def inside(client: PageClient, session: Session) -> PageClient:
    """Return a client of somebody who is signed in."""
    sign_in(client, factories.person())
    return client


def test_the_policy_allows_nothing_inline_and_nobody_else() -> None:
    policy = dict(part.split(" ", 1) for part in CONTENT_SECURITY_POLICY.split("; "))
    assert policy["default-src"] == "'none'"
    assert policy["script-src"] == policy["style-src"] == "'self'"
    assert policy["frame-ancestors"] == policy["base-uri"] == policy["object-src"] == "'none'"
    assert "unsafe" not in CONTENT_SECURITY_POLICY
    assert "http" not in CONTENT_SECURITY_POLICY


@pytest.mark.sqlite_only
def test_every_answer_carries_the_headers(inside: PageClient) -> None:
    for path in (
        "/plugins/",
        "/login",
        "/healthz",
        "/nothing",
        "/plugins/tags.json",
        "/manifests/schema/Plugin.json",
    ):
        headers = inside.get(path).headers
        assert headers["X-Frame-Options"] == "DENY", path
        assert headers["Referrer-Policy"] == "same-origin", path
        assert headers["Cross-Origin-Opener-Policy"] == "same-origin", path
        assert "X-Request-ID" in headers, path
        assert "Server" not in headers, path
        assert "Strict-Transport-Security" not in headers, path


@pytest.mark.sqlite_only
def test_what_somebody_sees_is_kept_by_nobody_but_their_browser(inside: PageClient) -> None:
    assert inside.get("/plugins/").headers["Cache-Control"] == "private, no-cache"
    for path in ("/plugins/new", "/manifests/", "/account/password", "/nothing"):
        assert inside.get(path).headers["Cache-Control"] == "no-store", path


@pytest.mark.sqlite_only
def test_https_brings_secure_cookies_with_a_bound_name(
    make_app: Callable[..., Flask], session: Session
) -> None:
    client = make_app(public_url="https://plugdeck.example").test_client()
    answer = client.get("/login", base_url="https://plugdeck.example")
    cookie = answer.headers["Set-Cookie"]
    assert cookie.startswith("__Host-plugdeck=")
    assert {"Secure", "HttpOnly", "Path=/", "SameSite=Lax"} <= {part.strip() for part in cookie.split(";")}
    assert "Domain" not in cookie
    assert answer.headers["Strict-Transport-Security"].startswith("max-age=")


@pytest.mark.sqlite_only
def test_a_host_that_is_not_ours_is_refused(make_app: Callable[..., Flask]) -> None:
    client = make_app(trusted_hosts=("plugdeck.example",)).test_client()
    assert client.get("/login", base_url="http://plugdeck.example").status_code == 200
    assert client.get("/login", base_url="http://evil.example").status_code == 400
    for name in ("localhost", "127.0.0.1:8000"):
        assert client.get("/readyz", base_url=f"http://{name}").status_code == 200


@pytest.mark.sqlite_only
def test_a_proxy_is_believed_only_when_it_is_expected(make_app: Callable[..., Flask]) -> None:
    headers = {"X-Request-ID": "given-by-the-proxy", "X-Forwarded-For": "203.0.113.9"}
    direct = make_app().test_client().get("/login", headers=headers)
    assert direct.headers["X-Request-ID"] != "given-by-the-proxy"
    behind = make_app(trusted_proxies=1).test_client()
    assert behind.get("/login", headers=headers).headers["X-Request-ID"] == "given-by-the-proxy"
    nasty = behind.get("/login", headers={"X-Request-ID": "<script>alert(1)</script>"})
    assert re.fullmatch("[0-9a-f]{16}", nasty.headers["X-Request-ID"])


@pytest.mark.sqlite_only
@pytest.mark.parametrize(("path", "status"), [("/nothing", 404), ("/plugins/?class=x", 400)])
def test_an_error_is_a_page_for_a_browser_and_a_part_for_htmx(
    inside: PageClient, path: str, status: int
) -> None:
    page = inside.page(path, status)
    assert page.one("h1").text
    assert page.one("main").all("a")
    fragment = inside.fragment(path, status)
    assert not fragment.all("html")
    assert fragment.all(None or "", lambda item: item["id"] == "error")


@pytest.mark.sqlite_only
def test_a_broken_view_is_a_page_with_the_request_id_and_nothing_else(
    app: Flask, inside: PageClient, monkeypatch: pytest.MonkeyPatch
) -> None:
    def fail() -> None:
        raise RuntimeError("SELECT password FROM users")

    monkeypatch.setitem(app.view_functions, "plugins.list_page", fail)
    for headers in ({}, PARTIAL):
        answer = inside.get("/plugins/", headers=headers, broken=True)
        assert answer.status_code == 500
        assert answer.headers["X-Request-ID"] in answer.text
        assert "password" not in answer.text.replace("/account/password", "")


@pytest.mark.sqlite_only
@pytest.mark.parametrize(
    "error",
    [Unavailable(), OperationalError("SELECT 1", {}, Exception("database is locked"))],
    ids=["ours", "sqlite"],
)
def test_a_busy_database_asks_to_try_again(
    app: Flask, inside: PageClient, monkeypatch: pytest.MonkeyPatch, error: Exception
) -> None:
    def fail() -> None:
        raise error

    monkeypatch.setitem(app.view_functions, "plugins.list_page", fail)
    answer = inside.get("/plugins/")
    assert answer.status_code == 503
    assert "SELECT" not in answer.text


@pytest.mark.sqlite_only
def test_an_error_of_a_page_does_not_leave_a_transaction_open(
    app: Flask, inside: PageClient, session: Session, monkeypatch: pytest.MonkeyPatch
) -> None:
    def fail() -> None:
        db.session.execute(text("UPDATE accounts SET name = 'never'"))
        raise RuntimeError

    monkeypatch.setitem(app.view_functions, "plugins.list_page", fail)
    inside.get("/plugins/", broken=True)
    assert session.scalar(text("SELECT count(*) FROM accounts WHERE name = 'never'")) == 0
    factories.account()  # Nothing holds the lock.


@pytest.mark.sqlite_only
@pytest.mark.parametrize("path", ["/plugins/new", "/account/password", "/plugins/check-field"])
def test_a_body_that_is_too_large_is_refused(inside: PageClient, path: str) -> None:
    answer = inside.post(path, data={"name": "x" * (1024 * 1024 + 1)})
    assert answer.status_code == 413


@pytest.mark.sqlite_only
def test_the_host_that_a_request_names_is_not_repeated(inside: PageClient) -> None:
    answer = inside.get("/plugins?q=a", headers={"Host": "evil.example"})
    assert answer.status_code == 308
    assert answer.headers["Location"] == "/plugins/?q=a"


@pytest.mark.sqlite_only
def test_the_cookie_of_a_session_that_ended_sends_no_large_import(
    inside: PageClient, session: Session
) -> None:
    session.execute(text("DELETE FROM login_sessions"))
    session.commit()
    answer = inside.post("/manifests/", data={"text": "x" * (3 * 1024 * 1024)})
    assert answer.status_code == 413


@pytest.mark.sqlite_only
def test_nobody_may_send_a_large_import(client: PageClient) -> None:
    answer = client.post("/manifests/", data={"text": "x" * (3 * 1024 * 1024)})
    assert answer.status_code in (302, 303, 401, 413)


@pytest.mark.sqlite_only
@pytest.mark.parametrize(
    "path",
    [
        "/plugins/%00/",
        "/plugins/?q=%00",
        "/plugins/?q=%ff%fe",
        "/plugins/?tag=%ed%a0%80",
        "/plugins/?after=%00",
        "/plugins/?owner=%00",
        "/plugins/tags.json?q=%00",
        "/plugins/tags?find=%00",
        "/plugins/%ff/",
        "/plugins/..%2f..%2fetc%2fpasswd/",
        "/r/%00",
        "/manifests/?example=%00",
        "/manifests/schema/%00.json",
        "/login?next=%00",
        "/static/../wsgi.py",
        "/plugins/" + "x" * 4_000 + "/",
    ],
)
def test_no_address_breaks_anything(inside: PageClient, path: str) -> None:
    assert inside.get(path).status_code in (200, 302, 303, 400, 404)


def test_readiness_asks_the_database_and_liveness_does_not(
    client: PageClient, app: Flask, session: Session
) -> None:
    assert client.get("/readyz").json == {"status": "ok", "database": "ok", "cache": "ok"}
    session.execute(text("DROP TABLE installation"))
    session.commit()
    answer = client.get("/readyz")
    assert (answer.status_code, answer.json) == (503, {"status": "unavailable", "database": "behind"})
    assert client.get("/healthz").json == {"status": "ok"}


@pytest.mark.sqlite_only
def test_static_files_are_kept_for_good_and_run_nothing(client: PageClient, app: Flask) -> None:
    build = app.config["BUILD"]
    answer = client.get(f"/static/{build}/css/plugdeck.css")
    assert answer.status_code == 200
    assert "immutable" in answer.headers["Cache-Control"]
    icons = client.get(f"/static/{build}/icons.svg")
    assert "sandbox" in icons.headers["Content-Security-Policy"]
    assert icons.headers["X-Content-Type-Options"] == "nosniff"
    assert client.get("/static/another-build/css/plugdeck.css").status_code == 404


@pytest.mark.sqlite_only
def test_a_whole_page_is_sent_compressed_to_who_can_read_it(inside: PageClient, session: Session) -> None:
    answer = inside.get("/manifests/", headers={"Accept-Encoding": "gzip"})
    assert answer.headers["Content-Encoding"] == "gzip"


def test_only_a_page_that_is_about_to_be_opened_is_kept_for_a_moment(
    client: PageClient, session: Session
) -> None:
    person = factories.person()
    saved = factories.plugin(person)
    sign_in(client, person)
    page, mark = f"/plugins/{saved.locator}/", {"X-Preload": "1"}
    assert client.get(page).headers["Cache-Control"] == "no-store"
    answer = client.get(page, headers=mark)
    assert answer.headers["Cache-Control"] == "private, max-age=5"
    assert "Cookie" in answer.vary
    assert client.get("/plugins/", headers=mark).headers["Cache-Control"] == "private, no-cache"
    assert client.get("/plugins/nothing/", headers=mark).headers["Cache-Control"] == "no-store"
    assert client.post("/plugins/new", headers=mark).headers["Cache-Control"] == "no-store"
