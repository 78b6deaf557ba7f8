"""The console script `plugdeck`: a Flask CLI whose errors are one line and whose exit codes are stable.

Exit codes: 0 done, 1 refused (validation, conflict, configuration), 2 wrong usage.
"""

from __future__ import annotations

import logging
import os
import sys
from typing import Any

import click
from flask.cli import FlaskGroup
from sqlalchemy.exc import DBAPIError

from webapp.accounts.cli import accounts_cli, users_cli
from webapp.app import create_app
from webapp.backup.cli import backup_command, restore_command
from webapp.connections.cli import secrets_cli
from webapp.core.errors import PlugdeckError
from webapp.db.faults import detail_of
from webapp.demo.cli import demo_command
from webapp.doctor.cli import doctor_command
from webapp.plugins.cli import plugins_cli
from webapp.plugins.seeding import seed_command
from webapp.serving import serve_command
from webapp.web.logging import configure_logging


class Commands(FlaskGroup):
    """Turns errors of the domain and of the database into one line and exit code 1."""

    def __init__(self, **settings: Any) -> None:
        """Leave out Flask's own commands and options: there is one application, and `serve` runs it."""
        super().__init__(add_default_commands=False, set_debug_flag=False, **settings)
        self.params = [option for option in self.params if option.name not in ("app", "debug", "env_file")]

    def get_command(self, ctx: click.Context, name: str) -> click.Command | None:
        """Return a command of ours, or else of a library: Flask's own way imports Alembic for each of them."""
        return click.Group.get_command(self, ctx, name) or super().get_command(ctx, name)

    def invoke(self, ctx: click.Context) -> Any:
        """Run the command."""
        try:
            return super().invoke(ctx)
        except PlugdeckError as error:
            raise click.ClickException(error.message) from error
        except DBAPIError as error:
            raise click.ClickException(_database_message(error)) from error
        except BrokenPipeError:
            # The reader of a pipe (head, less) has seen enough; not an error of ours.
            os.dup2(os.open(os.devnull, os.O_WRONLY), sys.stdout.fileno())
            return None


def _database_message(error: DBAPIError) -> str:
    detail = detail_of(error.orig)
    if "no such table" in detail or "does not exist" in detail:
        return "The database has no tables yet. Run: plugdeck db upgrade"
    if "unable to open database file" in detail or "readonly" in detail:
        return f"The database file cannot be written ({detail}). Check PLUGDECK_DATABASE_URL and its folder."
    return f"The database cannot be used: {detail}"


@click.group(cls=Commands, create_app=create_app, add_version_option=False)
@click.version_option(package_name="plugdeck", prog_name="plugdeck")
def cli() -> None:
    """Plugdeck, the admin console for LLM plugin metadata."""


for command in (
    accounts_cli,
    users_cli,
    plugins_cli,
    secrets_cli,
    demo_command,
    seed_command,
    backup_command,
    restore_command,
    doctor_command,
    serve_command,
):
    cli.add_command(command)


def main() -> None:
    """Run the console script."""
    # A command speaks for itself; only `serve` sets the level of a service.
    configure_logging(logging.WARNING)
    try:
        cli.main(prog_name="plugdeck")
    except PlugdeckError as error:  # Raised while the application was built.
        click.echo(f"Error: {error.message}", err=True)
        sys.exit(1)
