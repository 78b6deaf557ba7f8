"""The address of the list: its parameters, the filter that they mean, the marks of its pages and its ETag."""

from __future__ import annotations

from dataclasses import replace
from functools import partial
from typing import Any

from flask import current_app, request, session
from werkzeug.datastructures import MultiDict

from webapp.accounts.identity import Viewer
from webapp.accounts.service import USERNAME_MAX
from webapp.core import rules
from webapp.core.text import fold
from webapp.plugins.models.meta import READINESS
from webapp.plugins.queries.criteria import ACCOUNT, SCOPES, Criteria
from webapp.plugins.queries.listing import Page, from_mark, place_shapes, to_mark
from webapp.plugins.queries.lists import covers_everything
from webapp.plugins.queries.reading import SORTS
from webapp.plugins.values import PLUGIN_CLASSES
from webapp.web import htmx, listing
from webapp.web.errors import BadParameter
from webapp.web.listing import Choice, ListSpec, ListState, parse_list
from webapp.web.rendering import weak_etag

TAGS_MAX = 20

SEARCH_FORM = "form#search"
SORT_SELECT = "select#sort"
RESULTS = "div#results"


def _tag_problem(value: str) -> str | None:
    errors = rules.check_tag(value)
    return f"tag={value[:40]} cannot be a tag. {errors[0].message}" if errors else None


def _owner_problem(value: str) -> str | None:
    if len(value) <= USERNAME_MAX:
        return None
    return f"owner is longer than a username. Use at most {USERNAME_MAX} characters."


LIST_SPEC = ListSpec(
    path="/plugins/",
    choices={
        "class": Choice(PLUGIN_CLASSES),
        "ready": Choice(READINESS),
        "scope": Choice(SCOPES, ACCOUNT),
    },
    sorts=tuple(SORTS),
    default_sort="-updated",
    repeated=("tag",),
    free=("owner",),
    checks={"tag": _tag_problem, "owner": _owner_problem},
)


def parse_state(args: MultiDict[str, str]) -> ListState:
    """Return the state of the list that an address asks for.

    Raises:
        BadParameter: a parameter or value cannot be used; the error names it.
    """
    state = parse_list(LIST_SPEC, args)
    tags: dict[str, str] = {}
    for tag in state.repeated["tag"]:
        tags.setdefault(fold(rules.clean_tag(tag)), rules.clean_tag(tag))
    unique = tuple(tags.values())
    if len(unique) > TAGS_MAX:
        raise BadParameter(
            "tag", unique[-1], f"tag is given {len(unique)} times. Use at most {TAGS_MAX}.", state.url(tag=())
        )
    return replace(state, repeated={"tag": unique})


def to_criteria(state: ListState) -> Criteria:
    """Return the filter of a state."""
    return Criteria(
        scope=state.choices["scope"],
        q=state.q,
        tags=tuple(fold(tag) for tag in state.repeated["tag"]),
        plugin_class=state.choices["class"],
        readiness=state.choices["ready"],
        owner=fold(state.free["owner"]),
    )


def read_place(state: ListState, name: str) -> tuple[Any, ...]:
    """Return the place that `after` or `before` stands for; empty when it is not given.

    Raises:
        BadParameter: it is no page of a list in this order.
    """
    key = state.sort_key
    return listing.read_place(state, name, place_shapes(key), partial(from_mark, key)) or ()


def page_urls(state: ListState, page: Page) -> tuple[str | None, str | None]:
    """Return the addresses of the newer and the older page; None where there is none."""
    newer, older = (
        None if place is None else to_mark(state.sort_key, place) for place in (page.newer, page.older)
    )
    return listing.page_urls(state, newer, older)


def list_etag(viewer: Viewer, state: ListState) -> str | None:
    """Return the tag of this answer, or None when it must not be kept: a flash waits, or it shows every account."""
    if "_flashes" in session or covers_everything(viewer, state.choices["scope"]):
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
        htmx.wants_fragment(),
        htmx.source(),
        viewer.generations.token,
    )
