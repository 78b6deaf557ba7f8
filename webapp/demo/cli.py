"""`plugdeck demo`: migrate, load the demo data into an empty database, print the sign-ins that still hold."""

from __future__ import annotations

import click
from flask import current_app
from flask.cli import with_appcontext

from webapp.config import Settings
from webapp.demo import service
from webapp.demo.signins import SignIn, keep_sign_ins, valid_sign_ins
from webapp.paths import resource_dir


@click.command("demo")
@with_appcontext
def demo_command() -> None:
    """Migrate, load demo data into an empty database, print the demo sign-ins."""
    from flask_migrate import upgrade  # Alembic is slow to import and only this command needs it.

    settings: Settings = current_app.extensions["plugdeck"]
    upgrade(directory=str(resource_dir("migrations")))
    loaded = service.load_demo(current_app.extensions["manifest_kinds"])
    if loaded is not None:
        keep_sign_ins(settings.instance_dir, loaded.sign_ins)
        click.echo(f"Loaded {loaded.plugins} demo plugins in {loaded.accounts} accounts.")
    print_sign_ins(valid_sign_ins(settings.instance_dir))


def print_sign_ins(sign_ins: list[SignIn]) -> None:
    """Print the demo sign-ins whose passwords have not been changed."""
    if not sign_ins:
        return
    click.echo("\nDemo sign-ins, made for this installation:")
    width = max(len(sign_in.username) for sign_in in sign_ins)
    for sign_in in sign_ins:
        click.echo(f"  {sign_in.role:<10} {sign_in.username:<{width}}  {sign_in.password}")
    click.echo("")
