"""`plugins delete`."""

from __future__ import annotations

import datetime as dt
from dataclasses import replace

import click

from webapp.accounts.identity import Viewer
from webapp.accounts.queries import get_cli_viewer
from webapp.core.clock import utcnow
from webapp.core.errors import NotFound
from webapp.db.session import current_session
from webapp.plugins.cli.group import as_option, get_by_word, plugins_cli, reason_option, settings
from webapp.plugins.models.lifecycle import KEPT_FOR
from webapp.plugins.queries.bin import Binned, find_binned_named, find_binned_record
from webapp.plugins.service import delete_plugin
from webapp.web.filters import day


@plugins_cli.command("delete")
@click.argument("name", metavar="NAME|LOCATOR")
@as_option
@reason_option
def delete_command(name: str, username: str, reason: str) -> None:
    """Move one plugin to the bin, where it can be restored for 30 days. Doing it twice is harmless."""
    viewer = replace(get_cli_viewer(username), reason=reason)
    try:
        plugin = get_by_word(viewer, name)
    except NotFound:
        line = _find_deleted(viewer, name)
        if line is None:
            raise
        click.echo(f"{line.name} ({line.locator}) is in the bin already. Nothing is changed.")
        click.echo(_how_to_restore(line.locator, line.expires_at), err=True)
        return
    saved = delete_plugin(viewer, plugin.id, plugin.revision)
    click.echo(f"Moved {saved.name} ({saved.locator}) to the bin.")
    click.echo(_how_to_restore(saved.locator, utcnow() + KEPT_FOR), err=True)


def _find_deleted(viewer: Viewer, name: str) -> Binned | None:
    found = find_binned_record(current_session(), viewer, name)
    return found.line if found else find_binned_named(current_session(), viewer, name)


def _how_to_restore(locator: str, until: dt.datetime) -> str:
    base = settings().public_url
    return f"Restore it until {day(until)} at {base}/plugins/{locator}/ or in the bin, {base}/plugins/bin"
