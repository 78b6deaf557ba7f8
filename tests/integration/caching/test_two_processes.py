"""Two server processes on one database: a write on one is seen by the very next read on the other."""

from __future__ import annotations

from collections.abc import Iterator
from contextlib import ExitStack
from dataclasses import dataclass

import pytest
from flask import Flask
from sqlalchemy import update
from sqlalchemy.orm import Session

from tests import factories
from tests.apps import put_down
from tests.databases import Databases
from tests.factories import settings_for
from tests.integration.conftest import KINDS
from tests.markup import form_fields
from tests.servers import Answer, HttpBrowser, RunningServer, cache_server, running_servers
from webapp.accounts.models import User, UserProfile
from webapp.app import create_app
from webapp.db.session import current_session

xdist_group = pytest.mark.xdist_group


@dataclass(frozen=True)
class Running:
    """Two servers of one process each, and an application on their database."""

    servers: tuple[RunningServer, ...]
    app: Flask


@pytest.fixture(
    scope="module",
    # In a group, so that only one process of the tests starts each pair.
    params=[
        pytest.param(
            (kind, cache), marks=[*KINDS[kind], *more, xdist_group(f"{kind} {cache}")], id=f"{kind}-{cache}"
        )
        for kind, cache, *more in (
            ("sqlite", "in-process cache"),
            ("sqlite", "valkey", pytest.mark.thorough),
            ("postgresql", "in-process cache", pytest.mark.thorough),
            ("postgresql", "valkey"),
        )
    ],
)
def running(
    request: pytest.FixtureRequest, databases: Databases, tmp_path_factory: pytest.TempPathFactory
) -> Iterator[Running]:
    """Run the servers for all tests, each of which has people of its own."""
    kind, kept_in = request.param
    folder = tmp_path_factory.mktemp("servers")
    with ExitStack() as stack:
        settings = {}
        if kept_in == "valkey":
            valkey = stack.enter_context(cache_server())
            settings["cache_url"] = f"valkey://127.0.0.1:{valkey.port}"
        database = stack.enter_context(databases.create(kind))
        app = create_app(settings_for(database.instance_dir, database.url))
        stack.callback(put_down, app)
        yield Running(stack.enter_context(running_servers(folder, database.url, **settings)), app)


@pytest.fixture
def pair(running: Running) -> tuple[RunningServer, ...]:
    """Return the two servers."""
    return running.servers


@pytest.fixture
def session(running: Running) -> Iterator[Session]:
    """Return a session on their database."""
    with running.app.app_context():
        yield current_session()


def test_a_write_on_one_worker_is_seen_by_the_next_read_on_the_other(
    pair: tuple[RunningServer, RunningServer], session: Session
) -> None:
    one, other = pair
    owner = factories.person()
    browser = HttpBrowser(one)
    browser.sign_in(owner)
    reader = HttpBrowser(other, browser.cookies)

    assert "gobstopper" not in reader.get("/plugins/").text
    saved = factories.plugin(owner, name="gobstopper", description="The first description of it.")
    for here in (browser, reader):
        assert "gobstopper" in here.get("/plugins/").text
        assert "The first description" in here.get(f"/plugins/{saved.locator}/").text

    for number in range(3):
        description = f"Description number {number} of it, written on one worker."
        _save(browser, f"/plugins/{saved.locator}/edit", description)
        assert description in reader.get(f"/plugins/{saved.locator}/").text
        assert description in reader.get("/plugins/").text


def test_an_unchanged_list_is_a_304_on_both_until_either_has_written(
    pair: tuple[RunningServer, RunningServer], session: Session
) -> None:
    one, other = pair
    owner = factories.person()
    browser = HttpBrowser(one)
    browser.sign_in(owner)
    reader = HttpBrowser(other, browser.cookies)
    factories.plugin(owner, name="gobstopper")
    browser.get("/plugins/")  # Shows, and so ends, whatever the sign-in had to say.
    tag = browser.get("/plugins/").headers["etag"]
    assert reader.get("/plugins/", If_None_Match=tag).status == 304
    factories.plugin(owner, name="sherbet")
    answer = reader.get("/plugins/", If_None_Match=tag)
    assert (answer.status, "sherbet" in answer.text) == (200, True)


def test_signing_out_on_one_worker_ends_the_session_on_the_other(
    pair: tuple[RunningServer, RunningServer], session: Session
) -> None:
    one, other = pair
    owner = factories.person()
    browser = HttpBrowser(one)
    browser.sign_in(owner)
    copied = HttpBrowser(other, dict(browser.cookies))
    assert copied.get("/plugins/").status == 200
    page = browser.get("/plugins/").tree
    form = page.one("form", action="/logout")
    assert browser.post("/logout", form_fields(form)).status in (302, 303)
    assert copied.get("/plugins/").status in (302, 303)


def test_a_change_of_role_counts_at_the_next_request_on_both(
    pair: tuple[RunningServer, RunningServer], session: Session
) -> None:
    one, other = pair
    owner = factories.person()
    saved = factories.plugin(owner, name="gobstopper")
    colleague = factories.person(of=owner.account)
    browser = HttpBrowser(one)
    browser.sign_in(colleague)
    both = (browser, HttpBrowser(other, browser.cookies))
    for role, status in (("member", 403), ("staff", 200), ("member", 403)):
        session.execute(update(UserProfile).where(UserProfile.id == colleague.profile_id).values(role=role))
        session.commit()
        for here in both:
            assert here.get(f"/plugins/{saved.locator}/edit").status == status, role
    session.execute(update(User).where(User.id == colleague.user_id).values(is_active=False))
    session.commit()
    for here in both:
        assert here.get("/plugins/").status == 302


def _save(browser: HttpBrowser, path: str, description: str) -> Answer:
    page = browser.get(path).tree
    forms = [form for form in page.all("form", None, method="post") if "logout" not in form["action"]]
    fields = [(key, value) for key, value in form_fields(forms[0]) if key != "description"]
    answer = browser.post(path, [*fields, ("description", description)])
    assert answer.status in (302, 303), answer.text
    return answer
