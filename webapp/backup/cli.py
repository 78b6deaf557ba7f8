"""The commands `backup` and `restore`."""

from __future__ import annotations

import sys
import time
from pathlib import Path
from typing import Any

import click
from flask import current_app
from flask.cli import with_appcontext

from webapp.backup import service
from webapp.backup.archive import STDOUT
from webapp.backup.values import BackupManifest
from webapp.config import Settings, load_settings
from webapp.extensions import db


class _Bar:
    """A bar on a terminal whose length is known only when the work has begun; nothing in a pipe."""

    def __init__(self, label: str) -> None:
        self._label = label
        self._bar: Any = None

    def expect(self, rows: int) -> None:
        if sys.stderr.isatty():  # Elsewhere click would write the label, and cron would send it by mail.
            self._bar = click.progressbar(length=rows, label=self._label, file=sys.stderr)
            self._bar.__enter__()

    def progress(self, rows: int) -> None:
        if self._bar is not None:
            self._bar.update(rows)

    def close(self) -> None:
        if self._bar is not None:
            self._bar.__exit__(None, None, None)


@click.command("backup")
@click.argument("file", metavar="FILE")
@click.option("--force", is_flag=True, help="Replace FILE if it exists.")
@with_appcontext
def backup_command(file: str, force: bool) -> None:
    """Write everything into FILE (- for standard output), while people go on working.

    The encryption keys are not in it: keep them elsewhere. docs/operating.md says what is left out.
    """
    if file == STDOUT and sys.stdout.isatty():
        raise click.UsageError(
            "A backup is no text for a terminal. Name a file, or redirect standard output."
        )
    settings: Settings = current_app.extensions["plugdeck"]
    bar, began = _Bar("Backing up"), time.monotonic()
    try:
        made = service.back_up(
            db.engine, file, settings.encryption_keys, force=force, expect=bar.expect, progress=bar.progress
        )
    finally:
        bar.close()
    where = "Standard output" if file == STDOUT else file
    click.echo(f"{where} holds {_contents(made)}. It took {time.monotonic() - began:.1f} s.", err=True)
    if made.unreadable_secrets:
        click.echo(
            f"{made.unreadable_secrets} secrets cannot be decrypted with the configured keys. Run: plugdeck doctor",
            err=True,
        )


@click.command("restore")
@click.argument("file", metavar="FILE", type=click.Path(path_type=Path))
def restore_command(file: Path) -> None:
    """Put the backup in FILE into the empty place that PLUGDECK_DATABASE_URL names, and check it.

    The encryption keys of the installation must be set. A backup of SQLite can go to PostgreSQL and the other way.
    """
    from webapp.backup import restoring  # Alembic is slow to import and only this command needs it.

    bar, began = _Bar("Restoring"), time.monotonic()
    try:
        done = restoring.restore(load_settings(), file, expect=bar.expect, progress=bar.progress)
    finally:
        bar.close()
    click.echo(f"Restored {_contents(done)} from {done.created_at}, made with {done.dialect}.")
    click.echo("Counts and checksums of every table are equal. Everybody signs in again.")
    click.echo(f"It took {time.monotonic() - began:.1f} s. Now run: plugdeck doctor")


def _contents(manifest: BackupManifest) -> str:
    plugins = manifest.count_of("plugin_meta")
    return f"{plugins:,} plugins ({manifest.rows:,} rows in {len(manifest.tables)} tables)"
