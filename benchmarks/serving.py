"""Servers of a benchmark: `plugdeck serve` itself, with another application where one is named.

`python -m benchmarks.serving FACTORY` is the command `serve` with every option that it has by default; only the
factory that it names to granian differs.
"""

from __future__ import annotations

import os
import socket
import subprocess
import sys
import time
from collections.abc import Iterator, Mapping, Sequence
from contextlib import contextmanager
from importlib import import_module
from pathlib import Path
from typing import Any

import psutil

from benchmarks.load import Connection, LoadError, request_bytes
from benchmarks.seeding import Installation, cache_dir, clean_environ
from webapp.config import MIB
from webapp.web.gateway import Gateway

OURS = "webapp.worker:create_worker_app"
# The factory that a worker serves.
TARGET = "PLUGDECK_BENCH_TARGET"
START_SECONDS = 60.0
STOP_SECONDS = 20.0


@contextmanager
def serving(
    factory: str, installation: Installation, environ: Mapping[str, str] | None = None
) -> Iterator[int]:
    """Serve an application on a free port until the block ends, and give the port.

    Args:
        factory: `module:function` that returns it.
        installation: whose database and keys it uses.
        environ: what else its environment holds.

    Raises:
        LoadError: it did not start.
    """
    port = free_port()
    env = {"PORT": str(port), **installation.environ, **(environ or {})}
    command = [sys.executable, "-m", "benchmarks.serving", factory]
    with running(command, env, port, installation.folder / "server.log"):
        yield port


@contextmanager
def running(
    command: Sequence[str],
    environ: Mapping[str, str],
    port: int,
    log_file: Path,
    first: bytes = request_bytes("/healthz"),
) -> Iterator[subprocess.Popen[bytes]]:
    """Run a server until the block ends; the block begins when it has answered its first request.

    Raises:
        LoadError: it did not start.
    """
    env = {**clean_environ(), **environ, "PYTHONPYCACHEPREFIX": str(cache_dir() / "bytecode")}
    # An installed Plugdeck is compiled, as the libraries beside it are, whatever this shell asks for.
    env.pop("PYTHONDONTWRITEBYTECODE", None)
    with log_file.open("ab") as log:
        process = subprocess.Popen(command, env=env, stdout=log, stderr=log)
        try:
            _wait_for(process, port, first)
            yield process
        finally:
            process.terminate()
            try:
                process.wait(STOP_SECONDS)
            except subprocess.TimeoutExpired:
                _kill(process)


def _kill(process: subprocess.Popen[bytes]) -> None:
    """Kill a server and its workers, which would go on without it."""
    for worker in psutil.Process(process.pid).children(recursive=True):
        worker.kill()
    process.kill()
    process.wait()


def free_port() -> int:
    """Return a port that nothing listens on."""
    with socket.socket() as probe:
        probe.bind(("127.0.0.1", 0))
        port: int = probe.getsockname()[1]
        return port


def _wait_for(process: subprocess.Popen[bytes], port: int, first: bytes) -> None:
    end = time.monotonic() + START_SECONDS
    while time.monotonic() < end and process.poll() is None:
        try:
            connection = Connection(port)
        except OSError:
            time.sleep(0.01)
            continue
        try:
            connection.send(first)
            return
        finally:
            connection.close()
    raise LoadError("A server did not start; its log is server.log in its instance folder.")


def create_target() -> Gateway:
    """Return the named application behind the gateway that ours is behind."""
    module, name = os.environ[TARGET].split(":")
    app = getattr(import_module(module), name)()
    return Gateway(app, app.config["MAX_CONTENT_LENGTH"] or MIB)


def main(factory: str) -> None:
    """Run `plugdeck serve` with another application."""
    import granian.server

    real = granian.server.Server
    os.environ[TARGET] = factory

    def server(_target: str, **options: Any) -> Any:
        return real("benchmarks.serving:create_target", **options)

    granian.server.Server = server  # type: ignore[assignment]  # Only the application differs
    from webapp.cli import cli

    cli.main(["serve"], prog_name="plugdeck")


if __name__ == "__main__":
    main(sys.argv[1])
