"""Somebody who is signed in, and a plugin that is dated back."""

from __future__ import annotations

import datetime as dt
from collections.abc import Callable

import pytest
from sqlalchemy import update
from sqlalchemy.orm import Session

from tests import factories
from tests.factories import Person
from tests.pages import PageClient, sign_in
from webapp.db.session import transaction
from webapp.history.models import Revision
from webapp.plugins.models.identity import LOCATOR_KIND

DateBack = Callable[[int, dt.datetime], None]


@pytest.fixture
def ann(session: Session, client: PageClient) -> Person:
    """Return a member who is signed in."""
    person = factories.person("ann_shaw")
    sign_in(client, person)
    return person


@pytest.fixture
def date_back(session: Session) -> DateBack:
    """Return a function that moves every write of a plugin to a moment."""

    def move(plugin_id: int, at: dt.datetime) -> None:
        with transaction() as open_session:
            open_session.execute(
                update(Revision)
                .where(Revision.record_kind == LOCATOR_KIND, Revision.record_id == plugin_id)
                .values(at=at)
            )

    return move
