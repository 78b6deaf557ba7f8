"""A browser without JavaScript that inspects every page it gets, so that no test has to remember to."""

from __future__ import annotations

import contextvars
import os
import re
from collections import Counter
from collections.abc import Iterable, Mapping
from itertools import pairwise
from typing import Any
from urllib.parse import urlsplit

from flask import has_app_context
from flask.testing import FlaskClient
from itsdangerous import URLSafeTimedSerializer
from werkzeug.datastructures import MultiDict
from werkzeug.test import TestResponse

from tests.factories import Person
from tests.markup import Document, Element, form_fields, read_html
from webapp.extensions import db
from webapp.web.security import CONTENT_SECURITY_POLICY

SAFE = frozenset({"GET", "HEAD", "OPTIONS"})
CONTROLS = frozenset({"input", "select", "textarea"})
UNLABELLED = frozenset({"hidden", "submit", "button", "reset", "image"})
HEADINGS = frozenset({"h1", "h2", "h3", "h4", "h5", "h6"})
REFERENCES = ("for", "aria-describedby", "aria-labelledby", "aria-controls", "form", "list", "popovertarget")
LEAKS = (
    "Traceback (most recent call last)",
    "sqlalchemy.exc",
    "jinja2.exceptions",
    "Undefined",
    "&lt;function ",
)
PARTIAL = {"HX-Request": "true", "HX-Request-Type": "partial"}


class PageClient(FlaskClient):
    """A test client whose every HTML answer is inspected.

    Unsafe requests carry a valid CSRF token unless `csrf=False`; an answer with status 500 fails the test unless
    `broken=True`. A request runs in a context of its own, as on a server, not in that of the test.
    """

    def open(self, *args: Any, csrf: bool = True, broken: bool = False, **kwargs: Any) -> TestResponse:
        """Send a request and inspect what comes back."""
        method = str(kwargs.get("method", "GET")).upper()
        if csrf and method not in SAFE:
            headers = dict(kwargs.pop("headers", None) or {})
            headers.setdefault("X-CSRFToken", self.csrf_token())
            kwargs["headers"] = headers
        kwargs.setdefault("buffered", True)  # Reads files to their end and closes them.
        _refuse_unsaved()
        # An own context: Flask would otherwise reuse the test's `g`, and with it the viewer of the last request.
        response = contextvars.Context().run(super().open, *args, **kwargs)
        if has_app_context():
            db.session.rollback()  # The test reads what is stored now, not what it read before.
        if not broken:
            assert response.status_code != 500, f"{method} {response.request.path} broke; see the log above"
        inspect(response)
        return response

    def csrf_token(self) -> str:
        """Return a token of this browser's session."""
        with self.session_transaction() as session:
            raw = session.setdefault("csrf_token", os.urandom(20).hex())
        serializer = URLSafeTimedSerializer(str(self.application.secret_key), salt="wtf-csrf-token")
        return str(serializer.dumps(raw))

    def page(self, path: str, status: int = 200, **kwargs: Any) -> Element:
        """Return the tree of the whole page at `path`."""
        response = self.get(path, **kwargs)
        assert response.status_code == status, f"{path} answered {response.status}"
        return tree(response)

    def fragment(self, path: str, status: int = 200, **kwargs: Any) -> Element:
        """Return the tree of the fragment that htmx would get from `path`."""
        response = self.get(path, headers=PARTIAL | dict(kwargs.pop("headers", {})), **kwargs)
        assert response.status_code == status, f"{path} answered {response.status}"
        return tree(response)

    def submit(
        self,
        page: Element,
        changes: Mapping[str, str | list[str]] | None = None,
        *,
        path: str,
        form: Mapping[str, str] | None = None,
        button: str = "",
        **kwargs: Any,
    ) -> TestResponse:
        """Send a form of the page as a browser without JavaScript does: with all its fields and the one button.

        Args:
            page: the tree that holds the form.
            changes: fields that the person fills in otherwise.
            path: the address of the page, where a form without an action goes to.
            form: attributes of the form when the page has several with the method post.
            button: the text of the button that is pressed; its name and value are sent along.
        """
        forms = page.all("form", None, **(form or {"method": "post"}))
        if not form:
            forms = [item for item in forms if "logout" not in item["action"]] or forms
        assert len(forms) == 1, f"{len(forms)} forms {form} on {path}: {[str(item) for item in forms]}"
        fields: MultiDict[str, str] = MultiDict(form_fields(forms[0]))
        for name, value in (changes or {}).items():
            fields.setlist(name, [value] if isinstance(value, str) else value)
        action = forms[0]["action"] or path
        if button:
            pressed = forms[0].one("button", text=button)
            action = pressed["formaction"] or action
            if pressed["name"]:
                fields.add(pressed["name"], pressed["value"])
        if forms[0]["method"].lower() != "post":
            return self.get(urlsplit(action).path, query_string=fields, **kwargs)
        # A file field makes the browser send the form in parts; without a file the server reads both alike.
        data: Any = fields
        if forms[0]["enctype"] == "multipart/form-data":
            kwargs.setdefault("content_type", "multipart/form-data")
        return self.post(action, data=data, csrf=False, **kwargs)


def sign_in(client: FlaskClient, person: Person) -> None:
    """Sign in through the page that people use."""
    response = client.post("/login", data={"username": person.username, "password": person.password})
    assert response.status_code in (302, 303), f"{person.username} was not signed in: {response.status}"


def tree(response: TestResponse) -> Element:
    """Return the tree of an HTML answer, the one that its inspection has read."""
    return _read(response).root


def _read(response: TestResponse) -> Document:
    """Read an answer once, however often it is asked for: reading costs as much as many a request."""
    text = response.get_data(as_text=True)
    kept: tuple[str, Document] | None = getattr(response, "_kept_document", None)
    if kept is None or kept[0] != text:
        kept = text, read_html(text)
        response._kept_document = kept  # type: ignore[attr-defined]
    return kept[1]


def _refuse_unsaved() -> None:
    """Fail when the test has changes that the request could not see."""
    if has_app_context() and any((db.session.new, db.session.dirty, db.session.deleted)):
        raise AssertionError("The test's session holds changes. Commit them before the client asks.")


def inspect(response: TestResponse) -> None:
    """Fail unless the answer is one that this application may give."""
    headers, where = response.headers, f"{response.request.method} {response.request.path}"
    if response.request.path.startswith("/static/") or "Content-Encoding" in headers:
        return
    assert headers.get("Content-Security-Policy") == CONTENT_SECURITY_POLICY, f"{where}: no CSP"
    assert headers.get("X-Content-Type-Options") == "nosniff", f"{where}: no nosniff"
    assert headers.get("Cache-Control"), f"{where}: no Cache-Control"
    text = (
        response.get_data(as_text=True)
        if response.is_json or (response.mimetype or "").startswith("text/")
        else ""
    )
    for leak in LEAKS:
        assert leak not in text, f"{where} shows {leak!r}"
    if response.mimetype != "text/html" or not text.strip() or response.status_code in range(300, 400):
        return
    document = _read(response)
    problems = document.problems + list(find_problems(document))
    asked = response.request.headers.get("HX-Request-Type", "")
    if document.is_page and asked == "partial":
        problems.append("htmx asked for a fragment and got a whole page")
    if not document.is_page and asked != "partial":
        problems.append("a browser got a fragment where a page belongs")
    if asked == "partial" and "HX-Request-Type" not in response.vary:
        problems.append("a fragment without Vary: HX-Request-Type")
    assert not problems, f"{where} ({response.status}):\n  " + "\n  ".join(problems)


def find_problems(document: Document) -> Iterable[str]:
    """Return what is wrong with the content of a page or fragment."""
    elements = list(document.root.walk())
    ids = Counter(item["id"] for item in elements if "id" in item)
    yield from (f"the id {name!r} is there {times} times" for name, times in ids.items() if times > 1)
    if document.is_page:
        yield from _page_problems(elements)
    labels = {item["for"] for item in elements if item.tag == "label" and "for" in item}
    for item in elements:
        yield from _code_problems(item)
        if item.tag in CONTROLS and item["type"] not in UNLABELLED:
            named = (
                item["aria-label"] or item["aria-labelledby"] or item["id"] in labels or item.above("label")
            )
            if not named:
                yield f"{item} has no label"
        if item.tag in ("a", "button") and not _name(item):
            yield f"{item} has no name that can be read out"
        if item.tag == "a" and "href" in item and not item["href"]:
            yield f"{item} leads nowhere"
        if item.tag == "img" and "alt" not in item:
            yield f"{item} has no alt"
        if item.tag == "form":
            yield from _form_problems(item)
        if item.tag in ("a", "button") and item.above("a", "button"):
            yield f"{item} stands inside another link or button"
        if document.is_page:
            for name in REFERENCES:
                if name in item.attrs:
                    yield from (f"{item}: there is no #{ref}" for ref in item[name].split() if ref not in ids)


def _page_problems(elements: list[Element]) -> Iterable[str]:
    whole = [item for item in elements if item.tag == "html"]
    if len(whole) != 1 or not whole[0]["lang"]:
        yield "the page has not exactly one html, or it names no language"
    headings = [item for item in elements if item.tag == "h1"]
    if len(headings) != 1:
        yield f"the page has {len(headings)} h1"
    titles = [item for item in elements if item.tag == "title" and item.above("svg") is None]
    if len(titles) != 1 or not titles[0].text:
        yield "the page has no title"
    elif headings:
        title, heading = (
            _plain(titles[0].text.rpartition(" · ")[0] or titles[0].text),
            _plain(headings[0].text),
        )
        if not heading or (heading not in title and title not in heading):
            yield f"the title {titles[0].text!r} does not name the heading {headings[0].text!r}"
    if sum(item.tag == "main" for item in elements) != 1:
        yield "the page has not exactly one main"
    levels = [int(item.tag[1]) for item in elements if item.tag in HEADINGS]
    for before, after in pairwise(levels):
        if after > before + 1:
            yield f"a h{after} follows a h{before}"


def _plain(text: str) -> str:
    return re.sub(r"\W+", " ", text).strip().casefold()


def _code_problems(item: Element) -> Iterable[str]:
    if item.tag == "style" or "style" in item:
        yield f"{item} has inline style"
    if item.tag == "script" and "src" not in item:
        yield f"{item} is an inline script"
    for name, value in item.attrs.items():
        if name.startswith(("on", "hx-on")):
            yield f"{item} has inline code"
        if name in ("href", "src", "action", "formaction") and re.match(
            r"\s*(javascript|data):", value or "", re.I
        ):
            yield f"{item} runs code"


def _name(item: Element) -> str:
    inside = " ".join(below["alt"] or below["aria-label"] for below in item.walk() if below is not item)
    return item.text or item["aria-label"] or item["aria-labelledby"] or item["title"] or inside.strip()


def _form_problems(form: Element) -> Iterable[str]:
    if form.above("form"):
        yield f"{form} stands inside another form"
    method = form["method"].lower()
    if method not in ("get", "post", "dialog"):
        yield f"{form} has no method"
    if method == "post" and not form.all("input", name="csrf_token"):
        yield f"{form} has no CSRF token, so it does not work without JavaScript"
