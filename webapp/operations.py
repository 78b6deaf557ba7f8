"""What an operator's tools ask: is the process up, and can it do its work."""

from __future__ import annotations

from flask import Blueprint, Response, jsonify
from sqlalchemy import text
from sqlalchemy.exc import SQLAlchemyError

from webapp.accounts.signin import public
from webapp.db.session import current_session

bp = Blueprint("operations", __name__)


@bp.get("/healthz")
@public
def healthz() -> Response:
    """Answer as long as the process runs."""
    return jsonify(status="ok")


@bp.get("/readyz")
@public
def readyz() -> tuple[Response, int]:
    """Answer whether the database can be read; a missing cache makes pages slower, not unready."""
    try:
        current_session().execute(text("SELECT identity FROM installation")).one()
    except SQLAlchemyError:
        return jsonify(status="unavailable", database="unreachable"), 503
    return jsonify(status="ok", database="ok"), 200
