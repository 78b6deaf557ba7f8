"""The address of the feed: its filters, what they mean in the person's time zone, and the marks of its pages."""

from __future__ import annotations

import datetime as dt
from zoneinfo import ZoneInfo, ZoneInfoNotFoundError

from sqlalchemy.orm import Session
from werkzeug.datastructures import MultiDict

from webapp.accounts.identity import Viewer
from webapp.accounts.service import USERNAME_MAX
from webapp.activity.kinds import Kinds
from webapp.activity.queries.feed import ACCOUNT, SCOPES, Criteria, Feed, Place, from_mark
from webapp.activity.queries.people import Author, find_author
from webapp.core.text import fold
from webapp.history.models import ACTIONS, ORIGINS
from webapp.web import listing
from webapp.web.errors import BadParameter
from webapp.web.listing import Choice, ListSpec, ListState, parse_list

SORT = "-at"
SHAPES = (int, int, int)
NOBODY = -1
"""The person of a filter that names nobody whom the viewer may know: nobody has this id."""


def _day_problem(name: str, value: str) -> str | None:
    if _day(value) is None:
        return f"{name}={value[:40]} is not a day. Write it as 2026-11-26."
    return None


def _person_problem(value: str) -> str | None:
    if len(value) <= USERNAME_MAX:
        return None
    return f"person is longer than a username. Use at most {USERNAME_MAX} characters."


def feed_spec(kinds: Kinds) -> ListSpec:
    """Return which parameters the feed understands."""
    return ListSpec(
        path="/activity/",
        choices={
            "action": Choice(ACTIONS),
            "kind": Choice(tuple(kinds)),
            "through": Choice(ORIGINS),
            "scope": Choice(SCOPES, ACCOUNT),
        },
        sorts=("at",),
        default_sort=SORT,
        free=("person", "from", "to"),
        checks={
            "person": _person_problem,
            "from": lambda value: _day_problem("from", value),
            "to": lambda value: _day_problem("to", value),
        },
    )


def parse_feed(spec: ListSpec, args: MultiDict[str, str]) -> ListState:
    """Return the state of the feed that an address asks for.

    Raises:
        BadParameter: a parameter or value cannot be used; the error names it.
    """
    for name in ("q", "sort"):
        if name in args:
            rest = MultiDict((key, value) for key, value in args.items(multi=True) if key != name)
            fix = parse_feed(spec, rest).url()
            raise BadParameter(name, args[name], f"{name} is not a filter of this list.", fix)
    state = parse_list(spec, args)
    first, last = _day(state.free["from"]), _day(state.free["to"])
    if first and last and first > last:
        message = f"The first day, {first}, is later than the last, {last}. Choose one that comes before it."
        raise BadParameter("from", state.free["from"], message, state.url(**{"from": ""}))
    return state


def to_criteria(session: Session, viewer: Viewer, state: ListState) -> tuple[Criteria, Author | None]:
    """Return the filter of a state, and the person that it names, when the viewer may know them."""
    username = state.free["person"]
    person = find_author(session, viewer, fold(username)) if username else None
    zone = zone_of(viewer)
    first, last = _day(state.free["from"]), _day(state.free["to"])
    criteria = Criteria(
        scope=state.choices["scope"],
        action=state.choices["action"],
        kind=state.choices["kind"],
        origin=state.choices["through"],
        person=(person.id if person else NOBODY) if username else None,
        since=_midnight(first, zone) if first else None,
        until=_midnight(last + dt.timedelta(days=1), zone) if last else None,
    )
    return criteria, person


def zone_of(viewer: Viewer) -> dt.tzinfo:
    """Return the time zone that days are counted in: that of the profile, else UTC."""
    try:
        return ZoneInfo(viewer.settings.time_zone) if viewer.settings.time_zone else dt.UTC
    except (ZoneInfoNotFoundError, ValueError):
        return dt.UTC


def read_place(state: ListState, name: str) -> Place | None:
    """Return the place that `after` or `before` stands for; None when it is not given.

    Raises:
        BadParameter: it is no page of this list.
    """
    return listing.read_place(state, name, SHAPES, from_mark)


def page_urls(state: ListState, feed: Feed) -> tuple[str | None, str | None]:
    """Return the addresses of the newer and the older page; None where there is none."""
    newer = feed.entries[0].mark if feed.entries and feed.newer else None
    older = feed.entries[-1].mark if feed.entries and feed.older else None
    return listing.page_urls(state, newer, older)


def _day(value: str) -> dt.date | None:
    # Not every form that ISO 8601 knows: what stands in the address is what a date field sends.
    if len(value) != 10 or not value.isascii():
        return None
    try:
        day = dt.date.fromisoformat(value)
    except ValueError:
        return None
    return day if 2000 <= day.year < 9000 else None


def _midnight(day: dt.date, zone: dt.tzinfo) -> dt.datetime:
    return dt.datetime.combine(day, dt.time(), zone).astimezone(dt.UTC)
