"""The counts beside a list: how many match, and how many would with another scope, class, readiness, owner or tag.

The counts of a facet leave out its own selection, except for tags, of which all must match. Without search and tags
the kept tallies answer exactly. Otherwise some matches are read, and where there are more, a count is a lower bound.
"""

from __future__ import annotations

from collections import Counter
from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass, replace

from sqlalchemy.orm import Session

from webapp.caching.store import cached
from webapp.core.text import fold
from webapp.plugins.models.meta import READINESS
from webapp.plugins.queries.candidates import Count, count_matches, read_candidates
from webapp.plugins.queries.criteria import (
    ALL,
    MINE,
    SCOPES,
    Annotated,
    Branch,
    branches_of,
    reached_accounts,
)
from webapp.plugins.queries.lists import PluginList, covers_everything, near_accounts, prepare
from webapp.plugins.queries.stars import load_stars
from webapp.plugins.queries.tags import TagCount, suggest_tags
from webapp.plugins.queries.tallies import Owner, Tallies, list_top_owners, load_owners
from webapp.plugins.values import PLUGIN_CLASSES

AT_ONCE = 2_000
"""Up to so many records in reach the counts come with the page; beyond, they are loaded after it."""
TAGS_KEPT = 300
OWNERS_SHOWN = 8


@dataclass(frozen=True)
class OwnerCount:
    """An owner and how many matches are theirs."""

    username: str
    username_key: str
    name: str
    count: Count


@dataclass(frozen=True)
class TagFacet:
    """A tag and how many matches carry it."""

    key: str
    name: str
    count: Count


@dataclass(frozen=True)
class Counts:
    """The numbers beside a list; None where one is not known. Owners and tags: the chosen ones, then by number."""

    matching: Count | None
    scopes: Mapping[str, Count | None]
    classes: Mapping[str, Count]
    readiness: Mapping[str, Count]
    owners: tuple[OwnerCount, ...]
    tags: tuple[TagFacet, ...]
    untagged: Count | None = None


def are_kept(found: PluginList) -> bool:
    """Tell whether all counts of this list are kept, so that no match has to be read."""
    criteria = found.criteria
    by_record = criteria.plugin_class or criteria.readiness or criteria.owner or criteria.scope == MINE
    return not (criteria.is_searching or by_record)


def come_at_once(found: PluginList) -> bool:
    """Tell whether the counts can come with the page: they are kept, or few records are in reach."""
    if are_kept(found):
        return True
    return _is_small(found)


def _is_small(found: PluginList) -> bool:
    return found.is_cacheable and sum(cell.records for cell in found.near.cells) <= AT_ONCE


def kept_counts(session: Session, found: PluginList) -> Counts:
    """Return what is kept: the exact counts but for search and tags, and the uses of tags in the scope."""
    criteria, tallies = found.criteria, found.reading.tallies
    return _counts(
        found,
        found.near,
        tallies,
        matching=None
        if criteria.is_searching
        else Count(tallies.count(found.reading.branches, criteria.plugin_class, criteria.readiness)),
        owners=None
        if found.is_cacheable
        else list_top_owners(session, criteria.owner, criteria.plugin_class, criteria.readiness),
        tags=_kept_tags(found),
    )


def load_counts(session: Session, found: PluginList) -> Counts:
    """Return the counts of this very filter, cached by generation."""
    if not found.is_cacheable:
        return _read_counts(session, found)
    viewer = found.viewer
    stars = viewer.star_generation if found.criteria.starred else 0
    parts = (near_accounts(viewer), viewer.profile_id, stars, viewer.is_superuser, found.criteria)
    return cached("plugins.counts", viewer.generations, parts, lambda: _read_counts(session, found))


def find_tags(session: Session, found: PluginList, text: str) -> tuple[TagFacet, ...]:
    """Return the tags that hold a text, with how many of the current result carry them."""
    if are_kept(found):
        accounts = reached_accounts(found.viewer, found.criteria.scope)
        return _ranked(found, suggest_tags(session, accounts, text), False, fill=False)
    key = fold(text).strip()
    return tuple(tag for tag in load_counts(session, found).tags if key in tag.key)


def _read_counts(session: Session, found: PluginList) -> Counts:
    criteria = found.criteria
    if are_kept(found):
        return replace(kept_counts(session, found), untagged=_count_untagged(session, found))
    if not criteria.is_searching:
        candidates = read_candidates(session, found.reading)
        tags = _ranked(found, candidates.tags(), candidates.more)
        return replace(kept_counts(session, found), tags=tags, untagged=candidates.untagged())
    # Everything but search and tags is left out, so that one set of rows answers all facets.
    branches: tuple[Branch, ...] = (Branch(None),)
    if found.is_cacheable:
        branches = tuple(Branch(account) for account in near_accounts(found.viewer))
    wide = replace(criteria, scope=ALL, plugin_class="", readiness="", owner="")
    reading = replace(
        found.reading,
        criteria=wide,
        branches=branches,
        found=_found_in(found, branches),
        annotated=_annotated_in(found, branches),
    )
    candidates = read_candidates(session, reading)
    cells = candidates.cells()
    owners = found.near.owners if found.is_cacheable else load_owners(session, cells)
    tallies = Tallies(cells, owners)
    chosen = candidates.within(found.reading.branches, criteria.plugin_class, criteria.readiness)
    return _counts(
        found,
        tallies,
        tallies,
        matching=count_matches(session, found.reading) if candidates.more else Count(len(chosen.items)),
        owners=None,
        tags=_ranked(found, chosen.tags(), candidates.more),
        more=candidates.more,
        untagged=None if criteria.tags else chosen.untagged(),
    )


def _count_untagged(session: Session, found: PluginList) -> Count | None:
    if not _is_small(found):
        return None
    reading = replace(found.reading, criteria=replace(found.criteria, untagged=True))
    return count_matches(session, reading)


def count_starred(session: Session, found: PluginList) -> Count | None:
    """Return how many of the matches the viewer has starred; None when there is no star, or it would take long."""
    viewer, criteria = found.viewer, found.criteria
    if not load_stars(session, viewer) or not found.is_cacheable:
        return None
    parts = (viewer.profile_id, viewer.star_generation, criteria)

    def count() -> Count:
        return count_matches(session, prepare(session, viewer, replace(criteria, starred=True)).reading)

    return cached("plugins.starred", viewer.generations, parts, count)


def _found_in(found: PluginList, branches: Iterable[Branch]) -> dict[int | None, int | None]:
    # An account that is not in the scope was not asked for its hits.
    return {branch.account_id: found.reading.found.get(branch.account_id) for branch in branches}


def _annotated_in(
    found: PluginList, branches: Iterable[Branch]
) -> dict[tuple[int | None, Annotated], int | None]:
    annotated = found.reading.annotated
    return {
        (branch.account_id, item): annotated.get((branch.account_id, item))
        for branch in branches
        for item in found.criteria.annotations
    }


def _counts(
    found: PluginList,
    near: Tallies,
    here: Tallies,
    *,
    matching: Count | None,
    owners: Mapping[Owner, int] | None,
    tags: tuple[TagFacet, ...],
    more: bool = False,
    untagged: Count | None = None,
) -> Counts:
    """Return the counts from tallies: `near` of the accounts always in reach, `here` of what the list reaches."""
    criteria, branches = found.criteria, found.reading.branches
    within = branches_of(found.viewer, criteria.scope)
    if owners is None:
        by_owner = here.by_owner(within, criteria.plugin_class, criteria.readiness)
        accounts = {branch.account_id for branch in within}
        owners = {
            owner: by_owner[owner.username_key]
            for owner in here.owners.values()
            if None in accounts or owner.account_id in accounts
        }
    by_class = here.by_class(branches, criteria.readiness)
    by_readiness = here.by_readiness(branches, criteria.plugin_class)
    return Counts(
        matching=matching,
        scopes={scope: _scope_count(found, scope, near, here, more) for scope in SCOPES},
        classes={name: Count(by_class[name], more) for name in PLUGIN_CLASSES},
        readiness={name: Count(by_readiness[name], more) for name in READINESS},
        owners=_owners(found, owners, more),
        tags=tags,
        untagged=untagged,
    )


def _scope_count(found: PluginList, scope: str, near: Tallies, here: Tallies, more: bool) -> Count | None:
    criteria, viewer = found.criteria, found.viewer
    everything = covers_everything(viewer, scope)
    if everything and found.is_cacheable:
        return None  # Known only on the page that shows everything, which is never cached.
    tallies = here if everything else near
    branches = branches_of(viewer, scope, found.owners)
    return Count(tallies.count(branches, criteria.plugin_class, criteria.readiness), more)


def _owners(found: PluginList, records: Mapping[Owner, int], more: bool) -> tuple[OwnerCount, ...]:
    numbers: Counter[str] = Counter()
    people: dict[str, Owner] = {}
    for owner, number in records.items():
        people.setdefault(owner.username_key, owner)
        # The same person in two accounts: the number already holds both.
        numbers[owner.username_key] = number
    chosen = found.criteria.owner
    ranked = sorted(people, key=lambda key: (key != chosen, -numbers[key], people[key].display_name, key))
    return tuple(
        OwnerCount(people[key].username, key, people[key].display_name, Count(numbers[key], more))
        for key in ranked[:OWNERS_SHOWN]
    )


def _kept_tags(found: PluginList) -> tuple[TagFacet, ...]:
    tags = found.reading.tags
    if not found.is_cacheable:
        return _ranked(found, tags.top, False)
    accounts = {branch.account_id for branch in branches_of(found.viewer, found.criteria.scope)}
    uses: Counter[str] = Counter()
    for (account_id, key), ref in tags.refs.items():
        if account_id in accounts:
            uses[key] += ref.uses
    return _ranked(
        found, [TagCount(key, tags.names[key], number) for key, number in uses.items() if number], False
    )


def _ranked(
    found: PluginList, counted: Sequence[TagCount], more: bool, *, fill: bool = True
) -> tuple[TagFacet, ...]:
    """Return the chosen tags, then those that matches carry by number, then (`fill`) others that none carries."""
    chosen, index = found.criteria.tags, found.reading.tags
    records = {tag.key: tag for tag in counted}
    # An alias in the filter stands for its tag, which is not listed a second time.
    meant = {index.meant(key) for key in chosen}
    first = [
        (records.get(index.meant(key)) or TagCount(key, index.names.get(key, key), 0))._replace(key=key)
        for key in chosen
    ]
    listed = meant.union(chosen)
    rest = sorted((tag for tag in counted if tag.key not in listed), key=lambda tag: (-tag.records, tag.key))
    none = [
        TagCount(tag.key, tag.name, 0)
        for tag in index.top
        if fill and tag.key not in records and tag.key not in listed
    ]
    return tuple(
        TagFacet(tag.key, index.names.get(tag.key, tag.name), Count(tag.records, more))
        for tag in [*first, *rest, *none][:TAGS_KEPT]
    )
