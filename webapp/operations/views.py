"""What an operator's tools ask: is the process up, can it do its work, and what has it counted."""

from __future__ import annotations

import hmac
import ipaddress
from typing import cast
from urllib.parse import urlsplit

from flask import Blueprint, Response, current_app, jsonify, request
from sqlalchemy import text
from sqlalchemy.exc import DBAPIError, SQLAlchemyError

from webapp.accounts.signin import public
from webapp.caching.store import breaker
from webapp.config import Settings
from webapp.core import meters
from webapp.core.errors import NotFound
from webapp.db.faults import NO_TABLES, find_fault
from webapp.db.session import current_session
from webapp.db.versions import expected_version
from webapp.operations.exposition import CONTENT_TYPE, exposition
from webapp.operations.measures import process_samples, stored_samples

bp = Blueprint("operations", __name__)
OF_THIS_MACHINE = ("localhost", "127.0.0.1", "::1")
VERSION = "SELECT version_num FROM alembic_version, installation WHERE installation.id = 1"


@bp.get("/healthz")
@public
def healthz() -> Response:
    """Answer as long as the process runs."""
    return jsonify(status="ok")


@bp.get("/readyz")
@public
def readyz() -> tuple[Response, int]:
    """Answer whether the database can be read and has its tables; a missing cache makes pages slower, not unready."""
    try:
        version = current_session().execute(text(VERSION)).scalar_one()
    except DBAPIError as error:
        state = "behind" if find_fault(error) is NO_TABLES else "unreachable"
        return jsonify(status="unavailable", database=state), 503
    except SQLAlchemyError:
        return jsonify(status="unavailable", database="unreachable"), 503
    # One that is ahead is what a rolling upgrade looks like from a node that is still old.
    behind = version < expected_version()
    states = {
        "status": "unavailable" if behind else "ok",
        "database": "behind" if behind else "ok",
        "cache": "unreachable" if breaker.is_open else "ok",
    }
    return jsonify(states), 503 if behind else 200


@bp.get("/metrics")
@public
def metrics() -> Response:
    """Return what all processes of this machine have counted, to whoever has the token or asks on this machine."""
    if not _may_scrape():
        raise NotFound
    samples = {**meters.METERS.read(), **process_samples(current_app.config["BUILD"])}
    try:
        samples |= stored_samples(current_session())
    except SQLAlchemyError:
        current_session().rollback()  # The rest is worth knowing most when the database is away.
    return Response(exposition(samples), content_type=CONTENT_TYPE)


def _may_scrape() -> bool:
    settings = cast(Settings, current_app.extensions["plugdeck"])
    if settings.metrics_token:
        given = request.headers.get("Authorization", "")
        return hmac.compare_digest(given.encode(), f"Bearer {settings.metrics_token}".encode())
    # A proxy on this machine has this machine's address, and asks for anybody.
    if "X-Forwarded-For" in request.headers or "Forwarded" in request.headers:
        return False
    # A page of another site can let its own name mean this machine, and its reader's browser asks for it.
    try:
        named = urlsplit(f"//{request.host}").hostname in OF_THIS_MACHINE
        return named and ipaddress.ip_address(request.remote_addr or "").is_loopback
    except ValueError:
        return False
