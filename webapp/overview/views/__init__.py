"""The page of the overview."""

from __future__ import annotations

from flask import Blueprint

bp = Blueprint("overview", __name__)

# The module adds its route to `bp`, which has to exist before it is imported.
from webapp.overview.views import page  # noqa: E402

__all__ = ["bp", "page"]
