"""How a page of a list is read: a scan in sort order that stops early, or a small set that is collected and sorted.

The counts that are kept say how selective each filter is, so the choice costs no statement. Pure.
"""

from __future__ import annotations

import math
from collections.abc import Iterable, Mapping

PAGE_ROWS = 51
"""A page and the row that tells whether there is another one."""
COLLECT_COST = 1.5
"""Collecting a row costs more than scanning it: it is looked up by id and sorted."""
HITS_AT_LEAST = 200


def choose_driver(
    rows: int, matching: int, shares: Iterable[int], drivers: Mapping[str, int], *, indexed: bool = True
) -> str | None:
    """Return the driver whose rows are to be collected and sorted, or None to scan in sort order.

    Args:
        rows: how many rows the scan may meet.
        matching: how many of them match the filters whose counts are kept, exactly.
        shares: how many rows match each further filter on its own.
        drivers: the sets that an index can give, with their sizes.
        indexed: whether an index has the sort order; without one the scan meets all rows.
    """
    if not drivers:
        return None
    name, size = min(drivers.items(), key=lambda item: item[1])
    share = matching / rows if rows else 0.0
    for uses in shares:
        share *= min(uses, rows) / rows if rows else 0.0
    scanned = min(rows, PAGE_ROWS / share) if share and indexed else rows
    return name if size * COLLECT_COST < scanned else None


def worth_collecting(rows: int) -> int:
    """Return how many search hits may be collected: beyond that, a scan of so many rows finds a page sooner."""
    return max(HITS_AT_LEAST, math.isqrt(PAGE_ROWS * rows))
