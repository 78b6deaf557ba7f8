"""A server that failed is left alone for a while."""

from __future__ import annotations

import time
from collections.abc import Callable

import structlog

BREAKER_SECONDS = 5.0

log = structlog.get_logger(__name__)


class CircuitBreaker:
    """Open for a while after a server failed, so that a dead one costs one timeout and not one a use."""

    def __init__(
        self, server: str, seconds: float = BREAKER_SECONDS, clock: Callable[[], float] = time.monotonic
    ) -> None:
        """Start closed: the server is asked.

        Args:
            server: what it is called in the log.
            seconds: for how long it is left alone.
            clock: tells seconds that never go back.
        """
        self._server = server
        self._seconds = seconds
        self._clock = clock
        self._open_until = 0.0

    @property
    def is_open(self) -> bool:
        """Tell whether the server is to be left alone now."""
        return self._clock() < self._open_until

    def trip(self, error: Exception) -> None:
        """Leave the server alone for the next seconds."""
        self._open_until = self._clock() + self._seconds
        log.warning(f"{self._server}_unavailable", error=type(error).__name__, retry_after=self._seconds)
