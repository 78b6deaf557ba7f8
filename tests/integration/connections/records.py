"""Records of tests, their addresses, and working with their form as a person without JavaScript does."""

from __future__ import annotations

from collections.abc import Mapping

from werkzeug.test import TestResponse

from tests.markup import Element
from tests.pages import PageClient, tree
from webapp.connections.service import Saved
from webapp.connections.values import ApiConnectionValues, SecretValues, SqlConnectionValues
from webapp.core.locators import format_locator

SQL = SqlConnectionValues(
    "ships_db",
    db_engine="django.db.backends.postgresql",
    hostname="db.example",
    port=5432,
    database="ships",
    password="ships_password",
)
API = ApiConnectionValues("tides_api", base_url="https://tides.example", api_key="tides_key")
KEY = SecretValues("ships_password", value="anchors aweigh")
FORM = {"id": "edit-form"}


def locator_of(kind: str, saved: Saved | int) -> str:
    record_kind = {"sql": "sqlconnection", "api": "apiconnection", "secret": "secret"}[kind]
    return format_locator(record_kind, saved if isinstance(saved, int) else saved.id)


def page_of(kind: str, saved: Saved | int, part: str = "") -> str:
    return f"/connections/{locator_of(kind, saved)}/{part}"


def send(
    client: PageClient, path: str, changes: Mapping[str, str | list[str]] | None = None, button: str = ""
) -> TestResponse:
    """Open the form, change fields and press a button, as without JavaScript."""
    return submit(client, client.page(path), path, changes, button)


def submit(
    client: PageClient,
    page: Element,
    path: str,
    changes: Mapping[str, str | list[str]] | None = None,
    button: str = "",
) -> TestResponse:
    """Send the form of a page."""
    if not button:
        button = "Save changes" if path.endswith("/edit") else page.one("h1").text.replace("New", "Create", 1)
    return client.submit(page, changes, path=path, form=FORM, button=button)


def problems(response: TestResponse) -> dict[str, str]:
    """Return the summary: the id that each line leads to, and its sentence."""
    found = {}
    for line in tree(response).one("", id="problems").all("li"):
        link = line.find("a")
        found[link["href"].removeprefix("#") if link else ""] = line.text
    return found
