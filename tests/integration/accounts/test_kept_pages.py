"""A page asked for twice is kept while it is true, for the login session that it was made for and nobody else."""

from __future__ import annotations

import pytest
from flask import Flask
from sqlalchemy.orm import Session

from tests import factories
from tests.databases import count_statements
from tests.factories import Person, plugin_values, viewer_of
from tests.pages import PageClient, sign_in
from webapp.accounts.models import UserProfile
from webapp.db.session import transaction
from webapp.plugins import service
from webapp.plugins.usage_values import Occasion, Use


@pytest.fixture
def ann(session: Session) -> Person:
    """Return somebody with one plugin."""
    return factories.person()


def token_of(page: str) -> str:
    return page.partition('{"X-CSRFToken": "')[2].partition('"')[0]


@pytest.mark.parametrize(("page", "statements"), [("", 1), ("{}/", 2), ("{}/edit", 2)])
def test_a_page_is_kept_once_it_is_asked_for_again_until_the_next_write(
    client: PageClient, ann: Person, page: str, statements: int
) -> None:
    saved = factories.plugin(ann, plugin_values("toffee"))
    sign_in(client, ann)
    path = f"/plugins/{page.format(saved.locator)}"
    client.page(path)
    client.page(path)
    with count_statements() as sent:
        client.page(path)
    # Who asks; for a record what chatbots did with it, for its form what was typed and not saved.
    assert len(sent) == statements
    service.update_field(viewer_of(ann), saved.id, saved.revision, "description", "Softer than it looks.")
    assert "Softer than it looks." in client.get(path).text


def test_the_token_of_a_kept_page_is_that_of_the_request(client: PageClient, app: Flask, ann: Person) -> None:
    saved = factories.plugin(ann)
    sign_in(client, ann)
    _, first, second = (client.get("/plugins/").text for _ in range(3))
    token = token_of(second)
    assert token
    assert second.count(token) == first.count(token_of(first)) > 1
    answer = client.post("/plugins/star", data={"star": saved.locator, "csrf_token": token}, csrf=False)
    assert answer.status_code == 303


def test_each_opening_of_a_kept_form_has_a_draft_of_its_own(client: PageClient, ann: Person) -> None:
    path = f"/plugins/{factories.plugin(ann).locator}/edit"
    sign_in(client, ann)
    tokens = {client.page(path).one("input", name="draft")["value"] for _ in range(4)}
    assert [len(token) for token in tokens] == [43] * 4


def test_a_kept_form_is_refused_once_the_right_is_gone(
    client: PageClient, session: Session, ann: Person
) -> None:
    boss = factories.person(of=ann.account, role="staff")
    path = f"/plugins/{factories.plugin(ann).locator}/edit"
    sign_in(client, boss)
    for _ in range(3):
        client.page(path)
    with transaction() as opened:
        opened.get_one(UserProfile, boss.profile_id).role = "member"
    client.page(path, 403)


def test_two_sessions_of_one_person_share_no_page(app: Flask, ann: Person) -> None:
    factories.plugin(ann)
    pages = []
    for _ in range(2):
        client = app.test_client()
        sign_in(client, ann)
        pages.append([client.get("/plugins/").text for _ in range(3)][-1])
    assert token_of(pages[0]) != token_of(pages[1])
    assert token_of(pages[0]) not in pages[1]


def test_what_chatbots_do_shows_at_once_although_it_is_no_write(client: PageClient, ann: Person) -> None:
    saved = factories.plugin(ann)
    sign_in(client, ann)
    path = f"/plugins/{saved.locator}/"
    client.page(path)
    client.page(path)
    service.link_chatbot(viewer_of(ann), saved.id, "willy")
    service.record_use(viewer_of(ann), saved.id, Use(Occasion("willy")))
    assert "willy" in client.get(path).text


def test_a_superuser_sees_other_accounts_as_they_are_now(client: PageClient, ann: Person) -> None:
    saved = factories.plugin(ann, plugin_values("toffee"))
    sign_in(client, factories.person(role="superuser"))
    path = f"/plugins/{saved.locator}/"
    client.page(path)
    client.page(path)
    service.update_field(viewer_of(ann), saved.id, saved.revision, "description", "Softer than it looks.")
    assert "Softer than it looks." in client.get(path).text
    assert "Softer than it looks." in client.get("/plugins/?scope=all").text


def test_a_record_that_is_deleted_is_not_kept(client: PageClient, ann: Person) -> None:
    saved = factories.plugin(ann)
    sign_in(client, ann)
    path = f"/plugins/{saved.locator}/"
    client.page(path)
    client.page(path)
    service.delete_plugin(viewer_of(ann), saved.id, saved.revision)
    assert "moved it to the bin" in client.get(path).text


def test_the_list_around_a_record_is_that_of_the_page_htmx_acts_on(client: PageClient, ann: Person) -> None:
    first = factories.plugin(ann, plugin_values("alpha"))
    factories.plugin(ann, plugin_values("bravo"))
    sign_in(client, ann)
    path = f"/plugins/{first.locator}/"
    assert "Next" not in client.get(path, headers={"HX-Request": "true", "HX-Request-Type": "full"}).text
    page = f"http://localhost{path}?in=sort%3Dname"
    walked = client.get(
        path, headers={"HX-Request": "true", "HX-Request-Type": "full", "HX-Current-URL": page}
    )
    assert "bravo" in walked.text
