"""The records that a person opened last, kept in a cookie of their own: looking at a page writes nothing.

It is signed, names the profile it belongs to and holds locators only. Whoever reads it resolves them as the viewer, so
it never shows what one may not see. It goes with the sign-in: another person at the same browser finds nothing.
"""

from __future__ import annotations

from collections.abc import Collection, Mapping, Sequence
from typing import Any, cast

from flask import Flask, Response, current_app, request, session
from itsdangerous import BadSignature, URLSafeSerializer

from webapp.accounts.identity import Viewer
from webapp.accounts.signin import find_viewer
from webapp.config import Settings
from webapp.web import htmx
from webapp.web.sharing import RecordPage

RECENTS_MAX = 8
COOKIE = "plugdeck-recent"
_SALT = "palette.recents"


def init_recents(app: Flask) -> None:
    """Note each page of a record that is opened, and forget all of them when nobody is signed in any more."""
    pages = cast("Mapping[str, RecordPage]", app.extensions["record_pages"])
    endpoints = {page.endpoint for page in pages.values()}

    @app.after_request
    def note(response: Response) -> Response:
        if not session:
            if _name() in request.cookies:
                response.delete_cookie(_name(), **_attributes())
        elif response.status_code == 200 and request.method == "GET" and not htmx.is_ahead():
            locator = _opened(endpoints)
            viewer = find_viewer() if locator else None
            if viewer and locator:
                _write(response, viewer, locator)
        return response


def _opened(endpoints: Collection[str]) -> str | None:
    """Return the record that is opened, or whose page asks for the palette: the browser may have kept that page."""
    if request.endpoint in endpoints:
        return (request.view_args or {}).get("locator")
    at = request.args.get("at", "") if request.endpoint == "palette.show" else ""
    return at or None


def read_recents(viewer: Viewer) -> list[str]:
    """Return the locators of the records that this person opened last, newest first."""
    try:
        profile_id, locators = _serializer().loads(request.cookies.get(_name(), ""))
    except (BadSignature, ValueError, TypeError):
        return []
    if profile_id != viewer.profile_id or not isinstance(locators, Sequence):
        return []
    return [str(locator) for locator in locators][:RECENTS_MAX]


def _write(response: Response, viewer: Viewer, locator: str) -> None:
    known = read_recents(viewer)
    if known[:1] == [locator]:
        return
    locators = [locator, *(other for other in known if other != locator)][:RECENTS_MAX]
    text = _serializer().dumps([viewer.profile_id, locators])
    # Without an age: it ends with the browser's session, as the sign-in does.
    response.set_cookie(_name(), text if isinstance(text, str) else text.decode(), **_attributes())


def _serializer() -> URLSafeSerializer:
    return URLSafeSerializer(_settings().secret_key, salt=_SALT)


def _name() -> str:
    return f"__Host-{COOKIE}" if _settings().secure_cookies else COOKIE


def _attributes() -> dict[str, Any]:
    return {"path": "/", "httponly": True, "samesite": "Lax", "secure": _settings().secure_cookies}


def _settings() -> Settings:
    return cast(Settings, current_app.extensions["plugdeck"])
