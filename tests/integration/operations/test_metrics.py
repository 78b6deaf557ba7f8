"""Metrics, log lines and timings of requests."""

from __future__ import annotations

import re
from collections.abc import Callable
from pathlib import Path

import pytest
import structlog
from flask import Flask
from sqlalchemy.orm import Session

from tests import factories
from tests.factories import Person, viewer_of
from tests.pages import PARTIAL, PageClient, sign_in
from webapp.core import meters
from webapp.core.meters import Meters
from webapp.operations.exposition import CONTENT_TYPE

ROOT = Path(__file__).resolve().parents[3]


@pytest.fixture(autouse=True)
def _own(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(meters, "METERS", Meters())


@pytest.fixture
def ann(session: Session) -> Person:
    """Return somebody with a plugin."""
    person = factories.person()
    factories.plugin(person)
    return person


def scrape(client: PageClient, **kwargs: object) -> dict[str, float]:
    answer = client.get("/metrics", **kwargs)
    assert answer.status_code == 200
    assert answer.content_type == CONTENT_TYPE
    pairs = (line.rsplit(" ", 1) for line in answer.text.splitlines() if not line.startswith("#"))
    return {name: float(value) for name, value in pairs}


def test_requests_statements_and_the_cache_are_counted(client: PageClient, ann: Person) -> None:
    sign_in(client, ann)
    client.page("/plugins/")
    client.page("/plugins/")
    found = scrape(client)
    assert found['plugdeck_requests_total{route="/plugins/",method="GET",status="2xx"}'] == 2
    assert found['plugdeck_request_seconds_count{route="/plugins/"}'] == 2
    assert found["plugdeck_sql_statements_total"] > 5
    assert found['plugdeck_cache_reads_total{result="hit"}'] >= 1
    assert found['plugdeck_cache_reads_total{result="miss"}'] >= 1
    assert found["plugdeck_sql_connections_in_use"] >= 0
    assert any(name.startswith("plugdeck_process_resident_bytes") for name in found)


@pytest.mark.sqlite_only
def test_only_a_process_that_serves_counts_where_others_can_read_it(
    make_app: Callable[..., Flask], tmp_path: Path
) -> None:
    for name, serving in (("command", False), ("worker", True)):
        make_app(instance_dir=tmp_path / name, serving=serving).test_client().get("/healthz")
    assert not (tmp_path / "command" / "run").exists()
    assert len(list((tmp_path / "worker" / "run").iterdir())) == 1


@pytest.mark.sqlite_only
def test_no_path_and_no_account_is_a_label(client: PageClient, ann: Person) -> None:
    sign_in(client, ann)
    client.get("/nothing-of-that-name")
    client.open("/plugins/", method="BREW", csrf=False)
    text = client.get("/metrics").text
    assert "nothing-of-that-name" not in text
    assert "BREW" not in text
    assert ann.account.number not in text
    assert ann.username not in text
    assert 'route="(none)",method="GET",status="4xx"' in text


@pytest.mark.sqlite_only
def test_refused_sign_ins_and_jobs_are_counted(client: PageClient, ann: Person) -> None:
    client.get("/login")
    client.post("/login", data={"username": ann.username, "password": "wrong"})
    assert scrape(client)["plugdeck_sign_ins_refused_total"] == 1


@pytest.mark.sqlite_only
def test_metrics_are_for_this_machine_or_for_who_has_the_token(
    client: PageClient, make_app: Callable[..., Flask], session: Session
) -> None:
    elsewhere = {"environ_overrides": {"REMOTE_ADDR": "203.0.113.9"}}
    assert client.get("/metrics", **elsewhere).status_code == 404
    # A proxy on this machine asks for anybody.
    assert client.get("/metrics", headers={"X-Forwarded-For": "203.0.113.9"}).status_code == 404
    for host in ("evil.example", "[", "[::1"):
        assert client.get("/metrics", headers={"Host": host}).status_code == 404
    assert client.get("/metrics", headers={"Host": "127.0.0.1:8000"}).status_code == 200
    assert client.get("/metrics", headers={"Host": "[::1]:8000"}).status_code == 200
    guarded = make_app(metrics_token="s3cret").test_client()
    assert guarded.get("/metrics").status_code == 404
    assert guarded.get("/metrics", headers={"Authorization": "Bearer wrong"}).status_code == 404
    bearer = {"Authorization": "Bearer s3cret"}
    assert guarded.get("/metrics", headers=bearer, **elsewhere).status_code == 200


@pytest.mark.sqlite_only
def test_staff_see_what_a_page_cost_and_nobody_else_does(client: PageClient, session: Session) -> None:
    sign_in(client, factories.person(role="staff"))
    timing = client.get("/plugins/").headers["Server-Timing"]
    assert re.fullmatch(
        r'total;dur=[\d.]+, db;dur=[\d.]+;desc="\d+ statements?", app;dur=[\d.]+, '
        r'cache;desc="\d+ hits, \d+ misses"',
        timing,
    )
    sign_in(client, factories.person())
    assert "Server-Timing" not in client.get("/plugins/").headers
    client.post("/logout")
    assert "Server-Timing" not in client.get("/login").headers


@pytest.mark.sqlite_only
def test_every_request_is_one_line_that_names_no_path(client: PageClient, ann: Person) -> None:
    sign_in(client, ann)
    with structlog.testing.capture_logs(processors=[structlog.contextvars.merge_contextvars]) as events:
        client.get("/plugins/?q=a%0d%0asecret", headers=PARTIAL)
        client.get("/healthz")
    lines = [event for event in events if event["event"] == "request"]
    assert [line["log_level"] for line in lines] == ["info", "debug"]
    line = lines[0]
    assert line["route"] == "/plugins/"
    assert line["fragment"] is True
    assert (line["method"], line["status"]) == ("GET", 200)
    assert line["user_id"] == ann.user_id
    assert line["account_id"] == viewer_of(ann).account_id
    assert line["sql"] > 1
    assert line["request_id"]
    assert "secret" not in repr(events)


@pytest.mark.sqlite_only
def test_readiness_names_what_is_missing(app: Flask, client: PageClient, session: Session) -> None:
    answer = client.get("/readyz")
    assert answer.json == {"status": "ok", "database": "ok", "cache": "ok"}
    session.connection().exec_driver_sql("UPDATE alembic_version SET version_num = '0001'")
    session.commit()
    behind = client.get("/readyz")
    assert (behind.status_code, behind.json["database"]) == (503, "behind")  # type: ignore[index]


@pytest.mark.sqlite_only
def test_every_metric_that_the_dashboard_and_the_docs_ask_for_exists() -> None:
    texts = [(ROOT / path).read_text() for path in ("deploy/grafana/plugdeck.json", "docs/observing.md")]
    named = set(re.findall(r"plugdeck_[a-z_]+", " ".join(texts)))
    known = set(meters.families())
    assert {name.removesuffix("_bucket") for name in named} <= known
    assert known - {name for name in known if name.startswith("test_")} <= named, "each is in the docs"
