"""The page of a record, its manifest, its share link, and who may see and do what."""

from __future__ import annotations

import datetime as dt
import re
from dataclasses import replace
from typing import Any

import pytest
import yaml
from flask import Flask
from sqlalchemy.orm import Session

from tests import factories
from tests.databases import count_statements
from tests.factories import Person
from tests.integration.connections.records import API, KEY, SQL, locator_of, page_of
from tests.markup import Element
from tests.pages import PageClient, sign_in
from webapp.connections.service import Saved
from webapp.core.clock import utcnow

KINDS = ("sql", "api", "secret")
PARTS = ("", "edit", "manifest", "manifest.yaml", "manifest.json", "removal")


def make(owner: Person, kind: str) -> Saved:
    if kind == "secret":
        return factories.secret(owner, "topsecret_key", description="topsecret")
    return factories.connection(
        owner, replace(SQL if kind == "sql" else API, name="topsecret", description="topsecret")
    )


def facts(page: Element, heading: str) -> dict[str, str]:
    (found,) = [item for item in page.all("h2") if item.text == heading]
    section = found.above("section")
    assert section is not None
    return {term.text: value.text for term, value in zip(section.all("dt"), section.all("dd"), strict=True)}


def test_a_sql_connection_shows_what_is_written_and_links_its_secret(
    signed_in: PageClient, owner: Person
) -> None:
    secret = factories.secret(owner, "ships_password", expires_at=utcnow() - dt.timedelta(days=1))
    saved = factories.connection(
        owner,
        replace(
            SQL,
            proxy_password="no_such_key",
            ssl_key="-----BEGIN PRIVATE KEY-----",
            pool_size=7,
            annotations=({"team/owner": "harbour"},),
        ),
    )
    page = signed_in.page(page_of("sql", saved))
    assert facts(page, "Database") == {
        "Engine": "PostgreSQL",
        "Authentication": "None",
        "Host": "db.example",
        "Port": "5432",
        "Database": "ships",
        "Username": "Not set",
        "Password (secret)": "ships_password has expired",
        "Timeout": "30 seconds",
        "Use SSL": "No",
    }
    assert facts(page, "Advanced") == {
        "SSL key": "Set, 27 characters",
        "Proxy password (secret)": "no_such_key does not exist yet Create it: the secret no_such_key",
        "Pool size": "7",
    }
    assert "PRIVATE KEY" not in page.text
    links = {link.text: link["href"] for link in page.one("main").all("a")}
    assert links["ships_password"] == page_of("secret", secret)
    assert links["Create it: the secret no_such_key"] == "/connections/new?kind=secret&name=no_such_key"
    assert page.one("dl", **{"class": "anno"}).all("dt")[0]["title"] == "team/owner"


def test_an_api_connection_shows_its_address_and_no_empty_extras(
    signed_in: PageClient, owner: Person
) -> None:
    page = signed_in.page(page_of("api", factories.connection(owner, replace(API, api_key=None))))
    assert facts(page, "Web service") == {
        "Base URL": "https://tides.example",
        "Authentication": "None",
        "API key (secret)": "Not set",
        "Timeout": "30 seconds",
    }
    assert "Advanced" not in [item.text for item in page.all("h2")]


@pytest.mark.parametrize(
    ("days", "word"), [(-1, "Expired"), (3, "Expires soon"), (300, "Valid"), (None, "Never")]
)
def test_a_secret_shows_when_it_expires_and_never_its_value(
    signed_in: PageClient, owner: Person, days: int | None, word: str
) -> None:
    expiry = None if days is None else utcnow() + dt.timedelta(days=days)
    page = signed_in.page(page_of("secret", factories.secret(owner, value="hush hush", expires_at=expiry)))
    shown = facts(page, "Value")
    assert shown["Expires"].endswith(word)
    assert "never shown again" in shown["Value"]
    assert "hush hush" not in page.text


def test_who_uses_a_record_is_listed_with_links(signed_in: PageClient, owner: Person) -> None:
    secret = factories.secret(owner, "ships_password")
    saved = factories.connection(owner, SQL)
    factories.connection(owner, replace(API, api_key="ships_password", proxy_password="ships_password"))
    plugin = factories.plugin(owner, factories.sql_values("ships", connection="ships_db"))
    used = signed_in.page(page_of("sql", saved)).one("section", id="used-by")
    assert [(link.text, link["href"]) for link in used.all("a")] == [("ships", f"/plugins/{plugin.locator}/")]
    used = signed_in.page(page_of("secret", secret)).one("section", id="used-by")
    assert [item.text for item in used.all("li")] == ["tides_apiAPI connection", "ships_dbSQL connection"]
    assert signed_in.get(used.all("a")[1]["href"]).status_code == 200


def test_many_users_are_counted(signed_in: PageClient, owner: Person) -> None:
    saved = factories.connection(owner, SQL)
    for number in range(52):
        factories.plugin(owner, factories.sql_values(f"ships_{number:02}", connection="ships_db"))
    used = signed_in.page(page_of("sql", saved)).one("section", id="used-by")
    assert len(used.all("a")) == 50
    assert used.all("li")[-1].text == "and 2 more"
    assert "52" in used.one("header").text


@pytest.mark.parametrize("kind", KINDS)
def test_a_manifest_of_a_record_uploaded_again_changes_nothing(
    signed_in: PageClient, owner: Person, kind: str
) -> None:
    saved = make(owner, kind)
    text = signed_in.get(page_of(kind, saved, "manifest.yaml")).text
    assert yaml.safe_load(text)["metadata"]["name"] == saved.name
    assert signed_in.get(page_of(kind, saved, "manifest.json")).get_json()["kind"].lower().startswith(kind)
    assert (
        text.splitlines()[0] in signed_in.page(page_of(kind, saved, "manifest")).one("", id="manifest").text
    )
    answer = signed_in.post("/manifests/", data={"text": text, "do": "apply"})
    assert "1 unchanged" in answer.text or "Unchanged" in answer.text
    assert f'href="{page_of(kind, saved)}"' in answer.text


@pytest.mark.parametrize("kind", KINDS)
def test_the_share_link_leads_to_the_page(signed_in: PageClient, owner: Person, kind: str) -> None:
    saved = make(owner, kind)
    answer = signed_in.get(f"/r/{locator_of(kind, saved)}")
    assert (answer.status_code, answer.headers["Location"]) == (302, page_of(kind, saved))
    button = signed_in.page(page_of(kind, saved)).one("button", text="Copy link")
    assert button["data-copy"] == f"http://localhost/r/{locator_of(kind, saved)}"


class TestRights:
    @pytest.mark.parametrize("kind", KINDS)
    def test_a_stranger_gets_the_same_404_for_a_foreign_record_as_for_none(
        self, app: Flask, client: PageClient, owner: Person, kind: str
    ) -> None:
        sign_in(client, factories.person(role="staff"))
        saved = make(owner, kind)
        for part in PARTS:
            foreign, missing = (client.get(page_of(kind, item, part)) for item in (saved, 98_765))
            assert foreign.status_code == missing.status_code == 404
            assert _without_tokens(foreign.text) == _without_tokens(missing.text)
            assert "topsecret" not in foreign.text
        for part in ("edit", "delete", "restore"):
            answers = [
                client.post(page_of(kind, item, part), data={"revision": "1", "confirmed": "y", "name": "x"})
                for item in (saved, 98_765)
            ]
            assert [answer.status_code for answer in answers] == [404, 404]
            assert _without_tokens(answers[0].text) == _without_tokens(answers[1].text)
        share = [client.get(f"/r/{locator_of(kind, item)}").status_code for item in (saved, 98_765)]
        assert share == [404, 404]
        assert "topsecret" not in client.get("/connections/?scope=all").text

    @pytest.mark.parametrize("kind", KINDS)
    def test_a_colleague_reads_but_sees_no_button_and_may_not_write(
        self, client: PageClient, owner: Person, kind: str
    ) -> None:
        sign_in(client, factories.person(of=owner.account))
        saved = make(owner, kind)
        page = client.page(page_of(kind, saved))
        assert "Marina and the staff of" in page.text
        assert not [link for link in page.all("a") if link["href"].endswith(("/edit", "/removal"))]
        assert not page.all("form", None, action=page_of(kind, saved, "delete"))
        for part in ("edit", "removal"):
            assert client.get(page_of(kind, saved, part)).status_code == 403
        for part in ("edit", "delete"):
            data = {"revision": "1", "confirmed": "y", "name": saved.name, "action": "save"}
            assert client.post(page_of(kind, saved, part), data=data).status_code == 403
        assert client.get(page_of(kind, saved)).status_code == 200

    @pytest.mark.parametrize("kind", KINDS)
    @pytest.mark.parametrize("role", ["staff", "superuser"])
    def test_staff_and_superusers_manage(
        self, client: PageClient, owner: Person, kind: str, role: str
    ) -> None:
        somebody = factories.person(role=role, of=owner.account if role == "staff" else None)
        sign_in(client, somebody)
        saved = make(owner, kind)
        assert [link for link in client.page(page_of(kind, saved)).all("a") if link["href"].endswith("/edit")]
        assert client.get(page_of(kind, saved, "edit")).status_code == 200

    @pytest.mark.parametrize("kind", KINDS)
    def test_what_the_platform_has_is_read_by_all_and_managed_by_its_own(
        self, client: PageClient, session: Session, kind: str
    ) -> None:
        saved = make(factories.person(of=factories.platform()), kind)
        sign_in(client, factories.person(role="staff"))
        assert client.get(page_of(kind, saved)).status_code == 200
        assert client.get(page_of(kind, saved, "edit")).status_code == 403

    @pytest.mark.parametrize(
        "locator", ["secret-1", "secret-rMTAwMDAwMQ", "Secret-rMTAwMDAwMQx", "pluginmeta-rMTAwMDAwMQx", "x"]
    )
    def test_a_locator_has_one_spelling(self, signed_in: PageClient, owner: Person, locator: str) -> None:
        factories.secret(owner)
        assert signed_in.get(f"/connections/{locator}/").status_code == 404


def _without_tokens(text: str) -> str:
    text = re.sub(r"[0-9a-f]{16}", "ID", text)
    return re.sub(r'"X-CSRFToken": "[^"]*"|name="csrf_token" value="[^"]*"', "TOKEN", text)


def test_a_superuser_elsewhere_is_not_offered_to_create_a_secret_there(
    client: PageClient, owner: Person
) -> None:
    sign_in(client, factories.person(role="superuser"))
    page = client.page(page_of("sql", factories.connection(owner, SQL)))
    assert "ships_password does not exist yet" in page.text
    assert "Create it" not in page.text


def test_reading_a_page_costs_few_statements(signed_in: PageClient, owner: Person, session: Session) -> None:
    factories.secret(owner, KEY.name)
    saved: Any = factories.connection(owner, SQL)
    with count_statements() as statements:
        signed_in.page(page_of("sql", saved))
    assert len(statements) <= 5
