"""Filters by annotations and by missing tags, in the page."""

from __future__ import annotations

from urllib.parse import quote

import pytest
from sqlalchemy import select
from sqlalchemy.orm import Session

from tests import factories
from tests.factories import Person, plugin_values, viewer_of
from tests.integration.plugins.test_stars import names
from tests.pages import PARTIAL, PageClient, sign_in
from webapp.plugins.models import PluginAnnotation
from webapp.plugins.queries import annotated, lists
from webapp.plugins.queries.criteria import Annotated
from webapp.plugins.service import bin_unmoved, delete_plugin, restore_plugin, update_plugin


@pytest.fixture
def ann(session: Session, client: PageClient) -> Person:
    """Return somebody who is signed in, with plugins that have annotations of all kinds."""
    person = factories.person("ann")
    for name, tags, noted in (
        ("growth_one", ("red",), ({"team": "growth"}, {"review/due": True})),
        ("growth_two", (), ({"team": "growth"}, {"team": "sales"}, {"limit": 1.50})),
        ("spaced", ("red", "blue"), ({"note": " two words: and a colon "},)),
        ("listed", (), ({"people": ["Ann", "Bob"]}, {"url": "https://example.com/a?b=c&d"})),
        ("long_one", ("red",), ({"note": "x" * 300},)),
    ):
        factories.plugin(person, plugin_values(name, tags=tags, annotations=noted))
    sign_in(client, person)
    return person


def listed(client: PageClient, *annotations: str, more: str = "") -> list[str]:
    query = "&".join(f"annotation={quote(text, safe='')}" for text in annotations)
    return sorted(names(client.page(f"/plugins/?{query}{more}")))


@pytest.mark.parametrize(
    ("wanted", "found"),
    [
        (("team",), ["growth_one", "growth_two"]),
        (("team:growth",), ["growth_one", "growth_two"]),
        (("team:sales",), ["growth_two"]),
        (("team:growth", "team:sales"), ["growth_two"]),
        (("team:grow",), []),
        (("team:Growth",), []),
        (("TEAM",), []),
        (("team:",), []),
        (("review/due:true",), ["growth_one"]),
        (("limit:1.5",), ["growth_two"]),
        (("note:two words: and a colon",), ["spaced"]),
        (('people:["Ann", "Bob"]',), ["listed"]),
        (("url:https://example.com/a?b=c&d",), ["listed"]),
        (("note:" + "x" * 300,), ["long_one"]),
        (("note:" + "x" * 299,), []),
    ],
)
def test_an_annotation_filters_by_key_or_by_key_and_exact_value(
    client: PageClient, ann: Person, wanted: tuple[str, ...], found: list[str]
) -> None:
    assert listed(client, *wanted) == found


def test_every_link_of_the_page_keeps_the_annotation_and_its_chip_takes_it_off(
    client: PageClient, ann: Person
) -> None:
    page = client.page("/plugins/?annotation=team%3Agrowth&sort=name")
    assert page.one("title").text == "team: growth · Plugins · Plugdeck"
    chip = page.one("span", class_="chip")
    assert chip.text == "Annotation team: growth"
    assert chip.one("a")["href"] == "/plugins/?sort=name"
    assert page.one("a", id="f-class-static")["href"].startswith(
        "/plugins/?annotation=team%3Agrowth&class=static"
    )
    assert page.one("span", id="count").text == "2 of 5 plugins"
    assert page.one("a", id="clear")["href"] == "/plugins/?sort=name"


def test_the_export_follows_the_filter(client: PageClient, ann: Person) -> None:
    text = client.get("/plugins/export?annotation=team%3Asales&format=csv").get_data(as_text=True)
    assert "growth_two" in text
    assert "growth_one" not in text


def test_a_bad_annotation_is_named(client: PageClient, ann: Person) -> None:
    for text in ("b%C3%A4d", "a%20b", "%3Avalue", "x" * 256, "team%3A" + "x" * 2049):
        page = client.page(f"/plugins/?annotation={text}", 400)
        assert "annotation=" in page.text
    eleven = "&".join(f"annotation=key{number}" for number in range(11))
    assert "annotation is given 11 times" in client.page(f"/plugins/?{eleven}", 400).text


def test_the_form_of_the_rail_adds_an_annotation(client: PageClient, ann: Person) -> None:
    response = client.get("/plugins/annotations?tag=red&sort=name&key=team&value=growth")
    assert (response.status_code, response.location) == (
        303,
        "/plugins/?tag=red&annotation=team%3Agrowth&sort=name",
    )
    assert client.get("/plugins/annotations?key=team&value=").location == "/plugins/?annotation=team"
    assert client.get("/plugins/annotations?key=&value=").location == "/plugins/"
    assert client.get("/plugins/annotations?key=a%20b&value=").status_code == 400


def test_the_form_offers_the_keys_in_sight_and_no_others(client: PageClient, ann: Person) -> None:
    factories.plugin(factories.person("eve"), plugin_values(annotations=({"secret-key": 1},)))
    odette = factories.person("odette", of=factories.platform())
    factories.plugin(odette, plugin_values(annotations=({"zone": 1}, {"team": "platform"})))
    options = client.fragment("/plugins/annotations/keys").all("option")
    assert [option["value"] for option in options] == [
        "limit",
        "note",
        "people",
        "review/due",
        "team",
        "url",
        "zone",
    ]


def test_an_annotation_of_another_account_is_not_found(client: PageClient, ann: Person) -> None:
    factories.plugin(factories.person("eve"), plugin_values("theirs", annotations=({"team": "growth"},)))
    assert listed(client, "team:growth", more="&scope=all") == ["growth_one", "growth_two"]
    root = factories.person("root", of=ann.account, role="superuser")
    sign_in(client, root)
    assert listed(client, "team:growth", more="&scope=all") == ["growth_one", "growth_two", "theirs"]


def test_the_rows_follow_every_write(client: PageClient, ann: Person, session: Session) -> None:
    def keys() -> list[str]:
        session.rollback()
        return list(
            session.scalars(
                select(PluginAnnotation.key)
                .where(PluginAnnotation.plugin_id == saved.id)
                .order_by(PluginAnnotation.position)
            )
        )

    viewer = viewer_of(ann)
    values = plugin_values("followed", annotations=({"a": 1}, {"b": 2}))
    saved = factories.plugin(ann, values)
    assert keys() == ["a", "b"]
    changed = plugin_values("followed", annotations=({"c": 3},))
    saved = update_plugin(viewer, saved.id, saved.revision, changed)
    assert keys() == ["c"]
    saved = delete_plugin(viewer, saved.id, saved.revision)
    assert keys() == []
    saved = restore_plugin(viewer, saved.id, saved.revision)
    assert keys() == ["c"]
    assert bin_unmoved(viewer, {saved.id: saved.revision}) == {saved.id}
    assert keys() == []


def test_a_rare_annotation_of_a_large_account_is_counted_first(
    session: Session, ann: Person, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(lists, "PROBED_FROM", 0)
    counted = annotated.count_annotated(
        session, [(ann.account.id, Annotated("team")), (None, Annotated("nowhere"))], [10, 10]
    )
    assert counted == (2, 0)


# ---- untagged -------------------------------------------------------------------------------------------------


def test_untagged_shows_what_has_no_tag(client: PageClient, ann: Person) -> None:
    page = client.page("/plugins/")
    link = page.one("a", id="f-untagged")
    assert link.text == "Untagged2"
    page = client.page(link["href"])
    assert sorted(names(page)) == ["growth_two", "listed"]
    assert page.one("a", id="f-untagged")["aria-current"] == "true"
    assert page.one("span", class_="chip").text.startswith("Only untagged")
    assert client.page("/plugins/?tag=red").one("a", id="f-untagged")["href"] == "/plugins/?untagged=yes"


def test_a_tag_on_what_is_untagged_says_why_nothing_matches(client: PageClient, ann: Person) -> None:
    page = client.page("/plugins/?untagged=yes&tag=red")
    assert names(page) == []
    assert "What is untagged carries no tag" in page.one("div", id="nothing").text
    assert client.page("/plugins/?untagged=no", 400)
    assert "untagged=no" in client.page("/plugins/?untagged=no", 400).text


def test_a_fragment_of_a_filtered_list_pushes_its_address(client: PageClient, ann: Person) -> None:
    response = client.get("/plugins/?annotation=team&untagged=yes", headers=PARTIAL)
    assert response.headers["HX-Push-Url"] == "/plugins/?annotation=team&untagged=yes"
