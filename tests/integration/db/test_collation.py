"""Texts that lists are sorted and found by compare by their bytes, whatever language PostgreSQL speaks."""

from __future__ import annotations

import pytest
from sqlalchemy import select, text
from sqlalchemy.orm import Session

from tests import factories
from webapp.accounts.models import User
from webapp.plugins.models import PluginMeta

NAMES = ("ab", "a_b", "a1", "a_1", "b", "a")


@pytest.mark.postgresql_only
@pytest.mark.linguistic
def test_names_are_sorted_by_their_bytes_where_texts_are_sorted_by_a_language(
    session: Session, request: pytest.FixtureRequest
) -> None:
    speaks = "linguistic" in request.node.name
    assert session.scalar(text("SELECT 'a' < 'B'")) is speaks, "the test says nothing without this"
    owner = factories.person()
    for name in NAMES:
        factories.plugin(owner, name=name)
        factories.person(name)
    for column in (PluginMeta.name, User.username_key):
        found = session.scalars(select(column).where(column.in_(NAMES)).order_by(column)).all()
        assert found == sorted(NAMES)
