"""`plugdeck serve`: worker processes behind one port, until they are told to stop.

The process that serves imports nothing of the application. Each worker reads the code that is there when it starts,
so a reload brings a new version; and the first worker that cannot start says why and ends the server.
"""

from __future__ import annotations

import errno
import gc
import multiprocessing
import os
import signal
import socket
import sys
import time
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from functools import partial
from importlib import import_module
from typing import Any, NoReturn

import click

from webapp.config import DEFAULT_PORT, load_settings
from webapp.web.logging import configure_from

DEFAULT_WORKERS = 2
FINISH_SECONDS = 30
"""How long a worker that is told to stop may take for the requests that are under way."""
HEADER_SECONDS = 15
"""How long a client may take to send the head of a request, and be silent between two."""
BACKLOG = 1_024
CONNECTIONS = 1_024
"""How many clients a worker has at once; whoever comes then waits until one leaves or has been too slow."""
SPARE_FILES = 256
"""What a worker opens beside connections and the bodies that lie in files: the database, its log, its code."""
HEAD_BYTES = 128 * 1_024
"""How large the head of a request may be: as long an address as there may be, and cookies."""

REPLACE_SECONDS = 60.0
"""How long a reload waits for a new worker before it ends the old one nevertheless."""
LOCK_SECONDS = 1.0


class Start:
    """How many workers of a server have started, and whether one could not; the server and its workers share it."""

    def __init__(self, words: str) -> None:
        """Take what is said when the server listens."""
        self._words = words
        self._started = multiprocessing.RawValue("i", 0)
        self._refused = multiprocessing.RawValue("b", 0)
        self._lock = multiprocessing.Lock()

    @property
    def is_refused(self) -> bool:
        """Tell whether the server ends because its workers cannot start."""
        return bool(self._refused.value)

    def announce(self) -> None:
        """Note a worker that has started; say that the server listens when it is the first."""
        with self._alone():
            self._started.value += 1
            is_first = self._started.value == 1
        if is_first:
            click.echo(self._words)

    def refuse(self, message: str) -> NoReturn:
        """Say why a worker cannot start, and end it; when none has started before, say it once and end the server."""
        with self._alone():
            is_told, is_new = self.is_refused, not self._started.value
            self._refused.value = is_new
        if not is_told:
            click.echo(f"Error: {message}", err=True)
        if not is_new:
            sys.exit(1)
        os.kill(os.getppid(), signal.SIGTERM)
        # A worker that ends by itself is started again; this one waits for the server to end it.
        signal.pause()
        os._exit(1)

    def patiently(self, make_worker: Callable[..., Any]) -> Callable[..., Any]:
        """Return `make_worker` such that a worker that replaces another one has started when its `start` returns.

        Granian ends the old worker a moment after that, and a worker that reads its code needs seconds.
        """

        def make(*args: Any, **kwargs: Any) -> Any:
            worker = make_worker(*args, **kwargs)
            begin = worker.start

            def start() -> None:
                before = self._started.value
                begin()
                end = time.monotonic() + REPLACE_SECONDS
                while (
                    before and self._started.value == before and time.monotonic() < end and worker.is_alive()
                ):
                    time.sleep(0.05)

            worker.start = start
            return worker

        return make

    @contextmanager
    def _alone(self) -> Iterator[None]:
        # A worker that was killed may have held the lock: then a line is said twice.
        held = self._lock.acquire(timeout=LOCK_SECONDS)
        try:
            yield
        finally:
            if held:
                self._lock.release()


@click.command("serve")
@click.option(
    "--host",
    envvar="HOST",
    show_envvar=True,
    default="127.0.0.1",
    show_default=True,
    help="Address to listen on.",
)
@click.option(
    "--port",
    envvar="PORT",
    show_envvar=True,
    default=DEFAULT_PORT,
    show_default=True,
    type=click.IntRange(1, 65535),
)
@click.option(
    "--workers",
    envvar="WEB_CONCURRENCY",
    show_envvar=True,
    default=DEFAULT_WORKERS,
    show_default=True,
    type=click.IntRange(1, 64),
    help="Worker processes.",
)
@click.option(
    "--max-rss",
    envvar="PLUGDECK_WORKER_MAX_MIB",
    show_envvar=True,
    type=click.IntRange(128),
    help="MiB of memory at which a worker is replaced, once its requests are answered.",
)
def serve_command(host: str, port: int, workers: int, max_rss: int | None) -> None:
    """Serve the console with granian until Ctrl-C or SIGTERM; SIGHUP replaces the workers one after the other."""
    _check_port(host, port)
    configure_from(load_settings())
    from granian.constants import HTTPModes, Interfaces  # Only this command needs the server.
    from granian.http import HTTP1Settings
    from granian.log import LogLevels
    from granian.server import Server

    words = f"Plugdeck listens on http://{host}:{port} with {workers} workers. Stop it with Ctrl-C."
    start = Start(words)
    server = Server(
        "webapp.worker:create_worker",
        address=host,
        port=port,
        interface=Interfaces.RSGI,
        # It waits for ever for the first byte of a connection that may speak either version, and browsers speak
        # HTTP/2 over TLS only, which ends at the proxy.
        http=HTTPModes.http1,
        websockets=False,
        workers=workers,
        backlog=BACKLOG,
        backpressure=_connections(),
        http1_settings=HTTP1Settings(header_read_timeout=HEADER_SECONDS * 1_000, max_buffer_size=HEAD_BYTES),
        log_level=LogLevels.warning,
        workers_kill_timeout=FINISH_SECONDS,
        workers_max_rss=max_rss,
        respawn_failed_workers=True,
        respawn_interval=0.2,
    )
    _let_starting_workers_end()
    # Granian has no hook between a worker and the one that replaces it.
    server._spawn_worker = start.patiently(server._spawn_worker)  # type: ignore[method-assign]
    server.serve(target_loader=partial(load_worker, start, port))
    if start.is_refused:
        sys.exit(1)


def _connections() -> int:
    """Return how many clients a worker may have at once, with a file for the body of each."""
    if sys.platform == "win32":
        return CONNECTIONS
    import resource  # Not everywhere.

    soft, hard = resource.getrlimit(resource.RLIMIT_NOFILE)
    wanted = 2 * CONNECTIONS + SPARE_FILES
    if soft != resource.RLIM_INFINITY and soft < wanted:
        soft = wanted if hard == resource.RLIM_INFINITY else min(wanted, hard)
        resource.setrlimit(resource.RLIMIT_NOFILE, (soft, hard))
    files = wanted if soft == resource.RLIM_INFINITY else soft
    return max(1, min(CONNECTIONS, (files - SPARE_FILES) // 2))


def _let_starting_workers_end() -> None:
    """Let a worker that is told to stop while it starts end at once.

    A fork of the server has its handlers, which only note that a server is to stop. A worker's own are set later. What
    comes during the fork itself waits until it is done.
    """
    told = (signal.SIGTERM, signal.SIGINT)

    def hold() -> None:
        signal.pthread_sigmask(signal.SIG_BLOCK, told)

    def let_through() -> None:
        signal.pthread_sigmask(signal.SIG_UNBLOCK, told)

    def begin_worker() -> None:
        signal.signal(signal.SIGTERM, signal.SIG_DFL)
        signal.signal(signal.SIGINT, signal.SIG_IGN)
        let_through()

    os.register_at_fork(before=hold, after_in_parent=let_through, after_in_child=begin_worker)


def load_worker(start: Start, port: int, target: str) -> Any:
    """Return what a worker serves; runs in its process.

    Args:
        start: where to say that it is there, or why not.
        port: where it will listen.
        target: `module:function` that makes it.
    """
    # What is made here stays until the worker ends; looking for garbage in it would be a tenth of the start.
    gc.disable()
    # What of ours the server has imported may be older than the code that is there now.
    for name in [name for name in sys.modules if name.partition(".")[0] == "webapp"]:
        del sys.modules[name]
    from webapp.core.errors import PlugdeckError  # The one that this worker raises.
    from webapp.web.gateway import UNREAD_SECONDS
    from webapp.web.unread import end_unread

    module, _, function = target.partition(":")
    try:
        made = getattr(import_module(module), function)()
    except PlugdeckError as error:
        start.refuse(error.message)
    gc.enable()
    end_unread(port, UNREAD_SECONDS)
    start.announce()
    return made


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
                # What asks for the address of a name has numbers of its own.
                f"Cannot listen on {host}:{port}: {error.strerror or error}."
            ) from error
