"""The pages of connections and secrets: list, record, form, deletion, manifests of a record."""

from __future__ import annotations

from flask import Blueprint

bp = Blueprint("connections", __name__)

# The modules add their routes to `bp`, which has to exist before they are imported.
from webapp.connections.views import edit, history, listing, names, record, removal  # noqa: E402

__all__ = ["bp", "edit", "history", "listing", "names", "record", "removal"]
