"""Working with the editor as a person without JavaScript does."""

from __future__ import annotations

from collections.abc import Mapping

from sqlalchemy import delete
from sqlalchemy.orm import Session
from werkzeug.test import TestResponse

from tests import factories
from tests.factories import Person
from tests.pages import PageClient, tree
from webapp.accounts.models import LoginSession
from webapp.db.session import transaction
from webapp.plugins.queries.record import Record, get_record
from webapp.plugins.service import Saved

NEW = "/plugins/new"
FORM = {"id": "edit-form"}


def edit_of(saved: Saved) -> str:
    return f"/plugins/{saved.locator}/edit"


def stored(session: Session, person: Person, saved: Saved) -> Record:
    return get_record(session, factories.viewer_of(person), saved.locator)


def send(
    client: PageClient, path: str, changes: Mapping[str, str | list[str]] | None = None, button: str = ""
) -> TestResponse:
    """Open the form, change fields and press a button, as without JavaScript."""
    return client.submit(client.page(path), changes, path=path, form=FORM, button=button or _main(path))


def _main(path: str) -> str:
    return "Create plugin" if path == NEW else "Save changes"


def again(
    client: PageClient, response: TestResponse, changes: Mapping[str, str] | None = None, button: str = ""
) -> TestResponse:
    """Send the form of an answer once more."""
    path = response.request.path
    return client.submit(tree(response), changes, path=path, form=FORM, button=button or _main(path))


def problems(response: TestResponse) -> dict[str, str]:
    """Return the summary: the id that each line leads to, and its sentence."""
    summary = tree(response).one("", id="problems")
    assert "data-focus" in summary
    found = {}
    for line in summary.all("li"):
        link = line.find("a")
        found[link["href"].removeprefix("#") if link else ""] = line.text
    return found


def end_sessions(session: Session) -> None:
    with transaction() as writing:
        writing.execute(delete(LoginSession))
