"""The pages of the feed: the list of what was done, and an act with everything that it wrote."""

from __future__ import annotations

from flask import Blueprint

bp = Blueprint("activity", __name__)

# The modules add their routes to `bp`, which has to exist before they are imported.
from webapp.activity.views import feed, unit  # noqa: E402

__all__ = ["bp", "feed", "unit"]
