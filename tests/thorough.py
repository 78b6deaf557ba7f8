"""How much of what could be tested is tested: a part of each kind with `make test`, all of it with `make soak`.

`make soak` sets PLUGDECK_TEST_THOROUGH and runs what is marked `soak` (takes minutes), `thorough` (the same again
elsewhere) or `wider` (of which `make test` has run a part).
"""

from __future__ import annotations

import os
from collections.abc import Sequence
from typing import TypeVar

T = TypeVar("T")

THOROUGH = bool(os.environ.get("PLUGDECK_TEST_THOROUGH"))


def some_of(values: Sequence[T], turn: int, turns: int) -> Sequence[T]:
    """Return every `turns`-th of the values, others at each turn, so that the turns together have them all.

    All of them when there is time.
    """
    return values if THOROUGH else values[turn % turns :: turns]
