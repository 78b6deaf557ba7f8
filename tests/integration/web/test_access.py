"""Every route against every kind of asker: nobody, a stranger, a colleague, staff, a superuser, another site."""

from __future__ import annotations

import re
from dataclasses import dataclass

import pytest
from flask import Flask
from sqlalchemy import func, select
from sqlalchemy.orm import Session

from tests import factories
from tests.architecture.test_routes import PUBLIC
from tests.pages import PARTIAL, PageClient, sign_in
from webapp.history.models import Revision
from webapp.plugins.models import PluginMeta

STATIC_ARGUMENTS = {"kind": "Plugin", "concept": "plugin", "field": "version", "act": "tag"}


@dataclass(frozen=True)
class Place:
    """One address with the methods it takes."""

    path: str
    method: str
    endpoint: str


def _places(app: Flask, locator: str) -> list[Place]:
    found = []
    with app.test_request_context():
        for rule in app.url_map.iter_rules():
            arguments = {name: STATIC_ARGUMENTS.get(name, locator) for name in rule.arguments}
            for method in sorted((rule.methods or set()) - {"HEAD", "OPTIONS"}):
                found.append(Place(app.url_for(rule.endpoint, **arguments), method, rule.endpoint))
    return found


def _writes(session: Session) -> tuple[int, int]:
    session.rollback()
    counts = [
        session.scalar(select(func.count()).select_from(model)) or 0 for model in (PluginMeta, Revision)
    ]
    return counts[0], counts[1]


def test_nobody_gets_anything_but_the_public_pages(app: Flask, session: Session) -> None:
    saved = factories.plugin(factories.person(), name="topsecret")
    before = _writes(session)
    for place in _places(app, saved.locator):
        if place.endpoint in PUBLIC:
            continue
        client = app.test_client()
        answer = client.open(place.path, method=place.method)
        if place.method == "GET":
            assert answer.status_code in (302, 303), place
            assert answer.headers["Location"].startswith("/login"), place
        else:
            assert answer.status_code in (302, 303, 400, 401, 403), place
        assert "topsecret" not in answer.get_data(as_text=True), place
    assert _writes(session) == before


def test_a_fragment_for_nobody_is_the_sign_in_page_and_no_data(app: Flask, session: Session) -> None:
    saved = factories.plugin(factories.person(), name="topsecret")
    for place in _places(app, saved.locator):
        if place.endpoint in PUBLIC or place.method != "GET":
            continue
        answer = app.test_client().get(place.path, headers=PARTIAL)
        assert answer.status_code in (200, 302, 303, 401, 403), place
        assert "topsecret" not in answer.get_data(as_text=True), place


def test_a_stranger_gets_the_same_404_for_a_foreign_record_as_for_none(app: Flask, session: Session) -> None:
    saved = factories.plugin(factories.person(), name="topsecret")
    client = app.test_client()
    sign_in(client, factories.person(role="staff"))
    before = _writes(session)
    nothing = PluginMeta(id=987_654).record_locator
    assert nothing is not None
    for foreign, missing in zip(_places(app, saved.locator), _places(app, nothing), strict=True):
        if saved.locator not in foreign.path:
            continue
        answers = [
            client.open(
                place.path,
                method=place.method,
                data={"name": "x", "revision": "1"} if place.method == "POST" else None,
            )
            for place in (foreign, missing)
        ]
        assert [answer.status_code for answer in answers] == [404, 404], foreign
        texts = {_without_request(answer.get_data(as_text=True)) for answer in answers}
        if foreign.method == "GET":
            assert len(texts) == 1, foreign
        assert "topsecret" not in "".join(texts)
    assert _writes(session) == before


def _without_request(text: str) -> str:
    text = re.sub(r"[0-9a-f]{16}", "ID", text)
    return re.sub(r'"X-CSRFToken": "[^"]*"|name="csrf_token" value="[^"]*"', "TOKEN", text)


def test_a_colleague_reads_but_does_not_write(app: Flask, session: Session) -> None:
    owner = factories.person()
    saved = factories.plugin(owner)
    client = app.test_client()
    sign_in(client, factories.person(of=owner.account))
    before = _writes(session)
    assert client.get(f"/plugins/{saved.locator}/").status_code == 200
    assert client.get(f"/plugins/{saved.locator}/edit").status_code == 403
    answer = client.post(
        f"/plugins/{saved.locator}/edit", data={"revision": "1", "name": "taken_over", "action": "save"}
    )
    assert answer.status_code == 403
    assert _writes(session) == before


@pytest.mark.parametrize("role", ["owner", "staff", "superuser"])
def test_who_manages_a_record_may_edit_it(app: Flask, session: Session, role: str) -> None:
    owner = factories.person()
    saved = factories.plugin(owner)
    somebody = {
        "owner": owner,
        "staff": factories.person(role="staff", of=owner.account),
        "superuser": factories.person(role="superuser"),
    }[role]
    client = app.test_client()
    assert isinstance(client, PageClient)
    sign_in(client, somebody)
    page = client.page(f"/plugins/{saved.locator}/edit")
    path = f"/plugins/{saved.locator}/edit"
    answer = client.submit(
        page, {"version": "2.0.0"}, path=path, form={"id": "edit-form"}, button="Save changes"
    )
    assert answer.status_code == 303, answer.status
    session.expire_all()
    assert session.get_one(PluginMeta, saved.id).version == "2.0.0"


def test_staff_of_another_account_manages_nothing_of_the_platform(app: Flask, session: Session) -> None:
    common = factories.plugin(factories.person(of=factories.platform()), name="common")
    client = app.test_client()
    sign_in(client, factories.person(role="staff"))
    assert client.get(f"/plugins/{common.locator}/").status_code == 200
    assert client.get(f"/plugins/{common.locator}/edit").status_code == 403


def test_no_unsafe_request_without_a_token_writes(app: Flask, session: Session) -> None:
    owner = factories.person()
    saved = factories.plugin(owner)
    client = app.test_client()
    sign_in(client, owner)
    before = _writes(session)
    for place in _places(app, saved.locator):
        if place.method == "GET":
            continue
        answer = client.open(
            place.path,
            method=place.method,
            csrf=False,
            data={"name": "forged", "text": "kind: Plugin", "action": "save"},
        )
        # Who is signed in already is sent on from the sign-in page, whatever was posted to it.
        allowed = (303,) if place.endpoint == "accounts.sign_in" else (400, 403, 404, 422)
        assert answer.status_code in allowed, (place, answer.status)
    assert _writes(session) == before
    assert (
        client.get("/plugins/").status_code == 200
    )  # Still signed in: the forged sign-out did nothing either.


@pytest.mark.parametrize(
    "headers",
    [
        {"Sec-Fetch-Site": "cross-site"},
        {"Sec-Fetch-Site": "same-site"},
        {"Origin": "https://evil.example"},
        {"Origin": "null"},
    ],
)
def test_another_site_cannot_write_even_with_a_token(
    app: Flask, session: Session, headers: dict[str, str]
) -> None:
    owner = factories.person()
    saved = factories.plugin(owner)
    client = app.test_client()
    sign_in(client, owner)
    before = _writes(session)
    for place in _places(app, saved.locator):
        if place.method == "POST":
            assert client.post(place.path, headers=headers, data={"name": "forged"}).status_code == 403, place
    assert _writes(session) == before


def test_a_token_of_another_session_is_worth_nothing(app: Flask, session: Session) -> None:
    owner = factories.person()
    saved = factories.plugin(owner)
    stranger, client = app.test_client(), app.test_client()
    assert isinstance(stranger, PageClient)
    sign_in(stranger, factories.person())
    sign_in(client, owner)
    answer = client.post(
        f"/plugins/{saved.locator}/edit",
        csrf=False,
        headers={"X-CSRFToken": stranger.csrf_token()},
        data={"revision": "1", "name": "forged"},
    )
    assert answer.status_code in (400, 422)


@pytest.mark.parametrize("method", ["PUT", "DELETE", "PATCH", "TRACE"])
def test_other_methods_are_refused(app: Flask, session: Session, method: str) -> None:
    owner = factories.person()
    saved = factories.plugin(owner)
    client = app.test_client()
    sign_in(client, owner)
    answer = client.open(f"/plugins/{saved.locator}/", method=method)
    assert answer.status_code == 405
    assert "GET" in answer.headers["Allow"]
