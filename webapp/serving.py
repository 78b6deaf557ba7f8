"""`plugdeck serve`: worker processes behind one port, until they are told to stop.

Workers are forks of this process: they share what it has imported, and are there in a moment when they are replaced.
"""

from __future__ import annotations

import errno
import os
import signal
import socket

import click

from webapp.config import DEFAULT_PORT, Settings, load_settings
from webapp.web.logging import configure_from

DEFAULT_WORKERS = 2
FINISH_SECONDS = 30
"""How long a worker that is told to stop may take for the requests that are under way."""
HEADER_SECONDS = 15
"""How long a client may take to send the head of a request."""
BACKLOG = 1_024


@click.command("serve")
@click.option("--host", envvar="HOST", default="127.0.0.1", show_default=True, help="Address to listen on.")
@click.option("--port", envvar="PORT", default=DEFAULT_PORT, show_default=True, type=click.IntRange(1, 65535))
@click.option(
    "--workers",
    envvar="WEB_CONCURRENCY",
    default=DEFAULT_WORKERS,
    show_default=True,
    type=click.IntRange(1, 64),
    help="Worker processes.",
)
@click.option(
    "--max-rss",
    envvar="PLUGDECK_WORKER_MAX_MIB",
    type=click.IntRange(128),
    help="MiB of memory at which a worker is replaced, once its requests are answered.",
)
def serve_command(host: str, port: int, workers: int, max_rss: int | None) -> None:
    """Serve the console with granian until Ctrl-C or SIGTERM; SIGHUP replaces the workers one after the other."""
    _check_port(host, port)
    settings = load_settings()  # A wrong setting is told here, in one line, and not once by each worker.
    _check_folder(settings)
    configure_from(settings)
    from granian.constants import Interfaces  # Only this command needs the server.
    from granian.http import HTTP1Settings
    from granian.log import LogLevels
    from granian.server import Server

    os.register_at_fork(after_in_child=_end_when_told)
    click.echo(f"Plugdeck listens on http://{host}:{port} with {workers} workers. Stop it with Ctrl-C.")
    Server(
        "webapp.worker:create_worker",
        factory=True,
        address=host,
        port=port,
        interface=Interfaces.RSGI,
        websockets=False,
        workers=workers,
        backlog=BACKLOG,
        http1_settings=HTTP1Settings(header_read_timeout=HEADER_SECONDS * 1_000),
        log_level=LogLevels.warning,
        workers_kill_timeout=FINISH_SECONDS,
        workers_max_rss=max_rss,
        respawn_failed_workers=True,
        respawn_interval=1.0,
    ).serve()


def _end_when_told() -> None:
    """Let a worker that is told to stop while it starts end at once: it would only do what the server does then."""
    for number in (signal.SIGTERM, signal.SIGINT):
        signal.signal(number, signal.SIG_DFL)


def _check_folder(settings: Settings) -> None:
    """Make the folder of a SQLite file."""
    if settings.sqlite_path is None:
        return
    try:
        settings.sqlite_path.parent.mkdir(parents=True, exist_ok=True)
    except OSError as error:
        raise click.ClickException(
            f"{settings.sqlite_path.parent} cannot be made ({error.strerror}). Check PLUGDECK_DATABASE_URL."
        ) from error


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
            raise click.ClickException(
                f"Cannot listen on {host}:{port}: {os.strerror(error.errno or 0)}."
            ) from error
