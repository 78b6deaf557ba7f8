"""What the frame of every page shows of the person: looks, time zone, keys, accounts, and where the list begins."""

from __future__ import annotations

from typing import Any, cast

from flask import Response, current_app, has_request_context, request, session
from sqlalchemy.exc import SQLAlchemyError

from webapp.accounts.identity import Viewer
from webapp.accounts.navigation import main_pages
from webapp.accounts.signin import find_viewer
from webapp.accounts.values import DEFAULT_SCOPE, SYSTEM, Preferences
from webapp.config import Settings
from webapp.web import htmx
from webapp.web.rendering import weak_etag

PLUGINS_PATH = "/plugins/"
THEME_COOKIE = "theme"
THEMES = ("light", "dark")
YEAR_SECONDS = 365 * 24 * 3600


def template_context() -> dict[str, Any]:
    """Return what the frame of every page needs."""
    if not has_request_context():
        return {
            "viewer": None,
            "looks": Preferences(),
            "theme": None,
            "current_nav": "",
            "plugins_url": PLUGINS_PATH,
            "main_pages": (),
        }
    viewer = _viewer_if_database_answers()
    looks = viewer.settings if viewer else Preferences()
    return {
        "viewer": viewer,
        "looks": looks,
        "theme": _theme(looks),
        "current_nav": _current_nav(),
        "plugins_url": plugins_url(viewer),
        "main_pages": main_pages(current_app),
    }


def plugins_url(viewer: Viewer | None) -> str:
    """Return where the list of plugins begins for this person: their default view, else the scope that they like."""
    if viewer and viewer.default_query is not None:
        return f"{PLUGINS_PATH}?{viewer.default_query}"
    scope = viewer.settings.scope if viewer else DEFAULT_SCOPE
    # Not by url_for: the page that refuses a foreign host has no map of addresses.
    return PLUGINS_PATH if scope == DEFAULT_SCOPE else f"{PLUGINS_PATH}?scope={scope}"


def page_etag(viewer: Viewer) -> str | None:
    """Return the ETag of a page over what the viewer may read; None when it must not be kept: a flash waits."""
    if "_flashes" in session:
        return None
    return weak_etag(
        current_app.config["BUILD"],
        viewer.login_session_id,
        viewer.role,
        viewer.is_superuser,
        viewer.display_name,
        viewer.account_name,
        viewer.places,
        viewer.star_generation,
        sorted(viewer.preferences.items()),
        viewer.default_view_id,
        viewer.default_query,
        request.cookies.get(THEME_COOKIE),
        request.full_path,
        htmx.wants_fragment(),
        htmx.source(),
        viewer.generations.token,
    )


def keep_theme(response: Response, viewer: Viewer) -> Response:
    """Let the browser know the theme of the profile, so that its next page comes in the right colours at once.

    Somebody who has never chosen one keeps what they have switched to on this device.
    """
    if "theme" not in viewer.preferences:
        return response
    settings = cast(Settings, current_app.extensions["plugdeck"])
    # Not for HTTP alone: the switch in the top bar writes it too.
    cookie: dict[str, Any] = {"path": "/", "samesite": "Lax", "secure": settings.secure_cookies}
    if viewer.settings.theme == SYSTEM:
        response.delete_cookie(THEME_COOKIE, **cookie)
    else:
        response.set_cookie(THEME_COOKIE, viewer.settings.theme, max_age=YEAR_SECONDS, **cookie)
    return response


def _theme(looks: Preferences) -> str | None:
    cookie = request.cookies.get(THEME_COOKIE)
    if cookie in THEMES:
        return cookie
    return looks.theme if looks.theme in THEMES else None


def _viewer_if_database_answers() -> Viewer | None:
    # The page that says the database is down is rendered through here too.
    try:
        return find_viewer()
    except SQLAlchemyError:
        return None


def _current_nav() -> str:
    return "account" if request.blueprint == "accounts" else request.blueprint or ""
