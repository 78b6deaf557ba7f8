"""What nobody types: forged fields and marks at the addresses of history, undo, export and checks break nothing."""

from __future__ import annotations

from collections.abc import Iterator
from urllib.parse import quote

import pytest
from flask import Flask
from sqlalchemy.orm import Session

from tests import factories
from tests.factories import plugin_values, viewer_of
from tests.pages import PARTIAL, PageClient, sign_in
from webapp.core.locators import format_locator
from webapp.db.session import transaction
from webapp.history import service as history
from webapp.history.queries import unit_key
from webapp.plugins import service
from webapp.web.listing import encode_cursor

ODD = ("a\0b", "\ud800", "9" * 18, "9" * 400, "\r\nX-Evil: 1")
MOST = 2**63 - 1
MARKS = (
    *(
        encode_cursor("-at", values)
        for values in ([MOST, 1, MOST], [1, 3, 1], [MOST, 2, 1], [253402300799999999, 1, 1])
    ),
    *(
        encode_cursor("record", values)
        for values in (["a\0b", 1], ["\ud800", 1], ["x" * 200, MOST], ["", MOST])
    ),
)
FORM_FIELDS = (
    *("revision", "part", "reason", "next", "draft", "confirmed", "merge_revision", "action", "fix", "text"),
    *("do", "sealed", "shown_plan", "shown_given", "seen", "mode", "taken", "owner", "owner_of_existing"),
    *("choice:description", "choice:", "source_name", "source_text", "id", "format", "name", "secret_value"),
)


def _quoted(text: str) -> str:
    return quote(text.encode("utf-8", "surrogatepass"))


@pytest.fixture
def places(app: Flask, session: Session, client: PageClient) -> dict[str, str]:
    """Return the keys of what an address can be about; the client is its owner."""
    person = factories.person(role="staff")
    viewer = viewer_of(person)
    with (
        transaction() as writing,
        history.one_unit(writing, viewer.actor, account_id=person.account.id, title="Two") as unit,
    ):
        saved = service.create_plugin(viewer, plugin_values("sweets"))
        service.update_field(viewer, saved.id, 1, "version", "2.0.0")
        key = unit_key(unit.id)
    sign_in(client, person)
    return {
        "plugin": saved.locator,
        "connection": format_locator("apiconnection", factories.api_connection(person)),
        "secret": format_locator("secret", factories.secret(person).id),
        "unit": key,
    }


def _reads(places: dict[str, str]) -> Iterator[str]:
    records = [
        f"/plugins/{places['plugin']}",
        *(f"/connections/{places[kind]}" for kind in ("connection", "secret")),
    ]
    for text in map(_quoted, ODD):
        for number, name in enumerate(("revision", "from", "to", "before", "compare", "view")):
            yield f"{records[number % 3]}/history?{name}={text}"
        for record in records:
            yield f"{record}/history?from={text}&to={text}&compare=two"
        for name in ("person", "from", "to", "action", "kind", "through", "scope"):
            yield f"/activity/?{name}={text}"
        yield f"/activity/{places['unit']}/sources/{text}"
        yield f"/activity/{text}"
        for query in ("q=", "tag=", "owner=", "format=", "format=zip&id="):
            yield f"/plugins/export?{query}{text}"
        yield f"/connections/names.json?kind={text}"
        yield f"/manifests/?draft={text}"
        yield f"/plugins/{places['plugin']}/edit/yaml?draft={text}"
        yield f"/plugins/{places['plugin']}/manifest.yaml?revision={text}"
        yield f"/manifests/jobs/{text}"
    for mark in MARKS:
        yield from (
            f"/activity/?after={mark}",
            f"/activity/?before={mark}",
            f"/activity/{places['unit']}?after={mark}",
        )


def test_no_address_of_history_or_export_breaks(client: PageClient, places: dict[str, str]) -> None:
    for number, path in enumerate(_reads(places)):
        in_part = number % 4 == 0 and ("/history?" in path or path.startswith("/activity/?"))
        answer = client.get(path, headers=PARTIAL if in_part else {})
        assert answer.status_code < 500, path
        assert "X-Evil" not in answer.headers, path


def _writes(places: dict[str, str]) -> Iterator[str]:
    plugin, connection, secret = (places[kind] for kind in ("plugin", "connection", "secret"))
    yield from (
        f"/plugins/{plugin}/{act}" for act in ("history/restore", "undo", "edit/yaml", "edit/yaml/check")
    )
    for locator in (connection, secret):
        yield from (f"/connections/{locator}/{act}" for act in ("history/restore", "undo", "edit", "restore"))
    yield from (
        f"/manifests/jobs/{key}/{act}" for key in ("a%00b", "%ED%A0%80") for act in ("cancel", "apply")
    )
    yield from ("/manifests/", "/manifests/check", "/plugins/export", f"/activity/{places['unit']}/undo")


def test_no_forged_field_breaks_a_write(client: PageClient, places: dict[str, str]) -> None:
    for path in _writes(places):
        for text in ODD:
            sent = text.encode("utf-8", "surrogatepass")
            answer = client.post(path, data=dict.fromkeys(FORM_FIELDS, sent))
            assert answer.status_code < 500, (path, text)
