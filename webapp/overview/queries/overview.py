"""Everything that the overview shows, cached by generation: kept counts, and bounded reads of history and uses."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass

from sqlalchemy.orm import Session

from webapp.accounts.identity import Viewer
from webapp.caching.store import cached
from webapp.overview.periods import Period
from webapp.overview.queries.uses import Uses, rank_uses
from webapp.overview.queries.waiting import WaitingPlugin, list_waiting
from webapp.overview.queries.writes import Writes, count_writes
from webapp.plugins.models.meta import READINESS
from webapp.plugins.queries.criteria import ACCOUNT, MINE, PLATFORM, Criteria, branches_of, reached_accounts
from webapp.plugins.queries.facets import TagFacet, load_counts
from webapp.plugins.queries.lists import PluginList, load_near_tallies, prepare
from webapp.plugins.values import PLUGIN_CLASSES

SCOPES = (MINE, ACCOUNT, PLATFORM)
OWNERS_SHOWN = 8
TAGS_SHOWN = 8


@dataclass(frozen=True)
class OwnerShare:
    """Somebody and how many plugins are theirs."""

    username: str
    name: str
    records: int


@dataclass(frozen=True)
class Overview:
    """The numbers of one scope and period.

    `cells` holds the count of each class and readiness, `other_owners` how many plugins belong to owners who are not
    listed, and by how many people they are. `growth` is how many plugins there were at the end of each span; None for
    one's own, because history does not keep whose a plugin was.
    """

    total: int
    cells: Mapping[tuple[str, str], int]
    owners: tuple[OwnerShare, ...]
    other_owners: tuple[int, int]
    tags: tuple[TagFacet, ...]
    writes: tuple[Writes, ...]
    growth: tuple[int, ...] | None
    began_with: int
    waiting: tuple[WaitingPlugin, ...]
    uses: Uses

    def count(self, plugin_class: str = "", readiness: str = "") -> int:
        """Return how many plugins have the class and the readiness, if given."""
        return sum(
            number
            for (of_class, of_readiness), number in self.cells.items()
            if plugin_class in ("", of_class) and readiness in ("", of_readiness)
        )


def count_own_plugins(session: Session, viewer: Viewer) -> int:
    """Return how many plugins the viewer's account has."""
    return load_near_tallies(session, viewer).count(branches_of(viewer, ACCOUNT))


def load_overview(
    session: Session, viewer: Viewer, scope: str, period: Period, last_use: int | None
) -> Overview:
    """Return the numbers of a scope.

    Args:
        session: to read with.
        viewer: who looks.
        scope: one of SCOPES.
        period: how far to look back.
        last_use: the id of the account's latest use, which stands for all of them in the key of the cache.
    """
    found = prepare(session, viewer, Criteria(scope=scope))
    total = found.total
    writes = _writes(session, viewer, scope, period)
    growth = _growth(total, writes) if scope != MINE else None
    owners, others = _owners(found)
    parts = (scope, viewer.profile_id)
    return Overview(
        total=total,
        cells=_cells(found),
        owners=owners,
        other_owners=others,
        tags=tuple(tag for tag in load_counts(session, found).tags if tag.count.number)[:TAGS_SHOWN],
        writes=writes,
        growth=tuple(growth[1:]) if growth else None,
        began_with=growth[0] if growth else total,
        waiting=cached("overview.waiting", viewer.generations, parts, lambda: list_waiting(session, found)),
        uses=cached(
            "overview.uses",
            viewer.generations,
            (*parts, viewer.account_id, period.since, last_use),
            lambda: rank_uses(session, viewer, found.reading.branches, period.since),
        ),
    )


def _cells(found: PluginList) -> dict[tuple[str, str], int]:
    tallies, branches = found.reading.tallies, found.reading.branches
    return {
        (plugin_class, readiness): tallies.count(branches, plugin_class, readiness)
        for plugin_class in PLUGIN_CLASSES
        for readiness in READINESS
    }


def _owners(found: PluginList) -> tuple[tuple[OwnerShare, ...], tuple[int, int]]:
    tallies = found.reading.tallies
    by_owner = tallies.by_owner(found.reading.branches)
    people = {owner.username_key: owner for owner in tallies.owners.values() if by_owner[owner.username_key]}
    ranked = sorted(people, key=lambda key: (-by_owner[key], people[key].display_name, key))
    shown = tuple(
        OwnerShare(people[key].username, people[key].display_name, by_owner[key])
        for key in ranked[:OWNERS_SHOWN]
    )
    rest = ranked[OWNERS_SHOWN:]
    return shown, (sum(by_owner[key] for key in rest), len(rest))


def _writes(session: Session, viewer: Viewer, scope: str, period: Period) -> tuple[Writes, ...]:
    accounts = reached_accounts(viewer, scope)
    actor_id = viewer.user_id if scope == MINE else None
    if not accounts:
        return tuple(Writes() for _ in period.spans)  # There is no platform account here.
    account_id = accounts[0]
    parts = (account_id, actor_id, period.days, period.since, period.spans[-1].until)
    return cached(
        "overview.writes",
        viewer.generations,
        parts,
        lambda: count_writes(session, account_id, period.spans, actor_id),
    )


def _growth(total: int, writes: tuple[Writes, ...]) -> list[int]:
    """Return how many plugins there were before the first span and after each, counted back from now."""
    numbers = [total]
    for span in reversed(writes):
        numbers.append(max(numbers[-1] - span.growth, 0))
    return numbers[::-1]
