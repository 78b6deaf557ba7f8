from __future__ import annotations

import re
from urllib.parse import parse_qs, quote, urlsplit

import pytest
from flask import Flask
from sqlalchemy.orm import Session

from tests import factories
from tests.databases import count_statements
from tests.factories import Person, plugin_values
from tests.integration.plugins.conftest import Neighbours
from tests.markup import Element
from tests.pages import PARTIAL, PageClient, sign_in
from webapp.extensions import cache
from webapp.plugins.queries import facets, listing
from webapp.plugins.service import update_plugin


@pytest.fixture
def ann(session: Session, client: PageClient) -> Person:
    """Return somebody who is signed in, with three plugins of their own."""
    person = factories.person("ann")
    factories.plugin(
        person,
        plugin_values(
            "red_apples",
            description="Fruit\nof a tree in autumn",
            tags=("Fruit", "red", "sweet"),
            version="1.10.0",
        ),
    )
    factories.plugin(
        person,
        plugin_values(
            "green_pears", description="More fruit, in summer", tags=("fruit", "green"), version="1.9.0"
        ),
    )
    factories.plugin(
        person, plugin_values("old_bread", description="", tags=(), version="0.1.0-rc.1", prompt=None)
    )
    sign_in(client, person)
    return person


def names(page: Element) -> list[str]:
    return [link.text for link in page.all("a", class_="name") if "-open" in link["id"]]


def chips(page: Element) -> list[str]:
    return [chip.text for chip in page.all("span", class_="chip")]


# ---- rows -----------------------------------------------------------------------------------------------------


def test_a_row_shows_what_a_person_looks_for(client: PageClient, ann: Person) -> None:
    page = client.page("/plugins/")
    assert names(page) == ["old_bread", "green_pears", "red_apples"]
    row = page.all("tr")[-1]
    cells = [cell.text for cell in row.all("td")]
    assert cells[:5] == ["Ready", "red_apples", "Fruit of a tree in autumn", "static", "1.10.0"]
    assert cells[5].startswith("Fruitred+1"), "the first two tags and how many more"
    assert cells[6] == "AN" + "Ann"
    moment = row.one("td", class_="c-upd").one("time")
    assert row.one("td", class_="c-crt").one("time")["title"].endswith(" UTC")
    assert re.fullmatch(r"\d{4}-\d\d-\d\dT\d\d:\d\d:\d\dZ", moment["datetime"])
    assert "data-relative" in moment
    assert moment["title"].endswith(" UTC")
    assert row.one("a", class_="name")["href"].startswith("/plugins/pluginmeta-")
    assert page.all("tr")[1].all("td")[0].text == "Not ready"
    assert [cell["role"] for cell in row.all("td")] == ["cell"] * 9


def test_tags_of_the_filter_are_not_repeated_in_rows(client: PageClient, ann: Person) -> None:
    page = client.page("/plugins/?tag=FRUIT")
    assert names(page) == ["green_pears", "red_apples"]
    assert [tag.text for tag in page.all("tr")[-1].all("a", class_="tag")] == ["red", "sweet"]
    more = page.all("tr")[-1].one("span", class_="more")
    assert more["title"] == "Fruit"
    assert more.text.startswith("+1")


def test_a_tag_of_a_row_is_added_to_the_filter(client: PageClient, ann: Person) -> None:
    page = client.page("/plugins/?class=static&tag=red")
    link = next(tag for tag in page.all("a", class_="tag") if tag.text == "sweet")
    assert parse_qs(urlsplit(link["href"]).query) == {"tag": ["red", "sweet"], "class": ["static"]}


def test_text_of_people_is_shown_as_text(client: PageClient, session: Session) -> None:
    eve = factories.person("eve")
    nasty = "<script>alert(1)</script>"
    factories.plugin(eve, plugin_values("nasty", description=nasty, tags=(nasty[:20], 'a"b', "x&y")))
    sign_in(client, eve)
    for path in (
        "/plugins/",
        f"/plugins/?q={quote(nasty)}",
        f"/plugins/?tag={quote(nasty[:20])}",
        "/plugins/?tag=a%22b",
    ):
        page = client.page(path)
        assert not [script for script in page.all("script") if "src" not in script]
        assert names(page) == ["nasty"]
    assert client.page("/plugins/").all("td", class_="c-desc")[0].text == nasty


# ---- the address is the only state ----------------------------------------------------------------------------


@pytest.mark.parametrize(
    ("query", "expected"),
    [
        ("q=fruit", ["green_pears", "red_apples"]),
        ("q=FRUIT+tree", ["red_apples"]),
        ("tag=fruit", ["green_pears", "red_apples"]),
        ("tag=fruit&tag=Red", ["red_apples"]),
        ("tag=fruit&tag=FRUIT", ["green_pears", "red_apples"]),
        ("class=static", ["old_bread", "green_pears", "red_apples"]),
        ("class=sql", []),
        ("owner=ANN", ["old_bread", "green_pears", "red_apples"]),
        ("owner=nobody", []),
        ("ready=not_ready", ["old_bread"]),
        ("scope=mine", ["old_bread", "green_pears", "red_apples"]),
        ("scope=all", ["old_bread", "green_pears", "red_apples"]),
        ("scope=platform", []),
        ("sort=name", ["green_pears", "old_bread", "red_apples"]),
        ("sort=-name", ["red_apples", "old_bread", "green_pears"]),
        ("sort=version", ["old_bread", "green_pears", "red_apples"]),
        ("sort=-version", ["red_apples", "green_pears", "old_bread"]),
        ("sort=created", ["red_apples", "green_pears", "old_bread"]),
        ("class=&q=&tag=&sort=", ["old_bread", "green_pears", "red_apples"]),
    ],
)
def test_a_filter_shows_the_same_list_whoever_opens_the_link(
    client: PageClient, ann: Person, query: str, expected: list[str]
) -> None:
    assert names(client.page(f"/plugins/?{query}")) == expected
    assert names(client.fragment(f"/plugins/?{query}")) == expected


@pytest.mark.parametrize(
    ("query", "parameter"),
    [
        ("class=python", "class"),
        ("ready=maybe", "ready"),
        ("scope=everything", "scope"),
        ("sort=size", "sort"),
        ("sort=--name", "sort"),
        ("tag=" + "x" * 65, "tag"),
        ("tag=a%2Cb", "tag"),
        ("tag=a%0Ab", "tag"),
        ("&".join(f"tag=t{number}" for number in range(21)), "tag"),
        ("owner=" + "x" * 151, "owner"),
        ("q=" + "x" * 201, "q"),
        ("q=a%00b", "q"),
        ("after=nonsense", "after"),
        ("before=WyItdXBkYXRlZCJd", "before"),
        ("after=WyItdXBkYXRlZCIsOTIyMzM3MjAzNjg1NDc3NTgwNywxXQ", "after"),
        ("sort=name&after=WyJuYW1lIiwiXHVkODAwIiwxXQ", "after"),
        ("after=a&before=b", "before"),
        ("page=2", "page"),
        ("class=sql&class=api", "class"),
        ("scope=mine&scope=all", "scope"),
    ],
)
def test_a_value_that_cannot_be_used_is_a_visible_400_that_names_it(
    client: PageClient, ann: Person, query: str, parameter: str
) -> None:
    for path in ("/plugins/", "/plugins/counts", "/plugins/tags"):
        if parameter in ("after", "before") and path != "/plugins/":
            continue
        page = client.fragment(f"{path}?{query}", 400)
        assert parameter in page.text
    page = client.page(f"/plugins/?{query}", 400)
    assert parameter in page.one(id="error").text
    fix = page.one(id="error").all("a")[0]
    assert fix.text == f"Remove “{parameter}” from the address"
    assert client.get(fix["href"]).status_code in (200, 400)
    response = client.get(f"/plugins/?{query}", headers=PARTIAL)
    assert response.headers["HX-Push-Url"] == "false"
    assert not {"HX-Replace-Url", "ETag"} & set(response.headers.keys())


def test_the_value_in_a_message_is_named_and_cut(client: PageClient, ann: Person) -> None:
    assert (
        "class=python is not known. Use one of static, sql, api."
        in client.page("/plugins/?class=python", 400).text
    )
    assert "x" * 60 not in client.page("/plugins/?class=" + "x" * 500, 400).text


def test_an_owner_out_of_reach_looks_the_same_as_nobody(
    client: PageClient, ann: Person, session: Session
) -> None:
    stranger = factories.person("stranger")
    factories.plugin(stranger)
    pages = [
        client.get(f"/plugins/?owner={name}&scope={scope}").get_data(as_text=True).replace(name, "WHO")
        for scope in ("account", "all")
        for name in ("stranger", "phantasm")
    ]
    pages = [
        re.sub(r'X-CSRFToken[^}]*|name="csrf_token" value="[^"]*"|since=[0-9]+', "", page) for page in pages
    ]
    assert pages[0] == pages[1]
    assert pages[2] == pages[3]


def test_nothing_of_another_tenant_is_on_any_page(client: PageClient, ann: Person, session: Session) -> None:
    canary = "canary4711"
    eve = factories.person(canary)
    factories.plugin(eve, plugin_values(f"{canary}_x", description=canary, tags=(canary, "fruit")))
    for path in (
        "/plugins/",
        "/plugins/?scope=all",
        "/plugins/?scope=all&tag=fruit",
        "/plugins/?scope=all&q=fruit",
        "/plugins/counts?scope=all&q=fruit",
        "/plugins/tags?find=can",
        "/plugins/tags.json?q=",
        "/plugins/tags.json?q=can",
    ):
        headers = PARTIAL if "counts" in path or "tags?" in path else {}
        assert canary not in client.get(path, headers=headers).get_data(as_text=True), path
    for query in (f"q={canary}", f"tag={canary}", f"owner={canary}"):
        page = client.page(f"/plugins/?scope=all&{query}")
        assert names(page) == []
        assert page.one(id="count").text == "0 of 3 plugins"


# ---- counts, chips, facets ------------------------------------------------------------------------------------


def test_the_count_stands_beside_the_heading_in_words(client: PageClient, ann: Person) -> None:
    assert client.page("/plugins/").one(id="count").text == "3 plugins"
    assert client.page("/plugins/?tag=fruit").one(id="count").text == "2 of 3 plugins"
    assert client.page("/plugins/?scope=platform").one(id="count").text == "0 plugins"
    assert client.page("/plugins/").one(id="count")["role"] == "status"


def test_chips_take_one_filter_off_and_clear_takes_all(client: PageClient, ann: Person) -> None:
    page = client.page(
        "/plugins/?q=f&tag=fruit&tag=red&class=static&ready=ready&owner=ann&scope=mine&sort=name"
    )
    assert chips(page) == [
        "Tag Fruit",
        "Tag red",
        "Class static",
        "Readiness Ready",
        "Owner Ann",
        "Scope Mine",
    ]
    removals = [chip.one("a") for chip in page.all("span", class_="chip")]
    assert removals[0]["aria-label"] == "Remove filter Tag Fruit"
    query = parse_qs(urlsplit(removals[0]["href"]).query)
    assert query["tag"] == ["red"]
    assert {"q", "class", "ready", "owner", "scope", "sort"} <= set(query)
    assert page.one(id="clear")["href"] == "/plugins/?sort=name"
    assert page.one("title").text == "“f” + Fruit + red + static + Ready + Ann + Mine · Plugins · Plugdeck"
    assert client.page("/plugins/").find(id="clear") is None


def test_facets_count_the_current_result_and_fill_what_is_chosen(client: PageClient, ann: Person) -> None:
    page = client.page("/plugins/?tag=fruit&class=static&ready=ready")

    def count(link_id: str) -> str:
        return page.one("a", id=link_id).one("span", class_="num").text

    assert [count(f"f-class-{name}") for name in ("static", "sql", "api")] == ["2", "0", "0"]
    assert [count(f"f-ready-{name}") for name in ("ready", "attention", "not_ready")] == ["2", "0", "0"]
    assert [count(f"f-scope-{name}") for name in ("all", "mine", "account", "platform")] == [
        "2",
        "2",
        "2",
        "0",
    ]
    chosen = [link.text for link in page.one("aside").all("a", None, aria_current="true")]
    assert chosen == ["Account2", "static2", "Ready2", "Fruit2"]
    assert "ready=" not in page.one("a", id="f-ready-ready")["href"], "a chosen one is taken off"
    assert "class=api" in page.one("a", id="f-class-api")["href"]
    tags = [link.text for link in page.one(id="tag-list").all("a")]
    assert tags == ["Fruit2", "green1", "red1", "sweet1"]


def test_the_rail_is_a_popover_that_needs_no_script(client: PageClient, ann: Person) -> None:
    page = client.page("/plugins/?tag=fruit&class=static")
    button = page.one("button", popovertarget="filters", class_="only-s")
    assert button.text == "Filters 2"
    assert "popover" in page.one("aside", id="filters")


def test_a_large_account_gets_its_counts_afterwards(
    client: PageClient, neighbours: Neighbours, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(facets, "AT_ONCE", 10)
    monkeypatch.setattr(listing, "PAGE_SIZE", 5)
    sign_in(client, neighbours.ann)
    page = client.page("/plugins/?q=candy&class=sql")
    later = [item for item in page.walk() if "counts" in item["hx-get"]]
    assert [item["hx-get"] for item in later] == ["/plugins/counts?q=candy&class=sql"]
    fragment = client.fragment(later[0]["hx-get"])
    assert re.fullmatch(r"\d+ of 110 plugins", fragment.one(id="count").text)
    assert fragment.one("a", id="f-class-sql").one("span", class_="num").text in fragment.one(id="count").text
    many = client.page("/plugins/?q=a")
    assert many.one(id="count").text == "5+ of 110 plugins", "without script"
    assert not [item for item in client.page("/plugins/").walk() if "counts" in item["hx-get"]], (
        "they are kept"
    )
    assert client.get("/plugins/counts?q=a").location == "/plugins/?q=a", "nobody gets a fragment for a page"


def test_a_count_is_exact_when_the_whole_result_is_on_the_page(
    client: PageClient, ann: Person, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(facets, "AT_ONCE", 0)
    assert client.page("/plugins/?q=fruit").one(id="count").text == "2 of 3 plugins"


def test_find_a_tag_lists_the_tags_that_hold_it(client: PageClient, ann: Person) -> None:
    fragment = client.fragment("/plugins/tags?find=RE&class=static")
    assert [link.text for link in fragment.all("a")] == ["green1", "red1"]
    assert parse_qs(urlsplit(fragment.all("a")[0]["href"]).query) == {"tag": ["green"], "class": ["static"]}
    assert "No tag holds" in client.fragment("/plugins/tags?find=zzz").text
    page = client.page("/plugins/?class=static&q=f")
    response = client.submit(page, {"find": "red"}, path="/plugins/", form={"action": "/plugins/tags"})
    assert parse_qs(urlsplit(response.location).query) == {"q": ["f"], "tag": ["red"], "class": ["static"]}
    assert client.get("/plugins/tags?find=a,b&class=sql").location == "/plugins/?class=sql"


def test_find_a_tag_finds_what_is_rarely_used(client: PageClient, ann: Person) -> None:
    for _ in range(3):
        factories.plugin(ann, plugin_values(tags=tuple(f"much used {place}" for place in range(40))))
    assert "red" not in [link.text for link in client.page("/plugins/").one(id="tag-list").all("a")]
    for scope in ("account", "all", "mine"):
        fragment = client.fragment(f"/plugins/tags?find=RE&scope={scope}")
        assert "red1" in [link.text for link in fragment.all("a")], scope


def test_suggestions_are_json_for_the_tag_input(client: PageClient, ann: Person) -> None:
    assert client.get("/plugins/tags.json?q=FR").json == [{"name": "Fruit", "count": 2}]
    assert [tag["name"] for tag in client.get("/plugins/tags.json").json or []] == [
        "Fruit",
        "green",
        "red",
        "sweet",
    ]
    assert client.get("/plugins/tags.json?q=" + "x" * 1000).json == []
    assert client.get("/plugins/tags.json?q=%00").json is not None


# ---- pages ----------------------------------------------------------------------------------------------------


def test_older_and_newer_lead_through_all_pages_and_back(
    client: PageClient, neighbours: Neighbours, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(listing, "PAGE_SIZE", 20)
    sign_in(client, neighbours.ann)
    page, seen = client.page("/plugins/?sort=name&class=static"), []
    assert page.find("a", id="newer") is None
    pages = []
    while True:
        seen += names(page)
        pages.append(names(page))
        older = page.find("a", id="older")
        if older is None:
            break
        assert older.text == "Older"
        assert older["rel"] == "next"
        page = client.page(older["href"])
    assert seen == sorted(set(seen))
    for expected in reversed(pages[:-1]):
        newer = page.one("a", id="newer")
        assert (newer.text, newer["rel"]) == ("Newer", "prev")
        page = client.page(newer["href"])
        assert names(page) == expected
    assert page.find("a", id="newer") is None


def test_a_page_that_has_emptied_leads_to_the_first_one(client: PageClient, ann: Person) -> None:
    mark = "WyJuYW1lIiwienp6IiwxXQ"  # ["name", "zzz", 1]
    page = client.page(f"/plugins/?sort=name&after={mark}")
    assert names(page) == []
    nothing = page.one(id="nothing")
    assert nothing.one("a")["href"] == "/plugins/?sort=name"
    assert page.one(id="count").text == "3 plugins"


# ---- nothing to show ------------------------------------------------------------------------------------------


def test_an_empty_account_says_how_to_begin(client: PageClient, session: Session) -> None:
    sign_in(client, factories.person())
    nothing = client.page("/plugins/").one(id="nothing")
    assert nothing.one("h2").text == "This account has no plugins yet"
    assert [(link.text, link["href"]) for link in nothing.all("a")] == [
        ("New plugin", "/plugins/new"),
        ("Upload manifest", "/manifests/"),
    ]
    mine = client.page("/plugins/?scope=mine").one(id="nothing")
    assert mine.all("a")[-1]["href"] == "/plugins/"


def test_no_match_names_the_filters_and_offers_to_drop_the_search(client: PageClient, ann: Person) -> None:
    nothing = client.page("/plugins/?q=sherbet&tag=fruit&class=static").one(id="nothing")
    assert nothing.one("h2").text == "No plugin matches all three filters"
    assert nothing.one("p").text == "Nothing has “sherbet”, tag Fruit and class static together."
    drop = next(link for link in nothing.all("a") if link.text.startswith("Drop the search"))
    assert drop.text == "Drop the search 2"
    assert drop["href"] == "/plugins/?tag=fruit&class=static"
    alone = client.page("/plugins/?q=sherbet").one(id="nothing")
    assert alone.one("p").text == "“sherbet” is in no name, description or tag."
    assert client.page("/plugins/?class=api").one(id="nothing").one("p").text == "Nothing has class api."


def test_a_typing_error_is_answered_with_the_close_name(client: PageClient, ann: Person) -> None:
    nothing = client.page("/plugins/?q=aples").one(id="nothing")
    near = nothing.one("a", class_="name")
    assert near.text == "red_apples"
    assert near["href"].startswith("/plugins/pluginmeta-")
    assert nothing.all("a", class_="main")[0].text == "Search for apples"
    assert names(client.page(nothing.all("a", class_="main")[0]["href"])) == ["red_apples"]


def test_short_words_say_how_they_are_looked_for(client: PageClient, ann: Person) -> None:
    page = client.page("/plugins/?q=re")
    assert names(page) == ["red_apples"]
    assert page.one(id="search-note").text == "“re” is looked for at the beginnings of names and tags only."
    assert client.page("/plugins/?q=red").find(id="search-note") is None


# ---- without script -------------------------------------------------------------------------------------------


def test_the_search_form_carries_every_other_filter(client: PageClient, ann: Person) -> None:
    page = client.page("/plugins/?tag=fruit&class=static&sort=name&scope=mine")
    response = client.submit(page, {"q": "tree"}, path="/plugins/", form={"role": "search"})
    assert response.status_code == 200
    assert parse_qs(response.request.query_string.decode()) == {
        "q": ["tree"],
        "tag": ["fruit"],
        "class": ["static"],
        "scope": ["mine"],
        "sort": ["name"],
    }
    sorted_otherwise = client.submit(page, {"sort": "-version"}, path="/plugins/", form={"role": "search"})
    assert "sort=-version" in sorted_otherwise.request.query_string.decode()


def test_heads_of_columns_sort_and_turn_around(client: PageClient, ann: Person) -> None:
    page = client.page("/plugins/?tag=fruit")
    heads = {head.text: head for head in page.all("th")}
    assert heads["Updated"]["aria-sort"] == "descending"
    assert heads["Updated"].one("a")["href"] == "/plugins/?tag=fruit&sort=updated"
    assert heads["Name"].one("a")["href"] == "/plugins/?tag=fruit&sort=name"
    assert heads["Version"].one("a")["href"] == "/plugins/?tag=fruit&sort=-version"
    assert heads["Description"].find("a") is None
    options = [option["value"] for option in page.one("select", id="sort").all("option")]
    assert sorted(options) == sorted(
        f"{sign}{key}"
        for key in ("name", "class", "version", "owner", "updated", "created")
        for sign in ("", "-")
    )


# ---- htmx -----------------------------------------------------------------------------------------------------


def test_a_fragment_is_the_results_with_what_else_depends_on_the_filter(
    client: PageClient, ann: Person
) -> None:
    fragment = client.fragment("/plugins/?tag=fruit", headers={"HX-Source": "a#f-tag-1"})
    targets = [part["hx-target"] for part in fragment.all("hx-partial")]
    assert targets == [
        "#count",
        "[data-filters]",
        "#export",
        "#chips",
        "#kept",
        "#view",
        "#views",
        "#facets",
        "#q",
        "#sort",
    ]
    assert fragment.one("title").text == "Fruit · Plugins · Plugdeck"
    assert fragment.one("table").above("hx-partial") is None
    typed = client.fragment("/plugins/?q=fruit", headers={"HX-Source": "form#search"})
    assert "#q" not in [part["hx-target"] for part in typed.all("hx-partial")], (
        "what is being typed is left alone"
    )
    page = client.page("/plugins/?tag=fruit")
    for target in targets:
        name = target.strip("#[]")
        assert [item for item in page.walk() if item["id"] == name or name in item.attrs], target


def test_typing_replaces_the_address_and_links_push_it(client: PageClient, ann: Person) -> None:
    def headers(source: str, path: str) -> dict[str, str]:
        answer = client.get(path, headers=PARTIAL | {"HX-Source": source}).headers
        return {name: answer[name] for name in ("HX-Push-Url", "HX-Replace-Url") if name in answer}

    assert headers("form#search", "/plugins/?q=fruit&sort=-updated&class=") == {
        "HX-Replace-Url": "/plugins/?q=fruit"
    }
    assert headers("a#f-class-sql", "/plugins/?class=sql") == {"HX-Push-Url": "/plugins/?class=sql"}
    assert headers("select#sort", "/plugins/?sort=name&q=") == {"HX-Push-Url": "/plugins/?sort=name"}
    full = client.get("/plugins/?q=fruit")
    assert not {"HX-Push-Url", "HX-Replace-Url"} & set(full.headers.keys())


def test_going_back_gets_the_whole_page_with_the_search_in_its_box(client: PageClient, ann: Person) -> None:
    headers = {"HX-Request-Type": "full", "HX-History-Restore-Request": "true"}
    page = client.page("/plugins/?q=fruit", headers=headers)
    assert page.one("input", id="q")["value"] == "fruit"


# ---- caches and statements ------------------------------------------------------------------------------------


def test_an_unchanged_list_is_a_304_until_something_is_written(
    client: PageClient, ann: Person, session: Session
) -> None:
    first = client.get("/plugins/?tag=fruit")
    tag = first.headers["ETag"]
    assert tag.startswith('W/"')
    assert first.headers["Cache-Control"] == "private, no-cache"
    assert {"Cookie", "HX-Request-Type", "HX-Source"} <= set(first.vary)
    with count_statements() as statements:
        again = client.get("/plugins/?tag=fruit", headers={"If-None-Match": tag})
    assert (again.status_code, again.get_data()) == (304, b"")
    assert again.headers["ETag"] == tag
    assert set(again.vary) >= set(first.vary) - {"Accept-Encoding"}
    assert len(statements) == 1, "who asks, and at which generation"
    for path, headers in (
        ("/plugins/?tag=red", {}),
        ("/plugins/?tag=fruit", PARTIAL),
        ("/plugins/?tag=fruit", {"Cookie-Theme": "x"}),
    ):
        response = client.get(path, headers={"If-None-Match": tag} | headers)
        assert response.status_code == (304 if "Cookie-Theme" in headers else 200), path
    client.set_cookie("theme", "dark")
    assert client.get("/plugins/?tag=fruit", headers={"If-None-Match": tag}).status_code == 200
    client.delete_cookie("theme")
    factories.plugin(ann, plugin_values("brand_new", tags=("fruit",)))
    changed = client.get("/plugins/?tag=fruit", headers={"If-None-Match": tag})
    assert changed.status_code == 200
    assert "brand_new" in changed.get_data(as_text=True)


def test_a_page_with_a_waiting_message_is_not_kept(client: PageClient, ann: Person) -> None:
    tag = client.get("/plugins/").headers["ETag"]
    with client.session_transaction() as held:
        held["_flashes"] = [("success", "red_apples saved")]
    response = client.get("/plugins/", headers={"If-None-Match": tag})
    assert response.status_code == 200
    assert "red_apples saved" in response.get_data(as_text=True)
    assert "ETag" not in response.headers
    assert response.headers["Cache-Control"] == "no-store"
    assert client.get("/plugins/", headers={"If-None-Match": tag}).status_code == 304


def test_a_write_of_a_colleague_is_on_the_next_page(
    client: PageClient, ann: Person, session: Session
) -> None:
    assert "green_pears" in names(client.page("/plugins/?q=pears"))
    bob = factories.person("bob", of=ann.account, role="staff")
    page = client.page("/plugins/?sort=name")
    saved = factories.plugin(bob, plugin_values("zz_new"))
    assert names(client.page("/plugins/?sort=name")) == [*names(page), "zz_new"]
    update_plugin(factories.viewer_of(bob), saved.id, saved.revision, plugin_values("aa_new"))
    assert names(client.page("/plugins/?sort=name"))[0] == "aa_new"


def test_the_lists_of_two_people_of_one_account_are_not_mixed_up(app: Flask, neighbours: Neighbours) -> None:
    seen = {}
    for person in (neighbours.ann, neighbours.bob, neighbours.eve, neighbours.root):
        browser = app.test_client()
        assert isinstance(browser, PageClient)
        sign_in(browser, person)
        for scope in ("mine", "account", "all"):
            page = browser.page(f"/plugins/?scope={scope}")
            seen[person.username, scope] = names(page), page.one(id="count").text
    assert seen["ann", "mine"] != seen["bob", "mine"]
    assert seen["ann", "account"] == seen["bob", "account"] == seen["root", "account"]
    assert seen["ann", "account"] != seen["eve", "account"]
    assert seen["ann", "all"][1] == "140 plugins"
    assert seen["root", "all"][1] == "180 plugins"
    assert seen["root", "mine"][1] == "0 plugins"


def test_a_superusers_list_of_everything_is_never_kept(client: PageClient, neighbours: Neighbours) -> None:
    sign_in(client, neighbours.root)
    response = client.get("/plugins/?scope=all")
    assert "ETag" not in response.headers
    assert response.headers["Cache-Control"] == "no-store"
    # Another account's generation is not among those of the viewer.
    factories.plugin(neighbours.eve, plugin_values("just_made"))
    assert names(client.page("/plugins/?scope=all"))[0] == "just_made"
    for sort in ("name", "class", "version", "owner", "updated", "created"):
        for query in ("", "&q=candy", "&tag=sales", "&owner=eve", "&class=sql&ready=ready"):
            assert names(client.page(f"/plugins/?scope=all&sort={sort}{query}")), (sort, query)


@pytest.mark.parametrize(
    "query", ["", "sort=name", "scope=all", "q=candy", "tag=sales", "class=sql&ready=ready"]
)
def test_a_list_takes_few_statements_the_same_for_one_row_and_for_fifty(
    app: Flask, client: PageClient, neighbours: Neighbours, monkeypatch: pytest.MonkeyPatch, query: str
) -> None:
    sign_in(client, neighbours.ann)
    used = []
    for size in (50, 1):
        monkeypatch.setattr(listing, "PAGE_SIZE", size)
        with app.app_context():
            cache.clear()
        with count_statements() as cold:
            page = client.page(f"/plugins/?{query}")
        with count_statements() as warm:
            client.page(f"/plugins/?{query}")
        assert len(names(page)) == min(size, len(names(page)))
        used.append((len(cold), len(warm)))
    assert used[0] == used[1]
    assert used[0][0] <= 6
    assert used[0][1] == 1
    text = " ".join(cold).upper()
    # SQLAlchemy writes OFFSET 0 for SQLite.
    assert "OFFSET" not in text.replace("LIMIT ? OFFSET ?", "LIMIT ?")
    page_statement = next(statement for statement in cold if "PLACE_0" in statement.upper())
    assert "GROUP BY" not in page_statement.upper()
    assert "COUNT(" not in page_statement.upper()


def test_everybody_has_to_sign_in_first(app: Flask) -> None:
    browser = app.test_client()
    for path in ("/plugins/", "/plugins/counts", "/plugins/tags", "/plugins/tags.json"):
        assert browser.get(path).status_code == 302
