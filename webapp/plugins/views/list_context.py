"""What the templates of the list show: counts in words, chips, facets, columns, sorts and empty states. No HTML."""

from __future__ import annotations

import itertools
import zlib
from collections.abc import Collection, Iterable

from webapp.accounts.permissions import may_manage
from webapp.core.text import fold
from webapp.plugins.queries.candidates import Count
from webapp.plugins.queries.criteria import ALL, MINE, PLATFORM
from webapp.plugins.queries.facets import Counts, TagFacet
from webapp.plugins.queries.lists import PluginList
from webapp.plugins.queries.search import split_words
from webapp.plugins.queries.tags import TagIndex
from webapp.plugins.views.list_state import YES
from webapp.web.filters import plural
from webapp.web.list_parts import Chip, Column, Facet, FacetLink, choice_link, make_column, scope_link
from webapp.web.listing import ListState

TAGS_SHOWN = 10

SCOPE_LABELS = {ALL: "All", MINE: "Mine", "account": "Account", PLATFORM: "Platform"}
READY_LABELS = {"ready": "Ready", "attention": "Needs attention", "not_ready": "Not ready"}
CLASS_ICONS = {"static": "file-text", "sql": "database", "api": "plug-connected"}
SCOPE_ICONS = {ALL: "stack-2", MINE: "user", "account": "building", PLATFORM: "box"}
READY_ICONS = {"ready": "circle-check", "attention": "alert-triangle", "not_ready": "circle-x"}

# Which way a column is sorted by the first click: names from A, everything that grows from its newest.
COLUMNS = (
    ("c-name", "Name", "name", ""),
    ("c-desc", "Description", "", ""),
    ("c-class", "Class", "class", ""),
    ("c-ver", "Version", "version", "-"),
    ("c-tags", "Tags", "", ""),
    ("c-own", "Owner", "owner", ""),
    ("c-upd", "Updated", "updated", "-"),
    ("c-crt", "Created", "created", "-"),
)
SORT_LABELS = {
    "-updated": "Updated, newest first",
    "updated": "Updated, oldest first",
    "-created": "Created, newest first",
    "created": "Created, oldest first",
    "name": "Name, A to Z",
    "-name": "Name, Z to A",
    "class": "Class, A to Z",
    "-class": "Class, Z to A",
    "-version": "Version, highest first",
    "version": "Version, lowest first",
    "owner": "Owner, A to Z",
    "-owner": "Owner, Z to A",
}


def shown_count(count: Count | None) -> str:
    """Return a count as people read it: "31", "1,000+", or nothing when it is not known."""
    return "" if count is None else f"{count.number:,}{'+' if count.more else ''}"


def count_words(matching: Count, total: int, *, filtered: bool) -> str:
    """Return the count beside the heading: "3,214 plugins", or "25 of 3,214 plugins" with a filter."""
    words = plural(total, "plugin")
    return f"{shown_count(matching)} of {words}" if filtered else words


def matching_count(counted: Count | None, rows: int, *, complete: bool) -> Count:
    """Return how many match: as many as are on the page when that is all, else what was counted, else "50+"."""
    if complete:
        return Count(rows)
    return counted or Count(rows, True)


def list_chips(state: ListState, found: PluginList) -> tuple[Chip, ...]:
    """Return the filters that are set, but for the search, which stands in its box."""
    tags = state.repeated["tag"]
    chips = [
        Chip("Tag", _tag_in_words(found.reading.tags, tag), state.url(tag=_without(tags, tag)))
        for tag in tags
    ]
    if state.choices["untagged"]:
        chips.append(Chip("Only", "untagged", state.url(untagged=""), "no tag"))
    if state.choices["starred"]:
        chips.append(Chip("Only", "starred", state.url(starred=""), "a star of yours"))
    annotations = state.repeated["annotation"]
    for text in annotations:
        rest = tuple(other for other in annotations if other != text)
        chips.append(Chip("Annotation", _spaced(text), state.url(annotation=rest)))
    if plugin_class := state.choices["class"]:
        chips.append(Chip("Class", plugin_class, state.url(**{"class": ""})))
    if ready := state.choices["ready"]:
        chips.append(Chip("Readiness", READY_LABELS[ready], state.url(ready="")))
    if owner := state.free["owner"]:
        known = found.near.owner_named(fold(owner))
        chips.append(Chip("Owner", known.display_name if known else owner, state.url(owner="")))
    scope = state.choices["scope"]
    if scope != state.spec.choices["scope"].default:
        chips.append(Chip("Scope", SCOPE_LABELS[scope], state.url(scope="")))
    return tuple(chips)


def clear_url(state: ListState) -> str:
    """Return the address of the list without any filter, in the same order."""
    choices = dict.fromkeys(state.spec.choices, "")
    return state.url(q="", owner="", **dict.fromkeys(state.spec.repeated, ()), **choices)


def list_columns(state: ListState) -> tuple[Column, ...]:
    """Return the heads of the columns."""
    return tuple(make_column(state, *column) for column in COLUMNS)


def list_facets(state: ListState, counts: Counts, starred: Count | None) -> tuple[Facet, ...]:
    """Return the facets before the tags: scope with what the viewer has starred, class and readiness."""
    scopes = (
        *(
            scope_link(state, scope, SCOPE_LABELS[scope], SCOPE_ICONS[scope], shown_count(count))
            for scope, count in counts.scopes.items()
        ),
        starred_link(state, starred),
    )
    classes = tuple(
        choice_link(state, "class", name, name, CLASS_ICONS[name], shown_count(count), css=name)
        for name, count in counts.classes.items()
    )
    readiness = tuple(
        choice_link(state, "ready", name, READY_LABELS[name], READY_ICONS[name], shown_count(count))
        for name, count in counts.readiness.items()
    )
    return Facet("Scope", scopes), Facet("Class", classes), Facet("Readiness", readiness)


def starred_link(state: ListState, count: Count | None) -> FacetLink:
    """Return the link that shows what the viewer has starred in this scope, or everything again."""
    return choice_link(state, "starred", YES, "Starred", "star", shown_count(count))


def untagged_link(state: ListState, count: Count | None) -> FacetLink:
    """Return the link that shows what has no tag, in place of any tags, or everything again."""
    chosen = bool(state.choices["untagged"])
    url = state.url(untagged="" if chosen else YES, tag=())
    return FacetLink("f-untagged", "Untagged", url, "circle-dashed", shown_count(count), chosen)


def tag_facet(state: ListState, counted: Iterable[TagFacet]) -> Facet:
    """Return the first of some tags as links that add them to the filter or take them off it."""
    tags = state.repeated["tag"]
    keys = {fold(tag) for tag in tags}
    links = []
    for tag in itertools.islice(counted, max(TAGS_SHOWN, len(keys))):
        chosen = tag.key in keys
        url = state.url(tag=_without(tags, tag.key) if chosen else (*tags, tag.name), untagged="")
        icon = "check" if chosen else "hash"
        links.append(
            FacetLink(f"f-tag-{_digest(tag.key)}", tag.name, url, icon, shown_count(tag.count), chosen)
        )
    return Facet("Tags", tuple(links))


def owner_facet(state: ListState, counts: Counts) -> Facet:
    """Return the owners: the chosen one and those with most matches."""
    chosen = fold(state.free["owner"])
    links = tuple(
        FacetLink(
            f"f-owner-{_digest(owner.username_key)}",
            owner.name,
            state.url(owner="" if owner.username_key == chosen else owner.username),
            "user",
            shown_count(owner.count),
            owner.username_key == chosen,
        )
        for owner in counts.owners
    )
    return Facet("Owner", links)


def managed_rows(found: PluginList) -> str:
    """Return which rows of a list its viewer may change: `all`, those of their `account`, or their `own`."""
    viewer, branches = found.viewer, found.reading.branches
    if all(may_manage(viewer, branch.account_id or 0, branch.profile_id or 0) for branch in branches):
        return "all"
    return "account" if viewer.is_staff else "own"


def search_note(state: ListState) -> str:
    """Return what has to be said about how the search was understood, if anything."""
    short = split_words(state.q).short
    if not short:
        return ""
    words = " and ".join(f"“{word}”" for word in short)
    return (
        f"{words} {'is' if len(short) == 1 else 'are'} looked for at the beginnings of names and tags only."
    )


def _tag_in_words(index: TagIndex, tag: str) -> str:
    """Return a tag of the filter in the account's spelling; an alias says for which tag it stands."""
    key = fold(tag)
    name = index.names.get(key, tag)
    return f"{name}, by its alias {index.aliases[key].name}" if key in index.aliases else name


def sort_note(state: ListState, hidden: Collection[str]) -> str:
    """Return what has to be said about the order of a list whose column its reader has hidden, if anything."""
    if state.sort_key not in hidden:
        return ""
    return f"In the order “{SORT_LABELS[state.sort]}”, by a column that is not shown."


def _spaced(annotation: str) -> str:
    key, colon, value = annotation.partition(":")
    return f"{key}: {value}" if colon else key


def _without(tags: Iterable[str], tag: str) -> tuple[str, ...]:
    key = fold(tag)
    return tuple(other for other in tags if fold(other) != key)


def _digest(key: str) -> str:
    # Ids of links must not hold spaces; they let the focus stay where it was when the rail is replaced.
    return f"{zlib.crc32(key.encode()):08x}"
