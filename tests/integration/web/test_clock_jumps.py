"""A clock that jumps a day (F12): order is by number, sessions end or go on, nothing breaks."""

from __future__ import annotations

import datetime as dt
import re
from collections.abc import Callable

import pytest
from flask import Flask
from sqlalchemy import select
from sqlalchemy.orm import Session

from tests import factories
from tests.factories import Person
from tests.pages import PageClient, sign_in, tree
from webapp.core import clock
from webapp.history.models import Revision
from webapp.plugins.service import update_field

SetClock = Callable[[dt.timedelta], None]
DAY = dt.timedelta(days=1)


class _LikeDatetime(type):
    def __instancecheck__(cls, instance: object) -> bool:
        return isinstance(instance, dt.datetime)


@pytest.fixture
def set_clock(monkeypatch: pytest.MonkeyPatch) -> SetClock:
    """Return a function that puts the clock of the process forward, or back; it is read in one place only."""

    def set_clock(by: dt.timedelta) -> None:
        class Shifted(dt.datetime, metaclass=_LikeDatetime):
            @classmethod
            def now(cls, tz: dt.tzinfo | None = None) -> dt.datetime:  # type: ignore[override]
                return dt.datetime.now(tz) + by

        monkeypatch.setattr(clock, "datetime", Shifted)

    return set_clock


@pytest.fixture
def owner(session: Session, client: PageClient) -> Person:
    """Return somebody who is signed in."""
    owner = factories.person("veruca")
    sign_in(client, owner)
    return owner


def test_what_was_written_last_is_last_whatever_the_clock_says(
    client: PageClient, session: Session, owner: Person, set_clock: SetClock
) -> None:
    made = factories.plugin(owner, factories.plugin_values("gum", description="first"))
    viewer = factories.viewer_of(owner)
    set_clock(-DAY)
    update_field(viewer, made.id, 1, "description", "second, a day before")
    set_clock(+DAY)
    update_field(viewer, made.id, 2, "description", "third, a day after")
    set_clock(dt.timedelta())
    update_field(viewer, made.id, 3, "description", "fourth")
    revisions = select(Revision.revision).where(Revision.record_id == made.id).order_by(Revision.id)
    assert list(session.scalars(revisions)) == [1, 2, 3, 4]
    page = tree(client.get(f"/plugins/{made.locator}/history"))
    assert "fourth" in client.get(f"/plugins/{made.locator}/").text
    numbers = re.findall(r"· r(\d) ·", page.text)
    assert numbers == ["4", "3", "2", "1"]
    assert client.get("/plugins/?sort=-updated").status_code == 200
    assert client.get("/activity/").status_code == 200
    assert client.get("/overview/").status_code == 200


def test_a_session_outlives_a_clock_that_goes_back(
    client: PageClient, owner: Person, set_clock: SetClock
) -> None:
    factories.plugin(owner, factories.plugin_values("gum"))
    set_clock(-DAY)
    assert "gum" in client.get("/plugins/").text
    set_clock(dt.timedelta())
    assert "gum" in client.get("/plugins/").text


def test_a_clock_that_goes_forward_ends_the_session_and_no_other_one(
    app: Flask, client: PageClient, owner: Person, set_clock: SetClock
) -> None:
    factories.plugin(owner, factories.plugin_values("gum"))
    set_clock(+DAY)
    answer = client.get("/plugins/")
    assert answer.status_code == 302
    assert "/login" in answer.headers["Location"]
    sign_in(client, owner)
    assert "gum" in client.get("/plugins/").text
    set_clock(dt.timedelta())
    assert "gum" in client.get("/plugins/").text
