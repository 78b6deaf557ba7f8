"""What the templates of the feed show: lines in words, facets, chips, empty states. No HTML."""

from __future__ import annotations

from collections import Counter
from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass, replace

from flask import url_for

from webapp.accounts.identity import Viewer, initials
from webapp.accounts.timelines import THROUGH
from webapp.activity.kinds import BIN, KEPT, LIVE, Kinds
from webapp.activity.queries.feed import ACCOUNT, ALL, PLATFORM, SCOPES, SINGLE, Entry
from webapp.activity.queries.people import Author
from webapp.core.locators import format_locator
from webapp.history.models import ACTIONS, ORIGINS
from webapp.history.queries import unit_key
from webapp.history.tally import from_tally
from webapp.web.filters import avatar_colour, plural
from webapp.web.list_parts import Chip, Facet, FacetLink, choice_link, scope_link
from webapp.web.listing import ListState
from webapp.web.sharing import history_url, record_url

DEEDS = {"create": "created", "update": "changed", "delete": "deleted", "restore": "restored"}
ACTION_LABELS = {
    "create": "Created",
    "update": "Changed",
    "delete": "Deleted",
    "restore": "Restored from the bin",
}
ACTION_ICONS = {"create": "circle-plus", "update": "pencil", "delete": "trash", "restore": "arrow-back-up"}
THROUGH_ICONS = {"form": "text-wrap", "inline": "pencil", "manifest": "file-code", "cli": "code"}
SCOPE_LABELS = {ACCOUNT: "Account", PLATFORM: "Platform", ALL: "All"}
SCOPE_ICONS = {ACCOUNT: "building", PLATFORM: "box", ALL: "stack-2"}


@dataclass(frozen=True)
class ShownEntry:
    """A line of the feed: who did what to which record, or which act."""

    entry: Entry
    is_act: bool
    initials: str
    hue: int
    deed: str
    fields: str
    through: str
    icon: str
    noun: str
    url: str | None
    where: str
    counts: str
    username: str


def shown_entries(
    entries: Iterable[Entry],
    kinds: Kinds,
    names: Mapping[int, str],
    whereabouts: Mapping[tuple[str, int], str],
) -> list[ShownEntry]:
    """Return the lines of the feed in words.

    Args:
        entries: what was found.
        kinds: the kinds of records.
        names: usernames by id.
        whereabouts: where the records are, as far as the viewer may know.
    """
    return [_shown(entry, kinds, names, whereabouts) for entry in entries]


def _shown(
    entry: Entry, kinds: Kinds, names: Mapping[int, str], whereabouts: Mapping[tuple[str, int], str]
) -> ShownEntry:
    kind = kinds.get(entry.record_kind)
    username = names.get(entry.actor_id or 0, "")
    where = whereabouts.get((entry.record_kind, entry.record_id), "")
    is_act = entry.type != SINGLE
    return ShownEntry(
        entry=entry,
        is_act=is_act,
        initials=initials(entry.actor_name),
        hue=avatar_colour(username or entry.actor_name),
        deed="" if is_act else DEEDS[entry.action],
        fields=", ".join(name.removeprefix("plugin_").replace("_", " ") for name in entry.changed),
        through=THROUGH.get(entry.origin, entry.origin),
        icon="stack-2" if is_act else kind.icon if kind else "box",
        noun="" if is_act or kind is None else kind.noun,
        url=unit_url(entry.id)
        if is_act
        else record_link(entry.record_kind, entry.record_id, entry.revision, where),
        where=where,
        counts=counts_in_words(entry.tally, kinds) if is_act else "",
        username=username,
    )


def unit_url(unit_id: int) -> str:
    """Return the address of an act's page."""
    return url_for("activity.unit", unit=unit_key(unit_id))


def record_link(kind: str, record_id: int, revision: int, where: str) -> str | None:
    """Return where a line about a record leads: to its history, to where it is restored, or nowhere when it is gone."""
    locator = format_locator(kind, record_id)
    if where == LIVE:
        return history_url(locator, revision=revision)
    return record_url(locator) if where in (BIN, KEPT) else None


def counts_in_words(tally: str, kinds: Kinds) -> str:
    """Return what an act did: "31 plugins created, 1 secret changed"."""
    counts = from_tally(tally)
    words = []
    for action in ACTIONS:
        for name, kind in kinds.items():
            if number := counts.get((action, name)):
                words.append(f"{plural(number, kind.noun, kind.many)} {DEEDS[action]}")
    return ", ".join(words)


def records_in_words(record_kinds: Iterable[str], kinds: Kinds) -> str:
    """Return how many records of which kinds these are: "31 plugins, 1 secret"."""
    counts = Counter(record_kinds)
    return ", ".join(
        plural(counts[name], kind.noun, kind.many) for name, kind in kinds.items() if counts[name]
    )


def feed_facets(state: ListState, viewer: Viewer, kinds: Kinds, people: Sequence[Author]) -> list[Facet]:
    """Return the groups of filters."""
    scopes = [scope for scope in SCOPES if scope != PLATFORM or viewer.platform_account_id is not None]
    return [
        Facet(
            "Scope",
            tuple(scope_link(state, name, SCOPE_LABELS[name], SCOPE_ICONS[name], "") for name in scopes),
        ),
        Facet(
            "What was done",
            tuple(
                choice_link(state, "action", name, ACTION_LABELS[name], ACTION_ICONS[name], "")
                for name in ACTIONS
            ),
        ),
        Facet(
            "Kind",
            tuple(
                choice_link(state, "kind", name, _title(kind.many), kind.icon, "")
                for name, kind in kinds.items()
            ),
        ),
        Facet(
            "Through",
            tuple(
                choice_link(state, "through", name, _title(THROUGH[name]), THROUGH_ICONS[name], "")
                for name in ORIGINS
            ),
        ),
        Facet("Person", tuple(_person_link(state, person) for person in people)),
    ]


def feed_chips(state: ListState, kinds: Kinds, person: Author | None) -> list[Chip]:
    """Return the filters that are set."""
    found = []
    if username := state.free["person"]:
        found.append(Chip("Person", person.name if person else username, state.url(person="")))
    if action := state.choices["action"]:
        found.append(Chip("Done", ACTION_LABELS[action], state.url(action="")))
    if kind := state.choices["kind"]:
        found.append(Chip("Kind", _title(kinds[kind].many), state.url(kind="")))
    if through := state.choices["through"]:
        found.append(Chip("Through", THROUGH[through], state.url(through="")))
    for name, label in (("from", "From"), ("to", "To")):
        if state.free[name]:
            found.append(Chip(label, state.free[name], state.url(**{name: ""})))
    if state.choices["scope"] != ACCOUNT:
        found.append(Chip("Scope", SCOPE_LABELS[state.choices["scope"]], state.url(scope="")))
    return found


def in_title(chip: Chip) -> Chip:
    """Return a filter as the title of the page names it: a day says whether it is the first or the last."""
    return replace(chip, value=f"{chip.kind.lower()} {chip.value}") if chip.kind in ("From", "To") else chip


def clear_url(state: ListState) -> str:
    """Return the address of the feed without any filter."""
    return state.spec.path


def _person_link(state: ListState, person: Author) -> FacetLink:
    chosen = state.free["person"].casefold() == person.username.casefold()
    url = state.url(person="" if chosen else person.username)
    return FacetLink(f"f-person-{person.id}", person.name, url, "user", "", chosen)


def _title(words: str) -> str:
    return f"{words[0].upper()}{words[1:]}"
