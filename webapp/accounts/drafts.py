"""Drafts: what a person had typed when their session ended, kept until they have signed in and saved it."""

from __future__ import annotations

import datetime as dt
import re

from sqlalchemy import delete, select
from sqlalchemy.orm import Session
from werkzeug.datastructures import MultiDict

from webapp.accounts.held import read_held
from webapp.accounts.identity import Viewer
from webapp.accounts.models import Draft
from webapp.accounts.sessions import new_token
from webapp.core.clock import utcnow
from webapp.db.session import transaction
from webapp.manifests.sealing import Sealer

KEPT_FOR = dt.timedelta(days=7)
PATH_MAX = 500
PER_PERSON = 20

_TOKEN = re.compile(r"[A-Za-z0-9_-]{1,64}")


def keep_draft(session: Session, user_id: int, path: str, held: str) -> str:
    """Store the sealed fields of the form at `path` inside the caller's transaction; return the token that finds them.

    A person has at most `PER_PERSON` drafts; the oldest ones go first.
    """
    token = new_token()
    session.add(Draft(token=token, user_id=user_id, path=path[:PATH_MAX], fields=held))
    session.flush()
    newest = select(Draft.id).where(Draft.user_id == user_id).order_by(Draft.id.desc()).limit(PER_PERSON)
    session.execute(delete(Draft).where(Draft.user_id == user_id, Draft.id.not_in(newest.scalar_subquery())))
    return token


def find_draft(
    session: Session, viewer: Viewer, token: str | None, path: str, sealer: Sealer
) -> MultiDict[str, str] | None:
    """Return the fields that the viewer had typed into the form at `path`, or None.

    Args:
        session: to read with.
        viewer: whose draft it has to be.
        token: from the address (`?draft=`).
        path: of the form, `request.path`.
        sealer: reads what was sealed.
    """
    if not token or not _TOKEN.fullmatch(token):
        return None
    fields = session.scalar(
        select(Draft.fields).where(
            Draft.token == token, Draft.user_id == viewer.user_id, Draft.path == path[:PATH_MAX]
        )
    )
    found = read_held(fields, sealer) if isinstance(fields, str) else []
    return MultiDict(found) if found else None


def find_draft_path(session: Session, viewer: Viewer, token: str | None) -> str | None:
    """Return the path of the form that a draft of the viewer belongs to, for a page that holds several forms."""
    if not token or not _TOKEN.fullmatch(token):
        return None
    return session.scalar(select(Draft.path).where(Draft.token == token, Draft.user_id == viewer.user_id))


def drop_draft(viewer: Viewer, token: str | None) -> None:
    """Remove a draft of the viewer after its form was saved; one that is gone is fine."""
    if not token or not _TOKEN.fullmatch(token):
        return
    with transaction() as session:
        session.execute(delete(Draft).where(Draft.token == token, Draft.user_id == viewer.user_id))


def forget_old_drafts(session: Session) -> None:
    """Remove drafts that nobody came back for, inside the caller's transaction."""
    session.execute(delete(Draft).where(Draft.created_at <= utcnow() - KEPT_FOR))
