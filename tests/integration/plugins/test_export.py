"""Exporting a list or a selection: what is in the file, that it can be applied again, and that it is always the same."""

from __future__ import annotations

import csv
import io
import json
import random
import zipfile
from collections.abc import Callable
from typing import Any
from urllib.parse import urlencode

import pytest
import yaml
from flask import Flask
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st
from sqlalchemy import update
from sqlalchemy.orm import Session
from werkzeug.test import TestResponse

from tests import factories
from tests.databases import count_statements
from tests.factories import Person
from tests.integration.plugins.conftest import Neighbours
from tests.integration.plugins.naive import fill, load_records, matching, ordered
from tests.integration.plugins.test_list_paging import FILTERS
from tests.pages import PARTIAL, PageClient, sign_in
from tests.unit.plugins import strategies
from webapp.db.session import begin_snapshot
from webapp.extensions import db
from webapp.manifests import service
from webapp.manifests.sources import Source
from webapp.plugins.exports import FORMATS, Place, write
from webapp.plugins.models import PluginMeta
from webapp.plugins.queries import exporting
from webapp.plugins.queries.criteria import Criteria
from webapp.plugins.queries.exporting import iter_listed, iter_selected
from webapp.plugins.queries.lists import prepare
from webapp.plugins.queries.record import get_record
from webapp.plugins.service import create_plugin, delete_plugin
from webapp.plugins.values import (
    ApiData,
    Header,
    Parameter,
    PluginValues,
    PromptValues,
    SelectorValues,
    StaticData,
    TestValue,
    UrlParam,
)

PATH = "/plugins/export"


@pytest.fixture
def ann(session: Session, client: PageClient) -> Person:
    """Return somebody who is signed in, with a plugin of each class."""
    person = factories.person("ann")
    factories.plugin(person, name="zebra", tags=("Fruit", "red"), description="Last, in Ωmega")
    factories.plugin(person, factories.sql_values("apples", tags=("fruit",)))
    factories.plugin(person, factories.api_values("middle", tags=()))
    sign_in(client, person)
    return person


def names_in(text: str) -> list[str]:
    return [document["metadata"]["name"] for document in yaml.safe_load_all(text)]


def rows_of(answer: TestResponse) -> list[dict[str, str]]:
    return list(csv.DictReader(io.StringIO(answer.data.decode("utf-8-sig"), newline="")))


# ---- the file ---------------------------------------------------------------------------------------------------


@pytest.mark.parametrize(
    ("format", "mimetype"),
    [
        ("yaml", "application/yaml; charset=utf-8"),
        ("zip", "application/zip"),
        ("json", "application/json"),
        ("csv", "text/csv; charset=utf-8"),
    ],
)
def test_a_file_has_a_name_and_a_type_and_is_kept_by_nobody(
    client: PageClient, ann: Person, format: str, mimetype: str
) -> None:
    answer = client.get(f"{PATH}?format={format}")
    assert answer.status_code == 200
    assert answer.headers["Content-Type"] == mimetype
    assert answer.headers["Cache-Control"] == "no-store"
    disposition = answer.headers["Content-Disposition"]
    assert disposition.startswith('attachment; filename="plugins-20') and disposition.endswith(f'.{format}"')
    one = client.get(f"{PATH}?q=zebra&format={format}")
    assert one.headers["Content-Disposition"] == f'attachment; filename="zebra.{format}"'


def test_all_formats_hold_the_same_plugins_by_name(client: PageClient, ann: Person) -> None:
    expected = ["apples", "middle", "zebra"]
    text = client.get(f"{PATH}?format=yaml").text
    assert names_in(text) == expected
    documents = list(yaml.safe_load_all(text))
    assert json.loads(client.get(f"{PATH}?format=json").text) == documents
    with zipfile.ZipFile(io.BytesIO(client.get(f"{PATH}?format=zip").data)) as archive:
        assert archive.testzip() is None
        assert archive.namelist() == [f"{name}.yaml" for name in expected]
        assert [yaml.safe_load(archive.read(name)) for name in archive.namelist()] == documents
        assert {entry.date_time for entry in archive.infolist()} == {(1980, 1, 1, 0, 0, 0)}
    assert [row["Name"] for row in rows_of(client.get(f"{PATH}?format=csv"))] == expected


def test_a_table_says_what_a_person_looks_for(client: PageClient, ann: Person) -> None:
    answer = client.get(f"{PATH}?format=csv")
    assert answer.data.startswith(b"\xef\xbb\xbfName,Description,Class,")
    row = rows_of(answer)[-1]
    assert row["Description"] == "Last, in Ωmega"
    assert (row["Class"], row["Version"], row["Readiness"]) == ("static", "1.0.0", "attention")
    assert (row["Tags"], row["Owner"], row["Account"]) == ("Fruit, red", "ann", ann.account.number)
    assert (row["Directive"], row["Search terms"]) == ("search_terms", "gobstopper, sherbet")
    assert row["Link"] == f"http://localhost/r/{row['Locator']}"
    assert rows_of(answer)[0]["Connection"] == "warehouse"


@pytest.mark.parametrize("format", FORMATS)
def test_the_same_plugins_give_the_same_bytes(client: PageClient, ann: Person, format: str) -> None:
    first = client.get(f"{PATH}?format={format}").data
    assert client.get(f"{PATH}?scope=mine&sort=-version&format={format}").data == first


# ---- which plugins ----------------------------------------------------------------------------------------------


def test_an_export_holds_exactly_what_the_list_shows(
    session: Session, neighbours: Neighbours, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(exporting, "AT_ONCE", 7)
    records = load_records(session)
    for person in neighbours.everyone:
        viewer = factories.viewer_of(person)
        for criteria in FILTERS:
            expected = ordered(matching(records, viewer, criteria), "name", descending=False)
            exported = list(iter_listed(session, prepare(session, viewer, criteria)))
            where = f"{criteria} for {person.username}"
            assert [plugin.values.name for plugin in exported] == [record.name for record in expected], where


def test_the_address_of_the_list_is_the_address_of_the_export(client: PageClient, ann: Person) -> None:
    page = client.page("/plugins/?tag=fruit&class=sql&sort=name")
    links = page.one(id="export").all("a")
    assert [link.text for link in links[:4]] == ["YAML", "Zip of YAML files", "JSON", "CSV table"]
    assert client.page(links[4]["href"]).one("h1").text == "Export plugins"
    assert links[0]["href"] == f"{PATH}?tag=fruit&class=sql&format=yaml"
    assert names_in(client.get(links[0]["href"]).text) == ["apples"]
    part = client.fragment("/plugins/?q=zebra")
    assert part.one(id="export").all("a")[3]["href"] == f"{PATH}?q=zebra&format=csv"


def test_a_page_of_the_list_exports_all_its_pages(client: PageClient, session: Session, ann: Person) -> None:
    fill(session, random.Random(3), ann, 60)
    page = client.page("/plugins/?sort=name")
    older = next(link for link in page.all("a") if link.text == "Older")
    link = client.page(older["href"]).one(id="export").all("a")[0]
    assert len(names_in(client.get(link["href"]).text)) == 63
    assert len(names_in(client.get(f"{older['href'].replace('/plugins/', PATH)}&format=yaml").text)) == 63


@pytest.mark.parametrize(
    "query", ["class=rest", "sort=size", "tag=a%2Cb", "after=nonsense", "ready=yes", "colour=red", "q=a&q=b"]
)
def test_what_the_list_refuses_is_refused_in_the_same_words(
    client: PageClient, ann: Person, query: str
) -> None:
    refused = client.get(f"{PATH}?{query}&format=yaml")
    assert refused.status_code == 400
    # All but the id of the request.
    words = client.page(f"/plugins/?{query}", 400).one("main").text
    assert client.page(f"{PATH}?{query}&format=yaml", 400).one("main").text[:60] == words[:60]


@pytest.mark.parametrize("query", ["format=xml", "format=", "format=yaml&format=csv"])
def test_a_format_that_is_not_known_is_named(client: PageClient, ann: Person, query: str) -> None:
    page = client.page(f"{PATH}?q=zebra&{query}", 400)
    assert "Use one of yaml, zip, json, csv." in page.one("main").text
    assert any(link["href"] == f"{PATH}?q=zebra" for link in page.one("main").all("a"))


def test_without_a_format_the_page_offers_them(client: PageClient, ann: Person) -> None:
    page = client.page(f"{PATH}?tag=fruit&q=zebra")
    main = page.one("main")
    assert "1 of 3 plugins" in main.text
    assert "zebra" in main.text and "fruit" in main.text.casefold()
    links = main.one("ul", class_="choose").all("a")
    assert [link["href"].rpartition("format=")[2] for link in links] == list(FORMATS)
    assert names_in(client.get(links[0]["href"]).text) == ["zebra"]


def test_an_empty_file_is_never_sent(client: PageClient, ann: Person) -> None:
    page = client.page(f"{PATH}?q=nothing+like+this&format=yaml", 404)
    assert "No plugin matches this filter" in page.one("main").text
    assert any(link["href"] == "/plugins/?q=nothing%20like%20this" for link in page.one("main").all("a"))
    answer = client.get(f"{PATH}?q=nothing&format=json", headers={"Accept": "application/json"})
    assert (answer.status_code, answer.json["title"]) == (404, "Nothing to export")


def test_what_is_in_the_bin_or_of_another_account_is_in_no_file(
    client: PageClient, session: Session, ann: Person
) -> None:
    factories.plugin(factories.person(), name="canary_of_others")
    factories.plugin(factories.person(of=factories.platform()), name="from_platform")
    saved = factories.plugin(ann, name="binned")
    delete_plugin(factories.viewer_of(ann), saved.id, saved.revision)
    for format in FORMATS:
        data = client.get(f"{PATH}?scope=all&format={format}").data
        assert b"from_platform" in data
        assert b"canary_of_others" not in data and b"binned" not in data


# ---- a selection ------------------------------------------------------------------------------------------------


def test_a_selection_is_exported_by_name_and_once(client: PageClient, ann: Person) -> None:
    first, second = (factories.plugin(ann, name=name).locator for name in ("last_one", "early_one"))
    query = urlencode({"id": [first, second, first], "format": "yaml"}, doseq=True)
    assert names_in(client.get(f"{PATH}?{query}").text) == ["early_one", "last_one"]
    sent = client.post(PATH, data={"id": [first, second, first], "format": "yaml"})
    assert names_in(sent.text) == ["early_one", "last_one"]
    one = client.post(PATH, data={"id": first, "format": "zip"})
    assert one.headers["Content-Disposition"] == 'attachment; filename="last_one.zip"'


@pytest.mark.parametrize("what", ["malformed", "another account's", "binned"])
def test_a_selection_with_something_that_is_not_there_is_the_same_404(
    client: PageClient, ann: Person, what: str
) -> None:
    good = factories.plugin(ann, name="good").locator
    bad = "pluginmeta-nonsense"
    if what == "another account's":
        bad = factories.plugin(factories.person(), name="hidden").locator
    elif what == "binned":
        saved = factories.plugin(ann, name="binned")
        delete_plugin(factories.viewer_of(ann), saved.id, saved.revision)
        bad = saved.locator
    page = client.page(f"{PATH}?id={good}&id={bad}&format=yaml", 404)
    assert "good" not in page.one("main").text
    assert client.post(PATH, data={"id": [good, bad], "format": "csv"}).status_code == 404


def test_a_selection_is_refused_clearly(client: PageClient, ann: Person) -> None:
    locator = factories.plugin(ann, name="good").locator
    assert client.post(PATH, data={"format": "yaml"}).status_code == 422
    assert client.post(PATH, data={"id": locator}).status_code == 400
    assert client.get(f"{PATH}?id={locator}&q=x&format=yaml").status_code == 400
    too_many = client.post(PATH, data={"id": ["x"] * 10_001, "format": "yaml"})
    assert too_many.status_code == 400
    assert client.post(PATH, data={"id": locator, "format": "yaml"}, csrf=False).status_code == 400


def test_a_record_page_offers_its_formats(client: PageClient, ann: Person) -> None:
    saved = factories.plugin(ann, name="good")
    page = client.page(f"/plugins/{saved.locator}/")
    links = {link.text: link["href"] for link in page.one("div", class_="acts").all("a")}
    assert {"YAML", "JSON", "CSV"} <= links.keys()
    assert [row["Name"] for row in rows_of(client.get(links["CSV"]))] == ["good"]


def test_an_export_is_no_fragment(client: PageClient, ann: Person) -> None:
    answer = client.get(f"{PATH}?q=none&format=yaml", headers=PARTIAL)
    assert answer.status_code == 404
    assert "<html" not in answer.text


# ---- safe and exact ---------------------------------------------------------------------------------------------


@pytest.mark.parametrize(
    "text",
    [
        '=HYPERLINK("http://evil.example")',
        "+1+1",
        "-2+3",
        "@SUM(A1)",
        "  =1+1",
        "\uff1d1+1",
        "-",
    ],
)
def test_no_cell_of_a_table_is_a_formula(client: PageClient, ann: Person, text: str) -> None:
    factories.plugin(
        ann,
        name="nasty",
        description=text,
        tags=(text.strip(),),
        selector=SelectorValues("search_terms", (text.strip(),)),
    )
    [row] = rows_of(client.get(f"{PATH}?q=nasty&format=csv"))
    for column in ("Description", "Tags", "Search terms"):
        assert row[column].startswith("'"), column
        assert row[column].strip("' ") == text.strip()


def test_a_table_keeps_line_breaks_quotes_and_commas(client: PageClient, ann: Person) -> None:
    text = 'First, "quoted"\nsecond line; third'
    factories.plugin(ann, name="lines", description=text)
    [row] = rows_of(client.get(f"{PATH}?q=lines&format=csv"))
    assert row["Description"] == text


AWKWARD: tuple[PluginValues, ...] = (
    factories.plugin_values("empty", description="", tags=(), selector=None, prompt=None, data=None),
    factories.plugin_values(
        "texts",
        description="no\n---\n# not a comment\n\n  indented\n...\n",
        tags=("yes", "1.10", "~", "a: b", "ünïcode 日本"),
        annotations=({"a.b/c": "on"}, {"n": 1.0}, {"m": {"x": [True, None, "null"]}}),
        data=StaticData("d", {"1": "0x10", "deep": {"list": [1, 1.5, "1.5", {"a": []}]}, "é": ""}),
    ),
    factories.sql_values("no_connection", connection=""),
    factories.api_values(
        "rich",
        data=ApiData(
            connection="price_service",
            endpoint="/x/{a}",
            method="POST",
            description="",
            url_params=(UrlParam("k", "v"),),
            headers=(Header("X-A", "1"),),
            body={"z": [1, {"y": "{a}"}]},
            parameters=(Parameter("a", "string", "", True, None, "x"),),
            test_values=(TestValue("a", "b"),),
        ),
        prompt=PromptValues(system_role="Tab\tand trailing space ", temperature=0.0),
    ),
)


def test_what_is_exported_is_what_the_records_say(session: Session) -> None:
    person = factories.person("ann")
    for values in AWKWARD:
        factories.plugin(person, values)
    viewer = factories.viewer_of(person)
    exported = {
        plugin.locator: plugin for plugin in iter_listed(session, prepare(session, viewer, Criteria()))
    }
    assert len(exported) == len(AWKWARD)
    for locator, plugin in exported.items():
        record = get_record(session, viewer, locator)
        assert plugin.values == record.values
        assert (plugin.revision, plugin.owner, plugin.updated_at, plugin.created_at) == (
            record.revision,
            record.owner_username,
            record.updated_at,
            record.created_at,
        )


@pytest.mark.parametrize("format", ["yaml", "json", "zip"])
def test_applying_an_export_changes_nothing(app: Flask, session: Session, format: str) -> None:
    person = factories.person("ann")
    for values in AWKWARD:
        factories.plugin(person, values)
    viewer = factories.viewer_of(person)
    plugins = iter_listed(session, prepare(session, viewer, Criteria()))
    data = b"".join(write(FORMATS[format], plugins, Place(viewer.account_id, "")))
    sources = [Source(f"export.{format}", data)]
    if format == "zip":
        with zipfile.ZipFile(io.BytesIO(data)) as archive:
            sources = [Source(name, archive.read(name)) for name in archive.namelist()]
    plan = service.plan(viewer, sources, app.extensions["manifest_kinds"])
    assert plan.counts == {"unchanged": len(AWKWARD)}, plan.all_problems


@settings(max_examples=10, suppress_health_check=[HealthCheck.function_scoped_fixture, HealthCheck.too_slow])
@given(st.lists(strategies.plugin_values(), min_size=1, max_size=3, unique_by=lambda values: values.name))
def test_applying_an_export_of_anything_changes_nothing(
    app: Flask, session: Session, drawn: list[PluginValues]
) -> None:
    person = factories.person()
    viewer = factories.viewer_of(person)
    for values in drawn:
        create_plugin(viewer, values, imported=True)
    for format in ("yaml", "json"):
        plugins = iter_listed(session, prepare(session, factories.viewer_of(person), Criteria()))
        data = b"".join(write(FORMATS[format], plugins, Place(viewer.account_id, "")))
        plan = service.plan(viewer, [Source("export", data)], app.extensions["manifest_kinds"])
        assert plan.counts == {"unchanged": len(drawn)}, plan.all_problems


def test_files_of_other_accounts_stand_in_a_folder(app: Flask, session: Session) -> None:
    root, eve = factories.person("root", role="superuser"), factories.person("eve")
    for person in (root, eve):
        factories.plugin(person, name="same")
    factories.plugin(root, name="con")
    viewer = factories.viewer_of(root)
    plugins = iter_listed(session, prepare(session, viewer, Criteria(scope="all")))
    data = b"".join(write(FORMATS["zip"], plugins, Place(viewer.account_id, "")))
    with zipfile.ZipFile(io.BytesIO(data)) as archive:
        assert archive.namelist() == ["con_.yaml", "same.yaml", f"{eve.account.number}/same.yaml"]


@pytest.mark.parametrize("read", ["list", "selection"])
def test_every_portion_costs_the_same_statements(
    session: Session, monkeypatch: pytest.MonkeyPatch, read: str
) -> None:
    monkeypatch.setattr(exporting, "AT_ONCE", 3)
    person = factories.person("ann")
    locators = [factories.plugin(person).locator for _ in range(11)]
    viewer = factories.viewer_of(person)
    found = prepare(session, viewer, Criteria())
    counts = []
    iterate: Callable[[], Any] = {
        "list": lambda: iter_listed(session, found),
        "selection": lambda: iter_selected(session, viewer, locators),
    }[read]
    plugins = iterate()
    next(plugins)
    for _ in range(3):
        with count_statements() as statements:
            for _ in range(3):
                next(plugins)
        counts.append(len(statements))
    assert counts[0] <= 4
    assert len(set(counts)) == 1


def test_an_export_is_of_one_moment(session: Session, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(exporting, "AT_ONCE", 1)
    person = factories.person("ann")
    for name in ("a", "b", "c"):
        factories.plugin(person, name=name)
    viewer = factories.viewer_of(person)
    begin_snapshot(session)
    plugins = iter_listed(session, prepare(session, viewer, Criteria()))
    assert next(plugins).values.name == "a"
    with db.engine.begin() as other:
        # Behind what was read, the next to be read, and in front of it.
        for before, after in (("c", "a2"), ("b", "z")):
            other.execute(update(PluginMeta).where(PluginMeta.name == before).values(name=after))
    assert [plugin.values.name for plugin in plugins] == ["b", "c"]
    session.rollback()
    names = [plugin.values.name for plugin in iter_listed(session, prepare(session, viewer, Criteria()))]
    assert names == ["a", "a2", "z"]
