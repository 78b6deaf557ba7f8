"""The console script `plugdeck`: a Flask CLI whose errors are one line and whose exit codes are stable.

Exit codes: 0 done, 1 refused (validation, conflict, configuration), 2 wrong usage.
"""

from __future__ import annotations

import errno
import logging
import os
import sys
from importlib import import_module
from typing import Any

import click
from flask import Flask
from flask.cli import FlaskGroup

from webapp.core.errors import PlugdeckError
from webapp.web.logging import configure_logging

COMMANDS = {
    "accounts": "webapp.accounts.cli:accounts_cli",
    "users": "webapp.accounts.cli:users_cli",
    "plugins": "webapp.plugins.cli:plugins_cli",
    "secrets": "webapp.connections.cli:secrets_cli",
    "demo": "webapp.demo.cli:demo_command",
    "seed": "webapp.plugins.seeding:seed_command",
    "backup": "webapp.backup.cli:backup_command",
    "restore": "webapp.backup.cli:restore_command",
    "doctor": "webapp.doctor.cli:doctor_command",
    "serve": "webapp.serving:serve_command",
}
"""Where each command is. It is imported when it is asked for: `serve` leaves the application to its workers."""


OF_AUTHORS = ("init", "list-templates", "revision", "migrate", "edit", "merge", "branches", "check")
"""Commands of `db` for writing migrations (`flask --app webapp.app db`): an operator takes `migrate` for `upgrade`."""
OUTPUT_FAULTS = (errno.ENOSPC, errno.EDQUOT, errno.EFBIG, errno.EIO)


class Commands(FlaskGroup):
    """Turns errors of the domain and of the database into one line and exit code 1."""

    def __init__(self, **settings: Any) -> None:
        """Leave out Flask's own commands and options: there is one application, and `serve` runs it."""
        super().__init__(add_default_commands=False, set_debug_flag=False, **settings)
        self.params = [option for option in self.params if option.name not in ("app", "debug", "env_file")]

    def list_commands(self, ctx: click.Context) -> list[str]:
        """Return the names of the commands, those of extensions (`db`) included."""
        return sorted({*COMMANDS, *super().list_commands(ctx)})

    def get_command(self, ctx: click.Context, name: str) -> click.Command | None:
        """Return a command by its name."""
        if name not in COMMANDS:
            found = super().get_command(ctx, name)
            if isinstance(found, click.Group):
                for author in OF_AUTHORS:
                    found.commands.pop(author, None)
            return found
        module, _, attribute = COMMANDS[name].partition(":")
        command: click.Command = getattr(import_module(module), attribute)
        return command

    def invoke(self, ctx: click.Context) -> Any:
        """Run the command."""
        try:
            return super().invoke(ctx)
        except PlugdeckError as error:
            raise click.ClickException(error.message) from error
        except BrokenPipeError:
            # The reader of a pipe (head, less) has seen enough; not an error of ours.
            _write_no_more()
            return None
        except Exception as error:
            # Whoever raises an error of the database has imported what it is made of.
            known = sys.modules.get("sqlalchemy.exc")
            if known and isinstance(error, known.DBAPIError):
                raise click.ClickException(_database_message(error)) from error
            raise


def _database_message(error: Any) -> str:
    from webapp.db.faults import detail_of  # `serve` does without the database.

    detail = detail_of(error.orig)
    if "no such table" in detail or ('relation "' in detail and "does not exist" in detail):
        return "The database has no tables yet. Run: plugdeck db upgrade"
    if "unable to open database file" in detail or "readonly" in detail:
        return f"The database file cannot be written ({detail}). Check PLUGDECK_DATABASE_URL and its folder."
    return (
        f"The database cannot be used: {detail.rstrip('.')}. Check that it runs, and PLUGDECK_DATABASE_URL."
    )


def _write_no_more() -> None:
    # What is left of the output would raise again when Python ends.
    os.dup2(os.open(os.devnull, os.O_WRONLY), sys.stdout.fileno())


def _create_app() -> Flask:
    from webapp.app import create_app  # `serve` leaves the application to its workers.

    return create_app()


@click.group(cls=Commands, create_app=_create_app, add_version_option=False)
@click.version_option(package_name="plugdeck", prog_name="plugdeck")
def cli() -> None:
    """Plugdeck, the admin console for LLM plugin metadata."""


def main() -> None:
    """Run the console script."""
    # A command speaks for itself; only `serve` sets the level of a service.
    configure_logging(logging.WARNING)
    try:
        try:
            cli.main(prog_name="plugdeck")
        finally:
            sys.stdout.flush()
    except PlugdeckError as error:  # Raised while the application was built.
        click.echo(f"Error: {error.message}", err=True)
        sys.exit(1)
    except OSError as error:
        if error.filename is not None or error.errno not in OUTPUT_FAULTS:
            raise
        _write_no_more()
        click.echo(f"Error: Standard output cannot be written: {error.strerror}.", err=True)
        sys.exit(1)
