"""Each status as a page, as a fragment and as JSON, provoked as it comes about; with the request id and the next step."""

from __future__ import annotations

import datetime as dt
import io
import re
import sqlite3
from collections.abc import Callable
from typing import Any

import pytest
from flask import Flask, abort
from jinja2 import DictLoader
from sqlalchemy import text
from sqlalchemy.engine import make_url
from sqlalchemy.exc import TimeoutError as PoolExhausted
from sqlalchemy.orm import Session
from werkzeug.datastructures import FileStorage
from werkzeug.exceptions import TooManyRequests
from werkzeug.test import TestResponse, encode_multipart

from tests import factories
from tests.databases import Database
from tests.markup import read_html
from tests.pages import PARTIAL, PageClient, sign_in, tree
from tests.servers import free_port
from webapp.accounts.throttle import PER_PERSON
from webapp.core.clock import utcnow
from webapp.core.errors import Conflict, FieldError, InvalidInput, StaleRevision, Unavailable
from webapp.db import session as db_session

JSON = {"Accept": "application/problem+json"}
BROWSER = {"Accept": "text/html,application/xhtml+xml,application/xml;q=0.9,*/*;q=0.8"}
FAR_AWAY = "/plugins/pluginmeta-rMTAwMDEyMwx/"

pytestmark = pytest.mark.sqlite_only


@pytest.fixture
def inside(client: PageClient, session: Session) -> PageClient:
    """Return a client of somebody who is signed in."""
    sign_in(client, factories.person())
    return client


@pytest.fixture
def failing(app: Flask, monkeypatch: pytest.MonkeyPatch) -> Callable[[Exception], None]:
    """Return a function that makes the list of plugins raise an error."""

    def fail_with(error: Exception) -> None:
        def view() -> None:
            raise error

        monkeypatch.setitem(app.view_functions, "plugins.list_page", view)

    return fail_with


def check_page(answer: TestResponse, status: int, step: str = "") -> str:
    """Fail unless the answer is a whole page that says what to do; return its text."""
    assert answer.status_code == status, answer.status
    page = tree(answer)
    main = page.one("main")
    assert main.one("h1").text
    assert main.one("code").text == answer.headers["X-Request-ID"]
    steps = [link.text for link in main.all("a", class_="btn")]
    assert steps, "no next step"
    assert not step or step in steps, steps
    assert answer.headers["Cache-Control"] == "no-store"
    return main.text


def check_fragment(answer: TestResponse, status: int, step: str = "") -> str:
    """Fail unless the answer is the same as a part that htmx can put anywhere; return its text."""
    assert answer.status_code == status, answer.status
    part = tree(answer)
    assert not part.all("html")
    assert not part.all("h1")
    error = part.one("section", id="error")
    assert error["role"] == "alert"
    assert error.one("code").text == answer.headers["X-Request-ID"]
    steps = [link.text for link in error.all("a")]
    assert not step or step in steps, steps
    assert answer.headers["HX-Push-Url"] == "false"
    return error.text


def check_json(answer: TestResponse, status: int) -> dict[str, Any]:
    """Fail unless the answer is a problem of RFC 9457; return it."""
    assert answer.status_code == status, answer.status
    assert answer.mimetype == "application/problem+json"
    assert "Accept" in answer.vary
    found: dict[str, Any] = answer.json
    assert found["status"] == status
    assert found["request_id"] == answer.headers["X-Request-ID"]
    assert found["title"]
    assert found["detail"].endswith(".")
    return found


def check_everywhere(client: PageClient, path: str, status: int, step: str = "") -> None:
    """Ask for the same address in the three ways."""
    broken = {"broken": True} if status == 500 else {}
    check_page(client.get(path, headers=BROWSER, **broken), status, step)
    check_fragment(client.get(path, headers=PARTIAL, **broken), status)
    check_json(client.get(path, headers=JSON, **broken), status)


def test_400_names_the_value_and_offers_the_address_without_it(inside: PageClient) -> None:
    check_everywhere(inside, "/plugins/?class=x&q=a", 400, "Remove “class” from the address")
    link = inside.page("/plugins/?class=x&q=a", 400).one("a", text="Remove “class” from the address")
    assert link["href"] == "/plugins/?q=a"


def test_400_of_a_token_says_how_nothing_is_lost(inside: PageClient) -> None:
    answer = inside.post("/logout", csrf=False, headers=BROWSER)
    assert "Go back in your browser" in check_page(answer, 400)
    assert check_json(inside.post("/logout", csrf=False, headers=JSON), 400)


def test_401_is_for_programs_and_a_person_is_led_to_the_sign_in_page(client: PageClient) -> None:
    check_json(client.get("/plugins/", headers=JSON), 401)
    check_json(client.post("/plugins/new", headers=JSON | {"Sec-Fetch-Dest": "empty"}), 401)
    assert client.get("/plugins/", headers=BROWSER).status_code == 302


def test_403_is_a_page_of_its_own(app: Flask, client: PageClient, session: Session) -> None:
    owner = factories.person()
    saved = factories.plugin(owner)
    sign_in(client, factories.person(of=owner.account))
    check_everywhere(client, f"/plugins/{saved.locator}/edit", 403, "Go to plugins")


def test_403_of_another_site_is_one_too(client: PageClient) -> None:
    answer = client.post("/login", headers=BROWSER | {"Sec-Fetch-Site": "cross-site"})
    assert "another site" in check_page(answer, 403, "Sign in")


@pytest.mark.parametrize("path", ["/nothing", FAR_AWAY, "/r/nothing", "/help/nothing", "/static/old/app.js"])
def test_404_is_the_same_for_what_never_was_and_what_is_not_yours(inside: PageClient, path: str) -> None:
    check_everywhere(inside, path, 404, "Go to plugins")


def test_404_for_somebody_who_is_not_signed_in_leads_to_the_sign_in_page(client: PageClient) -> None:
    answer = client.get("/nothing", headers=BROWSER)
    text_of_page = check_page(answer, 404, "Sign in")
    assert "Go to plugins" not in text_of_page
    assert tree(answer).one("main").one("a", text="Sign in")["href"] == "/login"
    assert "Set-Cookie" not in answer.headers
    check_fragment(client.get("/nothing", headers=PARTIAL), 404, "Sign in")
    check_json(client.get("/nothing", headers=JSON), 404)


def test_405_names_the_methods_there_are(client: PageClient) -> None:
    for headers, check in ((BROWSER, check_page), (PARTIAL, check_fragment), (JSON, check_json)):
        answer = client.put("/plugins/", headers=headers)
        check(answer, 405)
        assert set(answer.headers["Allow"].split(", ")) == {"GET", "HEAD", "OPTIONS"}


@pytest.mark.parametrize("error", [Conflict("The name was taken."), StaleRevision(1, 2)])
def test_409_leads_to_the_page_as_it_is_now(
    inside: PageClient, failing: Callable[[Exception], None], error: Exception
) -> None:
    failing(error)
    check_everywhere(inside, "/plugins/", 409, "Try again")
    headers = PARTIAL | {"HX-Current-URL": "http://localhost/plugins/?q=a"}
    answer = inside.get("/plugins/", headers=headers)
    check_fragment(answer, 409, "Reload the page")
    assert tree(answer).one("a", text="Reload the page")["href"] == "/plugins/?q=a"


def test_413_of_a_plain_form_names_the_limit_and_loses_nothing(inside: PageClient) -> None:
    data = {"name": "x" * (1024 * 1024 + 1)}
    for path in ("/plugins/new", "/account/password"):
        said = check_page(inside.post(path, data=data, headers=BROWSER), 413, "Go to plugins")
        assert "At most 1 MB" in said
        assert "what you typed is still there" in said
    check_fragment(inside.post("/plugins/new", data=data, headers=PARTIAL), 413)
    check_json(inside.post("/plugins/new", data=data, headers=JSON), 413)


def test_413_of_an_upload_names_the_limit_of_imports(
    make_app: Callable[..., Flask], session: Session
) -> None:
    client = make_app(max_import_bytes=2 * 1024 * 1024).test_client()
    sign_in(client, factories.person())
    file = FileStorage(io.BytesIO(b"x" * (4 * 1024 * 1024)), filename="large.yaml")
    boundary, body = encode_multipart({"files": file})
    kind = f"multipart/form-data; boundary={boundary}"
    answer = client.post("/manifests/", data=body, headers=BROWSER, content_type=kind)
    assert "At most 3 MB" in check_page(answer, 413)


def test_413_of_too_many_fields_is_told_alike(inside: PageClient) -> None:
    boundary, body = encode_multipart({f"field{number}": "x" for number in range(5_001)})
    kind = f"multipart/form-data; boundary={boundary}"
    answer = inside.post("/plugins/new", data=body, headers=BROWSER, content_type=kind)
    check_page(answer, 413)


def test_422_tells_programs_which_field(inside: PageClient, failing: Callable[[Exception], None]) -> None:
    failing(InvalidInput({"name": [FieldError("Start with a letter.", "letter_first", "a1")]}))
    check_everywhere(inside, "/plugins/", 422)
    assert check_json(inside.get("/plugins/", headers=JSON), 422)["errors"] == [
        {"field": "name", "message": "Start with a letter.", "code": "letter_first", "suggestion": "a1"}
    ]


def test_429_at_sign_in_is_the_form_with_the_wait(client: PageClient, session: Session) -> None:
    data = {"username": "nobody", "password": "x"}
    for _ in range(PER_PERSON.amount):
        client.post("/login", data=data)
    for headers in (BROWSER, PARTIAL):
        answer = client.post("/login", data=data, headers=headers)
        assert answer.status_code == 429
        assert int(answer.headers["Retry-After"]) > 0
        assert "Wait 15 minutes" in tree(answer).text


@pytest.mark.parametrize("moment", [False, True])
def test_429_says_how_long_to_wait(
    inside: PageClient, failing: Callable[[Exception], None], moment: bool
) -> None:
    failing(TooManyRequests(retry_after=utcnow() + dt.timedelta(seconds=90) if moment else 90))
    check_everywhere(inside, "/plugins/", 429, "Try again")
    assert 30 < int(inside.get("/plugins/").headers["Retry-After"]) <= 90


def test_500_of_a_template_that_breaks_shows_nothing_of_it(app: Flask, inside: PageClient) -> None:
    with OtherTemplates(app, {"help/index.html": "{{ secret_of_the_template }}"}):
        check_everywhere(inside, "/help/", 500, "Try again")
        assert "secret_of_the_template" not in inside.get("/help/", broken=True).text


def test_500_of_a_statement_that_the_database_refuses(inside: PageClient, session: Session) -> None:
    session.execute(text("ALTER TABLE plugin_meta RENAME COLUMN description TO elsewhere"))
    session.commit()
    check_everywhere(inside, "/plugins/", 500, "Try again")
    assert "plugin_meta" not in inside.get("/plugins/", broken=True).text


@pytest.mark.parametrize("headers", [BROWSER, PARTIAL])
def test_500_has_an_answer_even_when_the_frame_of_every_page_is_broken(
    app: Flask, inside: PageClient, headers: dict[str, str]
) -> None:
    broken = {"base.html": "{{ nothing }}", "errors/_error.html": "{% if %}"}
    with OtherTemplates(app, broken):
        answer = inside.get("/plugins/new", headers=headers, broken=True)
    assert answer.status_code == 500
    document = read_html(answer.text)
    assert document.is_page is (headers is BROWSER)
    assert answer.headers["X-Request-ID"] in document.root.text
    assert "Something broke here" in document.root.text


def test_503_while_another_writer_holds_the_database(
    make_app: Callable[..., Flask], database: Database, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(db_session, "BUSY_TIMEOUT_MS", 50)
    app = make_app()
    client = app.test_client()
    with app.app_context():
        person = factories.person()
    sign_in(client, person)
    path = make_url(database.url).database
    assert path is not None
    new = "blue lamp on the stairs"
    data = {"current_password": person.password, "new_password": new, "new_password_again": new}
    writer = sqlite3.connect(path, isolation_level=None)
    writer.execute("BEGIN IMMEDIATE")
    try:
        for headers, check in ((BROWSER, check_page), (PARTIAL, check_fragment), (JSON, check_json)):
            answer = client.post("/account/password", data=data, headers=headers)
            check(answer, 503)
            assert int(answer.headers["Retry-After"]) > 0
    finally:
        writer.rollback()
        writer.close()
    assert client.post("/account/password", data=data).status_code == 303


def test_503_while_the_database_is_away(
    make_app: Callable[..., Flask], client: PageClient, session: Session
) -> None:
    sign_in(client, factories.person())
    cookie = client.get_cookie("plugdeck")
    assert cookie is not None
    away = make_app(
        database_url=f"postgresql+psycopg://nobody@127.0.0.1:{free_port()}/plugdeck"
    ).test_client()
    away.set_cookie("plugdeck", cookie.value)
    check_everywhere(away, "/plugins/", 503, "Try again")
    answer = away.get("/plugins/", headers=BROWSER)
    assert int(answer.headers["Retry-After"]) > 0
    assert "Nothing was saved" in answer.text
    assert away.get("/help/").status_code == 200  # What needs no database goes on.
    assert away.get("/login").status_code in (200, 503)
    assert away.get("/readyz").status_code == 503


@pytest.mark.parametrize("error", [Unavailable(), PoolExhausted("QueuePool limit of size 5 reached")])
def test_503_of_a_server_that_is_busy(
    inside: PageClient, failing: Callable[[Exception], None], error: Exception
) -> None:
    failing(error)
    check_everywhere(inside, "/plugins/", 503, "Try again")
    assert "QueuePool" not in inside.get("/plugins/").text
    assert inside.get("/plugins/").headers["Retry-After"] == "5"


def test_a_json_address_is_answered_with_json_but_a_person_gets_a_page(inside: PageClient) -> None:
    for headers in ({}, {"Accept": "*/*"}, {"Accept": "application/json"}):
        check_json(inside.get(f"{FAR_AWAY}manifest.json", headers=headers), 404)
    check_page(inside.get(f"{FAR_AWAY}manifest.json", headers=BROWSER), 404)
    check_page(inside.get(f"{FAR_AWAY}manifest.yaml"), 404)


@pytest.mark.parametrize("accept", ["*/*", "text/html", "application/json;q=0.5, text/html", "nonsense", ""])
def test_whoever_does_not_ask_for_json_gets_a_page(inside: PageClient, accept: str) -> None:
    check_page(inside.get("/nothing", headers={"Accept": accept}), 404)


@pytest.mark.parametrize(
    ("current", "offered"),
    [
        ("http://localhost/plugins/?q=a", "/plugins/?q=a"),
        ("http://evil.example/plugins/", None),
        ("http://localhost//evil.example", None),
        ("http://localhost/\\evil.example", None),
        ("javascript:alert(1)", None),
        ("http://[", None),
        ("", None),
    ],
)
def test_a_fragment_offers_its_own_page_and_nobody_elses(
    inside: PageClient, failing: Callable[[Exception], None], current: str, offered: str | None
) -> None:
    failing(Unavailable())
    answer = inside.get("/plugins/", headers=PARTIAL | {"HX-Current-URL": current})
    link = tree(answer).find("a", text="Reload the page")
    assert (link["href"] if link else None) == offered


def test_an_address_with_markup_is_text_in_the_link_that_tries_again(
    inside: PageClient, failing: Callable[[Exception], None]
) -> None:
    failing(Unavailable())
    answer = inside.get("/plugins/?q=%22%3E%3Cscript%3E", headers=BROWSER)
    assert tree(answer).one("a", text="Try again")["href"] == "/plugins/?q=%22%3E%3Cscript%3E"


def test_a_refused_host_is_told_nothing_but_still_a_page(make_app: Callable[..., Flask]) -> None:
    client = make_app(trusted_hosts=("plugdeck.example",)).test_client()
    answer = client.get("/login", base_url="http://evil.example", headers=BROWSER)
    check_page(answer, 400)
    assert "evil.example" not in answer.text


def test_every_error_has_an_id_of_its_own(client: PageClient) -> None:
    ids = {client.get("/nothing").headers["X-Request-ID"] for _ in range(5)}
    assert len(ids) == 5
    assert all(re.fullmatch("[0-9a-f]{16}", found) for found in ids)


@pytest.mark.parametrize("code", [406, 410, 411, 414, 415, 416, 417, 418, 428, 431, 451, 501, 502, 504])
def test_every_other_status_has_a_page_in_our_words(
    app: Flask, inside: PageClient, monkeypatch: pytest.MonkeyPatch, code: int
) -> None:
    def view() -> None:
        abort(code)

    monkeypatch.setitem(app.view_functions, "plugins.list_page", view)
    check_everywhere(inside, "/plugins/", code if code < 500 or code == 501 else 500)


class OtherTemplates:
    """Put other templates in the place of some, as a broken deployment would."""

    def __init__(self, app: Flask, changed: dict[str, str]) -> None:
        self._env, self._changed = app.jinja_env, changed

    def __enter__(self) -> None:
        self._loader, self._cache = self._env.loader, self._env.bytecode_cache
        assert self._loader is not None
        kept = DictLoader(self._changed)
        own = self._loader
        self._env.bytecode_cache = None
        self._env.loader = _Either(kept, own)
        self._env.cache = {}

    def __exit__(self, *_error: object) -> None:
        self._env.loader, self._env.bytecode_cache = self._loader, self._cache
        self._env.cache = {}


class _Either(DictLoader):
    def __init__(self, first: DictLoader, then: Any) -> None:
        super().__init__(first.mapping)
        self._then = then

    def get_source(self, environment: Any, template: str) -> Any:
        source = super() if template in self.mapping else self._then
        return source.get_source(environment, template)
