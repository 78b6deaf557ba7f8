"""The list of connections and secrets: rows, filters, pages, counts, empty states."""

from __future__ import annotations

import datetime as dt
from dataclasses import replace
from urllib.parse import parse_qsl, urlsplit

import pytest
from flask import Flask
from sqlalchemy import delete, update
from sqlalchemy.orm import Session

from tests import factories
from tests.databases import count_statements
from tests.factories import Person
from tests.integration.connections.records import API, SQL, page_of
from tests.markup import Element
from tests.pages import PARTIAL, PageClient, sign_in, tree
from webapp.connections.models import ApiConnection, Secret, SqlConnection
from webapp.connections.queries import list_pages, lists
from webapp.core.clock import utcnow
from webapp.db.session import transaction
from webapp.web.listing import encode_cursor

LIST = "/connections/"


def names(page: Element) -> list[str]:
    return [row.one("a").text for row in page.one("tbody", id="rows").all("tr")]


def cells(page: Element, name: str) -> dict[str, str]:
    (row,) = [row for row in page.one("tbody", id="rows").all("tr") if row.one("a").text == name]
    return {cell["class"].split()[0]: cell.text for cell in row.all("td")}


def facet(page: Element) -> dict[str, str]:
    """Return the counts of the rail by the label of their line."""
    links = [link for link in page.one("", id="facets").all("a") if link["id"]]  # Not those to the help.
    return {link.all("span")[0].text: link.all("span")[1].text for link in links}


@pytest.fixture
def three(owner: Person) -> None:
    """Make one record of each kind."""
    factories.secret(owner, "ships_password", description="The password of the ships.")
    factories.connection(owner, SQL)
    factories.connection(owner, replace(API, description="High and low water.", tags=("Sea",)))


def test_every_kind_is_listed_with_where_it_leads_and_who_uses_it(
    signed_in: PageClient, owner: Person, three: None
) -> None:
    for number in range(3):
        factories.plugin(owner, factories.sql_values(f"ships_{number}", connection="ships_db"))
    page = signed_in.page(LIST)
    assert names(page) == ["ships_db", "ships_password", "tides_api"]
    row = cells(page, "ships_db")
    assert (row["c-kind"], row["c-leads"], row["c-used"], row["c-ver"]) == (
        "SQL",
        "db.example/ships",
        "3 users",
        "1.0.0",
    )
    assert row["c-own"].endswith("Marina")
    row = cells(page, "tides_api")
    assert (row["c-kind"], row["c-leads"], row["c-used"]) == ("API", "https://tides.example", "0 users")
    row = cells(page, "ships_password")
    assert (row["c-kind"], row["c-leads"], row["c-used"]) == ("Secret", "Does not expire", "1 user")
    assert page.one("", id="count").text == "3 records"
    assert [
        link.text for link in page.one("nav", id="main-nav").all("a") if "aria-current" in link.attrs
    ] == ["Connections"]


def test_an_expired_secret_is_marked(signed_in: PageClient, owner: Person) -> None:
    factories.secret(owner, "old_key", expires_at=utcnow() - dt.timedelta(minutes=1))
    factories.secret(owner, "new_key", expires_at=dt.datetime(2040, 5, 1, tzinfo=dt.UTC))
    page = signed_in.page(LIST)
    assert cells(page, "old_key")["c-leads"].startswith("Expired")
    assert cells(page, "new_key")["c-leads"] == "Expires 1 May 2040"


def test_a_database_file_leads_to_its_path(signed_in: PageClient, owner: Person) -> None:
    values = replace(SQL, db_engine="django.db.backends.sqlite3", hostname="", database="/data/ships.db")
    factories.connection(owner, values)
    assert cells(signed_in.page(LIST), "ships_db")["c-leads"] == "/data/ships.db"


def test_kinds_and_scopes_are_links_with_counts(
    app: Flask, signed_in: PageClient, owner: Person, three: None
) -> None:
    factories.connection(factories.person(of=owner.account), replace(SQL, name="other_db"))
    factories.connection(factories.person(of=factories.platform()), replace(API, name="common_api"))
    factories.connection(factories.person(), replace(API, name="foreign_api"))
    page = signed_in.page(LIST)
    assert facet(page) == {
        "All": "5",
        "Mine": "3",
        "Account": "4",
        "Platform": "1",
        "SQL connections": "2",
        "API connections": "1",
        "Secrets": "1",
    }
    assert names(signed_in.page(f"{LIST}?kind=sql")) == ["other_db", "ships_db"]
    assert names(signed_in.page(f"{LIST}?scope=mine")) == ["ships_db", "ships_password", "tides_api"]
    assert names(signed_in.page(f"{LIST}?scope=platform")) == ["common_api"]
    page = signed_in.page(f"{LIST}?scope=all&kind=api")
    assert names(page) == ["common_api", "tides_api"]
    assert page.one("", id="count").text == "2 of 5 records"
    assert page.one("h1").text == "Connections"
    root = app.test_client()
    assert isinstance(root, PageClient)
    sign_in(root, factories.person(role="superuser"))
    page = root.page(f"{LIST}?scope=all")
    assert set(names(page)) == {
        "common_api",
        "foreign_api",
        "other_db",
        "ships_db",
        "ships_password",
        "tides_api",
    }
    assert facet(page)["All"] == "6"
    assert facet(page)["Account"] == "0"


@pytest.mark.parametrize(
    ("q", "found"),
    [
        ("ships", ["ships_db", "ships_password"]),
        ("SHIPS", ["ships_db", "ships_password"]),
        ("water", ["tides_api"]),
        ("sea", ["tides_api"]),
        ("tides.example", ["tides_api"]),
        ("db.example ships", ["ships_db"]),
        ("ｄｂ", ["ships_db"]),
        ("%", []),
        ("ships_d", ["ships_db"]),
    ],
)
def test_a_search_finds_words_anywhere_on_a_record(
    signed_in: PageClient, three: None, q: str, found: list[str]
) -> None:
    page = tree(signed_in.get(LIST, query_string={"q": q}))
    if found:
        assert names(page) == found
    else:
        assert page.one("h2", text="No record matches this filter")
    assert facet(page)["Account"] == str(len(found))
    assert page.one("", id="count").text == f"{len(found)} of 3 records"


def test_a_search_folds_letters_beyond_ascii_on_both_databases(signed_in: PageClient, owner: Person) -> None:
    factories.secret(owner, "a_key", description="Schlüssel für ÅNGSTRÖM")
    assert names(tree(signed_in.get(LIST, query_string={"q": "ångström SCHLÜSSEL"}))) == ["a_key"]


BAD = (
    "kind=ftp",
    "scope=theirs",
    "sort=owner",
    "sort=--name",
    "tag=x",
    "kind=sql&kind=api",
    "q=%00",
    "after=x",
)


@pytest.mark.parametrize("query", [*BAD, "before=W10"])
def test_what_the_address_may_not_say_is_named(signed_in: PageClient, query: str) -> None:
    page = signed_in.page(f"{LIST}?{query}", 400)
    assert query.partition("=")[0] in page.one("main").text
    (fix, *_) = [link["href"] for link in page.one("main").all("a") if link["href"].startswith(LIST)]
    assert signed_in.get(fix).status_code == 200


def test_a_mark_of_another_order_does_not_fit(signed_in: PageClient, owner: Person) -> None:
    _many(owner, 60)
    older = signed_in.page(LIST).one("a", id="older")["href"]
    mark = dict(parse_qsl(urlsplit(older).query))["after"]
    assert signed_in.get(LIST, query_string={"after": mark, "sort": "kind"}).status_code == 400
    assert signed_in.get(LIST, query_string={"after": mark, "sort": "-name"}).status_code == 400


@pytest.mark.parametrize("sort", ["name", "kind"])
@pytest.mark.parametrize("name", ["a\0", "\ud800"])
def test_a_mark_that_no_database_can_hold_is_refused(signed_in: PageClient, sort: str, name: str) -> None:
    mark = encode_cursor(sort, [name, "sql", 1] if sort == "name" else ["sql", name, 1])
    assert signed_in.get(LIST, query_string={"after": mark, "sort": sort}).status_code == 400


def _many(owner: Person, number: int) -> list[tuple[str, str]]:
    """Make records of all kinds with names, and moments that several of them share; return kind and name."""
    made = []
    viewer_columns = {"account_id": owner.account.id, "user_profile_id": owner.profile_id, "revision": 1}
    start = dt.datetime(2026, 1, 1, tzinfo=dt.UTC)
    with transaction() as session:
        for index in range(number):
            common = {
                **viewer_columns,
                "name": f"item_{index // 3:04}",
                "updated_at": start + dt.timedelta(hours=index // 5),
                "description": "even" if index % 2 == 0 else "odd",
            }
            kind = ("sql", "api", "secret")[index % 3]
            if kind == "sql":
                session.add(SqlConnection(db_engine="x", hostname="h", database="d", **common))
            elif kind == "api":
                session.add(ApiConnection(base_url="https://x.example", **common))
            else:
                session.add(Secret(encrypted_value=b"x", **common))
            made.append((kind, str(common["name"])))
    return made


@pytest.mark.parametrize("sort", ["name", "-name", "kind", "-kind", "updated", "-updated"])
@pytest.mark.parametrize("q", ["", "even"])
def test_pages_hold_every_record_once_in_order_in_both_directions(
    signed_in: PageClient, owner: Person, monkeypatch: pytest.MonkeyPatch, sort: str, q: str
) -> None:
    monkeypatch.setattr(list_pages, "PAGE_SIZE", 7)
    monkeypatch.setattr(list_pages, "READ_AT_ONCE", 5)
    _many(owner, 40)
    expected = 20 if q else 40
    pages, url = [], f"{LIST}?sort={sort}" + (f"&q={q}" if q else "")
    while url:
        page = signed_in.page(url)
        pages.append([row["id"] for row in page.one("tbody", id="rows").all("tr")])
        older = page.find("a", id="older")
        last, url = page, older["href"] if older else ""
    rows = [row for page_rows in pages for row in page_rows]
    assert len(rows) == len(set(rows)) == expected
    assert [len(page_rows) for page_rows in pages[:-1]] == [7] * (len(pages) - 1)
    back = [pages[-1]]
    while newer := last.find("a", id="newer"):
        last = signed_in.page(newer["href"])
        if not last.find("tbody", id="rows"):
            break
        back.insert(0, [row["id"] for row in last.one("tbody", id="rows").all("tr")])
    assert back == pages
    reverse = signed_in.page(f"{LIST}?sort={sort.removeprefix('-') if sort[0] == '-' else f'-{sort}'}&q={q}")
    assert [row["id"] for row in reverse.one("tbody", id="rows").all("tr")] == rows[::-1][:7]


def test_a_search_that_gives_up_goes_on_from_there(
    signed_in: PageClient, owner: Person, session: Session, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(list_pages, "READ_AT_ONCE", 5)
    monkeypatch.setattr(list_pages, "SEARCHED_MAX", 10)
    monkeypatch.setattr(lists, "SEARCHED_MAX", 10)
    _many(owner, 40)
    with transaction() as writing:
        writing.execute(update(Secret).where(Secret.name == "item_0011").values(description="needle"))
    seen, url = [], f"{LIST}?q=needle"
    for _ in range(6):
        page = signed_in.page(url)
        if page.find("tbody", id="rows"):
            seen += names(page)
        older = page.find("a", id="older")
        if older is None:
            break
        url = older["href"]
    assert seen == ["item_0011"]


def test_the_work_of_a_page_does_not_grow_with_the_list(
    signed_in: PageClient, owner: Person, session: Session
) -> None:
    _many(owner, 6)
    with count_statements() as few:
        signed_in.page(LIST)
    _many(factories.person(of=owner.account), 0)
    with transaction() as writing:
        writing.execute(update(SqlConnection).values(description="x"))
    with count_statements() as again:
        signed_in.page(LIST)
    assert len(again) == len(few) <= 14


class TestEmpty:
    def test_nothing_at_all_is_explained_and_three_things_are_offered(self, signed_in: PageClient) -> None:
        page = signed_in.page(LIST).one("", id="results")
        assert page.one("h2").text == "There are no connections yet"
        assert page.one("p").text.count(". ") == 1
        assert [link["href"] for link in page.all("a")] == [
            "/connections/new?kind=sql",
            "/connections/new?kind=api",
            "/connections/new?kind=secret",
        ]

    def test_nothing_of_mine_leads_to_the_account(self, signed_in: PageClient, owner: Person) -> None:
        factories.connection(factories.person(of=owner.account), SQL)
        page = signed_in.page(f"{LIST}?scope=mine").one("", id="results")
        assert page.one("h2").text == "You own no connections yet"
        assert page.all("a")[-1]["href"] == LIST

    def test_nothing_of_the_platform_offers_no_new_record(self, signed_in: PageClient) -> None:
        page = signed_in.page(f"{LIST}?scope=platform").one("", id="results")
        assert [link["href"] for link in page.all("a")] == [LIST]

    def test_no_match_drops_the_filters_one_by_one(self, signed_in: PageClient, three: None) -> None:
        page = signed_in.page(f"{LIST}?q=water&kind=sql").one("", id="results")
        assert page.one("h2").text == "No record matches both filters"
        assert [(link.text, link["href"]) for link in page.all("a")] == [
            ("Drop the search", f"{LIST}?kind=sql"),
            ("Search all kinds", f"{LIST}?q=water"),
            ("Clear filters", LIST),
        ]

    def test_a_page_beyond_the_end_leads_to_the_first(
        self, signed_in: PageClient, owner: Person, monkeypatch: pytest.MonkeyPatch
    ) -> None:
        monkeypatch.setattr(list_pages, "PAGE_SIZE", 2)
        _many(owner, 3)
        older = signed_in.page(LIST).one("a", id="older")["href"]
        with transaction() as writing:
            writing.execute(delete(SqlConnection))
        page = signed_in.page(older).one("", id="results")
        assert [link["href"] for link in page.all("a") if link["href"] == LIST]


class TestFragment:
    def test_a_fragment_holds_the_rows_and_what_else_depends_on_the_filter(
        self, signed_in: PageClient, three: None
    ) -> None:
        answer = signed_in.get(f"{LIST}?kind=sql", headers=PARTIAL)
        part = tree(answer)
        assert names(part) == ["ships_db"]
        assert answer.headers["HX-Push-Url"] == f"{LIST}?kind=sql"
        assert {item["hx-target"] for item in part.all("hx-partial")} == {
            "#count",
            "#new",
            "[data-filters]",
            "#chips",
            "#kept",
            "#facets",
            "#q",
            "#sort",
        }
        assert "HX-Source" in answer.vary

    def test_typing_replaces_the_address_and_leaves_the_box_alone(
        self, signed_in: PageClient, three: None
    ) -> None:
        answer = signed_in.get(f"{LIST}?q=ships", headers=PARTIAL | {"HX-Source": "form#search"})
        assert answer.headers["HX-Replace-Url"] == f"{LIST}?q=ships"
        assert "#q" not in {item["hx-target"] for item in tree(answer).all("hx-partial")}

    def test_the_list_is_never_kept_by_a_browser_because_secrets_expire(
        self, signed_in: PageClient, three: None
    ) -> None:
        assert "no-store" in signed_in.get(LIST).headers["Cache-Control"]


def test_what_people_wrote_stays_text(signed_in: PageClient, owner: Person) -> None:
    nasty = "<script>alert(1)</script> {{ 7 * 191 }}"
    saved = factories.connection(owner, replace(API, description=nasty, tags=('"><b>',)))
    page = signed_in.page(LIST)
    assert "1337" not in page.text
    assert nasty in cells(page, "tides_api")["c-desc"]
    assert signed_in.page(page_of("api", saved)).one("main").text.count(nasty) == 1
