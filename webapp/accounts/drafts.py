"""Drafts: what a person has typed and not saved, kept when a session ends and while they fill in a long form."""

from __future__ import annotations

import datetime as dt
import re
from dataclasses import dataclass

from sqlalchemy import delete, or_, select
from sqlalchemy.orm import Session
from werkzeug.datastructures import MultiDict

from webapp.accounts.held import read_held
from webapp.accounts.identity import Viewer
from webapp.accounts.models import Draft
from webapp.accounts.sessions import new_token
from webapp.core.clock import utcnow
from webapp.core.errors import NotFound
from webapp.db.session import current_session, transaction
from webapp.manifests.sealing import Sealer

KEPT_FOR = dt.timedelta(days=7)
PATH_MAX = 500
PER_PERSON = 20

_TOKEN = re.compile(r"[A-Za-z0-9_-]{1,64}")


@dataclass(frozen=True)
class KeptDraft:
    """A form as it was kept while somebody typed: its token, when that was, and its fields."""

    token: str
    saved_at: dt.datetime
    fields: MultiDict[str, str]


def keep_draft(session: Session, user_id: int, path: str, held: str) -> str:
    """Store the sealed fields of the form at `path` inside the caller's transaction; return the token that finds them.

    A person has at most `PER_PERSON` drafts; the oldest ones go first.
    """
    token = new_token()
    session.add(Draft(token=token, user_id=user_id, path=path[:PATH_MAX], fields=held))
    _forget_oldest(session, user_id)
    return token


def save_draft(viewer: Viewer, token: str, form: str, held: str) -> None:
    """Keep the sealed fields of a form that the viewer is filling in, in place of what was kept under this token.

    Args:
        viewer: whose draft it is; it is offered in the account that they work in now.
        token: that the page of the form was given.
        form: the address that the form is sent to.
        held: from `hold_fields`.

    Raises:
        NotFound: the token is not one, or somebody else's.
    """
    if not _TOKEN.fullmatch(token):
        raise NotFound
    with transaction() as session:
        owner = session.scalar(select(Draft.user_id).where(Draft.token == token))
        if owner not in (None, viewer.user_id):
            raise NotFound
        # A new row and not a changed one: the newest rows are those that stay.
        session.execute(delete(Draft).where(Draft.token == token))
        session.add(
            Draft(
                token=token,
                user_id=viewer.user_id,
                profile_id=viewer.profile_id,
                path=form[:PATH_MAX],
                fields=held,
            )
        )
        _forget_oldest(session, viewer.user_id)


def find_kept_draft(session: Session, viewer: Viewer, form: str, sealer: Sealer) -> KeptDraft | None:
    """Return what the viewer last typed into a form and neither saved nor discarded, in this account; else None."""
    found = session.execute(
        select(Draft.token, Draft.created_at, Draft.fields)
        .where(Draft.profile_id == viewer.profile_id, Draft.path == form[:PATH_MAX])
        .order_by(Draft.id.desc())
        .limit(1)
    ).first()
    if found is None:
        return None
    fields = read_held(str(found.fields), sealer)
    return KeptDraft(found.token, found.created_at, MultiDict(fields)) if fields else None


def _forget_oldest(session: Session, user_id: int) -> None:
    session.flush()
    newest = select(Draft.id).where(Draft.user_id == user_id).order_by(Draft.id.desc()).limit(PER_PERSON)
    session.execute(delete(Draft).where(Draft.user_id == user_id, Draft.id.not_in(newest.scalar_subquery())))


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
            Draft.token == token,
            Draft.user_id == viewer.user_id,
            or_(Draft.profile_id.is_(None), Draft.profile_id == viewer.profile_id),
            # The address that a form is sent to may say more than its path.
            or_(Draft.path == path[:PATH_MAX], Draft.path.startswith(f"{path[:PATH_MAX]}?", autoescape=True)),
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
    mine = (Draft.token == token, Draft.user_id == viewer.user_id)
    # Mostly there is none, and a transaction that writes waits for the disk.
    if current_session().scalar(select(Draft.token).where(*mine)) is None:
        return
    with transaction() as session:
        session.execute(delete(Draft).where(*mine))


def forget_old_drafts(session: Session) -> None:
    """Remove drafts that nobody came back for, inside the caller's transaction."""
    session.execute(delete(Draft).where(Draft.created_at <= utcnow() - KEPT_FOR))
