"""Who wrote a record while somebody else had a page of it open, in words."""

from __future__ import annotations

import datetime as dt
from collections.abc import Sequence
from dataclasses import dataclass

from webapp.history.queries import Write

WRITES_SHOWN = 5
DEEDS = {"create": "created it", "delete": "moved it to the bin", "restore": "restored it"}


@dataclass(frozen=True)
class ShownWrite:
    """A write in a list of them: who, what they did, when."""

    who: str
    deed: str
    at: dt.datetime


@dataclass(frozen=True)
class Who:
    """Who saved in between: in the heading, on their card and beside what they changed, and in a sentence."""

    heading: str
    name: str
    sentence: str


def who_saved(writes: Sequence[Write], user_id: int) -> Who:
    """Return who wrote the record after `user_id` had opened its form."""
    people = {write.actor_id or write.actor_name: write.actor_name for write in writes}
    if list(people) == [user_id]:
        return Who("You saved this in another window", "Other window", "The other window")
    name = writes[-1].actor_name if writes else "Somebody"
    if len(people) > 1:
        others = len(people) - 1
        name = f"{name} and {others} {'other' if others == 1 else 'others'}"
    return Who(f"{name} saved first", name, name)


def shown_writes(writes: Sequence[Write]) -> list[ShownWrite]:
    """Return the last writes in words, newest first."""
    return [
        ShownWrite(write.actor_name, _deed(write), write.at) for write in reversed(writes[-WRITES_SHOWN:])
    ]


def _deed(write: Write) -> str:
    if write.action != "update":
        return DEEDS[write.action]
    fields = [f"the {name.removeprefix('plugin_')}" for name in write.changed] or ["it"]
    return f"changed {' and '.join([', '.join(fields[:-1]), fields[-1]] if len(fields) > 1 else fields)}"
