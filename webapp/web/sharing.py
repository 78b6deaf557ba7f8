"""Share links: `/r/<locator>` leads to the page of a record of any kind, whatever the record is called by now.

The composition root says which kinds have pages, so this module knows no domain.
"""

from __future__ import annotations

from collections.abc import Callable, Mapping
from dataclasses import dataclass
from typing import cast

from flask import Blueprint, current_app, redirect, request, url_for
from werkzeug.wrappers import Response as BaseResponse

from webapp.config import Settings
from webapp.core.errors import NotFound
from webapp.core.locators import split_locator

bp = Blueprint("records", __name__)


@dataclass(frozen=True)
class RecordPage:
    """The page of one kind of record: its endpoint, and what raises NotFound when the viewer may not see a locator.

    `history` is the endpoint of what was done to it.
    """

    endpoint: str
    check: Callable[[str], object]
    history: str


@bp.get("/r/<locator>")
def share(locator: str) -> BaseResponse:
    """Lead to the page of a record."""
    page = _page_of(locator)
    if page is None:
        raise NotFound
    page.check(locator)
    return redirect(url_for(page.endpoint, locator=locator), 302)


def share_url(locator: str) -> str:
    """Return the address to pass on: absolute, and the same whatever the record is called."""
    return f"{public_url()}{url_for('records.share', locator=locator)}"


def public_url() -> str:
    """Return the address of this installation, for links that are passed on."""
    settings = cast(Settings, current_app.extensions["plugdeck"])
    return settings.public_url or request.host_url.rstrip("/")


def record_url(locator: str) -> str | None:
    """Return the address of a record's page; None for a kind without pages."""
    page = _page_of(locator)
    return None if page is None else url_for(page.endpoint, locator=locator)


def history_url(locator: str, revision: int | None = None) -> str | None:
    """Return the address of a record's history; None for a kind without pages."""
    page = _page_of(locator)
    return None if page is None else url_for(page.history, locator=locator, revision=revision)


def _page_of(locator: str) -> RecordPage | None:
    parts = split_locator(locator)
    pages = cast("Mapping[str, RecordPage]", current_app.extensions["record_pages"])
    return pages.get(parts[0]) if parts else None
