"""The pages of the help: for everybody, linked to each other, and found from where a word stands."""

from __future__ import annotations

import pytest
from sqlalchemy.orm import Session

from tests import factories
from tests.pages import PageClient, sign_in
from webapp.help.concepts import CONCEPTS

pytestmark = pytest.mark.sqlite_only


def test_everybody_may_read_the_help_and_no_cookie_is_set(client: PageClient) -> None:
    for path in ("/help/", *(f"/help/{concept.word}" for concept in CONCEPTS)):
        answer = client.get(path)
        assert answer.status_code == 200, path
        assert "Set-Cookie" not in answer.headers, path


def test_the_index_names_every_concept_in_one_line(client: PageClient) -> None:
    page = client.page("/help/")
    for concept in CONCEPTS:
        assert page.one("a", href=f"/help/{concept.word}").text == concept.title
        assert concept.line in page.text


def test_a_page_leads_to_the_one_before_and_after(client: PageClient) -> None:
    seen, path = [], "/help/plugin"
    while path:
        page = client.page(path)
        seen.append(page.one("h1").text)
        assert page.one("a", rel="prev") if len(seen) > 1 else page.find("a", rel="prev") is None
        following = page.find("a", rel="next")
        path = following["href"] if following else ""
    assert seen == [concept.title for concept in CONCEPTS]


def test_every_link_of_the_help_leads_somewhere(client: PageClient, session: Session) -> None:
    sign_in(client, factories.person())
    asked: set[str] = set()
    for concept in CONCEPTS:
        for link in client.page(f"/help/{concept.word}").one("main").all("a"):
            if link["href"] not in asked:
                asked.add(link["href"])
                assert client.get(link["href"]).status_code == 200, link


def test_an_example_can_be_copied_and_stands_in_the_page_as_written(client: PageClient) -> None:
    for concept in CONCEPTS:
        page = client.page(f"/help/{concept.word}")
        lines = [line.raw.strip("\n") for line in page.one("pre", id="example-text").all("span", class_="l")]
        assert "\n".join(lines) == concept.example.text.strip("\n")


@pytest.mark.parametrize("word", ["nonsense", "Plugin", "selectors", "%00", "../plugins", "x" * 2_000])
def test_an_unknown_concept_is_not_found(client: PageClient, word: str) -> None:
    assert client.get(f"/help/{word}").status_code == 404


def test_somebody_who_is_signed_in_finds_the_help_in_their_menu(client: PageClient, session: Session) -> None:
    sign_in(client, factories.person())
    menu = client.page("/help/tag").one("div", id="user-menu")
    assert menu.one("a", href="/help/")["aria-current"] == "true"
    assert client.page("/plugins/").one("div", id="user-menu").one("a", href="/help/").text == "Help"


def test_somebody_who_is_not_signed_in_sees_the_way_in_and_no_menu(client: PageClient) -> None:
    page = client.page("/help/secret")
    assert page.find("div", id="user-menu") is None
    assert page.one("header", class_="top").one("a", text="Sign in")["href"] == "/login"
    assert client.page("/login").one("a", href="/help/").text == "Help"


def test_a_record_explains_its_words(client: PageClient, session: Session) -> None:
    owner = factories.person()
    saved = factories.plugin(owner, factories.api_values())
    sign_in(client, owner)
    page = client.page(f"/plugins/{saved.locator}/").one("main")
    for word in ("selector", "prompt", "data", "connection", "tag", "annotation", "locator", "revision"):
        (link,) = page.all("a", href=f"/help/{word}")
        assert link["aria-label"].startswith("What is")
        assert "target" not in link


def test_a_form_explains_its_words_in_another_tab(client: PageClient, session: Session) -> None:
    sign_in(client, factories.person())
    for path, words in (
        ("/plugins/new", ("plugin", "selector", "prompt", "data", "tag", "annotation")),
        ("/manifests/", ("manifest",)),
    ):
        for word in words:
            link = client.page(path).one("main").one("a", href=f"/help/{word}")
            assert (link["target"], link["rel"]) == ("_blank", "noopener")
            assert "new tab" in link["title"]
