"""The pages and actions that the palette offers to a viewer, and how records and tags become its lines."""

from __future__ import annotations

from collections.abc import Iterable, Iterator
from urllib.parse import urlsplit

from flask import current_app, url_for

from webapp.accounts import frame
from webapp.accounts.identity import Viewer
from webapp.accounts.navigation import main_pages
from webapp.core.text import suggest_name
from webapp.help.concepts import CONCEPTS
from webapp.palette.matching import mark
from webapp.palette.queries.finding import Record
from webapp.palette.values import Item
from webapp.plugins.models.identity import LOCATOR_KIND
from webapp.plugins.queries.tags import TagCount
from webapp.web.filters import plural
from webapp.web.sharing import history_url, record_url, share_url

ACCOUNT_PAGES = (
    ("Profile", "accounts.profile", "user", "theme density time zone preferences keyboard shortcuts"),
    ("Password", "accounts.password", "lock", "change"),
    ("Sessions", "accounts.sessions", "device-desktop", "signed in browsers devices"),
)
STAFF_PAGES = (
    ("People", "accounts.people", "users", "invite roles members staff"),
    ("Account", "accounts.settings", "building", "name number"),
)


def record_item(viewer: Viewer, record: Record, text: str = "") -> Item:
    """Return the line of a record; one of another account says whose it is."""
    parts = (record.account_name if record.account_id != viewer.account_id else "", record.description)
    return Item(
        label=record.name,
        icon=record.icon,
        href=record_url(record.locator) or url_for("records.share", locator=record.locator),
        detail=" · ".join(part for part in parts if part),
        is_name=True,
        css=record.css,
        pieces=mark(record.name, text),
    )


def tag_item(viewer: Viewer, tag: TagCount, text: str) -> Item:
    """Return the line of a tag, which leads to the plugins that carry it."""
    # Its number counts what the scope "all" shows, but for a superuser, who sees every account there.
    scope = None if viewer.is_superuser else "all"
    return Item(
        label=tag.name,
        icon="hash",
        href=url_for("plugins.list_page", tag=tag.name, scope=scope),
        detail=plural(tag.records, "plugin"),
        pieces=mark(tag.name, text),
    )


def list_pages(viewer: Viewer) -> Iterator[Item]:
    """Yield the pages that this viewer may open."""
    for page in main_pages(current_app):
        href = frame.plugins_url(viewer) if page.name == "plugins" else page.path
        yield Item(page.label, page.icon, href, key=page.key, words=page.words)
    yield Item("Bin", "trash", url_for("plugins.bin_page"), words="deleted plugins restore")
    for label, endpoint, icon, words in ACCOUNT_PAGES + (STAFF_PAGES if viewer.is_staff else ()):
        yield Item(
            label, icon, url_for(endpoint), detail="Account settings", words=f"account settings {words}"
        )
    yield Item("Help", "help", url_for("help.index"), key="g h", words="manual documentation")


def list_help() -> Iterator[Item]:
    """Yield the pages of the help."""
    for concept in CONCEPTS:
        href = url_for("help.concept", concept=concept.word)
        yield Item(concept.question, "help", href, detail="Help", words=f"help {concept.title}")


def list_actions(viewer: Viewer, current: str) -> Iterator[Item]:
    """Yield what this viewer may do anywhere.

    Args:
        viewer: who asks.
        current: the address of the page that the palette stands on, or "".
    """
    yield Item("New plugin", "plus", url_for("plugins.new"), key="n", words="create add")
    yield Item("Upload manifests", "upload", url_for("manifests.upload"), words="apply paste yaml import")
    yield Item(
        "New connection", "plus", url_for("connections.new"), words="create add sql api database secret"
    )
    yield _export(current)
    yield Item("Switch light or dark", "circle-half-2", switches_theme=True, words="theme mode colours")
    yield Item("Keyboard shortcuts", "keyboard", url_for("help.keys"), key="?", words="keys sheet")
    for place in viewer.places:
        yield Item(
            f"Switch to {place.account_name}",
            "building",
            action=url_for("accounts.switch"),
            fields={"profile": place.key},
            detail=place.account_number,
            words="account change work in",
        )
    yield Item("Sign out", "logout", action=url_for("accounts.logout"), words="log out leave end session")


def list_record_actions(record: Record) -> Iterator[Item]:
    """Yield what may be done with the record that the viewer is looking at."""
    is_plugin = record.kind == LOCATOR_KIND
    locator = record.locator
    if record.manageable:
        href = url_for("plugins.edit" if is_plugin else "connections.edit", locator=locator)
        yield Item(f"Edit {record.name}", "pencil", href, key="e", words="change")
    yield Item("Copy link", "link", copies=share_url(locator), detail=record.name, key="c", words="share url")
    href = history_url(locator) or ""
    yield Item("History", "history", href, detail=record.name, words="revisions changes compare restore")
    if is_plugin:
        clone = url_for("plugins.clone", locator=locator)
        yield Item("Clone", "copy", action=clone, detail=record.name, words="copy duplicate")


def list_searches(text: str) -> Iterable[Item]:
    """Yield what is always possible with a text that was typed."""
    name = suggest_name(text)
    if name:
        yield Item(f"New plugin named {name}", "plus", url_for("plugins.new", name=name))
    yield Item(f"Search all fields for “{text}”", "search", url_for("plugins.list_page", q=text))


def _export(current: str) -> Item:
    here = urlsplit(current)
    filtered = here.path == frame.PLUGINS_PATH and here.query
    return Item(
        "Export what is filtered" if filtered else "Export plugins",
        "download",
        f"{url_for('plugins.export')}?{here.query}" if filtered else url_for("plugins.export"),
        words="export download yaml json csv zip",
    )
