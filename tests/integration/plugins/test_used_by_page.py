"""The page about who uses a plugin: chatbots, uses, tool calls and selections of one's own account, in pages."""

from __future__ import annotations

import pytest
from sqlalchemy.orm import Session

from tests import factories
from tests.databases import count_statements
from tests.factories import Person
from tests.markup import Element
from tests.pages import PageClient, sign_in
from webapp.plugins import service
from webapp.plugins.queries import used_by
from webapp.plugins.service import Saved
from webapp.plugins.usage_values import Occasion, Selection, ToolCall, Use


@pytest.fixture
def ann(session: Session, client: PageClient) -> Person:
    """Return a member who is signed in."""
    person = factories.person("ann_shaw")
    sign_in(client, person)
    return person


@pytest.fixture
def plugin(ann: Person) -> Saved:
    """Return a plugin of theirs."""
    return factories.plugin(ann, name="gobstopper")


def rows(page: Element) -> list[list[str]]:
    """Return the lines of the table that is shown."""
    box = page.one("section", class_="box")
    return [[cell.text for cell in (*row.all("th"), *row.all("td"))] for row in box.all("tr")[1:]]


def test_nothing_has_happened_yet(client: PageClient, ann: Person, plugin: Saved) -> None:
    page = client.page(f"/plugins/{plugin.locator}/used-by")
    assert "No chatbot uses this plugin yet" in page.text
    assert "none will miss it" in page.text
    assert page.one("h1").text == "gobstopper"
    assert page.one("title").text == "Use of gobstopper · Plugdeck"


def test_each_list_shows_what_happened(client: PageClient, ann: Person, plugin: Saved) -> None:
    viewer, shop = factories.viewer_of(ann), Occasion("shop_bot", "one")
    service.link_chatbot(viewer, plugin.id, "shop_bot")
    service.record_use(viewer, plugin.id, Use(shop, "Any <b>sherbet</b>?"))
    service.record_use(viewer, plugin.id, Use())
    service.record_tool_call(viewer, plugin.id, ToolCall("sweets", shop, {}, "refused", "No colour."))
    service.record_selection(viewer, plugin.id, Selection("search_terms", shop, "sherbet", "Any sherbet?"))
    address = f"/plugins/{plugin.locator}/used-by"
    page = client.page(address)
    assert rows(page) == [["shop_bot", "1 use"]]
    assert [link.text for link in page.one("nav", aria_label="What is listed").all("a")] == [
        *("Chatbots1", "Uses2", "Tool calls1", "Selections1")
    ]
    assert page.one("a", text="Used by1")["aria-current"] == "page"
    written = [line[1:] for line in rows(client.page(f"{address}?show=uses"))]
    assert written == [["Not known", "Not kept"], ["shop_bot", "Any <b>sherbet</b>?"]]
    (call,) = rows(client.page(f"{address}?show=calls"))
    assert call[1:] == ["shop_bot", "sweets", "Refused No colour."]
    (selection,) = rows(client.page(f"{address}?show=selections"))
    assert selection[1:] == ["shop_bot", "Any sherbet?", "By search term sherbet"]


@pytest.mark.parametrize("show", ["chatbots", "uses", "calls", "selections"])
def test_a_long_list_has_pages_that_leave_nothing_out(
    client: PageClient, ann: Person, plugin: Saved, monkeypatch: pytest.MonkeyPatch, show: str
) -> None:
    monkeypatch.setattr(used_by, "PER_PAGE", 3)
    viewer = factories.viewer_of(ann)
    for number in range(7):
        name = f"bot_{number}"
        service.link_chatbot(viewer, plugin.id, name)
        service.record_use(viewer, plugin.id, Use(Occasion(name)))
        service.record_tool_call(viewer, plugin.id, ToolCall("f", Occasion(name)))
        service.record_selection(viewer, plugin.id, Selection("llm", Occasion(name)))
    seen: list[str] = []
    page = client.page(f"/plugins/{plugin.locator}/used-by?show={show}")
    for _ in range(3):
        seen += [line[0 if show == "chatbots" else 1] for line in rows(page)]
        links = page.all("a", None, id="older")
        if not links:
            break
        page = client.page(links[0]["href"])
    names = [f"bot_{number}" for number in range(7)]
    assert seen == (names if show == "chatbots" else names[::-1])
    assert client.page(page.one("a", id="first")["href"]).all("a", None, id="older")


def test_each_account_sees_its_own_use(client: PageClient, ann: Person) -> None:
    common = factories.plugin(factories.person(of=factories.platform()), name="common")
    stranger = factories.viewer_of(factories.person())
    service.link_chatbot(stranger, common.id, "foreign_bot")
    service.record_use(stranger, common.id, Use(Occasion("foreign_bot"), "hush"))
    for show in ("chatbots", "uses", "calls", "selections"):
        page = client.page(f"/plugins/{common.locator}/used-by?show={show}")
        assert "foreign" not in page.text
        assert "hush" not in page.text
        assert "No chatbot uses this plugin yet" in page.text


@pytest.mark.parametrize(
    ("query", "named"),
    [
        ("show=nonsense", "show=nonsense"),
        ("after=x", "after"),
        ("show=uses&after=WyJjaGF0Ym90cyIsImEiXQ", "after"),
        ("show=uses&show=calls", "show"),
        ("page=2", "page"),
    ],
)
def test_an_address_that_cannot_be_used_names_what_is_wrong(
    client: PageClient, ann: Person, plugin: Saved, query: str, named: str
) -> None:
    answer = client.get(f"/plugins/{plugin.locator}/used-by?{query}")
    assert answer.status_code == 400
    assert named in answer.get_data(as_text=True)


@pytest.mark.parametrize("count", [1, 50])
@pytest.mark.parametrize("show", ["chatbots", "uses"])
def test_a_page_costs_the_same_however_long_it_is(
    session: Session, client: PageClient, ann: Person, plugin: Saved, count: int, show: str
) -> None:
    viewer = factories.viewer_of(ann)
    for number in range(count):
        service.link_chatbot(viewer, plugin.id, f"bot_{number}")
        service.record_use(viewer, plugin.id, Use(Occasion(f"bot_{number}")))
    with count_statements() as statements:
        page = client.page(f"/plugins/{plugin.locator}/used-by?show={show}")
    assert len(rows(page)) == count
    assert len(statements) <= 7


def test_who_deletes_or_renames_is_told_who_would_notice(
    client: PageClient, ann: Person, plugin: Saved
) -> None:
    assert "none will miss it" in client.page(f"/plugins/{plugin.locator}/removal").text
    assert "chatbot" not in client.page(f"/plugins/{plugin.locator}/rename").text
    for name in ("a", "b"):
        service.link_chatbot(factories.viewer_of(ann), plugin.id, name)
    assert "2 chatbots may use it" in client.page(f"/plugins/{plugin.locator}/removal").text
    assert "2 chatbots keep using it" in client.page(f"/plugins/{plugin.locator}/rename").text
