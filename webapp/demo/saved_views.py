"""The saved views of the demo: some shared, some a person's own."""

from __future__ import annotations

from webapp.accounts.queries import get_cli_viewer
from webapp.accounts.service.saved_views import ViewValues, save_view

VIEWS = (
    ("imogen", ViewValues("Not ready", "ready=not_ready&sort=name", is_shared=True)),
    ("imogen", ViewValues("SQL, highest version first", "class=sql&sort=-version")),
    ("imogen", ViewValues("Mine", "scope=mine")),
    ("tobias", ViewValues("About orders", "q=order", is_shared=True)),
    ("tobias", ViewValues("Mine, oldest first", "scope=mine&sort=updated")),
    ("odette", ViewValues("What the platform offers", "scope=platform&sort=name", is_shared=True)),
)


def save_views() -> None:
    """Save them all, inside the caller's transaction."""
    for username, values in VIEWS:
        save_view(get_cli_viewer(username), values)
