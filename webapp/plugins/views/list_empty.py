"""What stands in place of rows: nothing there yet, nothing matches, nothing beyond this place; each with a way on."""

from __future__ import annotations

from dataclasses import dataclass, replace

from sqlalchemy.orm import Session

from webapp.core.locators import format_locator
from webapp.plugins.models.identity import LOCATOR_KIND
from webapp.plugins.queries.candidates import Count, count_matches
from webapp.plugins.queries.criteria import ACCOUNT, ALL, MINE, PLATFORM
from webapp.plugins.queries.lists import PluginList, prepare
from webapp.plugins.queries.near_names import NearName, find_near_name
from webapp.plugins.views.list_context import clear_url, shown_count
from webapp.web.list_parts import Action, Chip, filters_in_words, no_match_title
from webapp.web.listing import ListState

NOTHING_YET = {
    MINE: ("You own no plugins yet", "Make one, or upload the manifests that you have."),
    ACCOUNT: ("This account has no plugins yet", "Make one, or upload the manifests that you have."),
    PLATFORM: (
        "The platform has no plugins",
        "What the platform offers to every account would be listed here.",
    ),
    ALL: ("There are no plugins yet", "Make one, or upload the manifests that you have."),
}


@dataclass(frozen=True)
class Near:
    """A plugin with a name close to the search."""

    name: str
    url: str


@dataclass(frozen=True)
class Empty:
    """An empty state; the first action is the one that resolves it."""

    icon: str
    title: str
    text: str
    actions: tuple[Action, ...]
    near: Near | None = None


def explain_nothing(session: Session, state: ListState, found: PluginList, chips: tuple[Chip, ...]) -> Empty:
    """Return what to say about a page without rows."""
    if state.after or state.before:
        first = Action("Go to the first page", state.url(), is_list=True)
        return Empty(
            "stack-2", "Nothing more in this direction", "The plugins that were here have moved.", (first,)
        )
    if not found.criteria.filters:
        return _nothing_yet(state, found)
    return _no_match(session, state, found, chips)


def _nothing_yet(state: ListState, found: PluginList) -> Empty:
    scope = found.criteria.scope
    title, text = NOTHING_YET[scope]
    make = (
        Action("New plugin", "/plugins/new"),
        Action("Upload manifest", "/manifests/"),
    )
    show = Action("Show the account’s plugins", state.url(scope=ACCOUNT), is_list=True)
    if scope == PLATFORM:
        return Empty("box", title, text, (show,))
    return Empty("plug-connected", title, text, (*make, show) if scope == MINE else make)


def _no_match(session: Session, state: ListState, found: PluginList, chips: tuple[Chip, ...]) -> Empty:
    filters = found.criteria.filters
    near = find_near_name(session, found)
    actions: list[Action] = []
    if near:
        actions.append(Action(f"Search for {near.search}", state.url(q=near.search), is_list=True))
    if state.q and filters > 1:
        without = _without_search(session, found)
        actions.append(Action("Drop the search", state.url(q=""), shown_count(without), is_list=True))
    actions.append(Action("Clear filters", clear_url(state), is_list=True))
    return Empty(
        "search" if state.q else "filter-off",
        no_match_title(filters, "plugin"),
        _why(state, filters, chips),
        tuple(actions),
        _near_link(near) if near else None,
    )


def _why(state: ListState, filters: int, chips: tuple[Chip, ...]) -> str:
    if state.q and filters == 1:
        return f"“{state.q}” is in no name, description or tag."
    if state.choices["untagged"] and state.repeated["tag"]:
        return "What is untagged carries no tag, so nothing can match. Take one of the two off."
    if filters == 1:
        return f"Nothing has {filters_in_words(state, chips)}."
    return f"Nothing has {filters_in_words(state, chips)} together."


def _near_link(near: NearName) -> Near:
    return Near(near.name, f"/plugins/{format_locator(LOCATOR_KIND, near.id)}/")


def _without_search(session: Session, found: PluginList) -> Count:
    criteria = replace(found.criteria, q="")
    other = prepare(session, found.viewer, criteria)
    if criteria.is_searching:
        return count_matches(session, other.reading)
    number = other.reading.tallies.count(other.reading.branches, criteria.plugin_class, criteria.readiness)
    return Count(number)
