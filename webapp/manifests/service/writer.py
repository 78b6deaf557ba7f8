"""What this package knows of a viewer."""

from __future__ import annotations

from typing import Protocol

from webapp.history.service import Actor


class Writer(Protocol):
    """Whom history names, and in which account they act."""

    @property
    def actor(self) -> Actor:
        """Return who history names."""

    @property
    def account_id(self) -> int:
        """Return the account that they act in."""
