"""How many files a process sends at once: each has a connection to the database for as long as its reader takes.

A reader may take as little as they like of it. Without a limit one person with a few dozen downloads that do not get on
has every connection of the process, and nobody else is answered.
"""

from __future__ import annotations

from collections.abc import Iterator
from weakref import WeakSet

from webapp.core.errors import Unavailable
from webapp.db.engines import POOL_SIZE

OF_ONE_PERSON = 2
AT_ONCE = POOL_SIZE
"""As many connections are left for everybody else."""
YOURS = f"{OF_ONE_PERSON} exports of yours are on their way. Wait for one of them, then try again."
OTHERS = "Others are exporting at the moment. Try again when they are done."


class Turn:
    """A file that is being sent."""

    def __init__(self, user_id: int) -> None:
        """Take who it is for."""
        self.user_id = user_id


# Weak: an answer that is dropped before its first piece is asked for gives its turn back as well.
_under_way: WeakSet[Turn] = WeakSet()


def in_turn(user_id: int, pieces: Iterator[bytes]) -> Iterator[bytes]:
    """Return the pieces of a file, which counts as being sent until they end or nobody wants them any more.

    Raises:
        Unavailable: this person, or this process, is sending as many as it may.
    """
    if sum(turn.user_id == user_id for turn in _under_way) >= OF_ONE_PERSON:
        raise Unavailable(YOURS)
    if len(_under_way) >= AT_ONCE:
        raise Unavailable(OTHERS)
    turn = Turn(user_id)
    _under_way.add(turn)
    return _sent(turn, pieces)


def _sent(turn: Turn, pieces: Iterator[bytes]) -> Iterator[bytes]:
    try:
        yield from pieces
    finally:
        _under_way.discard(turn)
