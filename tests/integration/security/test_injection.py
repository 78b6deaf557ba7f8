"""Payloads × places, read with a strict parser: none becomes an element, an attribute or a header (X01 to X09).

The browser tests run the same texts under the real policy; here every payload meets every place one by one.
"""

from __future__ import annotations

import io
import re
from collections.abc import Callable
from urllib.parse import quote

import pytest
from flask import Flask
from sqlalchemy.orm import Session
from werkzeug.datastructures import FileStorage
from werkzeug.test import TestResponse

from tests.markup import Element, read_html
from tests.pages import PARTIAL, PageClient, sign_in
from tests.payloads import PAYLOADS, WORKED_OUT, bundles
from tests.trapped import Trapped, make_trapped
from webapp.plugins.views.edit_pages import LIVE

pytestmark = pytest.mark.sqlite_only

# Everything in an address that is read. `{}` is the payload; a new page adds a line.
ADDRESSES = (
    "/plugins/?q={}",
    "/plugins/?tag={}",
    "/plugins/?tag=a&tag={}",
    "/plugins/?class={}",
    "/plugins/?owner={}",
    "/plugins/?scope={}",
    "/plugins/?sort={}",
    "/plugins/?ready={}",
    "/plugins/?after={}",
    "/plugins/?before={}",
    "/plugins/?{}=x",
    "/plugins/?q=x&{}",
    "/plugins/counts?q={}",
    "/plugins/tags?find={}",
    "/plugins/tags?class={}&find=x",
    "/plugins/tags.json?q={}",
    "/plugins/new?draft={}",
    "/plugins/{}/",
    "/plugins/{}/edit",
    "/plugins/{}/manifest.yaml",
    "/r/{}",
    "/tags/?q={}",
    "/tags/?show={}",
    "/tags/{}/rename",
    "/tags/merge?tag={}",
    "/tags/merge?into=other&other={}",
    "/manifests/?example={}",
    "/manifests/?draft={}",
    "/manifests/schema/{}.json",
    "/activity/?person={}",
    "/activity/?kind={}",
    "/activity/?from={}",
    "/activity/?{}=x",
    "/activity/{}",
    "/plugins/export?format={}",
    "/plugins/export?id=x&{}=y",
    "/connections/names.json?kind={}",
    "/help/{}",
    "/login?next={}",
    "/login?next=/{}",
    "/{}",
)
# Those that htmx asks for a part of.
IN_PARTS = tuple(
    path for path in ADDRESSES if path.startswith(("/plugins/?", "/plugins/counts", "/plugins/tags?"))
)
# A text is alive as one of these; the console itself has none of them.
ALIVE = {"iframe", "object", "embed", "base", "math", "style", "animate"}
OUR_HX = re.compile(r"^/(plugins|manifests|account|help|connections|tags|activity|palette|overview)\b")


def find_alive(answer: TestResponse) -> list[str]:
    """Return what of an answer a browser would run, load or send that is not ours."""
    found = [f"header {name}" for name, value in answer.headers.items() if "\n" in value or "\r" in value]
    text = answer.get_data(as_text=True)
    if WORKED_OUT in text:
        found.append("a template worked out a sum")
    if answer.mimetype != "text/html" or not text:
        return found
    document = read_html(text)
    # The body of a redirect is Werkzeug's, which no browser shows.
    broken = [] if answer.status_code in range(300, 400) else document.problems
    return found + broken + [str(item) for item in document.root.walk() if _is_alive(item)]


def _is_alive(item: Element) -> bool:
    if item.tag in ALIVE or "canary" in item["class"].split():
        return True
    if item.tag == "script" and not item["src"].startswith("/static/"):
        return True
    if item.tag == "meta" and "http-equiv" in item:
        return True
    for name, written in item.attrs.items():
        value = (written or "").strip().lower()
        if name.startswith(("on", "hx-on", "data-hx-")) or (name == "srcdoc"):
            return True
        if name in ("href", "src", "action", "formaction", "data", "hx-get", "hx-post"):
            if value.startswith(("javascript:", "data:", "/canary")):
                return True
            if name.startswith("hx-") and not OUR_HX.match(value):
                return True
    return False


def check(answer: TestResponse, where: str) -> None:
    alive = find_alive(answer)
    assert not alive, f"{where}\n" + "\n".join(alive)
    assert answer.status_code < 500, where


@pytest.fixture
def trapped(session: Session) -> Trapped:
    """Return the tenant whose every text is a payload."""
    return make_trapped()


@pytest.fixture
def inside(client: PageClient, trapped: Trapped) -> PageClient:
    """Return a client of somebody who belongs to it."""
    sign_in(client, trapped.person)
    return client


def test_every_text_of_a_record_stays_text_on_every_page_of_it(
    app: Flask, inside: PageClient, trapped: Trapped
) -> None:
    asked = 0
    for saved in trapped.saved:
        with app.test_request_context():
            rules = [rule for rule in app.url_map.iter_rules() if rule.arguments == {"locator"}]
            places = [
                app.url_for(rule.endpoint, locator=saved.locator)
                for rule in rules
                if "GET" in (rule.methods or ())
            ]
        for place in places:
            check(inside.get(place), place)
            asked += 1
    assert asked >= 3 * 6


@pytest.mark.parametrize(
    "path", ["/plugins/", "/plugins/counts", "/plugins/tags?find=<", "/plugins/tags.json?q=<"]
)
def test_every_text_of_a_record_stays_text_in_the_list(
    inside: PageClient, trapped: Trapped, path: str
) -> None:
    for headers in ({}, PARTIAL):
        answer = inside.get(path, headers=headers)
        check(answer, path)
        if answer.status_code == 200 and not path.endswith("counts"):
            assert "canary" in answer.text, "the payloads are there"


@pytest.mark.parametrize("address", ADDRESSES)
def test_what_stands_in_an_address_stays_text(inside: PageClient, address: str) -> None:
    for number, text in enumerate(bundles(180)):
        once = quote(text, safe="")
        for written in (once, quote(once, safe=""))[: 2 if number < 2 else 1]:
            path = address.format(written)
            check(inside.get(path, headers=PARTIAL if address in IN_PARTS and number % 2 else {}), path)


def test_what_stands_in_an_address_stays_text_for_somebody_who_is_not_signed_in(app: Flask) -> None:
    client = app.test_client()
    for address in ("/{}", "/login?next={}", "/plugins/?q={}", "/help/{}", "/manifests/schema/{}.json"):
        for text in bundles(180):
            path = address.format(quote(text, safe=""))
            check(client.get(path), path)


def _new(client: PageClient) -> Callable[[dict[str, str]], TestResponse]:
    fields = {
        "plugin_class": "static",
        "directive": "search_terms",
        "action": "save",
        "annotations-0-key": "a",
        "annotations-0-value": "b",
    }
    return lambda changes: client.post("/plugins/new", data=fields | changes)


FIELDS = (
    *(
        "name",
        "description",
        "version",
        "plugin_class",
        "tags",
        "directive",
        "search_terms",
        "provider",
        "model",
    ),
    *(
        "temperature",
        "max_tokens",
        "system_role",
        "data_description",
        "static_data",
        "connection",
        "sql_query",
    ),
    *("endpoint", "method", "body", "limit", "revision", "draft", "keep", "add_row", "remove_row"),
    *("use_suggestion", "annotations-0-key", "annotations-0-value", "annotations-<b>-key"),
    *("url_params-0-key", "url_params-0-value", "headers-0-name", "headers-0-value"),
    *("parameters-0-name", "parameters-0-type", "parameters-0-description", "parameters-0-enum"),
    *("parameters-0-default", "test_values-0-name", "test_values-0-value"),
)


def test_a_refused_form_shows_what_was_typed_as_text(inside: PageClient) -> None:
    """All fields hold the same payload at once, so every message that quotes one is there too."""
    send = _new(inside)
    for payload in bundles(1_000):
        for plugin_class in ("static", "sql", "api"):
            changes = dict.fromkeys(FIELDS, payload) | {"plugin_class": plugin_class}
            del changes["add_row"], changes["remove_row"], changes["use_suggestion"]
            answer = send(changes)
            assert answer.status_code == 422, payload
            check(answer, payload)


def test_a_form_with_one_field_that_is_no_more_a_value_shows_it_as_text(inside: PageClient) -> None:
    send = _new(inside)
    for name in FIELDS:
        check(send({"name": "9", name: "\n".join(PAYLOADS)}), name)


@pytest.mark.parametrize("field", sorted(LIVE))
def test_a_live_check_answers_with_text(inside: PageClient, field: str) -> None:
    for payload in bundles(400):
        data = {field: payload, "plugin_class": "static"}
        check(inside.post(f"/plugins/check-field?field={field}", data=data, headers=PARTIAL), payload)
        path = f"/plugins/check-field?field={quote(payload, safe='')}"
        check(inside.post(path, data=data, headers=PARTIAL), path)


@pytest.mark.parametrize(
    "manifest",
    [
        "{}",
        "kind: {}",
        "apiVersion: '{}'\nkind: Plugin\n",
        "apiVersion: smarter.sh/v1\nkind: Plugin\nmetadata:\n  name: |\n    {}\n  version: |\n    {}\n",
        "apiVersion: smarter.sh/v1\nkind: Plugin\n? |\n  {}\n: 1\n? |\n  {}\n: 2\n",
        "a: [1\n# {}\n",
        "a: &x {}\nb: *y{}\n",
        "!{} x",
    ],
    ids=["whole", "kind", "version", "metadata", "repeated key", "unclosed", "alias", "tag"],
)
def test_a_problem_of_a_manifest_quotes_its_source_as_text(inside: PageClient, manifest: str) -> None:
    for payload in PAYLOADS:
        text = manifest.replace("{}", payload)
        check(inside.post("/manifests/", data={"do": "apply", "text": text}), text)


def test_an_accepted_manifest_shows_its_texts_as_text(inside: PageClient) -> None:
    lines = "\n".join(f"        {text}" for text in PAYLOADS)
    text = (
        "apiVersion: smarter.sh/v1\nkind: Plugin\nmetadata:\n  name: from_manifest\n  pluginClass: static\n"
        f"  description: |\n{lines}\nspec:\n  selector:\n    directive: always\n  prompt:\n"
        f"    systemRole: |\n{lines}\n  data:\n    staticData:\n      a: |\n{lines}\n"
    )
    for do in ("check", "apply", "check"):
        answer = inside.post("/manifests/", data={"do": do, "text": text})
        assert answer.status_code == 200
        check(answer, do)


def test_an_act_shows_its_title_its_reason_and_its_texts_as_text(
    inside: PageClient, trapped: Trapped
) -> None:
    paths = (f"/activity/{trapped.unit}", "/activity/", f"/activity/{trapped.unit}/sources/1")
    for path in paths:
        answer = inside.get(path)
        assert "canary" in answer.text
        check(answer, path)
    check(inside.get(paths[0], headers=PARTIAL), "opened in the feed")
    # What is refused is reported on a page of its own.
    sign_in(inside, trapped.colleague)
    answer = inside.post(f"/activity/{trapped.unit}/undo", data={"reason": PAYLOADS[0]})
    assert answer.status_code == 409
    check(answer, "report")
    sign_in(inside, trapped.person)
    check(inside.post(f"/activity/{trapped.unit}/undo", follow_redirects=True), "undone")


def test_a_history_shows_what_its_address_and_its_form_say_as_text(
    inside: PageClient, trapped: Trapped
) -> None:
    for locator, area in ((trapped.static.locator, "plugins"), (trapped.connections[0], "connections")):
        for payload in bundles(180):
            text = quote(payload, safe="")
            for query in (f"revision={text}", f"compare={text}", f"view={text}", f"{text}=1"):
                path = f"/{area}/{locator}/history?{query}"
                check(inside.get(path), path)
            form = {"revision": "1", "wanted": "1", "part": payload, "reason": payload}
            check(inside.post(f"/{area}/{locator}/history/restore", data=form), payload)


@pytest.mark.parametrize("broken", [False, True])
def test_the_name_of_a_file_is_text(inside: PageClient, broken: bool) -> None:
    content = b"a: [1" if broken else b"kind: Plugin"
    for payload in bundles(180):
        files = {"do": "check", "files": FileStorage(io.BytesIO(content), filename=f"{payload}.yaml")}
        check(inside.post("/manifests/", data=files, content_type="multipart/form-data"), payload)
        kept = {"do": "check", "source_name": payload, "source_text": "a: [1"}
        check(inside.post("/manifests/", data=kept), payload)
        for press in (f"fix:{payload}", f"leave_out:{payload}", f"drop:{payload}", payload):
            check(inside.post("/manifests/", data=kept | {"do": press}), press)


def test_the_sign_in_page_shows_what_was_typed_as_text(app: Flask) -> None:
    client = app.test_client()
    for number, payload in enumerate(PAYLOADS):
        data = {"username": payload, "password": payload, "next": payload, "held": payload}
        answer = client.post("/login", data=data, environ_base={"REMOTE_ADDR": f"203.0.113.{number}"})
        assert answer.status_code == 422
        check(answer, payload)


def test_no_header_of_a_request_comes_alive(inside: PageClient) -> None:
    for payload in bundles(1_000):
        for name in (
            "HX-Current-URL",
            "HX-Source",
            "HX-Target",
            "Referer",
            "User-Agent",
            "X-Request-ID",
            "Accept",
        ):
            sent = quote(payload, safe="<>\"'=/ ()")
            answer = inside.get("/plugins/?class=x", headers=PARTIAL | {name: sent})
            check(answer, f"{name}: {payload}")
            for answered in (
                "HX-Redirect",
                "HX-Location",
                "HX-Trigger",
                "HX-Retarget",
                "Location",
                "X-Request-ID",
            ):
                assert "canary" not in answer.headers.get(answered, ""), (name, answered)


def test_a_line_break_in_an_address_splits_no_header(app: Flask, inside: PageClient) -> None:
    nobody = app.test_client()
    for text in ("%0d%0aSet-Cookie:%20canary=1", "%0aX:%20canary", "%E5%98%8A%E5%98%8DSet-Cookie:canary"):
        for client, path in (
            (nobody, f"/plugins/?q={text}"),
            (nobody, f"/login?next=/{text}"),
            (inside, f"/plugins/{text}"),
            (inside, f"/r/{text}"),
            (inside, f"/plugins?{text}"),
        ):
            answer = client.get(path)
            assert "canary" not in {
                part for value in answer.headers.getlist("Set-Cookie") for part in [value.split("=")[0]]
            }
            assert all("\n" not in value and "\r" not in value for value in answer.headers.values())
            assert "X" not in answer.headers


def test_a_download_is_named_by_the_record_and_by_nothing_else(inside: PageClient, trapped: Trapped) -> None:
    answer = inside.get(f"/plugins/{trapped.static.locator}/manifest.yaml")
    assert answer.headers["Content-Disposition"] == 'attachment; filename="trapped_static.yaml"'
    assert answer.headers["X-Content-Type-Options"] == "nosniff"
    assert "html" not in (answer.mimetype or "")
