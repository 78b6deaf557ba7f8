"""A cell that a session ended on: the page it stood on shows where to go on with what was typed."""

from __future__ import annotations

import re
from dataclasses import dataclass

from flask import url_for
from sqlalchemy.orm import Session

from webapp.accounts.drafts import find_draft_path
from webapp.accounts.identity import Viewer
from webapp.core.errors import NotFound
from webapp.plugins.queries.record import get_record

_CELL = re.compile(r"/plugins/([A-Za-z0-9_-]+)/cell/([a-z]+)")


@dataclass(frozen=True)
class Resume:
    """What a page says about a draft: its field, the address that opens it in place, and that of a page of its own."""

    name: str
    field: str
    opens: str
    url: str
    row_id: str


def find_resume(session: Session, viewer: Viewer, token: str | None) -> Resume | None:
    """Return the cell that a draft of the viewer belongs to; None when there is none, or its record is gone."""
    path = find_draft_path(session, viewer, token)
    found = _CELL.fullmatch(path or "")
    if found is None:
        return None
    locator, field = found.groups()
    try:
        record = get_record(session, viewer, locator)
    except NotFound:
        return None
    return Resume(
        name=record.values.name,
        field=field,
        opens=url_for("plugins.cell", locator=locator, field=field, draft=token),
        url=url_for("plugins.cell", locator=locator, field=field, draft=token, place="page"),
        row_id=f"row-{record.id}",
    )
