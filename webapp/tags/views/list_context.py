"""What the templates of the list of tags show: counts in words, facets, bars, sizes, empty states. No HTML."""

from __future__ import annotations

import math
from collections.abc import Sequence
from dataclasses import dataclass
from typing import Any
from urllib.parse import quote

from flask import url_for

from webapp.accounts.identity import Viewer
from webapp.tags.likeness import Group, Word
from webapp.tags.queries.listing import (
    ALIASED,
    ALIKE,
    GROUPS_SHOWN,
    ONCE,
    UNUSED,
    Counts,
    Page,
)
from webapp.tags.values import TagView, tag_locator
from webapp.web.filters import plural
from webapp.web.list_parts import (
    Action,
    Chip,
    Column,
    Facet,
    FacetLink,
    choice_link,
    list_sorts,
    make_column,
    page_title,
    scope_link,
)
from webapp.web.listing import ListState

ACCOUNT, PLATFORM = "account", "platform"
TABLE, CLOUD = "table", "cloud"
VIEWS = (TABLE, CLOUD)
SCOPES = {ACCOUNT: ("Account", "building"), PLATFORM: ("Platform", "box")}
SHOW_LABELS = {
    ONCE: ("Used once", "point"),
    UNUSED: ("Unused", "circle-dashed"),
    ALIASED: ("With aliases", "equal"),
    ALIKE: ("Look alike", "git-merge"),
}
COLUMNS = (
    ("c-tag", "Tag", "name", ""),
    ("c-bar", "Plugins", "plugins", "-"),
    ("c-alias", "Aliases", "", ""),
)
SORT_LABELS = {
    "name": "Name, A to Z",
    "-name": "Name, Z to A",
    "-plugins": "Plugins, most first",
    "plugins": "Plugins, fewest first",
}
SIZES = 5
"""How many sizes of letters a cloud has."""
WIDTH = 100
EXPLAINED = "A tag is a word to find plugins by. It is made when somebody first gives it to a plugin."


@dataclass(frozen=True)
class ShownTag:
    """A tag as the list shows it."""

    tag: TagView
    plugins_url: str
    url: str
    bar: int
    size: int


@dataclass(frozen=True)
class ShownGroup:
    """Tags that look alike, and where the merge of them is prepared."""

    keep: Word
    others: tuple[tuple[Word, str, str], ...]
    plugins_url: str
    merge_url: str


@dataclass(frozen=True)
class Empty:
    """An empty state; the first action is the one that resolves it."""

    icon: str
    title: str
    text: str
    actions: tuple[Action, ...]


def list_context(
    viewer: Viewer,
    state: ListState,
    counts: Counts,
    groups: Sequence[Group],
    page: Page,
    matching: int,
) -> dict[str, Any]:
    """Return what the list and its fragment show, but for the links to the pages beside it."""
    rows = [_shown(viewer, state, tag, counts.most) for tag in page.tags]
    filtered = bool(state.q or state.choices["show"])
    words = plural(counts.total, "tag")
    return {
        **_around(viewer, state, counts, groups),
        "rows": rows,
        "groups": (),
        "count_text": f"{matching:,} of {words}" if filtered else words,
        "columns": _columns(state),
        "empty": None if rows else _empty(state, counts),
        "note": "",
    }


def groups_context(
    viewer: Viewer, state: ListState, counts: Counts, groups: Sequence[Group], shown: Sequence[Group]
) -> dict[str, Any]:
    """Return what the list shows in place of its rows where tags that look alike are asked for."""
    number = sum(len(group.words) for group in shown)
    found = plural(len(shown), "group")
    note = f"The first {GROUPS_SHOWN} groups are shown. More come up once these are merged."
    return {
        **_around(viewer, state, counts, groups),
        "rows": (),
        "groups": [_shown_group(viewer, state, group) for group in shown[:GROUPS_SHOWN]],
        "count_text": f"{number:,} of {plural(counts.total, 'tag')}{f', in {found}' if shown else ''}",
        "columns": (),
        "empty": None if shown else _empty(state, counts),
        "note": note if len(shown) > GROUPS_SHOWN else "",
        "newer": None,
        "older": None,
    }


def plugins_url(viewer: Viewer, account_id: int, name: str) -> str:
    """Return the address of the plugins that carry a tag."""
    scope = "" if account_id == viewer.account_id else "&scope=platform"
    return f"/plugins/?tag={quote(name, safe='')}{scope}"


def _around(viewer: Viewer, state: ListState, counts: Counts, groups: Sequence[Group]) -> dict[str, Any]:
    chips = _chips(state)
    return {
        "title": page_title(state, chips, "Tags"),
        "chips": chips,
        "clear_url": state.url(q="", show="", scope=""),
        "facets": _facets(viewer, state, counts, groups),
        "sorts": list_sorts(state, SORT_LABELS),
        "is_own": state.choices["scope"] == ACCOUNT,
        "is_cloud": state.choices["view"] == CLOUD,
        "views": tuple(
            (label, state.url(view=view), state.choices["view"] == view)
            for view, label in ((TABLE, "Table"), (CLOUD, "Cloud"))
        ),
    }


def _shown(viewer: Viewer, state: ListState, tag: TagView, most: int) -> ShownTag:
    share = tag.uses / most if most else 0
    # Each step of the cloud stands for a multiple, not for a number: a few tags are on most of the plugins.
    size = 1 + round((SIZES - 1) * math.log1p(tag.uses) / math.log1p(most)) if most else 1
    return ShownTag(
        tag,
        plugins_url(viewer, tag.account_id, tag.name),
        url_for("tags.tag", locator=tag.locator),
        max(round(share * WIDTH), 1 if tag.uses else 0),
        size,
    )


def _shown_group(viewer: Viewer, state: ListState, group: Group) -> ShownGroup:
    account_id = viewer.account_id if state.choices["scope"] == ACCOUNT else viewer.platform_account_id or 0
    locators = [tag_locator(word.id) for word in group.words]
    return ShownGroup(
        group.keep,
        tuple(
            (item.word, item.why, plugins_url(viewer, account_id, item.word.name)) for item in group.others
        ),
        plugins_url(viewer, account_id, group.keep.name),
        url_for("tags.merge", tag=locators, into=locators[0]),
    )


def _chips(state: ListState) -> tuple[Chip, ...]:
    chips = []
    if show := state.choices["show"]:
        chips.append(Chip("Show", SHOW_LABELS[show][0], state.url(show="")))
    if state.choices["scope"] != ACCOUNT:
        chips.append(Chip("Scope", SCOPES[state.choices["scope"]][0], state.url(scope="")))
    return tuple(chips)


def _facets(viewer: Viewer, state: ListState, counts: Counts, groups: Sequence[Group]) -> tuple[Facet, ...]:
    alike = sum(len(group.words) for group in groups)
    shows: tuple[FacetLink, ...] = tuple(
        choice_link(state, "show", show, label, icon, f"{alike if show == ALIKE else counts.of(show) or 0:,}")
        for show, (label, icon) in SHOW_LABELS.items()
    )
    facets = [Facet("Show", shows)]
    if viewer.platform_account_id not in (None, viewer.account_id):
        scopes = tuple(scope_link(state, scope, label, icon, "") for scope, (label, icon) in SCOPES.items())
        facets.insert(0, Facet("Scope", scopes))
    return tuple(facets)


def _columns(state: ListState) -> tuple[Column, ...]:
    return tuple(make_column(state, *column) for column in COLUMNS)


def _empty(state: ListState, counts: Counts) -> Empty:
    if state.after or state.before:
        first = Action("Go to the first page", state.url(), is_list=True)
        return Empty(
            "stack-2", "Nothing more in this direction", "The tags that were here have moved.", (first,)
        )
    everything = Action("Show all tags", state.url(q="", show=""), is_list=True)
    if state.q:
        return Empty("search", f"No tag holds “{state.q}”", "Aliases were searched as well.", (everything,))
    show = state.choices["show"]
    titles = {
        ONCE: ("No tag is used only once", "Each of them brings several plugins together."),
        UNUSED: ("No tag is unused", "Each of them is on a plugin."),
        ALIASED: (
            "No tag has an alias",
            "An alias is another word for a tag: whoever writes it gets the tag.",
        ),
        ALIKE: (
            "No two tags look alike",
            "Plural, hyphen, accent, order of words or one letter: none differs only in that.",
        ),
    }
    if show and counts.total:
        return Empty(SHOW_LABELS[show][1], *titles[show], (everything,))
    if state.choices["scope"] != ACCOUNT:
        back = Action("Show the account’s tags", state.url(scope="", show=""), is_list=True)
        return Empty("box", "The platform has no tags", EXPLAINED, (back,))
    return Empty("tag", "There are no tags yet", EXPLAINED, (Action("Go to the plugins", "/plugins/"),))
