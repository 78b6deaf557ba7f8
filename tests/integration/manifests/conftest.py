"""People who upload, and the upload page."""

from __future__ import annotations

from collections.abc import Callable
from typing import Any

import pytest
from flask import Flask
from sqlalchemy.orm import Session
from werkzeug.test import TestResponse

from tests import factories
from tests.factories import Person
from tests.pages import PageClient, sign_in
from webapp.manifests import service
from webapp.manifests.plan import Plan
from webapp.manifests.registry import Registry
from webapp.manifests.service import Applied
from webapp.manifests.sources import Source

Planner = Callable[..., Plan]
Applier = Callable[..., Applied]
Sender = Callable[..., TestResponse]


@pytest.fixture
def member(session: Session) -> Person:
    """Return a member of an account."""
    return factories.person("marina", role="member")


@pytest.fixture
def colleague(session: Session, member: Person) -> Person:
    """Return another member of the same account."""
    return factories.person("caspar", role="member", of=member.account)


@pytest.fixture
def kinds(app: Flask) -> Registry[Any]:
    """Return the registry of the application."""
    found: Registry[Any] = app.extensions["manifest_kinds"]
    return found


@pytest.fixture
def plan(kinds: Registry[Any]) -> Planner:
    """Return a function that plans texts for a person."""

    def make(person: Person, *texts: str) -> Plan:
        sources = [Source(f"file{number}.yaml", text) for number, text in enumerate(texts, start=1)]
        return service.plan(factories.viewer_of(person, origin="manifest"), sources, kinds)

    return make


@pytest.fixture
def apply(kinds: Registry[Any], plan: Planner) -> Applier:
    """Return a function that plans and applies texts for a person."""

    def make(person: Person, *texts: str) -> Applied:
        viewer = factories.viewer_of(person, origin="manifest")
        return service.apply(viewer, plan(person, *texts), kinds)

    return make


@pytest.fixture
def send(client: PageClient, member: Person) -> Sender:
    """Return a function that sends the upload form as the signed-in member."""
    sign_in(client, member)

    def make(do: str = "apply", **fields: Any) -> TestResponse:
        return client.post("/manifests/", data={"do": do, **fields}, content_type="multipart/form-data")

    return make
