"""The rows of the list as HTML: stencils cut once, filled for each row. They do not depend on who looks or when."""

from __future__ import annotations

from collections.abc import Iterable
from urllib.parse import quote

from markupsafe import Markup

from webapp.accounts.identity import Viewer
from webapp.accounts.models import PLATFORM_ACCOUNT_NUMBER
from webapp.core.text import fold
from webapp.plugins.queries.listing import Row
from webapp.plugins.views.list_context import CLASS_ICONS, READY_LABELS
from webapp.plugins.views.walking import within
from webapp.web.filters import avatar_colour, iso, short_day, utc
from webapp.web.listing import ListState
from webapp.web.stencils import cut, join

TAGS_SHOWN = 2

READY_MARKS = {
    "ready": ("ok", "circle-check-filled"),
    "attention": ("warn", "alert-triangle-filled"),
    "not_ready": ("bad", "circle-x-filled"),
}
# Stands in an address for a tag that is put there later: no parameter of a list may hold it (web.listing.parse_list).
_ANY_TAG = "\0"


def render_rows(
    viewer: Viewer, state: ListState, rows: Iterable[Row], *, fresh: bool = False, moved: str = ""
) -> Markup:
    """Return rows of the list, without stars: `fill_in_stars` puts in those of who looks.

    Args:
        viewer: who looks; of them only the numbers of the accounts in reach matter.
        state: the list that they are part of.
        rows: to show.
        fresh: whether they are the answer to a write of this viewer and not a part of the cached page.
        moved: a sentence on why they stand here although the list would not show them here any more.
    """
    stencil = cut("plugins/_row.html", is_fresh=fresh, is_moved=bool(moved))
    tags = RowTags(state)
    accounts = {viewer.platform_account_id: PLATFORM_ACCOUNT_NUMBER, viewer.account_id: viewer.account_number}
    kept = quote(within(state), safe="")
    return join(
        (
            stencil.fill(
                **_values(row),
                tags=tags.render(row.tags),
                account=accounts.get(row.account_id, ""),
                within=kept,
                moved=moved,
            )
            for row in rows
        ),
        "\n",
    )


def _values(row: Row) -> dict[str, object]:
    """Return what a row shows whatever list it stands in."""
    css, icon = READY_MARKS[row.readiness]
    return {
        "id": row.id,
        "locator": row.locator,
        "name": row.name,
        "description": row.description,
        "plugin_class": row.plugin_class,
        "class_icon": CLASS_ICONS[row.plugin_class],
        "version": row.version,
        "ready_css": css,
        "ready_icon": icon,
        "ready": READY_LABELS[row.readiness],
        "owner_username": row.owner_username,
        "owner_name": row.owner_name,
        "owner_initials": row.owner_initials,
        "avatar": avatar_colour(row.owner_username),
        "updated": short_day(row.updated_at),
        "updated_iso": iso(row.updated_at),
        "updated_utc": utc(row.updated_at),
        "created": short_day(row.created_at),
        "created_iso": iso(row.created_at),
        "created_utc": utc(row.created_at),
    }


class RowTags:
    """The tags of rows: the first two as links that add them to the filter, the rest as a number."""

    def __init__(self, state: ListState) -> None:
        """Take the list that the links narrow down."""
        chosen = state.repeated["tag"]
        self._keys = frozenset(fold(tag) for tag in chosen)
        self._link = cut("plugins/_row_tag.html")
        self._more = cut("plugins/_row_more.html")
        self._url = state.url(tag=(*chosen, _ANY_TAG))
        # Most rows carry the same few tags.
        self._links: dict[str, Markup] = {}

    def render(self, tags: Iterable[str]) -> Markup:
        """Return the tags of one row. What the filter names is true of every row, so it is not worth a link."""
        shown: list[str] = []
        rest: list[str] = []
        for tag in tags:
            offered = len(shown) < TAGS_SHOWN and fold(tag) not in self._keys
            (shown if offered else rest).append(tag)
        parts = [self._link_to(tag) for tag in shown]
        if rest:
            parts.append(self._more.fill(number=len(rest), names=", ".join(rest)))
        return join(parts)

    def _link_to(self, tag: str) -> Markup:
        if tag not in self._links:
            url = self._url.replace(quote(_ANY_TAG), quote(tag, safe=""))
            self._links[tag] = self._link.fill(url=url, tag=tag)
        return self._links[tag]
