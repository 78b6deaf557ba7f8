"""The check while somebody types: the same problems as those of the plan, nothing written, nothing told to others."""

from __future__ import annotations

from typing import Any

import pytest
from flask import Flask
from sqlalchemy import func, select
from sqlalchemy.orm import Session

from tests import factories
from tests.factories import Person
from tests.integration.manifests import samples
from tests.pages import PageClient, sign_in
from webapp.history.models import Revision
from webapp.plugins.models import PluginMeta

JSON = {"Accept": "application/json"}


@pytest.fixture
def check(client: PageClient, member: Person) -> Any:
    """Return a function that checks texts as the signed-in member."""
    sign_in(client, member)

    def make(text: str = "", **fields: Any) -> Any:
        data = {"text": text, **fields}
        answer = client.post("/manifests/check", data=data, content_type="multipart/form-data", headers=JSON)
        assert answer.status_code == 200
        assert answer.headers["Cache-Control"] == "no-store"
        return answer.get_json()

    return make


def test_problems_have_their_places_and_fixes(check: Any) -> None:
    told = check(samples.BROKEN)
    assert (told["errors"], told["summary"]) == (3, "")
    first, second, third = told["problems"]
    assert (first["line"], first["column"], first["end"]) == (6, 12, 15)
    assert first["fix"]["text"] == '"1.1.0"'
    assert second["fix"]["label"] == "Rename to tags"
    assert third["path"] == "spec.data.staticData"
    assert {problem["source"] for problem in told["problems"]} == {0}


def test_carried_texts_are_checked_with_the_pasted_one(check: Any) -> None:
    told = check(
        samples.static(),
        source_name=["a.yaml", "b.yaml"],
        source_text=[samples.static("one"), samples.BROKEN],
    )
    assert {problem["source"] for problem in told["problems"]} == {2}
    told = check("", source_name="b.yaml", source_text=samples.BROKEN)
    assert {problem["source"] for problem in told["problems"]} == {0}


def test_what_would_happen_is_said_and_nothing_is_written(
    check: Any, session: Session, member: Person
) -> None:
    assert check(samples.static())["summary"] == "Plugin lighthouse: create"
    assert session.scalar(select(func.count()).select_from(PluginMeta)) == 0
    factories.plugin(member, name="lighthouse")
    writes = session.scalar(select(func.count()).select_from(Revision))
    told = check(samples.static())
    assert told["summary"].startswith("Plugin lighthouse: update, ")
    session.rollback()
    assert session.scalar(select(func.count()).select_from(Revision)) == writes


def test_notices_are_told_as_such(check: Any) -> None:
    told = check(samples.sql())
    assert (told["errors"], told["notices"]) == (0, 1)
    [notice] = told["problems"]
    assert (notice["severity"], notice["path"]) == ("notice", "spec.connection")


def test_the_plugin_of_a_stranger_tells_nothing(check: Any, session: Session) -> None:
    factories.plugin(factories.person(), name="lighthouse")
    assert check(samples.static())["summary"] == "Plugin lighthouse: create"


def test_the_value_of_a_secret_stands_in_no_sentence(check: Any) -> None:
    told = check(
        samples.secret(value="[hush, hush]") + "  more: xyzzy\n" + samples.SECRET.replace("VALUE", "1.10")
    )
    assert told["errors"]
    for problem in told["problems"]:
        said = [
            problem["message"],
            problem["hint"] or "",
            problem["path"],
            problem.get("fix", {}).get("label", ""),
        ]
        assert "hush" not in " ".join(said)
        assert "1.10" not in " ".join(said)


@pytest.mark.parametrize(
    "text", ["", "\x00", "\t- a", "a: &a [*a]", "%TAG ! x\n---\n", "[[[[", "- " * 500, "\ud7ff: 💥 [", "﻿a: 1"]
)
def test_no_text_breaks_it(check: Any, text: str) -> None:
    assert check(text)["errors"] >= 1


def test_what_is_too_large_to_be_checked_at_every_pause_is_refused(
    app: Flask, client: PageClient, member: Person
) -> None:
    sign_in(client, member)
    body = b"text=" + b"a" * app.config["MAX_CONTENT_LENGTH"]
    form = "application/x-www-form-urlencoded"
    answer = client.post("/manifests/check", data=body, content_type=form, headers=JSON)
    assert answer.status_code == 413


def test_a_failed_token_is_refused(client: PageClient, member: Person) -> None:
    sign_in(client, member)
    answer = client.post("/manifests/check", data={"text": "a"}, csrf=False, headers=JSON)
    assert answer.status_code == 400


def test_somebody_whose_session_has_ended_is_told_so(client: PageClient) -> None:
    answer = client.post("/manifests/check", data={"text": "a"}, headers=JSON)
    assert answer.status_code == 401
    assert answer.is_json
