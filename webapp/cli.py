"""The console script `plugdeck`: a Flask CLI whose errors are one line and whose exit codes are stable.

Exit codes: 0 done, 1 refused (validation, conflict, configuration), 2 wrong usage.
"""

from __future__ import annotations

import errno
import logging
import os
import socket
import sys
from typing import Any

import click
from flask.cli import FlaskGroup
from sqlalchemy.exc import DBAPIError

from webapp.accounts.cli import accounts_cli, users_cli
from webapp.app import create_app
from webapp.backup.cli import backup_command, restore_command
from webapp.config import DEFAULT_PORT
from webapp.connections.cli import secrets_cli
from webapp.core.errors import PlugdeckError
from webapp.demo.cli import demo_command
from webapp.doctor.cli import doctor_command
from webapp.plugins.cli import plugins_cli
from webapp.plugins.seeding import seed_command
from webapp.web.logging import configure_logging

DEFAULT_WORKERS = 2


class Commands(FlaskGroup):
    """Turns errors of the domain and of the database into one line and exit code 1."""

    def __init__(self, **settings: Any) -> None:
        """Leave out Flask's own commands and options: there is one application, and `serve` runs it."""
        super().__init__(add_default_commands=False, set_debug_flag=False, **settings)
        self.params = [option for option in self.params if option.name not in ("app", "debug", "env_file")]

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
    detail = str(error.orig).strip().splitlines()[0] if str(error.orig).strip() else "no detail"
    if "no such table" in detail or "does not exist" in detail:
        return "The database has no tables yet. Run: plugdeck db upgrade"
    if "unable to open database file" in detail or "readonly" in detail:
        return f"The database file cannot be written ({detail}). Check PLUGDECK_DATABASE_URL and its folder."
    return f"The database cannot be used: {detail}"


@click.group(cls=Commands, create_app=create_app, add_version_option=False)
@click.version_option(package_name="plugdeck", prog_name="plugdeck")
def cli() -> None:
    """Plugdeck, the admin console for LLM plugin metadata."""


@cli.command("serve", with_appcontext=False)
@click.option("--host", envvar="HOST", default="127.0.0.1", show_default=True, help="Address to listen on.")
@click.option("--port", envvar="PORT", default=DEFAULT_PORT, show_default=True, type=click.IntRange(1, 65535))
@click.option(
    "--workers",
    envvar="WEB_CONCURRENCY",
    default=DEFAULT_WORKERS,
    show_default=True,
    type=click.IntRange(1, 64),
)
def serve_command(host: str, port: int, workers: int) -> None:
    """Serve the console with granian until Ctrl-C."""
    _check_port(host, port)
    create_app()  # A wrong setting is told here, in one line, and not once by each worker.
    from granian.constants import Interfaces  # Only this command needs the server.
    from granian.log import LogLevels
    from granian.server import Server

    click.echo(f"Plugdeck listens on http://{host}:{port} with {workers} workers. Stop it with Ctrl-C.")
    Server(
        "webapp.worker:create_worker_app",
        factory=True,
        address=host,
        port=port,
        interface=Interfaces.WSGI,
        workers=workers,
        blocking_threads=1,
        log_level=LogLevels.warning,
        workers_kill_timeout=10,
        respawn_failed_workers=True,
    ).serve()


def _check_port(host: str, port: int) -> None:
    family = socket.AF_INET6 if ":" in host else socket.AF_INET
    with socket.socket(family) as probe:
        probe.setsockopt(socket.SOL_SOCKET, socket.SO_REUSEADDR, 1)
        try:
            probe.bind((host, port))
        except OSError as error:
            if error.errno == errno.EADDRINUSE:
                raise click.ClickException(
                    f"Port {port} is taken by another program. Stop it, or choose another: PORT={port + 1} make run"
                ) from error
            raise click.ClickException(f"Cannot listen on {host}:{port}: {error.strerror}.") from error


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
