"""Who uses a plugin: the chatbots that may, and what they did with it."""

from __future__ import annotations

from dataclasses import dataclass
from typing import Any, cast

from flask import Response, request, url_for
from werkzeug.datastructures import MultiDict

from webapp.accounts.signin import get_viewer
from webapp.db.session import current_session
from webapp.plugins.queries.record import get_record
from webapp.plugins.queries.usage import counted
from webapp.plugins.queries.used_by import (
    Counts,
    Happening,
    Place,
    count_all,
    list_chatbots,
    list_happened,
    place_of,
)
from webapp.plugins.views import bp
from webapp.plugins.views.record_context import frame
from webapp.web.errors import BadParameter
from webapp.web.listing import decode_cursor, encode_cursor
from webapp.web.rendering import render

LABELS = {"chatbots": "Chatbots", "uses": "Uses", "calls": "Tool calls", "selections": "Selections"}
CHATBOTS = "chatbots"


@dataclass(frozen=True)
class Asked:
    """What an address asks for: which list, and where its page begins."""

    locator: str
    show: str = CHATBOTS
    name: str = ""
    place: Place | None = None

    def url(self, show: str, mark: str = "") -> str:
        """Return the address of a list, or of the page of it that begins after a mark."""
        # url_for keeps the list that the record was opened from (views.walking).
        asked: dict[str, Any] = {"show": None if show == CHATBOTS else show, "after": mark or None}
        return url_for("plugins.used_by", locator=self.locator, **asked)


@bp.get("/plugins/<locator>/used-by")
def used_by(locator: str) -> Response:
    """Show which chatbots of the viewer's account may use a plugin, and what they did with it, newest first."""
    session, viewer = current_session(), get_viewer()
    found = get_record(session, viewer, locator)
    asked = _parse(request.args, locator)
    counts = count_all(session, viewer, found.id)
    shown: dict[str, Any]
    if asked.show == CHATBOTS:
        bots = list_chatbots(session, viewer, found.id, asked.name)
        mark = encode_cursor(CHATBOTS, [bots.rows[-1].name]) if bots.more else ""
        shown = {"chatbots": bots.rows, "happened": ()}
    else:
        page = list_happened(session, viewer, found.id, cast(Happening, asked.show), asked.place)
        mark = encode_cursor(asked.show, list(page.rows[-1].mark)) if page.older else ""
        shown = {"chatbots": (), "happened": page.rows}
    return render(
        "plugins/used_by.html",
        **frame(session, viewer, found, "used-by", links=counts.chatbots),
        **shown,
        show=asked.show,
        lists=_lists(asked, counts),
        is_first=asked.place is None and not asked.name,
        first_url=asked.url(asked.show),
        next_url=asked.url(asked.show, mark) if mark else None,
        is_used=any(vars(counts).values()),
        links_text=counted(counts.chatbots),
    )


def _lists(asked: Asked, counts: Counts) -> list[tuple[str, str, bool, str | None]]:
    """Return the lists as tabs."""
    return [
        (label, asked.url(key), key == asked.show, counted(getattr(counts, key)))
        for key, label in LABELS.items()
    ]


def _parse(args: MultiDict[str, str], locator: str) -> Asked:
    first = Asked(locator).url(CHATBOTS)
    for name, values in args.lists():
        if name not in ("show", "after", "in"):
            raise BadParameter(name, values[0], f"{name[:40]} is not a setting of this page.", first)
        if len(values) > 1:
            raise BadParameter(
                name, values[-1], f"{name} is given {len(values)} times; once is enough.", first
            )
    show, mark = args.get("show", CHATBOTS), args.get("after", "")
    if show not in LABELS:
        message = f"show={show[:40]} is not known. Use one of {', '.join(LABELS)}."
        raise BadParameter("show", show, message, first)
    if not mark:
        return Asked(locator, show)
    found = decode_cursor(mark, show, (str,) if show == CHATBOTS else (int, int))
    place = place_of(found) if found and show != CHATBOTS else None
    if not found or (show != CHATBOTS and place is None):
        message = "after is not a page of this list. Start again from its beginning."
        raise BadParameter("after", mark, message, Asked(locator).url(show))
    return Asked(locator, show, name=found[0] if show == CHATBOTS else "", place=place)
