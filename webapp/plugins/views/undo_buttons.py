"""The button that takes a write of a plugin back."""

from __future__ import annotations

from flask import url_for

from webapp.plugins.service import Saved
from webapp.web.toasts import Undo


def undo_of(saved: Saved, label: str = "Undo") -> Undo:
    """Return the button that takes a write back."""
    return Undo(url_for("plugins.undo", locator=saved.locator), {"revision": saved.revision}, label)
