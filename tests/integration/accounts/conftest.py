"""What tests of signing in share: a page whose long form survives an expired session, and a clock for rows."""

from __future__ import annotations

import datetime as dt
from collections.abc import Callable, Iterator

import pytest
from flask import Flask, current_app, jsonify, request
from flask.typing import ResponseReturnValue
from sqlalchemy import update
from sqlalchemy.orm import Session

from tests.apps import Apps
from tests.factories import Person
from webapp.accounts.drafts import drop_draft, find_draft
from webapp.accounts.models import LoginSession
from webapp.accounts.signin import get_viewer
from webapp.config import Settings
from webapp.core.clock import utcnow
from webapp.db.session import current_session
from webapp.web.csrf import keeps_input, token_failed


@keeps_input
def long_form(name: str) -> ResponseReturnValue:
    """Stand in for the editor of `name`: shows a draft, refuses a failed token, saves otherwise."""
    token = request.args.get("draft")
    if request.method == "GET":
        vault = current_app.extensions["vault"]
        draft = find_draft(current_session(), get_viewer(), token, request.path, vault)
        return jsonify(name=name, fields=None if draft is None else list(draft.items(multi=True)))
    if token_failed():
        return jsonify(kept=request.form.to_dict()), 400
    drop_draft(get_viewer(), token)
    return jsonify(saved=request.form.to_dict())


def plain_action() -> ResponseReturnValue:
    """Stand in for a button."""
    return jsonify(done=get_viewer().username)


def whoami() -> ResponseReturnValue:
    """Tell who asks, as the request sees it."""
    viewer = get_viewer()
    return jsonify(username=viewer.username, role=viewer.role, superuser=viewer.is_superuser)


def _with_pages(app: Flask) -> Flask:
    app.add_url_rule("/long-form/<name>", view_func=long_form, methods=["GET", "POST"])
    app.add_url_rule("/action", view_func=plain_action, methods=["POST", "DELETE"])
    app.add_url_rule("/whoami", view_func=whoami)
    return app


@pytest.fixture
def add_pages() -> Callable[[Flask], Flask]:
    """Return a function that gives an application the pages of these tests."""
    return _with_pages


@pytest.fixture
def app(apps: Apps, settings: Settings) -> Iterator[Flask]:
    """Return the application with the pages of these tests."""
    with apps.borrow(settings, _with_pages) as app:
        yield app


@pytest.fixture
def age_sessions(session: Session) -> Callable[..., None]:
    """Return a function that moves a person's login sessions into the past."""

    def age(person: Person, *, idle: dt.timedelta = dt.timedelta(), left: dt.timedelta | None = None) -> None:
        values: dict[str, dt.datetime] = {"last_seen_at": utcnow() - idle}
        if left is not None:
            values["expires_at"] = utcnow() + left
        session.execute(update(LoginSession).where(LoginSession.user_id == person.user_id).values(values))
        session.commit()

    return age
