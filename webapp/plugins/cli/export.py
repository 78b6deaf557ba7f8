"""`plugins export`: the plugins of some names, or what a filter leaves, as one file."""

from __future__ import annotations

import itertools
import secrets
import sys
from collections.abc import Iterable, Iterator, Sequence
from dataclasses import dataclass, fields
from pathlib import Path
from typing import Any

import click

from webapp.accounts.identity import Viewer
from webapp.accounts.queries import get_cli_viewer
from webapp.core.errors import NotFound
from webapp.core.rules import clean_tag
from webapp.core.text import fold, is_storable
from webapp.db.session import begin_snapshot, current_session
from webapp.manifests.problems import visible
from webapp.plugins.cli.group import as_option, class_option, get_by_word, plugins_cli, settings, tag_option
from webapp.plugins.exports import FORMATS, Place, write
from webapp.plugins.models.meta import READINESS
from webapp.plugins.queries.bulk import find_by_names
from webapp.plugins.queries.criteria import ACCOUNT, SCOPES, Criteria
from webapp.plugins.queries.exporting import Exported, iter_in_order, iter_listed
from webapp.plugins.queries.lists import prepare
from webapp.web.filters import plural

STDOUT = "-"


@dataclass(frozen=True)
class Filter:
    """The filter of the list, as options."""

    search: str
    tags: tuple[str, ...]
    plugin_class: str | None
    ready: str | None
    owner: str
    scope: str

    @property
    def is_set(self) -> bool:
        """Tell whether any option was given."""
        return self != Filter("", (), None, None, "", ACCOUNT)

    def to_criteria(self) -> Criteria:
        """Return the filter as the list understands it."""
        return Criteria(
            scope=self.scope,
            q=" ".join(self.search.split()),
            tags=tuple(dict.fromkeys(fold(clean_tag(tag)) for tag in self.tags)),
            plugin_class=self.plugin_class or "",
            readiness=self.ready or "",
            owner=fold(self.owner),
        )


def _check_text(_context: click.Context, _parameter: click.Parameter, value: str) -> str:
    if not is_storable(value):
        raise click.BadParameter("This holds a character that cannot be searched for.")
    return value


@plugins_cli.command("export")
@click.argument("names", metavar="[NAME|LOCATOR]...", nargs=-1)
@as_option
@click.option(
    "--format",
    "--output",
    "format_key",
    type=click.Choice(tuple(FORMATS)),
    default="yaml",
    show_default=True,
    help="What to write.",
)
@click.option(
    "-o",
    "--file",
    "target",
    type=click.Path(dir_okay=False, allow_dash=True),
    default=STDOUT,
    help="Where to write; a file is replaced when all of it is there. [default: standard output]",
)
@click.option("--search", default="", callback=_check_text, help="Only what the search of the list finds.")
@tag_option
@class_option
@click.option("--ready", type=click.Choice(READINESS), help="Only plugins of this readiness.")
@click.option("--owner", default="", callback=_check_text, help="Only plugins of this person, by username.")
@click.option("--scope", type=click.Choice(SCOPES), default=ACCOUNT, show_default=True, help="Whose plugins.")
def export_command(
    names: tuple[str, ...], username: str, format_key: str, target: str, **filters: Any
) -> None:
    """Write the plugins of some names in this order, or all that a filter leaves by name, as manifests or as a table.

    Applying an export changes nothing. Connections and secrets are not part of it.
    """
    chosen = Filter(**{field.name: filters[field.name] for field in fields(Filter)})
    if names and chosen.is_set:
        raise click.UsageError("Give names or a filter, not both.")
    if format_key == "zip" and target == STDOUT and sys.stdout.isatty():
        raise click.UsageError("A zip archive is not shown on a terminal. Write it to a file with -o.")
    viewer = get_cli_viewer(username)
    place = Place(viewer.account_id, settings().public_url)
    counted = _Counted(_read(viewer, names, chosen))
    pieces = write(FORMATS[format_key], counted, place)
    if target == STDOUT:
        sys.stdout.buffer.writelines(pieces)
        sys.stdout.buffer.flush()
        return
    _write_file(Path(target), pieces)
    click.echo(f"Wrote {plural(counted.number, 'plugin')} to {visible(target)}.", err=True)


class _Counted:
    """Plugins that are counted on their way."""

    def __init__(self, plugins: Iterable[Exported]) -> None:
        self._plugins = plugins
        self.number = 0

    def __iter__(self) -> Iterator[Exported]:
        for plugin in self._plugins:
            self.number += 1
            yield plugin


def _read(viewer: Viewer, names: Sequence[str], chosen: Filter) -> Iterator[Exported]:
    """Return the plugins to write; raises NotFound when a name or the whole filter finds nothing."""
    session = current_session()
    begin_snapshot(session)
    if names:
        return iter_in_order(session, viewer, _find(viewer, names))
    plugins = iter_listed(session, prepare(session, viewer, chosen.to_criteria()))
    first = next(plugins, None)
    if first is None:
        raise NotFound("There is no such plugin, so there is nothing to export.")
    return itertools.chain([first], plugins)


def _find(viewer: Viewer, names: Sequence[str]) -> list[int]:
    named = find_by_names(current_session(), viewer.account_id, names)
    found, missing = [], []
    for name in dict.fromkeys(names):
        try:
            plugin = named.get(name) or get_by_word(viewer, name)
        except NotFound:
            missing.append(visible(name))
        else:
            found.append(plugin.id)
    if missing:
        raise NotFound(f"There is no plugin {', '.join(missing)} in {viewer.account_name}.")
    return list(dict.fromkeys(found))


def _write_file(path: Path, pieces: Iterable[bytes]) -> None:
    """Write a file so that there is never half of one; what is no ordinary file is written to as it is."""
    path = path.resolve()  # A link stays one.
    direct = path.exists() and not path.is_file()
    # In a folder that others write to, nobody can have put a link where this file will be.
    part = path if direct else path.with_name(f".{path.name[:100]}.{secrets.token_hex(8)}.part")
    try:
        with part.open("wb" if direct else "xb") as stream:
            stream.writelines(pieces)
        if not direct:
            part.replace(path)
    except OSError as error:
        raise click.BadParameter(f"{visible(str(path))} cannot be written: {error.strerror}.") from error
    finally:
        if not direct:
            part.unlink(missing_ok=True)
