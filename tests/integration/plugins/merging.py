"""Running into somebody else's save, and merging."""

from __future__ import annotations

from collections.abc import Mapping

from werkzeug.test import TestResponse

from tests import factories
from tests.factories import Person, plugin_values
from tests.integration.plugins.editing import FORM, edit_of
from tests.markup import Element
from tests.pages import PageClient, tree
from webapp.plugins import service
from webapp.plugins.service import Saved
from webapp.plugins.values import PluginValues, StaticData

BASE = plugin_values(
    "sweets",
    description="Sales, coupons and contacts.",
    version="1.0.0",
    tags=("candy", "treats"),
    annotations=({"team": "desk"}, {"size": 1}),
    data=StaticData("The sweets.", {"red": 1, "green": 2}),
)


def write(person: Person, saved: Saved, values: PluginValues, revision: int | None = None) -> int:
    """Save the plugin as somebody else; return its revision."""
    return service.update_plugin(
        factories.viewer_of(person), saved.id, revision or saved.revision, values
    ).revision


def save(client: PageClient, page: Element, saved: Saved, changes: Mapping[str, str]) -> TestResponse:
    return client.submit(page, changes, path=edit_of(saved), form=FORM, button="Save changes")


def merge(
    client: PageClient,
    response: TestResponse,
    saved: Saved,
    changes: Mapping[str, str] | None = None,
    button: str = "",
) -> TestResponse:
    page = tree(response)
    buttons = [item.text for item in page.one("form", id="merge-form").all("button")]
    button = button or next(text for text in buttons if text.startswith("Save merged"))
    return client.submit(page, changes, path=edit_of(saved), form={"id": "merge-form"}, button=button)


def clashes(page: Element) -> list[str]:
    return [item.one("legend").text for item in page.all("fieldset") if "data-clash" in item]


def merged(page: Element) -> dict[str, str]:
    table = page.find("table", class_="diff")
    return {row.one("th").text: row.one("td").text for row in table.all("tr")} if table else {}
