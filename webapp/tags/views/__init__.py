"""The pages of tags: the list, one tag, and the acts on them with what they would change."""

from __future__ import annotations

from flask import Blueprint

bp = Blueprint("tags", __name__)

# The modules add their routes to `bp`, which has to exist before they are imported.
from webapp.tags.views import listing, merging, renaming, tag  # noqa: E402

__all__ = ["bp", "listing", "merging", "renaming", "tag"]
