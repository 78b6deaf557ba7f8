"""A worker that cannot start, for the test of what `plugdeck serve` says then."""

from __future__ import annotations

from typing import NoReturn

from webapp.core.errors import PlugdeckError


def create_worker() -> NoReturn:
    """Refuse."""
    raise PlugdeckError("The moon is in the wrong phase. Wait for the next.")
