"""The address of the overview: how far it looks back, on whose plugins; and the addresses of what it counts."""

from __future__ import annotations

import datetime as dt
from dataclasses import dataclass

from flask import current_app, request, session
from werkzeug.datastructures import MultiDict

from webapp.accounts.identity import Viewer
from webapp.activity.kinds import Kinds
from webapp.activity.views.feed_state import feed_spec, parse_feed
from webapp.overview.periods import DAYS, Period
from webapp.overview.queries.overview import SCOPES
from webapp.plugins.queries.criteria import ACCOUNT, MINE
from webapp.plugins.views.list_state import parse_state
from webapp.web.errors import BadParameter
from webapp.web.listing import Choice, ListSpec, ListState, parse_list
from webapp.web.rendering import weak_etag

OVERVIEW = ListSpec(
    path="/overview/",
    choices={"scope": Choice(SCOPES, ACCOUNT), "days": Choice(tuple(map(str, DAYS)), str(DAYS[0]))},
    sorts=("at",),
    default_sort="at",
)
NO_LIST = ("q", "sort", "after", "before")


def parse_overview(args: MultiDict[str, str]) -> ListState:
    """Return the state that the address asks for.

    Raises:
        BadParameter: a parameter or value cannot be used; the error names it.
    """
    for name in NO_LIST:
        if name in args:
            rest = MultiDict((key, value) for key, value in args.items(multi=True) if key != name)
            message = f"{name} is not a choice of the overview."
            raise BadParameter(name, args[name], message, parse_overview(rest).url())
    return parse_list(OVERVIEW, args)


def overview_etag(viewer: Viewer, period: Period, last_use: int | None) -> str | None:
    """Return the tag of this answer, or None when it must not be kept because a flash waits.

    Beside the generations the page depends on the day, and on the uses, which raise none.
    """
    if "_flashes" in session:
        return None
    return weak_etag(
        current_app.config["BUILD"],
        viewer.login_session_id,
        viewer.role,
        viewer.is_superuser,
        viewer.display_name,
        viewer.account_name,
        viewer.places,
        sorted(viewer.preferences.items()),
        request.cookies.get("theme"),
        request.full_path,
        viewer.generations.token,
        period.last,
        last_use,
    )


@dataclass(frozen=True)
class Addresses:
    """Where the numbers lead: to the list of plugins and to the feed, of the scope of this overview."""

    plugins_state: ListState
    feed_state: ListState
    period: Period

    @classmethod
    def of(cls, viewer: Viewer, state: ListState, period: Period, kinds: Kinds) -> Addresses:
        """Return the addresses for a state of the overview."""
        scope = state.choices["scope"]
        plugins = parse_state(MultiDict({"scope": scope}))
        feed = {"person": viewer.username} if scope == MINE else {"scope": scope}
        return cls(plugins, parse_feed(feed_spec(kinds), MultiDict(feed)), period)

    def plugins(
        self, *, plugin_class: str = "", ready: str = "", owner: str = "", tag: str = "", sort: str = ""
    ) -> str:
        """Return the address of the plugins with this class, readiness, owner or tag."""
        changes: dict[str, object] = {"class": plugin_class, "ready": ready, "owner": owner}
        if tag:
            changes["tag"] = (tag,)
        if sort:
            changes["sort"] = sort
        return self.plugins_state.url(**changes)

    def feed(
        self, first: dt.date | None = None, last: dt.date | None = None, *, action: str = "", kind: str = ""
    ) -> str:
        """Return the address of what was done from one day to another; in the whole period without them."""
        days = {"from": f"{first or self.period.first}", "to": f"{last or self.period.last}"}
        return self.feed_state.url(action=action, kind=kind, **days)
