"""Working with the fields that are edited in place, as htmx does it and as a browser without JavaScript does."""

from __future__ import annotations

from collections.abc import Mapping

from werkzeug.datastructures import MultiDict
from werkzeug.test import TestResponse

from tests.markup import Element, form_fields
from tests.pages import PARTIAL, PageClient, tree
from webapp.plugins.service import Saved

LIST = "/plugins/"


def cell_of(saved: Saved, field: str) -> str:
    return f"/plugins/{saved.locator}/cell/{field}"


def record_of(saved: Saved) -> str:
    return f"/plugins/{saved.locator}/"


def inside(page: str) -> dict[str, str]:
    """Return the headers that htmx sends from a page."""
    return PARTIAL | {"HX-Current-URL": f"http://localhost{page}"}


def open_cell(client: PageClient, saved: Saved, field: str, page: str = LIST) -> Element:
    """Open a field in place; return its form."""
    return tree(client.get(cell_of(saved, field), headers=inside(page))).one("form")


def send(
    client: PageClient,
    form: Element,
    changes: Mapping[str, str],
    page: str = LIST,
    **kwargs: bool,
) -> TestResponse:
    """Send the form of a cell as htmx does."""
    fields: MultiDict[str, str] = MultiDict(form_fields(form))
    for name, value in changes.items():
        fields[name] = value
    return client.post(form["hx-post"], data=fields, headers=inside(page), **kwargs)


def edit(client: PageClient, saved: Saved, field: str, value: str, page: str = LIST) -> TestResponse:
    """Open a field in place, write something else and save it."""
    return send(client, open_cell(client, saved, field, page), {field: value}, page)


def parts(response: TestResponse) -> dict[str, Element]:
    """Return what an answer puts where, by the selector of the target."""
    return {part["hx-target"]: part for part in tree(response).all("hx-partial")}


def toast(response: TestResponse) -> Element:
    """Return what an answer says in passing."""
    found = parts(response)
    return found.get("#toasts") or found["#alerts"]


def undo(client: PageClient, response: TestResponse, page: str = LIST) -> TestResponse:
    """Press the button of the toast of an answer."""
    form = toast(response).one("form")
    return client.post(form["hx-post"], data=MultiDict(form_fields(form)), headers=inside(page))
