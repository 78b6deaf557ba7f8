"""Putting a list together for one viewer: kept counts, tags and search hits, cached by generation."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass

from sqlalchemy.orm import Session

from webapp.accounts.identity import Viewer
from webapp.caching.store import cached
from webapp.plugins.queries import tags as tag_queries
from webapp.plugins.queries.annotated import count_annotated
from webapp.plugins.queries.criteria import Annotated, Branch, Criteria, branches_of, reached_accounts
from webapp.plugins.queries.planning import worth_collecting
from webapp.plugins.queries.reading import Reading, Stars
from webapp.plugins.queries.search import Words, count_hits, split_words
from webapp.plugins.queries.sql import is_sqlite
from webapp.plugins.queries.stars import load_stars
from webapp.plugins.queries.tags import TagIndex, load_all_tags, load_tags
from webapp.plugins.queries.tallies import Tallies, load_all_tallies, load_tallies

PROBED_FROM = 1_000
"""A smaller account is scanned sooner than asked how many hits it has."""


@dataclass(frozen=True)
class PluginList:
    """One list of one viewer: what it reads, and the counts of the accounts that are always in reach.

    `owners` holds account and profile of the owner that the filter names; None when it names nobody.
    """

    viewer: Viewer
    criteria: Criteria
    reading: Reading
    near: Tallies
    owners: tuple[tuple[int, int], ...] | None

    @property
    def is_cacheable(self) -> bool:
        """Tell whether the viewer's generations cover everything that the list shows."""
        return not covers_everything(self.viewer, self.criteria.scope)

    @property
    def total(self) -> int:
        """Return how many records the scope holds without any filter."""
        return self.reading.tallies.count(branches_of(self.viewer, self.criteria.scope))


def near_accounts(viewer: Viewer) -> tuple[int, ...]:
    """Return the viewer's account and the platform's, in the order in which their spelling of a tag is preferred."""
    platform = viewer.platform_account_id
    return tuple(dict.fromkeys(account for account in (viewer.account_id, platform) if account is not None))


def covers_everything(viewer: Viewer, scope: str) -> bool:
    """Tell whether a list shows every account: a superuser's `all`, which is never cached."""
    return reached_accounts(viewer, scope) is None


def prepare(session: Session, viewer: Viewer, criteria: Criteria) -> PluginList:
    """Return a list ready to be read. Someone who owns nothing in reach is the same as nobody."""
    accounts = near_accounts(viewer)
    near = load_near_tallies(session, viewer)
    everything = covers_everything(viewer, criteria.scope)
    tallies = load_all_tallies(session, criteria.owner) if everything else near
    tags = (
        load_all_tags(session, criteria.tags)
        if everything
        else _load_tags(session, viewer, accounts, criteria.tags)
    )
    owners = None
    if criteria.owner:
        owners = tuple(tallies.apart() if everything else tallies.profiles_of(criteria.owner))
    branches = branches_of(viewer, criteria.scope, owners)
    found = _find(session, viewer, split_words(criteria.q), branches, tallies, cacheable=not everything)
    annotated = _find_annotated(session, viewer, criteria, branches, tallies)
    stars = Stars(viewer.profile_id, len(load_stars(session, viewer))) if criteria.starred else None
    reading = Reading(criteria, branches, tallies, tags, is_sqlite(session), found, annotated, stars)
    return PluginList(viewer, criteria, reading, near, owners)


def load_near_tallies(session: Session, viewer: Viewer) -> Tallies:
    """Return the kept counts of the accounts that are always in the viewer's reach."""
    accounts = near_accounts(viewer)
    return cached("plugins.tallies", viewer.generations, (accounts,), lambda: load_tallies(session, accounts))


def suggest_tags(session: Session, viewer: Viewer, text: str) -> list[tag_queries.TagCount]:
    """Return tags for a tag input: only of the viewer's own account and the platform's."""
    return tag_queries.suggest_tags(session, near_accounts(viewer), text)


def _load_tags(session: Session, viewer: Viewer, accounts: Sequence[int], keys: Sequence[str]) -> TagIndex:
    return cached(
        "plugins.tags",
        viewer.generations,
        (tuple(accounts), tuple(keys)),
        lambda: load_tags(session, accounts, keys),
    )


def _find(
    session: Session,
    viewer: Viewer,
    words: Words,
    branches: Sequence[Branch],
    tallies: Tallies,
    *,
    cacheable: bool,
) -> dict[int | None, int | None]:
    """Return how many hits each account has; None where they are too many to be collected, or were not counted."""
    if not words:
        return {}
    sizes = _sizes(branches, tallies)
    limits = _limits(sizes)
    accounts = tuple(sorted(limits, key=lambda account: account or 0))
    if not accounts:
        return dict.fromkeys(sizes)

    def count() -> tuple[int, ...]:
        return count_hits(session, accounts, words, [limits[account] + 1 for account in accounts])

    counts = cached("plugins.hits", viewer.generations, (accounts, words), count) if cacheable else count()
    counted = {
        account: count if count <= limits[account] else None
        for account, count in zip(accounts, counts, strict=True)
    }
    return dict.fromkeys(sizes) | counted


def _find_annotated(
    session: Session, viewer: Viewer, criteria: Criteria, branches: Sequence[Branch], tallies: Tallies
) -> dict[tuple[int | None, Annotated], int | None]:
    """Return how many records of each account have each annotation; None as with the hits of a search."""
    if not criteria.annotations:
        return {}
    sizes = _sizes(branches, tallies)
    limits = _limits(sizes)
    asked = tuple(
        (account, item)
        for account in sorted(limits, key=lambda account: account or 0)
        for item in criteria.annotations
    )
    counts: tuple[int, ...] = ()

    def count() -> tuple[int, ...]:
        return count_annotated(session, asked, [limits[account] + 1 for account, _ in asked])

    if asked:
        cacheable = not covers_everything(viewer, criteria.scope)
        counts = cached("plugins.annotated", viewer.generations, asked, count) if cacheable else count()
    found: dict[tuple[int | None, Annotated], int | None] = {
        (account, item): None for account in sizes for item in criteria.annotations
    }
    for key, number in zip(asked, counts, strict=True):
        found[key] = number if number <= limits[key[0]] else None
    return found


def _sizes(branches: Sequence[Branch], tallies: Tallies) -> dict[int | None, int]:
    return {branch.account_id: tallies.count([Branch(branch.account_id)]) for branch in branches}


def _limits(sizes: Mapping[int | None, int]) -> dict[int | None, int]:
    """Return up to how many matches are counted in each account that is large enough to be asked."""
    return {
        account: worth_collecting(size)
        for account, size in sizes.items()
        if size >= PROBED_FROM or account is None
    }
