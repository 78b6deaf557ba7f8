"""Plugdeck: the admin console for LLM plugin metadata."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

if TYPE_CHECKING:
    from flask import Flask

__version__ = "0.1.0"


def create_app(**overrides: Any) -> Flask:
    """Return the configured application; imported lazily so that `webapp.core` needs no Flask."""
    from webapp.app import create_app as build  # Keeps `import webapp.core` free of the web stack.
    from webapp.config import load_settings
    from webapp.web.logging import configure_from

    # Each worker is a process of its own. What structlog does by default prints the locals of a traceback, and with
    # them passwords and tokens.
    settings = load_settings()
    configure_from(settings)
    return build(settings, **overrides)
