"""People who upload and write, and the feed that tells of it."""

from __future__ import annotations

from collections.abc import Callable
from typing import Any

import pytest
from flask import Flask
from sqlalchemy.orm import Session

from tests import factories
from tests.factories import Person
from tests.pages import PageClient, sign_in
from webapp.activity.kinds import Kinds
from webapp.history.queries import unit_key
from webapp.manifests import service
from webapp.manifests.sources import Source

Apply = Callable[..., str]


@pytest.fixture
def ann(session: Session, client: PageClient) -> Person:
    """Return a member who is signed in."""
    person = factories.person("ann_shaw")
    sign_in(client, person)
    return person


@pytest.fixture
def kinds(app: Flask) -> Kinds:
    """Return the kinds of records of the application."""
    found: Kinds = app.extensions["history_kinds"]
    return found


@pytest.fixture
def apply(app: Flask) -> Apply:
    """Return a function that applies texts for a person, and returns the key of the act."""
    registry: Any = app.extensions["manifest_kinds"]

    def make(person: Person, *texts: str) -> str:
        viewer = factories.viewer_of(person, origin="manifest")
        sources = [Source(f"file{number}.yaml", text) for number, text in enumerate(texts, start=1)]
        applied = service.apply(viewer, service.plan(viewer, sources, registry), registry)
        assert applied.unit_id is not None
        return unit_key(applied.unit_id)

    return make
