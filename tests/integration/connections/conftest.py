"""People and records for the tests of connections and secrets."""

from __future__ import annotations

import pytest
from flask import Flask
from sqlalchemy.orm import Session

from tests import factories
from tests.factories import Person
from tests.pages import PageClient, sign_in
from webapp.connections.crypto import Vault


@pytest.fixture
def vault(app: Flask) -> Vault:
    """Return the vault of the application."""
    found: Vault = app.extensions["vault"]
    return found


@pytest.fixture
def owner(session: Session) -> Person:
    """Return a member who owns what the test makes."""
    return factories.person("marina")


@pytest.fixture
def signed_in(client: PageClient, owner: Person) -> PageClient:
    """Return the owner's browser."""
    sign_in(client, owner)
    return client
