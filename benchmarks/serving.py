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
from collections.abc import Iterator, Mapping
from contextlib import contextmanager
from pathlib import Path
from typing import Any

from benchmarks.load import Connection, LoadError, request_bytes

OURS = "webapp.worker:create_worker_app"
START_SECONDS = 60.0
STOP_SECONDS = 20.0


@contextmanager
def serving(factory: str, instance: Path, environ: Mapping[str, str] | None = None) -> Iterator[int]:
    """Serve an application on a free port until the block ends, and give the port.

    Args:
        factory: `module:function` that returns it.
        instance: the instance folder, with the database and the keys.
        environ: what else its environment holds.

    Raises:
        LoadError: it did not start.
    """
    port = _free_port()
    kept = {name: value for name, value in os.environ.items() if not name.startswith("PLUGDECK_")}
    env = {**kept, "PLUGDECK_INSTANCE_DIR": str(instance), "PORT": str(port), **(environ or {})}
    with (instance / "server.log").open("ab") as log:
        command = [sys.executable, "-m", "benchmarks.serving", factory]
        process = subprocess.Popen(command, env=env, stdout=log, stderr=log)
        try:
            _wait_for(process, port)
            yield port
        finally:
            process.terminate()
            try:
                process.wait(STOP_SECONDS)
            except subprocess.TimeoutExpired:
                process.kill()
                process.wait()


def _free_port() -> int:
    with socket.socket() as probe:
        probe.bind(("127.0.0.1", 0))
        port: int = probe.getsockname()[1]
        return port


def _wait_for(process: subprocess.Popen[bytes], port: int) -> None:
    end = time.monotonic() + START_SECONDS
    while time.monotonic() < end and process.poll() is None:
        try:
            connection = Connection(port)
        except OSError:
            time.sleep(0.05)
            continue
        try:
            connection.send(request_bytes("/healthz"))
            return
        finally:
            connection.close()
    raise LoadError("A server did not start; its log is server.log in its instance folder.")


def main(factory: str) -> None:
    """Run `plugdeck serve` with another application."""
    import granian.server

    real = granian.server.Server

    def server(_target: str, **options: Any) -> Any:
        return real(factory, **options)

    granian.server.Server = server  # type: ignore[assignment]  # Only the application differs
    from webapp.cli import cli

    cli.main(["serve"], prog_name="plugdeck")


if __name__ == "__main__":
    main(sys.argv[1])
