"""The page of the overview: its numbers, where each leads, who sees which, and what it costs."""

from __future__ import annotations

import re
from urllib.parse import parse_qs, urlsplit

import pytest
from sqlalchemy import update
from sqlalchemy.orm import Session

from tests import factories
from tests.databases import count_statements
from tests.factories import Person, plugin_values, viewer_of
from tests.markup import Element
from tests.pages import PageClient, sign_in
from webapp.accounts.models import User
from webapp.db.session import transaction
from webapp.plugins import service
from webapp.plugins.usage_values import Use

OVERVIEW = "/overview/"


def stats(page: Element) -> dict[str, str]:
    """Return the numbers on top by their name."""
    found = {}
    for link in page.one("div", class_="stats").all("a"):
        label = link.text.split(link.one("b").text)[0]
        found[label] = link.one("b").text
    return found


def box(page: Element, heading: str) -> Element:
    return next(
        part
        for part in page.all("section", class_="box")
        if part.all("h2") and part.all("h2")[0].text == heading
    )


def test_the_numbers_are_those_of_the_account(client: PageClient, ann: Person) -> None:
    colleague = factories.person(of=ann.account)
    factories.plugin(ann, plugin_values("fudge"))
    factories.plugin(colleague, plugin_values("toffee", selector=None))
    factories.plugin(factories.person(), plugin_values("secret_sauce"))
    page = client.page(OVERVIEW)
    assert stats(page) == {
        "Plugins": "2",
        "Ready": "1",
        "Need attention": "0",
        "Not ready": "1",
        "Changes": "2",
    }
    assert [item.text for item in box(page, "To look after").all("li")] == ["Not readytoffee"]
    assert "secret_sauce" not in page.text
    own = stats(client.page(f"{OVERVIEW}?scope=mine"))
    assert (own["Plugins"], own["Ready"], own["Changes"]) == ("1", "1", "1")


def test_every_number_leads_to_the_list_that_shows_it(client: PageClient, ann: Person) -> None:
    factories.plugin(ann, plugin_values("fudge", tags=("Sugar & spice",)))
    factories.plugin(ann, plugin_values("toffee", selector=None, tags=("Sugar & spice",)))
    saved = factories.plugin(ann, plugin_values("humbug", tags=()))
    service.delete_plugin(viewer_of(ann), saved.id, saved.revision)
    for scope in ("account", "mine"):
        page = client.page(f"{OVERVIEW}?scope={scope}")
        checked = 0
        for link in page.one("main").all("a"):
            url, number = link["href"], re.match(r"[\d,]+", link.text)
            if not url.startswith("/plugins/?") or number is None:
                continue
            listed = client.page(url)
            assert len(listed.all("a", class_="name")) == int(number[0]), url
            checked += 1
        # Classes and readiness in their legends, and both tables.
        assert checked >= 6 + 12 + 12
        [tag] = box(page, "Tags").all("a")
        assert len(client.page(tag["href"]).all("a", class_="name")) == 2
        [owner] = box(page, "By owner").all("a")
        assert len(client.page(owner["href"]).all("a", class_="name")) == 2


def test_changes_lead_to_the_feed_of_their_days(client: PageClient, ann: Person) -> None:
    saved = factories.plugin(ann, plugin_values("fudge"))
    service.update_field(viewer_of(ann), saved.id, saved.revision, "version", "2.0.0")
    table = box(client.page(OVERVIEW), "Changes per day").one("table")
    [row] = table.one("tbody").all("tr")
    assert [cell.text for cell in row.all("td")] == ["1", "1", "0", "0", "2"]
    for link in row.all("a"):
        feed = client.page(link["href"]).one("ol", class_="feed")
        assert len(feed.all("li")) == int(link.text)
    mine = box(client.page(f"{OVERVIEW}?scope=mine"), "Changes per day")
    for link in mine.one("tbody").all("a"):
        assert parse_qs(urlsplit(link["href"]).query)["person"] == [ann.username]
        assert client.get(link["href"]).status_code == 200


def test_charts_say_in_words_what_they_draw(client: PageClient, ann: Person) -> None:
    factories.plugin(ann, plugin_values("fudge"))
    page = client.page(OVERVIEW)
    drawn = [image["aria-label"] for image in page.all("svg", role="img")]
    assert len(drawn) == 4
    assert re.fullmatch(
        r"Records written per day since \d+ \w+ \d+: 1 in all, most on \d+ \w+ \d+ with 1", drawn[0]
    )
    assert re.fullmatch(r"Plugins over time: 0 before \d+ \w+ \d+, 1 now", drawn[1])
    assert drawn[2:] == ["1 static, 0 sql, 0 api", "1 ready, 0 needs attention, 0 not ready"]
    assert all(rect.one("title").text for image in page.all("svg", role="img") for rect in image.all("rect"))


@pytest.mark.parametrize("days", ["30", "90", "365"])
@pytest.mark.parametrize("scope", ["mine", "account", "platform"])
def test_every_state_has_an_address(client: PageClient, ann: Person, days: str, scope: str) -> None:
    factories.platform()
    factories.plugin(ann)
    page = client.page(f"{OVERVIEW}?scope={scope}&days={days}")
    current = [link.text for link in page.one("div", class_="acts").all("a") if link["aria-current"]]
    assert current == [scope.title(), f"{days} days"]


@pytest.mark.parametrize(
    ("query", "name"),
    [
        ("days=7", "days"),
        ("scope=all", "scope"),
        ("q=x", "q"),
        ("sort=at", "sort"),
        ("colour=red", "colour"),
        ("days=30&days=90", "days"),
    ],
)
def test_what_it_does_not_know_is_refused_by_name(
    client: PageClient, ann: Person, query: str, name: str
) -> None:
    page = client.page(f"{OVERVIEW}?{query}", 400)
    assert name in page.one("main").text
    assert client.get(page.one("a", text=f"Remove “{name}” from the address")["href"]).status_code == 200


def test_the_platform_is_shown_without_a_number_of_anybody_elses(
    client: PageClient, session: Session
) -> None:
    odette = factories.person("odette", of=factories.platform())
    common = factories.plugin(odette, plugin_values("common"))
    ann, eve = factories.person("ann"), factories.person("eve")
    factories.plugin(eve, plugin_values("hidden", tags=("Hush",)))
    service.record_use(viewer_of(eve), common.id, Use())
    sign_in(client, ann)
    page = client.page(f"{OVERVIEW}?scope=platform")
    assert stats(page)["Plugins"] == "1" and "Odette" in box(page, "By owner").text
    assert "No use has been recorded" in page.text
    assert "hidden" not in page.text and "Hush" not in page.text and "Eve " not in page.text
    sign_in(client, eve)
    assert "common" in box(client.page(f"{OVERVIEW}?scope=platform"), "Most used").text


def test_a_superuser_sees_the_account_that_they_act_in(client: PageClient, session: Session) -> None:
    root = factories.person("root", role="superuser")
    factories.plugin(root)
    factories.plugin(factories.person(), plugin_values("elsewhere"))
    sign_in(client, root)
    page = client.page(OVERVIEW)
    assert stats(page)["Plugins"] == "1" and "elsewhere" not in page.text


def test_names_of_people_and_tags_are_text_in_tooltips_too(
    client: PageClient, ann: Person, session: Session
) -> None:
    evil = "</title><script>1</script>"
    factories.plugin(ann, plugin_values("fudge", tags=(evil,)))
    answer = client.get(OVERVIEW).get_data(as_text=True)
    assert "<script>1" not in answer and "&lt;/title&gt;&lt;script&gt;1" in answer


def test_a_look_costs_the_same_whatever_an_account_holds(
    client: PageClient, ann: Person, session: Session
) -> None:
    saved = factories.plugin(ann, plugin_values("first", tags=("One",)))
    service.record_use(viewer_of(ann), saved.id, Use())
    with count_statements() as few:
        client.page(OVERVIEW)
    for number in range(50):
        owner = factories.person(of=ann.account)
        made = factories.plugin(
            owner, plugin_values(f"sweet_{number}", tags=(f"Tag {number}",), selector=None)
        )
        service.record_use(viewer_of(ann), made.id, Use())
    with count_statements() as many:
        page = client.page(OVERVIEW)
    assert len(many) == len(few)
    assert len(box(page, "By owner").all("tr")) == 8 and "43 more of 43 other people" in page.text
    assert len(box(page, "Tags").all("tr")) == 8
    with count_statements() as again:
        client.page(OVERVIEW)
    assert len(again) < len(many)


def test_it_is_sent_again_only_when_it_has_changed(client: PageClient, ann: Person, session: Session) -> None:
    saved = factories.plugin(ann)
    client.get(OVERVIEW)
    first = client.get(OVERVIEW)
    assert first.headers["Cache-Control"] == "private, no-cache"
    tag = {"If-None-Match": first.headers["ETag"]}
    assert client.get(OVERVIEW, headers=tag).status_code == 304
    assert client.get(f"{OVERVIEW}?days=90", headers=tag).status_code == 200
    service.record_use(viewer_of(ann), saved.id, Use())
    used = client.get(OVERVIEW, headers=tag)
    assert used.status_code == 200 and "Most used" in used.get_data(as_text=True)
    tag = {"If-None-Match": used.headers["ETag"]}
    service.update_field(viewer_of(ann), saved.id, saved.revision, "version", "3.0.0")
    assert client.get(OVERVIEW, headers=tag).status_code == 200


def test_days_are_those_of_the_persons_time_zone(client: PageClient, ann: Person, session: Session) -> None:
    factories.plugin(ann)
    assert "Days are counted in UTC" in client.page(OVERVIEW).text
    with transaction() as open_session:
        open_session.execute(
            update(User).where(User.id == ann.user_id).values(preferences={"time_zone": "Asia/Kathmandu"})
        )
    assert "Days are counted in Asia/Kathmandu" in client.page(OVERVIEW).text
