"""Hostile YAML through the upload page: a clear answer, the text kept, never an error of ours."""

from __future__ import annotations

from io import BytesIO

import pytest
from sqlalchemy import select
from sqlalchemy.orm import Session

from tests.hostile_yaml import NO_MANIFEST, REFUSED
from tests.integration.manifests import samples
from tests.integration.manifests.conftest import Sender
from tests.pages import tree
from webapp.plugins.models import PluginMeta

# As the text of one file each: a browser sends a file as its bytes.
FILES = [
    (case.name, case.content if isinstance(case.content, bytes) else case.content.encode())
    for case in REFUSED
    if case.line and (isinstance(case.content, bytes) or not any("\ud800" <= sign <= "\udfff" for sign in case.content))
]  # fmt: skip


def test_all_at_once_are_answered_in_one_page(send: Sender, session: Session) -> None:
    files = [(BytesIO(content), f"{number}.yaml") for number, (_, content) in enumerate(FILES)]
    answer = send(text=samples.static(), files=files)
    assert answer.status_code == 422
    page = tree(answer)
    assert len(page.all("span", class_="badge")) >= len(FILES) + 1
    assert "Nothing is written." in page.one(id="problems").text
    assert not session.scalars(select(PluginMeta)).all()


@pytest.mark.parametrize("press", ["apply", "check"])
@pytest.mark.parametrize(
    "name", ["NUL", "laughs", "utf-16 bom", "latin-1", "deep flow", "tab indent", "crlf"]
)
def test_each_is_answered_with_its_sentence(send: Sender, name: str, press: str) -> None:
    [case] = [case for case in REFUSED if case.name == name]
    content = case.content if isinstance(case.content, bytes) else case.content.encode()
    answer = send(press, files=[(BytesIO(content), "x.yaml")])
    assert answer.status_code == 422
    problems = tree(answer).one(id="problems")
    assert f"line {case.line}, column {case.column}" in problems.text
    assert case.message in problems.text


def test_what_is_no_manifest_is_a_422_too(send: Sender) -> None:
    for _, text in NO_MANIFEST:
        assert send(text=text).status_code == 422


def test_a_pasted_hostile_text_comes_back_as_it_was(send: Sender) -> None:
    for case in REFUSED:
        if isinstance(case.content, str) and case.content.isprintable() and case.content.strip():
            page = tree(send(text=case.content))
            children = page.one("textarea", id="text").children
            assert "".join(child for child in children if isinstance(child, str)).strip("\n") == case.content


def test_a_directive_is_a_word_in_the_plan(send: Sender, session: Session) -> None:
    page = tree(send(text=f"%YAML 1.1\n---\n{samples.static()}"))
    assert "1 document applied" in page.text
    assert "Manifests are read as YAML 1.2, whatever this line says" in page.text
