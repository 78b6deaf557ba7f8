"""Where a form was sent from, so that its answer, and the Undo in it, lead back there."""

from __future__ import annotations

from flask import request, url_for

from webapp.accounts.redirects import path_of_url, safe_next
from webapp.plugins.service import Saved


def came_from(default: str) -> str:
    """Return the page that sent this form: what the form says, else the page it stood on, else `default`."""
    said = safe_next(request.form.get("next"))
    return said or path_of_url(request.headers.get("Referer", ""), request.host) or default


def plugin_url(locator: str) -> str:
    """Return the address of a record's page."""
    return url_for("plugins.record", locator=locator)


def is_page_of(locator: str, address: str) -> bool:
    """Tell whether an address is one of a record's pages, which are gone with it."""
    return address.startswith(plugin_url(locator))


def with_aliases(message: str, saved: Saved) -> str:
    """Return what a toast says of a save, and which tags stand for the aliases that were written."""
    told = (f"{name} is an alias, so the tag is {tag}" for name, tag in saved.aliases)
    return ". ".join([message, *told])
