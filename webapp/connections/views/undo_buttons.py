"""The buttons that take a write of a secret or connection back, and what they say when they cannot do it all."""

from __future__ import annotations

from flask import url_for

from webapp.connections.kinds import Kind
from webapp.connections.service import Saved
from webapp.core.locators import format_locator
from webapp.web.toasts import Undo, say

VALUE_GONE = "The value that it held before is not kept, so this cannot be undone"
VALUE_STAYS = "Undo leaves its new value as it is"


def undo_of(kind: Kind, saved: Saved, label: str = "Undo") -> Undo | None:
    """Return the button that takes a write back; None when all it did was to replace the value of a secret."""
    if saved.changed == ("value",):
        return None
    locator = format_locator(kind.record_kind, saved.id)
    return Undo(url_for("connections.undo", locator=locator), {"revision": saved.revision}, label)


def say_saved(kind: Kind, saved: Saved) -> None:
    """Let the next page say that a record was changed, and what Undo means for the value of a secret."""
    message = f"Saved {saved.name}"
    if "value" in saved.changed:
        message += f". {VALUE_GONE if saved.changed == ('value',) else VALUE_STAYS}"
    say(message, undo=undo_of(kind, saved))


def say_created(kind: Kind, saved: Saved) -> None:
    """Let the next page say that a record was created; to take a secret back, a page asks first."""
    locator = format_locator(kind.record_kind, saved.id)
    undo = Undo(url_for("connections.delete", locator=locator), {"revision": saved.revision})
    say(f"Created {saved.name}", undo=undo)
