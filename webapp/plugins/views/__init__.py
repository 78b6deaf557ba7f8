"""The pages of plugins: list, record, editor, manifests of a record."""

from __future__ import annotations

from flask import Blueprint

bp = Blueprint("plugins", __name__)

# The modules add their routes to `bp`, which has to exist before they are imported.
from webapp.plugins.views import (  # noqa: E402
    annotated,
    bin,
    cell,
    edit,
    edit_yaml,
    export,
    history,
    list_looks,
    listing,
    manifest,
    moves,
    newer,
    record,
    saved_views,
    stars,
)

__all__ = [
    "annotated",
    "bin",
    "bp",
    "cell",
    "edit",
    "edit_yaml",
    "export",
    "history",
    "list_looks",
    "listing",
    "manifest",
    "moves",
    "newer",
    "record",
    "saved_views",
    "stars",
]
