"""The address of the list: its parameters, the filter that they mean, the marks of its pages and its ETag."""

from __future__ import annotations

from dataclasses import replace
from functools import partial
from typing import Any
from urllib.parse import parse_qsl

from werkzeug.datastructures import MultiDict

from webapp.accounts.frame import page_etag
from webapp.accounts.identity import Viewer
from webapp.accounts.service import USERNAME_MAX
from webapp.core import rules
from webapp.core.annotations import ANNOTATION_VALUE_MAX, is_annotation_key
from webapp.core.text import fold
from webapp.plugins.models.meta import READINESS
from webapp.plugins.queries.criteria import ACCOUNT, SCOPES, Annotated, Criteria
from webapp.plugins.queries.listing import Page, from_mark, place_shapes, to_mark
from webapp.plugins.queries.lists import covers_everything
from webapp.plugins.queries.reading import SORTS
from webapp.plugins.values import PLUGIN_CLASSES
from webapp.web import listing
from webapp.web.errors import BadParameter
from webapp.web.listing import Choice, ListSpec, ListState, parse_list

TAGS_MAX = 20
ANNOTATIONS_MAX = 10
YES = "yes"

SEARCH_FORM = "form#search"
SORT_SELECT = "select#sort"
LOOKS_FORM = "form#list-looks"


def _tag_problem(value: str) -> str | None:
    errors = rules.check_tag(value)
    return f"tag={value[:40]} cannot be a tag. {errors[0].message}" if errors else None


def _owner_problem(value: str) -> str | None:
    if len(value) <= USERNAME_MAX:
        return None
    return f"owner is longer than a username. Use at most {USERNAME_MAX} characters."


def _annotation_problem(value: str) -> str | None:
    wanted = Annotated.parse(value)
    if not is_annotation_key(wanted.key):
        return (
            f"annotation={value[:40]} does not begin with the key of an annotation. Write key, or key:value; "
            "a key has letters, digits, dots, slashes, hyphens and underscores."
        )
    if len(wanted.value or "") > ANNOTATION_VALUE_MAX:
        return f"annotation={value[:40]} is longer than a value. Use at most {ANNOTATION_VALUE_MAX:,} characters."
    return None


LIST_SPEC = ListSpec(
    path="/plugins/",
    choices={
        "class": Choice(PLUGIN_CLASSES),
        "ready": Choice(READINESS),
        "untagged": Choice((YES,)),
        "starred": Choice((YES,)),
        "scope": Choice(SCOPES, ACCOUNT),
    },
    sorts=tuple(SORTS),
    default_sort="-updated",
    repeated=("tag", "annotation"),
    free=("owner",),
    checks={"tag": _tag_problem, "annotation": _annotation_problem, "owner": _owner_problem},
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
    annotations = dict.fromkeys(str(Annotated.parse(text)) for text in state.repeated["annotation"])
    repeated = {"tag": tuple(tags.values()), "annotation": tuple(annotations)}
    for name, limit in (("tag", TAGS_MAX), ("annotation", ANNOTATIONS_MAX)):
        values = repeated[name]
        if len(values) > limit:
            message = f"{name} is given {len(values)} times. Use at most {limit}."
            raise BadParameter(name, values[-1], message, state.url(**{name: ()}))
    return replace(state, repeated=repeated)


def find_state(address: str) -> ListState | None:
    """Return the state of the list at an address, or None when it is not one that can be shown."""
    path, _, query = address.partition("?")
    if path != LIST_SPEC.path:
        return None
    try:
        state = parse_state(MultiDict(parse_qsl(query, keep_blank_values=True)))
        for mark in ("after", "before"):
            read_place(state, mark)
    except (BadParameter, ValueError):
        return None
    return state


def parse_query(query: str) -> ListState:
    """Return the state of the list that a query string asks for.

    Raises:
        BadParameter: a parameter or value cannot be used; the error names it.
    """
    return parse_state(MultiDict(parse_qsl(query, keep_blank_values=True)))


def query_of(state: ListState) -> str:
    """Return the canonical query string of a state, without the place in the list: equal states have equal ones."""
    return state.url().partition("?")[2]


def to_criteria(state: ListState) -> Criteria:
    """Return the filter of a state."""
    return Criteria(
        scope=state.choices["scope"],
        q=state.q,
        tags=tuple(fold(tag) for tag in state.repeated["tag"]),
        plugin_class=state.choices["class"],
        readiness=state.choices["ready"],
        owner=fold(state.free["owner"]),
        untagged=state.choices["untagged"] == YES,
        starred=state.choices["starred"] == YES,
        annotations=tuple(Annotated.parse(text) for text in state.repeated["annotation"]),
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
    if covers_everything(viewer, state.choices["scope"]):
        return None
    return page_etag(viewer)
