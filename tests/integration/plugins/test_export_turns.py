"""Downloads that do not get on: they take their turn, and only so many of them."""

from __future__ import annotations

import contextvars

import pytest
from flask import Flask
from sqlalchemy.orm import Session
from werkzeug.test import EnvironBuilder

from tests import factories
from tests.pages import PageClient, sign_in
from webapp.plugins.views import export_turns
from webapp.plugins.views.export_turns import AT_ONCE, OF_ONE_PERSON, OTHERS, YOURS
from webapp.web.gateway import Answer

pytestmark = pytest.mark.sqlite_only
PATH = "/plugins/export?format=yaml"


@pytest.fixture(autouse=True)
def _many_pieces(monkeypatch: pytest.MonkeyPatch) -> None:
    """Let a file of a few plugins be one that does not go out at once."""
    monkeypatch.setattr("webapp.web.gateway.AT_ONCE", 1)
    monkeypatch.setattr("webapp.plugins.exports.PIECE", 1)


class Reader:
    """Somebody who has read the beginning of a file and takes no more of it."""

    def __init__(self, app: Flask, client: PageClient) -> None:
        """Ask for the file in a context of its own, as the gateway does."""
        cookie = client.get_cookie("plugdeck")
        assert cookie is not None
        environ = EnvironBuilder(PATH, headers={"Cookie": f"plugdeck={cookie.value}"}).get_environ()
        self._context = contextvars.Context()
        self.answer: Answer = self._context.run(Answer, app, environ)

    def leave(self) -> None:
        """Close the connection."""
        self._context.run(self.answer.close)


def someone(app: Flask) -> PageClient:
    person = factories.person()
    for number in range(4):
        factories.plugin(person, name=f"p_{number}")
    client = app.test_client()
    assert isinstance(client, PageClient)
    sign_in(client, person)
    return client


def test_one_person_gets_so_many_downloads_at_once_and_the_next_when_one_is_over(
    app: Flask, session: Session
) -> None:
    greedy, other = someone(app), someone(app)
    session.rollback()
    readers = [Reader(app, greedy) for _ in range(OF_ONE_PERSON)]
    assert [reader.answer.status for reader in readers] == [200] * OF_ONE_PERSON
    refused = greedy.get(PATH)
    assert refused.status_code == 503
    assert YOURS in refused.text
    assert "Retry-After" in refused.headers
    assert other.get(PATH).text.count("kind:") == 4
    readers[0].leave()
    assert greedy.get(PATH).text.count("kind:") == 4
    readers[1].leave()


def test_everybody_together_leaves_connections_for_the_pages(app: Flask, session: Session) -> None:
    people = [someone(app) for _ in range(AT_ONCE + 1)]
    session.rollback()
    readers = [Reader(app, client) for client in people[:-1]]
    assert OTHERS in people[-1].get(PATH).text
    assert people[-1].get("/plugins/").status_code == 200
    for reader in readers:
        reader.leave()
    assert people[-1].get(PATH).status_code == 200
    assert not export_turns._under_way
