"""How an import treats names that exist and names that do not, and whose the records become. Typed, without HTTP."""

from __future__ import annotations

from dataclasses import dataclass
from typing import Literal, get_args

Mode = Literal["both", "create", "update"]
Taken = Literal["update", "skip", "rename"]

MODES: tuple[Mode, ...] = get_args(Mode)
TAKEN: tuple[Taken, ...] = get_args(Taken)

NAMES_TRIED = 1_000
"""So many free names are looked for before a document is refused instead."""


@dataclass(frozen=True)
class PlanOptions:
    """What a plan may do; the defaults create what is new and update what exists.

    Args:
        mode: "create" writes only new records, "update" only those that exist.
        taken: what a document does whose name exists: update the record, skip it, or take a free name.
        owner: the username of whose the records become; "" leaves new ones to whoever applies.
        owner_of_existing: whether records that exist are handed over too.
    """

    mode: Mode = "both"
    taken: Taken = "update"
    owner: str = ""
    owner_of_existing: bool = False


@dataclass(frozen=True)
class Owner:
    """A person that records can be given to."""

    profile_id: int
    username: str
    name: str


def skip_reason(options: PlanOptions, *, exists: bool, name: str) -> str:
    """Return why a document is left alone, as a sentence; "" when it is not."""
    if not exists:
        return (
            f"{name} does not exist, and only existing records are updated."
            if options.mode == "update"
            else ""
        )
    if options.taken == "rename":
        # A copy under another name would be new.
        return f"{name} exists, and no new records are created." if options.mode == "update" else ""
    if options.mode == "create":
        return f"{name} exists, and only new records are created."
    return f"{name} exists and is left as it is." if options.taken == "skip" else ""


def free_names(name: str, limit: int, start: int, count: int) -> list[str]:
    """Return the names to try in place of a taken one, from number `start`: "lighthouse_2", "lighthouse_3", ….

    Args:
        name: the one that is taken.
        limit: how long a name may be; a long one is cut before its number.
        start: the first number.
        count: how many numbers are tried; a long name may end in one of them itself.
    """
    endings = (f"_{number}" for number in range(start, start + count))
    found = (f"{name[: limit - len(ending)].rstrip('_')}{ending}" for ending in endings)
    return [other for other in found if other != name]
