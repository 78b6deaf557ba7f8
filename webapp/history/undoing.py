"""Taking writes back: why one was not, in words that a page can show."""

from __future__ import annotations

from collections.abc import Sequence

from webapp.core.errors import Conflict

NOT_KEPT = "What it said before is not kept, so it cannot be brought back."


class NotUndone(Conflict):
    """A write that was not taken back; nothing was changed."""

    default_message = "This was not undone."


class Overlap(NotUndone):
    """Somebody has changed the very same fields since; a person has to decide."""

    def __init__(self, labels: Sequence[str]) -> None:
        """Keep what people call the fields."""
        named = ", ".join(labels)
        super().__init__(f"Changed again since: {named}.")
        self.labels = tuple(labels)
        self.args = (tuple(labels),)
