"""The commands `secrets`: what an operator does with the keys that encrypt them."""

from __future__ import annotations

import sys

import click
from flask import current_app
from flask.cli import AppGroup

from webapp.config import Settings
from webapp.connections.rotation import rotate

secrets_cli = AppGroup("secrets", help="Encrypt stored secrets with another key.")


@secrets_cli.command("rotate")
def rotate_command() -> None:
    """Encrypt everything stored with the first of PLUGDECK_ENCRYPTION_KEYS, while people go on working.

    Afterwards the other keys can be left out. docs/operating.md has the steps for several nodes.
    """
    settings: Settings = current_app.extensions["plugdeck"]
    if len(settings.encryption_keys) == 1:
        click.echo("There is one key only; what it has encrypted is encrypted with it anew.", err=True)
    done = rotate(current_app.extensions["vault"])
    click.echo(
        f"{done.secrets} secrets and {done.others} drafts and imports are encrypted with the first key."
    )
    if done.unreadable:
        click.echo(f"No key decrypts {', '.join(done.unreadable)}. Nothing was changed there.", err=True)
        click.echo("Add the key that they were encrypted with and run it again, or set them anew.", err=True)
        sys.exit(1)
