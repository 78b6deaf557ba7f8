"""Two tenants: nothing of one is in any answer to the other, and nothing that the other sends changes it."""

from __future__ import annotations

import io
import re
import zipfile
from collections import Counter
from dataclasses import dataclass
from urllib.parse import urljoin, urlsplit

import pytest
from flask import Flask
from sqlalchemy.orm import Session
from werkzeug.test import TestResponse

from tests import factories
from tests.factories import Person
from tests.integration.security.conftest import picture, places
from tests.pages import PARTIAL, PageClient, sign_in, tree
from webapp.plugins.service import Saved

# The stranger types the first word and must never be shown the second, which stands wherever the first one does.
BAIT, CANARY = "lantern", "canary7f3"
BOTH = f"{BAIT} {CANARY}"
HTMX = {"HX-Request": "true", "HX-Request-Type": "full", "HX-Current-URL": "http://localhost/plugins/"}
# Filters can be combined without end: so many addresses are opened with the same names of parameters, and so many names.
ALIKE_MAX, PARAMETERS_MAX = 2, 2
FORM = {
    "name": "taken_over",
    "version": "9.9.9",
    "plugin_class": "static",
    "directive": "always",
    "revision": "1",
    "action": "save",
    "merge_revision": "1",
    "description": "taken over",
    "tags": "taken",
}
SEARCHES = (
    f"/plugins/?q={BAIT}",
    f"/plugins/?q={BAIT}&scope=all",
    f"/plugins/?q={BAIT[:2]}&scope=platform",
    f"/plugins/?tag={BAIT}",
    f"/plugins/?owner={BAIT}",
    "/plugins/?q=%25&scope=all",
    "/plugins/?q=_&scope=all",
    "/plugins/?q=*&scope=all",
    "/plugins/?scope=all&class=sql",
    "/plugins/?scope=all&sort=-name",
    f"/plugins/tags?find={BAIT}",
    f"/plugins/tags?find={BAIT[:1]}",
)
PARTS = (f"/plugins/counts?q={BAIT}&scope=all", "/plugins/counts?scope=all", f"/plugins/tags?find={BAIT[:3]}")
DATA = (f"/plugins/tags.json?q={BAIT}", f"/plugins/tags.json?q={BAIT[:1]}", "/plugins/tags.json?q=")


@dataclass(frozen=True)
class Tenants:
    """A tenant full of canaries, and a stranger with the highest rights in an account of their own."""

    owner: Person
    hidden: tuple[Saved, ...]
    stranger: Person
    own: Saved


@pytest.fixture
def tenants(session: Session) -> Tenants:
    """Return both."""
    factories.platform()
    account = factories.account(f"The {BOTH} company")
    owner = factories.person(f"{BAIT}_{CANARY}", of=account, role="staff")
    factories.sql_connection(owner, f"{BAIT}_{CANARY}_db")
    factories.api_connection(owner, f"{BAIT}_{CANARY}_api")
    texts = {
        "description": f"{BOTH} in a long description of what this is.",
        "tags": (BOTH, f"{BAIT}-{CANARY}"),
        "annotations": ({f"{BAIT}/{CANARY}": BOTH},),
    }
    hidden = (
        factories.plugin(owner, factories.plugin_values(f"{BAIT}_{CANARY}_static", **texts)),
        factories.plugin(
            owner, factories.sql_values(f"{BAIT}_{CANARY}_sql", connection=f"{BAIT}_{CANARY}_db", **texts)
        ),
        factories.plugin(
            owner, factories.api_values(f"{BAIT}_{CANARY}_api", connection=f"{BAIT}_{CANARY}_api", **texts)
        ),
    )
    stranger = factories.person(role="staff")
    factories.sql_connection(stranger, "own_db")
    own = factories.plugin(stranger, factories.sql_values("own_plugin", connection="own_db"))
    return Tenants(owner, hidden, stranger, own)


@pytest.fixture
def outside(client: PageClient, tenants: Tenants) -> PageClient:
    """Return the browser of the stranger."""
    sign_in(client, tenants.stranger)
    return client


def check(answer: TestResponse, where: str) -> None:
    assert CANARY not in _text_of(answer), where
    assert CANARY not in str(answer.headers), where
    assert answer.status_code < 500, where


def _text_of(answer: TestResponse) -> str:
    """Return all text of an answer, of an archive the names and the texts of its files."""
    if answer.mimetype != "application/zip":
        return answer.get_data(as_text=True)
    with zipfile.ZipFile(io.BytesIO(answer.data)) as archive:
        return "\n".join(f"{name}\n{archive.read(name).decode()}" for name in archive.namelist())


def test_everything_that_a_stranger_can_reach_by_links_is_free_of_canaries(
    outside: PageClient, tenants: Tenants
) -> None:
    """Every link, every form that reads and every part that htmx would load, from every page there is."""
    waiting = [
        ("/plugins/", False),
        ("/plugins/?scope=all", False),
        ("/manifests/", False),
        ("/help/", False),
    ]
    waiting += [(path, False) for path in SEARCHES] + [(path, True) for path in PARTS]
    asked: set[tuple[str, bool]] = set()
    alike: Counter[tuple[str, bool]] = Counter()
    while waiting:
        path, part = waiting.pop(0)
        shape = (re.sub(r"=[^&]*", "", path), part)
        if (path, part) in asked or path.count("&") >= PARAMETERS_MAX:
            continue
        if "?" in path and alike[shape] >= ALIKE_MAX and path not in SEARCHES:
            continue
        asked.add((path, part))
        alike[shape] += 1
        answer = outside.get(path, headers=PARTIAL if part else {})
        check(answer, path)
        if answer.mimetype == "text/html" and answer.status_code == 200:
            waiting += _found(answer, path)
    assert len(asked) > 40
    assert (f"/plugins/{tenants.own.locator}/edit", False) in asked, "the crawl did not get far"


def _found(answer: TestResponse, path: str) -> list[tuple[str, bool]]:
    found = []
    for item in tree(answer).walk():
        for name, part in (("href", False), ("hx-get", True)):
            url = urlsplit(urljoin(path, item[name])) if item[name] else None
            if url and not url.netloc and not url.path.startswith("/static/"):
                found.append((f"{url.path}?{url.query}" if url.query else url.path, part))
    return found


def test_what_is_read_by_script_is_free_of_canaries(outside: PageClient, tenants: Tenants) -> None:
    for path in DATA:
        check(outside.get(path), path)


def test_every_address_of_a_hidden_record_is_free_of_canaries(
    app: Flask, outside: PageClient, tenants: Tenants
) -> None:
    nobody = app.test_client()
    for saved in tenants.hidden:
        for place in places(app, saved.locator):
            if saved.locator not in place.path:
                continue
            for client in (outside, nobody):
                for headers in ({}, HTMX, {"Accept": "application/json"}):
                    answer = client.open(place.path, method=place.method, headers=headers, data=FORM)
                    check(answer, place.path)
                    assert answer.status_code in (302, 303, 400, 401, 404), (place, answer.status)


def test_nothing_that_a_stranger_sends_changes_a_hidden_record(
    app: Flask, outside: PageClient, tenants: Tenants, session: Session
) -> None:
    before = picture(session)
    for saved in tenants.hidden:
        ids = {"id": str(saved.id), "record": saved.locator, "locator": saved.locator, "ids": str(saved.id)}
        for place in places(app, saved.locator):
            if place.method != "GET" and saved.locator in place.path:
                assert outside.open(place.path, method=place.method, data=FORM | ids).status_code == 404, (
                    place
                )
        for path in (
            "/plugins/check-field?field=name&record=",
            f"/plugins/check-field?field=name&id={saved.id}&record=",
        ):
            answer = outside.post(path + saved.locator, data=FORM | ids, headers=PARTIAL)
            assert answer.status_code == 404
            check(answer, path)
    assert picture(session) == before


def test_an_own_action_with_the_ids_of_somebody_else_stays_an_own_action(
    outside: PageClient, tenants: Tenants, session: Session
) -> None:
    hidden, owner = tenants.hidden[0], tenants.owner
    swapped = {
        "id": str(hidden.id),
        "account_id": str(owner.account.id),
        "user_profile_id": str(owner.profile_id),
        "owner": owner.username,
        "account": owner.account.number,
        "plugin_id": str(hidden.id),
        "locator": hidden.locator,
        "connection": f"{BAIT}_x",
        "created_by": str(owner.user_id),
    }
    before = {name: rows for name, rows in picture(session).items() if name == "accounts"}
    path = f"/plugins/{tenants.own.locator}/edit"
    answer = outside.submit(outside.page(path), {"version": "2.0.0"}, path=path, form={"id": "edit-form"})
    assert answer.status_code in (200, 303)
    answer = outside.post(path, data=FORM | swapped | {"revision": "2"})
    check(answer, path)
    answer = outside.post("/plugins/new", data=FORM | swapped | {"name": "quite_new", "action": "save"})
    check(answer, "/plugins/new")
    rows = [row for row in picture(session)["plugin_meta"] if "quite_new" in row or "own_plugin" in row]
    assert rows
    assert all(CANARY not in row for row in rows)
    for saved in tenants.hidden:
        sign_in(outside, owner)
        assert outside.get(f"/plugins/{saved.locator}/").status_code == 200
    assert [row for row in before["accounts"] if CANARY in row] == [
        row for row in picture(session)["accounts"] if CANARY in row
    ], "the generation of the other account was raised"


@pytest.mark.parametrize(
    "line",
    [
        "  accountId: 1",
        "  account: other",
        "  accountNumber: 3141-5926-5359",
        "  owner: somebody",
        "  userProfile: 1",
        "  userProfileId: 1",
        "  id: 1",
        "  revision: 99",
        "  createdBy: somebody",
        "  readiness: ready",
    ],
)
def test_a_manifest_cannot_say_whose_record_it_is(outside: PageClient, session: Session, line: str) -> None:
    text = (
        "apiVersion: smarter.sh/v1\nkind: Plugin\nmetadata:\n  name: mine\n  pluginClass: static\n"
        f"{line}\nspec:\n  selector: null\n  prompt: null\n  data: null\n"
    )
    before = picture(session)
    answer = outside.post("/manifests/", data={"do": "apply", "text": text})
    assert answer.status_code == 422
    assert picture(session) == before
    accepted = outside.post("/manifests/", data={"do": "apply", "text": text.replace(line + "\n", "")})
    assert accepted.status_code == 200


def test_a_connection_of_the_other_tenant_is_named_in_a_manifest_in_vain(
    outside: PageClient, tenants: Tenants
) -> None:
    """The answer is that of a name that nobody has, so it cannot be used to ask who has which."""
    shown = []
    for name in (f"{BAIT}_{CANARY}_db", f"{BAIT}_{CANARY}_xx"):
        text = (
            "apiVersion: smarter.sh/v1\nkind: SqlPlugin\nmetadata:\n  name: asks\n  pluginClass: sql\nspec:\n"
            f"  selector: null\n  prompt: null\n  connection: {name}\n  sqlData: null\n"
        )
        answer = outside.post("/manifests/", data={"do": "check", "text": text})
        assert answer.status_code == 200
        shown.append(re.sub(r"_(db|xx)\b", "_NAME", _stable(answer)))
    assert shown[0] == shown[1]


def _stable(answer: TestResponse) -> str:
    """Return the page without what differs from request to request."""
    text = re.sub(r'"X-CSRFToken": "[^"]*"|name="(csrf_token|sealed|draft)" value="[^"]*"', "", answer.text)
    return re.sub(r"Plan <code>[^<]*</code>|[0-9a-f]{16}", "", text)


@pytest.mark.sqlite_only
def test_what_one_person_was_shown_is_not_shown_to_the_next_one_who_asks_the_same(
    app: Flask, session: Session
) -> None:
    """The rows of a list are cached: not across people, accounts, parts or sign-outs."""
    account = factories.account()
    people = [factories.person(of=account), factories.person(of=account, role="staff"), factories.person()]
    names = ["of_the_first", "of_the_second", "of_the_third"]
    for person, name in zip(people, names, strict=True):
        factories.plugin(person, name=name)
    clients = [app.test_client() for _ in people]
    for client, person in zip(clients, people, strict=True):
        sign_in(client, person)
        client.get("/plugins/")  # Shows what the sign-in had to say.
    for path in ("/plugins/?scope=mine", "/plugins/?scope=mine&q=of_the"):
        for headers in ({}, PARTIAL):
            tags = []
            for client, name in zip(clients, names, strict=True):
                answer = client.get(path, headers=headers)
                assert [other for other in names if other in answer.text.replace("q=of_the", "")] == [name]
                assert client.head(path, headers=headers).headers["Cache-Control"] == "private, no-cache"
                tags.append(answer.headers["ETag"])
            assert len(set(tags)) == 3
            for client, tag in zip(clients[1:], tags, strict=False):
                assert client.get(path, headers=headers | {"If-None-Match": tag}).status_code == 200
    assert names[2] not in clients[0].get("/plugins/?scope=all").text
    tag = clients[0].get("/plugins/").headers["ETag"]
    clients[0].post("/logout")
    answer = clients[0].get("/plugins/", headers={"If-None-Match": tag})
    assert answer.status_code == 302
    assert names[0] not in answer.text


def test_the_canaries_are_there(session: Session, tenants: Tenants) -> None:
    """A test without any would pass for ever."""
    assert sum(row.count(CANARY) for rows in picture(session).values() for row in rows) > 20
