"""Every route and method, as every kind of person, on every kind of record, plain and by htmx.

The rows come from the route map: a new route fails until somebody has written down here who may use it.
"""

from __future__ import annotations

import contextvars
from collections.abc import Callable, Iterator
from dataclasses import dataclass

import pytest
from flask import Flask
from flask.testing import FlaskClient
from sqlalchemy import func, select
from sqlalchemy.orm import Session
from werkzeug.test import TestResponse

from tests import factories
from tests.factories import AccountRef, Person
from tests.pages import PARTIAL, PageClient, sign_in
from webapp.connections.models import ApiConnection, Secret, SqlConnection
from webapp.core.locators import format_locator
from webapp.db.session import current_session
from webapp.history.models import Revision
from webapp.plugins.models import PluginMeta
from webapp.plugins.service import delete_plugin
from webapp.tags.queries.reach import find_named

ROLES = ("member", "staff", "superuser", "tenant", "nobody")

# What an answer may be to somebody who may ask: the thing itself, a way on, or a refusal of what was (not) filled in.
SERVED = frozenset({200, 302, 303, 304, 308, 400, 409, 422})
HIDDEN = frozenset({404})
FORBIDDEN = frozenset({403})
# A record in the bin, for somebody who may restore it, on a page of the live record: not there, or on to the bin.
GONE = frozenset({302, 303, 404, 409})

PUBLIC, PAGE, STAFF = "public", "page", "staff"
READ, MANAGE, RECORD_PAGE, RESTORE = "read", "manage", "record page", "restore"
PERSON = "person"

RULES: dict[str, str] = {
    "/": PAGE,
    "/account/ GET": PAGE,
    "/account/ POST": PAGE,
    "/account/drafts": PAGE,
    "/account/drafts/discard": PAGE,
    "/account/password GET": PAGE,
    "/account/password POST": PAGE,
    "/account/people": STAFF,
    "/account/people/<key>/disable": PERSON,
    "/account/people/<key>/enable": PERSON,
    "/account/people/<key>/hand-over GET": PERSON,
    "/account/people/<key>/hand-over POST": PERSON,
    "/account/people/<key>/role": PERSON,
    "/account/people/invitations/<key>/revoke": STAFF,
    "/account/people/invite": STAFF,
    "/account/sessions": PAGE,
    "/account/sessions/end": PAGE,
    "/account/sessions/end-others": PAGE,
    "/account/settings": STAFF,
    "/account/switch": PAGE,
    "/activity/": PAGE,
    "/activity/<unit>": PAGE,
    "/activity/<unit>/sources/<position>": PAGE,
    "/activity/<unit>/undo": PAGE,
    "/connections/": PAGE,
    "/connections/<locator>/": READ,
    "/connections/<locator>/delete": MANAGE,
    "/connections/<locator>/edit": MANAGE,
    "/connections/<locator>/history": READ,
    "/connections/<locator>/history/restore": MANAGE,
    "/connections/<locator>/manifest": READ,
    "/connections/<locator>/manifest.json": READ,
    "/connections/<locator>/manifest.yaml": READ,
    "/connections/<locator>/removal": MANAGE,
    "/connections/<locator>/restore": MANAGE,
    "/connections/<locator>/undo": MANAGE,
    "/connections/check-field": PAGE,
    "/connections/names.json": PAGE,
    "/connections/new": PAGE,
    "/healthz": PUBLIC,
    "/help/": PUBLIC,
    "/help/<concept>": PUBLIC,
    "/help/keys": PUBLIC,
    "/invite/<token>": PUBLIC,
    "/login": PUBLIC,
    "/logout": PUBLIC,
    "/manifests/": PAGE,
    "/manifests/check": PAGE,
    "/manifests/jobs/<key>": PAGE,
    "/manifests/jobs/<key>/apply": PAGE,
    "/manifests/jobs/<key>/cancel": PAGE,
    "/manifests/schema/<kind>.json": PUBLIC,
    "/palette": PAGE,
    "/overview/": PAGE,
    "/plugins/": PAGE,
    "/plugins/<locator>/": RECORD_PAGE,
    "/plugins/<locator>/cell/<field>": MANAGE,
    "/plugins/<locator>/clone": READ,
    "/plugins/<locator>/delete": MANAGE,
    "/plugins/<locator>/checks": READ,
    "/plugins/<locator>/edit": MANAGE,
    "/plugins/<locator>/edit/yaml": MANAGE,
    "/plugins/<locator>/edit/yaml/check": MANAGE,
    "/plugins/<locator>/history": READ,
    "/plugins/<locator>/history/restore": MANAGE,
    "/plugins/<locator>/manifest": READ,
    "/plugins/<locator>/manifest.json": READ,
    "/plugins/<locator>/manifest.yaml": READ,
    "/plugins/<locator>/owner": MANAGE,
    "/plugins/<locator>/removal": MANAGE,
    "/plugins/<locator>/rename": MANAGE,
    "/plugins/<locator>/restore": RESTORE,
    "/plugins/<locator>/undo": MANAGE,
    "/plugins/<locator>/used-by": READ,
    "/plugins/annotations": PAGE,
    "/plugins/annotations/keys": PAGE,
    "/plugins/bin": PAGE,
    "/plugins/bulk/<act>": PAGE,
    "/plugins/check-field": PAGE,
    "/plugins/columns": PAGE,
    "/plugins/counts": PAGE,
    "/plugins/export": PAGE,
    "/plugins/new": PAGE,
    "/plugins/newer": PAGE,
    "/plugins/sample": PAGE,
    "/plugins/star": PAGE,
    "/plugins/tags": PAGE,
    "/plugins/tags.json": PAGE,
    "/plugins/views": PAGE,
    "/plugins/views/<key>": PAGE,
    "/plugins/views/<key>/delete": PAGE,
    "/plugins/views/<key>/restore": PAGE,
    "/plugins/views/default": PAGE,
    "/plugins/views/update": PAGE,
    "/r/<locator>": RECORD_PAGE,
    "/metrics": PUBLIC,
    "/readyz": PUBLIC,
    "/tags/": PAGE,
    "/tags/<locator>/": READ,
    "/tags/<locator>/aliases": MANAGE,
    "/tags/<locator>/aliases/remove": MANAGE,
    "/tags/<locator>/remove": MANAGE,
    # Whoever may not rename it is shown what stands in the way.
    "/tags/<locator>/rename GET": READ,
    "/tags/<locator>/rename POST": MANAGE,
    "/tags/merge": PAGE,
}
ARGUMENTS = {
    "kind": "Plugin",
    "concept": "plugin",
    "field": "version",
    "token": "nonsense",
    "unit": "nonsense",
    "position": "1",
    "act": "tag",
}
# Routes that serve a request but find nothing in what it names, because it names nothing.
MAY_MISS = frozenset(
    {
        "/account/people/invitations/<key>/revoke",
        "/account/sessions/end",
        "/account/switch",
        "/activity/<unit>",
        "/activity/<unit>/sources/<position>",
        "/activity/<unit>/undo",
        "/connections/check-field",
        "/connections/<locator>/restore",
        "/invite/<token>",
        "/manifests/jobs/<key>",
        "/manifests/jobs/<key>/apply",
        "/manifests/jobs/<key>/cancel",
        "/plugins/check-field",
        "/plugins/star",
        "/tags/<locator>/aliases/remove",
        "/plugins/views/<key>",
        "/plugins/views/<key>/delete",
        "/plugins/views/<key>/restore",
        "/plugins/views/update",
    }
)


@dataclass(frozen=True)
class Route:
    """One address and one method of the route map."""

    rule: str
    method: str

    @property
    def who(self) -> str:
        """Return the row of the table."""
        found = RULES.get(f"{self.rule} {self.method}", RULES.get(self.rule))
        assert found is not None, f"{self.rule} {self.method} has no row: write down who may use it"
        return found

    def path(self, name: str, value: str) -> str:
        """Return the address with its argument."""
        path = self.rule.replace(f"<{name}>", value)
        for argument, text in ARGUMENTS.items():
            path = path.replace(f"<{argument}>", text)
        return path


@dataclass(frozen=True)
class Target:
    """A record, whose it is and where."""

    what: str
    locator: str
    account_id: int
    profile_id: int
    binned: bool = False


@dataclass(frozen=True)
class World:
    """The people and accounts of the matrix."""

    asker: Person | None
    colleague: Person
    platform: Person
    stranger: Person
    platform_account: AccountRef

    @property
    def owner(self) -> Person:
        """Return whose the asker's own records are; nobody has none, so somebody's stand in."""
        return self.asker or self.colleague

    def reads(self, target: Target) -> bool:
        """Tell whether the asker may read a record, as DESIGN §3 has it."""
        if self.asker is None:
            return False
        here = target.account_id in (self.asker.account.id, self.platform_account.id)
        return self.asker.role == "superuser" or here

    def manages(self, target: Target) -> bool:
        """Tell whether the asker may change a record."""
        if self.asker is None:
            return False
        if self.asker.role == "superuser":
            return True
        own = target.profile_id == self.asker.profile_id
        return target.account_id == self.asker.account.id and (own or self.asker.role == "staff")


def _routes(app: Flask) -> list[Route]:
    return sorted(
        (
            Route(rule.rule, method)
            for rule in app.url_map.iter_rules()
            for method in (rule.methods or set()) - {"HEAD", "OPTIONS"}
        ),
        key=lambda route: (route.rule, route.method),
    )


def _world(role: str) -> World:
    home, away = factories.account(), factories.account()
    asker = None
    if role == "tenant":
        asker = factories.person(of=away)
    elif role != "nobody":
        asker = factories.person(role=role, of=home)
    platform = factories.platform()
    return World(
        asker,
        colleague=factories.person(of=home),
        platform=factories.person(of=platform),
        stranger=factories.person(of=factories.account()),
        platform_account=platform,
    )


def _plugins(world: World) -> Iterator[Target]:
    owners = {
        "own": world.owner,
        "colleague's": world.colleague,
        "platform's": world.platform,
        "other account's": world.stranger,
    }
    for what, owner in owners.items():
        saved = factories.plugin(owner, description="A canary in a coal mine, yellow and loud.")
        yield Target(what, saved.locator, owner.account.id, owner.profile_id)
    for what, owner in owners.items():
        saved = factories.plugin(owner, description="A canary in a coal mine, yellow and loud.")
        delete_plugin(factories.viewer_of(owner), saved.id, saved.revision)
        yield Target(f"{what}, binned", saved.locator, owner.account.id, owner.profile_id, binned=True)


def _connections(world: World) -> Iterator[Target]:
    for what, owner in (
        ("own", world.owner),
        ("colleague's", world.colleague),
        ("platform's", world.platform),
        ("other account's", world.stranger),
    ):
        for kind, made in (
            ("sqlconnection", factories.sql_connection),
            ("apiconnection", factories.api_connection),
        ):
            name = f"canary_{next(_numbers)}"
            yield Target(
                f"{what} {kind}",
                format_locator(kind, made(owner, name)),
                owner.account.id,
                owner.profile_id,
            )
        secret = factories.secret(owner, f"canary_{next(_numbers)}")
        locator = format_locator("secret", secret.id)
        yield Target(f"{what} secret", locator, owner.account.id, owner.profile_id)


def _tags(world: World) -> Iterator[Target]:
    for what, owner in (
        ("own", world.owner),
        ("colleague's", world.colleague),
        ("platform's", world.platform),
        ("other account's", world.stranger),
    ):
        name = f"canary {next(_numbers)}"
        factories.plugin(owner, tags=(name,))
        tag = find_named(current_session(), owner.account.id, name)
        assert tag is not None
        yield Target(f"{what} tag", tag.locator, owner.account.id, owner.profile_id)


_numbers = iter(range(1, 1_000_000))


def _expected(world: World, route: Route, target: Target) -> frozenset[int]:
    """Return the statuses that may be answered about a record."""
    who, reads, manages = route.who, world.reads(target), world.manages(target)
    if target.binned:
        if who in (RECORD_PAGE, RESTORE):
            return SERVED if manages else HIDDEN
        return GONE if manages else HIDDEN
    if not reads:
        return HIDDEN
    if who in (READ, RECORD_PAGE) or manages:
        return SERVED | (HIDDEN if route.rule in MAY_MISS else frozenset())
    return FORBIDDEN | (HIDDEN if who == RESTORE or route.rule in MAY_MISS else frozenset())


def _written(session: Session) -> tuple[int, ...]:
    session.rollback()
    models = (PluginMeta, SqlConnection, ApiConnection, Secret, Revision)
    return tuple(session.scalar(select(func.count()).select_from(model)) or 0 for model in models)


def _ask(client: PageClient, route: Route, path: str, *, htmx: bool) -> TestResponse:
    if not htmx:
        return client.open(path, method=route.method)
    # Not inspected: most pages are never asked for a fragment, and then the whole page is the answer.
    headers = PARTIAL | {"X-CSRFToken": client.csrf_token()}
    ask = contextvars.Context().run
    return ask(FlaskClient.open, client, path, method=route.method, headers=headers, buffered=True)


def _check_nobody(answer: TestResponse, where: str) -> None:
    assert answer.status_code in (302, 303, 401), f"{where}: {answer.status}"
    if answer.status_code != 401:
        assert answer.headers["Location"].startswith("/login"), where
    assert "canary" not in answer.get_data(as_text=True).lower(), where


def test_every_route_has_a_row_and_every_row_a_route(app: Flask) -> None:
    routes = _routes(app)
    for route in routes:
        assert route.who
    known = {route.rule for route in routes}
    assert [rule for rule in RULES if rule.split(" ")[0] not in known] == []


@pytest.mark.sqlite_only
@pytest.mark.parametrize("htmx", [False, True], ids=["plain", "htmx"])
@pytest.mark.parametrize("role", ROLES)
def test_records_answer_as_the_rights_say(app: Flask, session: Session, role: str, htmx: bool) -> None:
    world, client = _world(role), _client(app)
    if world.asker:
        sign_in(client, world.asker)
    makers: dict[str, Callable[[World], Iterator[Target]]] = {
        "/plugins/": _plugins,
        "/r/": _plugins,
        "/connections/": _connections,
        "/tags/": _tags,
    }
    made = {prefix: list(make(world)) for prefix, make in makers.items()}
    for route in _routes(app):
        if "<locator>" not in route.rule:
            continue
        prefix = next(prefix for prefix in makers if route.rule.startswith(prefix))
        for number, target in enumerate(made[prefix]):
            where = f"{role}, {route.method} {route.rule}, {target.what}"
            before = _written(session)
            answer = _ask(client, route, route.path("locator", target.locator), htmx=htmx)
            if world.asker is None:
                _check_nobody(answer, where)
                continue
            expected = _expected(world, route, target)
            assert answer.status_code in expected, f"{where}: {answer.status}, expected {sorted(expected)}"
            refused = answer.status_code in (403, 404)
            if refused:
                assert _written(session) == before, f"{where} was refused and wrote all the same"
            if expected == HIDDEN:
                assert "canary" not in answer.get_data(as_text=True).lower(), where
            if route.method == "POST" and not refused and _written(session) != before:
                # What this request has changed is made anew for the next one.
                made[prefix][number] = list(makers[prefix](world))[number]


@pytest.mark.sqlite_only
@pytest.mark.parametrize("htmx", [False, True], ids=["plain", "htmx"])
@pytest.mark.parametrize("role", ROLES)
def test_people_are_managed_by_the_staff_of_their_account(
    app: Flask, session: Session, role: str, htmx: bool
) -> None:
    world, client = _world(role), _client(app)
    if world.asker:
        sign_in(client, world.asker)
    people = {
        "oneself": world.owner,
        "a colleague": world.colleague,
        "somebody of the platform": world.platform,
        "a stranger": world.stranger,
    }
    for route in _routes(app):
        if route.who != PERSON:
            continue
        for what, person in people.items():
            where = f"{role}, {route.method} {route.rule}, {what}"
            key = format_locator("userprofile", person.profile_id)
            answer = _ask(client, route, route.path("key", key), htmx=htmx)
            if world.asker is None:
                _check_nobody(answer, where)
            elif world.asker.role not in ("staff", "superuser"):
                assert answer.status_code == 403, f"{where}: {answer.status}"
            elif person.account.id != world.asker.account.id:
                assert answer.status_code == 404, f"{where}: {answer.status}"
            else:
                assert answer.status_code in SERVED | FORBIDDEN, f"{where}: {answer.status}"


@pytest.mark.sqlite_only
@pytest.mark.parametrize("htmx", [False, True], ids=["plain", "htmx"])
@pytest.mark.parametrize("role", ROLES)
def test_pages_are_for_whom_they_are_meant(app: Flask, session: Session, role: str, htmx: bool) -> None:
    world = _world(role)
    for route in _routes(app):
        if route.who not in (PUBLIC, PAGE, STAFF):
            continue
        client = _client(app)
        if world.asker:
            sign_in(client, world.asker)
        where = f"{role}, {route.method} {route.rule}"
        answer = _ask(client, route, route.path("key", "nonsense"), htmx=htmx)
        missing = HIDDEN if route.rule in MAY_MISS else frozenset()
        if route.who == PUBLIC:
            assert answer.status_code in SERVED | missing, f"{where}: {answer.status}"
        elif world.asker is None:
            _check_nobody(answer, where)
        elif route.who == STAFF and world.asker.role not in ("staff", "superuser"):
            assert answer.status_code == 403, f"{where}: {answer.status}"
        else:
            assert answer.status_code in SERVED | missing, f"{where}: {answer.status}"


def _client(app: Flask) -> PageClient:
    client = app.test_client()
    assert isinstance(client, PageClient)
    return client
