"""Time zones by their IANA names: which exist, and what somebody may have meant."""

from __future__ import annotations

import re
from functools import lru_cache
from zoneinfo import available_timezones

_AREAS = (
    *("Africa/", "America/", "Antarctica/", "Arctic/", "Asia/"),
    *("Atlantic/", "Australia/", "Europe/", "Indian/", "Pacific/"),
)
_SHAPE = re.compile(r"[A-Za-z][A-Za-z_]*(/[A-Za-z0-9_+-]+){1,2}")
_LONGEST = 64


@lru_cache(maxsize=1)
def zone_names() -> tuple[str, ...]:
    """Return the names to choose from: places and UTC, without the old spellings that mean the same."""
    return ("UTC", *sorted(name for name in available_timezones() if name.startswith(_AREAS)))


def find_zone(text: str) -> str | None:
    """Return the zone that a text names, however it is cased and whether or not with spaces, or None.

    Where the system keeps no list of zones, a name of the right shape is taken: the browser knows them.
    """
    wanted = _key(text)
    exact = next((name for name in zone_names() if _key(name) == wanted), None)
    if exact or len(zone_names()) > 1:
        return exact
    return text if len(text) <= _LONGEST and _SHAPE.fullmatch(text) else None


def suggest_zone(text: str) -> str | None:
    """Return the one zone whose place a text names ("amsterdam"), or None when there is none or more than one."""
    wanted = _key(text)
    found = [name for name in zone_names() if _key(name).rpartition("/")[2] == wanted]
    return found[0] if len(found) == 1 else None


def _key(text: str) -> str:
    return "_".join(text.split()).casefold()
