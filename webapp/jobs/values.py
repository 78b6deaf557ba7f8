"""What a job is to whoever asks for it: states, who it belongs to, how far it is."""

from __future__ import annotations

import datetime as dt
from collections.abc import Mapping
from dataclasses import dataclass, field
from typing import Any, Literal

State = Literal["queued", "running", "done", "refused", "failed", "cancelled"]
STATES: tuple[State, ...] = ("queued", "running", "done", "refused", "failed", "cancelled")
OPEN_STATES: tuple[State, ...] = ("queued", "running")


@dataclass(frozen=True)
class JobOwner:
    """The person whose job it is, and the account that they work in."""

    user_id: int
    profile_id: int
    account_id: int


@dataclass(frozen=True)
class Outcome:
    """How a job ended: `done`, or `refused` with what is to be corrected; `result` is plain JSON.

    `keeps_payload` says that another job goes on with what this one was given.
    """

    state: Literal["done", "refused"]
    result: Mapping[str, Any] = field(default_factory=dict)
    keeps_payload: bool = False


@dataclass(frozen=True)
class ShownJob:
    """A job as pages show it; `total` is 0 as long as nobody knows how much there is to do."""

    key: str
    kind: str
    title: str
    state: State
    stage: str
    done: int
    total: int
    cancel_requested: bool
    created_at: dt.datetime
    finished_at: dt.datetime | None
    arguments: Mapping[str, Any]
    result: Mapping[str, Any] = field(repr=False, default_factory=dict)

    @property
    def is_open(self) -> bool:
        """Tell whether the job waits or runs."""
        return self.state in OPEN_STATES

    @property
    def percent(self) -> int:
        """Return how much is done, from 0 to 100."""
        return min(100, 100 * self.done // self.total) if self.total else 0
