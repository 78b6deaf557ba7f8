"""Records and tags for the palette, best first, each statement within what the viewer may read."""

from __future__ import annotations

from collections.abc import Iterable, Sequence
from dataclasses import dataclass

from sqlalchemy.orm import Session

from webapp.accounts.identity import Viewer
from webapp.accounts.permissions import may_manage
from webapp.connections.kinds import BY_RECORD_KIND
from webapp.connections.queries import finding as connection_finding
from webapp.core.locators import split_locator
from webapp.palette.matching import rank
from webapp.plugins.models.identity import LOCATOR_KIND
from webapp.plugins.queries import finding as plugin_finding
from webapp.plugins.queries.lists import suggest_tags
from webapp.plugins.queries.tags import TagCount

PLUGINS_SHOWN = 7
CONNECTIONS_SHOWN = 4
TAGS_SHOWN = 4


@dataclass(frozen=True)
class Record:
    """A record of any kind that the viewer may read.

    `kind` is its word in locators, `css` the class and `icon` the glyph of what it is.
    """

    kind: str
    locator: str
    name: str
    description: str
    icon: str
    css: str
    account_id: int
    account_name: str
    manageable: bool


def find_plugins(session: Session, viewer: Viewer, text: str) -> list[Record]:
    """Return the plugins that fit best; at equal fit those of one's own account first, and then by name."""
    found = plugin_finding.find_plugins(session, viewer, text)
    return _best((_of_plugin(viewer, item) for item in found), viewer, text, PLUGINS_SHOWN)


def find_connections(session: Session, viewer: Viewer, text: str) -> list[Record]:
    """Return the connections and secrets that fit best."""
    found = connection_finding.find_records(session, viewer, text)
    return _best((_of_connection(viewer, item) for item in found), viewer, text, CONNECTIONS_SHOWN)


def find_tags(session: Session, viewer: Viewer, text: str) -> Sequence[TagCount]:
    """Return the tags that hold the text, those that begin with it first."""
    return suggest_tags(session, viewer, text)[:TAGS_SHOWN]


def list_records(session: Session, viewer: Viewer, locators: Iterable[str]) -> list[Record]:
    """Return the records of some locators in their order, but for those that the viewer may not read."""
    wanted = list(dict.fromkeys(parts for one in locators if (parts := split_locator(one))))
    by_kind = {kind: [id for own, id in wanted if own == kind] for kind in dict(wanted)}
    plugins = plugin_finding.list_named(session, viewer, by_kind.get(LOCATOR_KIND, ()))
    connections = connection_finding.list_named(session, viewer, by_kind)
    found = {(LOCATOR_KIND, id): _of_plugin(viewer, item) for id, item in plugins.items()}
    found |= {key: _of_connection(viewer, item) for key, item in connections.items()}
    return [found[key] for key in wanted if key in found]


def is_known(locator: str) -> bool:
    """Tell whether a text is a locator of a kind that the palette lists."""
    parts = split_locator(locator)
    return parts is not None and (parts[0] == LOCATOR_KIND or parts[0] in BY_RECORD_KIND)


def _best(records: Iterable[Record], viewer: Viewer, text: str, most: int) -> list[Record]:
    return sorted(
        records,
        key=lambda item: (
            rank(item.name, text),
            item.account_id != viewer.account_id,
            item.name,
            item.locator,
        ),
    )[:most]


_PLUGIN_ICONS = {"static": "file-text", "sql": "database", "api": "plug-connected"}


def _of_plugin(viewer: Viewer, found: plugin_finding.Found) -> Record:
    return Record(
        kind=LOCATOR_KIND,
        locator=found.locator,
        name=found.name,
        description=_line(found.description, plugin_finding.DESCRIPTION_SHOWN),
        icon=_PLUGIN_ICONS[found.plugin_class],
        css=found.plugin_class,
        account_id=found.account_id,
        account_name=found.account_name,
        manageable=may_manage(viewer, found.account_id, found.profile_id),
    )


def _of_connection(viewer: Viewer, found: connection_finding.Found) -> Record:
    return Record(
        kind=found.kind.record_kind,
        locator=found.locator,
        name=found.name,
        description=_line(found.description, connection_finding.DESCRIPTION_SHOWN),
        icon=found.kind.icon,
        css=found.kind.key,
        account_id=found.account_id,
        account_name=found.account_name,
        manageable=may_manage(viewer, found.account_id, found.profile_id),
    )


def _line(text: str, most: int) -> str:
    line = " ".join(text.split())
    return f"{line}…" if len(text) >= most else line
