"""A name that is close to a search without matches: a typing error away."""

from __future__ import annotations

import difflib
from dataclasses import dataclass

from sqlalchemy import select
from sqlalchemy.orm import Session

from webapp.caching.store import cached
from webapp.core.text import fold
from webapp.plugins.queries.criteria import Branch
from webapp.plugins.queries.lists import PluginList
from webapp.plugins.queries.sql import META

NAMES_MAX = 1_000
"""In a larger account nothing is suggested: comparing all names would take too long."""
WORD_MIN = 4
SIMILARITY = 0.75


@dataclass(frozen=True)
class NearName:
    """A plugin whose name holds a word that is close to the search, and the search with that word."""

    id: int
    name: str
    search: str


def find_near_name(session: Session, found: PluginList) -> NearName | None:
    """Return a close name in the viewer's account, or None; only for a search of one word that names could hold."""
    word = fold(found.criteria.q)
    here = Branch(found.viewer.account_id)
    if len(word) < WORD_MIN or len(word.split()) != 1 or found.near.count([here]) > NAMES_MAX:
        return None
    viewer = found.viewer
    return cached(
        "plugins.near_name",
        viewer.generations,
        (viewer.account_id, word),
        lambda: _compare(session, viewer.account_id, word),
    )


def _compare(session: Session, account_id: int, word: str) -> NearName | None:
    names = session.execute(
        select(META.c.name, META.c.id).where(META.c.account_id == account_id, META.c.deleted_at.is_(None))
    ).all()
    holders: dict[str, tuple[str, int]] = {}
    for name, plugin_id in names:
        for part in (name, *name.split("_")):
            holders.setdefault(part, (name, plugin_id))
    # Two texts that are alike enough cannot differ more in length: the ratio is twice what they share over both.
    shortest, longest = len(word) * SIMILARITY / (2 - SIMILARITY), len(word) * (2 - SIMILARITY) / SIMILARITY
    parts = [part for part in holders if shortest <= len(part) <= longest]
    close = difflib.get_close_matches(word, parts, n=1, cutoff=SIMILARITY)
    if not close or close[0] == word:
        return None
    name, plugin_id = holders[close[0]]
    return NearName(plugin_id, name, close[0])
