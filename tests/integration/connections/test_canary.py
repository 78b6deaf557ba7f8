"""The value of a secret goes in and never comes out: no page, export, history row, draft, cache or log holds it."""

from __future__ import annotations

import json
from collections.abc import Iterator
from dataclasses import replace

import pytest
from flask import Flask
from sqlalchemy import delete, select, text
from sqlalchemy.orm import Session

from tests import factories
from tests.factories import Person
from tests.integration.connections.records import FORM, SQL, page_of, submit
from tests.markup import form_fields
from tests.pages import PARTIAL, PageClient, tree
from webapp.accounts.models import LoginSession
from webapp.connections.models import Secret
from webapp.db.session import transaction
from webapp.extensions import cache, db

CANARY = "canary-of-the-secret-4711"
REFUSED = "canary-that-was-refused-0815"


def _everything_stored(session: Session) -> Iterator[str]:
    """Yield every row of every table as text."""
    for table in db.metadata.sorted_tables:
        for row in session.execute(select(table)):
            yield json.dumps([str(value) for value in row])


@pytest.fixture
def locators(signed_in: PageClient, owner: Person, session: Session) -> list[str]:
    """Go through everything that a person does with a secret; return the addresses of what there is then."""
    new = "/connections/new?kind=secret"
    # Refused, then created, changed, checked, stale, and sent when the session had ended.
    submit(signed_in, signed_in.page(new), new, {"name": "Bad Name", "secret_value": REFUSED})
    submit(signed_in, signed_in.page(new), new, {"name": "tides_key", "secret_value": CANARY})
    secret_id = session.scalars(select(Secret.id)).one()
    edit = page_of("secret", secret_id, "edit")
    stale = signed_in.page(edit)
    submit(signed_in, signed_in.page(edit), edit, {"secret_value": CANARY + "!"})
    submit(signed_in, stale, edit, {"secret_value": REFUSED, "version": "x"})
    conflict = submit(signed_in, stale, edit, {"secret_value": REFUSED, "description": "Mine."})
    assert conflict.status_code == 409
    fields = dict(form_fields(signed_in.page(edit).one("form", **FORM))) | {"secret_value": REFUSED}
    signed_in.post("/connections/check-field?kind=secret&field=version", data=fields, headers=PARTIAL)
    signed_in.post(edit, data=fields | {"csrf_token": "forged"}, csrf=False)
    signed_in.post(edit, data=fields | {"revision": "999999999999999999"})
    saved = factories.connection(owner, replace(SQL, password="tides_key"))
    page = signed_in.page(edit)
    with transaction() as writing:
        writing.execute(delete(LoginSession))
    for headers in ({}, PARTIAL):
        answer = signed_in.post(edit, data=fields, headers=headers)
        assert answer.status_code == 401
        assert REFUSED not in answer.text
    answer = submit(signed_in, page, edit, {"secret_value": REFUSED})
    signed_in.submit(
        tree(answer),
        {"username": owner.username, "password": owner.password},
        path="/login",
        form={"action": "/login"},
    )
    return [page_of("secret", secret_id), page_of("sql", saved)]


def test_no_page_and_no_export_shows_it(signed_in: PageClient, locators: list[str]) -> None:
    paths = [
        "/connections/",
        "/connections/?kind=secret",
        "/connections/?q=canary",
        "/plugins/",
        "/manifests/",
    ]
    for page in locators:
        parts = ("", "edit", "manifest", "manifest.yaml", "manifest.json", "removal")
        paths += [f"{page}{part}" for part in parts]
    for path in paths:
        is_list = path.startswith("/connections/?") or path == "/connections/"
        for headers in ({}, PARTIAL) if is_list else ({},):
            answer = signed_in.get(path, headers=headers)
            assert answer.status_code == 200, path
            assert "canary-" not in answer.text.replace("q=canary", ""), path
            assert "canary-" not in str(answer.headers)


def test_no_table_holds_it_as_clear_text(session: Session, locators: list[str], app: Flask) -> None:
    rows = list(_everything_stored(session))
    assert any("tides_key" in row for row in rows)
    assert not [row for row in rows if "canary-" in row]
    stored = session.scalars(select(Secret.encrypted_value)).one()
    assert app.extensions["vault"].decrypt(stored) == CANARY + "!"


def test_no_log_line_holds_it(locators: list[str], capfd: pytest.CaptureFixture[str]) -> None:
    captured = capfd.readouterr()
    assert "canary-" not in captured.out + captured.err


def test_no_cache_entry_holds_it(app: Flask, locators: list[str]) -> None:
    with app.app_context():
        held = getattr(cache.cache, "_cache", {})
        assert "canary-" not in repr(held)


def test_an_error_in_the_middle_does_not_show_it(
    signed_in: PageClient,
    session: Session,
    monkeypatch: pytest.MonkeyPatch,
    capfd: pytest.CaptureFixture[str],
) -> None:
    def fail(*_args: object, **_kwargs: object) -> None:
        session.execute(text("SELECT nothing FROM accounts"))

    monkeypatch.setattr("webapp.connections.service.history.record", fail)
    path = "/connections/new?kind=secret"
    fields = dict(form_fields(signed_in.page(path).one("form", **FORM)))
    answer = signed_in.post(
        path, data=fields | {"name": "tides_key", "secret_value": CANARY, "action": "save"}, broken=True
    )
    assert answer.status_code == 500
    captured = capfd.readouterr()
    assert "canary-" not in answer.text + captured.out + captured.err
